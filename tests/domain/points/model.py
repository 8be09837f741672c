"""The points of three people in plain Python. No ledger, no SQL; times are seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.domain.points.model_parts import (
    Award,
    Expiry,
    Gift,
    Growth,
    Hold,
    Lot,
    Merge,
    Purchase,
    Taking,
    Uses,
    after_days,
)
from tests.domain.points.model_people import People

PEOPLE = 3


@dataclass
class Model(People):
    """What the ledger must say. ``debt_limit``, ``grace`` (seconds), ``refunds`` and ``expiry`` are the wallet's policy."""

    refunds: str = "ALLOW_NEGATIVE"
    debt_limit: int | None = None
    grace: int = 0
    expiry: Expiry | None = None
    now: int = 0
    born: int = 0
    debt: list[int] = field(default_factory=lambda: [0] * PEOPLE)
    growth: list[Growth] = field(default_factory=lambda: [Growth() for _ in range(PEOPLE)])
    frozen: list[int] = field(default_factory=lambda: [0] * PEOPLE)  # until when
    lots: list[Lot] = field(default_factory=list)
    holds: dict[int, Hold] = field(default_factory=dict)
    awards: dict[int, Award] = field(default_factory=dict)
    takings: dict[int, Taking] = field(default_factory=dict)
    gifts: dict[int, Gift] = field(default_factory=dict)
    given: dict[int, Award] = field(default_factory=dict)  # gifts that were accepted
    givers: dict[int, int] = field(default_factory=dict)
    purchases: dict[int, Purchase] = field(default_factory=dict)
    waiting: dict[int, Award] = field(default_factory=dict)  # awards that an operator has to look at
    decided: list[tuple[int, int, int, int]] = field(default_factory=list)  # (who, day, month, granted)
    merges: list[Merge] = field(default_factory=list)  # in force, the last one undone first

    def active(self, who: int) -> list[Lot]:
        found = [lot for lot in self.lots if lot.home == who and not lot.is_pending and lot.left]
        return sorted(found, key=lambda lot: lot.order)

    def available(self, who: int) -> int:
        return sum(lot.left for lot in self.active(who))

    def parts(self, who: int) -> tuple[int, int, int, int]:
        """Pending, available, held, debt."""
        pending = sum(lot.left for lot in self.lots if lot.home == who and lot.is_pending)
        held = sum(hold.amount for hold in self.holds.values() if hold.home == who)
        return pending, self.available(who), held, self.debt[who]

    def number(self) -> int:
        self.born += 1
        return self.born

    def settle(self, until: int | None = None) -> None:
        """Everything that is due happens, in order of time."""
        until = self.now if until is None else until
        while True:
            things: list[Lot | Hold] = [*self.lots, *self.holds.values()]
            due = [(thing.due, thing.born, thing) for thing in things if thing.due is not None]
            due = [each for each in due if each[0] <= until]
            if not due:
                return
            at, _, thing = min(due, key=lambda each: each[:2])
            if isinstance(thing, Hold):
                self.let_go(thing)
            else:
                self._fall_due(thing, at)

    def _fall_due(self, lot: Lot, at: int) -> None:
        if lot.is_pending and lot.starts == at:
            self.activate(lot, at)
        elif lot.is_pending:
            self.cancel(lot)
        else:
            lot.expired += lot.left
            lot.expired_at = max(at, lot.since, lot.starts or at)
            lot.left = 0

    def activate(self, lot: Lot, at: int) -> None:
        self.slide(lot.home, at)
        lot.is_pending, lot.starts, lot.cancels = False, at, None
        self._begin(lot, at)
        self.pay_debt(lot.home, [(lot, lot.left)])

    def _begin(self, lot: Lot, at: int) -> None:
        """It lives from here, unless its end was said."""
        if lot.ends is None and lot.expiry:
            lot.ends = after_days(at, lot.expiry[1])

    def slide(self, who: int, at: int) -> None:
        """Something was earned or spent: what slides lives on from there."""
        for lot in self.lots:
            slides = lot.expiry is not None and lot.expiry[0] == "sliding" and not lot.is_pending
            if slides and lot.home == who and (lot.left or self._held(lot)) and lot.ends and at < lot.ends:
                lot.ends = max(lot.ends, after_days(at, lot.expiry[1]))  # type: ignore[index]

    def cancel(self, lot: Lot) -> None:
        if isinstance(lot.award, Award):
            lot.award.left -= lot.left
        lot.left, lot.is_pending = 0, False

    def pay_debt(self, who: int, there: Iterable[tuple[Lot, int]], rest: int = 0) -> Uses:
        """What has just come into these lots (and ``rest`` that came into none) pays the debt first, in their order."""
        there, uses = list(there), []
        to_debt = min(self.debt[who], rest + sum(amount for _, amount in there))
        self.debt[who] -= to_debt
        for lot, amount in there:
            paid = min(amount, to_debt)
            lot.left -= paid
            to_debt -= paid
            uses += [(lot, paid)] if paid else []
        if rest > to_debt:
            self.add(who, rest - to_debt)
        return uses

    def add(self, who: int, amount: int, **more: object) -> Lot:
        lot = Lot(who, amount, self.number(), **{"since": self.now, **more})  # type: ignore[arg-type]
        self.lots.append(lot)
        return lot

    def give(
        self, who: int, amount: int, *, waits: bool = False, ends: int | None = None, **more: object
    ) -> Award:
        """Points come in: pending while they wait or until they start, else at once, debt first."""
        award = Award(who, amount, amount)
        starts = more.get("starts")
        is_pending = waits or (isinstance(starts, int) and starts > self.now)
        at = starts if isinstance(starts, int) and not waits else self.now
        if not is_pending:
            self.slide(who, at)
        expiry = None if ends is not None else self.expiry
        award.lot = self.add(
            who, amount, award=award, is_pending=is_pending, ends=ends, expiry=expiry, **more
        )
        if not is_pending:
            self._begin(award.lot, at)
            self.pay_debt(who, [(award.lot, amount)])
        return award

    def take(self, who: int, amount: int, first: object = None) -> Uses:
        """From the lots in their order; those of ``first`` before all others."""
        uses = []
        for lot in sorted(self.active(who), key=lambda lot: first is None or lot.award is not first):
            if taken := min(lot.left, amount):
                lot.left -= taken
                amount -= taken
                uses.append((lot, taken))
        assert amount == 0
        return uses

    def spend(self, who: int, amount: int, *, is_used: bool = True) -> Taking:
        """What is there; the rest is debt. A correction is no use of points."""
        there = min(amount, self.available(who))
        if is_used:
            self.slide(who, self.now)
        uses = self.take(who, there)
        self.debt[who] += amount - there
        return Taking(who, uses[::-1], amount - there)

    def hold(self, who: int, amount: int, ends: int | None) -> Hold:
        found = Hold(who, 0, self.take(who, amount), ends)
        found.born = self.number()
        return found

    def let_go(self, hold: Hold) -> None:
        """What is still held returns, debt first."""
        self.holds = {name: each for name, each in self.holds.items() if each is not hold}
        for lot, taken in hold.uses:
            lot.left += taken
        self.pay_debt(hold.home, _in_order(hold.uses))

    def capture(self, hold: Hold, amount: int) -> Taking:
        used: Uses = []
        rest: Uses = []
        if amount:
            self.slide(hold.home, self.now)
        for lot, taken in _in_order(hold.uses):
            part = min(taken, amount)
            amount -= part
            used += [(lot, part)] if part else []
            rest += [(lot, taken - part)] if taken > part else []
        hold.uses = rest
        self.let_go(hold)
        return Taking(hold.home, used[::-1])

    def accept(self, hold: Hold, receiver: int) -> Award:
        """What was held arrives, a lot for each lot that left, debt first."""
        self.holds = {name: each for name, each in self.holds.items() if each is not hold}
        award = Award(receiver, hold.amount, hold.amount)
        self._arrive(receiver, _in_order(hold.uses), award)
        return award

    def hand_over(self, giver: int, receiver: int, award: Award) -> None:
        """An accepted gift goes back; what is not there any more is owed."""
        there = min(award.left, self.available(giver))
        uses = self.take(giver, there, award)
        self.debt[giver] += award.left - there
        self._arrive(receiver, uses, None, award.left - there)
        award.left = 0

    def _arrive(self, who: int, uses: Uses, award: Award | None, lent: int = 0) -> None:
        there = [(self.add(who, n, ends=lot.ends, expiry=lot.expiry, award=award), n) for lot, n in uses]
        self.pay_debt(who, there, lent)

    def refund(self, taking: Taking, amount: int) -> None:
        """Back into the lots it came from, the last taken first; what came from none is a lot of its own."""
        who, back, left = self.root(taking.who), [], []
        for lot, missing in taking.uses:
            part = min(missing, amount)
            amount -= part
            left += [(lot, missing - part)] if missing > part else []
            if part:
                back.append((self._home_again(lot, who), part))
        taking.uses = left
        taking.lent -= amount
        for lot, part in back:
            lot.left += part
            if lot.ends is not None and lot.ends <= self.now:
                lot.ends = self.now + self.grace
        self.pay_debt(who, back, amount)

    def _home_again(self, lot: Lot, who: int) -> Lot:
        """The lot, on the account of the one who spent; one that went back to somebody else is made anew."""
        if self.root(lot.home) != who:
            return self.add(who, 0, since=lot.since, ends=lot.ends, expiry=lot.expiry)
        lot.home = who
        return lot

    def claw_back(
        self, who: int, amount: int, own: Award, *, policy: str | None = None, is_forced: bool = False
    ) -> int:
        """Own pending points, own others, any others, then debt; answers what was taken."""
        policy, left = policy or self.refunds, amount
        for lot in sorted(self.lots, key=lambda lot: lot.order):
            if lot.is_pending and lot.home == who and lot.award is own:
                taken = min(lot.left, left)
                lot.left -= taken
                left -= taken
                lot.is_pending = lot.left > 0
        if policy != "ONLY_PENDING":
            there = min(left, self.available(who))
            self.take(who, there, own)
            left -= there
            if policy != "WITHIN_BALANCE" or is_forced:
                room = left if is_forced or self.debt_limit is None else self.debt_limit - self.debt[who]
                owed = max(0, min(left, room))
                self.debt[who] += owed
                left -= owed
        own.left -= amount - left
        return amount - left


def _in_order(uses: Uses) -> Uses:
    return sorted(uses, key=lambda use: use[0].order)
