"""Reports, review, decisions, sanctions and the acts of moderators by hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain import db
from domain.actor import Actor
from domain.community import circles, posts, standings
from domain.community.desk import claims, marking, muting, report_steps, reports, sanctioning
from domain.community.desk.sanctioning import Ask
from domain.community.desk_seed import QUEUE
from domain.community.desk_tables import ReportCategory, SanctionKind
from domain.community.tables import CircleKind, PostKind
from tests import make
from tests.everything.scenarios import CONFIGURES, Call, changes_nobody, leaves
from tests.everything.scenarios.people import ADMIN, MODERATOR, OPERATOR

WORKS = "It says who works on what; neither reporter nor author notices."


async def _reported(level: int = 1) -> tuple[Actor, Actor, UUID, UUID]:
    """Author, reporter, post and report."""
    author, reader = await make.member_actor(), await make.member_actor()
    post = await posts.publish(author, kind=PostKind.MOMENT, body="Hello")
    await standings.set_level(ADMIN, reader.member_id, level, reason="for the scenario")
    return author, reader, post, await reports.file(reader, post, ReportCategory.ABUSE)


async def _item(post: UUID) -> str:
    return str(await db.value("SELECT id FROM community.review_item WHERE subject = $1", post))


@leaves("fileReport")
async def a_reader_reports_a_post() -> Call:
    author, me = await make.member_actor(), await make.member_actor()
    post = await posts.publish(author, kind=PostKind.MOMENT, body="Hello")
    given = {"subjectId": str(post), "category": "ABUSE", "note": "rude"}
    return Call(me, given, {me.member_id: "community.report.filed"})


@leaves("fileReport")
async def a_moderator_reports_and_acts_at_once() -> Call:
    author = await make.member_actor()
    post = await posts.publish(author, kind=PostKind.MOMENT, body="Hello")
    given = {"subjectId": str(post), "category": "FRAUD", "takeAction": True}
    return Call(MODERATOR, given, {None: "community.report.filed", author.member_id: "community.post.hidden"})


@changes_nobody("addReportNote", WORKS)
async def a_moderator_notes() -> Call:
    return Call(MODERATOR, {"reportId": str((await _reported())[3]), "note": "Have a look."})


@changes_nobody("escalateReport", WORKS, touches="community.report")
async def a_report_is_escalated() -> Call:
    return Call(MODERATOR, {"reportId": str((await _reported())[3])})


@changes_nobody("unescalateReport", WORKS, touches="community.report")
async def a_report_is_brought_back() -> Call:
    report = (await _reported())[3]
    await report_steps.escalate(MODERATOR, report)
    return Call(MODERATOR, {"reportId": str(report)})


@changes_nobody("queueReport", WORKS, touches="community.report")
async def a_report_is_queued() -> Call:
    return Call(MODERATOR, {"reportId": str((await _reported())[3]), "queueId": str(QUEUE)})


@changes_nobody("assignReport", WORKS, touches="community.report")
async def a_report_is_taken() -> Call:
    return Call(MODERATOR, {"reportId": str((await _reported())[3])})


@changes_nobody("unassignReport", WORKS, touches="community.report")
async def a_report_is_given_back() -> Call:
    report = (await _reported())[3]
    await report_steps.assign(MODERATOR, report)
    return Call(MODERATOR, {"reportId": str(report)})


@leaves("closeReport")
async def a_report_is_closed() -> Call:
    _, reader, _, report = await _reported()
    return Call(MODERATOR, {"reportId": str(report)}, {reader.member_id: "community.report.closed"})


@changes_nobody(
    "reopenReport",
    "The reporter was told that it was closed, and is not told again.",
    touches="community.report",
)
async def a_report_is_opened_again() -> Call:
    report = (await _reported())[3]
    await report_steps.close(MODERATOR, report)
    return Call(MODERATOR, {"reportId": str(report)})


@changes_nobody("claimReviewItem", WORKS)
async def an_item_is_claimed() -> Call:
    return Call(MODERATOR, {"itemId": await _item((await _reported())[2])})


@changes_nobody("claimNextReviewItem", WORKS)
async def the_next_item_is_claimed() -> Call:
    await _reported()
    return Call(MODERATOR, {})


@changes_nobody("extendClaim", WORKS)
async def a_claim_is_extended() -> Call:
    await _reported()
    return Call(MODERATOR, {"itemId": str(await claims.claim_next(MODERATOR))})


@changes_nobody("releaseClaim", WORKS)
async def a_claim_is_given_up() -> Call:
    await _reported()
    return Call(MODERATOR, {"itemId": str(await claims.claim_next(MODERATOR))})


@leaves("decideReview")
async def a_report_is_upheld() -> Call:
    author, reader, post, _ = await _reported()
    given = {
        "itemId": await _item(post), "expectedVersion": 1, "verdict": "UPHOLD", "policyCode": "ABUSE",
        "actions": [{"kind": "REMOVE"}, {"kind": "SANCTION", "sanction": {"kind": "MUTE"}}],
    }  # fmt: skip
    left = {
        author.member_id: "community.post.removed community.member.sanctioned",
        reader.member_id: "community.report.closed",
    }
    return Call(MODERATOR, given, left)


@leaves("decideReview")
async def a_report_is_rejected() -> Call:
    """What the item hid and whom it silenced comes back with the verdict."""
    author, _, post, _ = await _reported(4)
    others = [(await make.member_actor()) for _ in range(2)]
    for other in others:
        await standings.set_level(ADMIN, other.member_id, 1, reason="for the scenario")
        await reports.file(other, post, ReportCategory.ABUSE)
    version = await db.value("SELECT version FROM community.review_item WHERE subject = $1", post)
    given = {"itemId": await _item(post), "expectedVersion": version, "verdict": "REJECT"}
    who = await db.fetch("SELECT reporter FROM community.report")
    left = {row["reporter"]: "community.report.closed" for row in who}
    left[author.member_id] = "community.post.unhidden community.member.unsanctioned"
    return Call(MODERATOR, given, left)


@leaves("decideReview")
async def a_complaint_is_handed_over() -> Call:
    author, reader, post, _ = await _reported()
    given = {
        "itemId": await _item(post), "expectedVersion": 1, "verdict": "REJECT", "policyCode": "OFF_TOPIC",
        "actions": [{"kind": kind} for kind in ("HAND_TO_SERVICE", "MARK_AI", "LOCK", "HIDE")],
    }  # fmt: skip
    kinds = "handed_to_service marked_ai locked hidden unhidden"
    left = {
        author.member_id: " ".join(f"community.post.{kind}" for kind in kinds.split()),
        reader.member_id: "community.report.closed",
    }
    return Call(MODERATOR, given, left)


@leaves("decideReview")
async def words_are_masked() -> Call:
    author, reader, post, _ = await _reported()
    given = {
        "itemId": await _item(post), "expectedVersion": 1, "verdict": "UPHOLD", "policyCode": "SPAM",
        "actions": [{"kind": "MASK", "spans": [{"start": 0, "end": 4}]}],
    }  # fmt: skip
    left = {author.member_id: "community.post.masked", reader.member_id: "community.report.closed"}
    return Call(MODERATOR, given, left)


@leaves("sanctionMember")
async def a_member_is_muted() -> Call:
    member = await make.member_id()
    given = {"memberId": str(member), "kind": "MUTE", "policyCode": "ABUSE"}
    return Call(MODERATOR, given, {member: "community.member.sanctioned"})


@leaves("sanctionMember")
async def a_member_is_banned_and_all_of_it_removed() -> Call:
    member = await make.member_actor()
    await posts.publish(member, kind=PostKind.MOMENT, body="Hello")
    given = {"memberId": str(member.member_id), "kind": "BAN", "reason": "spam only", "removeContent": True}
    kinds = "community.member.sanctioned profile.member.suspended community.post.removed"
    return Call(MODERATOR, given, {member.member_id: kinds})


@leaves("sanctionMember")
async def points_are_frozen() -> Call:
    member = await make.member_id()
    given: dict[str, Any] = {"memberId": str(member), "kind": "FREEZE_POINTS", "policyCode": "FRAUD"}
    return Call(MODERATOR, given, {member: "community.member.sanctioned points.account.frozen"})


@leaves("endSanction")
async def a_sanction_ends() -> Call:
    member = await make.member_id()
    laid = await sanctioning.lay(MODERATOR, Ask(member, SanctionKind.MUTE, reason="rude"))
    given = {"sanctionId": str(laid.sanction), "reason": "enough"}
    return Call(MODERATOR, given, {member: "community.member.unsanctioned"})


@leaves("revertModEvent")
async def a_ban_is_undone() -> Call:
    member = await make.member_id()
    laid = await sanctioning.lay(MODERATOR, Ask(member, SanctionKind.BAN, reason="a bot"))
    given = {"eventId": str(laid.event), "reason": "no bot"}
    return Call(MODERATOR, given, {member: "community.member.unsanctioned profile.member.restored"})


@leaves("muteReporter")
async def a_reporter_is_muted() -> Call:
    member = await make.member_id()
    given = {"memberId": str(member), "reason": "a hundred false reports"}
    return Call(MODERATOR, given, {member: "community.reporter.muted"})


@leaves("muteReporter")
async def a_reporter_is_heard_again() -> Call:
    member = await make.member_id()
    await muting.mute(MODERATOR, member, reason="noise")
    given = {"memberId": str(member), "reason": "better now", "isOn": False}
    return Call(MODERATOR, given, {member: "community.reporter.unmuted"})


async def _in_circle() -> tuple[Actor, UUID]:
    circle = await circles.create(ADMIN, slug="club", name="Club", kind=CircleKind.CLUB)
    author = await make.member_actor()
    return author, await posts.publish(author, kind=PostKind.MOMENT, body="Hello", circle_id=circle)


@leaves("pinPost")
async def a_post_is_pinned() -> Call:
    author, post = await _in_circle()
    return Call(MODERATOR, {"targetId": str(post)}, {author.member_id: "community.post.pinned"})


@leaves("pinPost")
async def a_post_is_taken_down() -> Call:
    author, post = await _in_circle()
    await marking.pin(MODERATOR, post)
    given = {"targetId": str(post), "isOn": False}
    return Call(MODERATOR, given, {author.member_id: "community.post.unpinned"})


@leaves("featurePost")
async def a_post_is_featured() -> Call:
    author, post = await _in_circle()
    return Call(MODERATOR, {"targetId": str(post)}, {author.member_id: "community.post.featured"})


@leaves("featurePost")
async def a_post_is_featured_no_more() -> Call:
    author, post = await _in_circle()
    await marking.feature(MODERATOR, post)
    given = {"targetId": str(post), "isOn": False}
    return Call(MODERATOR, given, {author.member_id: "community.post.unfeatured"})


@changes_nobody("putPolicy", CONFIGURES)
async def a_policy_is_made() -> Call:
    severity = {"strikes": 2, "firstIsWarning": True, "expiresDays": 90}
    return Call(OPERATOR, {"code": "PRIVACY", "name": "Privacy", "severity": severity})


@changes_nobody("putModQueue", CONFIGURES)
async def a_queue_is_made() -> Call:
    match = {"kinds": ["POST"], "categories": ["FRAUD"]}
    return Call(
        OPERATOR, {"name": "Fraud", "position": 10, "match": match, "slaMinutes": 60, "claim": "REQUIRED"}
    )
