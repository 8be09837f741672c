"""What moderators do with one report: escalate, queue, assign, close, reopen, note. Each is a step of its machine.

The item is locked before the report, as everywhere. Closing one report alone gives it the outcome IGNORED; its item
stays, because there may be more to decide.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import review_items
from domain.community.desk import outcomes, queues, report_log, scope
from domain.community.desk.errors import AlreadyAssigned, QueueDisabled
from domain.community.desk_tables import ReportOutcome, ReportState
from domain.community.errors import AlreadyInState
from domain.errors import IllegalTransition, InvalidInput, NotFound
from domain.messaging import notices
from domain.messaging.types import NoticeType

LONGEST_NOTE = 5_000
#: How long an assignment that is not permanent keeps others off.
LEASE = timedelta(seconds=600)
AUDIENCES = ("INTERNAL", "REPORTER", "SUBJECT")


async def add_note(actor: Actor, report_id: UUID, note: str, audience: str = "INTERNAL") -> UUID:
    """Say something about a report: among moderators, to its reporter, or to the author. The state stays.

    Notes to members name neither moderator nor reporter (InvalidInput) and are told as notices.
    """
    _check_note(note, is_required=True)
    async with db.transaction():
        report = await _locked(actor, report_id)
        if audience != "INTERNAL":
            who = [report["reporter"]] if report["reporter"] else []
            await outcomes.must_name_nobody({"note": note}, actor, who)
        activity = await report_log.note(
            actor, report_id, "NOTE", audience=audience,
            internal_note=note if audience == "INTERNAL" else None,
            public_note=None if audience == "INTERNAL" else note,
        )  # fmt: skip
        to = report["reporter"] if audience == "REPORTER" else None
        if audience == "SUBJECT":
            to = await db.value(
                "SELECT community.author_of($1, $2)", report["subject_kind"], report["subject"]
            )
        if to is not None:
            about = (
                ("REPORT", report_id)
                if audience == "REPORTER"
                else (report["subject_kind"], report["subject"])
            )
            await notices.send(to, NoticeType.SYSTEM, about, {"text": note}, once=activity)
    return report_id


async def escalate(actor: Actor, report_id: UUID, note: str | None = None) -> UUID:
    """Lift a report above its queue. Raises IllegalTransition, AlreadyInState, NOT_FOUND."""
    return await _step(actor, report_id, ReportState.ESCALATED, "ESCALATED", note)


async def unescalate(actor: Actor, report_id: UUID, note: str | None = None) -> UUID:
    """Bring an escalated report back among the open ones."""
    return await _step(actor, report_id, ReportState.OPEN, "UNESCALATED", note, ReportState.ESCALATED)


async def reopen(actor: Actor, report_id: UUID, note: str | None = None) -> UUID:
    """A closed report waits again, and its item with it; who reported is not told the outcome a second time."""
    _check_note(note)
    async with db.transaction():
        report = await _locked(actor, report_id)
        await report_log.step(
            actor, report, ReportState.OPEN, "REOPENED", only_from=ReportState.CLOSED, internal_note=note
        )
        await _uncount(report)
        item = await review_items.open(report["subject_kind"], report["subject"], "REPORTED")
        await db.run("UPDATE community.report SET item = $2 WHERE id = $1", report_id, item)
        await review_items.score(item)
    return report_id


async def close(actor: Actor, report_id: UUID, note: str | None = None, audience: str = "INTERNAL") -> UUID:
    """Close one report by itself, as IGNORED; who reported hears it once."""
    _check_note(note)
    is_public = audience == "REPORTER"
    async with db.transaction():
        report = await _locked(actor, report_id)
        if is_public:
            who = [report["reporter"]] if report["reporter"] else []
            await outcomes.must_name_nobody({"note": note}, actor, who)
        await report_log.step(
            actor, report, ReportState.CLOSED, "CLOSED", outcome=ReportOutcome.IGNORED.value,
            internal_note=None if is_public else note, public_note=note if is_public else None,
        )  # fmt: skip
        if report["item"] is not None:
            await review_items.score(report["item"])
        await outcomes.record_closed(actor, [report_id], ReportOutcome.IGNORED)
        await outcomes.tell_reporters(
            actor, [report_id], ReportOutcome.IGNORED, message=note if is_public else None
        )
    return report_id


async def queue(actor: Actor, report_id: UUID, queue_id: UUID | None, note: str | None = None) -> UUID:
    """Put a report (and its item) into a queue, or take it out (None): then it waits outside until queues change.

    Raises QueueDisabled, IllegalTransition, AlreadyInState, NOT_FOUND.
    """
    _check_note(note)
    async with db.transaction():
        report = await _locked(actor, report_id)
        if queue_id is None:
            await _unqueue(actor, report, note)
            return report_id
        found = await queues.find(queue_id)
        if not found.is_enabled:
            raise QueueDisabled(found.name)
        if report["state"] == ReportState.QUEUED and report["queue"] != queue_id:
            await db.run("UPDATE community.report SET queue = $2 WHERE id = $1", report_id, queue_id)
            await report_log.note(
                actor, report_id, "QUEUED", (ReportState.QUEUED, ReportState.QUEUED), internal_note=note
            )
        else:
            await report_log.step(
                actor, report, ReportState.QUEUED, "QUEUED", queue=queue_id, internal_note=note
            )
        if report["item"] is not None:
            await place(report["item"], found)
    return report_id


async def assign(
    actor: Actor,
    report_id: UUID,
    moderator_id: UUID | None = None,
    *,
    is_permanent: bool = False,
    note: str | None = None,
) -> UUID:
    """Give a report to a moderator (absent: oneself), for ten minutes or permanently.

    Raises AlreadyAssigned while somebody else's assignment holds, AlreadyInState for one's own, IllegalTransition.
    """
    _check_note(note)
    to = moderator_id or actor.id
    async with db.transaction():
        report = await _locked(actor, report_id)
        await _must_be_somebody(actor, to)
        now = clock.now()
        given: dict[str, Any] = {
            "assignee": to, "is_permanent": is_permanent, "assigned_until": None if is_permanent else now + LEASE,
        }  # fmt: skip
        if report["state"] != ReportState.ASSIGNED:
            await report_log.step(
                actor, report, ReportState.ASSIGNED, "ASSIGNED", internal_note=note, **given
            )
            return report_id
        is_held = report["is_permanent"] or (report["assigned_until"] or now) > now
        if is_held and report["assignee"] != to:
            raise AlreadyAssigned(report["assignee"])
        if is_held and report["is_permanent"] == is_permanent:
            raise AlreadyInState(ReportState.ASSIGNED.value)
        await db.run(
            "UPDATE community.report SET assignee = $2, is_permanent = $3, assigned_until = $4 WHERE id = $1",
            report_id, *given.values(),
        )  # fmt: skip
        await report_log.note(
            actor, report_id, "ASSIGNED", (ReportState.ASSIGNED, ReportState.ASSIGNED), internal_note=note
        )
    return report_id


async def unassign(actor: Actor, report_id: UUID, note: str | None = None) -> UUID:
    """Nobody's any more: back to its queue, or to the open ones without a queue."""
    _check_note(note)
    async with db.transaction():
        report = await _locked(actor, report_id)
        to = ReportState.QUEUED if report["queue"] else ReportState.OPEN
        await report_log.step(
            actor, report, to, "UNASSIGNED", only_from=ReportState.ASSIGNED, internal_note=note
        )
    return report_id


