"""The last ear of the drain: each interaction judges the segments that look at it, for the member it concerns."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID

from domain import clock, db
from domain.operations import judging, running
from domain.profile import kinds
from domain.profile.drain import Reaction
from domain.profile.interactions import Fact

_MOST_SEEN = 100_000

#: Roots that this process has judged against the open segments: for which stamp, and with which facts. A transaction
#: may be undone and its facts come again, so a root is looked at with two of them. Forgetting costs only another look.
_seen: OrderedDict[UUID, tuple[str | None, frozenset[UUID]]] = OrderedDict()


async def prepare() -> None:
    """Once per pass: which segments are in force."""
    await running.refresh()


def wants(_: str) -> bool:
    """Any kind may compensate another or be a newcomer's first; :func:`react` tells without a statement."""
    return bool(running.known_now().segments)


def skips(fact: Fact) -> bool:
    """No segment looks at this, and none is open to strangers."""
    known = running.known_now()
    is_joined = fact.kind in (kinds.MEMBER_MERGED.name, kinds.MEMBER_PARTED.name)
    return not (is_joined or known.open or running.looking_at(known, fact))


async def react(fact: Fact) -> None:
    """Runs in the drain's transaction, which holds the root."""
    if fact.root is None:
        return
    now_known = running.known_now()
    if fact.kind in (kinds.MEMBER_MERGED.name, kinds.MEMBER_PARTED.name):
        await db.run(
            "DELETE FROM operations.timer WHERE member IN (SELECT id FROM profile.member WHERE root = $1 AND id <> $1)",
            fact.root,
        )
        await _judge(now_known.segments, fact)
        return
    concerned = running.looking_at(now_known, fact)
    if fact.compensates is not None:
        concerned |= await _compensated(fact)
    if now_known.open and _is_new(fact, now_known.stamp):
        concerned |= now_known.open
    await _judge(concerned, fact)


def _is_new(fact: Fact, stamp: str | None) -> bool:
    assert fact.root is not None
    seen_for, facts = _seen.get(fact.root, (None, frozenset()))
    if seen_for != stamp:
        facts = frozenset()
    elif len(facts) > 1 and fact.id not in facts:
        return False
    _seen[fact.root] = (stamp, facts | {fact.id})
    if len(_seen) > _MOST_SEEN:
        _seen.popitem(last=False)
    return True


async def _judge(segments: Iterable[UUID], fact: Fact) -> None:
    assert fact.root is not None
    for segment_id in sorted(segments):
        segment = await running.find(segment_id)
        if segment is not None:
            await judging.judge(segment, [fact.root], cause=f"interaction:{fact.id}", fact=fact)


async def _compensated(fact: Fact) -> set[UUID]:
    """The segments that look at what this takes away; another member's are judged by the sweep, at once."""
    rows = await db.fetch(
        """WITH RECURSIVE chain AS (
            SELECT id, member, kind, compensates FROM profile.interaction WHERE id = $1
            UNION ALL
            SELECT i.id, i.member, i.kind, i.compensates FROM chain AS c
            JOIN profile.interaction AS i ON i.id = c.compensates
        ) SELECT m.root, array_agg(c.kind) AS kinds FROM chain AS c JOIN profile.member AS m ON m.id = c.member
        GROUP BY m.root""",
        fact.compensates,
    )
    own: set[UUID] = set()
    for row in rows:
        found = running.looking_at_kinds(running.known_now(), row["kinds"])
        if row["root"] == fact.root:
            own |= found
            continue
        for segment_id in sorted(found):
            await db.run(
                """INSERT INTO operations.timer (subject, member, due_at) VALUES ($1, $2, $3)
                ON CONFLICT (subject, member) DO UPDATE SET due_at = least(timer.due_at, excluded.due_at)""",
                segment_id, row["root"], clock.now(),
            )  # fmt: skip
    return own


REACTION = Reaction(name="operations", react=react, wants=wants, prepare=prepare, skips=skips)
