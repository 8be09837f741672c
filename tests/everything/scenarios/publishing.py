"""Stages, edits, polls, tips and the settings of publishing."""

from __future__ import annotations

from tests.everything.scenarios import CONFIGURES, Call, changes_nobody
from tests.everything.scenarios.people import OPERATOR


@changes_nobody("configureCommunity", CONFIGURES)
async def a_window_is_made_longer() -> Call:
    return Call(OPERATOR, {"key": "edit.window_minutes", "value": 2880})
