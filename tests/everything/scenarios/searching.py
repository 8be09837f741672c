"""The words of searches."""

from __future__ import annotations

from tests.everything.scenarios import CONFIGURES, Call, changes_nobody
from tests.everything.scenarios.people import MODERATOR


@changes_nobody("putSearchSynonyms", CONFIGURES)
async def a_model_has_a_nickname() -> Call:
    return Call(MODERATOR, {"words": ["modely", "毛豆"]})
