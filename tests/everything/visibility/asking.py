"""Every operation that shows posts or comments, made from the schema, with all that lies within a few steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from tests.everything.operations import fields

CONTENT = ("Post", "Comment")
#: How many objects lie between a field and the content that it shows; a connection and its rows count as one.
DEEPEST = 4
#: So many kinds of content below content: a post's comments, and what these hang from and what hangs from them.
BELOW = 2
_OWN = {
    "Post": "likeCount dislikeCount commentCount rootCommentCount answerCount bookmarkCount author { id }",
    "Comment": "likeCount dislikeCount replyCount body isBlockedContent author { id }",
}


def questions(pools: Mapping[str, Sequence[Any]]) -> Iterator[tuple[str, str]]:
    """(field of Query, operation) for every field that leads to content, once for each value of its argument."""
    for name, field in fields("query"):
        selection = _selection(get_named_type(field.type), DEEPEST, ())
        if selection is None:
            continue
        for given in _given(name, field, pools):
            passed = f"({', '.join(given)})" if given else ""
            yield name, f"{{ {name}{passed} {selection} }}"


def shown(value: Any) -> Iterator[dict[str, Any]]:
    """The posts and comments anywhere in an answer."""
    if isinstance(value, dict):
        if value.get("__typename") in CONTENT:
            yield value
        for each in value.values():
            yield from shown(each)
    elif isinstance(value, list):
        for each in value:
            yield from shown(each)


def _given(name: str, field: GraphQLField, pools: Mapping[str, Sequence[Any]]) -> Iterator[list[str]]:
    """The field's required arguments with each value that the world has for them; pages as long as may be."""
    always = ["first: 100"] if "first" in field.args else []
    needed = [
        arg for arg, it in field.args.items() if is_required_argument(it)
    ]  # fmt: skip
    if not needed:
        yield always
    elif len(needed) == 1:
        for value in pools.get(f"{name}.{needed[0]}", pools.get(needed[0], ())):
            yield [*always, f'{needed[0]}: "{value}"']


def _selection(kind: GraphQLNamedType, left: int, seen: tuple[str, ...]) -> str | None:
    """What leads from a type to content; None where nothing does."""
    if isinstance(kind, GraphQLUnionType):
        parts = [(each.name, _selection(each, left, seen)) for each in kind.types]
        found = [f"... on {name} {selection}" for name, selection in parts if selection is not None]
        return f"{{ {' '.join(found)} }}" if found else None
    if (
        not isinstance(kind, GraphQLObjectType)
        or left < 0
        or (kind.name in seen and kind.name not in CONTENT)
    ):
        return None
    own = f"__typename id {_OWN[kind.name]}" if kind.name in CONTENT else ""
    if kind.name in CONTENT:
        left = min(left, BELOW - sum(name in CONTENT for name in seen))
    parts = list(_parts(kind, left, (*seen, kind.name)))
    if not own and not parts:
        return None
    return f"{{ {own} {' '.join(parts)} }}"


def _parts(kind: GraphQLObjectType, left: int, seen: tuple[str, ...]) -> Iterator[str]:
    for name, field in kind.fields.items():
        named = get_named_type(field.type)
        needs = [arg for arg, it in field.args.items() if is_required_argument(it)]
        if is_leaf_type(named) or needs or name in ("edges", "pageInfo"):
            continue
        is_row = kind.name.endswith("Connection")
        selection = _selection(named, left if is_row else left - 1, seen)
        if selection is not None:
            yield f"{name}{'(first: 100)' if 'first' in field.args else ''} {selection}"
