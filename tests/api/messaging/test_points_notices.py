"""What points tell their members: in the inbox, in words, to the one whom it concerns, and not every award."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import clock, db, stepping, wiring
from domain.actor import SYSTEM, Actor
from domain.foundation import ids
from domain.messaging import words
from domain.messaging.types import NOTICES, NoticeType
from domain.points import gifts, kinds, ledger
from domain.points.ledger import Cause
from domain.profile import interactions
from domain.settings import settings
from tests import make
from tests.api.messaging.test_messaging import INBOX
from tests.api.points.test_gifts import ACCEPT, DECLINE, OFFER
from tests.api.points.test_rewards import REDEEM, STEP, reward
from tests.api.points.test_tiers import scheme
from tests.everything.scenarios.people import with_points


@pytest.fixture(autouse=True)
def moving(monkeypatch: pytest.MonkeyPatch):
    wiring.start()
    monkeypatch.setattr(settings(), "test_clock", True)
    yield
    clock.shift(timedelta(0))


async def inbox(gql, who: Actor) -> list[tuple[str, str]]:
    """(type, body), the oldest first."""
    await stepping.settle()
    found = await gql(INBOX, actor=who)
    return [(each["type"], each["body"]) for each in reversed(found["myInbox"]["nodes"])]


async def test_a_gift_tells_each_side_what_the_other_did(gql) -> None:
    giver, friend = await with_points(display_name="Anna"), await make.member_actor(display_name="Ben")
    answers: list[tuple[str, str]] = []
    for answer in (ACCEPT, DECLINE, None):
        given = {"recipientId": str(friend.member_id), "amount": "10"}
        offered = (await gql(OFFER, {"input": given}, actor=giver))["offerGift"]["gift"]
        if answer is None:
            await stepping.advance(timedelta(hours=72))
        else:
            await gql(answer, {"input": {"giftId": offered["id"]}}, actor=friend)
        answers += [each for each in await inbox(gql, giver) if each not in answers]
    assert answers == [
        ("GIFT_ACCEPTED", "Ben accepted your 10 points"),
        ("GIFT_DECLINED", "Ben declined; your 10 points are back"),
        ("GIFT_EXPIRED", "Nobody took your gift; 10 points are back"),
    ]
    assert await inbox(gql, friend) == [("GIFT_OFFERED", "Anna offers you 10 points")] * 3


async def test_a_tip_and_an_award_tell_nobody(gql) -> None:
    giver, friend = await with_points(), await make.member_actor()
    await gifts.tip(giver, giver.member_id, friend.member_id, "POINTS", 5, source="T", source_id=ids.new())
    assert (await inbox(gql, giver), await inbox(gql, friend)) == ([], [])


async def test_a_redemption_is_told_at_each_step_and_at_once_only_when_it_is_handed_over(gql) -> None:
    for steps, told in (
        ((("decideRedemption", ", decision: APPROVE"), ("decideRedemption", ", decision: FULFIL")),
         ["REWARD_REDEEMED", "REWARD_APPROVED", "REWARD_FULFILLED"]),
        ((("decideRedemption", ", decision: REJECT"),), ["REWARD_REDEEMED", "REWARD_REJECTED"]),
        ((("cancelRedemption", ""),), ["REWARD_REDEEMED", "REWARD_CANCELLED"]),
    ):  # fmt: skip
        who, on_sale = await with_points(), await reward(gql, kind="GOODS")
        redeemed = await gql(REDEEM, {"input": {"rewardId": on_sale["id"]}}, actor=who)
        id_ = redeemed["redeemReward"]["redemption"]["id"]
        for name, more in steps:
            success = name[0].upper() + name[1:]
            await gql(STEP % (name, more, success), {"id": id_}, actor=make.staff("operator"))
        found = await inbox(gql, who)
        assert [type_ for type_, _ in found] == told
        assert found[0][1] == "Model car is being prepared"
    who, on_sale = await with_points(), await reward(gql, kind="DIGITAL")
    await gql(REDEEM, {"input": {"rewardId": on_sale["id"]}}, actor=who)
    assert await inbox(gql, who) == [("REWARD_FULFILLED", "Model car is yours")]


async def test_tiers_and_expiries_are_told_when_they_come(gql) -> None:
    await scheme(gql, ("SILVER", 100), ("GOLD", 200), expiry={"immediate": True})
    who = await make.member_actor()
    until = clock.now() + timedelta(days=40)
    for amount, end in ((100, None), (100, until)):
        await ledger.earn(SYSTEM, who.member_id, "POINTS", amount, Cause("T", ids.new()), expires_at=end)
        await stepping.settle()
    assert await inbox(gql, who) == [
        ("TIER_REACHED", "You are now in tier SILVER"), ("TIER_RAISED", "You rose to tier GOLD"),
    ]  # fmt: skip
    await stepping.set_clock(until + timedelta(seconds=1))
    shown = await db.value("SELECT zone FROM profile.member WHERE id = $1", who.member_id)
    later = dict.fromkeys((await inbox(gql, who))[2:])
    moment = words.rules.fill("{{ expires_at }}|{{ on_on }}", {"expires_at": until, "on_on": until}, shown)
    at, day = moment.split("|")
    assert sorted(later) == sorted(
        [
            ("POINTS_EXPIRING", f"100 of your points expire at {at}"),
            ("TIER_WILL_LOWER", f"You leave tier GOLD on {day}; 100 points keep it"),
            ("TIER_LOWERED", "Your tier is now SILVER"),
        ]
    )
    assert len(await inbox(gql, who)) == 6  # the expiry twice: thirty and seven days ahead


async def test_history_tells_nothing(gql) -> None:
    who = await make.member_actor()
    await interactions.record(
        SYSTEM, kinds.OF_STEP["REACHED"], ("STANDING", ids.new()), once=1, member=who.member_id, flags=["historical"],
        tier="SILVER",
    )  # fmt: skip
    assert await inbox(gql, who) == []


def test_every_word_of_points_is_filled_by_what_is_told() -> None:
    """A template names only facts that the table hands over, so that nothing is skipped for want of one."""
    from domain.messaging import reacting, rules

    told = {
        tell.type: set(tell.facts)
        for kind, tells in reacting.TELLS.items()
        if kind.startswith("points.")
        for tell in tells
    }
    assert len(told) == 14
    for type_, facts in told.items():
        notice = NOTICES[NoticeType(type_)]
        for said in (notice.zh, notice.en):
            needed = {
                name.split(".")[0] for text in (said.title, said.body) for name in rules.variables(text)
            }
            assert needed <= facts | {"actor", "count"}, type_