async def place(item: UUID, found: queues.Queue) -> None:
    """An open item waits in this queue, due by its time."""
    due = timedelta(minutes=found.sla_minutes) if found.sla_minutes else None
    await db.run(
        "UPDATE community.review_item SET queue = $2, due_at = opened_at + $3::interval "
        "WHERE id = $1 AND state = 'PENDING'",
        item, found.id, due,
    )  # fmt: skip


async def _unqueue(actor: Actor, report: db.Row, note: str | None) -> None:
    now = ReportState(report["state"])
    if now is ReportState.OPEN:
        raise AlreadyInState(now.value)
    if now not in (ReportState.QUEUED, ReportState.ASSIGNED):
        raise IllegalTransition(now.value, "OPEN", [])
    await report_log.step(
        actor, report, ReportState.OPEN, "UNQUEUED", queue=None, routed=await queues.generation(),
        internal_note=note,
    )  # fmt: skip


async def _step(
    actor: Actor,
    report_id: UUID,
    to: ReportState,
    kind: str,
    note: str | None,
    only_from: ReportState | None = None,
) -> UUID:
    _check_note(note)
    async with db.transaction():
        report = await _locked(actor, report_id)
        await report_log.step(actor, report, to, kind, only_from=only_from, internal_note=note)
    return report_id


async def _locked(actor: Actor, report_id: UUID) -> db.Row:
    """The report in the moderator's scope, its item locked before it; NOT_FOUND."""
    args = (await scope.of(actor)).args
    await db.run(
        """SELECT FROM community.review_item WHERE id = (SELECT item FROM community.report WHERE id = $1)
        FOR NO KEY UPDATE""",
        report_id,
    )
    row = await db.one(
        f"""SELECT r.* FROM community.report AS r WHERE {scope.SEES_REPORT} AND r.id = $4
        FOR NO KEY UPDATE OF r""",
        *args, report_id,
    )  # fmt: skip
    if row is None:
        raise NotFound()
    return row


async def _uncount(report: db.Row) -> None:
    from domain.community.desk.followups import count

    await count(report["reporter"], report["outcome"], -1)


async def _must_be_somebody(actor: Actor, moderator: UUID | None) -> None:
    if moderator is None or moderator == actor.id:
        return
    if not await db.value(
        """SELECT EXISTS (SELECT FROM access.staff AS s JOIN access.staff_role AS h ON h.staff = s.id
            WHERE s.id = $1 AND s.is_active AND h.role IN ('moderator', 'admin'))
        OR EXISTS (SELECT FROM community.circle_member
            WHERE member = $1 AND state = 'ACTIVE' AND role IN ('MODERATOR', 'LEAD'))""",
        moderator,
    ):
        raise NotFound()


def _check_note(note: str | None, *, is_required: bool = False) -> None:
    if is_required and not (note or "").strip():
        raise InvalidInput.at("note", "Write something.")
    if note is not None and len(note) > LONGEST_NOTE:
        raise InvalidInput.at("note", f"Use at most {LONGEST_NOTE} characters.")
