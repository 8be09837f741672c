"""Short words for pools and holds."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from domain import clock, db
from domain.actor import Actor, ActorKind
from domain.capacity import health, pools, rules, taking
from domain.capacity.rules import Purpose, State
from domain.foundation import ids

HOST = Actor(kind=ActorKind.STAFF, id=UUID(int=7), roles=frozenset({"host"}))


async def pool(size: int | None, **options) -> UUID:
    async with db.transaction():
        return await pools.make("OCCURRENCE", ids.new(), size=size, **options)


async def take(*of: UUID, quantity: int = 1, state: State = State.TAKEN, **options) -> UUID:
    options.setdefault("purpose", Purpose.CHECKOUT if state is State.HELD else Purpose.REGISTRATION)
    async with db.transaction():
        return await taking.take(
            dict.fromkeys(of, quantity), subject=("TEST", UUID(int=1)), state=state, **options
        )


def soon(minutes: int = 10):
    return clock.now() + timedelta(minutes=minutes)


async def left(*of: UUID, view=rules.View.PUBLIC) -> tuple[str, int | None]:
    found = rules.combined(list((await pools.numbers(of)).values()), view)
    return found.state.value, found.available


async def counters(of: UUID) -> tuple[int, int, int]:
    row = await pools.by_id(of)
    return row["taken"], row["pending"], row["held"]


async def is_healthy() -> bool:
    return await health.problems() == []


@pytest.fixture(autouse=True)
def steady_clock():
    """Tests may shift the clock; the next one starts at the present."""
    yield
    clock.shift(timedelta(0))
