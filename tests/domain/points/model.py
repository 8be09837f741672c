"""The points of two people in plain Python: lots, holds and debts as numbers. No ledger, no SQL; times are seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

HOUR, DAY = 3_600, 86_400
FOREVER = 10**12


@dataclass(eq=False)
class Award:
    """Points that came in by one posting; ``left`` of them may still be taken back."""

    who: int
    amount: int
    left: int
    lot: Lot | None = None


@dataclass(eq=False)
class Lot:
    """Points that end together, on the account ``home``. ``award`` is the posting that gave them."""

    home: int
    left: int
    born: int
    since: int
    award: object = None
    ends: int | None = None
    is_pending: bool = False
    starts: int | None = None
    cancels: int | None = None
    expired: int = 0
    expired_at: int = 0
    reinstated: int = 0

    @property
    def order(self) -> tuple[int, int, int]:
        return (FOREVER if self.ends is None else self.ends, self.since, self.born)

    @property
    def due(self) -> int | None:
        if self.is_pending:
            return min((at for at in (self.starts, self.cancels) if at is not None), default=None)
        return self.ends if self.left else None


Uses = list[tuple[Lot, int]]


@dataclass(eq=False)
class Hold:
    home: int
    born: int
    uses: Uses
    ends: int | None

    @property
    def amount(self) -> int:
        return sum(taken for _, taken in self.uses)

    @property
    def due(self) -> int | None:
        return self.ends


@dataclass(eq=False)
class Taking:
    """Points that went for good: of which lots, the last first, and what of it was debt."""

    who: int
    uses: Uses
    lent: int = 0

    @property
    def left(self) -> int:
        return self.lent + sum(taken for _, taken in self.uses)


@dataclass(eq=False)
class Gift:
    hold: Hold
    recipient: int


@dataclass(eq=False)
class Purchase:
    who: int
    total: int
    award: Award
    paid: Taking | None
    points: int
    refunded: int = 0
    taken: int = 0
    returned: int = 0


@dataclass
class Merge:
    """``paid`` are the lots that paid a debt: the winner's own one where ``is_winners``, else the loser's."""

    winner: int
    loser: int
    moved: list[tuple[Lot, int]]
    debt: int
    paid: Uses
    is_winners: bool


@dataclass
class Model:
    """What the ledger must say. ``debt_limit``, ``grace`` (seconds) and ``refunds`` are the wallet's policy."""

    refunds: str = "ALLOW_NEGATIVE"
    debt_limit: int | None = None
    grace: int = 0
    now: int = 0
    born: int = 0
    debt: list[int] = field(default_factory=lambda: [0, 0])
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
    merge: Merge | None = None

    def root(self, who: int) -> int:
        return self.merge.winner if self.merge else who

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
        lot.is_pending, lot.starts, lot.cancels = False, at, None
        self.pay_debt(lot.home, [(lot, lot.left)])

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

    def give(self, who: int, amount: int, *, waits: bool = False, **more: object) -> Award:
        """Points come in: pending while they wait or until they start, else at once, debt first."""
        award = Award(who, amount, amount)
        starts = more.get("starts")
        is_pending = waits or (isinstance(starts, int) and starts > self.now)
        award.lot = self.add(who, amount, award=award, is_pending=is_pending, **more)
        if not is_pending:
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

    def spend(self, who: int, amount: int) -> Taking:
        """What is there; the rest is debt."""
        there = min(amount, self.available(who))
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
        there = [(self.add(who, amount, ends=lot.ends, award=award), amount) for lot, amount in uses]
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
            return self.add(who, 0, since=lot.since, ends=lot.ends)
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

    def earned(self, who: int, points: int, day: int, month: int, *, a_day: int, a_month: int) -> int:
        """What a cap on points a day, and one on times a month, leave of an award; what both people used counts."""
        mine = [(d, m, n) for of, d, m, n in self.decided if self.root(of) == self.root(who)]
        points = min(points, a_day - sum(n for d, _, n in mine if d == day))
        if points <= 0 or sum(m == month for _, m, _ in mine) >= a_month:
            return 0
        self.decided.append((self.root(who), day, month, points))
        return points

    def join(self, winner: int, loser: int) -> None:
        """One person: everything of the loser is the winner's, debts are paid."""
        going = [(lot, lot.left + self._held(lot)) for lot in self.lots if lot.home == loser]
        moved = [(lot, there) for lot, there in going if there]
        self._hand_over([lot for lot, _ in moved], loser, winner)
        of_loser = {lot for lot, _ in moved}
        paid = self.pay_debt(winner, [(lot, lot.left) for lot in self.active(winner) if lot in of_loser])
        is_winners = bool(paid)
        debt, self.debt[loser] = self.debt[loser], 0
        paid += self._owe(winner, debt)
        rest = max(0, debt - sum(n for _, n in paid))
        self.merge = Merge(winner, loser, moved, rest, paid[::-1], is_winners)

    def part(self) -> int:
        """Two again: what is left of what was moved goes back, and debts that were paid are made again.

        Answers what does not go back.
        """
        assert self.merge
        winner, loser = self.merge.winner, self.merge.loser
        there = {lot for lot, _ in self.merge.moved if lot.home == winner}
        paid, is_winners = self.merge.paid, self.merge.is_winners
        going = {lot for lot in there if lot.left or self._held(lot)}
        for hold in self.holds.values():
            if hold.home == winner and not {lot for lot, _ in hold.uses} <= there:
                self._stay(hold, winner, going)
        debt, moved = min(self.merge.debt, self.debt[winner]), self.merge.moved
        going |= {
            lot for lot, _ in paid if is_winners and lot.home == winner and not (lot.left or self._held(lot))
        }
        back = {lot: lot.left + self._held(lot) for lot in going}
        self.merge = None
        self._hand_over(list(going), winner, loser)
        self.debt[winner] -= debt
        self._owe(loser, debt)
        debtor, payer = (winner, loser) if is_winners else (loser, winner)
        amount = sum(n for _, n in paid)
        self._owe(debtor, amount)
        self.refund(Taking(payer, paid), amount)
        again = dict(paid) if is_winners else {}
        return sum(max(0, n - back.get(lot, 0) - again.get(lot, 0)) for lot, n in moved)

    def _hand_over(self, lots: list[Lot], source: int, target: int) -> None:
        for hold in self.holds.values():
            if hold.home == source and {lot for lot, _ in hold.uses} <= set(lots):
                hold.home = target
        for lot in lots:
            lot.home = target

    def _held(self, lot: Lot) -> int:
        return sum(taken for hold in self.holds.values() for of, taken in hold.uses if of is lot)

    def _stay(self, hold: Hold, who: int, going: set[Lot]) -> None:
        """A hold of lots of both people keeps what it has of the lots that go; one of which nothing else is left stays."""
        for place, (lot, taken) in enumerate(hold.uses):
            if lot in going and lot.left + self._held(lot) == taken:
                going.discard(lot)
            elif lot in going:
                hold.uses[place] = (self.add(who, 0, since=lot.since, ends=lot.ends), taken)

    def _owe(self, who: int, debt: int) -> Uses:
        paid = min(debt, self.available(who))
        self.debt[who] += debt - paid
        return self.take(who, paid)


def _in_order(uses: Uses) -> Uses:
    return sorted(uses, key=lambda use: use[0].order)
