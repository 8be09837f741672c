"""Looking ahead: which fields an operation asks for below the one that is resolved."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode
from strawberry import Info

from domain.community import feed

_PARTS = {
    "author": feed.AUTHOR,
    "circle": feed.CIRCLE,
    "viewer": feed.VIEWER,
    "hashtags": feed.HASHTAGS,
    "ranking": feed.RANKING,
    **dict.fromkeys(
        (
            "likeCount",
            "dislikeCount",
            "score",
            "commentCount",
            "rootCommentCount",
            "answerCount",
            "bookmarkCount",
            "viewCount",
        ),
        feed.COUNTS,
    ),
}


def parts(info: Info) -> frozenset[str]:
    """The parts of posts that are asked for anywhere below; a post of another depth may ask for one more."""
    found: set[str] = set()
    raw = info._raw_info
    for node in raw.field_nodes:
        _collect(node.selection_set, raw.fragments, found)
    return frozenset(found)


def _collect(
    selection: SelectionSetNode | None, fragments: Mapping[str, FragmentDefinitionNode], found: set[str]
) -> None:
    for node in selection.selections if selection else ():
        if isinstance(node, FieldNode):
            part = _PARTS.get(node.name.value)
            if part is not None:
                found.add(part)
            if node.selection_set is not None:
                _collect(node.selection_set, fragments, found)
        elif isinstance(node, FragmentSpreadNode):
            _collect(fragments[node.name.value].selection_set, fragments, found)
        else:
            _collect(node.selection_set, fragments, found)
