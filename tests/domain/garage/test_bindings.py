"""Claims and bindings: equal answers, one owner, and what follows in the profile."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from domain import clock, db, wiring
from domain.access import approvals
from domain.actor import Actor, ActorKind
from domain.errors import Forbidden, IllegalTransition, InvalidInput, NotFound, VersionConflict
from domain.foundation import ids
from domain.foundation.lifecycle import Merged
from domain.garage import bindings, claims, overview, rules, vehicles, vin
from domain.garage.bindings import BindingDecision
from domain.garage.claims import Document
from domain.garage.errors import AlreadyBound, InvalidVin, TooManyClaims
from domain.garage.lifecycle import LIFECYCLE
from domain.garage.tables import BindingRole, BindingState, EndedReason, Proof
from domain.profile import traits
from tests import make

wiring.start()  # approvals know their commands
PAPERS = Document("ENG-1", "张三")
_serial = itertools.count(1)


def some_vin() -> str:
    """A VIN of an invented car, with its right check digit."""
    text = f"LMGAA1B2?P{next(_serial):07d}".replace("?", "0")
    return text[:8] + vin.expected_digit(text) + text[9:]


async def registered(**facts: object) -> str:
    """A car that the brand knows."""
    text = some_vin()
    await vehicles.register(make.staff("operator"), [vehicles.Given(vin=text, model_code="S7", **facts)])
    return text


async def state(binding: UUID) -> tuple[str, int]:
    row = (await overview.bindings_by_ids([binding]))[binding]
    return row["state"], row["version"]


async def owner_of(text: str) -> tuple[Actor, UUID]:
    """A member who owns the car with this VIN, and the binding."""
    actor = await make.member_actor()
    binding = await claims.claim(actor, text, PAPERS)
    await bindings.decide(make.staff("operator"), binding, BindingDecision.APPROVE, expected_version=1)
    return actor, binding


async def kinds_of(member_id: UUID) -> list[str]:
    rows = await db.fetch(
        "SELECT kind FROM profile.interaction WHERE member = $1 AND kind LIKE 'garage.%' ORDER BY received_at, id",
        member_id,
    )
    return [row["kind"] for row in rows]


async def test_a_claim_does_the_same_for_an_unknown_vin_and_for_anothers() -> None:
    taken, unknown = await registered(), some_vin()
    await owner_of(taken)
    seen = []
    for text in (taken, unknown):
        statements: list[str] = []
        token = db.recorder.set(statements)
        binding = await claims.claim(await make.member_actor(), text, PAPERS)
        db.recorder.reset(token)
        row = (await overview.bindings_by_ids([binding]))[binding]
        steps = statements[next(i for i, s in enumerate(statements) if "claim_attempt" in s) :]
        steps = [step for step in steps if "SAVEPOINT" not in step]
        seen.append((row["state"], row["vehicle"], row["version"], steps))
    assert seen[0] == seen[1]
    assert seen[0][:3] == ("VERIFYING", None, 1)


async def test_the_fourth_claim_on_one_vin_in_a_day_is_too_many() -> None:
    text = some_vin()
    for _ in range(3):
        await claims.claim(await make.member_actor(), text, PAPERS)
    last = await make.member_actor()
    with pytest.raises(TooManyClaims) as refused:
        await claims.claim(last, text, PAPERS)
    assert timedelta(hours=23) < refused.value.available_at - clock.now() <= timedelta(days=1)
    assert await overview.of_member(last.member_id) == []
    clock.shift(timedelta(days=1, minutes=1))
    try:
        assert await claims.claim(last, text, PAPERS)
    finally:
        clock.shift(timedelta(0))


async def test_a_member_claims_five_vehicles_a_day() -> None:
    actor = await make.member_actor()
    for _ in range(5):
        await claims.claim(actor, some_vin(), PAPERS)
    with pytest.raises(TooManyClaims):
        await claims.claim(actor, some_vin(), PAPERS)


async def test_a_device_claims_ten_vehicles_a_day() -> None:
    def on_device(member_id: UUID) -> Actor:
        return Actor(
            kind=ActorKind.MEMBER,
            id=member_id,
            member_id=member_id,
            roles=frozenset({"member"}),
            device="d-1",
        )

    for _ in range(10):
        await claims.claim(on_device(await make.member_id()), some_vin(), PAPERS)
    with pytest.raises(TooManyClaims):
        await claims.claim(on_device(await make.member_id()), some_vin(), PAPERS)


async def test_a_waiting_claim_is_answered_again() -> None:
    actor, text = await make.member_actor(), some_vin()
    assert await claims.claim(actor, text, PAPERS) == await claims.claim(actor, text.lower(), PAPERS)


async def test_a_bad_vin_and_empty_papers_are_refused_and_not_counted() -> None:
    actor = await make.member_actor()
    with pytest.raises(InvalidVin, match="17 characters"):
        await claims.claim(actor, "123", PAPERS)
    with pytest.raises(InvalidInput):
        await claims.claim(actor, some_vin(), Document(" ", "张三"))
    assert await db.value("SELECT count(*) FROM garage.claim_attempt") == 0


async def test_papers_and_plate_are_not_readable_in_the_database() -> None:
    binding = await claims.claim(await make.member_actor(), some_vin(), PAPERS, plate="沪A12345")
    row = await db.one("SELECT plate, evidence FROM garage.binding WHERE id = $1", binding)
    assert "张三".encode() not in row["evidence"] and b"12345" not in row["plate"]
    assert await overview.papers(binding) == {
        "engineNumber": "ENG-1",
        "realName": "张三",
        "plate": "沪A12345",
    }


async def test_becoming_active_writes_tie_traits_and_interaction() -> None:
    text = await registered()
    actor, binding = await owner_of(text)
    assert await state(binding) == ("ACTIVE", 2)
    assert await bindings.is_owner(actor.member_id)
    held = await traits.values_of(actor.member_id)
    assert (held["vehicle.models"], held["vehicle.count"]) == (["S7"], 1)
    assert held["owner.since"]
    assert await kinds_of(actor.member_id) == ["garage.vehicle.claimed", "garage.vehicle.bound"]
    row = (await overview.bindings_by_ids([binding]))[binding]
    assert row["is_first_owner"] and row["valid_to"] is None
    assert (await overview.health()).violations == []


async def test_approving_makes_an_unregistered_car_known() -> None:
    text = some_vin()
    _actor, _ = await owner_of(text)
    row = await db.one("SELECT source, make FROM garage.vehicle WHERE vin = $1", text)
    assert (row["source"], row["make"]) == ("binding", "GAC Trumpchi")
    done = await vehicles.register(
        make.staff("operator"), [vehicles.Given(vin=text, model_code="S7", make="Marque")]
    )
    assert (done.accepted, done.rejected) == (1, [])
    row = await db.one("SELECT source, make, model_code FROM garage.vehicle WHERE vin = $1", text)
    assert tuple(row.values()) == ("staff", "Marque", "S7")


async def test_a_second_owner_is_refused_and_the_claim_keeps_waiting() -> None:
    text = await registered()
    await owner_of(text)
    other = await make.member_actor()
    claim = await claims.claim(other, text, PAPERS)
    with pytest.raises(AlreadyBound):
        await bindings.decide(make.staff("operator"), claim, BindingDecision.APPROVE, expected_version=1)
    assert await state(claim) == ("VERIFYING", 1)
    assert not await bindings.is_owner(other.member_id)
    with pytest.raises(AlreadyBound):
        await bindings.bind(make.staff("operator"), other.member_id, text, Proof.DELIVERY)


async def test_unbinding_ends_the_right_and_the_next_owner_is_not_the_first() -> None:
    text = await registered()
    actor, binding = await owner_of(text)
    await bindings.unbind(actor, binding, EndedReason.SOLD)
    assert await state(binding) == ("ENDED", 3)
    assert not await bindings.is_owner(actor.member_id)
    assert "vehicle.count" not in await traits.values_of(actor.member_id)
    assert (await kinds_of(actor.member_id))[-1] == "garage.vehicle.unbound"
    _, second = await owner_of(text)
    assert not (await overview.bindings_by_ids([second]))[second]["is_first_owner"]
    assert (await overview.health()).violations == []
    with pytest.raises(IllegalTransition) as refused:
        await bindings.unbind(actor, binding, EndedReason.SOLD)
    assert (refused.value.from_, refused.value.allowed) == ("ENDED", [])


async def test_co_users_end_with_the_owner() -> None:
    text = await registered()
    actor, binding = await owner_of(text)
    friend = await make.member_id()
    shared = await bindings.bind(actor, friend, text, Proof.STAFF, role=BindingRole.CO_USER)
    await bindings.unbind(actor, binding, EndedReason.SOLD)
    assert (await state(shared))[0] == "ENDED"
    assert (await kinds_of(friend))[-1] == "garage.vehicle.unbound"


async def test_nobody_unbinds_anothers_vehicle() -> None:
    _, binding = await owner_of(await registered())
    with pytest.raises(NotFound):
        await bindings.unbind(await make.member_actor(), binding, EndedReason.SOLD)
    assert (await state(binding))[0] == "ACTIVE"


async def test_rejecting_needs_a_reason_and_the_version_that_was_read() -> None:
    actor = await make.member_actor()
    claim = await claims.claim(actor, some_vin(), PAPERS)
    operator = make.staff("operator")
    with pytest.raises(InvalidInput):
        await bindings.decide(operator, claim, BindingDecision.REJECT, expected_version=1)
    with pytest.raises(VersionConflict):
        await bindings.decide(operator, claim, BindingDecision.REJECT, expected_version=7, reason="blurred")
    with pytest.raises(Forbidden):
        await bindings.decide(make.staff("advisor"), claim, BindingDecision.APPROVE, expected_version=1)
    await bindings.decide(operator, claim, BindingDecision.REJECT, expected_version=1, reason="blurred")
    assert await state(claim) == ("REJECTED", 2)
    assert (await kinds_of(actor.member_id))[-1] == "garage.vehicle.rejected"
    with pytest.raises(IllegalTransition):
        await bindings.decide(operator, claim, BindingDecision.APPROVE, expected_version=2)


async def test_approving_on_staffs_word_needs_a_second_person() -> None:
    claim = await claims.claim(await make.member_actor(), await registered(), PAPERS)
    asked = await bindings.decide(
        make.staff("operator"), claim, BindingDecision.APPROVE, expected_version=1, reason="known at the store", proof=Proof.STAFF
    )  # fmt: skip
    assert isinstance(asked, approvals.Approval)
    assert await state(claim) == ("VERIFYING", 1)
    with approvals._signing(asked):
        await bindings.run_decision(make.staff("operator"), asked.input)
    row = (await overview.bindings_by_ids([claim]))[claim]
    assert (row["state"], row["proof"]) == ("ACTIVE", "STAFF")


@pytest.mark.parametrize("start", BindingState)
@pytest.mark.parametrize("target", BindingState)
async def test_every_edge_of_a_binding_is_walked_or_refused(
    start: BindingState, target: BindingState
) -> None:
    _, binding = await owner_of(await registered())
    has_right = start not in (BindingState.CLAIMED, BindingState.VERIFYING, BindingState.REJECTED)
    gone = (
        ""
        if has_right
        else ", vehicle = NULL, vehicle_number = NULL, valid_during = NULL, is_first_owner = false"
    )
    await db.run(f"UPDATE garage.binding SET state = $2{gone} WHERE id = $1", binding, start)
    vehicle = await db.one("SELECT id, number FROM garage.vehicle ORDER BY number DESC LIMIT 1")
    facts = {
        "vehicle": vehicle["id"],
        "vehicle_number": vehicle["number"],
        "valid_during": asyncpg.Range(clock.now(), None),
    }
    changes = facts if target is BindingState.ACTIVE and not has_right else {}
    if target in rules.EDGES[start]:
        await bindings.become(binding, start, target, **changes)
        assert (await state(binding))[0] == target
    else:
        with pytest.raises(IllegalTransition) as refused:
            await bindings.become(binding, start, target, **changes)
        assert refused.value.allowed == [str(edge) for edge in rules.EDGES[start]]
        assert (await state(binding))[0] == start


async def test_bindings_follow_a_merge_and_its_undo() -> None:
    text = await registered()
    actor, binding = await owner_of(text)
    winner = await make.member_id()
    other_text = await registered()
    await bindings.bind(make.staff("operator"), winner, other_text, Proof.IMPORT)
    merged = Merged(binding, winner, actor.member_id, (actor.member_id,))
    await db.run(
        "UPDATE profile.member SET root = $2, status = 'MERGED' WHERE id = $1", actor.member_id, winner
    )
    await LIFECYCLE.on_merge(merged)
    assert len(await overview.of_member(winner)) == 2
    assert (await traits.values_of(winner))["vehicle.count"] == 2
    assert (await overview.health()).violations == []
    await db.run("UPDATE profile.member SET root = id, status = 'ACTIVE' WHERE id = $1", actor.member_id)
    await LIFECYCLE.on_undo(merged)
    assert (await traits.values_of(winner))["vehicle.count"] == 1
    assert (await traits.values_of(actor.member_id))["vehicle.count"] == 1


async def test_registering_again_changes_nothing_and_a_repeated_vin_is_named() -> None:
    operator, text = make.staff("operator"), some_vin()
    cars = [
        vehicles.Given(vin=text.lower(), model_code="S7", external_id="car-1"),
        vehicles.Given(vin=f" {text} ", model_code="S7", external_id="car-2"),
        vehicles.Given(vin="1HGCM82643A004352"),
    ]
    dry = await vehicles.register(operator, cars, is_dry_run=True)
    assert await db.value("SELECT count(*) FROM garage.vehicle") == 0
    first = await vehicles.register(operator, cars)
    assert dry == first
    assert (first.accepted, first.unchanged) == (1, 0)
    assert [(r.index, r.problem) for r in first.rejected] == [(1, "VIN_REPEATED"), (2, "CHECK_DIGIT")]
    again = await vehicles.register(operator, cars[:1])
    assert (again.accepted, again.unchanged) == (0, 1)
    revised = await vehicles.register(operator, [vehicles.Given(vin=text, color="red", external_id="car-1")])
    assert revised.accepted == 1
    row = await db.one("SELECT model_code, color, version FROM garage.vehicle")
    assert tuple(row.values()) == ("S7", "red", 2)


@pytest.mark.commits
async def test_two_approved_proofs_at_once_make_one_owner() -> None:
    text = await registered()
    waiting = [await claims.claim(await make.member_actor(), text, PAPERS) for _ in range(3)]

    async def approve(claim: UUID) -> str:
        try:
            await bindings.decide(make.staff("operator"), claim, BindingDecision.APPROVE, expected_version=1)
            return "ACTIVE"
        except AlreadyBound:
            return "AlreadyBound"

    answers = await asyncio.gather(*(approve(claim) for claim in waiting))
    assert sorted(answers) == ["ACTIVE", "AlreadyBound", "AlreadyBound"]
    assert (await overview.health()).violations == []


@pytest.mark.commits
async def test_without_index_exclusion_and_lock_two_owners_appear() -> None:
    text = await registered()
    vehicle = await db.one("SELECT id, number FROM garage.vehicle WHERE vin = $1", text)
    await db.run("DROP INDEX garage.binding_one_owner")
    await db.run("DROP INDEX garage.binding_first_owner_once")
    await db.run("ALTER TABLE garage.binding DROP CONSTRAINT owner_periods_never_overlap")
    free = asyncio.Barrier(2)

    async def bind(member_id: UUID) -> None:
        async with db.transaction():
            taken = await db.value(
                "SELECT EXISTS (SELECT FROM garage.binding WHERE vehicle = $1)", vehicle["id"]
            )
            await free.wait()
            if not taken:
                await db.run(
                    """INSERT INTO garage.binding (id, vehicle, vehicle_number, member, role, state, proof, valid_during,
                        is_first_owner, claimed_at, version)
                    VALUES ($1, $2, $3, $4, 'OWNER', 'ACTIVE', 'STAFF', tstzrange(now(), NULL), false, now(), 1)""",
                    ids.new(), vehicle["id"], vehicle["number"], member_id,
                )  # fmt: skip

    await asyncio.gather(*[bind(await make.member_id()) for _ in range(2)])
    assert next(v.invariant for v in (await overview.health()).violations) == "G1"
