"""The garage's part in a merge, its undo, an export and an erasure."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.foundation.lifecycle import Lifecycle, Merged
from domain.garage import bindings, rules, sealing


async def on_merge(merged: Merged) -> None:
    """Bindings are read over the root; the traits that derive from them are written anew."""
    await bindings.refresh_traits(merged.winner)


async def on_undo(merged: Merged) -> None:
    """Both get their own bindings back with their roots; the traits follow."""
    for root in (merged.winner, merged.loser):
        await bindings.refresh_traits(root)


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Every binding with its opened papers, the vehicles in force, and the counted claims."""
    for row in await db.fetch("SELECT * FROM garage.binding WHERE member = ANY($1)", members):
        plain = {
            name: value for name, value in row.items() if name not in ("evidence", "plate", "valid_during")
        }
        period = row["valid_during"]
        plain["valid_from"], plain["valid_to"] = (period.lower, period.upper) if period else (None, None)
        for name in ("evidence", "plate"):
            plain[name] = sealing.unseal(row[name]) if row[name] else None
        yield "garage.binding", plain
    for row in await db.fetch(
        """SELECT v.* FROM garage.vehicle AS v WHERE v.id IN
        (SELECT vehicle FROM garage.binding WHERE member = ANY($1) AND state = ANY($2))""",
        members, list(rules.HELD),
    ):  # fmt: skip
        yield "garage.vehicle", dict(row)
    for row in await db.fetch("SELECT member, at FROM garage.claim_attempt WHERE member = ANY($1)", members):
        yield "garage.claim_attempt", dict(row)


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """Claims go; rights end and keep only their period (one owner at any instant stays provable); papers go."""
    attempts = await db.run("DELETE FROM garage.claim_attempt WHERE member = ANY($1)", members)
    claims = await db.run(
        "DELETE FROM garage.binding WHERE member = ANY($1) AND state IN ('CLAIMED', 'VERIFYING', 'REJECTED')",
        members,
    )
    periods = await db.run(
        """UPDATE garage.binding SET plate = NULL, evidence = NULL, decision_reason = NULL, version = version + 1,
            ended_reason = CASE WHEN state = ANY($2) THEN 'REVOKED' ELSE ended_reason END,
            valid_during = CASE WHEN state = ANY($2)
                THEN tstzrange(lower(valid_during), greatest(lower(valid_during), $3)) ELSE valid_during END,
            state = 'ENDED' WHERE member = ANY($1)""",
        members, list(rules.HELD), clock.now(),
    )  # fmt: skip
    return {"garage.claim_attempt": (attempts, 0, 0), "garage.binding": (claims, periods, 0)}


LIFECYCLE = Lifecycle(
    area="garage",
    covers=frozenset({"binding.member", "claim_attempt.member"}),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
