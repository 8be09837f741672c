"""Points that follow a used car to its next owner, or stay with the seller, as the rule says."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from domain import clock, db, stepping, wiring
from domain.actor import SYSTEM, Actor
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.garage import bindings
from domain.garage.tables import EndedReason
from domain.points import (
    balances,
    earn_rules,
    following,
    health,
    holds,
    ledger,
    reading,
    reversals,
    soundness,
)
from domain.points.book import Lot
from domain.profile import interactions, merges
from domain.profile.catalogue import Kind
from tests import make
from tests.domain.garage.test_bindings import owner_of, registered
from tests.domain.points.buying import SINCE
from tests.everything.scenarios.people import OPERATOR, without_a_second_person

CHECKUP = Kind("app.checkup", "保养", "A check-up")


@pytest.fixture(autouse=True)
async def healthy():
    wiring.start()
    yield
    clock.shift(timedelta(0))
    assert [c for c in await health.check() if not c.holds] == []


async def rule(code: str, points: int, *, follows: bool, wallet: str = "POINTS", **more) -> None:
    said = {
        "code": code, "kinds": ["app.checkup"], "effects": [{"fixed": {"wallet": wallet, "points": points}}],
        "zone": "UTC", "follows_vehicle": follows, "funding_source": "dealer", **more,
    }  # fmt: skip
    made = await earn_rules.draft(SYSTEM, said, title=code)
    await earn_rules.submit(SYSTEM, made.id)
    await earn_rules.put_in_force(made.id, SINCE)


async def car(text: str) -> UUID:
    return await db.value("SELECT id FROM garage.vehicle WHERE vin = $1", text)


async def checked(who: Actor, car_: UUID, *, is_order: bool = False) -> None:
    """The owner has the car checked (by an order that names the car), and earns by it."""
    subject = ("SERVICE_ORDER", ids.new()) if is_order else ("VEHICLE", car_)
    more = {"vehicle": str(car_)} if is_order else {}
    await interactions.record(SYSTEM, CHECKUP, subject, once=ids.new(), member=who.member_id, **more)
    await stepping.settle()


async def sold(
    who: Actor, binding: UUID, text: str, reason: EndedReason = EndedReason.SOLD
) -> tuple[Actor, UUID]:
    """The owner gives the car up, and somebody else owns it."""
    await bindings.unbind(who, binding, reason)
    clock.shift(timedelta(hours=1))
    buyer = await owner_of(text)
    await stepping.settle()
    return buyer


async def has(*people: Actor) -> list[int]:
    return [(await balances.of_wallet(who.member_id, "POINTS")).available for who in people]


async def lots(who: Actor) -> list[Lot]:
    return [lot for _, lot in await reading.lots(who.member_id, "POINTS", only_open=True)]


async def told(who: Actor) -> list[str]:
    rows = await db.fetch(
        """SELECT properties ->> 'side' AS side, properties ->> 'amount' AS amount FROM profile.interaction
        WHERE member = $1 AND kind = 'points.vehicle.followed'""",
        who.member_id,
    )
    return [f"{row['side']} {row['amount']}" for row in rows]


async def test_what_follows_goes_to_the_buyer_and_what_stays_stays() -> None:
    await rule(
        "FOLLOWS", 100, follows=True, expiry={"rolling": {"value": 1, "unit": "YEAR", "round_to": None}}
    )
    await rule("STAYS", 7, follows=False)
    text = await registered()
    seller, binding = await owner_of(text)
    vehicle, other = await car(text), ids.new()
    await checked(seller, vehicle)
    await checked(seller, vehicle, is_order=True)
    await checked(seller, other)  # another car
    until = (await lots(seller))[0].expires_at
    await ledger.spend(SYSTEM, seller.member_id, {"POINTS": 30}, ledger.Cause("TEST", 1))
    assert await has(seller) == [291]

    buyer, _ = await sold(seller, binding, text)
    assert await has(seller, buyer) == [121, 170]
    assert [(lot.remaining, lot.funding_source) for lot in await lots(buyer)] == [
        (70, "dealer"),
        (100, "dealer"),
    ]
    assert (await lots(buyer))[0].expires_at == until
    assert (await told(seller), await told(buyer)) == (["SELLER 170"], ["BUYER 170"])
    (row,) = (await reading.journals([(await lots(buyer))[0].journal])).values()
    assert (row["kind"], row["source"], row["facts"]["vehicle"]) == ("GIFT", "VEHICLE", str(vehicle))
    assert [(part["rule"], part["points"]) for part in row["facts"]["breakdown"]] == [("FOLLOWS", "170")]
    assert len(await reading.entries(buyer.member_id, Page(10))) == 1


async def test_they_follow_on_to_the_next_but_one_and_staff_can_take_them_back() -> None:
    await rule("FOLLOWS", 100, follows=True)
    text = await registered()
    first, binding = await owner_of(text)
    await checked(first, await car(text))
    second, binding = await sold(first, binding, text)
    third, _ = await sold(second, binding, text)
    assert await has(first, second, third) == [0, 0, 100]
    (journal,) = {lot.journal for lot in await lots(third)}
    (row,) = (await reading.journals([journal])).values()
    assert [part["rule"] for part in row["facts"]["breakdown"]] == ["FOLLOWS"]
    await without_a_second_person(reversals.REVERSE)
    await reversals.reverse(OPERATOR, journal, reason="a mistake of the registry")
    assert await has(second, third) == [100, 0]


async def test_nothing_follows_when_the_car_was_not_sold_or_comes_back_to_the_same_person() -> None:
    await rule("FOLLOWS", 100, follows=True)
    text = await registered()
    owner, binding = await owner_of(text)
    await checked(owner, await car(text))
    nobody, again = await sold(owner, binding, text, EndedReason.ERROR)
    assert await has(owner, nobody) == [100, 0]
    await bindings.unbind(nobody, again, EndedReason.SOLD)
    twin, _ = await owner_of(text)
    await merges.merge_two(make.staff("admin"), nobody.member_id, twin.member_id, "one person")
    await stepping.settle()
    assert await has(owner) == [100]
    assert await db.value("SELECT count(*) FROM points.journal WHERE source = 'VEHICLE'") == 0


async def test_what_is_pending_held_or_frozen_stays() -> None:
    await rule("FOLLOWS", 100, follows=True)
    await rule("LATER", 9, follows=True, pending={"after": {"value": 10, "unit": "DAY", "round_to": None}})
    text = await registered()
    seller, binding = await owner_of(text)
    await checked(seller, await car(text))
    await holds.hold(SYSTEM, seller.member_id, {"POINTS": 40}, source="TEST", source_id=1, expires_at=None)
    buyer, binding = await sold(seller, binding, text)
    found = await balances.of_wallet(seller.member_id, "POINTS")
    assert (found.pending, found.available, found.held) == (9, 0, 40)
    assert await has(buyer) == [60]
    await ledger.freeze(SYSTEM, buyer.member_id, "POINTS")
    third, _ = await sold(buyer, binding, text)
    assert await has(buyer, third) == [60, 0]


async def test_a_change_of_hands_moves_points_once_however_often_it_is_told() -> None:
    await rule("FOLLOWS", 100, follows=True)
    text = await registered()
    seller, binding = await owner_of(text)
    vehicle = await car(text)
    await checked(seller, vehicle)
    buyer, _ = await sold(seller, binding, text)
    bound = await db.value(
        "SELECT id FROM profile.interaction WHERE kind = 'garage.vehicle.bound' AND member = $1",
        buyer.member_id,
    )
    await checked(seller, vehicle)  # a late fact about the car that was: it is the seller's
    for _ in range(2):
        await db.run(
            "INSERT INTO points.follow_due (id, interaction, vehicle, member, created_at) VALUES ($1, $2, $3, $4, $5)",
            ids.new(), bound, str(vehicle), buyer.member_id, clock.now(),
        )  # fmt: skip
        await following.follow_due()
    assert await has(seller, buyer) == [100, 100]
    assert await following.next_due() is None


def test_a_wallet_without_lots_cannot_follow() -> None:
    said = {
        "code": "G", "kinds": ["app.checkup"], "effects": [{"fixed": {"wallet": "GROWTH", "points": 1}}],
        "follows_vehicle": True,
    }  # fmt: skip
    assert [p.path for p in soundness.problems(said, {"GROWTH": False})] == ["followsVehicle"]
