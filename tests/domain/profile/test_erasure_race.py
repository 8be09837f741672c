"""A report that is stored while its person is erased: it is erased with them, or it is not stored."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from domain import clock, db, wiring
from domain.actor import member
from domain.foundation import lifecycle
from domain.profile import erasure, identities, members, reporting, reports, resolution
from domain.profile.report_rules import Item
from domain.profile.reporting import Outcome, Reporter
from tests import make

pytestmark = pytest.mark.commits
SECRET = "the secret of Anna"


@pytest.fixture(autouse=True)
async def brand(fresh):
    await wiring.seed_brand()


async def person() -> tuple:
    """A member with a user id, and the erasure that is due."""
    root = (await resolution.resolve([("user_id", "anna", False), ("device_id", "d1", False)])).member
    async with db.transaction():
        made = await erasure._open(make.staff("admin"), root, clock.now(), "asked for")
    return root, made


def report() -> Item:
    return Item(
        kind="Opened", message_id="m1", identities=(("user_id", "anna"), ("device_id", "d1")),
        properties={"words": SECRET}, traits={"words": SECRET},
    )  # fmt: skip


async def stored_while(erased: asyncio.Event, stored: asyncio.Event) -> list[Outcome]:
    """A report whose transaction stays open until the event."""
    async with db.transaction():
        outcomes = await reporting.take(Reporter(make.source()), [report()])
        stored.set()
        await erased.wait()
    return outcomes


async def left_of(root) -> int:
    """How many rows still have what the person said."""
    return await db.value(
        """SELECT (SELECT count(*) FROM profile.interaction WHERE properties::text LIKE '%secret%')
            + (SELECT count(*) FROM profile.trait_value WHERE value::text LIKE '%secret%')
            + (SELECT count(*) FROM profile.trait_change WHERE value::text LIKE '%secret%')
            + (SELECT count(*) FROM profile.identity WHERE member = $1)""",
        root,
    )


async def test_a_report_that_is_not_committed_yet_is_waited_for_and_erased():
    root, made = await person()
    go, stored = asyncio.Event(), asyncio.Event()
    reporting_ = asyncio.create_task(stored_while(go, stored))
    await stored.wait()
    erasing = asyncio.create_task(erasure._erase(made))
    done, _ = await asyncio.wait([erasing], timeout=0.5)
    assert not done
    go.set()
    assert (await reporting_, await erasing) == ([Outcome.ACCEPTED], 1)
    assert await left_of(root) == 0


async def test_a_report_that_comes_while_a_person_is_erased_is_not_stored(monkeypatch):
    root, made = await person()
    inside, go = asyncio.Event(), asyncio.Event()

    async def linger(_: list) -> dict[str, tuple[int, int, int]]:
        inside.set()
        await go.wait()
        return {}

    slow = replace(lifecycle.areas[-1], area="slow", covers=frozenset(), erase=linger)
    monkeypatch.setattr(lifecycle, "areas", [*lifecycle.areas, slow])
    erasing = asyncio.create_task(erasure._erase(made))
    await inside.wait()
    coming = asyncio.create_task(reporting.take(Reporter(make.source()), [report()]))
    done, _ = await asyncio.wait([coming], timeout=0.5)
    assert not done
    go.set()
    assert (await erasing, await coming) == (1, [Outcome.SUPPRESSED])
    assert await left_of(root) == 0
    assert await db.value("SELECT count(*) FROM profile.interaction WHERE kind = 'app.Opened'") == 0
    assert await db.value("SELECT count(*) FROM profile.dead_letter") == 0


async def test_a_members_own_report_after_the_erasure_is_not_stored():
    root, made = await person()
    other = await make.member_id()
    assert await erasure._erase(made) == 1
    outcomes = await reporting.take(
        Reporter(make.source(), member=root), [report(), replace(report(), message_id="m2", identities=(("user_id", "bo"),))]
    )  # fmt: skip
    assert outcomes == [Outcome.SUPPRESSED, Outcome.ACCEPTED]

    late = [Item(kind="Opened", message_id="m3", properties={"words": SECRET})]
    assert await reporting.take(Reporter(member(root)), late) == [Outcome.SUPPRESSED]
    assert await reporting.take(Reporter(member(other)), late) == [Outcome.ACCEPTED]
    assert await identities.owner("user_id", "anna") is None
    assert (await members.by_id(root))["status"] == "ERASED"


async def test_without_the_locks_the_report_escapes(monkeypatch):
    """The control: what the two tests above look for is really there when nobody waits for anybody."""

    async def lock_nothing(_: object) -> None: ...

    monkeypatch.setattr(erasure, "_lock", lock_nothing)
    monkeypatch.setattr(reports, "_STORE", reports._STORE.replace("FOR KEY SHARE OF m, r", ""))
    root, made = await person()
    go, stored = asyncio.Event(), asyncio.Event()
    reporting_ = asyncio.create_task(stored_while(go, stored))
    await stored.wait()
    await asyncio.wait_for(db.attempt(lambda: erasure._erase(made)), timeout=10)
    go.set()
    assert await reporting_ == [Outcome.ACCEPTED]
    assert await left_of(root) > 0
