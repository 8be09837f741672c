"""Gifts and tips: what moves, with which lots, and who may do what."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from domain import clock, db, stepping, wiring
from domain.actor import SYSTEM, Actor
from domain.errors import IllegalTransition, InvalidInput, NotFound
from domain.foundation import ids
from domain.points import balances, gifts, health, holds, ledger, operating, reversals, wallets
from domain.points.engagement_errors import GiftLimitReached
from domain.points.errors import AccountFrozen, InsufficientPoints, PointsAlreadySpent, WalletNotSpendable
from domain.points.ledger import Cause
from domain.points.policy_rules import Policy
from domain.profile import merges
from tests import make
from tests.everything.scenarios.people import with_points, without_a_second_person

TEN = Decimal(10)


@pytest.fixture(autouse=True)
async def healthy():
    wiring.start()
    yield
    clock.shift(timedelta(0))
    assert [c for c in await health.check() if not c.holds] == []


async def parts(who: Actor | UUID) -> tuple[int, int, int]:
    found = await balances.of_wallet(who.member_id if isinstance(who, Actor) else who, "POINTS")
    return found.available, found.held, found.debt


async def lots(who: Actor) -> list[tuple]:
    rows = await db.fetch(
        """SELECT l.remaining, l.expires_at, l.funding_source FROM points.lot AS l
        JOIN points.account AS a ON a.id = l.account WHERE a.member = $1 AND l.remaining > 0
        ORDER BY l.expires_at NULLS LAST""",
        who.member_id,
    )
    return [tuple(row) for row in rows]


async def kinds(who: Actor, prefix: str = "points.gift.") -> list[str]:
    rows = await db.fetch(
        "SELECT kind FROM profile.interaction WHERE member = $1 AND starts_with(kind, $2) ORDER BY received_at, id",
        who.member_id, prefix,
    )  # fmt: skip
    return [row["kind"] for row in rows]


async def limits(**gift: int) -> None:
    await without_a_second_person(wallets.SET_POLICY)
    policy = Policy(pending={"immediate": True}, expiry={"never": True}, gift=gift)
    await wallets.set_policy(make.staff("admin"), "POINTS", policy)


async def test_a_gift_is_held_and_moves_its_lots_when_it_is_accepted() -> None:
    giver, friend = await make.member_actor(), await make.member_actor()
    soon, later = clock.now() + timedelta(days=30), clock.now() + timedelta(days=60)
    for amount, until, source in ((30, soon, "dealer"), (50, later, "brand")):
        await ledger.earn(
            SYSTEM, giver.member_id, "POINTS", amount, Cause("T", ids.new()), expires_at=until, funding_source=source
        )  # fmt: skip
    gift = await gifts.offer(giver, friend.member_id, "POINTS", Decimal(40), message="thanks")
    assert (gift.state, await parts(giver), await parts(friend)) == ("OFFERED", (40, 40, 0), (0, 0, 0))
    accepted = await gifts.accept(friend, gift.id)
    assert (accepted.state, await parts(giver), await parts(friend)) == ("ACCEPTED", (40, 0, 0), (40, 0, 0))
    assert await lots(friend) == [(30, soon, "dealer"), (10, later, "brand")]
    assert await lots(giver) == [(40, later, "brand")]
    assert await kinds(giver) == await kinds(friend) == ["points.gift.offered", "points.gift.accepted"]
    assert (await holds.by_cause("GIFT", gift.id)).state == "CAPTURED"


async def test_a_declined_gift_returns_and_is_resolved_once() -> None:
    giver, friend = await with_points(), await make.member_actor()
    gift = await gifts.offer(giver, friend.member_id, "POINTS", TEN)
    assert (await gifts.decline(friend, gift.id)).state == "DECLINED"
    assert (await parts(giver), await parts(friend)) == ((100, 0, 0), (0, 0, 0))
    for step in (gifts.accept, gifts.decline):
        with pytest.raises(IllegalTransition) as refused:
            await step(friend, gift.id)
        assert (refused.value.from_, refused.value.allowed) == ("DECLINED", [])
    assert await parts(giver) == (100, 0, 0)


async def test_a_gift_expires_after_72_hours() -> None:
    giver, friend = await with_points(), await make.member_actor()
    gift = await gifts.offer(giver, friend.member_id, "POINTS", TEN)
    assert gift.expires_at - gift.offered_at == pytest.approx(timedelta(hours=72), abs=timedelta(seconds=5))
    clock.shift(timedelta(hours=72, seconds=10))
    assert (await gifts.one(gift.id)).state == "EXPIRED"
    with pytest.raises(IllegalTransition):
        await gifts.accept(friend, gift.id)
    await stepping.settle()
    found = await gifts.one(gift.id)
    assert (found.state, found.resolved_at, await parts(giver)) == ("EXPIRED", gift.expires_at, (100, 0, 0))
    assert await kinds(friend) == ["points.gift.offered", "points.gift.expired"]
    await stepping.settle()
    assert await kinds(giver) == ["points.gift.offered", "points.gift.expired"]


async def test_what_is_given_pays_the_debt_of_the_receiver_first() -> None:
    giver, friend = await with_points(), await with_points(50)
    await ledger.spend(SYSTEM, friend.member_id, {"POINTS": 50}, Cause("T", 1))
    await ledger.claw_back(SYSTEM, friend.member_id, "POINTS", 25, Cause("T", 2))
    gift = await gifts.offer(giver, friend.member_id, "POINTS", Decimal(40))
    await gifts.accept(friend, gift.id)
    assert await parts(friend) == (15, 0, 0)


async def test_a_day_and_a_month_have_their_limits_and_what_came_back_is_free_again() -> None:
    await limits(daily_limit=50, monthly_limit=60, minimum=5)
    giver, friend = await with_points(), await make.member_actor()
    with pytest.raises(InvalidInput):
        await gifts.offer(giver, friend.member_id, "POINTS", Decimal(4))
    first = await gifts.offer(giver, friend.member_id, "POINTS", Decimal(45))
    with pytest.raises(GiftLimitReached) as refused:
        await gifts.offer(giver, friend.member_id, "POINTS", TEN)
    assert (refused.value.limit, refused.value.resets_at > clock.now()) == (50, True)
    assert refused.value.resets_at - clock.now() <= timedelta(days=1)
    assert await parts(giver) == (55, 45, 0)
    await gifts.decline(friend, first.id)
    await gifts.accept(friend, (await gifts.offer(giver, friend.member_id, "POINTS", Decimal(50))).id)
    clock.shift(refused.value.resets_at - clock.now() + timedelta(seconds=1))
    if (await gifts.one(first.id)).offered_at.month == clock.now().month:
        with pytest.raises(GiftLimitReached) as of_month:
            await gifts.offer(giver, friend.member_id, "POINTS", Decimal(20))
        assert of_month.value.limit == 60
    assert await parts(giver) == (50, 0, 0)


async def test_who_and_what_is_refused_leaves_nothing() -> None:
    giver, friend = await with_points(), await make.member_actor()
    me = giver.member_id
    before = await db.value("SELECT count(*) FROM profile.interaction")
    cases = [
        (InvalidInput, (me, "POINTS", TEN)), (NotFound, (ids.new(), "POINTS", TEN)),
        (InvalidInput, (friend.member_id, "NONE", TEN)), (InvalidInput, (friend.member_id, "POINTS", Decimal("0.5"))),
        (WalletNotSpendable, (friend.member_id, "GROWTH", TEN)),
        (InsufficientPoints, (friend.member_id, "POINTS", Decimal(101))),
        (InvalidInput, (await make.member_id(kind="VISITOR"), "POINTS", TEN)),
    ]  # fmt: skip
    for refusal, given in cases:
        with pytest.raises(refusal):
            await gifts.offer(giver, *given)
    await operating.freeze(make.staff("operator"), me, None, reason="fraud", until=None, is_frozen=True)
    with pytest.raises(AccountFrozen):
        await gifts.offer(giver, friend.member_id, "POINTS", TEN)
    assert await db.value("SELECT count(*) FROM points.gift") == 0
    assert await db.value("SELECT count(*) FROM profile.interaction") == before + 1  # the freezing
    assert await parts(giver) == (100, 0, 0)


async def test_only_the_recipient_answers() -> None:
    giver, friend = await with_points(), await make.member_actor()
    gift = await gifts.offer(giver, friend.member_id, "POINTS", TEN)
    for other in (giver, await make.member_actor()):
        for step in (gifts.accept, gifts.decline):
            with pytest.raises(NotFound):
                await step(other, gift.id)
    assert await parts(giver) == (90, 10, 0)


async def test_staff_take_an_accepted_gift_back() -> None:
    await without_a_second_person(reversals.REVERSE)
    giver, friend = await with_points(), await with_points(5)
    gift = await gifts.accept(friend, (await gifts.offer(giver, friend.member_id, "POINTS", Decimal(40))).id)
    operator = make.staff("operator")
    await reversals.reverse(operator, gift.journal, reason="a mistake", amount=TEN)
    assert (await parts(giver), await parts(friend)) == ((70, 0, 0), (35, 0, 0))
    await ledger.spend(SYSTEM, friend.member_id, {"POINTS": 25}, Cause("T", 1))
    with pytest.raises(PointsAlreadySpent) as refused:
        await reversals.reverse(operator, gift.journal, reason="a mistake")
    assert refused.value.missing == 20
    await reversals.reverse(operator, gift.journal, reason="a mistake", is_forced=True)
    assert (await parts(giver), await parts(friend)) == ((100, 0, 0), (0, 0, 20))


async def test_a_tip_is_given_at_once_and_once() -> None:
    await limits(daily_limit=1)
    reader, author = await with_points(), await make.member_actor()
    for _ in range(2):
        given = await gifts.tip(
            reader, reader.member_id, author.member_id, "POINTS", 30, source="POST", source_id="p1",
            subject=("POST", "p1"),
        )  # fmt: skip
    assert (given.state, given.is_tip, await parts(reader), await parts(author)) == (
        "ACCEPTED", True, (70, 0, 0), (30, 0, 0),
    )  # fmt: skip
    with pytest.raises(InsufficientPoints):
        await gifts.tip(
            reader, reader.member_id, author.member_id, "POINTS", 71, source="POST", source_id="p2"
        )
    assert await parts(author) == (30, 0, 0)
    assert await kinds(author) == ["points.gift.accepted"]


async def test_a_gift_survives_a_merge_of_either_side_and_its_undo() -> None:
    giver, friend, other = await with_points(), await make.member_actor(), await with_points(7)
    gift = await gifts.offer(giver, friend.member_id, "POINTS", TEN)
    admin = make.staff("admin")
    merge = await merges.merge_two(admin, giver.member_id, other.member_id, "one person")
    assert await parts(giver) == (97, 10, 0)
    await merges.merge_two(admin, friend.member_id, await make.member_id(), "one person")
    await gifts.accept(friend, gift.id)
    assert (await parts(giver), await parts(friend)) == ((97, 0, 0), (10, 0, 0))
    await merges.undo(admin, merge, "they are two")
    assert (await parts(giver), await parts(other)) == ((90, 0, 0), (7, 0, 0))


async def test_two_who_became_one_person_cannot_accept_and_get_it_back() -> None:
    giver, friend = await with_points(), await make.member_actor()
    gift = await gifts.offer(giver, friend.member_id, "POINTS", TEN)
    await merges.merge_two(make.staff("admin"), giver.member_id, friend.member_id, "one person")
    with pytest.raises(IllegalTransition):
        await gifts.accept(friend, gift.id)
    assert (await gifts.decline(friend, gift.id)).state == "DECLINED"
    assert await parts(giver) == (100, 0, 0)


async def test_an_erased_person_leaves_no_words_in_gifts() -> None:
    giver, friend = await with_points(), await make.member_actor()
    await gifts.offer(giver, friend.member_id, "POINTS", TEN, message="for Anna")
    from domain.points import engagement

    rows = [row async for _, row in engagement.export([giver.member_id])]
    assert [("recipient" in row, row["message"]) for row in rows] == [(False, "for Anna")]
    assert (await engagement.erase([giver.member_id]))["points.gift"] == (0, 1, 0)
    assert await db.value("SELECT message FROM points.gift") is None
