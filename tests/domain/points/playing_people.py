"""What the player of the model does between people: holds, gifts, merges, frozen points, and growth."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.actor import SYSTEM, member
from domain.errors import IllegalTransition
from domain.points import gifts, holds, ledger, operating, reversals
from domain.points.errors import (
    AccountFrozen,
    AlreadyReversed,
    HoldExceeded,
    HoldNotOpen,
    InsufficientPoints,
    NothingToReverse,
    PointsAlreadySpent,
    WalletNotSpendable,
)
from domain.profile import merges
from domain.profile.errors import MergeNotUndoable
from tests import make
from tests.domain.points.model import Model
from tests.domain.points.model_parts import FOREVER, HOUR, Gift, picked

GIFT_HOURS = 2
STAFF = make.staff("operator", "admin")


class Between:
    """A part of the player."""

    model: Model
    name: int
    ids: dict[Any, Any]
    members: list[UUID]
    at: Any
    refused: Any
    _in: Any
    _cause: Any

    def short(self, who: int, amount: int) -> type | None:
        """Why so much cannot be spent."""
        if self.model.is_frozen(who):
            return AccountFrozen
        return InsufficientPoints if self.model.available(who) < amount else None

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
        if (why := self.short(root, amount)) is not None:
            await self.refused(why, call)
            return
        self.ids[self.name] = (await call).id
        self.model.holds[self.name] = self.model.hold(root, amount, ends)

    async def capture(self, number: int, amount: int | None) -> None:
        name = picked(self.model.holds, number)
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
        name = picked(self.model.holds, number)
        if name in self.model.gifts:
            return
        await holds.void(SYSTEM, self.ids[name])
        self.model.let_go(self.model.holds[name])

    async def offer(self, who: int, to: int, amount: int) -> None:
        """A gift from one person to another."""
        giver, friend = self.model.root(who), self.model.root(to)
        if giver == friend:
            return
        call = gifts.offer(member(self.members[giver]), self.members[to], "POINTS", Decimal(amount))
        if (why := self.short(giver, amount)) is not None:
            await self.refused(why, call)
            return
        made = await call
        assert made.expires_at is not None
        self.ids[self.name] = made
        ends = self.model.now + GIFT_HOURS * HOUR
        self.model.holds[self.name] = held = self.model.hold(giver, amount, ends)
        self.model.gifts[self.name] = Gift(held, to)

    async def answer(self, number: int, is_accepted: bool) -> None:
        name = picked(self.model.gifts, number)
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
        name = picked(self.model.given, number)
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

    # Frozen points, growth, and one person or two.

    async def freeze(self, who: int, wallet: str | None, lasts: int | None, is_frozen: bool) -> None:
        ends, root = self._in(lasts), self.model.root(who)
        shown = await operating.freeze(
            STAFF, self.members[who], wallet, reason="odd", until=self.at(ends), is_frozen=is_frozen
        )
        if wallet != "GROWTH":
            self.model.frozen[root] = (FOREVER if ends is None else ends) if is_frozen else 0
        assert {each.wallet.code: each.is_frozen for each in shown}["POINTS"] is self.model.is_frozen(root)

    async def grow(self, who: int, amount: int) -> None:
        """Growth comes (above 0) or is taken back; nobody can spend, set aside or give it."""
        one, root = self.members[who], self.model.root(who)
        growth = self.model.growth[root]
        if amount > 0:
            await ledger.earn(SYSTEM, one, "GROWTH", amount, self._cause())
            growth.come(amount)
        else:
            done = await ledger.claw_back(SYSTEM, one, "GROWTH", -amount, self._cause())
            assert (done.moved, done.waived) == ({"GROWTH": -amount}, {"GROWTH": 0})
            growth.owe(-amount)
        for call in (
            ledger.spend(SYSTEM, one, {"GROWTH": 1, "POINTS": 1}, self._cause(), is_up_to=True),
            holds.hold(SYSTEM, one, {"GROWTH": 1}, source="TEST", source_id=self.name, expires_at=None),
        ):
            await self.refused(WalletNotSpendable, call)
        for other in {*self.model.roots()} - {root}:
            friend = self.members[other]
            call = gifts.offer(member(self.members[root]), friend, "GROWTH", Decimal(1))
            await self.refused(WalletNotSpendable, call)

    async def correct_growth(self, who: int, amount: int) -> None:
        growth = self.model.growth[self.model.root(who)]
        call = ledger.adjust(SYSTEM, self.members[who], "GROWTH", amount, self._cause())
        if amount < 0 and growth.available < -amount:
            await self.refused(InsufficientPoints, call)
            return
        await call
        if amount > 0:
            growth.come(amount)
        else:
            growth.available += amount

    async def join(self, winner: int, other: int) -> None:
        roots = self.model.roots()
        first = roots.pop(winner % len(roots))
        second = roots[other % len(roots)]
        one, two = self.members[first], self.members[second]
        merge = await merges.merge_two(STAFF, one, two, "one person", winner=one)
        self.model.join(first, second)
        self.ids[id(self.model.merges[-1])] = merge

    async def part(self, number: int) -> None:
        """A merge is undone; one that a later merge stands on waits for that."""
        merge = self.model.merges[number % len(self.model.merges)]
        call = merges.undo(STAFF, self.ids[id(merge)], "they are two")
        if self.model.is_stuck(merge):
            await self.refused(MergeNotUndoable, call)
            return
        parted = await call
        waived, growth = self.model.part(merge)
        assert {each.what: int(each.amount) for each in parted.waived} == {
            code: amount for code, amount in (("POINTS", waived), ("GROWTH", growth)) if amount
        }
