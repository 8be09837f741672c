"""Plays moves on the model and on the ledger alike; a call that must be refused must leave nothing."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain import clock, db
from domain.actor import SYSTEM
from domain.points import (
    balances,
    books,
    gifts,
    ledger,
    moves,
    operating,
    reinstating,
    reversals,
    sweeps,
    wallets,
)
from domain.points.errors import (
    AlreadyReversed,
    InsufficientPoints,
    NothingToReverse,
    PointsAlreadySpent,
    ReinstatementOver,
)
from domain.points.keeping import chain, statements
from domain.points.ledger import Cause
from domain.points.policy_rules import Policy
from tests import make
from tests.domain.points import laws
from tests.domain.points.model import PEOPLE, Model
from tests.domain.points.model_parts import DAY, HOUR, Award, Expiry, Taking, after_days, picked
from tests.domain.points.playing_orders import Orders
from tests.domain.points.playing_people import GIFT_HOURS, Between

#: In Shanghai two hours into March 2027, in UTC six hours before it.
START = datetime(2027, 2, 28, 18, tzinfo=UTC)
STEP_SECONDS = 20
STAFF = make.staff("operator", "admin")


class Player(Orders, Between):
    """Three members; ``ids`` are the ledger's names of what the model numbers."""

    played = 0  # moves in all

    def __init__(
        self, refunds: str, debt_limit: int | None, grace: int, expiry: Expiry | None = None
    ) -> None:
        lives = {expiry[0]: {"value": expiry[1], "unit": "DAY"}} if expiry else {"never": True}
        self.policy = Policy(
            {"immediate": True}, lives, refund_policy=refunds, debt_limit=debt_limit, refund_grace_days=grace,
            reinstate_window={"value": 1, "unit": "DAY"}, gift={"accept_hours": GIFT_HOURS},
        )  # fmt: skip
        self.model = Model(refunds, debt_limit, grace * DAY, expiry)
        self.name = 0
        self.ids: dict[Any, Any] = {}
        self.members: list[UUID] = []
        self.has_failed = False  # what is left by a move that failed says nothing

    async def begin(self) -> None:
        await db.run("SAVEPOINT example")
        self._set_clock()
        await wallets.set_policy(STAFF, "POINTS", self.policy)
        self.members = [await make.member_id() for _ in range(PEOPLE)]

    async def end(self) -> None:
        try:
            if self.members and not self.has_failed:
                await self._told_the_same()
        finally:
            await db.run("ROLLBACK TO SAVEPOINT example")

    async def step(self, move: str, **said: Any) -> None:
        """One move at one moment, so that ledger and model agree on what is due."""
        self.name += 1
        Player.played += 1
        self.model.now += STEP_SECONDS
        self._set_clock()
        self.model.settle()
        self.has_failed = True
        await getattr(self, move)(**said)
        self.has_failed = False
        self.model.settle()

    async def look(self, is_swept: bool) -> None:
        """Each account as a sweep would leave it, and all invariants."""
        book = await books.read(self.members, ["POINTS", "GROWTH"])
        said = {"POINTS": [(0, 0, 0, 0)] * PEOPLE, "GROWTH": [(0, 0, 0, 0)] * PEOPLE}
        for account in book.accounts.values():
            moves.settle(book, account)
            parts = (account.pending, account.available, account.held, account.debt)
            said[account.wallet.code][self.members.index(account.member)] = parts
        wanted = {
            "POINTS": [self.model.parts(who) for who in range(PEOPLE)],
            "GROWTH": [(0, growth.available, 0, growth.debt) for growth in self.model.growth],
        }
        assert said == wanted, f"the ledger says {said}, the model {wanted} (pending, available, held, debt)"
        broken = await laws.broken(is_swept=is_swept)
        assert broken == {}, broken

    def at(self, moment: int | None) -> datetime | None:
        return None if moment is None else START + timedelta(seconds=moment)

    def _set_clock(self) -> None:
        clock.shift(START + timedelta(seconds=self.model.now) - datetime.now(UTC))

    def _in(self, hours: int | None) -> int | None:
        """A whole hour, so many after now."""
        return None if hours is None else (self.model.now // HOUR + hours) * HOUR

    def _cause(self) -> Cause:
        return Cause("TEST", self.name)

    async def refused(self, why: Any, call: Awaitable) -> None:
        before = await laws.fingerprint()
        with pytest.raises(why):
            await call
        assert await laws.fingerprint() == before, "a refused call left something"

    # What comes in.

    async def give(self, who: int, amount: int, lasts: int | None) -> None:
        await self._give(who, amount, ends=self._in(lasts))

    async def pend(
        self, who: int, amount: int, starts: int | None, cancels: int | None, lasts: int | None
    ) -> None:
        await self._give(
            who, amount, ends=self._in(lasts), starts=self._in(starts), cancels=self._in(cancels), waits=starts is None,
        )  # fmt: skip

    async def _give(self, who: int, amount: int, **more: Any) -> None:
        self.model.awards[self.name] = self.model.give(self.model.root(who), amount, **more)
        done = await ledger.earn(
            SYSTEM, self.members[who], "POINTS", amount, self._cause(), expires_at=self.at(more["ends"]),
            activates_at=self.at(more.get("starts")), cancel_at=self.at(more.get("cancels")), waits=more.get("waits", False),
        )  # fmt: skip
        self.ids[self.name] = done.journal

    async def adjust(self, who: int, amount: int) -> None:
        call = ledger.adjust(SYSTEM, self.members[who], "POINTS", amount, self._cause())
        root = self.model.root(who)
        if amount < 0 and self.model.available(root) < -amount:
            await self.refused(InsufficientPoints, call)
            return
        self.ids[self.name] = (await call).journal
        if amount > 0:
            self.model.awards[self.name] = self.model.give(root, amount)
        else:
            self.model.takings[self.name] = self.model.spend(root, -amount, is_used=False)

    async def reinstate(self, number: int, amount: int | None) -> None:
        name = picked(self.model.awards, number)
        lot = self.model.awards[name].lot
        assert lot is not None
        of = await db.value("SELECT id FROM points.lot WHERE journal = $1", self.ids[name])
        said = None if amount is None else Decimal(amount)
        call = reinstating.reinstate(STAFF, of, operating.ADJUST, reason="late", amount=said)
        left = lot.expired - lot.reinstated
        if left <= 0:
            await self.refused(NothingToReverse, call)
            return
        if after_days(lot.expired_at, 1) <= self.model.now:
            await self.refused(ReinstatementOver, call)
            return
        self.ids[self.name] = (await call).journal
        back = left if amount is None else min(left, amount)
        lot.reinstated += back
        self.model.awards[self.name] = self.model.give(self.model.root(lot.home), back)

    # What goes out, and comes back.

    async def spend(self, who: int, amount: int, is_up_to: bool) -> None:
        root = self.model.root(who)
        there = self.model.available(root)
        call = ledger.spend(SYSTEM, self.members[who], {"POINTS": amount}, self._cause(), is_up_to=is_up_to)
        why = self.short(root, 0 if is_up_to else amount)
        if why is not None:
            await self.refused(why, call)
            return
        done, taken = await call, min(there, amount)
        assert done.moved == {"POINTS": taken}
        assert (done.journal is None) is (taken == 0)
        if taken:
            self.ids[self.name] = done.journal
            self.model.takings[self.name] = self.model.spend(root, taken)

    async def refund(self, number: int, amount: int | None) -> None:
        name = picked(self.model.takings, number)
        taking = self.model.takings[name]
        call = ledger.refund(
            SYSTEM, self.ids[name], self._cause(), None if amount is None else {"POINTS": amount}
        )
        await self._back(taking, call, amount)

    async def reverse_taking(self, number: int) -> None:
        name = picked(self.model.takings, number)
        await self._back(
            self.model.takings[name], reversals.reverse(STAFF, self.ids[name], reason="wrong"), None
        )

    async def _back(self, taking: Taking, call: Awaitable, amount: int | None) -> None:
        if not taking.left:
            await self.refused((AlreadyReversed, NothingToReverse), call)
            return
        await call
        self.model.refund(taking, taking.left if amount is None else min(taking.left, amount))

    async def claw(self, number: int, amount: int) -> None:
        name = picked(self.model.awards, number)
        award = self.model.awards[name]
        amount = min(amount, award.left)
        if amount:
            await self._claw(award, name, amount)

    async def _claw(self, award: Award, name: int, amount: int) -> None:
        done = await ledger.claw_back(
            SYSTEM, self.members[award.who], "POINTS", amount, self._cause(), of=[self.ids[name]]
        )
        taken = self.model.claw_back(self.model.root(award.who), amount, award)
        assert (done.moved.get("POINTS", 0), done.waived["POINTS"]) == (taken, amount - taken)

    async def reverse_award(self, number: int, is_forced: bool) -> None:
        name = picked(self.model.awards, number)
        award, model = self.model.awards[name], self.model
        call = reversals.reverse(STAFF, self.ids[name], reason="wrong", is_forced=is_forced)
        if not award.left:
            await self.refused((AlreadyReversed, NothingToReverse), call)
            return
        root = model.root(award.who)
        own = sum(
            lot.left for lot in model.lots if lot.is_pending and lot.home == root and lot.award is award
        )
        if not is_forced and award.left > own + model.available(root):
            await self.refused(PointsAlreadySpent, call)
            return
        await call
        model.claw_back(root, award.left, award, policy="ALLOW_NEGATIVE", is_forced=True)

    # Time.

    async def tick(self) -> None:
        """Time has gone on; nobody has looked yet."""

    async def sweep(self) -> None:
        await sweeps.settle_due()
        await gifts.expire_due()
        await chain.extend()

    async def _told_the_same(self) -> None:
        """What one of them reads says the same: the balance, and March, which begins with what February ended with."""
        who = self.model.root(self.name % PEOPLE)
        _, available, held, debt = self.model.parts(who)
        balance = await balances.of_wallet(self.members[who], "POINTS")
        assert balance is not None
        assert (balance.available, balance.held, balance.debt) == (available, held, debt)
        february, march = [
            await statements.of_month(self.members[who], "POINTS", f"2027-0{month}") for month in (2, 3)
        ]
        if february is not None and march is not None:
            assert (february.opening, february.closing) == (0, march.opening)
            assert march.closing == available + held - debt
