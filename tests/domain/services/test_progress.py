"""Orders move along the table's edges, show what they must, and lose nothing of their history."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from domain import clock, db
from domain.actor import Actor
from domain.errors import Forbidden, IllegalTransition, InvalidInput, NotFound, VersionConflict
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.profile import traits
from domain.services import booking, health, orders, overview, progress, rules
from domain.services.errors import EvidenceMissing
from domain.services.overview import Filter, ServiceOrderOrder
from domain.services.progress import Shown
from domain.services.tables import EvidenceKind, ServiceKind
from tests import make
from tests.domain.services.shop import shop, store

KIND = ServiceKind.TEST_DRIVE
LICENCE, AGREEMENT = Shown(EvidenceKind.LICENCE), Shown(EvidenceKind.AGREEMENT)
ALL = list(rules.STEPS[KIND])


def odometer(km: object) -> Shown:
    return Shown(EvidenceKind.ODOMETER, {"km": km})


async def booked() -> tuple[Actor, UUID, Actor]:
    """A member's confirmed test drive, and an advisor of its store."""
    at, actor = await shop(), await make.member_actor()
    _, order = await booking.book(actor, at.store, at.service, at.at(10))
    return actor, order, make.staff("advisor", scopes=(f"store:{at.store}",))


async def step(order: UUID) -> str:
    return await db.value("SELECT step FROM services.service_order WHERE id = $1", order)


async def bring_to(order: UUID, target: str) -> None:
    """Put a test drive at a step, with a history that leads there."""
    here = await step(order)
    if target == here:
        return
    if target == "REQUESTED":
        await db.run("SET LOCAL marque.erasing = 'on'")
        await db.run("DELETE FROM services.order_step WHERE service_order = $1 AND sequence > 1", order)
        await db.run("SET LOCAL marque.erasing = 'off'")
        await db.run(
            "UPDATE services.service_order SET step = 'REQUESTED', state = 'REQUESTED' WHERE id = $1", order
        )
        return
    way = {"CANCELLED": [], "NO_SHOW": [], "ABORTED": ["LICENCE_VERIFIED"]}
    chain = ["LICENCE_VERIFIED", "AGREEMENT_SIGNED", "DRIVING", "RETURNED", "COMPLETED", "CLOSED"]
    for each in [*way.get(target, chain[: chain.index(target)] if target in chain else []), target]:
        await orders.follow(make.staff("advisor"), order, each)


async def test_a_test_drive_goes_from_booking_to_completed() -> None:
    actor, order, advisor = await booked()
    for to, shown in (
        ("LICENCE_VERIFIED", [LICENCE]),
        ("AGREEMENT_SIGNED", [AGREEMENT]),
        ("DRIVING", [odometer(1200)]),
        ("RETURNED", [odometer(1218)]),
        ("COMPLETED", []),
    ):
        await progress.advance(advisor, order, to, evidence=shown)
    view = (await overview.views([order]))[order]
    assert (view.order["state"], view.appointment["state"], view.order["advisor"]) == (
        "COMPLETED", "DONE", advisor.id,
    )  # fmt: skip
    assert [s["sequence"] for s in view.steps] == [1, 2, 3, 4, 5, 6, 7]
    assert [e["value"].get("km") for e in view.evidence] == [None, None, 1200, 1218]
    assert (await traits.values_of(actor.member_id))["purchase_stage"] == "TEST_DRIVEN"
    kinds = await db.fetch("SELECT kind FROM profile.interaction WHERE member = $1", actor.member_id)
    assert {"services.test_drive.completed", "services.appointment.arrived"} <= {row["kind"] for row in kinds}
    assert (await health.check()).violations == []


async def test_confirmed_does_not_become_driving() -> None:
    _, order, advisor = await booked()
    with pytest.raises(IllegalTransition) as refused:
        await progress.advance(advisor, order, "DRIVING")
    assert (refused.value.from_, refused.value.to) == ("CONFIRMED", "DRIVING")
    assert refused.value.allowed == ["LICENCE_VERIFIED", "CANCELLED", "NO_SHOW"]
    assert await step(order) == "CONFIRMED"


async def test_driving_needs_licence_agreement_and_odometer() -> None:
    _, order, advisor = await booked()
    await progress.advance(advisor, order, "LICENCE_VERIFIED")
    await progress.advance(advisor, order, "AGREEMENT_SIGNED", evidence=[AGREEMENT])
    with pytest.raises(EvidenceMissing) as refused:
        await progress.advance(advisor, order, "DRIVING")
    assert refused.value.required == ["LICENCE", "ODOMETER"]
    assert await step(order) == "AGREEMENT_SIGNED"
    await progress.advance(advisor, order, "DRIVING", evidence=[LICENCE, odometer(1200)])
    with pytest.raises(EvidenceMissing):
        await progress.advance(advisor, order, "RETURNED")
    with pytest.raises(InvalidInput):
        await progress.advance(advisor, order, "RETURNED", evidence=[odometer(1100)])
    assert await db.value("SELECT count(*) FROM services.evidence") == 3


@pytest.mark.parametrize("km", [None, "12", -1, 1.5, True])
async def test_an_odometer_is_a_whole_number(km: object) -> None:
    _, order, advisor = await booked()
    with pytest.raises(InvalidInput):
        await progress.advance(advisor, order, "LICENCE_VERIFIED", evidence=[odometer(km)])


