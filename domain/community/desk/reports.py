"""Filing a report: evidence as it stands, a score fixed now, the item that it joins, and what follows by itself."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import authors, configuration, rates, review_items, standings
from domain.community.desk import kinds, provisional, report_log, report_rules, subjects
from domain.community.desk.errors import AlreadyReported
from domain.community.desk.report_rules import Parts
from domain.community.desk.subjects import Subject
from domain.community.desk_tables import ReportCategory, ReportState, ReviewCause
from domain.community.rates import Act
from domain.errors import InvalidInput
from domain.foundation import ids
from domain.profile import interactions, members

LONGEST_NOTE = 1_000


async def file(
    actor: Actor,
    subject_id: UUID,
    category: ReportCategory,
    *,
    note: str | None = None,
    take_action: bool = False,
) -> UUID:
    """Report a post, a comment or a member, or refuse and change nothing; answers the report.

    Locks: the reporter's and the author's roots, then the item. A muted reporter's report is kept and counts nothing.
    Raises NOT_FOUND (absent or not to be seen), InvalidInput (oneself), AlreadyReported, RATE_LIMITED.
    """
    async with db.transaction():
        subject = await subjects.seen_by(actor, subject_id)
        reporter = await _lock(actor, subject)
        if reporter is not None:
            await rates.must_allow(await authors.of(actor, reporter), Act.REPORTS)
        _check(actor, reporter, subject, note, take_action)
        await _must_be_new(actor, reporter, subject, category)
        parts = await _parts(actor, reporter, category, take_action)
        is_muted = reporter is not None and await _is_muted(reporter)
        item = None
        if not is_muted:
            item = await review_items.open(subject.kind, subject.id, ReviewCause.REPORTED)
        report, now = ids.new(), clock.now()
        await db.run(
            """INSERT INTO community.report (id, item, reporter, staff, subject_kind, subject, category, note, evidence,
                parts, fingerprint, state, score, is_permanent, transition, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'OPEN', $12, false, 0, $13)""",
            report, item, reporter, None if reporter else actor.id, subject.kind, subject.id, category,
            (note or "").strip() or None, db.json(subject.evidence()), db.json(vars(parts)), subject.fingerprint,
            Decimal(0) if is_muted else parts.score, now,
        )  # fmt: skip
        await report_log.note(actor, report, "FILED", (None, ReportState.OPEN))
        await interactions.record(
            actor, kinds.REPORT_FILED, ("REPORT", report), once=report, member=reporter,
            category=category.value, subjectKind=subject.kind.value, subject=str(subject.id),
        )  # fmt: skip
        if item is not None:
            await review_items.score(item)
            await provisional.judge(item, subject, category, parts.level)
    return report


async def _lock(actor: Actor, subject: Subject) -> UUID | None:
    """The reporter's root (None: staff), locked together with the author's, which may be silenced."""
    wanted = [member for member in (actor.member_id, subject.author) if member is not None]
    if wanted:
        await members.lock(*wanted)
    return None if actor.member_id is None else await members.root_of(actor.member_id)


def _check(
    actor: Actor, reporter: UUID | None, subject: Subject, note: str | None, take_action: bool
) -> None:
    if reporter is not None and reporter == subject.author:
        raise InvalidInput.at("subjectId", "Nobody reports himself.")
    if note is not None and len(note) > LONGEST_NOTE:
        raise InvalidInput.at("note", f"Use at most {LONGEST_NOTE} characters.")
    if take_action and not actor.is_staff:
        raise InvalidInput.at("takeAction", "Only staff ask to act at once.")


async def _must_be_new(
    actor: Actor, reporter: UUID | None, subject: Subject, category: ReportCategory
) -> None:
    """Raise AlreadyReported while the same report waits, and for a day after it was handled unless the subject was edited."""
    last = await db.one(
        """SELECT id, state, closed_at, fingerprint FROM community.report
        WHERE subject = $1 AND category = $2 AND (staff = $3 OR reporter IN
            (SELECT id FROM profile.member WHERE root = $4)) ORDER BY seq DESC LIMIT 1""",
        subject.id, category, None if reporter else actor.id, reporter,
    )  # fmt: skip
    if last is None:
        return
    if last["state"] != ReportState.CLOSED:
        raise AlreadyReported(last["id"], None)
    retry_at = last["closed_at"] + report_rules.SILENCE
    if clock.now() < retry_at and last["fingerprint"] == subject.fingerprint:
        raise AlreadyReported(last["id"], retry_at)


async def _parts(actor: Actor, reporter: UUID | None, category: ReportCategory, take_action: bool) -> Parts:
    """What the score is made of, as of now."""
    bonus = Decimal(str((await configuration.value("review.category_bonus"))[category.value]))
    action = report_rules.TAKE_ACTION_BONUS if take_action else 0
    if reporter is None:
        return Parts(report_rules.STAFF_LEVEL, Decimal(0), bonus, action)
    standing = await standings.of(reporter)
    accuracy = report_rules.accuracy(standing.reports_upheld, standing.reports_rejected)
    return Parts(standing.trust_level, accuracy, bonus, action)


async def _is_muted(reporter: UUID) -> bool:
    return await db.value(
        """SELECT EXISTS (SELECT FROM community.reporter_mute AS u JOIN profile.member AS m ON m.id = u.member
        WHERE m.root = $1 AND u.ended_by IS NULL AND (u.until IS NULL OR u.until > $2))""",
        reporter, clock.now(),
    )  # fmt: skip
