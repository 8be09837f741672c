"""Points that come in while standings are judged, committed for real: each step is told once, and none is missed."""

from __future__ import annotations

import asyncio

import pytest

from domain import clock, db, stepping, wiring
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import benefits, ledger, standing_keeping, standings, tiers
from domain.points.errors import BenefitUsedUp
from domain.points.ledger import Cause
from domain.points.standing_types import Tier
from domain.points.tiers import Draft
from domain.profile import drain
from tests import make

pytestmark = pytest.mark.commits


async def test_points_from_many_sides_reach_each_tier_once() -> None:
    ladder = (Tier("A", 50), Tier("B", 100), Tier("C", 150))
    async with db.transaction():
        await tiers.define(
            make.staff("operator"),
            Draft("CLUB", "POINTS", "BALANCE", None, "IMMEDIATELY", {"none": True}, "FULL", None, ladder),
        )
        who = await make.member_id()
    done = asyncio.Event()

    async def earn() -> None:
        for _ in range(5):
            await db.attempt(lambda: ledger.earn(SYSTEM, who, "POINTS", 10, Cause("TEST", ids.new())))

    async def judge() -> None:
        while not done.is_set():
            await drain.drain(wiring.reactions)
            await standing_keeping.judge_due()

    judges = [asyncio.create_task(judge()) for _ in range(2)]
    await asyncio.gather(*(earn() for _ in range(4)))
    done.set()
    await asyncio.gather(*judges)
    await stepping.settle()
    (scheme,) = await tiers.listed()
    assert (await standings.of_root(who, scheme)).tier == "C"
    assert await db.value("SELECT tier FROM points.standing WHERE member = $1", who) == "C"
    told = await db.fetch(
        """SELECT properties ->> 'tier' AS tier FROM profile.interaction
        WHERE member = $1 AND kind IN ('points.tier.reached', 'points.tier.raised')
        AND profile.counts(id) ORDER BY occurred_at, id""",
        who,
    )
    assert [row["tier"] for row in told] == ["A", "B", "C"]


async def test_a_benefit_used_from_many_sides_is_used_as_often_as_it_may() -> None:
    operator = make.staff("operator")
    async with db.transaction():
        await tiers.define(
            operator,
            Draft(
                "CLUB",
                "POINTS",
                "BALANCE",
                None,
                "IMMEDIATELY",
                {"none": True},
                "FULL",
                None,
                (Tier("A", 0),),
            ),
        )
        await benefits.define(
            operator,
            scheme="CLUB",
            tier="A",
            code="WASH",
            names={"zh": "洗", "en": "Wash"},
            quantity=3,
            period=None,
        )
        who = await make.member_id()

    async def use(number: int) -> str:
        try:
            await db.attempt(lambda: benefits.use(operator, who, "WASH", f"visit-{number}"))
        except BenefitUsedUp as refused:
            assert refused.available_at is None or refused.available_at > clock.now()
            return "USED_UP"
        return "OK"

    done = await asyncio.gather(*(use(number) for number in range(12)))
    assert sorted(done) == ["OK"] * 3 + ["USED_UP"] * 9
    assert await db.value("SELECT count(*) FROM points.benefit_use") == 3
