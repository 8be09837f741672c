"""Many moderators and reporters at once: each item to one, one decision, one outcome to each reporter."""

from __future__ import annotations

import asyncio

import pytest

from domain import db
from domain.community import moderation, posts
from domain.community.desk import claims, deciding, outcomes, reports, reverting
from domain.community.desk.deciding import Decision, Verdict
from domain.community.desk.errors import AlreadyHandled, AlreadyReported, AlreadyReverted, QueueEmpty
from domain.community.desk_tables import ReportCategory, ReportOutcome
from domain.community.tables import PostKind
from domain.errors import Refusal
from tests import make

pytestmark = [pytest.mark.commits, pytest.mark.xdist_group("races")]


async def reported(count: int = 1) -> list:
    """Posts that were reported once each."""
    made = []
    for number in range(count):
        post = await posts.publish(await make.member_actor(), kind=PostKind.MOMENT, body=f"text {number}")
        await reports.file(await make.member_actor(), post, ReportCategory.ABUSE)
        made.append(post)
    return made


async def answered(call):
    """What a call answers, or the refusal's type."""
    try:
        return await db.attempt(call)
    except Refusal as refusal:
        return type(refusal)


async def claim_at_once(count: int) -> list:
    moderators = [make.staff("moderator") for _ in range(count)]
    return await asyncio.gather(*(answered(lambda m=m: claims.claim_next(m)) for m in moderators))


async def test_eight_moderators_claim_eight_different_items_and_the_ninth_none():
    await reported(8)
    got = await claim_at_once(9)
    assert got.count(QueueEmpty) == 1
    assert len({each for each in got if each is not QueueEmpty}) == 8


async def test_without_the_lock_two_claim_the_same(monkeypatch):
    """The control: SKIP LOCKED on the row is what keeps them apart."""
    value = db.value

    async def slow(sql, *args):
        if "SET claimed_by = $6" not in sql:
            return await value(sql, *args)
        picking = sql[sql.index("(\n") + 1 : sql.rindex(")\n")].replace(
            "FOR NO KEY UPDATE OF i SKIP LOCKED", ""
        )
        found = await value(picking, *args[:5])
        await asyncio.sleep(0.05)
        await db.run("UPDATE community.review_item SET claimed_by = $2 WHERE id = $1", found, args[5])
        return found

    await reported(4)
    monkeypatch.setattr(db, "value", slow)
    got = await claim_at_once(4)
    assert len(set(got)) < 4


async def decide_at_once(post) -> list:
    row = await db.one("SELECT id, version FROM community.review_item WHERE subject = $1", post)
    verdicts = (Verdict.UPHOLD, Verdict.REJECT, Verdict.IGNORE, Verdict.UPHOLD)

    def decide(verdict):
        by = make.staff("moderator")
        return answered(lambda: deciding.decide(by, row["id"], row["version"], Decision(verdict)))

    return await asyncio.gather(*(decide(verdict) for verdict in verdicts))


async def told() -> int:
    return await db.value(
        "SELECT count(*) FROM messaging.message WHERE type = 'REPORT_OUTCOME' AND channel = 'INBOX'"
    )


async def test_of_many_decisions_at_once_one_holds_and_the_reporter_hears_one_outcome():
    (post,) = await reported()
    got = await decide_at_once(post)
    assert got.count(AlreadyHandled) == 3
    assert await told() == 1
    kinds = await db.fetch("SELECT kind FROM profile.interaction WHERE kind = 'community.report.closed'")
    assert len(kinds) == 1


async def test_without_the_lock_two_decisions_hold(monkeypatch):
    """The control: the row's lock and the state read under it."""
    locked = deciding._locked

    async def unlocked(actor, item_id):
        row = await db.one("SELECT * FROM community.review_item WHERE id = $1", item_id)
        await asyncio.sleep(0.1)
        return row

    (post,) = await reported()
    monkeypatch.setattr(deciding, "_locked", unlocked)
    results = await asyncio.gather(decide_at_once(post), return_exceptions=True)
    monkeypatch.setattr(deciding, "_locked", locked)
    broken = isinstance(results[0], BaseException) or results[0].count(AlreadyHandled) < 3
    assert broken


async def test_many_who_tell_at_once_tell_each_reporter_once():
    (post,) = await reported()
    report = await db.value("SELECT id FROM community.report WHERE subject = $1", post)
    by = make.staff("moderator")
    tell = [answered(lambda: outcomes.tell_reporters(by, [report], ReportOutcome.UPHELD)) for _ in range(8)]
    assert sorted(await asyncio.gather(*tell)) == [0] * 7 + [1]
    assert await told() == 1


async def test_one_person_reporting_eight_times_at_once_reports_once():
    post = await posts.publish(await make.member_actor(), kind=PostKind.MOMENT, body="text")
    me = await make.member_actor()
    got = await asyncio.gather(
        *(answered(lambda: reports.file(me, post, ReportCategory.ABUSE)) for _ in range(8))
    )
    assert got.count(AlreadyReported) == 7


async def test_eight_people_reporting_at_once_are_one_item_with_the_sum_of_their_scores():
    post = await posts.publish(await make.member_actor(), kind=PostKind.MOMENT, body="text")
    people = [await make.member_actor() for _ in range(8)]
    got = await asyncio.gather(
        *(answered(lambda p=p: reports.file(p, post, ReportCategory.ABUSE)) for p in people)
    )
    assert Refusal not in got
    rows = await db.fetch("SELECT score FROM community.review_item WHERE subject = $1", post)
    assert [row["score"] for row in rows] == [8]


async def test_an_event_is_undone_once_however_many_try():
    (post,) = await reported()
    by = make.staff("moderator")
    await moderation.remove(by, post, reason="spam")
    event = await db.value("SELECT removed_by FROM community.post WHERE id = $1", post)
    got = await asyncio.gather(
        *(answered(lambda: reverting.revert(by, event, "a mistake")) for _ in range(6))
    )
    assert got.count(AlreadyReverted) == 5
    assert await db.value("SELECT removed_by IS NULL FROM community.post WHERE id = $1", post)
