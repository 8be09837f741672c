"""The rules that hold now, compiled once a process and again when anybody has changed them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID
from weakref import WeakKeyDictionary

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
    """The process's compiled rules, of which state they are, and who compiles (one at a time on an event loop)."""

    stamp: UUID | None = None
    matcher = Matcher(RuleSet())
    locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


async def current() -> Matcher:
    """The rules as of now; reads their stamp each time, and the rules only when it is another one.

    Compiles in a thread, so that the process answers others meanwhile; who needs the same rules waits for them.
    """
    state = await _state()
    if state["stamp"] == _Kept.stamp:
        return _Kept.matcher
    async with _Kept.locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        state = await _state()
        if state["stamp"] != _Kept.stamp:
            matcher = await asyncio.to_thread(Matcher, await stored(), state["version"])
            _Kept.stamp, _Kept.matcher = state["stamp"], matcher
        return _Kept.matcher


async def _state() -> db.Row:
    state = await db.one("SELECT version, stamp FROM community.word_rule_set")
    assert state is not None
    return state


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
