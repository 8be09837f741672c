"""Word rules."""

from __future__ import annotations

from tests.everything.scenarios import CONFIGURES, Call, changes_nobody
from tests.everything.scenarios.people import MODERATOR


@changes_nobody("putWordRules", CONFIGURES)
async def a_word_is_held_from_now_on() -> Call:
    return Call(MODERATOR, {"rules": [{"pattern": "坏词", "kind": "WORD", "action": "HOLD"}]})
