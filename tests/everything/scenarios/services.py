"""Owner services: stores and what they offer, appointments and orders."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from domain.actor import Actor
from domain.services import booking
from tests import make
from tests.domain.services import shop as a
from tests.everything.scenarios import CONFIGURES, Call, changes_nobody, leaves
from tests.everything.scenarios.people import ADVISOR, OPERATOR

HOURS = {"weekdays": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "17:00"}


@changes_nobody("defineStore", CONFIGURES)
async def a_store_is_opened() -> Call:
    given = {
        "kind": "STORE", "name": "Jing'an", "latitude": 31.2304, "longitude": 121.4737, "timezone": "Asia/Shanghai",
    }  # fmt: skip
    return Call(OPERATOR, given)


@changes_nobody("setCalendar", CONFIGURES)
async def a_store_gets_its_hours() -> Call:
    return Call(OPERATOR, {"storeId": str(await a.store()), "rules": [HOURS]})


@changes_nobody("addCalendarException", CONFIGURES)
async def a_store_is_closed_on_a_holiday() -> Call:
    return Call(OPERATOR, {"storeId": str(await a.store()), "on": str(date(2040, 1, 1)), "ranges": []})


@changes_nobody("defineServiceType", CONFIGURES)
async def test_drives_are_offered() -> Call:
    given = {
        "storeIds": [str(await a.store())], "code": "drive", "kind": "TEST_DRIVE", "name": "Test drive",
        "durationMinutes": 60,
    }  # fmt: skip
    return Call(OPERATOR, given)


@changes_nobody("defineResource", CONFIGURES)
async def a_store_gets_a_demo_car() -> Call:
    given = {"storeId": str(await a.store()), "kind": "DEMO_CAR", "name": "S7", "modelCode": "S7"}
    return Call(OPERATOR, given)


def _wish(at: a.Shop, hour: int) -> dict[str, str]:
    return {
        "storeId": str(at.store),
        "serviceTypeId": str(at.service),
        "startsAt": at.at(hour).isoformat(),
    }


@leaves("holdSlot")
async def a_slot_is_kept_for_a_moment() -> Call:
    me = await make.member_actor()
    return Call(me, _wish(await a.shop(), 10), {me.member_id: "services.appointment.held"})


@leaves("bookAppointment")
async def a_member_books_a_test_drive() -> Call:
    me = await make.member_actor()
    kinds = "services.appointment.booked services.test_drive.requested services.test_drive.confirmed"
    return Call(me, _wish(await a.shop(), 10), {me.member_id: kinds})


@leaves("bookAppointment")
async def a_member_asks_for_a_test_drive() -> Call:
    me, at = await make.member_actor(), await a.shop(needs_confirmation=True)
    return Call(me, _wish(at, 10), {me.member_id: "services.test_drive.requested"})


async def _booked(**options: object) -> tuple[a.Shop, Actor, UUID, UUID]:
    at, me = await a.shop(**options), await make.member_actor()
    appointment, order = await booking.book(me, at.store, at.service, at.at(10))
    return at, me, appointment, order


@leaves("confirmAppointment")
async def an_advisor_confirms() -> Call:
    _, me, appointment, _ = await _booked(needs_confirmation=True)
    kinds = "services.appointment.booked services.test_drive.confirmed"
    return Call(ADVISOR, {"appointmentId": str(appointment)}, {me.member_id: kinds})


@leaves("rescheduleAppointment")
async def a_member_comes_later() -> Call:
    at, me, appointment, _ = await _booked()
    given = {"appointmentId": str(appointment), "startsAt": at.at(14).isoformat()}
    return Call(me, given, {me.member_id: "services.appointment.rescheduled"})


@leaves("cancelAppointment")
async def a_member_does_not_come() -> Call:
    _, me, appointment, _ = await _booked()
    kinds = "services.appointment.cancelled services.test_drive.cancelled"
    return Call(me, {"appointmentId": str(appointment)}, {me.member_id: kinds})


@leaves("cancelAppointment")
async def a_slot_is_given_back() -> Call:
    at, me = await a.shop(), await make.member_actor()
    held = await booking.hold(me, at.store, at.service, at.at(10))
    return Call(me, {"appointmentId": str(held)}, {me.member_id: "services.appointment.released"})


@leaves("advanceServiceOrder")
async def a_licence_is_checked() -> Call:
    _, me, _, order = await _booked()
    given = {"serviceOrderId": str(order), "to": "LICENCE_VERIFIED", "evidence": [{"kind": "LICENCE"}]}
    kinds = "services.appointment.arrived services.test_drive.licence_verified"
    return Call(ADVISOR, given, {me.member_id: kinds})
