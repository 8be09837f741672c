"""The test clock: it moves the brand's time and changes nobody by itself."""

from __future__ import annotations

from datetime import timedelta

from domain import clock
from tests.everything.scenarios import Call, changes_nobody
from tests.everything.scenarios.people import ADMIN

NOTHING_DUE = "What falls due on the way leaves its own interactions; here nothing does."


@changes_nobody("setClock", NOTHING_DUE)
async def the_clock_is_set() -> Call:
    return Call(ADMIN, {"at": (clock.now() + timedelta(hours=1)).isoformat()})


@changes_nobody("advanceClock", NOTHING_DUE)
async def the_clock_moves_on() -> Call:
    return Call(ADMIN, {"by": "PT1H"})


@changes_nobody("drain", NOTHING_DUE)
async def everything_is_worked_off() -> Call:
    return Call(ADMIN, {})
