"""Small reports that come at the same time: one transaction, and each its own answer."""

from __future__ import annotations

import asyncio

import pytest

from domain import db
from domain.profile import report_rules, reporting
from domain.profile.reporting import Counts
from domain.profile.tracking import gathering, taking
from domain.profile.tracking.taking import Delivery
from tests.api.tracking.conftest import letters, stored


def track(message_id: str, user: str = "u1", **more) -> Delivery:
    return Delivery("segment/track", [{"event": "A", "userId": user, "messageId": message_id, **more}])


async def at_once(source, *deliveries: Delivery) -> list[Counts]:
    return await asyncio.gather(*(taking.take(source, delivery) for delivery in deliveries))


async def test_reports_that_come_together_are_stored_together_and_answered_each_for_its_own(door):
    await taking.take(door.source, track("0"))
    seen: list[str] = []
    token = db.recorder.set(seen)
    try:
        found = await at_once(
            door.source, track("1"), track("2", user="undefined"), track("1"), track("3", "u2"),
            track("1", properties={"other": "body"}), Delivery("segment/batch", []),
        )  # fmt: skip
    finally:
        db.recorder.reset(token)
    assert found == [
        Counts(accepted=1), Counts(dead_lettered=1), Counts(duplicates=1), Counts(accepted=1),
        Counts(dead_lettered=1), Counts(),
    ]  # fmt: skip
    assert sum("INSERT INTO profile.message" in sql for sql in seen) == 1
    assert [row["message_id"] for row in await stored()] == ["0", "1", "3"]
    assert sorted(letter["reason"] for letter in await letters()) == ["duplicate_conflict", "no_identity"]


async def test_no_more_than_a_few_hundred_share_a_transaction(door, monkeypatch):
    monkeypatch.setattr(gathering, "TOGETHER", 2)
    sizes = []
    take = reporting.take

    async def noted(reporter, items, **more):
        sizes.append(len(items))
        return await take(reporter, items, **more)

    monkeypatch.setattr(reporting, "take", noted)
    found = await at_once(door.source, *(track(str(number)) for number in range(5)))
    assert found == [Counts(accepted=1)] * 5
    assert sizes == [2, 2, 1]


async def test_what_nobody_expected_sets_aside_only_its_own_item(door, monkeypatch):
    check = report_rules.check

    def breaks(item, message_id):
        if message_id == "2":
            raise RuntimeError("nobody expected this")
        check(item, message_id)

    monkeypatch.setattr(report_rules, "check", breaks)
    found = await at_once(door.source, track("1"), track("2"), track("3"))
    assert found == [Counts(accepted=1), Counts(dead_lettered=1), Counts(accepted=1)]
    assert [(one["reason"], one["path"]) for one in await letters()] == [("failed", "RuntimeError")]


async def test_a_request_that_is_broken_off_stops_no_other(door):
    first = asyncio.create_task(taking.take(door.source, track("1")))
    second = asyncio.create_task(taking.take(door.source, track("2")))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == Counts(accepted=1)
    assert [row["message_id"] for row in await stored()] == ["1", "2"]
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_while_the_database_is_away_all_are_told_and_nothing_is_stored(door, monkeypatch):
    async def away(*_, **__):
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(reporting, "take", away)
        found = await asyncio.gather(
            *(taking.take(door.source, track(str(n))) for n in range(3)), return_exceptions=True
        )
    assert [type(each) for each in found] == [ConnectionRefusedError] * 3
    assert await stored() == []
    assert await at_once(door.source, track("1")) == [Counts(accepted=1)]
