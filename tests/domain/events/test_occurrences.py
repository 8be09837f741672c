"""An occurrence's own life: every edge, second persons, editing, postponing and calling off."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain import clock, db, wiring
from domain.access import approvals, staff
from domain.access.approvals import Approval, Decision
from domain.actor import SYSTEM, Actor
from domain.capacity.errors import PoolInUse
from domain.errors import Forbidden, IllegalTransition, InvalidInput, NotFound, VersionConflict
from domain.events import due, occurrences, offers, places, rules, tiering
from domain.events.rules import OccurrenceState, Price, RefundPolicy, RefundStep
from domain.foundation import ids
from tests import make
from tests.domain.events import setting as s

wiring.start()


async def state_of(occurrence) -> str:
    return await db.value("SELECT state FROM events.occurrence WHERE id = $1", occurrence)


async def version_of(occurrence) -> int:
    return await db.value("SELECT version FROM events.occurrence WHERE id = $1", occurrence)


async def test_a_draft_has_its_tiers_and_their_pools() -> None:
    occurrence = await occurrences.draft(
        s.operator(), s.draft(s.tier("A"), s.tier("B", points=5, capacity=3), capacity=8)
    )
    first, second = (await offers.tiers_of([occurrence]))[occurrence]
    assert [pool.size for pool in first.pools] == [8]
    assert sorted(pool.size for pool in second.pools) == [3, 8]
    assert (first.is_paid, second.is_paid) == (False, True)
    assert second.availability.available == 3
    assert await state_of(occurrence) == "DRAFT"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"title": " "}, "title"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"city_adcode": "31"}, "cityAdcode"),
        ({"ends_at": clock.now()}, "endsAt"),
        ({"capacity": -1}, "capacity"),
        ({"tiers": ()}, "tiers"),
        ({"tiers": (s.tier(" "),)}, "tiers.0.name"),
        ({"tiers": (s.tier(max_party=0),)}, "tiers.0.maxParty"),
        ({"tiers": (s.tier(points=-1),)}, "tiers.0.priceOptions.0"),
        (
            {"tiers": (s.tier(refund_policy=RefundPolicy(steps=(RefundStep(1, 101),))),)},
            "tiers.0.refundPolicy.steps",
        ),
    ],
)
async def test_a_draft_that_cannot_be_names_every_problem(change, path) -> None:
    with pytest.raises(InvalidInput) as refused:
        await occurrences.draft(s.operator(), replace(s.draft(), **change))
    assert path in [problem.path for problem in refused.value.problems]
    assert await db.value("SELECT count(*) FROM events.occurrence") == 0


_STEPS = {
    "submit": (OccurrenceState.IN_REVIEW, OccurrenceState.DRAFT),
    "send back": (OccurrenceState.DRAFT, OccurrenceState.IN_REVIEW),
    "publish": (OccurrenceState.PUBLISHED, OccurrenceState.IN_REVIEW),
    "call off": (OccurrenceState.CANCELLED, OccurrenceState.PUBLISHED, OccurrenceState.ONGOING),
}


async def _step(name, occurrence) -> None:
    actor, version = s.operator(), await version_of(occurrence)
    if name == "submit":
        await occurrences.submit(actor, occurrence, expected_version=version)
    elif name == "send back":
        await occurrences.send_back(actor, occurrence, expected_version=version)
    elif name == "publish":
        await occurrences.publish(actor, occurrence, expected_version=version)
    else:
        await occurrences.call_off(actor, occurrence, reason="rain")


@pytest.mark.parametrize("state", list(OccurrenceState))
@pytest.mark.parametrize("name", list(_STEPS))
async def test_every_edge_of_an_occurrence(name, state) -> None:
    occurrence = await occurrences.draft(s.operator(), s.draft())
    await db.run("UPDATE events.occurrence SET state = $2 WHERE id = $1", occurrence, state)
    to, *sources = _STEPS[name]
    if state in sources:
        await _step(name, occurrence)
        assert await state_of(occurrence) == to
        return
    with pytest.raises(IllegalTransition) as refused:
        await _step(name, occurrence)
    assert (refused.value.from_, refused.value.to) == (state, to)
    assert refused.value.allowed == sorted(rules.OCCURRENCE_EDGES[state])
    assert await state_of(occurrence) == state


@pytest.mark.parametrize("state", list(OccurrenceState))
async def test_time_alone_opens_and_ends_what_is_published(state) -> None:
    occurrence = await occurrences.draft(s.operator(), s.draft(hours=1))
    await db.run("UPDATE events.occurrence SET state = $2 WHERE id = $1", occurrence, state)
    clock.shift(timedelta(hours=1))
    await due.move_occurrences()
    moved = {"PUBLISHED": "ONGOING"}
    assert await state_of(occurrence) == moved.get(state, state)
    clock.shift(timedelta(hours=4))
    await due.move_occurrences()
    assert await state_of(occurrence) == ("ENDED" if state in ("PUBLISHED", "ONGOING") else state)


async def test_a_free_small_event_is_published_by_one_person() -> None:
    occurrence = await occurrences.draft(s.operator(), s.draft(capacity=200))
    await _step("submit", occurrence)
    await _step("publish", occurrence)
    kinds = await db.fetch("SELECT kind FROM profile.interaction WHERE subject_id = $1", str(occurrence))
    assert [row["kind"] for row in kinds] == ["events.occurrence.published"]


@pytest.mark.parametrize(
    "options",
    [{"capacity": 201}, {"capacity": None}, {"tiers": (s.tier(points=1),)}, {"tiers": (s.tier(cash=1),)}],
)
async def test_paid_or_large_events_need_a_second_person(options) -> None:
    tiers = options.pop("tiers", ())
    maker = await _staff("operator")
    occurrence = await occurrences.draft(maker, s.draft(*tiers, **options))
    await _step("submit", occurrence)
    version = await version_of(occurrence)
    waiting = await occurrences.publish(maker, occurrence, expected_version=version)
    assert isinstance(waiting, Approval)
    assert await state_of(occurrence) == "IN_REVIEW"
    again = await occurrences.publish(maker, occurrence, expected_version=version)
    assert again.id == waiting.id
    done = await approvals.decide(await _staff("approver"), waiting.id, Decision.APPROVE)
    assert done.state == "APPROVED"
    assert await state_of(occurrence) == "PUBLISHED"


async def _staff(role: str) -> Actor:
    account = await staff.appoint(SYSTEM, name=f"The {role}", email=f"{role}@brand.example", role=role)
    return await staff.actor_of(account.id)


async def test_an_event_whose_start_has_passed_is_not_published() -> None:
    occurrence = await occurrences.draft(s.operator(), s.draft(hours=1))
    await _step("submit", occurrence)
    clock.shift(timedelta(hours=1))
    with pytest.raises(InvalidInput):
        await _step("publish", occurrence)


async def test_editing_needs_the_version_that_was_read() -> None:
    occurrence = await occurrences.draft(s.operator(), s.draft())
    await occurrences.edit(s.operator(), occurrence, {"title": "Dawn run"}, expected_version=1)
    with pytest.raises(VersionConflict) as refused:
        await occurrences.edit(s.operator(), occurrence, {"title": "Noon run"}, expected_version=1)
    assert refused.value.current == 2
    assert await db.value("SELECT title FROM events.occurrence WHERE id = $1", occurrence) == "Dawn run"
    with pytest.raises(NotFound):
        await occurrences.edit(s.operator(), ids.new(), {}, expected_version=1)


async def test_editing_tiers_and_adding_one() -> None:
    occurrence = await occurrences.draft(s.operator(), s.draft(s.tier("A", points=5)))
    tier = await s.tier_of(occurrence)
    edit = tiering.TierEdit(tier.id, {"name": "Early", "max_party": 3})
    await occurrences.edit(
        s.operator(),
        occurrence,
        {},
        expected_version=1,
        tiers=(edit,),
        new_tiers=(s.tier("Late", capacity=2),),
    )
    first, second = (await offers.tiers_of([occurrence]))[occurrence]
    assert (first.row["name"], first.row["max_party"], first.options[0].price) == ("Early", 3, Price(5, 0))
    assert first.options[0].id == tier.options[0].id
    assert (second.row["number"], second.row["name"], len(second.pools)) == (2, "Late", 2)
    with pytest.raises(InvalidInput):
        await occurrences.edit(
            s.operator(), occurrence, {}, expected_version=2, tiers=(tiering.TierEdit(tier.id, {"name": ""}),)
        )
    with pytest.raises(NotFound):
        await occurrences.edit(
            s.operator(), occurrence, {}, expected_version=2, tiers=(tiering.TierEdit(ids.new(), {}),)
        )


async def test_a_published_event_only_moves_by_postponing() -> None:
    occurrence = await s.published()
    version = await version_of(occurrence)
    with pytest.raises(InvalidInput):
        await occurrences.edit(s.operator(), occurrence, {"starts_at": clock.now()}, expected_version=version)
    start = clock.now() + timedelta(days=9)
    effects = await occurrences.postpone(
        s.operator(), occurrence, start, start + timedelta(hours=1), is_dry_run=True
    )
    assert (effects.members, await version_of(occurrence)) == (0, version)
    await occurrences.postpone(s.operator(), occurrence, start, start + timedelta(hours=1), reason="rain")
    row = await db.one("SELECT * FROM events.occurrence WHERE id = $1", occurrence)
    assert (row["state"], row["starts_at"], row["postponed_count"], row["free_cancel_until"]) == (
        "PUBLISHED", start, 1, start,
    )  # fmt: skip


async def test_calling_off_refunds_every_member_once_even_when_it_is_interrupted() -> None:
    occurrence = await s.published(s.tier(points=10, refund_policy=s.POLICY), hours=1)
    people = [await s.member(10) for _ in range(5)]
    made = [await s.register(person, occurrence) for person in people]
    await places.hold(await s.member(), occurrence, (await s.tier_of(occurrence)).id, 1)
    effects = await occurrences.call_off(s.operator(), occurrence, reason="storm", is_dry_run=True)
    assert (effects.members, effects.refund_points) == (5, 50)
    assert await state_of(occurrence) == "PUBLISHED"
    await occurrences.call_off(s.operator(), occurrence, reason="storm")
    assert await s.counters(occurrence) == (5, 0, 0)
    assert await due.next_called_off() is not None
    batch, due.BATCH = due.BATCH, 2
    try:
        assert [await due.settle_called_off() for _ in range(4)] == [2, 2, 1, 0]
    finally:
        due.BATCH = batch
    assert [await s.points_of(person) for person in people] == [10] * 5
    assert {(await s.registration(each))["state"] for each in made} == {"CANCELLED"}
    assert await s.told(made[0]) == ["confirmed", "cancelled"]
    assert await s.counters(occurrence) == (0, 0, 0)
    assert await s.is_sound()


async def test_a_host_of_one_event_runs_no_other() -> None:
    occurrence, other = await s.published(), await s.published()
    host = make.staff("host", scopes=(f"occurrence:{occurrence}",))
    start = clock.now() + timedelta(days=9)
    await occurrences.postpone(host, occurrence, start, start + timedelta(hours=1))
    for refused in (
        occurrences.postpone(host, other, start, start + timedelta(hours=1)),
        occurrences.call_off(host, other, reason="no"),
        occurrences.edit(host, other, {}, expected_version=1),
        occurrences.submit(make.staff("analyst"), other, expected_version=1),
        occurrences.draft(host, s.draft()),
    ):
        with pytest.raises(Forbidden):
            await refused


async def test_hosts_resize_and_reopen_the_pools_of_their_event() -> None:
    occurrence = await s.published(capacity=2, closes_when_full=True)
    pool = (await s.tier_of(occurrence)).pools[0].id
    await s.register(await s.member(), occurrence, party_size=2)
    host = make.staff("host", scopes=(f"occurrence:{occurrence}",))
    with pytest.raises(PoolInUse):
        await places.resize(host, pool, 1)
    await places.resize(host, pool, 5)
    assert (await s.tier_of(occurrence)).availability.available == 0
    await places.reopen(host, pool)
    assert (await s.tier_of(occurrence)).availability.available == 3
    with pytest.raises(Forbidden):
        await places.resize(make.staff("host", scopes=(f"occurrence:{ids.new()}",)), pool, 9)
    with pytest.raises(NotFound):
        await places.resize(host, ids.new(), 9)
