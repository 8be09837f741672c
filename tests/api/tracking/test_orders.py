"""Orders that a shop's server reports: posted once, refunded, and refused to everybody else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from domain import db, stepping
from domain.access import sources
from domain.access.sources import Trust
from domain.points import balances, health
from domain.profile import identities
from tests import make
from tests.api.tracking.conftest import Door
from tests.domain.points.buying import rule

LINES = [{"sku": "A", "amount": {"minorUnits": 6_000, "currency": "CNY"}}, {"sku": "B", "amount": 4_000}]
ORDER = {"externalId": "o-1", "lines": LINES, "cashPaid": {"minorUnits": 10_000, "currency": "CNY"}}


@pytest.fixture(autouse=True)
async def healthy():
    from domain import wiring

    wiring.start()
    yield
    assert await health.violations() == []


@pytest.fixture
async def shop(client) -> Door:
    """A server that reports orders."""
    source, key = await sources.register(
        make.staff("admin"), "shop", "SERVER", Trust.SERVER, scopes=["tracking", "commerce"]
    )
    return Door(client, source, key)


async def tell(
    door: Door, kind: str, properties: dict[str, Any], user: str = "ann", **more: Any
) -> dict[str, Any]:
    answer = await door.post("/v1/track", {"event": kind, "userId": user, "properties": properties, **more})
    await stepping.settle()
    return answer


async def points(user: str = "ann") -> int:
    member = await identities.owner("user_id", user)
    assert member is not None
    found = await balances.of_wallet(member, "POINTS")
    return found.net


async def letters() -> list[tuple[str, str | None]]:
    rows = await db.fetch("SELECT reason, path FROM profile.dead_letter ORDER BY received_at, id")
    return [(row["reason"], row["path"]) for row in rows]


async def test_a_reported_order_earns_once_however_often_it_is_told(shop: Door) -> None:
    await rule(150, kinds=["commerce.order.paid", "points.purchase.recorded"])
    for message_id in ("m-1", "m-1", "m-2"):
        await tell(shop, "commerce.order.paid", ORDER, messageId=message_id)
    assert await points() == 150
    row = await db.one("SELECT source, total, cash, interaction FROM points.purchase")
    assert (row["source"], row["total"], row["cash"]) == (str(shop.source.id), 10_000, 10_000)
    assert (
        await db.value("SELECT count(*) FROM points.earn_decision WHERE interaction = $1", row["interaction"])
        == 1
    )
    assert await letters() == []


async def test_a_reported_refund_takes_back_what_its_part_earned(shop: Door) -> None:
    await rule(150, kinds=["commerce.order.paid"])
    await tell(shop, "commerce.order.paid", ORDER, messageId="m-1")
    part = {"externalId": "o-1", "refundId": "r-1", "lines": [{"sku": "B", "amount": 4_000}]}
    for message_id in ("m-2", "m-3"):
        await tell(shop, "commerce.order.refunded", part, messageId=message_id)
    assert await points() == 90
    await tell(shop, "commerce.order.refunded", {"externalId": "o-1", "refundId": "r-2"}, messageId="m-4")
    assert await points() == 0
    await tell(shop, "commerce.order.refunded", {"externalId": "o-1", "refundId": "r-3"}, messageId="m-5")
    ((reason, path),) = await letters()
    assert (reason, path.split(":")[0]) == ("processing_failed", "NothingToReverse")


async def test_a_refund_that_comes_before_its_order_waits_for_it(shop: Door) -> None:
    await rule(150, kinds=["commerce.order.paid"])
    half = {"externalId": "o-1", "refundId": "r-1", "amount": {"minorUnits": 5_000}}
    await tell(shop, "commerce.order.refunded", half, messageId="m-1")
    assert await db.value("SELECT count(*) FROM points.refund_waiting") == 1
    await tell(shop, "commerce.order.paid", ORDER, messageId="m-2")
    assert await points() == 75
    assert await db.value("SELECT count(*) FROM points.refund_waiting") == 0
    await tell(shop, "commerce.order.refunded", half, messageId="m-3")
    assert await points() == 75


async def test_a_reported_refund_takes_back_what_the_advisor_earned_too(shop: Door) -> None:
    await rule(150, kinds=["commerce.order.paid"])
    await rule(50, kinds=["commerce.order.paid"], beneficiary={"property": "advisor"})
    await tell(shop, "seen", {}, user="max", messageId="m-0")
    half = {"externalId": "o-1", "refundId": "r-1", "amount": {"minorUnits": 5_000}}
    await tell(shop, "commerce.order.refunded", half, messageId="m-1")
    await tell(shop, "commerce.order.paid", {**ORDER, "advisor": "max"}, messageId="m-2")
    assert (await points(), await points("max")) == (75, 25)  # judged after the refund
    await tell(shop, "commerce.order.refunded", {"externalId": "o-1", "refundId": "r-2"}, messageId="m-3")
    assert (await points(), await points("max")) == (0, 0)
    assert await letters() == []
    assert await db.value("SELECT count(*) FROM points.refund_waiting") == 0


async def test_points_that_are_not_there_set_the_order_aside_until_it_is_replayed(shop: Door) -> None:
    await tell(shop, "seen", {}, messageId="m-0")
    await tell(shop, "commerce.order.paid", {**ORDER, "cashPaid": 9_000, "pointsPaid": "10"}, messageId="m-1")
    ((reason, path),) = await letters()
    assert (reason, path.split(":")[0]) == ("processing_failed", "InsufficientPoints")
    assert await db.value("SELECT count(*) FROM points.purchase") == 0
    member = await identities.owner("user_id", "ann")
    from domain.profile import deadletters, reporting
    from tests.domain.points.buying import give

    await give(member, 30)
    assert await deadletters.replay(deadletters.Filter(), 10, is_dry_run=False, again=reporting.again) == (
        1,
        0,
    )
    await stepping.settle()
    assert await points() == 20
    assert await db.value("SELECT points_paid FROM points.purchase") == 10


async def test_another_member_s_order_is_not_refunded(shop: Door) -> None:
    await rule(150, kinds=["commerce.order.paid"])
    await tell(shop, "commerce.order.paid", ORDER, messageId="m-1")
    await tell(
        shop, "commerce.order.refunded", {"externalId": "o-1", "refundId": "r"}, user="bob", messageId="m-2"
    )
    assert await points() == 150
    assert [reason for reason, _ in await letters()] == ["processing_failed"]


async def test_only_a_source_with_the_scope_reports_orders(door: Door, app_door: Door) -> None:
    for each in (door, app_door):
        await tell(each, "commerce.order.paid", ORDER, messageId=str(each.source.id))
    assert [reason for reason, _ in await letters()] == ["reserved_kind"] * 2
    assert await db.value("SELECT count(*) FROM points.purchase") == 0


async def test_a_shop_reports_nothing_else_that_moves_points(shop: Door) -> None:
    for number, kind in enumerate(
        ("commerce.payment.recorded", "points.purchase.recorded", "points.entry.earned")
    ):
        await tell(shop, kind, ORDER, messageId=str(number))
    assert [reason for reason, _ in await letters()] == ["reserved_kind"] * 3


@pytest.mark.parametrize(
    ("kind", "wrong", "path"),
    [
        ("paid", {**ORDER, "externalId": None}, "properties.externalId"),
        ("paid", {**ORDER, "lines": [{"sku": "A", "amount": -1}]}, "properties.lines"),
        ("paid", {**ORDER, "cashPaid": 10_001}, "properties.lines"),
        ("paid", {**ORDER, "pointsPaid": "many"}, "properties.lines"),
        ("refunded", {"externalId": "o-1"}, "properties.refundId"),
        ("refunded", {"externalId": "o-1", "refundId": "r", "amount": "much"}, "properties.refundId"),
    ],
)
async def test_an_order_that_cannot_be_read_is_refused_at_the_door(shop: Door, kind, wrong, path) -> None:
    answer = await tell(shop, f"commerce.order.{kind}", wrong, messageId="m-1")
    assert answer["deadLettered"] == 1
    assert await letters() == [("bad_order", path)]


async def test_graphql_takes_the_same_orders_from_the_same_sources(shop: Door, door: Door) -> None:
    from domain.profile import reporting
    from domain.profile.report_rules import Item

    who: UUID = await make.member_id()
    name = await db.value("SELECT value_norm FROM profile.identity WHERE member = $1", who)
    item = Item("commerce.order.paid", "m-1", identities=(("user_id", name),), properties=ORDER)
    assert (await reporting.report(sources.actor_of(door.source), [item])).dead_lettered == 1
    item = Item("commerce.order.paid", "m-2", identities=(("user_id", name),), properties=ORDER)
    assert (await reporting.report(sources.actor_of(shop.source), [item])).accepted == 1
    await stepping.settle()
    assert await db.value("SELECT member FROM points.purchase") == who
