"""The ledger against a model in plain Python: any order of moves leaves exactly what the model says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import clock, db
from domain.actor import SYSTEM
from domain.points import balances, health, holds, ledger, sweeps
from domain.points.errors import AlreadyReversed, HoldNotOpen, InsufficientPoints
from domain.points.ledger import Cause
from tests import make

HOUR = timedelta(hours=1)


@dataclass
class Lot:
    amount: int
    expires: int | None  # hours from the start
    born: int
    activates: int = 0
    given: int = 0


@dataclass
class Model:
    """Lots as plain numbers; no ledger, no SQL."""

    hour: int = 0
    born: int = 0
    debt: int = 0
    lots: list[Lot] = field(default_factory=list)
    holds: dict[int, tuple[list[tuple[Lot, int]], int | None]] = field(default_factory=dict)
    spends: dict[int, list[tuple[Lot, int]]] = field(default_factory=dict)
    awards: dict[int, Lot] = field(default_factory=dict)

    @property
    def active(self) -> list[Lot]:
        lots = [lot for lot in self.lots if lot.activates <= self.hour and lot.amount]
        return sorted(
            lots, key=lambda lot: (lot.expires if lot.expires is not None else 10**9, lot.given, lot.born)
        )

    @property
    def available(self) -> int:
        return sum(lot.amount for lot in self.active)

    @property
    def pending(self) -> int:
        return sum(lot.amount for lot in self.lots if lot.activates > self.hour)

    @property
    def held(self) -> int:
        return sum(taken for uses, _ in self.holds.values() for _, taken in uses)

    def pay_debt(self, lots: list[Lot]) -> None:
        for lot in lots:
            paid = min(self.debt, lot.amount)
            lot.amount -= paid
            self.debt -= paid

    def give(self, amount: int, expires: int | None, activates: int) -> Lot:
        self.born += 1
        lot = Lot(amount, expires, self.born, activates, self.hour)
        self.lots.append(lot)
        if activates <= self.hour:
            self.pay_debt([lot])
        return lot

    def take(self, amount: int) -> list[tuple[Lot, int]]:
        uses = []
        for lot in self.active:
            taken = min(lot.amount, amount)
            if taken:
                lot.amount -= taken
                amount -= taken
                uses.append((lot, taken))
        assert amount == 0
        return uses

    def back(self, uses: list[tuple[Lot, int]]) -> None:
        for lot, taken in uses:
            paid = min(self.debt, taken)
            self.debt -= paid
            lot.amount += taken - paid
        self.expire()

    def expire(self) -> None:
        for lot in self.lots:
            if lot.activates <= self.hour and lot.expires is not None and lot.expires <= self.hour:
                lot.amount = 0

    def tick(self) -> None:
        self.hour += 1
        for lot in sorted(self.lots, key=lambda lot: lot.born):
            if lot.activates == self.hour:
                self.pay_debt([lot])
        self.expire()
        for name, (uses, until) in list(self.holds.items()):
            if until is not None and until <= self.hour:
                del self.holds[name]
                self.back(sorted(uses, key=order))


def order(use: tuple[Lot, int]) -> tuple[int, int, int]:
    lot = use[0]
    return (lot.expires if lot.expires is not None else 10**9, lot.given, lot.born)


AMOUNT = st.integers(1, 60)
MOVE = st.one_of(
    st.tuples(st.just("earn"), AMOUNT, st.one_of(st.none(), st.integers(1, 5))),
    st.tuples(st.just("pend"), AMOUNT, st.integers(1, 3)),
    st.tuples(st.just("spend"), AMOUNT, st.none()),
    st.tuples(st.just("hold"), AMOUNT, st.one_of(st.none(), st.integers(1, 3))),
    st.tuples(st.just("capture"), st.integers(0, 9), AMOUNT),
    st.tuples(st.just("void"), st.integers(0, 9), st.none()),
    st.tuples(st.just("refund"), st.integers(0, 9), st.none()),
    st.tuples(st.just("claw"), st.integers(0, 9), st.none()),
    st.tuples(st.just("tick"), st.none(), st.none()),
    st.tuples(st.just("sweep"), st.none(), st.none()),
)


class Play:
    """Plays moves on the model and the ledger alike."""

    def __init__(self, member) -> None:
        self.member, self.model, self.names = member, Model(), 0
        self.start = clock.now()
        self.ids: dict[int, object] = {}

    def at(self, hour: int | None):
        return None if hour is None else self.start + hour * HOUR

    async def step(self, name: str, first, second) -> None:
        # One moment per step, so that ledger and model agree on what is due.
        clock.shift(
            clock._offset
            + (self.start + self.model.hour * HOUR + self.names * timedelta(milliseconds=1) - clock.now())
        )
        self.names += 1
        await getattr(self, name)(first, second)
        found = await balances.of_wallet(self.member, "POINTS")
        wanted = (self.model.pending, self.model.available, self.model.held, self.model.debt)
        assert (found.pending, found.available, found.held, found.debt) == wanted, name

    async def earn(self, amount, lasts) -> None:
        expires = None if lasts is None else self.model.hour + lasts
        self.model.awards[self.names] = self.model.give(amount, expires, self.model.hour)
        await self._give(amount, expires_at=self.at(expires))

    async def pend(self, amount, waits) -> None:
        self.model.awards[self.names] = self.model.give(amount, None, self.model.hour + waits)
        await self._give(amount, activates_at=self.at(self.model.hour + waits))

    async def _give(self, amount, **more) -> None:
        done = await ledger.earn(SYSTEM, self.member, "POINTS", amount, Cause("TEST", self.names), **more)
        self.ids[self.names] = (done.journal, amount)

    async def spend(self, amount, _) -> None:
        call = ledger.spend(SYSTEM, self.member, {"POINTS": amount}, Cause("TEST", self.names))
        if self.model.available < amount:
            with pytest.raises(InsufficientPoints):
                await call
            return
        self.ids[self.names] = (await call).journal
        self.model.spends[self.names] = self.model.take(amount)

    async def hold(self, amount, lasts) -> None:
        until = None if lasts is None else self.model.hour + lasts
        call = holds.hold(
            SYSTEM,
            self.member,
            {"POINTS": amount},
            source="TEST",
            source_id=self.names,
            expires_at=self.at(until),
        )
        if self.model.available < amount:
            with pytest.raises(InsufficientPoints):
                await call
            return
        self.ids[self.names] = (await call).id
        self.model.holds[self.names] = (self.model.take(amount), until)

    async def capture(self, number, amount) -> None:
        name = _pick(self.model.holds, number)
        if name is None:
            return
        uses, _ = self.model.holds.pop(name)
        amount = min(amount, sum(taken for _, taken in uses))
        await holds.capture(SYSTEM, self.ids[name], {"POINTS": amount})
        rest = []
        for lot, taken in sorted(uses, key=order):
            used = min(taken, amount)
            amount -= used
            rest.append((lot, taken - used))
        self.model.back(rest)
        with pytest.raises(HoldNotOpen):
            await holds.void(SYSTEM, self.ids[name])

    async def void(self, number, _) -> None:
        name = _pick(self.model.holds, number)
        if name is None:
            return
        uses, _ = self.model.holds.pop(name)
        await holds.void(SYSTEM, self.ids[name])
        self.model.back(sorted(uses, key=order))

    async def refund(self, number, _) -> None:
        name = _pick(self.model.spends, number)
        if name is None:
            return
        uses = self.model.spends.pop(name)
        await ledger.refund(SYSTEM, self.ids[name], Cause("TEST", self.names))
        self.model.back(list(reversed(uses)))
        with pytest.raises(AlreadyReversed):
            await ledger.refund(SYSTEM, self.ids[name], Cause("TEST", f"{self.names} again"))

    async def claw(self, number, _) -> None:
        name = _pick(self.model.awards, number)
        if name is None:
            return
        lot, (journal, amount) = self.model.awards.pop(name), self.ids[name]
        await ledger.claw_back(SYSTEM, self.member, "POINTS", amount, Cause("TEST", self.names), of=[journal])
        own = min(lot.amount, amount)
        lot.amount -= own
        there = min(amount - own, self.model.available)
        self.model.take(there)
        self.model.debt += amount - own - there

    async def tick(self, *_) -> None:
        self.model.tick()
        clock.shift(clock._offset + HOUR)

    async def sweep(self, *_) -> None:
        await sweeps.settle_due()


def _pick(things: dict, number: int):
    return sorted(things)[number % len(things)] if things else None


async def play(moves: list) -> None:
    async with db.transaction():
        game = Play(await make.member_id())
        for name, first, second in moves:
            await game.step(name, first, second)
        assert [found for found in await health.check() if not found.holds and found.code != "I12"] == []
        raise _Enough


class _Enough(Exception):
    """Ends an example; what it stored is rolled back."""


async def _search(examples: int) -> None:
    loop = asyncio.get_running_loop()

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(MOVE, min_size=5, max_size=40))
    def search(moves: list) -> None:
        async def one() -> None:
            try:
                with pytest.raises(_Enough):
                    await play(moves)
            finally:
                clock.shift(timedelta(0))

        asyncio.run_coroutine_threadsafe(one(), loop).result()

    await asyncio.to_thread(search)


async def test_any_moves_leave_what_the_model_says() -> None:
    await _search(100)


@pytest.mark.long
async def test_many_more_moves_leave_what_the_model_says() -> None:
    await _search(2_000)
