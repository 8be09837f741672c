"""Bookings at the same moment: one place goes to one member, and nothing overlaps."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from domain import db
from domain.errors import Conflict
from domain.foundation import ids
from domain.services import booking, health, places
from domain.services.errors import SlotTaken
from tests import make
from tests.domain.services.shop import appointment, count, free, shop


async def _tries(calls: list) -> list[str]:
    async def one(call) -> str:
        try:
            await call
            return "booked"
        except SlotTaken as refused:
            assert refused.alternatives
            return "taken"

    return sorted(await asyncio.gather(*(one(call) for call in calls)))


@pytest.mark.commits
async def test_two_members_one_place_is_one_success_and_one_slot_taken() -> None:
    at = await shop()
    actors = [await make.member_actor() for _ in range(4)]
    answers = await _tries([booking.book(actor, at.store, at.service, at.at(10)) for actor in actors])
    assert answers == ["booked", "taken", "taken", "taken"]
    assert (await health.check()).violations == []


@pytest.mark.commits
async def test_two_advisors_confirm_one_place_once() -> None:
    at = await shop(needs_confirmation=True)
    waiting = [
        (await booking.book(await make.member_actor(), at.store, at.service, at.at(10)))[0] for _ in range(2)
    ]
    answers = await _tries([booking.confirm(make.staff("advisor"), each) for each in waiting])
    assert answers == ["booked", "taken"]


@pytest.mark.commits
async def test_forty_bookings_at_once_fill_all_places_and_overlap_nowhere() -> None:
    at = await shop(cars=3)
    starts = [at.at(hour) for hour in range(9, 17)]
    actors = [await make.member_actor() for _ in range(40)]
    answers = await asyncio.gather(
        *(
            db.attempt(lambda a=actor, s=starts[n % 8]: booking.book(a, at.store, at.service, s))
            for n, actor in enumerate(actors)
        ),
        return_exceptions=True,
    )
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert {type(each) for each in refused} == {SlotTaken}
    assert len(answers) - len(refused) == 24 == (await count())[0]
    assert await free(at) == []
    assert (await health.check()).violations == []


@pytest.mark.commits
async def test_without_lock_and_constraint_bookings_overlap() -> None:
    at = await shop()
    await db.run("ALTER TABLE services.appointment DROP CONSTRAINT no_overlap_on_one_unit")
    number = await db.value("SELECT number FROM services.resource WHERE id = $1", at.cars[0])
    free_for_all = asyncio.Barrier(2)

    async def count_then_insert(member: UUID) -> None:
        async with db.transaction():
            taken = await db.value(
                "SELECT count(*) FROM services.appointment WHERE resource_number = $1 AND during && tstzrange($2, $3)",
                number, at.at(10), at.at(11),
            )  # fmt: skip
            await free_for_all.wait()
            if not taken:
                await db.run(
                    """INSERT INTO services.appointment (id, store, service_type, member, starts_at, ends_at, during, resource,
                        resource_number, state, created_at, version)
                    VALUES ($1, $2, $3, $4, $5, $6, tstzrange($5, $6), $7, $8, 'BOOKED', now(), 1)""",
                    ids.new(), at.store, at.service, member, at.at(10), at.at(11), at.cars[0], number,
                )  # fmt: skip

    await asyncio.gather(*[count_then_insert(await make.member_id()) for _ in range(2)])
    assert [v.invariant for v in (await health.check()).violations] == ["S1"]


@pytest.mark.commits
async def test_the_constraint_alone_turns_an_overlap_into_a_conflict() -> None:
    at = await shop()
    made, _ = await booking.book(await make.member_actor(), at.store, at.service, at.at(10))
    row = await appointment(made)
    with pytest.raises(Conflict):
        async with db.transaction():
            await places.guarded(
                """INSERT INTO services.appointment (id, store, service_type, member, starts_at, ends_at, during, resource,
                    resource_number, state, created_at, version)
                SELECT $2, store, service_type, member, starts_at, ends_at, during, resource, resource_number, state,
                    created_at, 1 FROM services.appointment WHERE id = $1""",
                made, ids.new(),
            )  # fmt: skip
    assert row["version"] == (await appointment(made))["version"]
