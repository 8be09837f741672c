"""The ledger against a model in plain Python: whatever three people do, it says what the model says, and its laws hold."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain import clock, db, wiring
from domain.actor import SYSTEM
from domain.points import health, ledger, operating, reversals, wallets
from tests import make
from tests.domain.points import laws
from tests.domain.points.model import PEOPLE, Model
from tests.domain.points.model_parts import HOUR
from tests.domain.points.playing import Player
from tests.everything.scenarios.people import without_a_second_person

WHO = st.integers(0, PEOPLE - 1)
AMOUNT = st.sampled_from([1, 5, 10, 20, 30, 60])
NUMBER = st.integers(0, 9)
LASTS = st.none() | st.integers(1, 6)
POLICIES = st.sampled_from(
    [("ALLOW_NEGATIVE", None), ("ALLOW_NEGATIVE", 30), ("WITHIN_BALANCE", None), ("ONLY_PENDING", None)]
)
EXPIRIES = st.sampled_from([None, None, ("rolling", 0), ("sliding", 0), ("sliding", 1)])
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["OPENING", "EARN", "ADJUST", "SPEND"]),
        st.integers(1, 60),
        st.integers(0, 3),
        st.none() | st.integers(1, 6),
        st.none() | st.integers(1, 4),
    ),
    min_size=1,
    max_size=3,
)


def known(name: str) -> Any:
    """Only when the model has something of this name."""
    return precondition(lambda self: bool(getattr(self.model, name)))


class Machine(RuleBasedStateMachine):
    """Each move is played on the model and on the ledger."""

    loop: asyncio.AbstractEventLoop
    player_type = Player

    def __init__(self) -> None:
        super().__init__()
        self.player: Player | None = None
        self.is_swept = False

    def run(self, work: Coroutine) -> None:
        asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def move(self, name: str, **said: object) -> None:
        assert self.player
        self.is_swept = name == "sweep"
        self.run(self.player.step(name, **said))

    @property
    def model(self) -> Model:
        assert self.player
        return self.player.model

    @initialize(
        policy=POLICIES,
        expiry=EXPIRIES,
        grace=st.integers(0, 1),
        amounts=st.tuples(AMOUNT, AMOUNT),
        lasts=st.tuples(LASTS, LASTS),
    )
    def begin(self, policy: tuple, expiry: Any, grace: int, amounts: tuple, lasts: tuple) -> None:
        self.player = self.player_type(*policy, grace, expiry)
        self.run(self.player.begin())
        for who in (0, 1):
            self.move("give", who=who, amount=amounts[who], lasts=lasts[who])

    def teardown(self) -> None:
        if self.player:
            self.run(self.player.end())

    @invariant()
    def says_what_the_model_says(self) -> None:
        if self.player:
            self.run(self.player.look(self.is_swept))

    @rule(who=WHO, amount=AMOUNT, lasts=LASTS)
    def give(self, **said: Any) -> None:
        self.move("give", **said)

    @rule(
        who=WHO,
        amount=AMOUNT,
        starts=st.none() | st.integers(1, 3),
        cancels=st.none() | st.integers(1, 3),
        lasts=LASTS,
    )
    def pend(self, **said: Any) -> None:
        self.move("pend", **said)

    @rule(who=WHO, amount=AMOUNT, is_up_to=st.booleans())
    def spend(self, **said: Any) -> None:
        self.move("spend", **said)

    @rule(who=WHO, amount=AMOUNT, lasts=st.none() | st.integers(1, 3))
    def hold(self, **said: Any) -> None:
        self.move("hold", **said)

    @known("holds")
    @rule(number=NUMBER, amount=st.none() | AMOUNT)
    def capture(self, **said: Any) -> None:
        self.move("capture", **said)

    @known("holds")
    @rule(number=NUMBER)
    def void(self, **said: Any) -> None:
        self.move("void", **said)

    @known("takings")
    @rule(number=NUMBER, amount=st.none() | AMOUNT)
    def refund(self, **said: Any) -> None:
        self.move("refund", **said)

    @known("takings")
    @rule(number=NUMBER)
    def reverse_taking(self, **said: Any) -> None:
        self.move("reverse_taking", **said)

    @known("awards")
    @rule(number=NUMBER, amount=AMOUNT)
    def claw(self, **said: Any) -> None:
        self.move("claw", **said)

    @known("awards")
    @rule(number=NUMBER, is_forced=st.booleans())
    def reverse_award(self, **said: Any) -> None:
        self.move("reverse_award", **said)

    @known("awards")
    @rule(number=NUMBER, amount=st.none() | AMOUNT)
    def reinstate(self, **said: Any) -> None:
        self.move("reinstate", **said)

    @rule(who=WHO, amount=st.integers(-60, 60).filter(bool))
    def adjust(self, **said: Any) -> None:
        self.move("adjust", **said)

    @precondition(lambda self: len(self.model.roots()) > 1)
    @rule(who=WHO, to=WHO, amount=AMOUNT)
    def offer(self, **said: Any) -> None:
        self.move("offer", **said)

    @known("gifts")
    @rule(number=NUMBER, is_accepted=st.booleans())
    def answer(self, **said: Any) -> None:
        self.move("answer", **said)

    @known("given")
    @rule(number=NUMBER, is_forced=st.booleans())
    def take_gift_back(self, **said: Any) -> None:
        self.move("take_gift_back", **said)

    @rule(who=WHO, cents=st.integers(0, 10_000), points=st.just(0) | AMOUNT)
    def buy(self, **said: Any) -> None:
        self.move("buy", **said)

    @known("purchases")
    @rule(number=NUMBER, percent=st.integers(1, 100))
    def repay(self, **said: Any) -> None:
        self.move("repay", **said)

    @known("waiting")
    @rule(number=NUMBER, is_released=st.booleans())
    def decide(self, **said: Any) -> None:
        self.move("decide", **said)

    @rule(who=WHO, rows=ROWS, may_overdraw=st.booleans())
    def load(self, **said: Any) -> None:
        self.move("load", **said)

    @rule(
        who=WHO,
        wallet=st.sampled_from(["POINTS", None, "GROWTH"]),
        lasts=st.none() | st.integers(1, 3),
        is_frozen=st.booleans(),
    )
    def freeze(self, **said: Any) -> None:
        self.move("freeze", **said)

    @rule(who=WHO, amount=st.integers(-20, 30).filter(bool))
    def grow(self, **said: Any) -> None:
        self.move("grow", **said)

    @rule(who=WHO, amount=st.integers(-20, 20).filter(bool))
    def correct_growth(self, **said: Any) -> None:
        self.move("correct_growth", **said)

    @precondition(lambda self: len(self.model.roots()) > 1)
    @rule(winner=WHO, other=WHO)
    def join(self, **said: Any) -> None:
        self.move("join", **said)

    @known("merges")
    @rule(number=NUMBER)
    def part(self, **said: Any) -> None:
        self.move("part", **said)

    @rule(hours=st.sampled_from([1, 1, 1, 2, 3, 30]))
    def tick(self, hours: int) -> None:
        self.model.now += hours * HOUR
        self.move("tick")

    @rule()
    def sweep(self) -> None:
        self.move("sweep")


async def search(examples: int, steps: int, machine: type[Machine] = Machine) -> None:
    wiring.start()
    for action in (operating.ADJUST, reversals.REVERSE, wallets.SET_POLICY):
        await without_a_second_person(action)
    await Player.publish()
    machine.loop = asyncio.get_running_loop()
    how = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None, report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    try:
        await asyncio.to_thread(run_state_machine_as_test, machine, settings=how)
    finally:
        clock.shift(timedelta(0))


async def test_any_moves_leave_what_the_model_says() -> None:
    await search(300, 5)


@pytest.mark.long
@pytest.mark.timeout(7_200)
async def test_many_more_moves_leave_what_the_model_says() -> None:
    before = Player.played
    await search(440, 60)
    assert Player.played - before >= 20_000


async def test_the_laws_in_one_statement_find_what_each_alone_finds() -> None:
    await ledger.earn(SYSTEM, await make.member_id(), "POINTS", 5, ledger.Cause("TEST", 1))
    before = await laws.fingerprint()
    assert await laws.broken(is_swept=True) == {}
    await db.run("UPDATE points.account SET available = available + 1")
    await db.run("UPDATE points.lot SET held = 1, remaining = 1, expires_at = '2020-01-01Z'")
    alone = {found.code: sorted(found.samples) for found in await health.check() if not found.holds}
    assert {"I3", "I4", "I6", "I12", "I15"} <= alone.keys()
    assert {code: sorted(ids) for code, ids in (await laws.broken(is_swept=True)).items()} == alone
    assert await laws.fingerprint() != before
