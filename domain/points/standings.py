"""How members stand in tier schemes: read from the facts themselves, as of any moment.

A standing follows the times of the facts, so a late one changes the history from there on. What is stored of it is
what was told already (:mod:`domain.points.standing_keeping`), and checkpoints from which a walk goes on while nothing
before them has changed (:mod:`domain.points.standing_checkpoints`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain import clock, db
from domain.points import balances, reading, standing_conditions, tiers
from domain.points import standing_checkpoints as checkpoints
from domain.points.standing_rules import Walk
from domain.points.standing_types import Change, Floor, Input, Joined, Kept, Moved, Standing, State, Turned
from domain.points.tiers import Known
from domain.profile import members

_MOST_ENTRIES = 100

#: Balances move with the root's own account; what a merge brought that was undone since never counted.
_BALANCE = """SELECT CASE WHEN j.kind = 'MERGE' THEN coalesce(g.undone_at, e.occurred_at) ELSE e.occurred_at END AS at,
        e.occurred_at, e.account::text, e.seq, e.amount * ((e.target_part IN ('AVAILABLE', 'HELD', 'DEBT'))::int
            - (e.source_part IN ('AVAILABLE', 'HELD', 'DEBT'))::int) AS amount
    FROM points.account AS a JOIN points.entry AS e ON e.account = a.id JOIN points.journal AS j ON j.id = e.journal
    LEFT JOIN profile.merge AS g ON j.kind = 'MERGE' AND g.id::text = j.source_id
    WHERE a.member = $1 AND a.wallet_type = $2 AND e.seq > coalesce(($3::jsonb ->> a.id::text)::bigint, 0)
    ORDER BY 1, e.seq"""
#: What was earned counts from the moment at which its member became this person, in the period in which it was earned.
_EARNED = """SELECT greatest(e.occurred_at, m.joined_at) AS at, e.occurred_at, e.account::text, e.seq,
        e.amount * ((e.source_part IN ('ISSUED', 'CLAWED_BACK'))::int - (e.target_part = 'CLAWED_BACK')::int) AS amount
    FROM unnest($1::uuid[], $2::timestamptz[]) AS m(member, joined_at)
    JOIN points.account AS a ON a.member = m.member AND a.wallet_type = $3
    JOIN points.entry AS e ON e.account = a.id AND (e.source_part IN ('ISSUED', 'CLAWED_BACK')
        OR e.target_part = 'CLAWED_BACK') AND e.seq > coalesce(($4::jsonb ->> a.id::text)::bigint, 0)
    ORDER BY 1, e.account, e.seq"""
#: When each member of a root became part of it; merges that were undone do not count, nor does one that runs.
_JOINED = """SELECT i AS member, (SELECT max(g.at) FROM profile.merge AS g
        WHERE g.undone_at IS NULL AND i = ANY(g.moved) AND g.id IS DISTINCT FROM $2) AS joined_at
    FROM unnest($1::uuid[]) AS i"""

_MERGES = "SELECT id, undone_at FROM profile.merge WHERE winner = $1 OR loser = $1 ORDER BY id"


@dataclass(frozen=True)
class Explained:
    """Why a standing is what it is; points in minor units of the scheme's wallet.

    ``to_next`` is None at the top, ``to_stay`` for a tier that does not end.
    """

    standing: Standing
    counted: int
    entries: list[db.Row]
    to_next: int | None
    to_stay: int | None
    forecast: Change | None


@dataclass(frozen=True)
class _Known:
    """What is known of a root besides its points: all else that may turn its standing, and who it was joined with."""

    inputs: list[Input]
    history: standing_conditions.History
    people: list[tuple[UUID, datetime | None]]
    merges: list[tuple[UUID, datetime | None]]

    def digest(self, scheme: Known, until: datetime) -> str:
        joined = sorted((str(member), at) for member, at in self.people)
        return checkpoints.digest(scheme.versions, self.inputs, self.history, [joined, self.merges], until)


@dataclass(frozen=True)
class Way:
    """A walk; ``since`` is the checkpoint that it went on from, ``checkpoints`` what later walks may go on from."""

    walk: Walk
    since: datetime | None
    checkpoints: list[Kept]


async def walked(
    root: UUID,
    scheme: Known,
    until: datetime,
    *,
    ids: Sequence[UUID] | None = None,
    without: UUID | None = None,
) -> Walk:
    """The root's way through a scheme until a moment, all of it.

    ``ids`` are the root's members where the profile says otherwise by now, ``without`` is a merge left out.
    """
    known = await _known(root, scheme, ids, without)
    moved, _ = await _moved(root, known, scheme, {})
    return Walk(scheme.versions, [*moved, *known.inputs], known.history.holds).to(until)


async def resumed(root: UUID, scheme: Known, until: datetime) -> Way:
    """The same way from the last checkpoint that still holds."""
    known = await _known(root, scheme)
    kept, moved, read = await _start(root, scheme, known, until)
    walk = _walk(scheme, known, kept, moved).to(until)
    at = walk.stepped
    new = checkpoints.kept(walk, read, known.digest(scheme, at)) if at is not None else None
    found = checkpoints.with_new(new, kept) if new is not None else kept
    return Way(walk, kept[0].at if kept else None, found)


async def with_more(
    root: UUID, scheme: Known, more: Sequence[Moved], as_of: datetime
) -> tuple[Standing, Standing]:
    """How a root stands, and how it would had these points moved too."""
    known = await _known(root, scheme)
    first = min((each.at for each in more), default=as_of)
    kept, moved, _ = await _start(root, scheme, known, min(as_of, first), is_before=True)
    here, there = (_walk(scheme, known, kept, [*moved, *extra]).to(as_of) for extra in ([], more))
    return here.shown, there.shown


async def of_root(root: UUID, scheme: Known, as_of: datetime | None = None) -> Standing:
    """How a root stands, stood, or will stand if nothing but time happens."""
    return (await resumed(root, scheme, as_of or clock.now())).walk.shown


async def present(root: UUID) -> list[tuple[Known, Standing]]:
    """How a root stands in every scheme now."""
    return [(scheme, await of_root(root, scheme)) for scheme in await tiers.listed()]


async def explained(root: UUID, scheme: Known, as_of: datetime | None = None) -> Explained:
    """Why a root stands so, and what comes next."""
    at = as_of or clock.now()
    walk = (await resumed(root, scheme, at)).walk
    said, counted = walk.scheme, walk.counted(at)
    rank = said.rank(walk.shown.tier)
    missing = [max(0, tier.threshold - counted) for tier in said.tiers]
    return Explained(
        standing=walk.shown,
        counted=counted,
        entries=await _entries(root, scheme, at),
        to_next=missing[rank] if rank < len(said.tiers) else None,
        to_stay=missing[rank - 1] if rank and walk.shown.ends_at is not None else None,
        forecast=await forecast(walk, root, scheme, at),
    )


async def forecast(walk: Walk, root: UUID, scheme: Known, at: datetime) -> Change | None:
    """The next change of the tier if nothing happens; points that will expire until then are known."""
    known: list[Moved] = []
    if walk.scheme.basis == "BALANCE":
        known = [
            Moved(due, due, -amount)
            for due, amount in await balances.expiring(root, scheme.wallet)
            if due is not None and due > at
        ]
    return walk.forecast(known)


async def _known(
    root: UUID, scheme: Known, ids: Sequence[UUID] | None = None, without: UUID | None = None
) -> _Known:
    own = list(ids) if ids is not None else await members.ids_of(root)
    conditions = [tier.condition for version in scheme.versions for tier in version.tiers]
    history = await standing_conditions.history(own, conditions)
    born = await db.value("SELECT least(joined_at, first_seen_at) FROM profile.member WHERE id = $1", root)
    inputs: list[Input] = [*await _said(root, scheme), *map(Turned, sorted(history.turns)), Turned(born)]
    people: list[tuple[UUID, datetime | None]] = [(root, None)]
    merges: list[tuple[UUID, datetime | None]] = []
    if scheme.now.basis == "BALANCE":
        rows = await db.fetch(_MERGES, root)
        merges = [(row["id"], row["undone_at"]) for row in rows]
    elif len(own) > 1:
        rows = await db.fetch(_JOINED, [each for each in own if each != root], without)
        people += [(row["member"], row["joined_at"]) for row in rows]
    return _Known(inputs, history, people, merges)


async def _start(
    root: UUID, scheme: Known, known: _Known, until: datetime, *, is_before: bool = False
) -> tuple[list[Kept], list[Input], dict[str, int]]:
    """The checkpoints that still hold, the newest first, the points since that one, and which entries are read by then.

    None of them lies after ``until`` (nor at it: ``is_before``).
    """
    found = await db.value(
        "SELECT checkpoints FROM points.standing WHERE scheme = $1 AND member = $2", scheme.id, root
    )
    left = [
        kept
        for kept in msgspec.convert(found or [], list[Kept], str_keys=True, strict=False)
        if kept.at < until or (kept.at == until and not is_before)
    ]
    while left:
        kept = left[0]
        if kept.number == len(scheme.versions) - 1 and kept.known == known.digest(scheme, kept.at):
            moved, read = await _moved(root, known, scheme, kept.read)
            if all(each.at > kept.at for each in moved):
                return left, moved, read
        left = left[1:]
    return [], *await _moved(root, known, scheme, {})


def _walk(scheme: Known, known: _Known, kept: Sequence[Kept], moved: Sequence[Input]) -> Walk:
    inputs = [*moved, *known.inputs]
    if not kept:
        return Walk(scheme.versions, inputs, known.history.holds)
    return Walk.resumed(kept[0], scheme.versions, inputs, known.history.holds)


async def _moved(
    root: UUID, known: _Known, scheme: Known, read: dict[str, int]
) -> tuple[list[Input], dict[str, int]]:
    """Points that count, of entries that were not read yet; and what is read of each account by then."""
    if scheme.now.basis == "BALANCE":
        rows = await db.fetch(_BALANCE, root, scheme.wallet_id, read)
    else:
        people, joined = zip(*known.people, strict=True)
        rows = await db.fetch(_EARNED, people, joined, scheme.wallet_id, read)
    read = dict(read)
    for row in rows:
        read[row["account"]] = max(read.get(row["account"], 0), row["seq"])
    return [Moved(row["at"], row["occurred_at"], row["amount"]) for row in rows if row["amount"]], read


async def _said(root: UUID, scheme: Known) -> list[Input]:
    rows = await db.fetch(
        """SELECT kind, tier, at, until_at, state FROM points.standing_fact WHERE member = $1 AND scheme = $2
        ORDER BY at, id""",
        root, scheme.id,
    )  # fmt: skip
    return [
        Joined(row["at"], msgspec.convert(row["state"], State))
        if row["kind"] == "MERGED"
        else Floor(row["at"], row["tier"], row["until_at"])
        for row in rows
    ]


async def _entries(root: UUID, scheme: Known, at: datetime) -> list[Any]:
    """The newest entries that count, each once."""
    parts = ("AVAILABLE", "HELD", "DEBT") if scheme.now.basis == "BALANCE" else ("ISSUED", "CLAWED_BACK")
    return await reading.counted(root, scheme.wallet, parts, at, _MOST_ENTRIES)
