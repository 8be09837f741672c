"""The demonstration brand: every saved operation of the playground answers something worth looking at."""

from __future__ import annotations

from typing import Any

from api.http import run
from api.playground import operations
from api.schema import schema
from domain import db, stepping, wiring
from domain.actor import member
from domain.foundation.pages import Page
from domain.profile import drain, identities, timeline
from tests import make
from tests.api.test_saved_operations import FILES, named

#: An id that no seed can know: the operation tells where to find one.
NAMES_NOTHING = {
    "advisor/20-advance",
    "approver/10-decide-approval",
    "moderator/06-revert",
    "operator/29-refund-purchase",
}
#: The second person of an approval, or the reader of an empty list, has nothing to look at before somebody acts.
MAY_BE_EMPTY = {
    "operator/24-held-awards",
    "operator/60-approvals",
    "operator/70-claims",
}


async def test_the_demonstration_is_loaded_once_and_every_saved_operation_shows_something():
    """One test, because loading it takes the most time."""
    await wiring.seed_brand()
    await wiring.load_demo()
    await loading_it_again_changes_nothing()
    await stepping.settle()
    await every_saved_operation_answers_something_worth_looking_at()


async def loading_it_again_changes_nothing():
    before = await db.value("SELECT count(*) FROM profile.interaction")
    await wiring.load_demo()
    assert await db.value("SELECT count(*) FROM profile.interaction") == before
    assert await db.value("SELECT count(*) FROM profile.member WHERE kind = 'MEMBER'") == 200


async def every_saved_operation_answers_something_worth_looking_at():
    from api.context import Context

    assert (await drain.lag()).pending == 0
    shown = (await identities.owners("user_id:demo", ["demo-026"]))["demo-026"]
    assert len(await timeline.of_root(shown, Page(limit=20))) > 10
    empty, failed = set(), set()
    for path in FILES:
        saved = operations.load(path)
        actor = member(shown) if saved.role == "member" else make.staff(saved.role)
        context = Context(actor=actor, language="zh-CN", request_id="test")
        answer = await run.run(schema, saved.query, saved.variables, saved.name, context)
        if answer.errors:
            failed.add(named(path))
            continue
        if not any(map(_shows, answer.data.values())):
            empty.add(named(path))
    assert (failed - NAMES_NOTHING, empty - MAY_BE_EMPTY) == (set(), set())


def _shows(part: Any) -> bool:
    """Whether there is something to see: no null, no empty list, no page without rows."""
    return bool(part) and not (isinstance(part, dict) and part.get("nodes") == [])
