"""Two roots become one, and can part again exactly.

A merge changes roots and nothing else of the profile: identities, interactions, traits and aggregates keep the member
they were written with. What areas keep once per member, they settle in their ``on_merge``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM, Actor
from domain.errors import NotFound
from domain.foundation import ids, lifecycle
from domain.foundation.lifecycle import Waived
from domain.profile import identities, interactions, kinds, members
from domain.profile.errors import MergeBarrier, MergeForbidden, MergeNotUndoable, UndoBarrier
from domain.profile.identities import Rules

#: Reasons that lie in the size of a root, so that no weaker identity could make the merge allowed.
CAPS = frozenset({"TOO_MANY_MERGES", "TOO_MANY_IDENTITIES"})


@dataclass(frozen=True)
class Parted:
    """Two members again; ``waived`` is what could not be given back, because it was used since."""

    winner: UUID
    loser: UUID
    waived: tuple[Waived, ...]


#: Of the root ``r``: whether any identity of its members says more than a device.
_IS_IDENTIFIED = """EXISTS (
    SELECT FROM profile.member AS m JOIN profile.identity AS i ON i.member = m.id
    LEFT JOIN profile.identity_type AS t ON t.name = split_part(i.type, ':', 1) AND t.valid_to IS NULL
    WHERE m.root = r.id AND NOT coalesce(t.is_anonymous, false))"""


async def forbidden(roots: Sequence[UUID], proved: Collection[UUID], known: Rules) -> str | None:
    """Why these roots may not be merged without staff; None when they may.

    ``proved`` are those that an identity proved in this request names: several identified roots need that each.
    """
    rows = await db.fetch(
        f"""SELECT r.id, r.status, {_IS_IDENTIFIED} AS is_identified
        FROM profile.member AS r WHERE r.id = ANY($1)""",
        list(roots),
    )
    identified = {row["id"] for row in rows if row["is_identified"]}
    if len(identified) > 1 and not identified <= set(proved):
        return "BOTH_IDENTIFIED"
    if len(identified) > 1 and (reason := _refused_by_state(rows)):
        return reason
    held = (await identities.carried(roots, known)).values()
    counted: Counter[str] = sum((each.counted for each in held), Counter())
    for type_, count in counted.items():
        kind = known.type_of(type_)
        if count > (kind.limit if kind else 1):
            return "IDENTITY_LIMIT"
    if sum(each.total for each in held) > known.most_identities:
        return "TOO_MANY_IDENTITIES"
    merged = await db.value(
        """SELECT count(*) FROM profile.merge AS g JOIN profile.member AS m ON m.id = g.winner
        WHERE m.root = ANY($1) AND g.undone_at IS NULL""",
        list(roots),
    )
    return "TOO_MANY_MERGES" if merged + len(roots) - 1 > known.most_merges else None


async def is_identified(root: UUID) -> bool:
    """Whether any of a root's identities says more than a device."""
    return await db.value(
        f"SELECT {_IS_IDENTIFIED} FROM profile.member AS r WHERE r.id = $1",
        root,
    )


async def merge_all(
    roots: Sequence[UUID], *, rule: str, reason: str | None = None, cause: UUID | None = None
) -> UUID:
    """Merge roots one after the other into the one that wins; the caller has locked them.

    ``cause`` is the interaction that showed them to be one.
    """
    winner, *losers = await _by_rank(roots)
    for loser in losers:
        await _merge(winner, loser, rule, reason, cause=cause)
    return winner


async def merge_two(actor: Actor, first: UUID, second: UUID, reason: str, winner: UUID | None = None) -> UUID:
    """Staff merge two members, whoever they are; answers the merge's id.

    ``winner`` is the root that shall stand for both (absent: the one that ranks higher). Refuses MergeForbidden for
    one and the same person, for an erased one, and for a suspended one.
    """
    async with db.transaction():
        roots = await members.lock(first, second)
        await must_be_mergeable(roots)
        ranked = await _by_rank(roots)
        if winner is not None:
            ranked.sort(key=lambda root: root != winner)
        return await _merge(ranked[0], ranked[1], "STAFF", reason, actor)


async def must_be_mergeable(roots: Sequence[UUID]) -> None:
    """Refuse MergeForbidden for what even staff cannot merge."""
    if len(roots) < 2:
        raise MergeForbidden(MergeBarrier.SAME_MEMBER)
    rows = await db.fetch("SELECT id, status FROM profile.member WHERE id = ANY($1)", list(roots))
    if rule := _refused_by_state(rows):
        raise MergeForbidden(MergeBarrier(rule))


async def ranked(first: UUID, second: UUID) -> list[UUID]:
    """The roots of two members, the one that would stand for both first; one root alone when they are one already."""
    return await _by_rank({await members.root_of(first), await members.root_of(second)})


