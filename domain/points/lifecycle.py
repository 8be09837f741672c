"""What points do when members merge, part again, ask for their data, or leave. No entry is ever edited."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import db
from domain.foundation.lifecycle import Lifecycle, Merged
from domain.points import counting, merging, standing_keeping

_BY_MEMBER = (
    "enrolment", "account", "hold", "earn_decision", "award_due", "standing", "standing_change", "standing_fact",
    "standing_due", "benefit_use", "redemption", "purchase", "refund_part", "refund_waiting", "device_use",
)  # fmt: skip


async def on_merge(merged: Merged) -> None:
    """Move everything of the loser's accounts; counters are joined, and the higher tier stays."""
    stood = await standing_keeping.before_merge(merged)
    await merging.join(merged)
    await _join_counters(merged)
    await standing_keeping.on_merge(merged, stood)


async def on_undo(merged: Merged) -> None:
    """Give back what is left of what was moved, and the debts that the merge paid."""
    await merging.part(merged)
    await counting.anew([merged.winner, merged.loser])
    await standing_keeping.on_undo(merged)


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Accounts with their entries, holds, enrolments, decisions and purchases."""
    for table in _BY_MEMBER:
        for row in await db.fetch(f"SELECT * FROM points.{table} WHERE member = ANY($1)", members):
            yield f"points.{table}", dict(row)
    for row in await db.fetch(
        """SELECT e.*, j.kind, j.reason, j.reference FROM points.entry AS e JOIN points.account AS a ON a.id = e.account
        JOIN points.journal AS j ON j.id = e.journal WHERE a.member = ANY($1) ORDER BY e.account, e.seq""",
        members,
    ):
        yield "points.entry", dict(row)
    for table in ("purchase_line", "purchase_refund"):
        for row in await db.fetch(
            f"""SELECT c.* FROM points.{table} AS c JOIN points.purchase AS p ON p.id = c.purchase
            WHERE p.member = ANY($1) ORDER BY c.purchase, c.id""",
            members,
        ):
            yield f"points.{table}", dict(row)


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """Sums and entries stay, on accounts that name a member nobody knows any more; free text goes."""
    await db.run("SET LOCAL marque.erasing = 'on'")
    texts = await db.run(
        """UPDATE points.journal SET reason = NULL WHERE reason IS NOT NULL AND id IN (SELECT e.journal
            FROM points.entry AS e JOIN points.account AS a ON a.id = e.account WHERE a.member = ANY($1))""",
        members,
    )
    await db.run("SET LOCAL marque.erasing = 'off'")
    holds = await db.run("UPDATE points.hold SET reason = NULL WHERE member = ANY($1)", members)
    due = await db.run("DELETE FROM points.award_due WHERE member = ANY($1)", members)
    waiting = await db.run("DELETE FROM points.refund_waiting WHERE member = ANY($1)", members)
    trades = await db.run(
        "UPDATE points.redemption SET note = NULL, tracking = NULL WHERE member = ANY($1)",
        members,
    )
    standing_due = await db.run("DELETE FROM points.standing_due WHERE member = ANY($1)", members)
    standings = await db.run("DELETE FROM points.standing WHERE member = ANY($1)", members)
    devices = await db.run("DELETE FROM points.device_use WHERE member = ANY($1)", members)
    kept = {
        table: await db.value(f"SELECT count(*) FROM points.{table} WHERE member = ANY($1)", members)
        for table in (
            "enrolment",
            "account",
            "earn_decision",
            "standing_change",
            "standing_fact",
            "benefit_use",
            "purchase",
            "refund_part",
        )
    }
    return {
        "points.journal": (0, texts, 0),
        "points.hold": (0, holds, 0),
        "points.award_due": (due, 0, 0),
        "points.redemption": (0, trades, 0),
        "points.standing_due": (standing_due, 0, 0),
        "points.standing": (standings, 0, 0),
        "points.refund_waiting": (waiting, 0, 0),
        "points.device_use": (devices, 0, 0),
        **{f"points.{table}": (0, 0, count) for table, count in kept.items()},
    }


async def _join_counters(merged: Merged) -> None:
    """What both used of a member's cap counts together; past the limit it just stays full."""
    await db.run(
        """INSERT INTO points.counter AS c (rule_or_group, scope, subject, window_key, times, points, raw_points)
        SELECT rule_or_group, scope, replace(subject, $2, $1), window_key, times, points, raw_points
        FROM points.counter WHERE starts_with(scope, 'MEMBER') AND starts_with(subject, $2)
        ON CONFLICT (rule_or_group, scope, subject, window_key) DO UPDATE SET times = c.times + excluded.times,
            points = c.points + excluded.points, raw_points = c.raw_points + excluded.raw_points,
            most_times = NULL, most_points = NULL""",
        str(merged.winner), str(merged.loser),
    )  # fmt: skip
    await db.run(
        "DELETE FROM points.counter WHERE starts_with(scope, 'MEMBER') AND starts_with(subject, $1)",
        str(merged.loser),
    )


LIFECYCLE = Lifecycle(
    area="points",
    covers=frozenset(f"{table}.member" for table in _BY_MEMBER),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
