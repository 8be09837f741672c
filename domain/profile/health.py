"""Whether the profile's invariants hold, as counters."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain import db
from domain.profile import aggregates, drain, suppression
from domain.profile.identities import Named


@dataclass(frozen=True)
class Health:
    """All but the first three are 0 when all is well.

    ``overdue_pending_count`` are rows that wait for more than a minute, ``erased_left`` rows that still say something of
    people who left, ``erasure_findings`` erasures whose proof found a value.
    """

    pending_count: int
    oldest_pending_seconds: int
    dead_letter_count: int
    broken_roots: int
    aggregate_drift: int
    overdue_pending_count: int
    erased_left: int
    erasure_findings: int


async def check() -> Health:
    """The present counters (reads the whole log: for staff, not for a screen that polls)."""
    lag = await drain.lag()
    return Health(
        lag.pending, lag.oldest_seconds, lag.set_aside, await broken_roots(), await aggregates.drift(), lag.overdue,
        await erased_left(), await erasure_findings(),
    )  # fmt: skip


async def broken_roots() -> int:
    """How many members have a root that is none (P1)."""
    return await db.value(
        """SELECT count(*) FROM profile.member AS m LEFT JOIN profile.member AS r ON r.id = m.root
        WHERE r.root IS DISTINCT FROM r.id"""
    )


#: Rows that name an erased root's member and say more than that something happened.
_LEFT = """
WITH gone AS (SELECT m.id FROM profile.member AS m JOIN profile.member AS r ON r.id = m.root WHERE r.status = 'ERASED')
SELECT (SELECT count(*) FROM profile.identity WHERE member IN (SELECT id FROM gone))
    + (SELECT count(*) FROM profile.trait_value WHERE member IN (SELECT id FROM gone))
    + (SELECT count(*) FROM profile.trait_change WHERE member IN (SELECT id FROM gone))
    + (SELECT count(*) FROM profile.relation WHERE member IN (SELECT id FROM gone))
    + (SELECT count(*) FROM profile.tag_assignment
        WHERE subject_kind = 'MEMBER' AND subject_id IN (SELECT id FROM gone))
    + (SELECT count(*) FROM profile.dead_letter WHERE member IN (SELECT id FROM gone) AND body <> '{}')
    + (SELECT count(*) FROM profile.member WHERE id IN (SELECT id FROM gone)
        AND num_nonnulls(display_name, avatar, number) > 0)
    + (SELECT count(*) FROM gone JOIN profile.interaction AS i ON i.member = gone.id
        WHERE i.class = 'REPORTED' AND (i.properties <> '{}' OR i.context <> '{}'))"""


async def erased_left() -> int:
    """How many rows still say something of people who left (P8): reads only what names them."""
    return await db.value(_LEFT)


async def erasure_findings() -> int:
    """How many erasures ended with a proof that found a value."""
    return await db.value(
        """SELECT count(*) FROM profile.erasure
        WHERE state = 'DONE' AND jsonb_array_length(report #> '{proof,findings}') > 0"""
    )


async def still_named() -> int:
    """How many identities are those of people who left, told by their hashes: reads every identity."""
    found, last = 0, UUID(int=0)
    while rows := await db.fetch(
        "SELECT id, type, value_norm FROM profile.identity WHERE id > $1 ORDER BY id LIMIT 10000", last
    ):
        found += len(await suppression.among(Named(1, row["type"], row["value_norm"]) for row in rows))
        last = rows[-1]["id"]
    return found
