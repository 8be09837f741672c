"""What the model knows of people: who is one person with whom, who is frozen, and what a cap leaves them."""

from __future__ import annotations

from typing import Any

from tests.domain.points.model_parts import Growth, Hold, Lot, Merge, Taking, Uses


class People:
    """A part of the model, which has the lots."""

    merges: list[Merge]
    holds: dict[int, Hold]
    lots: list[Lot]
    debt: list[int]
    growth: list[Growth]
    frozen: list[int]
    decided: list[tuple[int, int, int, int]]
    now: int
    refund: Any
    add: Any
    take: Any
    active: Any
    available: Any
    pay_debt: Any

    def root(self, who: int) -> int:
        for merge in self.merges:
            who = merge.winner if who == merge.loser else who
        return who

    def roots(self) -> list[int]:
        return [who for who in range(len(self.debt)) if self.root(who) == who]

    def is_frozen(self, who: int) -> bool:
        return self.now < self.frozen[who]

    def join(self, winner: int, loser: int) -> None:
        """One person: everything of the loser is the winner's, debts are paid."""
        people = {who for who in range(len(self.debt)) if self.root(who) == loser}
        going = [(lot, lot.left + self._held(lot)) for lot in self.lots if lot.home == loser]
        moved = [(lot, there) for lot, there in going if there]
        self._hand_over([lot for lot, _ in moved], loser, winner)
        of_loser = {lot for lot, _ in moved}
        paid = self.pay_debt(winner, [(lot, lot.left) for lot in self.active(winner) if lot in of_loser])
        is_winners = bool(paid)
        debt, self.debt[loser] = self.debt[loser], 0
        paid += self._owe(winner, debt)
        rest = max(0, debt - sum(n for _, n in paid))
        growth = self._join_growth(winner, loser)
        self.merges.append(Merge(winner, loser, people, moved, rest, paid[::-1], is_winners, growth))

    def is_stuck(self, merge: Merge) -> bool:
        """A later merge, which is in force, moved somebody whom this one moved."""
        later = self.merges[self.merges.index(merge) + 1 :]
        return any(each.people & merge.people for each in later)

    def part(self, merge: Merge) -> tuple[int, int]:
        """Two again: what is left of what was moved goes back, and debts that were paid are made again.

        Answers what does not go back, and of growth.
        """
        winner, loser, moved, paid = merge.winner, merge.loser, merge.moved, merge.paid
        there = {lot for lot, _ in moved if lot.home == winner}
        going = {lot for lot in there if lot.left or self._held(lot)}
        for hold in self.holds.values():
            if hold.home == winner and not {lot for lot, _ in hold.uses} <= there:
                self._stay(hold, winner, going)
        debt = min(merge.debt, self.debt[winner])
        going |= {
            lot
            for lot, _ in paid
            if merge.is_winners and lot.home == winner and not (lot.left or self._held(lot))
        }
        back = {lot: lot.left + self._held(lot) for lot in going}
        self.merges.remove(merge)
        self._hand_over(list(going), winner, loser)
        self.debt[winner] -= debt
        self._owe(loser, debt)
        debtor, payer = (winner, loser) if merge.is_winners else (loser, winner)
        amount = sum(n for _, n in paid)
        self._owe(debtor, amount)
        self.refund(Taking(payer, paid), amount)
        again = dict(paid) if merge.is_winners else {}
        waived = sum(max(0, n - back.get(lot, 0) - again.get(lot, 0)) for lot, n in moved)
        return waived, self._part_growth(winner, loser, *merge.growth)

    def _join_growth(self, winner: int, loser: int) -> tuple[int, int, int, int]:
        there, gone = self.growth[winner], self.growth[loser]
        moved, owed = gone.available, gone.debt
        for_winner = there.come(moved)
        for_loser = there.owe(owed)
        self.growth[loser] = Growth()
        return moved, owed, for_winner, for_loser

    def _part_growth(
        self, winner: int, loser: int, moved: int, owed: int, for_winner: int, for_loser: int
    ) -> int:
        there, back = self.growth[winner], self.growth[loser]
        available = min(moved - for_winner, there.available)
        there.available -= available
        back.come(available)
        debt = min(owed - for_loser, there.debt)
        there.debt -= debt
        back.owe(debt)
        there.owe(for_winner)
        back.come(for_winner)
        back.owe(for_loser)
        there.come(for_loser)
        return moved - for_winner - available

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
                hold.uses[place] = (
                    self.add(who, 0, since=lot.since, ends=lot.ends, expiry=lot.expiry),
                    taken,
                )

    def _owe(self, who: int, debt: int) -> Uses:
        paid = min(debt, self.available(who))
        self.debt[who] += debt - paid
        return self.take(who, paid)

    def earned(self, who: int, points: int, day: int, month: int, *, a_day: int, a_month: int) -> int:
        """What a cap on points a day, and one on times a month, leave of an award; what both people used counts."""
        mine = [(d, m, n) for of, d, m, n in self.decided if self.root(of) == self.root(who)]
        points = min(points, a_day - sum(n for d, _, n in mine if d == day))
        if points <= 0 or sum(m == month for _, m, _ in mine) >= a_month:
            return 0
        self.decided.append((self.root(who), day, month, points))
        return points
