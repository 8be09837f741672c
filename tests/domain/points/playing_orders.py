"""What the player of the model does with orders, with awards that wait, and with files of a former system."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain import clock, db
from domain.errors import IllegalTransition
from domain.foundation.importing import Options, Report, Row
from domain.points import deciding, importers, purchases, refunds, sweeps
from domain.points.baskets import Basket, Line
from domain.points.errors import AccountFrozen, InsufficientPoints, NothingToReverse
from domain.points.purchase_rules import Order
from tests import make
from tests.domain.points import buying
from tests.domain.points.model import Model
from tests.domain.points.model_parts import HOUR, Award, Purchase, picked

A_DAY, A_MONTH, HELD_ABOVE = 80, 4, 50
STAFF = make.staff("operator", "admin")


class Orders:
    """A part of the player."""

    model: Model
    name: int
    ids: dict[Any, Any]
    members: list[UUID]
    at: Any
    refused: Any

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

    async def buy(self, who: int, cents: int, points: int) -> None:
        model, root = self.model, self.model.root(who)
        paid_at = clock.now()
        order = Order(str(self.name), paid_at, Basket((Line("sku", cents),), cents), points)
        call = purchases.record(STAFF, self.members[who], order)
        if points and (model.is_frozen(root) or model.available(root) < points):
            await self.refused(AccountFrozen if model.is_frozen(root) else InsufficientPoints, call)
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
        name = picked(self.model.purchases, number)
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
        name = picked(self.model.waiting, number, reverse=True)
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
            signed = amount if gives or kind == "SPEND" else -amount
            read.append((at, importers.KINDS.index(kind), line, kind, signed, ends, begins))
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
                model.takings[key] = model.spend(root, abs(amount), is_used=kind == "SPEND")
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


def _share(whole: int, of: Purchase) -> int:
    return whole if of.refunded == of.total else whole * of.refunded // of.total
