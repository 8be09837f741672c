"""Households: who is in one, whose points are taken in which order, and that they come back to whom they came from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from domain import clock, db, wiring
from domain.actor import SYSTEM, Actor
from domain.errors import IllegalTransition, InvalidInput, NotFound
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.points import (
    balances,
    commerce,
    earning,
    health,
    kinds,
    ledger,
    operating,
    paying,
    purchases,
    redeeming,
    referrals,
    refunds,
    reversals,
    rewards,
    wallets,
)
from domain.points.engagement_errors import ReferralRefused
from domain.points.errors import (
    AccountFrozen,
    AlreadyReversed,
    InsufficientPoints,
)
from domain.points.households import drawing, lifecycle, places, reading
from domain.points.households.errors import (
    AlreadyInHousehold,
    HouseholdFull,
    HouseholdLimitReached,
    NotHouseholdOwner,
    NotInHousehold,
)
from domain.points.households.rules import EDGES, MOST
from domain.points.ledger import Cause
from domain.points.policy_rules import Policy
from domain.points.reward_tables import RedemptionState
from domain.profile import interactions, members, merges, relations
from tests import make
from tests.domain.points.buying import order
from tests.everything.scenarios.people import OPERATOR, with_points, without_a_second_person


@pytest.fixture(autouse=True)
async def healthy():
    wiring.start()
    yield
    clock.shift(timedelta(0))
    assert [c for c in await health.check() if not c.holds] == []


async def parts(who: Actor) -> tuple[int, int]:
    found = await balances.of_wallet(who.member_id, "POINTS")
    return found.available, found.debt


async def has(*people: Actor) -> list[int]:
    return [(await parts(who))[0] for who in people]


async def home(*points: int, limit: Decimal | None = None) -> list[Actor]:
    """People in one household who have so many points; the first is the owner."""
    people = [await (with_points(amount) if amount else make.member_actor()) for amount in points]
    await places.create(people[0], "POINTS")
    for who in people[1:]:
        await join(people[0], who, limit)
    return people


async def join(owner: Actor, who: Actor, limit: Decimal | None = None) -> None:
    await places.accept(who, (await places.invite(owner, who.member_id, limit)).id)


async def spend(who: Actor, amount: int, **more) -> ledger.Posted:
    return await drawing.spend(SYSTEM, who.member_id, {"POINTS": amount}, Cause("TEST", ids.new()), **more)


async def give(who: Actor, amount: int, **more) -> UUID | None:
    return (
        await ledger.earn(SYSTEM, who.member_id, "POINTS", amount, Cause("TEST", ids.new()), **more)
    ).journal


async def left_of(who: Actor) -> list[tuple[int, datetime | None]]:
    rows = await db.fetch(
        """SELECT l.remaining, l.expires_at FROM points.lot AS l JOIN points.account AS a ON a.id = l.account
        JOIN profile.member AS m ON m.id = a.member WHERE m.root = $1 AND l.remaining > 0
        ORDER BY l.expires_at NULLS LAST, l.remaining""",
        await members.root_of(who.member_id),
    )
    return [tuple(row) for row in rows]


async def told(who: Actor) -> list[str]:
    rows = await db.fetch(
        "SELECT kind FROM profile.interaction WHERE member = $1 AND starts_with(kind, 'points.household.') "
        "ORDER BY received_at, id",
        who.member_id,
    )
    return [row["kind"].removeprefix("points.household.") for row in rows]


# Who is in it


async def test_a_household_is_begun_joined_and_left() -> None:
    mum, dad = await home(0, 0)
    found = await reading.of_root(mum.member_id)
    assert [(p.root, p is found.owner) for p in found.places] == [
        (mum.member_id, True),
        (dad.member_id, False),
    ]
    assert await told(mum) == ["created"]
    await places.leave(dad)
    assert await told(dad) == ["invited", "joined", "left"]
    assert await reading.of_root(dad.member_id) is None
    with pytest.raises(NotInHousehold):
        await places.leave(dad)


async def test_only_the_owner_rules_and_ownership_passes_on() -> None:
    mum, dad, child = await home(0, 0, 0)
    friend = await make.member_id()
    for act in (
        places.invite(dad, friend), places.remove(dad, mum.member_id), places.dissolve(dad),
        places.set_limit(dad, child.member_id, Decimal(1)),
    ):  # fmt: skip
        with pytest.raises(NotHouseholdOwner):
            await act
    await places.leave(mum)
    assert (await reading.of_root(child.member_id)).owner.root == dad.member_id
    await places.remove(dad, child.member_id)
    assert await told(child) == ["invited", "joined", "left"]
    with pytest.raises(InvalidInput):
        await places.remove(dad, dad.member_id)


async def test_nobody_is_in_two_households() -> None:
    _, dad = await home(0, 0)
    with pytest.raises(AlreadyInHousehold):
        await places.create(dad, "POINTS")
    (neighbour,) = await home(0)
    invited = await places.invite(neighbour, dad.member_id)
    with pytest.raises(AlreadyInHousehold):
        await places.accept(dad, invited.id)
    await places.leave(dad)
    assert (await places.accept(dad, invited.id)).owner.root == neighbour.member_id


async def test_an_invitation_is_answered_once_by_whom_it_is_for_and_in_time() -> None:
    (mum,) = await home(0)
    dad, stranger = await make.member_actor(), await make.member_actor()
    first = await places.invite(mum, dad.member_id, Decimal(5))
    assert (await places.invite(mum, dad.member_id)).id == first.id
    with pytest.raises(NotFound):
        await places.accept(stranger, first.id)
    assert (await places.decline(dad, first.id)).state == "DECLINED"
    with pytest.raises(IllegalTransition):
        await places.accept(dad, first.id)
    late = await places.invite(mum, dad.member_id)
    clock.shift(timedelta(days=14))
    with pytest.raises(IllegalTransition) as refused:
        await places.accept(dad, late.id)
    assert (refused.value.from_, refused.value.allowed) == ("EXPIRED", [])
    again = await places.invite(mum, dad.member_id)
    assert again.id != late.id
    assert (await places.remove(mum, dad.member_id)).state == "WITHDRAWN"
    assert await told(dad) == ["invited", "declined", "invited", "invited", "withdrawn"]


async def test_every_step_that_is_no_edge_is_refused() -> None:
    (mum,) = await home(0)
    dad = await make.member_actor()
    for state in ("JOINED", "DECLINED", "WITHDRAWN", "LEFT", "EXPIRED"):
        place = await places.invite(mum, dad.member_id)
        stored = "INVITED" if state == "EXPIRED" else state
        until = clock.now() - timedelta(days=1) if state == "EXPIRED" else None
        await db.run(
            """UPDATE points.household_member SET state = $2, joined_at = now(), expires_at = coalesce($3, expires_at)
            WHERE id = $1""",
            place.id, stored, until,
        )  # fmt: skip
        steps = [places.decline] if state == "JOINED" else [places.accept, places.decline]
        for step in steps:
            with pytest.raises(IllegalTransition) as refused:
                await step(dad, place.id)
            assert refused.value.allowed == sorted(EDGES[state])
        await db.run("DELETE FROM points.household_member WHERE id = $1", place.id)


async def test_a_household_has_room_for_so_many_and_invites_only_living_members() -> None:
    (mum,) = await home(0)
    for _ in range(MOST - 1):
        await places.invite(mum, await make.member_id())
    with pytest.raises(HouseholdFull):
        await places.invite(mum, await make.member_id())
    gone = await make.member_id()
    await members.suspend(gone)
    for nobody in (gone, await make.member_id(kind="VISITOR"), ids.new()):
        with pytest.raises(NotFound):
            await places.invite(mum, nobody)


async def test_a_dissolved_household_leaves_everybody_with_their_own() -> None:
    mum, dad = await home(10, 20)
    friend = await make.member_actor()
    invited = await places.invite(mum, friend.member_id)
    await places.dissolve(mum)
    assert await has(mum, dad) == [10, 20]
    assert [await reading.of_root(each.member_id) for each in (mum, dad)] == [None, None]
    with pytest.raises(IllegalTransition):
        await places.accept(friend, invited.id)
    with pytest.raises(NotInHousehold):
        await spend(mum, 11)


async def test_a_wallet_that_is_only_earned_is_not_shared() -> None:
    for wallet in ("GROWTH", "NOTHING"):
        with pytest.raises(InvalidInput):
            await places.create(await make.member_actor(), wallet)


# Whose points are taken


async def test_own_points_go_first_then_the_others_by_expiry_whoever_has_them() -> None:
    mum, dad, child = await home(0, 0, 0)
    soon, later = clock.now() + timedelta(days=5), clock.now() + timedelta(days=9)
    await give(mum, 50)
    await give(dad, 30, expires_at=later)
    await give(child, 20, expires_at=soon)
    await give(child, 40, expires_at=later + timedelta(days=1))
    posted = await spend(mum, 110)
    assert await left_of(mum) == []
    assert await left_of(dad) == []
    assert await left_of(child) == [(30, later + timedelta(days=1))]
    assert [(b.member, b.available) for b in posted.balances] == [(mum.member_id, 0)]
    assert posted.moved == {"POINTS": 110}
    rows = await db.fetch(
        """SELECT a.member, e.amount FROM points.entry AS e JOIN points.account AS a ON a.id = e.account
        WHERE e.journal = $1""",
        posted.journal,
    )
    assert {row["member"]: row["amount"] for row in rows} == {
        mum.member_id: 50, dad.member_id: 30, child.member_id: 30,
    }  # fmt: skip
    assert await told(dad) == ["invited", "joined", "drawn"]
    assert (await told(mum))[-1] == "created"
    (draw,) = await reading.draws((await reading.of_root(mum.member_id)).id, Page(10))
    assert (draw.root, draw.amount, draw.left) == (mum.member_id, 60, 60)


async def test_what_the_own_points_cover_takes_nobody_elses() -> None:
    mum, dad = await home(50, 50)
    await spend(mum, 50)
    assert await has(mum, dad) == [0, 50]
    assert await db.value("SELECT count(*) FROM points.household_draw") == 0


async def test_more_than_everybody_has_is_refused_and_changes_nothing() -> None:
    mum, dad = await home(50, 30)
    with pytest.raises(InsufficientPoints) as refused:
        await spend(mum, 81)
    assert (refused.value.balance, refused.value.price, refused.value.missing) == (80, 81, 1)
    assert (await spend(mum, 200, is_up_to=True)).moved == {"POINTS": 80}
    assert await has(mum, dad) == [0, 0]
    assert (await spend(mum, 200, is_up_to=True)).journal is None


async def test_without_asking_for_it_nobody_elses_points_are_taken() -> None:
    mum, _ = await home(5, 50)
    with pytest.raises(InsufficientPoints):
        await ledger.spend(SYSTEM, mum.member_id, {"POINTS": 6}, Cause("TEST", 1))


async def test_a_members_limit_counts_a_month_and_what_came_back_does_not_count() -> None:
    clock.shift(datetime(2031, 3, 10, tzinfo=UTC) - datetime.now(UTC))
    mum, child = await home(500, 10, limit=Decimal(100))
    first = await spend(child, 70)  # 60 of them mum's
    with pytest.raises(HouseholdLimitReached) as refused:
        await spend(child, 41)
    assert (refused.value.monthly_limit, refused.value.drawn, refused.value.asked) == (100, 60, 41)
    assert refused.value.resets_at == datetime(2031, 3, 31, 16, tzinfo=UTC)  # Shanghai's first of April
    await ledger.refund(SYSTEM, first.journal, Cause("TEST", "back"), {"POINTS": 25})
    assert await has(mum, child) == [465, 0]
    await spend(child, 65)
    assert (await reading.drawable(child.member_id)).points == 0
    assert (await spend(child, 1, is_up_to=True)).journal is None
    await places.set_limit(mum, child.member_id, None)
    await spend(child, 1)
    await places.set_limit(mum, child.member_id, Decimal(0))
    with pytest.raises(HouseholdLimitReached):
        await spend(child, 1)
    assert (await told(child))[-2:] == ["limited", "limited"]
    await places.set_limit(mum, child.member_id, Decimal(100))
    clock.shift(datetime(2031, 3, 31, 16, tzinfo=UTC) - datetime.now(UTC))
    await spend(child, 100)


async def test_nothing_is_taken_of_the_frozen_the_suspended_or_for_who_owes() -> None:
    mum, dad, child = await home(0, 30, 40)
    await ledger.freeze(SYSTEM, dad.member_id, "POINTS")
    await members.suspend(child.member_id)
    with pytest.raises(InsufficientPoints) as refused:
        await spend(mum, 1)
    assert refused.value.balance == 0
    await members.restore(child.member_id)
    await spend(mum, 40)
    await ledger.freeze(SYSTEM, dad.member_id, "POINTS", is_frozen=False)
    owed = await give(mum, 5)
    await spend(mum, 5)
    await ledger.claw_back(SYSTEM, mum.member_id, "POINTS", 5, Cause("TEST", "owes"), of=[owed])
    assert (await parts(mum))[1] == 5
    with pytest.raises(InsufficientPoints):
        await spend(mum, 1)
    assert (await reading.drawable(mum.member_id)).points == 0
    await ledger.freeze(SYSTEM, mum.member_id, "POINTS")
    with pytest.raises(AccountFrozen):
        await spend(mum, 1)


async def test_points_whose_time_is_over_are_nobodys() -> None:
    mum, dad = await home(0, 0)
    await give(dad, 30, expires_at=clock.now() + timedelta(days=1))
    clock.shift(timedelta(days=1, seconds=1))
    with pytest.raises(InsufficientPoints):
        await spend(mum, 1)


# What comes back


async def test_a_refund_goes_back_to_whom_it_came_from_the_last_taken_first() -> None:
    mum, dad = await home(0, 0)
    soon = clock.now() + timedelta(days=5)
    await give(mum, 50)
    await give(dad, 30, expires_at=soon)
    posted = await spend(mum, 70)
    await ledger.refund(SYSTEM, posted.journal, Cause("TEST", "a"), {"POINTS": 15})
    assert await left_of(dad) == [(25, soon)]
    await ledger.refund(SYSTEM, posted.journal, Cause("TEST", "b"), {"POINTS": 15})
    assert (await left_of(dad), await left_of(mum)) == ([(30, soon)], [(10, None)])
    await ledger.refund(SYSTEM, posted.journal, Cause("TEST", "c"))
    assert await has(mum, dad) == [50, 30]
    with pytest.raises(AlreadyReversed):
        await ledger.refund(SYSTEM, posted.journal, Cause("TEST", "d"))


async def test_a_refund_reaches_who_has_left_since() -> None:
    mum, dad = await home(0, 30)
    posted = await spend(mum, 30)
    await places.leave(dad)
    await ledger.refund(SYSTEM, posted.journal, Cause("TEST", "back"))
    assert await has(mum, dad) == [0, 30]


async def test_staff_reverse_a_spend_of_a_household_as_a_whole() -> None:
    mum, dad = await home(20, 30)
    await without_a_second_person(reversals.REVERSE)
    posted = await operating.spend(
        OPERATOR, mum.member_id, [("POINTS", Decimal(45))], reason="at the counter", from_household=True
    )
    assert await has(mum, dad) == [0, 5]
    await reversals.reverse(OPERATOR, posted.journal, reason="a mistake")
    assert await has(mum, dad) == [20, 30]


async def test_a_reward_is_paid_by_the_household_and_returned_to_it() -> None:
    mum, dad = await home(20, 30)
    reward = ids.new()
    await rewards.put(
        reward,
        {"code": "MUG", "kind": "GOODS", "names": {"zh": "杯", "en": "Mug"}, "prices": {"POINTS": 45}, "cash": None,
         "currency": None, "stock": 1, "per_member_limit": None, "condition": None, "opens_at": None, "closes_at": None,
         "codes": []},
    )  # fmt: skip
    with pytest.raises(InsufficientPoints):
        await redeeming.redeem(mum, reward)
    done, shown = await redeeming.redeem(mum, reward, from_household=True)
    assert [(b.member, b.available) for b in shown if b.wallet.code == "POINTS"] == [(mum.member_id, 0)]
    assert await has(mum, dad) == [0, 5]
    rejected, shown = await redeeming.decide(OPERATOR, done.id, RedemptionState.REJECTED)
    assert rejected.state == "REJECTED" and {b.member for b in shown} == {mum.member_id}
    assert await has(mum, dad) == [20, 30]


async def test_an_order_is_paid_by_the_household_and_its_parts_come_back() -> None:
    mum, dad = await home(20, 80)
    bought = order(10_000, points=100, from_household=True)
    done = await purchases.record(OPERATOR, mum.member_id, bought)
    assert await has(mum, dad) == [0, 0]
    again = await purchases.record(OPERATOR, mum.member_id, bought)
    assert again.journals == done.journals
    half = await refunds.refund(OPERATOR, "o-1", "r-1", amount=5_000)
    assert half.returned == {"POINTS": 50} and {b.member for b in half.balances} == {mum.member_id}
    assert await has(mum, dad) == [0, 50]
    await refunds.refund(OPERATOR, "o-1", "r-2")
    assert await has(mum, dad) == [20, 80]


async def test_a_reported_refund_takes_nobody_elses_account_in_the_drain() -> None:
    mum, dad = await home(20, 80)
    await purchases.record(OPERATOR, mum.member_id, order(10_000, points=100, from_household=True))
    properties = {"external_id": "o-1", "refund_id": "r-1"}
    told_of = await interactions.record(
        SYSTEM, kinds.ORDER_REFUNDED, ("ORDER", "o-1"), once="r-1", member=mum.member_id, **properties
    )
    fact = replace(await earning.fact_of(told_of), class_="REPORTED")
    await commerce.react(fact)
    assert await has(mum, dad) == [0, 0]
    assert await commerce.next_refund() is not None
    assert await commerce.refund_due() == 1
    assert await has(mum, dad) == [20, 80]
    assert (await commerce.refund_due(), await commerce.next_refund()) == (0, None)


async def test_how_many_points_may_pay_counts_the_households_when_asked() -> None:
    await without_a_second_person(wallets.SET_POLICY)
    pay = {"points": 1, "money": 100, "currency": "CNY", "minimum": 0, "max_share_percent": 100}
    policy = Policy(pending={"immediate": True}, expiry={"never": True}, pay=pay)
    await wallets.set_policy(make.staff("admin"), "POINTS", policy)
    _, child = await home(500, 10, limit=Decimal(40))
    asked = ("POINTS", 100_000, "CNY", Decimal(300))
    assert (await paying.redeemable(child.member_id, *asked)).points == 10
    assert (await paying.redeemable(child.member_id, *asked, from_household=True)).points == 50


# Merged, parted, gone


async def merged(one: Actor, other: Actor) -> UUID:
    return await merges.merge_two(make.staff("admin"), one.member_id, other.member_id, "the same person")


async def test_who_is_in_two_households_after_a_merge_keeps_the_longer_one_until_it_is_undone() -> None:
    mum, dad = await home(10, 20)
    gran, aunt = await home(30, 40)
    merge = await merged(dad, aunt)
    root = await members.root_of(dad.member_id)
    assert (await reading.of_root(root)).owner.root == mum.member_id
    assert [p.root for p in (await reading.of_root(gran.member_id)).places] == [gran.member_id]
    await spend(dad, 65)  # 20 and 40, and 5 of mum's
    assert await has(mum, gran) == [5, 30]
    await merges.undo(make.staff("admin"), merge, "they are two")
    assert [p.root for p in (await reading.of_root(gran.member_id)).places] == [
        gran.member_id,
        aunt.member_id,
    ]
    assert (await reading.of_root(dad.member_id)).owner.root == mum.member_id


async def test_two_of_one_household_become_one_of_it() -> None:
    mum, dad, child = await home(10, 20, 30)
    merge = await merged(dad, child)
    assert len((await reading.of_root(mum.member_id)).places) == 2
    await spend(mum, 60)
    await merges.undo(make.staff("admin"), merge, "they are two")
    assert len((await reading.of_root(mum.member_id)).places) == 3


async def test_a_place_set_aside_ends_when_its_person_has_another_by_then() -> None:
    mum, dad = await home(0, 0)
    gran, aunt = await home(0, 0)
    merge = await merged(dad, aunt)
    person = dad if await members.root_of(aunt.member_id) == dad.member_id else aunt
    kept = await reading.of_root(person.member_id)
    assert kept.owner.root == mum.member_id
    await places.leave(person)
    (friend,) = await home(0)
    await join(friend, person)
    await merges.undo(make.staff("admin"), merge, "they are two")
    assert (await reading.of_root(person.member_id)).owner.root == friend.member_id
    other = await reading.of_root((aunt if person is dad else dad).member_id)
    assert other is None or other.owner.root == gran.member_id


async def test_a_spend_from_before_a_merge_is_refunded_after_it() -> None:
    mum, dad = await home(10, 20)
    child = await with_points(5)
    posted = await spend(mum, 30)
    merge = await merged(dad, child)
    await ledger.refund(SYSTEM, posted.journal, Cause("TEST", "a"), {"POINTS": 12})
    assert await has(mum, dad) == [0, 17]
    await merges.undo(make.staff("admin"), merge, "they are two")
    await ledger.refund(SYSTEM, posted.journal, Cause("TEST", "b"))
    assert sum(await has(mum, dad, child)) == 35


async def test_who_is_erased_is_in_no_household_and_the_last_one_takes_the_invitations_along() -> None:
    mum, dad = await home(10, 20)
    friend = await make.member_actor()
    await places.invite(mum, friend.member_id)
    await spend(mum, 15)
    assert await lifecycle.erase([mum.member_id]) == {
        "points.household_member": (1, 0, 0), "points.household_draw": (0, 0, 1),
    }  # fmt: skip
    assert (await reading.of_root(dad.member_id)).owner.root == dad.member_id
    assert len(await reading.invitations(friend.member_id)) == 1
    await lifecycle.erase([dad.member_id])
    assert await reading.invitations(friend.member_id) == []


async def test_nobody_refers_their_own_household_or_family() -> None:
    await referrals.define(
        OPERATOR,
        "marque",
        ["commerce.order.paid"],
        friend_within_days=30,
        qualify_within_days=90,
        hold_days=14,
    )
    mum, child = await home(0, 0)
    code = await referrals.code_of(mum.member_id)
    with pytest.raises(ReferralRefused) as refused:
        await referrals.use(child, code)
    assert refused.value.reason == "SAME_HOUSEHOLD"
    cousin = await make.member_actor()
    tie = await relations.relate(OPERATOR, mum.member_id, "MEMBER", cousin.member_id, "FAMILY")
    with pytest.raises(ReferralRefused):
        await referrals.use(cousin, code)
    clock.shift(timedelta(seconds=2))
    await relations.end(OPERATOR, tie)
    await places.leave(child)
    for friend in (cousin, child):
        assert (await referrals.use(friend, code)).state == "SIGNED_UP"
