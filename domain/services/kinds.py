"""Interactions of owner services. Properties: letter, kind, store, vehicle, order, appointment."""

from __future__ import annotations

from domain.profile.catalogue import declare
from domain.services import rules
from domain.services.tables import ServiceKind

HELD = declare("services.appointment.held", zh="占用预约时段", en="Held a slot")
RELEASED = declare("services.appointment.released", zh="释放预约时段", en="Gave a slot back")
BOOKED = declare("services.appointment.booked", zh="预约成功", en="Booked an appointment")
RESCHEDULED = declare("services.appointment.rescheduled", zh="改约", en="Moved an appointment")
CANCELLED = declare("services.appointment.cancelled", zh="取消预约", en="Cancelled an appointment")
ARRIVED = declare("services.appointment.arrived", zh="到店", en="Arrived for an appointment")
NO_SHOW = declare("services.appointment.no_show", zh="预约未到店", en="Did not come to an appointment")

_TITLES = {ServiceKind.TEST_DRIVE: ("试驾", "Test drive")}

#: The interaction of each step of each kind, as `services.test_drive.completed`.
OF_STEP = {
    (kind, step.name): declare(
        f"services.{kind.lower()}.{step.name.lower()}",
        zh=f"{_TITLES[kind][0]}:{step.zh}",
        en=f"{_TITLES[kind][1]}: {step.en}",
    )
    for kind, steps in rules.STEPS.items()
    for step in steps.values()
}
