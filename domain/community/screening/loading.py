"""The rules that hold now, compiled once a process and again when anybody has changed them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from domain import db
from domain.community.screening import ruleset
from domain.community.screening.matcher import Matcher
from domain.community.screening.ruleset import RuleSet

_COLUMNS = """SELECT array_agg(id), array_agg(pattern), array_agg(kind::text), array_agg(action::text),
    array_agg(category), array_agg(policy), array_agg(array_to_string(circles, ' ')), array_agg(is_case_sensitive),
    array_agg(boundary::text), array_agg(min_length::int), array_agg(mode::text), array_agg(version),
    array_agg(anchor), array_agg(anchoring::int)
FROM (SELECT * FROM community.word_rule WHERE mode <> 'OFF' ORDER BY created_at, id) AS r"""


class _Kept:
    """The process's compiled rules, and of which state they are."""

    stamp: UUID | None = None
    matcher = Matcher(RuleSet())


async def current() -> Matcher:
    """The rules as of now; reads their stamp each time, and the rules only when it is another one.

    Compiles in a thread, so that the process answers others meanwhile.
    """
    state = await db.one("SELECT version, stamp FROM community.word_rule_set")
    assert state is not None
    if state["stamp"] == _Kept.stamp:
        return _Kept.matcher
    matcher = await asyncio.to_thread(Matcher, await stored(), state["version"])
    _Kept.stamp, _Kept.matcher = state["stamp"], matcher
    return matcher


async def stored() -> RuleSet:
    """All stored rules that are not off."""
    row = await db.one(_COLUMNS)
    assert row is not None
    if row[0] is None:
        return RuleSet()
    *columns, anchorings = row
    rules = RuleSet(*columns)
    rules.anchors = _anchors(rules, anchorings)
    return rules


def _anchors(rules: RuleSet, anchorings: Sequence[int]) -> Sequence[str]:
    """Anchors as this version of the product makes them."""
    if set(anchorings) == {ruleset.ANCHORING}:
        return rules.anchors
    return [
        anchor if anchoring == ruleset.ANCHORING else ruleset.anchor(rules[number])
        for number, (anchor, anchoring) in enumerate(zip(rules.anchors, anchorings, strict=True))
    ]
