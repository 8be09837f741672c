"""What the demonstration shows of rules that are looked at again: orders of a former shop, a rule for them, a better draft."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids, importing
from domain.foundation.importing import Options, Report, Row
from domain.points import backtesting, community_rule, correcting, earn_rules, purchase_import, studies
from domain.profile import demo as profile_demo

RULE = ids.named("demo earn rule", "shop-orders")
DRAFT = ids.named("demo earn rule version", "shop-orders", 2)
_ORDERS = 120
_PER_YUAN = {"wallet": "POINTS", "points": 1, "per": {"minor_units": 10_000, "currency": "CNY"}}
_ORDER_RULE: dict[str, Any] = {
    "code": "shop-orders",
    "kinds": ["points.purchase.recorded"],
    "beneficiary": {"actor": True},
    "effects": [{"per_amount": _PER_YUAN}],
    "zone": community_rule.ZONE,
}
_CAP = {
    "per": "MEMBER", "window": "MONTH", "measure": "POINTS", "limit": 40, "on_excess": "CUT", "mode": "GROSS", "group": None,
}  # fmt: skip


async def load() -> None:
    """Orders without points, a rule that is in force for all of them, a draft with
    twice the points and its backtest, and the correction of a month."""
    if await db.value("SELECT EXISTS (SELECT FROM points.earn_rule WHERE code = $1)", _ORDER_RULE["code"]):
        return
    dice = random.Random("marque demo orders")  # noqa: S311 - invented, the same every time
    today = clock.now()
    rows = (
        Row(
            number,
            {
                "member": profile_demo.external_id(dice.randint(1, 60)), "external_id": f"shop-{number:05}",
                "paid_at": (today - timedelta(days=dice.randint(1, 300))).isoformat(),
                "cash": f"{dice.randint(20, 3_000)}.{dice.randint(0, 99):02}",
            },
        )
        for number in range(1, _ORDERS + 1)
    )  # fmt: skip
    options = Options(file="shop.csv", source="demo", apply_rules=False)
    await importing.run(purchase_import.PURCHASES, rows, options, Report())
    made = await earn_rules.draft(
        SYSTEM, _ORDER_RULE, title="商城每百元一分 · A point for each 100 yuan", rule_id=RULE
    )
    await earn_rules.submit(SYSTEM, made.id)
    await earn_rules.put_in_force(made.id, community_rule.SINCE)
    twice = {**_ORDER_RULE, "effects": [{"per_amount": {**_PER_YUAN, "points": 2}}], "caps": [_CAP]}
    title = "双倍积分,每月封顶 · Twice the points, at most 40 a month"
    draft = await earn_rules.revise(SYSTEM, RULE, 1, twice, title=title, version_id=DRAFT)
    await backtesting.start(SYSTEM, draft.id, today - timedelta(days=310), today)
    # Nobody signs the shipped demonstration; the worker does it, once the orders are drained.
    month = today - timedelta(days=30)
    await studies.begin(
        correcting.WORK, "rule", RULE, SYSTEM, month, today, correcting.WORK.page + 1, includes_imported=False
    )
