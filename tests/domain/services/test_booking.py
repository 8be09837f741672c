"""Slots, holds and appointments: nothing overlaps, nothing is refused without a rival."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from domain import clock, db
from domain.errors import (
    BadInput,
    Forbidden,
    HoldExpired,
    IllegalTransition,
    InvalidInput,
    NotFound,
    VersionConflict,
)
from domain.foundation import ids
from domain.profile import traits
from domain.services import booking, calendars, health, overview, service_types, slots
from domain.services.booking import Wish
from domain.services.errors import (
    AlreadyBooked,
    BeyondHorizon,
    LimitReached,
    OutsideHours,
    ResourceUnavailable,
    SlotTaken,
    TooLate,
    TooSoon,
    VehicleNotYours,
)
from domain.services.hours import Rule
from domain.services.slots import SlotState
from tests import make
from tests.domain.services.shop import (
    ALL_WEEK,
    OPERATOR,
    Shop,
    appointment,
    at_time,
    count,
    free,
    service,
    shop,
)


async def test_an_open_day_offers_its_hours_and_today_what_is_left() -> None:
    with at_time(datetime(2021, 6, 20, 11, 59, 59, tzinfo=UTC)):
        at = await shop(opens=0, closes=1440, zone="UTC")
        found = await slots.available(
            make.visitor(), at.store, at.service, date(2021, 6, 20), date(2021, 6, 21)
        )
    assert [len(day.slots) for day in found] == [12, 24]
    assert found[0].timezone == "UTC"


async def test_the_rolling_horizon_is_of_the_stores_zone() -> None:
    with at_time(datetime(2024, 5, 31, 1, 30, tzinfo=UTC)):
        at = await shop(zone="Asia/Kolkata", horizon={"kind": "ROLLING", "days": 2, "unit": "CALENDAR"})
        found = await slots.available(
            make.visitor(), at.store, at.service, date(2024, 5, 31), date(2024, 6, 3)
        )
        assert [bool(day.slots) for day in found] == [True, True, True, False]
        with pytest.raises(BeyondHorizon) as refused:
            await booking.book(await make.member_actor(), at.store, at.service, at.at(10, days=3))
        assert refused.value.latest == datetime(2024, 6, 2, 18, 30, tzinfo=UTC)


async def test_anothers_hold_hides_ones_own_does_not_and_an_expired_one_is_free() -> None:
    at = await shop()
    one, other = await make.member_actor(), await make.member_actor()
    await booking.hold(one, at.store, at.service, at.at(10))
    assert "10:00" not in await free(at, other) and "10:00" not in await free(at)
    assert "10:00" in await free(at, one)
    with pytest.raises(SlotTaken):
        await booking.book(other, at.store, at.service, at.at(10))
    clock.shift(timedelta(minutes=5, seconds=1))
    try:
        assert "10:00" in await free(at, other)
        assert await booking.book(other, at.store, at.service, at.at(10))
    finally:
        clock.shift(timedelta(0))


async def test_a_hold_on_another_service_of_the_same_car_hides_too() -> None:
    at = await shop()
    longer = await service([at.store], duration_minutes=120, step_minutes=60)
    await booking.hold(await make.member_actor(), at.store, longer, at.at(10))
    assert not {"10:00", "11:00"} & set(await free(at))


async def test_booking_assigns_a_car_opens_the_order_and_makes_a_lead() -> None:
    at, actor = await shop(), await make.member_actor()
    made, order = await booking.book(actor, at.store, at.service, at.at(10), Wish(note="两人同行"))
    row = await appointment(made)
    assert (row["state"], row["resource"], row["ends_at"] - row["starts_at"]) == (
        "BOOKED", at.cars[0], timedelta(hours=1),
    )  # fmt: skip
    view = (await overview.views([order]))[order]
    assert (view.order["step"], view.order["state"], view.order["letter"]) == (
        "CONFIRMED",
        "SCHEDULED",
        "BUY",
    )
    assert [(s["sequence"], s["from_step"], s["to_step"]) for s in view.steps] == [
        (1, None, "REQUESTED"), (2, "REQUESTED", "CONFIRMED"),
    ]  # fmt: skip
    assert view.order["details"] == {"modelCode": "S7", "note": "两人同行"}
    assert (await traits.values_of(actor.member_id))["purchase_stage"] == "LEAD"
    rows = await db.fetch(
        "SELECT kind, properties FROM profile.interaction WHERE member = $1 ORDER BY received_at, id",
        actor.member_id,
    )
    assert [r["kind"] for r in rows] == [
        "services.test_drive.requested", "services.test_drive.confirmed", "services.appointment.booked",
    ]  # fmt: skip
    assert all(r["properties"]["letter"] == "BUY" and r["properties"]["kind"] == "TEST_DRIVE" for r in rows)
    assert all(r["properties"]["store"] == str(at.store) for r in rows)
    assert (await health.check()).violations == []


async def test_a_taken_place_is_refused_with_the_three_nearest_starts() -> None:
    at = await shop()
    await booking.book(await make.member_actor(), at.store, at.service, at.at(12))
    before = await count()
    with pytest.raises(SlotTaken) as refused:
        await booking.book(await make.member_actor(), at.store, at.service, at.at(12))
    assert refused.value.alternatives == [at.at(10), at.at(11), at.at(13)]
    assert await count() == before


async def test_the_second_car_takes_the_second_booking_and_few_is_told() -> None:
    at = await shop(cars=5)
    for _ in range(4):
        await booking.book(await make.member_actor(), at.store, at.service, at.at(10))
    day = (await slots.available(make.visitor(), at.store, at.service, at.day(), at.day()))[0]
    ten = next(s for s in day.slots if s.starts_at == at.at(10))
    assert (ten.state, ten.remaining) == (SlotState.FEW, 1)
    await booking.book(await make.member_actor(), at.store, at.service, at.at(10))
    day = (await slots.available(make.visitor(), at.store, at.service, at.day(), at.day()))[0]
    assert next(s for s in day.slots if s.starts_at == at.at(10)).state is SlotState.FULL


async def test_a_chosen_car_is_the_one_that_is_booked() -> None:
    at = await shop(cars=2)
    made, _ = await booking.book(
        await make.member_actor(), at.store, at.service, at.at(10), Wish(resource=at.cars[1])
    )
    assert (await appointment(made))["resource"] == at.cars[1]
    with pytest.raises(SlotTaken) as refused:
        await booking.book(
            await make.member_actor(), at.store, at.service, at.at(10), Wish(resource=at.cars[1])
        )
    assert at.at(10) not in refused.value.alternatives


async def test_the_buffer_keeps_the_car_after_the_drive() -> None:
    at = await shop(duration_minutes=30, step_minutes=30, buffer_minutes=15)
    await booking.book(await make.member_actor(), at.store, at.service, at.at(10))
    found = await free(at)
    assert "09:00" in found and not {"09:30", "10:00", "10:30"} & set(found) and "11:00" in found


async def test_what_the_store_does_not_offer_is_refused() -> None:
    at, actor = await shop(notice_minutes=120), await make.member_actor()
    for outside in (at.at(8), at.at(17), at.at(10, 15)):
        with pytest.raises(OutsideHours):
            await booking.book(actor, at.store, at.service, outside)
    with pytest.raises(TooSoon) as refused:
        await booking.book(actor, at.store, at.service, clock.now() + timedelta(minutes=119))
    assert refused.value.earliest - clock.now() <= timedelta(hours=2)
    with pytest.raises(InvalidInput):
        await booking.book(actor, at.store, at.service, at.at(10).replace(tzinfo=None))
    with pytest.raises(NotFound):
        await booking.book(actor, at.store, ids.new(), at.at(10))
    with pytest.raises(VehicleNotYours):
        await booking.book(actor, at.store, at.service, at.at(10), Wish(vehicle=ids.new()))
    with pytest.raises(InvalidInput):
        await booking.book(actor, at.store, at.service, at.at(10), Wish(transport="PICKUP"))
    assert await count() == (0, 0)


async def test_a_limit_is_told_and_cancelled_appointments_do_not_count() -> None:
    at, actor = await shop(cars=3, limits={"DAY": 1, "MONTH": 9}), await make.member_actor()
    made, _ = await booking.book(actor, at.store, at.service, at.at(10))
    with pytest.raises(LimitReached) as refused:
        await booking.book(actor, at.store, at.service, at.at(14))
    assert (refused.value.period, refused.value.limit) == ("DAY", 1)
    assert await free(at, actor) == []
    await booking.cancel(actor, made)
    assert await booking.book(actor, at.store, at.service, at.at(14))


async def test_the_same_slot_again_is_already_booked() -> None:
    at, actor = await shop(cars=2), await make.member_actor()
    made, _ = await booking.book(actor, at.store, at.service, at.at(10))
    with pytest.raises(AlreadyBooked) as refused:
        await booking.book(actor, at.store, at.service, at.at(10))
    assert refused.value.appointment == made


async def test_a_hold_becomes_the_booking_and_an_ended_one_is_refused() -> None:
    at, actor = await shop(cars=2), await make.member_actor()
    held = await booking.hold(actor, at.store, at.service, at.at(10), resource=at.cars[1])
    made, _ = await booking.book(actor, at.store, at.service, at.at(10), Wish(hold=held))
    assert (await appointment(made))["resource"] == at.cars[1]
    assert (await appointment(held))["state"] == "CANCELLED"
    again = await booking.hold(actor, at.store, at.service, at.at(14))
    clock.shift(timedelta(minutes=6))
    try:
        assert await booking.next_hold_expiry() < clock.now()
        assert await booking.expire_holds() == 1
        with pytest.raises(HoldExpired):
            await booking.book(actor, at.store, at.service, at.at(14), Wish(hold=again))
    finally:
        clock.shift(timedelta(0))
    with pytest.raises(NotFound):
        await booking.book(await make.member_actor(), at.store, at.service, at.at(14), Wish(hold=again))


async def test_a_member_holds_one_place_at_a_time() -> None:
    at, actor = await shop(), await make.member_actor()
    first = await booking.hold(actor, at.store, at.service, at.at(10))
    await booking.hold(actor, at.store, at.service, at.at(14))
    assert (await appointment(first))["state"] == "CANCELLED"
    assert "10:00" in await free(at) and "14:00" not in await free(at)


async def test_moving_keeps_the_old_time_until_the_new_one_is_taken() -> None:
    at, actor = await shop(), await make.member_actor()
    made, order = await booking.book(actor, at.store, at.service, at.at(10))
    await booking.book(await make.member_actor(), at.store, at.service, at.at(12))
    with pytest.raises(SlotTaken):
        await booking.reschedule(actor, made, at.at(12))
    assert (await appointment(made))["starts_at"] == at.at(10)
    with pytest.raises(VersionConflict):
        await booking.reschedule(actor, made, at.at(14), expected_version=99)
    await booking.reschedule(actor, made, at.at(14))
    assert "10:00" in await free(at) and "14:00" not in await free(at)
    view = (await overview.views([order]))[order]
    assert [(c["field"], c["before"], c["after"]) for c in view.changes] == [
        ("startsAt", at.at(10).isoformat(), at.at(14).isoformat())
    ]
    with pytest.raises(NotFound):
        await booking.reschedule(await make.member_actor(), made, at.at(15))


async def test_an_overlapping_move_of_the_own_appointment_is_no_rival() -> None:
    at, actor = await shop(duration_minutes=60, step_minutes=30), await make.member_actor()
    made, _ = await booking.book(actor, at.store, at.service, at.at(10))
    found = await slots.available(actor, at.store, at.service, at.day(), at.day(), exclude=made)
    assert at.at(10, 30) in [s.starts_at for s in found[0].slots if s.remaining]
    await booking.reschedule(actor, made, at.at(10, 30))
    assert (await appointment(made))["starts_at"] == at.at(10, 30)


async def test_members_cancel_in_time_and_the_store_always() -> None:
    at, actor = await shop(cancel_minutes=24 * 60 + 60 * 12), await make.member_actor()
    made, order = await booking.book(actor, at.store, at.service, at.at(10))
    with pytest.raises(TooLate):
        await booking.cancel(actor, made)
    with pytest.raises(NotFound):
        await booking.cancel(await make.member_actor(), made)
    with pytest.raises(Forbidden):
        await booking.cancel(make.staff("advisor", scopes=(f"store:{ids.new()}",)), made)
    await booking.cancel(make.staff("advisor", scopes=(f"store:{at.store}",)), made, "car broken")
    view = (await overview.views([order]))[order]
    assert (view.order["state"], view.appointment["state"]) == ("CANCELLED", "CANCELLED")
    with pytest.raises(IllegalTransition):
        await booking.cancel(make.staff("advisor"), made)
    assert "10:00" in await free(at)


async def test_a_requested_appointment_takes_no_place_until_it_is_confirmed() -> None:
    at = await shop(needs_confirmation=True)
    one, other = [
        (await booking.book(await make.member_actor(), at.store, at.service, at.at(10)))[0] for _ in range(2)
    ]
    assert (await appointment(one))["state"] == "REQUESTED" and "10:00" in await free(at)
    advisor = make.staff("advisor", scopes=(f"store:{at.store}",))
    await booking.confirm(advisor, one, expected_version=1)
    assert (await appointment(one))["state"] == "BOOKED"
    with pytest.raises(SlotTaken):
        await booking.confirm(advisor, other)
    assert (await appointment(other))["state"] == "REQUESTED"
    assert await booking.confirm(advisor, one) == one
    with pytest.raises(ResourceUnavailable):
        await booking.confirm(advisor, one, resource=ids.new())
    assert (await health.check()).violations == []


async def test_every_offered_slot_can_be_booked_without_a_rival() -> None:
    at = await shop(cars=1, duration_minutes=50, step_minutes=35, buffer_minutes=10, notice_minutes=30)
    for _ in range(40):
        actor = await make.member_actor()
        days = await slots.available(actor, at.store, at.service, at.day(0), at.day(1))
        offered = [s.starts_at for day in days for s in day.slots if s.remaining]
        if not offered:
            break
        await booking.book(actor, at.store, at.service, offered[len(offered) // 2])
    assert not offered
    assert (await health.check()).violations == []


async def test_slots_take_a_fixed_number_of_statements() -> None:
    async def statements(at: Shop, days: int) -> int:
        seen: list[str] = []
        token = db.recorder.set(seen)
        await slots.available(make.visitor(), at.store, at.service, at.day(), at.day(days))
        db.recorder.reset(token)
        return len(seen)

    small, large = await shop(), await shop(cars=4)
    for hour in range(9, 17):
        await booking.book(await make.member_actor(), large.store, large.service, large.at(hour))
    await statements(small, 1)  # the driver looks at types once
    assert await statements(small, 1) == await statements(large, 31) == 6


async def test_a_span_is_at_most_31_days() -> None:
    at = await shop()
    for last in (at.day(32), at.day(0)):
        with pytest.raises(BadInput):
            await slots.available(make.visitor(), at.store, at.service, at.day(1), last)


async def test_changed_hours_tell_what_lies_outside_of_them() -> None:
    at = await shop(cars=2)
    made, _ = await booking.book(await make.member_actor(), at.store, at.service, at.at(9))
    await booking.book(await make.member_actor(), at.store, at.service, at.at(14))
    later = [Rule(ALL_WEEK, 600, 1020)]
    dry = await calendars.set_rules(OPERATOR, at.store, later, is_dry_run=True)
    assert dry.affected == [made] and "09:00" in await free(at)
    assert (await calendars.set_rules(OPERATOR, at.store, later)).affected == [made]
    assert (await free(at))[0] == "10:00"
    closed = await calendars.set_exception(OPERATOR, at.store, at.day(), [], reason="团建")
    assert len(closed.affected) == 2 and await free(at) == []
    await calendars.set_exception(OPERATOR, at.store, at.day(), None)
    assert await free(at) != []
    with pytest.raises(InvalidInput):
        await calendars.set_rules(OPERATOR, at.store, [Rule(ALL_WEEK, 1020, 540)])
    with pytest.raises(VersionConflict):
        await calendars.set_rules(OPERATOR, at.store, later, expected_version=1)
    with pytest.raises(Forbidden):
        await calendars.set_rules(make.staff("advisor", scopes=(f"store:{ids.new()}",)), at.store, later)


async def test_limits_that_decrease_are_invalid() -> None:
    at = await shop()
    with pytest.raises(InvalidInput) as refused:
        await service([at.store], limits={"DAY": 9, "MONTH": 5})
    assert refused.value.problems[0].path == "limits"
    assert await service([at.store], limits={"DAY": 3, "MONTH": 5})
    known = await db.value("SELECT count(*) FROM services.service_type")
    with pytest.raises(VersionConflict):
        await service_types.define(
            OPERATOR,
            service_types.Given([at.store], "x", "TEST_DRIVE", {"zh": "a", "en": "a"}, 30),  # type: ignore[arg-type]
            service_type=at.service,
            expected_version=9,
        )
    assert await db.value("SELECT count(*) FROM services.service_type") == known
