"""Changes of what follows from a decision: sanctions, strikes with credit, muted reporters, reports, the item itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import review_items, standings
from domain.community.desk import kinds, limits, report_log
from domain.community.desk.changes import Change
from domain.community.desk_tables import ReportOutcome, ReportState
from domain.profile import interactions

_COUNTED = {ReportOutcome.UPHELD: "upheld", ReportOutcome.REJECTED: "rejected"}


async def turn_sanction(actor: Actor, change: Change, event: UUID) -> bool:
    """In force (``ACTIVE``) or not (null). A sanction that is new is made; one that was ended comes back as it was.

    ``facts`` hold the row. The caller has locked the member's root; sessions and points follow at once.
    """
    facts: dict[str, Any] = change.facts
    row = await db.one("SELECT * FROM community.sanction WHERE id = $1 FOR NO KEY UPDATE", change.id)
    if change.after is None:
        if row is None or row["ended_at"] is not None:
            return row is not None and row["ended_by"] is None  # it ran out: nothing of it is in force
        await db.run(
            "UPDATE community.sanction SET ended_at = $2, ended_by = $3 WHERE id = $1",
            change.id, clock.now(), event,
        )  # fmt: skip
    elif row is None:
        await db.run(
            """INSERT INTO community.sanction (id, member, kind, circle, starts_at, until, cause, reason, cause_event, item,
                created_at)
            VALUES ($1, $2::text::uuid, $3, $4::text::uuid, $5, $6::text::timestamptz, $7, $8, $9, $10::text::uuid, $5)""",
            change.id, facts["member"], facts["sanction"], facts["circle"], clock.now(), facts["until"], facts["cause"],
            facts["reason"], event, facts["item"],
        )  # fmt: skip
    else:
        if row["ended_at"] is None:
            return False
        await db.run(
            "UPDATE community.sanction SET ended_at = NULL, ended_by = NULL WHERE id = $1", change.id
        )
    member = UUID(facts["member"])
    await limits.follow(actor, member, f"{facts['cause']}: {facts['reason'] or '-'}"[:500])
    await interactions.record(
        actor, kinds.MEMBER_SANCTIONED if change.after else kinds.MEMBER_UNSANCTIONED, ("MEMBER", member),
        once=f"{change.id}:{event}", member=member, sanction=facts["sanction"], circle=facts["circle"], until=facts["until"],
        policy=facts["cause"],
    )  # fmt: skip
    return True


async def turn_strike(actor: Actor, change: Change, event: UUID) -> bool:
    """Counted or not; the credit goes down with it and comes back exactly."""
    facts: dict[str, Any] = change.facts
    row = await db.one("SELECT * FROM community.strike WHERE id = $1 FOR NO KEY UPDATE", change.id)
    if change.after is None:
        if row is None or row["reversed_by"] is not None:
            return False
        await db.run("UPDATE community.strike SET reversed_by = $2 WHERE id = $1", change.id, event)
    elif row is None:
        await db.run(
            """INSERT INTO community.strike (id, member, policy, event, n, credit, expires_at, created_at)
            VALUES ($1, $2::text::uuid, $3, $4, $5, $6, $7::text::timestamptz, $8)""",
            change.id, facts["member"], facts["policy"], event, facts["n"], facts["credit"], facts["expires_at"],
            clock.now(),
        )  # fmt: skip
    else:
        if row["reversed_by"] is None:
            return False
        await db.run("UPDATE community.strike SET reversed_by = NULL WHERE id = $1", change.id)
    if facts["credit"] and (row is None or row["member"] is not None):
        await standings.add_credit(
            UUID(facts["member"]), -facts["credit"] if change.after else facts["credit"]
        )
    return True


async def turn_muted(actor: Actor, change: Change, event: UUID) -> bool:
    """Whether the reports of a member count nothing."""
    facts: dict[str, Any] = change.facts
    row = await db.one("SELECT * FROM community.reporter_mute WHERE id = $1 FOR NO KEY UPDATE", change.id)
    if change.after is None:
        if row is None or row["ended_by"] is not None:
            return False
        await db.run("UPDATE community.reporter_mute SET ended_by = $2 WHERE id = $1", change.id, event)
    elif row is None:
        await db.run(
            """INSERT INTO community.reporter_mute (id, member, until, event, created_at)
            VALUES ($1, $2::text::uuid, $3::text::timestamptz, $4, $5)""",
            change.id, facts["member"], facts["until"], event, clock.now(),
        )  # fmt: skip
    else:
        if row["ended_by"] is None:
            return False
        await db.run("UPDATE community.reporter_mute SET ended_by = NULL WHERE id = $1", change.id)
    member = UUID(facts["member"])
    await interactions.record(
        actor, kinds.REPORTER_MUTED if change.after else kinds.REPORTER_UNMUTED, ("MEMBER", member),
        once=f"{change.id}:{event}", member=member, until=facts["until"],
    )  # fmt: skip
    return True


async def turn_report(actor: Actor, change: Change, event: UUID) -> bool:
    """Closed with an outcome, or (undone) open as it was; the reporter's accuracy follows, a told outcome stays told."""
    row = await db.one("SELECT * FROM community.report WHERE id = $1 FOR NO KEY UPDATE", change.id)
    if row is None or {"state": row["state"], "outcome": row["outcome"]} != change.before:
        return False
    to, outcome = ReportState(change.after["state"]), change.after["outcome"]
    if to is ReportState.CLOSED:
        await report_log.step(actor, row, to, "CLOSED", outcome=outcome)
    else:
        reopened = await report_log.step(actor, row, ReportState.OPEN, "REOPENED")
        if to is not ReportState.OPEN:
            await report_log.step(actor, reopened, to, to.value)
    await count(row["reporter"], row["outcome"], -1)
    await count(row["reporter"], outcome, 1)
    if row["item"] is not None:
        await review_items.score(row["item"])
    return True


async def turn_item(actor: Actor, change: Change, event: UUID) -> bool:
    """Decided, or (undone) waiting again; an item that was opened anew or decided otherwise meanwhile stays."""
    if change.after == "PENDING":
        return bool(
            await db.run(
                """UPDATE community.review_item SET state = 'PENDING', version = version + 1, decided_by = NULL,
                    decided_at = NULL, decision = NULL
                WHERE id = $1 AND state = $2 AND decision = $3::text::uuid""",
                change.id, change.before, change.facts["decision"],
            )
        )  # fmt: skip
    return bool(
        await db.run(
            """UPDATE community.review_item SET state = $2, version = version + 1, decided_by = $3, decided_at = $4,
                decision = $5::text::uuid, claimed_by = NULL, claimed_at = NULL, claimed_until = NULL
            WHERE id = $1 AND state = 'PENDING'""",
            change.id, change.after, actor.id, clock.now(), change.facts["decision"],
        )
    )  # fmt: skip


async def count(reporter: UUID | None, outcome: str | None, d: int) -> None:
    """Count a decided report for the accuracy of who filed it, or take that back."""
    if reporter is not None and outcome in _COUNTED:
        await standings.count_reports(reporter, **{_COUNTED[ReportOutcome(outcome)]: d})
