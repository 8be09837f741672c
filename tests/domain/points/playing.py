"""Plays moves on the model and on the ledger alike; a call that must be refused must leave nothing."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain import clock, db
from domain.actor import SYSTEM, member
from domain.errors import IllegalTransition
from domain.foundation.importing import Options, Report, Row
from domain.points import (
    balances,
    books,
    deciding,
    gifts,
    holds,
    importers,
    ledger,
    moves,
    operating,
    purchases,
    refunds,
    reinstating,
    reversals,
    sweeps,
    wallets,
)
from domain.points.baskets import Basket, Line
from domain.points.errors import (
    AlreadyReversed,
    HoldExceeded,
    HoldNotOpen,
    InsufficientPoints,
    NothingToReverse,
    PointsAlreadySpent,
    ReinstatementOver,
)
from domain.points.keeping import chain, statements
from domain.points.ledger import Cause
from domain.points.policy_rules import Policy
from domain.points.purchase_rules import Order
from domain.profile import merges
from tests import make
from tests.domain.points import buying, laws
from tests.domain.points.model import DAY, HOUR, Award, Gift, Model, Purchase, Taking

#: In Shanghai two hours into March 2027, in UTC six hours before it.
START = datetime(2027, 2, 28, 18, tzinfo=UTC)
STEP_SECONDS = 20
GIFT_HOURS = 2
A_DAY, A_MONTH, HELD_ABOVE = 80, 4, 50
STAFF = make.staff("operator", "admin")


class Player:
    """Two members; ``ids`` are the ledger's names of what the model numbers."""

    played = 0  # moves in all

    def __init__(self, refunds: str, debt_limit: int | None, grace: int) -> None:
        self.policy = Policy(
            {"immediate": True}, {"never": True}, refund_policy=refunds, debt_limit=debt_limit, refund_grace_days=grace,
            reinstate_window={"value": 1, "unit": "DAY"}, gift={"accept_hours": GIFT_HOURS},
        )  # fmt: skip
        self.model = Model(refunds, debt_limit, grace * DAY)
        self.name = 0
        self.ids: dict[Any, Any] = {}
        self.members: list[UUID] = []

    @staticmethod
    async def publish() -> None:
        """A point for each whole unit of money, within two caps; much at once waits for an operator."""
        cap = {"per": "MEMBER", "on_excess": "CUT", "mode": "GROSS", "group": None}
        await buying.rule(
            effects=[{"per_amount": {"wallet": "POINTS", "points": 1, "per": {"minor_units": 100, "currency": "CNY"}}}],
            caps=[
                {**cap, "window": "DAY", "measure": "POINTS", "limit": A_DAY},
                {**cap, "window": "MONTH", "measure": "TIMES", "limit": A_MONTH},
            ],
            hold_above=HELD_ABOVE,
        )  # fmt: skip

    async def begin(self) -> None:
        await db.run("SAVEPOINT example")
        self._set_clock()
        await wallets.set_policy(STAFF, "POINTS", self.policy)
        self.members = [await make.member_id() for _ in range(2)]

    async def end(self) -> None:
        try:
            if self.members:
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
        await getattr(self, move)(**said)
        self.model.settle()

    async def look(self, is_swept: bool) -> None:
        """Each account as a sweep would leave it, and all invariants."""
        book = await books.read(self.members, ["POINTS"])
        said = [(0, 0, 0, 0)] * 2
        for account in book.accounts.values():
            moves.settle(book, account)
            parts = (account.pending, account.available, account.held, account.debt)
            said[self.members.index(account.member)] = parts
        wanted = [self.model.parts(who) for who in (0, 1)]
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
            self.model.takings[self.name] = self.model.spend(root, -amount)

    async def reinstate(self, number: int, amount: int | None) -> None:
        name = _pick(self.model.awards, number)
        lot = self.model.awards[name].lot
        assert lot is not None
        of = await db.value("SELECT id FROM points.lot WHERE journal = $1", self.ids[name])
        said = None if amount is None else Decimal(amount)
        call = reinstating.reinstate(STAFF, of, operating.ADJUST, reason="late", amount=said)
        left = lot.expired - lot.reinstated
        if left <= 0:
            await self.refused(NothingToReverse, call)
            return
        if _after_a_day(lot.expired_at) <= self.model.now:
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
        if there < amount and not is_up_to:
            await self.refused(InsufficientPoints, call)
            return
        done, taken = await call, min(there, amount)
        assert done.moved == {"POINTS": taken}
        assert (done.journal is None) is (taken == 0)
        if taken:
            self.ids[self.name] = done.journal
            self.model.takings[self.name] = self.model.spend(root, taken)

    async def refund(self, number: int, amount: int | None) -> None:
        name = _pick(self.model.takings, number)
        taking = self.model.takings[name]
        call = ledger.refund(
            SYSTEM, self.ids[name], self._cause(), None if amount is None else {"POINTS": amount}
        )
        await self._back(taking, call, amount)

    async def reverse_taking(self, number: int) -> None:
        name = _pick(self.model.takings, number)
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
        name = _pick(self.model.awards, number)
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
        name = _pick(self.model.awards, number)
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

    # What is set aside.

    async def hold(self, who: int, amount: int, lasts: int | None) -> None:
        root, ends = self.model.root(who), self._in(lasts)
        call = holds.hold(
            SYSTEM,
            self.members[who],
            {"POINTS": amount},
            source="TEST",
            source_id=self.name,
            expires_at=self.at(ends),
        )
        if self.model.available(root) < amount:
            await self.refused(InsufficientPoints, call)
            return
        self.ids[self.name] = (await call).id
        self.model.holds[self.name] = self.model.hold(root, amount, ends)

    async def capture(self, number: int, amount: int | None) -> None:
        name = _pick(self.model.holds, number)
        if name in self.model.gifts:
            return
        held = self.model.holds[name]
        call = holds.capture(SYSTEM, self.ids[name], None if amount is None else {"POINTS": amount})
        if amount is not None and amount > held.amount:
            await self.refused(HoldExceeded, call)
            return
        done = await call
        self.ids[self.name] = done.journal
        self.model.takings[self.name] = self.model.capture(held, held.amount if amount is None else amount)
        self.model.settle()
        await self.refused(HoldNotOpen, holds.void(SYSTEM, self.ids[name]))

    async def void(self, number: int) -> None:
        name = _pick(self.model.holds, number)
        if name in self.model.gifts:
            return
        await holds.void(SYSTEM, self.ids[name])
        self.model.let_go(self.model.holds[name])

    async def offer(self, who: int, amount: int) -> None:
        giver, friend = self.members[who], self.members[1 - who]
        call = gifts.offer(member(giver), friend, "POINTS", Decimal(amount))
        if self.model.available(who) < amount:
            await self.refused(InsufficientPoints, call)
            return
        made = await call
        assert made.expires_at is not None
        self.ids[self.name] = made
        ends = self.model.now + GIFT_HOURS * HOUR
        self.model.holds[self.name] = held = self.model.hold(who, amount, ends)
        self.model.gifts[self.name] = Gift(held, 1 - who)

    async def answer(self, number: int, is_accepted: bool) -> None:
        name = _pick(self.model.gifts, number)
        gift, model = self.model.gifts[name], self.model
        me = member(self.members[gift.recipient])
        call = (gifts.accept if is_accepted else gifts.decline)(me, self.ids[name].id)
        root = model.root(gift.recipient)
        if name not in model.holds or (is_accepted and gift.hold.home == root):
            await self.refused(IllegalTransition, call)
            return
        done = await call
        if not is_accepted:
            model.let_go(gift.hold)
            return
        self.ids[self.name] = done.journal
        model.given[self.name] = model.accept(gift.hold, root)
        model.givers[self.name] = gift.hold.home

    async def take_gift_back(self, number: int, is_forced: bool) -> None:
        name = _pick(self.model.given, number)
        award, model = self.model.given[name], self.model
        call = reversals.reverse(STAFF, self.ids[name], reason="wrong", is_forced=is_forced)
        receiver, giver = model.root(award.who), model.root(model.givers[name])
        if receiver == giver or not award.left:
            await self.refused((AlreadyReversed, NothingToReverse), call)
            return
        if not is_forced and award.left > model.available(receiver):
            await self.refused(PointsAlreadySpent, call)
            return
        await call
        model.hand_over(receiver, giver, award)

    # Orders.

    async def buy(self, who: int, cents: int, points: int) -> None:
        model, root = self.model, self.model.root(who)
        paid_at = clock.now()
        order = Order(str(self.name), paid_at, Basket((Line("sku", cents),), cents), points)
        call = purchases.record(STAFF, self.members[who], order)
        if model.available(root) < points:
            await self.refused(InsufficientPoints, call)
            return
        done = await call
        taking = model.spend(root, points) if points else None
        month, day = (paid_at.year, paid_at.month), paid_at.date().toordinal()
        granted = model.earned(who, cents // 100, day, hash(month), a_day=A_DAY, a_month=A_MONTH)
        award = model.give(root, granted, waits=granted > HELD_ABOVE) if granted else Award(root, 0, 0)
        assert len(done.journals) == bool(points) + bool(granted)
        if taking:
            model.takings[self.name] = taking
            self.ids[self.name] = done.journals[0]
        if granted:
            model.awards[-self.name] = award
            self.ids[-self.name] = done.journals[-1]
            if granted > HELD_ABOVE:
                model.waiting[-self.name] = award
        model.purchases[self.name] = Purchase(root, cents, award, taking, points)

    async def repay(self, number: int, percent: int) -> None:
        name = _pick(self.model.purchases, number)
        bought, model = self.model.purchases[name], self.model
        left = bought.total - bought.refunded
        more = min(left, max(1, bought.total * percent // 100))
        call = refunds.refund(STAFF, str(name), str(self.name), amount=more)
        if not left:
            if bought.total:
                await self.refused(NothingToReverse, call)
            else:
                call.close()
            return
        done = await call
        bought.refunded += more
        back = _share(bought.points, bought) - bought.returned
        back = min(back, bought.paid.left) if bought.paid else 0
        if bought.paid and back > 0:
            model.refund(bought.paid, back)
            model.settle()
            bought.returned += back
        target = _share(bought.award.amount, bought)
        due = min(max(0, target - bought.taken), bought.award.left)
        bought.taken = max(bought.taken, target)
        taken = model.claw_back(model.root(bought.who), due, bought.award)
        assert (done.clawed_back.get("POINTS", 0), done.waived.get("POINTS", 0)) == (taken, due - taken)
        assert done.returned.get("POINTS", 0) == max(0, back)

    async def decide(self, number: int, is_released: bool) -> None:
        name = _pick(self.model.waiting, number, reverse=True)
        award = self.model.waiting.pop(name)
        await deciding.decide(STAFF, self.ids[name], "RELEASE" if is_released else "CANCEL", "looked at")
        lot = award.lot
        assert lot is not None
        if lot.is_pending and is_released:
            self.model.activate(lot, self.model.now)
        elif lot.is_pending:
            self.model.cancel(lot)
        self.model.settle()
        await self.refused(IllegalTransition, deciding.decide(STAFF, self.ids[name], "CANCEL", "again"))

    async def load(self, who: int, rows: list[tuple], may_overdraw: bool) -> None:
        """Import entries of the last hours; a row is (kind, amount, hours ago, lasts, starts)."""
        await sweeps.settle_due()
        model, now, root = self.model, self.model.now, self.model.root(who)
        name = await db.value("SELECT value_norm FROM profile.identity WHERE member = $1", self.members[who])
        read = []
        for line, (kind, amount, ago, lasts, starts) in enumerate(rows):
            at = now - ago * HOUR
            gives = kind != "SPEND" and not (kind == "ADJUST" and amount % 2)
            ends = (at // HOUR + lasts) * HOUR if lasts and gives else None
            begins = (at // HOUR + starts) * HOUR if starts and gives else None
            read.append(
                (
                    at,
                    importers.KINDS.index(kind),
                    line,
                    kind,
                    amount if gives or kind == "SPEND" else -amount,
                    ends,
                    begins,
                )
            )
        given = [
            Row(line, {
                "member": name, "wallet": "POINTS", "kind": kind, "amount": str(amount), "external_id": f"{self.name}-{line}",
                "occurred_at": self.at(at).isoformat(), "expires_at": self.at(ends) and self.at(ends).isoformat(),
                "activates_at": self.at(begins) and self.at(begins).isoformat(),
            })
            for at, _, line, kind, amount, ends, begins in read
        ]  # fmt: skip
        rejects: list = []
        options = Options(file=f"{self.name}.csv", extra={"overdraft": "debt" if may_overdraw else "refuse"})
        await importers.run(iter(given), options, Report(on_reject=rejects.append))
        refused = []
        for at, _, line, kind, amount, ends, begins in sorted(read, key=lambda row: row[:3]):
            model.now = at
            model.settle()
            key = self.name * 100 + line
            if kind == "SPEND" or amount < 0:
                if model.available(root) < abs(amount) and not may_overdraw:
                    refused.append(line)
                    continue
                model.takings[key] = model.spend(root, abs(amount))
            else:
                model.awards[key] = model.give(root, amount, ends=ends, starts=begins)
                model.settle()
            self.ids[key] = await db.value(
                "SELECT id FROM points.journal WHERE kind = 'IMPORT' AND source_id = $1",
                f"{self.name}-{line}",
            )
        model.now = now
        assert [(reject.line, reject.reason) for reject in rejects] == [
            (line, "INSUFFICIENT") for line in refused
        ]

    # People and time.

    async def join(self, winner: int) -> None:
        self.ids["merge"] = await merges.merge_two(
            STAFF, *self.members, "one person", winner=self.members[winner]
        )
        self.model.join(winner, 1 - winner)

    async def part(self) -> None:
        parted = await merges.undo(STAFF, self.ids["merge"], "they are two")
        waived = self.model.part()
        assert [int(each.amount) for each in parted.waived] == ([waived] if waived else [])

    async def tick(self) -> None:
        """Time has gone on; nobody has looked yet."""

    async def sweep(self) -> None:
        await sweeps.settle_due()
        await gifts.expire_due()
        await chain.extend()

    async def _told_the_same(self) -> None:
        """What one of them reads says the same: the balance, and March, which begins with what February ended with."""
        who = self.model.root(self.name % 2)
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


def _pick(things: dict, number: int, *, reverse: bool = False) -> Any:
    return sorted(things, reverse=reverse)[number % len(things)]


def _share(whole: int, of: Purchase) -> int:
    return whole if of.refunded == of.total else whole * of.refunded // of.total


def _after_a_day(at: int) -> int:
    """The end of the day after a moment, in Shanghai; START is two hours into a day there."""
    return ((at + 2 * HOUR) // DAY + 2) * DAY - 2 * HOUR
