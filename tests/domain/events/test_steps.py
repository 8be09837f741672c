"""Whatever members, hosts and the time do in whatever order: E1 to E4 and E7 hold after every step."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import clock, db, wiring
from domain.capacity import expiry
from domain.errors import Refusal, TopLevel
from domain.events import cancelling, due, occurrences, paying, places, registering, reviewing
from domain.events.reviewing import ReviewDecision
from tests.domain.events import setting as s

wiring.start()
WHO = st.integers(0, 2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("register"), WHO, st.integers(1, 4), st.integers(1, 3)),
        st.tuples(st.just("hold"), WHO, st.integers(1, 4), st.integers(1, 3)),
        st.tuples(st.just("decline"), WHO, st.none(), st.none()),
        st.tuples(st.just("cancel"), WHO, st.none(), st.booleans()),
        st.tuples(st.just("leave"), WHO, st.none(), st.none()),
        st.tuples(st.just("review"), WHO, st.none(), st.sampled_from(ReviewDecision)),
        st.tuples(st.just("pay"), WHO, st.none(), st.none()),
        st.tuples(st.just("wait"), st.just(0), st.sampled_from([5, 16, 30, 700]), st.none()),
        st.tuples(st.just("resize"), st.just(0), st.integers(0, 8), st.none()),
        st.tuples(st.just("call off"), st.just(0), st.none(), st.none()),
    ),
    max_size=14,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_every_step_leaves_everything_in_order(steps) -> None:
    clock.shift(timedelta(0))
    occurrence = await s.published(
        s.tier("points", points=20, refund_policy=s.POLICY),
        s.tier("review", points=10, needs_approval=True, capacity=3),
        s.tier("cash", points=5, cash=100),
        s.tier("both", cash=100, needs_approval=True),
        capacity=5,
        hours=36,
    )
    people = [await s.member(50) for _ in range(3)]
    given_points = sum([await s.points_of(person) for person in people])
    for number, step in enumerate(steps):
        try:
            async with db.transaction():
                await _do(occurrence, people, number, *step)
        except (Refusal, TopLevel):
            pass
        assert await s.is_sound(), step
        kept = await db.value(
            """SELECT coalesce(sum(points_held + points_paid - points_refunded), 0)::int FROM events.registration
            WHERE occurrence = $1""",
            occurrence,
        )
        assert sum([await s.points_of(person) for person in people]) + kept == given_points


async def _do(occurrence, people, number, what, who, first, second) -> None:
    actor = people[who]
    if what == "register":
        await s.register(actor, occurrence, first, party_size=second)
    elif what == "hold":
        await places.hold(actor, occurrence, (await s.tier_of(occurrence, first)).id, second)
    elif what == "decline":
        await registering.decline(actor, occurrence)
    elif what == "wait":
        clock.shift(clock._offset + timedelta(minutes=first))
        for sweep in (expiry.SWEEP, *due.SWEEPS):
            await sweep.run()
    elif what == "resize":
        await places.resize(s.operator(), (await s.tier_of(occurrence)).pools[0].id, first)
    elif what == "call off":
        await occurrences.call_off(s.operator(), occurrence, reason="rain")
    else:
        await _change(occurrence, actor, number, what, second)


async def _change(occurrence, actor, number, what, second) -> None:
    row = await db.one(
        "SELECT id, cash_due FROM events.registration WHERE occurrence = $1 AND member = $2 ORDER BY registered_at DESC",
        occurrence, actor.member_id,
    )  # fmt: skip
    if row is None:
        return
    if what == "cancel":
        await cancelling.cancel(s.operator() if second else actor, row["id"])
    elif what == "leave":
        person = await db.value(
            "SELECT id FROM events.attendee WHERE registration = $1 AND cancelled_at IS NULL LIMIT 1",
            row["id"],
        )
        await cancelling.cancel(actor, row["id"], attendee_ids=[person] if person else [])
    elif what == "review":
        await reviewing.decide(s.operator(), row["id"], second, "because")
    else:
        await paying.record(s.operator(), row["id"], row["cash_due"], f"{occurrence}-{number}")
