"""Wallets that staff define: exact amounts of any scale, policies that a second person signs."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import balances, ledger, wallets
from domain.points.ledger import Cause
from domain.points.policy_rules import Policy
from tests import make

DEFINE = """mutation($input: DefineWalletInput!) { defineWallet(input: $input) { __typename
    ... on DefineWalletSuccess { wallet { programme code names { zh en } scale isSpendable hasLots } }
    ... on WalletFrozen { code } ... on InvalidInput { problems { path } } } }"""
POLICY = """mutation($input: SetWalletPolicyInput!) { setWalletPolicy(input: $input) { __typename
    ... on SetWalletPolicySuccess { policy { wallet version debtLimit refundPolicy } }
    ... on ApprovalRequired { approval { id state } } ... on InvalidInput { problems { path } } } }"""
CASH = {"code": "CASH", "names": {"zh": "零钱", "en": "Cash"}, "scale": 2}


@pytest.fixture(autouse=True)
def registered():
    from domain import wiring

    wiring.start()


async def never_asks(action: str) -> None:
    await db.run("DELETE FROM access.approval_threshold WHERE action = $1", action)
    await db.run(
        "INSERT INTO access.approval_threshold (action, above, is_enabled) VALUES ($1, 0, false)", action
    )


async def grant(gql, who: UUID, amount: str, wallet: str) -> dict:
    answer = await gql(
        """mutation($input: GrantPointsInput!) { grantPoints(input: $input) {
            ... on GrantPointsSuccess { balances { available seq wallet { scale } } }
            ... on InvalidInput { problems { path message } } } }""",
        {"input": {"memberId": str(who), "amount": amount, "wallet": wallet, "reason": "sorry"}},
        actor=make.staff("operator"),
    )  # fmt: skip
    return answer["grantPoints"]


async def test_amounts_of_a_wallet_are_exact_to_its_scale(gql) -> None:
    await never_asks("points.ADJUST")
    made = await gql(DEFINE, {"input": CASH}, actor=make.staff("admin"))
    assert made["defineWallet"]["wallet"] == {
        "programme": "marque", "code": "CASH", "names": CASH["names"], "scale": 2, "isSpendable": True, "hasLots": True,
    }  # fmt: skip
    who = await make.member_id()
    await grant(gql, who, "12.34", "CASH")
    after = await grant(gql, who, "56.78", "CASH")
    assert after["balances"] == [{"available": "69.12", "seq": 2, "wallet": {"scale": 2}}]
    refused = await grant(gql, who, "0.001", "CASH")
    assert refused["problems"] == [{"path": "amount", "message": "Use at most 2 digits after the point."}]


async def test_a_wallet_with_entries_keeps_its_scale(gql) -> None:
    admin = make.staff("admin")
    await gql(DEFINE, {"input": CASH}, actor=admin)
    free = await gql(DEFINE, {"input": {**CASH, "scale": 3}}, actor=admin)
    assert free["defineWallet"]["wallet"]["scale"] == 3
    await ledger.earn(SYSTEM, await make.member_id(), "CASH", 1, Cause("TEST", ids.new()))
    frozen = await gql(DEFINE, {"input": CASH}, actor=admin)
    assert frozen["defineWallet"] == {"__typename": "WalletFrozen", "code": "CASH"}
    renamed = {**CASH, "scale": 3, "names": {"zh": "现金", "en": "Money"}}
    done = await gql(DEFINE, {"input": renamed}, actor=admin)
    assert done["defineWallet"]["wallet"]["names"] == {"zh": "现金", "en": "Money"}


@pytest.mark.parametrize(
    ("changed", "path"),
    [({"code": "cash"}, "code"), ({"scale": 5}, "scale"), ({"programme": "none"}, "programme"),
     ({"names": {"zh": " ", "en": "x"}}, "names.zh")],
)  # fmt: skip
async def test_a_wallet_that_cannot_be_is_named_by_its_problem(gql, changed: dict, path: str) -> None:
    answer = await gql(DEFINE, {"input": {**CASH, **changed}}, actor=make.staff("admin"))
    assert [each["path"] for each in answer["defineWallet"]["problems"]] == [path]
    assert await db.value("SELECT count(*) FROM points.wallet_type") == 2


async def test_a_policy_needs_a_second_person_as_shipped(gql) -> None:
    answer = await gql(POLICY, {"input": {"wallet": "POINTS", "debtLimit": "5"}}, actor=make.staff("admin"))
    assert answer["setWalletPolicy"]["approval"]["state"] == "REQUESTED"
    assert await db.value("SELECT count(*) FROM points.wallet_policy") == 0


async def test_points_wait_and_expire_by_the_policy_in_force(gql) -> None:
    await never_asks("points.SET_POLICY")
    await wallets.set_policy(
        SYSTEM, "POINTS",
        Policy(pending={"after": {"value": 0, "unit": "DAY"}}, expiry={"rolling": {"value": 1, "unit": "MONTH"}}),
    )  # fmt: skip
    who = await make.member_id()
    await ledger.earn(SYSTEM, who, "POINTS", 10, Cause("TEST", ids.new()))
    now = await balances.of_wallet(who, "POINTS")
    assert now and (now.pending, now.available) == (10, 0)
    tomorrow = await balances.of_wallet(who, "POINTS", clock.now() + timedelta(days=1, seconds=1))
    assert tomorrow and (tomorrow.pending, tomorrow.available) == (0, 10)
    later = await balances.of_wallet(who, "POINTS", clock.now() + timedelta(days=40))
    assert later and later.available == 0


async def test_a_policy_with_nonsense_changes_nothing(gql) -> None:
    given = {"wallet": "POINTS", "refundGraceDays": -1, "pending": {"after": {"value": -3, "unit": "DAY"}}}
    answer = await gql(POLICY, {"input": given}, actor=make.staff("admin"))
    assert {p["path"] for p in answer["setWalletPolicy"]["problems"]} == {
        "refundGraceDays",
        "pending.after.value",
    }
    assert await db.value("SELECT count(*) FROM points.wallet_policy") == 0