async def undo(actor: Actor, merge_id: UUID, reason: str) -> Parted:
    """Part what was merged: exactly the members that moved go back to the loser.

    Refuses MergeNotUndoable: ALREADY_UNDONE, ERASED, or LATER_MERGE_FIRST while the moved members took part in a later
    merge that is in force.
    """
    async with db.transaction():
        merge = await _undoable(merge_id)
        winner, loser, moved = merge["winner"], merge["loser"], tuple(merge["moved"])
        await db.run(
            "UPDATE profile.member SET root = $2, status = CASE WHEN id = $2 THEN $3 ELSE status END, "
            "version = version + 1 WHERE id = ANY($1)",
            list(moved), loser, merge["before"]["loser"]["status"],
        )  # fmt: skip
        await db.run(
            "UPDATE profile.merge SET undone_at = $2, undo_reason = $3 WHERE id = $1",
            merge_id, clock.now(), reason,
        )  # fmt: skip
        await _reshard(moved)
        happened = lifecycle.Merged(merge_id, winner, loser, moved)
        for area in reversed(lifecycle.areas):
            await area.on_undo(happened)
        for member in (winner, loser):
            await interactions.record(
                actor, kinds.MEMBER_PARTED, ("MERGE", merge_id), once=f"{merge_id}:{member}", member=member,
                winner=winner, loser=loser, reason=reason,
            )  # fmt: skip
    return Parted(winner, loser, tuple(happened.waived))


async def of_root(root: UUID) -> list[db.Row]:
    """The merges that a root took part in, newest first."""
    return await db.fetch(
        """SELECT * FROM profile.merge WHERE winner IN (SELECT id FROM profile.member WHERE root = $1)
        OR loser IN (SELECT id FROM profile.member WHERE root = $1) ORDER BY at DESC, id DESC""",
        root,
    )


async def by_ids(merge_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Merges by id."""
    rows = await db.fetch("SELECT * FROM profile.merge WHERE id = ANY($1)", list(merge_ids))
    return {row["id"]: row for row in rows}


async def _undoable(merge_id: UUID) -> db.Row:
    """The merge with its winner locked; refuses one that cannot be undone as things stand."""
    known = await db.one("SELECT winner FROM profile.merge WHERE id = $1", merge_id)
    if known is None:
        raise NotFound()
    await members.lock(known["winner"])
    merge = await db.one("SELECT * FROM profile.merge WHERE id = $1 FOR NO KEY UPDATE", merge_id)
    assert merge is not None
    if merge["undone_at"] is not None:
        raise MergeNotUndoable(UndoBarrier.ALREADY_UNDONE)
    states = await db.fetch(
        "SELECT id, root, status FROM profile.member WHERE id = $2 OR id = ANY($1)",
        list(merge["moved"]), merge["winner"],
    )  # fmt: skip
    if any(row["status"] == "ERASED" for row in states):
        raise MergeNotUndoable(UndoBarrier.ERASED)
    if any(row["root"] != merge["winner"] for row in states):
        raise MergeNotUndoable(UndoBarrier.LATER_MERGE_FIRST)
    return merge


def _refused_by_state(rows: Iterable[db.Row]) -> str | None:
    """A suspension must not be shaken off by a merge, and an erased person never comes back."""
    states = {row["status"] for row in rows}
    return next((state for state in ("ERASED", "SUSPENDED") if state in states), None)


async def _by_rank(roots: Collection[UUID]) -> list[UUID]:
    """Identified before anonymous, then most verified identities, then older, then lower id."""
    rows = await db.fetch(
        """SELECT r.id FROM profile.member AS r
        LEFT JOIN profile.member AS m ON m.root = r.id
        LEFT JOIN profile.identity AS i ON i.member = m.id
        LEFT JOIN profile.identity_type AS t ON t.name = split_part(i.type, ':', 1) AND t.valid_to IS NULL
        WHERE r.id = ANY($1) GROUP BY r.id
        ORDER BY coalesce(bool_or(i.id IS NOT NULL AND NOT coalesce(t.is_anonymous, false)), false) DESC,
            count(i.id) FILTER (WHERE i.is_verified) DESC, min(m.first_seen_at), r.id""",
        list(roots),
    )
    return [row["id"] for row in rows]


async def _merge(
    winner: UUID,
    loser: UUID,
    rule: str,
    reason: str | None,
    actor: Actor = SYSTEM,
    *,
    cause: UUID | None = None,
) -> UUID:
    merge_id, now = ids.new(), clock.now()
    before = {
        row["id"]: {"status": row["status"], "first": row["first_seen_at"], "last": row["last_seen_at"]}
        for row in await db.fetch(
            "SELECT id, status, first_seen_at, last_seen_at FROM profile.member WHERE id = ANY($1)",
            [winner, loser],
        )
    }
    moved = await members.ids_of(loser)
    await db.run(
        """UPDATE profile.member SET root = $2, version = version + 1,
            status = CASE WHEN id = $3 THEN 'MERGED' ELSE status END WHERE id = ANY($1)""",
        moved, winner, loser,
    )  # fmt: skip
    await db.run(
        """INSERT INTO profile.merge (id, winner, loser, rule, reason, moved, before, at, cause)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        merge_id, winner, loser, rule, reason, moved,
        {"winner": before[winner], "loser": before[loser]}, now, cause,
    )  # fmt: skip
    await _reshard(moved)
    happened = lifecycle.Merged(merge_id, winner, loser, tuple(moved))
    for area in lifecycle.areas:
        await area.on_merge(happened)
    await interactions.record(
        actor, kinds.MEMBER_MERGED, ("MERGE", merge_id), once=merge_id, member=winner,
        winner=winner, loser=loser, rule=rule, reason=reason,
    )  # fmt: skip
    return merge_id


async def _reshard(moved: Sequence[UUID]) -> None:
    await db.run(
        """UPDATE profile.pending AS p SET shard = profile.shard(m.root) FROM profile.member AS m
        WHERE p.member = ANY($1) AND m.id = p.member""",
        list(moved),
    )
