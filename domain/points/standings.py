"""How members stand in tier schemes: read from the facts themselves, as of any moment.

A standing follows the times of the facts, so a late one changes the history from there on; what is stored of it is
only what was told already (:mod:`domain.points.standing_keeping`).
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
from domain.points.standing_rules import Walk
from domain.points.standing_types import Change, Floor, Input, Joined, Moved, Standing, State, Turned
from domain.points.tiers import Known
from domain.profile import members

_MOST_ENTRIES = 100

#: Balances move with the root's own account; what a merge brought that was undone since never counted.
_BALANCE = """SELECT CASE WHEN j.kind = 'MERGE' THEN coalesce(g.undone_at, e.occurred_at) ELSE e.occurred_at END AS at,
        e.occurred_at, e.amount * ((e.target_part IN ('AVAILABLE', 'HELD', 'DEBT'))::int
            - (e.source_part IN ('AVAILABLE', 'HELD', 'DEBT'))::int) AS amount
    FROM points.account AS a JOIN points.entry AS e ON e.account = a.id JOIN points.journal AS j ON j.id = e.journal
    LEFT JOIN profile.merge AS g ON j.kind = 'MERGE' AND g.id::text = j.source_id
    WHERE a.member = $1 AND a.wallet_type = $2 ORDER BY 1, e.seq"""
#: What was earned counts from the moment at which its member became this person, in the period in which it was earned.
_EARNED = """SELECT greatest(e.occurred_at, m.joined_at) AS at, e.occurred_at,
        e.amount * ((e.source_part IN ('ISSUED', 'CLAWED_BACK'))::int - (e.target_part = 'CLAWED_BACK')::int) AS amount
    FROM unnest($1::uuid[], $2::timestamptz[]) AS m(member, joined_at)
    JOIN points.account AS a ON a.member = m.member AND a.wallet_type = $3
    JOIN points.entry AS e ON e.account = a.id AND (e.source_part IN ('ISSUED', 'CLAWED_BACK')
        OR e.target_part = 'CLAWED_BACK')
    ORDER BY 1, e.account, e.seq"""
#: When each member of a root became part of it; merges that were undone do not count, nor does one that runs.
_JOINED = """SELECT i AS member, (SELECT max(g.at) FROM profile.merge AS g
        WHERE g.undone_at IS NULL AND i = ANY(g.moved) AND g.id IS DISTINCT FROM $2) AS joined_at
    FROM unnest($1::uuid[]) AS i"""


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


async def walked(
    root: UUID,
    scheme: Known,
    until: datetime,
    *,
    ids: Sequence[UUID] | None = None,
    without: UUID | None = None,
) -> Walk:
    """The root's way through a scheme until a moment.

    ``ids`` are the root's members where the profile says otherwise by now, ``without`` is a merge left out.
    """
    return (await _ways(root, scheme, until, ids=ids, without=without))[0]


async def with_more(
    root: UUID, scheme: Known, more: Sequence[Moved], as_of: datetime
) -> tuple[Standing, Standing]:
    """How a root stands, and how it would had these points moved too."""
    ways = await _ways(root, scheme, as_of, more=more)
    return ways[0].shown, ways[-1].shown


async def _ways(
    root: UUID,
    scheme: Known,
    until: datetime,
    *,
    ids: Sequence[UUID] | None = None,
    without: UUID | None = None,
    more: Sequence[Moved] = (),
) -> list[Walk]:
    """The root's way, and the one with more moves where there are any."""
    own = list(ids) if ids is not None else await members.ids_of(root)
    inputs: list[Input] = [*await _moved(root, own, scheme, without)]
    inputs += await _said(root, scheme)
    known = await standing_conditions.history(
        own, [tier.condition for version in scheme.versions for tier in version.tiers]
    )
    inputs += [Turned(at) for at in sorted(known.turns)]
    born = await db.value("SELECT least(joined_at, first_seen_at) FROM profile.member WHERE id = $1", root)
    inputs.append(Turned(born))
    found = [Walk(scheme.versions, inputs, known.holds).to(until)]
    if more:
        found.append(Walk(scheme.versions, [*inputs, *more], known.holds).to(until))
    return found


async def of_root(root: UUID, scheme: Known, as_of: datetime | None = None) -> Standing:
    """How a root stands, stood, or will stand if nothing but time happens."""
    return (await walked(root, scheme, as_of or clock.now())).shown


async def present(root: UUID) -> list[tuple[Known, Standing]]:
    """How a root stands in every scheme now."""
    return [(scheme, await of_root(root, scheme)) for scheme in await tiers.listed()]


async def explained(root: UUID, scheme: Known, as_of: datetime | None = None) -> Explained:
    """Why a root stands so, and what comes next."""
    at = as_of or clock.now()
    walk = await walked(root, scheme, at)
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


async def _moved(root: UUID, ids: list[UUID], scheme: Known, without: UUID | None) -> list[Input]:
    if scheme.now.basis == "BALANCE":
        rows = await db.fetch(_BALANCE, root, scheme.wallet_id)
    else:
        joined = await db.fetch(_JOINED, [each for each in ids if each != root], without)
        rows = await db.fetch(
            _EARNED, [root, *(row["member"] for row in joined)], [None, *(row["joined_at"] for row in joined)],
            scheme.wallet_id,
        )  # fmt: skip
    return [Moved(row["at"], row["occurred_at"], row["amount"]) for row in rows if row["amount"]]


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
