"""Decisions: verdict apart from actions, what follows from each, and their exact undoing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from domain import clock, db
from domain.community import comments, moderation, posts, reactions, sanctions, standings
from domain.community.desk import claims, deciding, muting, reverting, sanctioning, strikes
from domain.community.desk.actions import ActionKind, Asked
from domain.community.desk.deciding import Decision, Verdict
from domain.community.desk.errors import (
    ActionNotAvailable,
    AlreadyHandled,
    AlreadyReverted,
    ClaimedByOther,
    ClaimRequired,
    PolicyRequired,
    QueueEmpty,
    RankTooLow,
    SanctionExists,
)
from domain.community.desk.sanctioning import Ask
from domain.community.desk_seed import QUEUE
from domain.community.desk_tables import SanctionKind
from domain.community.tables import ReactionKind
from domain.errors import InvalidInput, NotFound, VersionConflict
from domain.foundation import ids
from tests import make
from tests.domain.community.desk.conftest import item_of, row

K = ActionKind
MODERATOR = make.staff("moderator")


async def decide(subject: UUID, verdict: str, *kinds: K | Asked, by=MODERATOR, policy="ABUSE", **options):
    item = await item_of(subject)
    asked = [one if isinstance(one, Asked) else Asked(one) for one in kinds]
    return await deciding.decide(
        by, item["id"], item["version"], Decision(Verdict(verdict), policy, asked), **options
    )


async def told(member: UUID, type_: str = "MODERATION") -> list[dict]:
    rows = await db.fetch(
        "SELECT facts FROM messaging.message WHERE member = $1 AND type = $2 AND channel = 'INBOX' ORDER BY requested_at, id",
        member, type_,
    )  # fmt: skip
    return [row["facts"] for row in rows]


async def test_upholding_closes_reports_strikes_the_author_and_tells_everybody_once(post, report, trusted):
    author, id_ = await post()
    readers = [await trusted(1), await trusted(2)]
    for reader in readers:
        await report(id_, by=reader)
    decided = await decide(id_, "UPHOLD", K.REMOVE)
    item = await item_of(id_)
    assert (item["state"], item["version"], item["decision"]) == ("UPHELD", 2, decided.event)
    assert item["score"] == Decimal("5.00"), "upheld reports go on counting"
    assert (await row("post", id_))["removed_by"] is not None
    rows = await db.fetch("SELECT state, outcome FROM community.report")
    assert {tuple(one) for one in rows} == {("CLOSED", "UPHELD")}
    standing = await standings.of(author.member_id)
    assert (standing.credit, await strikes.count(author.member_id)) == (98, 2)
    assert (await standings.of(readers[0].member_id)).reports_upheld == 1
    (facts,) = await told(author.member_id)
    assert "Policy: Abuse" in facts["outcome_en"] and "appeal within 30 days" in facts["outcome_en"]
    assert "依据规则:辱骂骚扰" in facts["outcome_zh"]
    for reader in readers:
        (heard,) = await told(reader.member_id, "REPORT_OUTCOME")
        assert heard["outcome"] == "UPHELD"
    with pytest.raises(AlreadyHandled) as handled:
        await decide(id_, "REJECT")
    assert handled.value.state == "UPHELD"


async def test_rejecting_unhides_and_lifts_only_what_this_item_did(post, report, trusted):
    author, id_ = await post()
    for _ in range(3):
        await report(id_, 2)
    assert (await row("post", id_))["hidden_by"] and len(await sanctions.active(author.member_id)) == 1
    await sanctioning.lay(MODERATOR, Ask(author.member_id, SanctionKind.LIMIT, reason="another matter"))
    await decide(id_, "REJECT", policy=None)
    assert (await row("post", id_))["hidden_by"] is None
    assert [each.kind for each in await sanctions.active(author.member_id)] == ["LIMIT"]
    assert (await item_of(id_))["score"] == 0
    assert await strikes.count(author.member_id) == 0


async def test_what_another_item_hid_stays_hidden(post, report):
    _, id_ = await post()
    await report(id_, 1)
    stranger = ids.new()
    await db.run("UPDATE community.post SET hidden_by = $2 WHERE id = $1", id_, stranger)
    await decide(id_, "REJECT", policy=None)
    assert (await row("post", id_))["hidden_by"] == stranger


async def test_ignoring_leaves_accuracy_and_content_alone(post, report, trusted):
    _, id_ = await post()
    reader = await trusted(4)
    await report(id_, by=reader)
    await report(id_, 4)
    await decide(id_, "IGNORE", policy=None)
    standing = await standings.of(reader.member_id)
    assert (standing.reports_upheld, standing.reports_rejected) == (0, 0)
    assert (await row("post", id_))["hidden_by"] is not None
    assert (await told(reader.member_id, "REPORT_OUTCOME"))[0]["outcome"] == "IGNORED"


async def test_a_refused_decision_changes_nothing(post, report, trusted):
    author, id_ = await post()
    await report(id_, 1)
    item = await item_of(id_)
    other = make.staff("moderator")
    await claims.claim(other, item["id"])
    with pytest.raises(ClaimedByOther):
        await decide(id_, "UPHOLD", K.REMOVE)
    clock.shift(timedelta(seconds=claims.LEASE_SECONDS))
    cases = [
        ((), {"verdict": "UPHOLD", "version": 7}, VersionConflict),
        ((Asked(K.REMOVE),), {"policy": None}, PolicyRequired),
        ((Asked(K.REMOVE),), {"policy": "NONE"}, InvalidInput),
        ((Asked(K.REMOVE), Asked(K.RESTORE), Asked(K.APPROVE)), {}, ActionNotAvailable),
        ((Asked(K.SANCTION),), {}, InvalidInput),
        ((Asked(K.SANCTION, sanction=SanctionKind.SHADOW),), {}, ActionNotAvailable),
        ((Asked(K.MASK, spans=((5, 2),)),), {}, InvalidInput),
        ((Asked(K.REMOVE), Asked(K.REMOVE)), {}, InvalidInput),
    ]
    strangers = (await trusted(4), author, make.staff("moderator", scopes=(f"circle:{ids.new()}",)))
    before = await _state()
    for asked, options, refusal in cases:
        with pytest.raises(refusal):
            async with db.transaction():
                await deciding.decide(
                    MODERATOR, item["id"], options.get("version", 1),
                    Decision(Verdict.UPHOLD, options.get("policy", "SPAM"), asked),
                )  # fmt: skip
    for stranger in strangers:
        with pytest.raises(NotFound):
            await deciding.decide(stranger, item["id"], 1, Decision(Verdict.REJECT))
    with pytest.raises(NotFound):
        await deciding.decide(MODERATOR, ids.new(), 1, Decision(Verdict.REJECT))
    assert await _state() == before


async def test_a_queue_may_ask_for_claims(post, report):
    _, id_ = await post()
    await report(id_, 1)
    await db.run("UPDATE community.mod_queue SET claim = 'REQUIRED' WHERE id = $1", QUEUE)
    await db.run("UPDATE community.review_item SET queue = $1", QUEUE)
    with pytest.raises(ClaimRequired):
        await decide(id_, "IGNORE", policy=None)
    assert await claims.claim_next(MODERATOR, QUEUE) == (await item_of(id_))["id"]
    with pytest.raises(QueueEmpty):
        await claims.claim_next(make.staff("moderator"), QUEUE)
    decided = await decide(id_, "IGNORE", policy=None)
    assert (decided.next_item, decided.remaining) == (None, 0)


async def test_a_dry_run_answers_the_effects_and_changes_nothing(post, report):
    author, id_ = await post()
    await report(id_, 1)
    before = await _state()
    ask = (K.REMOVE, Asked(K.SANCTION, sanction=SanctionKind.BAN))
    dry = await decide(id_, "UPHOLD", *ask, is_dry_run=True)
    assert await _state() == before and dry.event is None
    done = await decide(id_, "UPHOLD", *ask)
    assert [(e.action, e.change.what) for e in dry.effects] == [
        (e.action, e.change.what) for e in done.effects
    ]
    assert [e.change.what for e in done.effects] == ["REMOVED", "SANCTION", "STRIKE", "REPORT", "ITEM"]
    assert await db.value("SELECT status FROM profile.member WHERE id = $1", author.member_id) == "SUSPENDED"


async def test_five_decisions_make_five_strikes_and_a_reverted_one_gives_its_two_back(post, report):
    author, _ = await post("first")
    events = []
    for number, policy in enumerate(("ABUSE", "ABUSE", "SPAM", "SPAM", "OFF_TOPIC")):
        _, id_ = await post(f"text {number}", author=author)
        await report(id_, 1)
        events.append((await decide(id_, "UPHOLD", policy=policy)).event)
    assert await strikes.count(author.member_id) == 2 + 2 + 0 + 1 + 0
    assert (await strikes.suggested(author.member_id)).kind == "SUSPEND"
    assert (await strikes.next_step(author.member_id)).missing == 3
    assert (await standings.of(author.member_id)).credit == 100 - 2 - 2 - 1 - 1 - 1
    await reverting.revert(MODERATOR, events[0], "a mistake")
    assert await strikes.count(author.member_id) == 3
    assert (await standings.of(author.member_id)).credit == 95
    with pytest.raises(AlreadyReverted):
        await reverting.revert(MODERATOR, events[0], "again")
    clock.shift(timedelta(days=91))
    assert await strikes.count(author.member_id) == 2, "SPAM expires after 90 days"


async def test_a_report_after_a_decision_reopens_the_item_and_upheld_scores_go_on_counting(post, report):
    _, id_ = await post()
    await report(id_, 1)
    await report(id_, 2)
    await decide(id_, "UPHOLD", policy=None)
    assert (await item_of(id_))["score"] == Decimal("5.00")
    await report(id_, 3)
    item = await item_of(id_)
    assert (item["state"], item["version"], item["score"]) == ("PENDING", 3, Decimal("9.00"))


async def test_each_action_does_and_undoes_itself(post, report, trusted):
    """One decision with the actions that go together; its undoing brings every row back."""
    author, id_ = await post("call me on 12345 now")
    reader = await trusted(1)
    comment = await comments.publish(reader, id_, body="first")
    await comments.publish(author, id_, body="second", parent_id=comment)
    await reactions.set_reaction(reader, id_, ReactionKind.LIKE, True)
    await report(id_, 1)
    before = await _state()
    ask = [
        Asked(K.MASK, spans=((11, 16),)), K.MARK_AI, K.LOCK, K.HIDE, K.REMOVE_REPLIES, K.REMOVE, K.WARN,
        Asked(K.SANCTION, sanction=SanctionKind.FREEZE_POINTS), K.HAND_TO_SERVICE,
    ]  # fmt: skip
    decided = await decide(id_, "UPHOLD", *ask)
    now = await row("post", id_)
    assert now["body"] == "call me on ***** now" and now["ai_suspected"] and not now["is_visible"]
    assert await db.value("SELECT count(*) FROM community.comment WHERE is_visible") == 0
    assert {each.kind for each in await sanctions.active(author.member_id)} == {"WARN", "FREEZE_POINTS"}
    assert await _counting(id_) == 0
    done = await reverting.revert(MODERATOR, decided.event, "all a mistake")
    assert done.skipped == ()
    assert await _state() == before
    assert await _counting(id_) == 2, "publication and like count again"
    item = await item_of(id_)
    assert (item["state"], item["version"]) == ("PENDING", 3)
    again = await decide(id_, "REJECT", policy=None)
    assert again.event is not None
    reporter = await db.value("SELECT reporter FROM community.report")
    assert len(await told(reporter, "REPORT_OUTCOME")) == 1


async def test_undoing_skips_what_somebody_changed_since(post, report):
    _, id_ = await post()
    await report(id_, 1)
    decided = await decide(id_, "UPHOLD", K.REMOVE, K.LOCK)
    await moderation.restore(MODERATOR, id_, reason="on second thoughts")
    await moderation.remove(MODERATOR, id_, reason="no, after all")
    event = (await row("post", id_))["removed_by"]
    dry = await reverting.revert(MODERATOR, decided.event, "a mistake", is_dry_run=True)
    done = await reverting.revert(MODERATOR, decided.event, "a mistake")
    assert [one.what for one in done.skipped] == [one.what for one in dry.skipped] == ["REMOVED"]
    now = await row("post", id_)
    assert (now["removed_by"], now["locked_by"]) == (event, None)


async def test_an_undone_removal_brings_the_acceptance_back_and_a_restoration_does_not(post, trusted):
    from domain.community import answers
    from domain.community.tables import CommentKind, PostKind

    asker, reader = await trusted(1), await trusted(1)
    question = await posts.publish(asker, kind=PostKind.QUESTION, title="Why?", body="Why?")
    answer = await comments.publish(reader, question, body="So", kind=CommentKind.ANSWER)
    await answers.accept(asker, answer)
    await moderation.remove(MODERATOR, answer, reason="spam")
    assert (await row("post", question))["accepted_comment"] is None
    event = (await row("comment", answer))["removed_by"]
    await reverting.revert(MODERATOR, event, "a mistake")
    assert (await row("post", question))["accepted_comment"] == answer
    await moderation.remove(MODERATOR, answer, reason="spam")
    await moderation.restore(MODERATOR, answer, reason="a mistake")
    assert (await row("post", question))["accepted_comment"] is None


async def test_the_longest_suspension_rules_and_the_end_of_one_judges_the_rest_anew(post):
    author, _ = await post()
    me, now = author.member_id, clock.now()
    day = timedelta(days=1)

    async def status():
        found = await db.one("SELECT status, suspended_until FROM profile.member WHERE id = $1", me)
        return found["status"], found["suspended_until"]

    first = await sanctioning.lay(MODERATOR, Ask(me, SanctionKind.SUSPEND, until=now + day, reason="one"))
    second = await sanctioning.lay(MODERATOR, Ask(me, SanctionKind.BAN, until=now + 3 * day, reason="two"))
    with pytest.raises(SanctionExists):
        await sanctioning.lay(MODERATOR, Ask(me, SanctionKind.BAN, until=now + 2 * day, reason="three"))
    assert await status() == ("SUSPENDED", now + 3 * day)
    await sanctioning.end(MODERATOR, second.sanction, "too much")
    assert await status() == ("SUSPENDED", now + day)
    await reverting.revert(MODERATOR, first.event, "a mistake")
    assert await status() == ("ACTIVE", None)
    muted = await sanctioning.lay(MODERATOR, Ask(me, SanctionKind.MUTE, until=now + day, reason="four"))
    clock.shift(2 * day)
    assert await sanctions.active(me) == []
    assert await sanctioning.expire_due() == 1
    assert (await row("sanction", muted.sanction))["ended_by"] is None
    assert (await reverting.revert(MODERATOR, muted.event, "late")).skipped == ()


async def test_whom_staff_suspended_the_end_of_a_sanction_does_not_restore(post):
    from domain.profile import standing

    author, _ = await post()
    await standing.suspend(make.staff("operator"), author.member_id, "fraud in the shop")
    banned = await sanctioning.lay(MODERATOR, Ask(author.member_id, SanctionKind.BAN, reason="spam"))
    await sanctioning.end(MODERATOR, banned.sanction, "enough")
    assert await db.value("SELECT status FROM profile.member WHERE id = $1", author.member_id) == "SUSPENDED"


async def test_moderators_of_circles_stay_in_theirs_and_below_their_leads(circle, publish, report):
    from domain.community import circles

    place, other = await circle("one"), await circle("two")
    lead, moderator = await make.member_actor(), await make.member_actor()
    for person, role in ((lead, "LEAD"), (moderator, "MODERATOR")):
        await circles.join(person, place)
        await db.run("UPDATE community.circle_member SET role = $2 WHERE member = $1", person.member_id, role)
    inside = await publish(await make.member_actor(), "inside", circle_id=place)
    outside = await publish(await make.member_actor(), "outside", circle_id=other)
    own, leads = (
        await publish(moderator, "own", circle_id=place),
        await publish(lead, "leads", circle_id=place),
    )
    for id_ in (inside, outside, own, leads):
        await report(id_, 1)
    mute = Asked(K.SANCTION, sanction=SanctionKind.MUTE, circle=place)
    assert (await decide(inside, "UPHOLD", K.REMOVE, mute, by=moderator)).remaining == 1
    for id_ in (outside, own):
        with pytest.raises(NotFound):
            await decide(id_, "UPHOLD", K.REMOVE, by=moderator)
    with pytest.raises(RankTooLow):
        await decide(leads, "UPHOLD", K.REMOVE, by=moderator)
    with pytest.raises(RankTooLow):
        await moderation.remove(moderator, leads, reason="spam")
    assert (await decide(own, "UPHOLD", K.REMOVE, by=lead)).event
    event = (await row("post", own))["removed_by"]
    with pytest.raises(NotFound):
        await reverting.revert(make.staff("moderator", scopes=(f"circle:{other}",)), event, "mine")
    await reverting.revert(make.staff("moderator", scopes=(f"circle:{place}",)), event, "ours")


async def test_reporters_are_muted_and_heard_again(trusted):
    reader = await trusted(4)
    await muting.mute(MODERATOR, reader.member_id, reason="noise")
    event = await db.value("SELECT id FROM community.mod_event WHERE kind = 'MUTE_REPORTER'")
    await reverting.revert(MODERATOR, event, "a mistake")
    assert await db.value("SELECT ended_by FROM community.reporter_mute") is not None


async def _counting(post_id: UUID) -> int:
    """Interactions of the post itself that count: its publication and the likes it received."""
    return await db.value(
        """SELECT count(*) FROM profile.interaction WHERE subject_kind = 'POST' AND subject_id = $1
        AND kind IN ('community.post.published', 'community.reaction.set') AND profile.counts(id)""",
        str(post_id),
    )


#: What no way back restores: numbers of transitions, versions and places in time; and rows that end instead of going.
_COUNTERS = {"transition", "version", "feed_seq", "published_at", "changed_at"}


async def _state() -> dict[str, object]:
    """Contents, limits and figures as they stand, without the counters that only rise."""
    found: dict[str, object] = {}
    for table in ("post", "comment"):
        rows = await db.fetch(f"SELECT * FROM community.{table} ORDER BY id")
        found[table] = [{k: v for k, v in one.items() if k not in _COUNTERS} for one in rows]
    found["report"] = [
        tuple(one)
        for one in await db.fetch(
            "SELECT id, state, outcome, queue, assignee, score FROM community.report ORDER BY id"
        )
    ]
    found["item"] = [
        tuple(one)
        for one in await db.fetch(
            "SELECT id, state, score, decision, causes FROM community.review_item ORDER BY id"
        )
    ]
    found["people"] = [
        tuple(one)
        for one in await db.fetch("SELECT id, status, suspended_until FROM profile.member ORDER BY id")
    ]
    for one in await db.fetch("SELECT id FROM profile.member ORDER BY id"):
        standing = await standings.of(one["id"])
        limits = [(each.kind, each.circle, each.until) for each in await sanctions.active(one["id"])]
        found[str(one["id"])] = (
            standing.credit, standing.reports_upheld, standing.reports_rejected, limits, await strikes.count(one["id"]),
        )  # fmt: skip
    return found
