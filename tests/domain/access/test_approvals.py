"""Maker and checker: every edge, and what may stop a signature."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from domain import clock, db
from domain.access import approvals, audit, policy, rules, staff
from domain.access.approvals import Command, Decision
from domain.access.errors import CommandRefused, MakerIsChecker, MakerNotAllowed
from domain.access.rules import APPROVAL_EDGES, ApprovalState
from domain.actor import SYSTEM, Actor
from domain.errors import Forbidden, IllegalTransition, InvalidInput, NotEligible, NotFound, VersionConflict
from domain.foundation import ids
from tests import make

ACTION = "test.grant"


@pytest.fixture(autouse=True)
def command():
    """A command whose function asks for an approval itself, as every function that needs one does."""
    done: list[tuple[Actor, dict]] = []

    async def grant(actor: Actor, given: dict):
        asked = await approvals.ask(
            actor, ACTION, given, amount=given["amount"], effects={"adds": given["amount"]}
        )
        if asked is not None:
            return asked
        if given.get("refuse"):
            raise NotEligible([])
        await db.run("UPDATE access.policy SET version = version + 1 WHERE id = 1")
        done.append((actor, given, approvals.checker()))
        return {"granted": given["amount"]}

    approvals.register(Command(ACTION, grant, frozenset({"operator"}), above=Decimal(100)))
    grant.done = done
    yield grant
    del approvals.commands[ACTION]


async def appointed(*roles: str) -> Actor:
    email = f"{ids.new()}@brand.example"
    for role in roles:
        account = await staff.appoint(SYSTEM, name=roles[0], email=email, role=role)
    return await staff.actor_of(account.id)


async def test_below_the_threshold_it_is_simply_done(command):
    assert await command(await appointed("operator"), {"amount": 100}) == {"granted": 100}
    assert await db.value("SELECT count(*) FROM access.approval") == 0


async def test_above_it_waits_and_approving_does_it_as_the_maker(command):
    maker, checker = await appointed("operator"), await appointed("approver")
    asked = await command(maker, {"amount": 101})
    assert (asked.state, asked.effects, command.done) == (ApprovalState.REQUESTED, {"adds": 101}, [])
    decided = await approvals.decide(checker, asked.id, Decision.APPROVE, "fine")
    assert (decided.state, decided.checker, decided.outcome) == (
        ApprovalState.APPROVED,
        checker.id,
        {"granted": 101},
    )
    [(actor, given, signer)] = command.done
    assert (actor.id, given, signer) == (maker.id, {"amount": 101}, checker.id)
    assert approvals.checker() is None


async def test_asking_twice_is_one_request(command):
    maker = await appointed("operator")
    first, second = await command(maker, {"amount": 500}), await command(maker, {"amount": 500})
    other = await command(await appointed("operator"), {"amount": 500})
    assert first.id == second.id != other.id


async def test_the_maker_never_signs_even_as_admin(command):
    maker = await appointed("operator", "approver", "admin")
    asked = await command(maker, {"amount": 500})
    for decision in Decision:
        with pytest.raises(MakerIsChecker):
            await approvals.decide(maker, asked.id, decision, "mine")
    assert (await approvals.by_ids([asked.id]))[
        asked.id
    ].state is ApprovalState.REQUESTED and not command.done


async def test_who_is_no_approver_decides_nothing(command):
    asked = await command(await appointed("operator"), {"amount": 500})
    with pytest.raises(Forbidden):
        await approvals.decide(await appointed("moderator"), asked.id, Decision.APPROVE)


async def test_a_refusing_command_changes_nothing_and_leaves_the_request_open(command):
    maker, checker = await appointed("operator"), await appointed("approver")
    asked = await command(maker, {"amount": 500, "refuse": True})
    with pytest.raises(CommandRefused) as refused:
        await approvals.decide(checker, asked.id, Decision.APPROVE)
    assert refused.value.code == "NotEligible"
    found = (await approvals.by_ids([asked.id]))[asked.id]
    assert (found.state, found.checker, found.version) == (ApprovalState.REQUESTED, None, 1)


async def test_a_maker_who_lost_the_role_or_the_account_gets_nothing_done(command):
    maker, checker = await appointed("operator"), await appointed("approver")
    asked = await command(maker, {"amount": 500})
    await staff.end_role(SYSTEM, maker.id, "operator")
    with pytest.raises(MakerNotAllowed):
        await approvals.decide(checker, asked.id, Decision.APPROVE)
    await staff.close(SYSTEM, maker.id, "left")
    with pytest.raises(MakerNotAllowed):
        await approvals.decide(checker, asked.id, Decision.APPROVE)
    assert not command.done


async def test_turning_down_needs_a_reason(command):
    asked = await command(await appointed("operator"), {"amount": 500})
    checker = await appointed("approver")
    for decision in (Decision.REJECT, Decision.REQUEST_CHANGES):
        with pytest.raises(InvalidInput):
            await approvals.decide(checker, asked.id, decision, " ")


async def test_only_the_maker_takes_a_request_back(command):
    maker = await appointed("operator")
    asked = await command(maker, {"amount": 500})
    with pytest.raises(Forbidden):
        await approvals.withdraw(await appointed("operator"), asked.id)
    assert (await approvals.withdraw(maker, asked.id)).state is ApprovalState.WITHDRAWN
    assert (await command(maker, {"amount": 500})).id != asked.id


async def test_an_undecided_request_expires_after_14_days(command):
    maker, checker = await appointed("operator"), await appointed("approver")
    asked = await command(maker, {"amount": 500})
    assert await approvals.next_due() == asked.expires_at
    clock.shift(timedelta(days=13, hours=23))
    assert await approvals.expire_due() == 0
    clock.shift(timedelta(days=14, seconds=1))
    with pytest.raises(IllegalTransition) as refused:
        await approvals.decide(checker, asked.id, Decision.APPROVE)
    assert refused.value.from_ == "EXPIRED"
    assert (await approvals.expire_due(), await approvals.expire_due()) == (1, 0)
    assert (await approvals.by_ids([asked.id]))[asked.id].state is ApprovalState.EXPIRED
    assert await approvals.next_due() is None


async def test_how_long_a_request_waits_is_data(command):
    await policy.save(SYSTEM, 1, {"approval_days": 1})
    asked = await command(await appointed("operator"), {"amount": 500})
    assert asked.expires_at - asked.requested_at == timedelta(days=1)


async def test_thresholds_are_data(command):
    admin, maker = make.staff("admin"), await appointed("operator")
    assert [(each.action, each.above) for each in await approvals.thresholds() if each.action == ACTION] == [
        (ACTION, Decimal(100))
    ]
    kept = await approvals.set_threshold(admin, ACTION, Decimal(10), True, 1)
    assert kept.version == 2
    assert isinstance(await command(maker, {"amount": 11}), approvals.Approval)
    await approvals.set_threshold(admin, ACTION, None, True, 2)
    assert isinstance(await command(maker, {"amount": 1}), approvals.Approval)
    await approvals.set_threshold(admin, ACTION, None, False, 3)
    assert await command(maker, {"amount": 10**12}) == {"granted": 10**12}
    with pytest.raises(VersionConflict):
        await approvals.set_threshold(admin, ACTION, None, True, 1)
    with pytest.raises(InvalidInput):
        await approvals.set_threshold(admin, "no.such", None, True, 1)


async def test_an_unknown_request_is_not_found():
    with pytest.raises(NotFound):
        await approvals.decide(await appointed("approver"), ids.new(), Decision.APPROVE)


async def reach(state: ApprovalState, command) -> tuple[Actor, Actor, approvals.Approval]:
    """A fresh request that has come to ``state`` by its own steps."""
    maker, checker = await appointed("operator"), await appointed("approver")
    asked = await command(maker, {"amount": 500, "n": str(ids.new())})
    await step(state, maker, checker, asked)
    return maker, checker, asked


async def step(target: ApprovalState, maker: Actor, checker: Actor, asked: approvals.Approval) -> None:
    decisions = {
        ApprovalState.APPROVED: Decision.APPROVE,
        ApprovalState.REJECTED: Decision.REJECT,
        ApprovalState.CHANGES_REQUESTED: Decision.REQUEST_CHANGES,
    }
    if target in decisions:
        await approvals.decide(checker, asked.id, decisions[target], "because")
    elif target is ApprovalState.WITHDRAWN:
        await approvals.withdraw(maker, asked.id)
    elif target is ApprovalState.EXPIRED:
        await db.run("UPDATE access.approval SET expires_at = $2 WHERE id = $1", asked.id, clock.now())
        if not await approvals.expire_due():
            raise IllegalTransition("", "EXPIRED", [])


@pytest.mark.parametrize("target", [state for state in ApprovalState if state is not ApprovalState.REQUESTED])
@pytest.mark.parametrize("state", list(ApprovalState))
async def test_every_edge_allowed_or_not(state, target, command):
    maker, checker, asked = await reach(state, command)
    before = (await approvals.by_ids([asked.id]))[asked.id]
    assert before.state is state
    if target in APPROVAL_EDGES[state]:
        await step(target, maker, checker, asked)
        assert (await approvals.by_ids([asked.id]))[asked.id].state is target
    else:
        with pytest.raises(IllegalTransition) as refused:
            await step(target, maker, checker, asked)
        if target is not ApprovalState.EXPIRED:
            assert refused.value.allowed == sorted(APPROVAL_EDGES[state])
        after = (await approvals.by_ids([asked.id]))[asked.id]
        assert (after.state, after.version) == (before.state, before.version)


def test_every_state_has_its_edges():
    assert set(APPROVAL_EDGES) == set(ApprovalState)
    assert rules.sources_of(ApprovalState.EXPIRED) == ["CHANGES_REQUESTED", "REQUESTED"]


@pytest.mark.commits
async def test_two_checkers_at_once_do_it_once(command):
    maker = await appointed("operator")
    checkers = [await appointed("approver") for _ in range(4)]
    asked = await command(maker, {"amount": 500})

    async def decide(checker: Actor) -> str:
        try:
            return (await approvals.decide(checker, asked.id, Decision.APPROVE)).state
        except IllegalTransition:
            return "late"

    answers = await asyncio.gather(*(decide(checker) for checker in checkers))
    assert sorted(answers) == ["APPROVED", "late", "late", "late"] and len(command.done) == 1
    assert (await audit.verify()).is_ok


async def test_the_database_itself_refuses_a_maker_as_checker(command):
    asked = await command(await appointed("operator"), {"amount": 500})
    with pytest.raises(db.CheckViolation):
        async with db.transaction():
            await db.run("UPDATE access.approval SET checker = maker WHERE id = $1", asked.id)
