"""Operations made from the schema: the least that is valid, and what bad clients send instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    build_schema,
    get_named_type,
    is_leaf_type,
)

from api.schema import build, sdl

SCHEMA = build_schema(sdl(build(has_test_clock=False)))

#: A value of each scalar that is well formed and names nothing that exists.
SCALARS: dict[str, Any] = {
    "ID": "00000000-0000-7000-8000-000000000000",
    "String": "text",
    "Int": 1,
    "Float": 1.5,
    "Boolean": True,
    "Decimal": "1",
    "DateTime": "2026-05-01T10:00:00Z",
    "Date": "2026-05-01",
    "Duration": "P1D",
    "JSON": {},
    "BilingualText": "Name",
}

#: What bad clients send in the place of a text.
TEXTS = {
    "control characters": "a\x00b\x1bc",
    "lone surrogate": "a\ud800b",
    "emoji": "🚗" * 10,
    "right to left": "\u202eتجربة\u202c",
    "over-long": "x" * 120_000,
    "blank": "   ",
    "quotes": "'; DROP TABLE profile.member; --",
    "format": "{0} %s {name}",
}


def fields(root: str) -> Iterator[tuple[str, GraphQLField]]:
    """The fields of Query or Mutation."""
    yield from sorted(getattr(SCHEMA, f"{root}_type").fields.items())


def operation(root: str, name: str, field: GraphQLField) -> str:
    """The operation with all arguments as variables; it selects the answer's type, or the leaf itself."""
    declared = ", ".join(f"${arg}: {it.type}" for arg, it in field.args.items())
    passed = ", ".join(f"{arg}: ${arg}" for arg in field.args)
    selection = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
    head = f"({declared})" if declared else ""
    return f"{root} It{head} {{ {name}{f'({passed})' if passed else ''}{selection} }}"


def variables(field: GraphQLField) -> dict[str, Any]:
    """The least valid variables."""
    return {
        name: sample(arg.type) for name, arg in field.args.items() if isinstance(arg.type, GraphQLNonNull)
    }


def sample(kind: GraphQLInputType, depth: int = 0) -> Any:
    """A value of an input type: required fields only, the first field of a one-of."""
    if isinstance(kind, GraphQLNonNull):
        return sample(kind.of_type, depth)
    if isinstance(kind, GraphQLList):
        return [] if depth > 4 else [sample(kind.of_type, depth + 1)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        if kind.is_one_of:
            name, field = next(
                (pair for pair in kind.fields.items() if is_leaf_type(get_named_type(pair[1].type))),
                next(iter(kind.fields.items())),
            )
            return {name: sample(field.type, depth + 1)}
        return {
            name: sample(field.type, depth + 1)
            for name, field in kind.fields.items()
            if isinstance(field.type, GraphQLNonNull) and field.default_value is not None
        }
    return SCALARS[kind.name]


def spoiled(field: GraphQLField) -> Iterator[tuple[str, dict[str, Any]]]:
    """(what is bad, variables) for every field of a mutation's input, one bad thing at a time."""
    kind = field.args["input"].type.of_type
    good = sample(kind)
    for name, each in kind.fields.items():
        yield f"{name} missing", {"input": {key: value for key, value in good.items() if key != name}}
        yield f"{name} null", {"input": {**good, name: None}}
        for what, wrong in (
            ("wrong type", {"no": ["such", 1]}),
            ("a number", 12345678901234567890),
            ("a list", [[]]),
        ):
            yield f"{name} {what}", {"input": {**good, name: wrong}}
        named = get_named_type(each.type)
        if named.name in ("String", "ID", "JSON", "Decimal", "DateTime", "Duration"):
            for what, text in TEXTS.items():
                wrong = [text] if isinstance(getattr(each.type, "of_type", each.type), GraphQLList) else text
                yield (
                    f"{name} {what}",
                    {"input": {**good, name: {text: text} if named.name == "JSON" else wrong}},
                )
        if named.name == "Int":
            for number in (-1, 0, 2**31 - 1):
                yield f"{name} {number}", {"input": {**good, name: number}}
        if named.name == "Decimal":
            for number in ("NaN", "Infinity", "-1", "1e400", "0.000000000000001", "9" * 30):
                yield f"{name} {number}", {"input": {**good, name: number}}
        if named.name == "DateTime":
            for time in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z"):
                yield f"{name} {time}", {"input": {**good, name: time}}