@pytest.mark.parametrize("start", ALL)
async def test_every_edge_of_a_test_drive_is_walked_or_refused(start: str) -> None:
    proofs = [LICENCE, AGREEMENT, odometer(1)]
    for target in ALL:
        _, order, advisor = await booked()
        await bring_to(order, start)
        allowed = rules.allowed_from(KIND, start)
        if target in allowed:
            await progress.advance(advisor, order, target, evidence=proofs)
            assert await step(order) == target
        else:
            with pytest.raises(IllegalTransition) as refused:
                await progress.advance(advisor, order, target, evidence=proofs)
            assert refused.value.allowed == allowed
            assert await step(order) == start
    assert (await health.check()).violations == [] or start == "REQUESTED"


def test_the_exits_follow_the_spine() -> None:
    assert rules.allowed_from(KIND, "REQUESTED") == ["CONFIRMED", "CANCELLED"]
    assert rules.allowed_from(KIND, "DRIVING") == ["RETURNED", "ABORTED"]
    assert rules.allowed_from(KIND, "COMPLETED") == ["CLOSED"]
    assert rules.allowed_from(KIND, "NO_SHOW") == []


async def test_only_the_stores_staff_and_sources_with_the_scope_move_an_order() -> None:
    _, order, _ = await booked()
    with pytest.raises(Forbidden):
        await progress.advance(
            make.staff("advisor", scopes=(f"store:{ids.new()}",)), order, "LICENCE_VERIFIED"
        )
    with pytest.raises(Forbidden):
        await progress.advance(make.source(), order, "LICENCE_VERIFIED")
    with pytest.raises(NotFound):
        await progress.advance(make.staff("advisor"), ids.new(), "LICENCE_VERIFIED")
    with pytest.raises(VersionConflict):
        await progress.advance(make.staff("advisor"), order, "LICENCE_VERIFIED", expected_version=99)
    assert await step(order) == "CONFIRMED"


async def test_orders_are_seen_by_their_member_and_their_store() -> None:
    actor, order, advisor = await booked()
    assert (await overview.order(actor, order)).order["id"] == order
    assert (await overview.order(advisor, order)).order["id"] == order
    with pytest.raises(NotFound):
        await overview.order(await make.member_actor(), order)
    with pytest.raises(Forbidden):
        await overview.order(make.staff("advisor", scopes=(f"store:{ids.new()}",)), order)
    with pytest.raises(NotFound):
        await overview.order(advisor, ids.new())


async def test_lists_keep_to_scope_filter_and_order_in_a_fixed_number_of_statements() -> None:
    at, other = await shop(cars=3), await shop()
    made = [
        (await booking.book(await make.member_actor(), at.store, at.service, at.at(9 + n)))[1]
        for n in range(4)
    ]
    await booking.book(await make.member_actor(), other.store, other.service, other.at(10))
    advisor = make.staff("advisor", scopes=(f"store:{at.store}",))
    rows = await overview.listed(advisor, Filter(), ServiceOrderOrder.OLDEST, Page(limit=10))
    assert [row["id"] for row in rows] == made
    assert (
        len(await overview.listed(make.staff("advisor"), Filter(), ServiceOrderOrder.NEWEST, Page(limit=10)))
        == 5
    )
    assert (
        await overview.listed(advisor, Filter(steps=["DRIVING"]), ServiceOrderOrder.NEWEST, Page(limit=10))
        == []
    )
    first = await overview.listed(advisor, Filter(), ServiceOrderOrder.NEWEST, Page(limit=2))
    after = (first[1]["created_at"], first[1]["id"])
    rest = await overview.listed(advisor, Filter(), ServiceOrderOrder.NEWEST, Page(limit=2, after=after))
    assert [row["id"] for row in [*first[:2], *rest]] == made[::-1]
    with pytest.raises(Forbidden):
        await overview.listed(advisor, Filter(store=other.store), ServiceOrderOrder.NEWEST, Page(limit=2))

    async def statements(wanted: list[UUID]) -> int:
        seen: list[str] = []
        token = db.recorder.set(seen)
        await overview.views(wanted)
        db.recorder.reset(token)
        return len(seen)

    await statements(made)  # the driver looks at types once
    assert await statements(made[:1]) == await statements(made) == 9


async def test_the_day_of_a_store_and_the_advisors_home() -> None:
    at = await shop(cars=2)
    await store(name="别的店")
    await booking.book(await make.member_actor(), at.store, at.service, at.at(10))
    advisor = make.staff("advisor", scopes=(f"store:{at.store}",))
    day = (await overview.store_days(advisor, [at.store], at.day()))[0]
    assert (len(day.windows), len(day.appointments), len(day.resources)) == (1, 1, 2)
    desk = await overview.desk(advisor)
    assert [each.store["id"] for each in desk.days] == [at.store]
    assert (desk.waiting, desk.running) == ([], [])
    with pytest.raises(Forbidden):
        await overview.store_days(make.staff("advisor", scopes=(f"store:{ids.new()}",)), [at.store], None)


async def test_completed_orders_close_after_fourteen_days() -> None:
    _, order, _ = await booked()
    await bring_to(order, "COMPLETED")
    assert await orders.close_due() == 0
    clock.shift(timedelta(days=14, seconds=1))
    try:
        assert await orders.next_closing() <= clock.now()
        assert await orders.close_due() == 1
    finally:
        clock.shift(timedelta(0))
    assert await step(order) == "CLOSED"


async def test_a_stage_never_goes_back() -> None:
    at, actor = await shop(cars=2), await make.member_actor()
    await traits.declare(actor.member_id, "purchase_stage", "DEPOSIT")
    await booking.book(actor, at.store, at.service, at.at(10))
    assert (await traits.values_of(actor.member_id))["purchase_stage"] == "DEPOSIT"


async def test_the_history_is_append_only() -> None:
    _, order, _ = await booked()
    with pytest.raises(Exception, match="append-only"):
        async with db.transaction():
            await db.run("UPDATE services.order_step SET reason = 'x' WHERE service_order = $1", order)
