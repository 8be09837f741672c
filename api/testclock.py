"""The test-only surface: moving the brand's clock, and waiting until the outbox is empty."""

from __future__ import annotations

from datetime import datetime, timedelta

import isodate
import strawberry

from api.fields import Duration, Input, field, mutation, result
from api.permissions import can
from domain import clock, stepping
from domain.errors import InvalidInput


@strawberry.input(description="Where the clock shall stand.")
class SetClockInput(Input):
    at: datetime = field("The instant; never before the present one.")


@strawberry.input(description="How far the clock shall move.")
class AdvanceClockInput(Input):
    by: Duration = field("How far, such as PT5S or P7D.")


@strawberry.input(description="Nothing to say.")
class DrainInput(Input):
    pass


@strawberry.type(description="The clock moved, and all that fell due was done.")
class SetClockSuccess:
    now: datetime = field("What the clock shows.")


@strawberry.type(description="The clock moved, and all that fell due was done.")
class AdvanceClockSuccess:
    now: datetime = field("What the clock shows.")


@strawberry.type(description="Nothing is pending any more.")
class DrainSuccess:
    now: datetime = field("What the clock shows.")
    drained: int = field("How much was worked off.")


SetClockResult = result("SetClock", SetClockSuccess)
AdvanceClockResult = result("AdvanceClock", AdvanceClockSuccess)
DrainResult = result("Drain", DrainSuccess)

ADMIN = can("admin")


@strawberry.type
class TestClockMutation:
    __test__ = False  # not a test, whatever pytest thinks of the name

    @mutation(
        "Move the clock to an instant, doing all that falls due on the way.",
        who=ADMIN,
        is_transactional=False,
    )
    async def set_clock(self, input: SetClockInput) -> SetClockResult:
        return SetClockSuccess(now=await stepping.set_clock(input.at))

    @mutation(
        "Move the clock forward, doing all that falls due on the way.", who=ADMIN, is_transactional=False
    )
    async def advance_clock(self, input: AdvanceClockInput) -> AdvanceClockResult:
        return AdvanceClockSuccess(now=await stepping.advance(_timedelta(input.by)))

    @mutation("Wait until no interaction is pending and nothing is due.", who=ADMIN, is_transactional=False)
    async def drain(self, input: DrainInput) -> DrainResult:
        drained = await stepping.settle()
        return DrainSuccess(now=clock.now(), drained=drained)


def _timedelta(text: str) -> timedelta:
    try:
        found = isodate.parse_duration(text)
    except (isodate.ISO8601Error, ValueError, TypeError):
        raise InvalidInput.at("by", "Write a duration such as PT5S or P7D.") from None
    if not isinstance(found, timedelta):
        raise InvalidInput.at("by", "Months and years have no exact length; use days.")
    return found
