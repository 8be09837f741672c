"""Whatever is done in whatever order, the counters are the sums of the holds and never exceed the size (E1, E2)."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import clock, db
from domain.capacity import expiry, health, pools, taking
from domain.capacity.errors import PoolFull, PoolInUse
from domain.capacity.rules import State
from domain.errors import IllegalTransition
from tests.domain.capacity.conftest import HOST, pool, soon, take

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.sampled_from([State.HELD, State.PENDING, State.TAKEN]), st.integers(1, 3)),
        st.tuples(st.just("move"), st.integers(0, 5), st.sampled_from([State.PENDING, State.TAKEN])),
        st.tuples(st.just("release"), st.integers(0, 5), st.sampled_from([State.RELEASED, State.EXPIRED])),
        st.tuples(st.just("give back"), st.integers(0, 5), st.just(1)),
        st.tuples(st.just("resize"), st.sampled_from([0, 1, 3, 6, None]), st.none()),
        st.tuples(st.just("wait"), st.integers(1, 12), st.none()),
        st.tuples(st.just("sweep"), st.none(), st.none()),
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.tuples(st.integers(0, 5), st.integers(2, 6)), steps=STEPS)
async def test_counters_are_the_sums_of_the_holds(sizes, steps) -> None:
    clock.shift(timedelta(0))
    places = [await pool(size, closes_when_full=size == 4) for size in sizes]
    holds: list = []
    for step in steps:
        await _do(places, holds, *step)
        assert await health.problems() == []
        for row in (await pools.numbers(places)).values():
            assert row.size is None or row.taken + row.pending + row.held <= row.size


async def _do(places, holds, what, first, second) -> None:
    try:
        async with db.transaction():
            if what == "take":
                holds.append(
                    await take(*places, quantity=second, state=first, expires_at=soon(5) if first is State.HELD else None)
                )  # fmt: skip
            elif what == "resize":
                await pools.resize(HOST, places[0], first)
            elif what == "wait":
                clock.shift(clock._offset + timedelta(minutes=first))
            elif what == "sweep":
                await expiry.sweep()
            elif holds:
                await _change(holds[first % len(holds)], what, second)
    except (PoolFull, PoolInUse, IllegalTransition):
        pass


async def _change(hold, what, argument) -> None:
    if what == "move":
        await taking.move(hold, argument)
    elif what == "release":
        await taking.release(hold, argument)
    elif min((await taking.lines_of(hold)).values()) > argument:
        await taking.give_back(hold, argument)
