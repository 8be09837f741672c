"""Many members after one reward, committed for real; the control without the conditional update must go wrong."""

from __future__ import annotations

import asyncio
from collections import Counter
from uuid import UUID

import pytest

from domain import db
from domain.actor import SYSTEM, Actor, member
from domain.errors import IllegalTransition
from domain.foundation import ids
from domain.points import health, ledger, redeeming, rewards
from domain.points.ledger import Cause
from tests import make

pytestmark = pytest.mark.commits

REDEEM = """mutation($id: ID!) { redeemReward(input: {rewardId: $id}) { __typename
    ... on RedeemRewardSuccess { redemption { code } } } }"""
_SAID = {
    "code": None, "kind": "DIGITAL", "names": {"zh": "车模", "en": "Model car"}, "prices": {"POINTS": 30}, "cash": None,
    "currency": None, "stock": 1, "per_member_limit": None, "condition": None, "opens_at": None, "closes_at": None,
    "codes": [],
}  # fmt: skip


async def offered(**said: object) -> UUID:
    async with db.transaction():
        await db.run(
            "INSERT INTO access.approval_threshold (action, above, is_enabled) VALUES ('points.REWARD_PRICE', 0, false) "
            "ON CONFLICT DO NOTHING"
        )
        done = await rewards.define(make.staff("operator"), {**_SAID, **said})
    assert isinstance(done, rewards.Reward)
    return done.id


async def people(count: int, points: int = 30) -> list[Actor]:
    found = []
    async with db.transaction():
        for _ in range(count):
            who = await make.member_id()
            await ledger.earn(SYSTEM, who, "POINTS", points, Cause("TEST", ids.new()))
            found.append(member(who))
    return found


async def rush(gql, reward: UUID, actors: list[Actor]) -> Counter[str]:
    answers = await asyncio.gather(*(gql(REDEEM, {"id": str(reward)}, actor=actor) for actor in actors))
    assert [answer.codes for answer in answers if answer.errors] == []
    return Counter(answer["redeemReward"]["__typename"] for answer in answers)


async def taken(reward: UUID) -> tuple[int, int]:
    """Redemptions, and points spent on them."""
    row = await db.one(
        """SELECT count(*) AS n, (SELECT coalesce(sum(e.amount), 0) FROM points.entry AS e JOIN points.journal AS j
            ON j.id = e.journal WHERE j.source = 'REDEMPTION')::int AS points
        FROM points.redemption WHERE reward = $1""",
        reward,
    )
    return row["n"], row["points"]


async def test_fifty_at_once_after_the_last_one_have_one_winner(gql) -> None:
    reward, actors = await offered(), await people(50)
    assert await rush(gql, reward, actors) == {"RedeemRewardSuccess": 1, "RewardSoldOut": 49}
    assert await taken(reward) == (1, 30)
    assert await health.violations() == []


async def test_one_member_fifty_times_at_once_wins_once(gql) -> None:
    reward, (actor,) = await offered(), await people(1, 3_000)
    assert await rush(gql, reward, [actor] * 50) == {"RedeemRewardSuccess": 1, "RewardSoldOut": 49}
    assert await taken(reward) == (1, 30)


async def test_every_code_goes_to_one_member(gql) -> None:
    codes = [f"CODE-{number}" for number in range(10)]
    reward, actors = await offered(kind="CODE", stock=None, codes=rewards.sealed(codes)), await people(20)
    done = await rush(gql, reward, actors)
    assert done["RedeemRewardSuccess"] + done["RewardSoldOut"] == 20
    given = await db.fetch("SELECT code FROM points.reward_code WHERE redemption IS NOT NULL")
    assert len(given) == done["RedeemRewardSuccess"] <= 10
    assert await taken(reward) == (len(given), 30 * len(given))


async def test_one_payment_pays_for_one_redemption_whoever_names_it(gql) -> None:
    reward, actors = await offered(stock=None, cash=100, currency="CNY"), await people(8)
    paid = REDEEM.replace("rewardId: $id", 'rewardId: $id, paymentReference: "pay-1"')
    answers = await asyncio.gather(*(gql(paid, {"id": str(reward)}, actor=actor) for actor in actors))
    assert [answer.codes for answer in answers if answer.errors] == []
    done = Counter(answer["redeemReward"]["__typename"] for answer in answers)
    assert done == {"RedeemRewardSuccess": 1, "InvalidInput": 7}
    assert await taken(reward) == (1, 30)
    assert await health.violations() == []


async def test_without_the_conditional_update_the_last_one_is_sold_more_than_once(gql, monkeypatch) -> None:
    async def looked(reward: rewards.Reward, redemption: UUID) -> None:
        await asyncio.sleep(0.02)  # others look meanwhile
        await db.run("UPDATE points.reward SET stock = $2 WHERE id = $1", reward.id, (reward.stock or 1) - 1)

    monkeypatch.setattr(redeeming, "_take", looked)
    reward, actors = await offered(), await people(16)
    done = await rush(gql, reward, actors)
    assert done["RedeemRewardSuccess"] > 1


async def tried(call) -> str:
    try:
        await db.attempt(call)
    except IllegalTransition:
        return "IllegalTransition"
    return "OK"


async def test_a_cancellation_and_a_decision_at_once_have_one_winner() -> None:
    for _ in range(5):
        reward, (actor,) = await offered(kind="GOODS"), await people(1)
        made, _ = await redeeming.redeem(actor, reward)
        done = await asyncio.gather(
            tried(lambda made=made, actor=actor: redeeming.cancel(actor, made.id)),
            tried(lambda made=made: redeeming.decide(make.staff("operator"), made.id, redeeming.RedemptionState.REJECTED)),
            tried(lambda made=made, actor=actor: redeeming.cancel(actor, made.id)),
        )  # fmt: skip
        assert sorted(done) == ["IllegalTransition", "IllegalTransition", "OK"]
        assert await db.value("SELECT stock FROM points.reward WHERE id = $1", reward) == 1
    assert await health.violations() == []
