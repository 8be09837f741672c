"""What happens to memberships and timers when members merge, part, export or leave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.foundation import ids
from domain.foundation.lifecycle import Lifecycle, Merged
from domain.operations import changes
from domain.operations.tables import Direction


async def on_merge(merged: Merged) -> None:
    """The loser's memberships become the winner's, since the older instant, without anybody entering.

    What is closed here is closed at the merge's own instant, by which its undo finds it again.
    """
    at = await _instant_of(merged)
    rows = await _open_of([merged.winner, merged.loser])
    for segment in sorted({row["segment"] for row in rows}):
        of_loser = [row for row in rows if row["segment"] == segment and row["member"] == merged.loser]
        of_winner = [row for row in rows if row["segment"] == segment and row["member"] == merged.winner]
        if not of_loser:
            continue
        version, cause = of_loser[0]["version"], f"merge:{merged.id}"
        await changes.write(segment, version, Direction.EXITED, [(merged.loser, at)], cause)
        oldest = min(row["since_at"] for row in (*of_loser, *of_winner))
        if of_winner and of_winner[0]["since_at"] == oldest:
            await _close(of_loser, at)
            continue
        await _close([*of_loser, *of_winner], at)
        await _open(segment, merged.winner, oldest, version, cause)
        if not of_winner:
            await changes.write(segment, version, Direction.ENTERED, [(merged.winner, at)], cause)
    await db.run("DELETE FROM operations.timer WHERE member = $1", merged.loser)


async def on_undo(merged: Merged) -> None:
    """Memberships are as before the merge; the reaction to the parting then judges both anew."""
    at, now, cause = await _instant_of(merged), clock.now(), f"parting:{merged.id}"
    closed = await db.fetch(
        """SELECT id, segment, member, version FROM profile.segment_membership
        WHERE member = ANY($1) AND until_at = greatest($2, since_at) ORDER BY member, segment""",
        [merged.winner, merged.loser], at,
    )  # fmt: skip
    made = {
        row["segment"]: row for row in await _open_of([merged.winner]) if row["cause"] == f"merge:{merged.id}"
    }
    winners = {row["segment"] for row in closed if row["member"] == merged.winner}
    for segment, row in made.items():
        await _close([row], now)
        if segment not in winners:
            await changes.write(segment, row["version"], Direction.EXITED, [(merged.winner, now)], cause)
    for row in closed:
        if row["member"] == merged.winner and row["segment"] not in made:
            continue  # the winner has left since
        if await _reopen(row) and row["member"] == merged.loser:
            await changes.write(
                row["segment"], row["version"], Direction.ENTERED, [(merged.loser, now)], cause
            )


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """The history of segments and the timers."""
    for table in ("segment_change", "timer"):
        for row in await db.fetch(f"SELECT * FROM operations.{table} WHERE member = ANY($1)", members):
            yield f"operations.{table}", dict(row)


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """They leave every segment; the history stays, it names nothing but ids."""
    now = clock.now()
    for row in await _open_of(members):
        await _close([row], now)
        await changes.write(
            row["segment"], row["version"], Direction.EXITED, [(row["member"], now)], "erasure"
        )
    gone = await db.run("DELETE FROM operations.timer WHERE member = ANY($1)", members)
    kept = await db.value("SELECT count(*) FROM operations.segment_change WHERE member = ANY($1)", members)
    return {"operations.timer": (gone, 0, 0), "operations.segment_change": (0, 0, kept)}


async def _instant_of(merged: Merged) -> datetime:
    return await db.value("SELECT at FROM profile.merge WHERE id = $1", merged.id)


async def _open_of(members: list[UUID]) -> list[db.Row]:
    return await db.fetch(
        """SELECT id, segment, member, since_at, version, cause FROM profile.segment_membership
        WHERE member = ANY($1) AND until_at IS NULL ORDER BY segment, member""",
        members,
    )


async def _close(rows: list[db.Row], at: datetime) -> None:
    await db.run(
        "UPDATE profile.segment_membership SET until_at = greatest(since_at, $2) WHERE id = ANY($1)",
        [row["id"] for row in rows], at,
    )  # fmt: skip


async def _open(segment: UUID, member: UUID, since: datetime, version: int, cause: str) -> None:
    await db.run(
        """INSERT INTO profile.segment_membership (id, segment, member, since_at, until_at, version, cause)
        VALUES ($1, $2, $3, $4, NULL, $5, $6)""",
        ids.new(), segment, member, since, version, cause,
    )  # fmt: skip


async def _reopen(row: db.Row) -> bool:
    reopened = await db.run(
        """UPDATE profile.segment_membership AS s SET until_at = NULL WHERE id = $1 AND NOT EXISTS (
            SELECT FROM profile.segment_membership AS o
            WHERE o.segment = s.segment AND o.member = s.member AND o.until_at IS NULL)""",
        row["id"],
    )
    return reopened > 0


LIFECYCLE = Lifecycle(
    area="operations",
    covers=frozenset({"segment_change.member", "timer.member"}),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
