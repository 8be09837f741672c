"""Points over GraphQL: what staff do, what members see, and the life of a rule."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from domain import clock, db
from domain.actor import SYSTEM, Actor, member
from domain.foundation import ids
from domain.points import holds, ledger
from domain.points.health import CHECKS
from domain.points.ledger import Cause
from tests import make


@pytest.fixture(autouse=True)
def registered():
    from domain import wiring

    wiring.start()


async def rich(amount: int = 100) -> tuple[UUID, Actor]:
    member_id = await make.member_id()
    await ledger.earn(SYSTEM, member_id, "POINTS", amount, Cause("TEST", ids.new()))
    return member_id, member(member_id)


async def never_asks(gql, *actions: str) -> None:
    for action in actions:
        answer = await gql(
            """mutation($action: String!) { setPointsApproval(input: {action: $action}) {
                ... on SetPointsApprovalSuccess { setting { isEnabled } } } }""",
            {"action": action}, actor=make.staff("admin"),
        )  # fmt: skip
        assert answer["setPointsApproval"] == {"setting": {"isEnabled": False}}


GRANT = """mutation($input: GrantPointsInput!) { grantPoints(input: $input) { __typename
    ... on GrantPointsSuccess { journal { id kind reason entries { source target amount effect } }
        balances { wallet { code scale } available net seq } }
    ... on ApprovalRequired { approval { id state } } ... on InvalidInput { problems { path } }
    ... on Refusal { message } } }"""


async def test_granting_posts_at_once_below_the_threshold(gql) -> None:
    await never_asks(gql, "ADJUST")
    who = await make.member_id()
    given = {"memberId": str(who), "amount": "150", "reason": "sorry", "clientMutationId": "a"}
    operator = make.staff("operator")
    first = await gql(GRANT, {"input": given}, actor=operator)
    assert first["grantPoints"]["balances"] == [
        {"wallet": {"code": "POINTS", "scale": 0}, "available": "150", "net": "150", "seq": 1}
    ]
    assert first["grantPoints"]["journal"]["entries"] == [
        {"source": "ISSUED", "target": "AVAILABLE", "amount": "150", "effect": "150"}
    ]
    again = await gql(GRANT, {"input": given}, actor=operator)
    assert again.data == first.data
    other = await gql(GRANT, {"input": {**given, "amount": "151"}}, actor=operator)
    assert other.codes == ["IDEMPOTENCY_MISMATCH"]
    assert await db.value("SELECT count(*) FROM points.journal") == 1


async def test_granting_asks_a_second_person_as_shipped(gql) -> None:
    who = await make.member_id()
    given = {"memberId": str(who), "amount": "1", "reason": "sorry"}
    answer = await gql(GRANT, {"input": given}, actor=make.staff("operator"))
    assert answer["grantPoints"]["__typename"] == "ApprovalRequired"
    assert await db.value("SELECT count(*) FROM points.journal") == 0


@pytest.mark.parametrize("amount", ["0", "-1", "0.5", "10000000000000000"])
async def test_amounts_that_a_wallet_cannot_keep_are_named(gql, amount: str) -> None:
    who = await make.member_id()
    given = {"memberId": str(who), "amount": amount, "reason": "sorry"}
    answer = await gql(GRANT, {"input": given}, actor=make.staff("operator"))
    assert [p["path"] for p in answer["grantPoints"]["problems"]] == ["amount"]


SPEND = """mutation($input: SpendPointsInput!) { spendPoints(input: $input) { __typename
    ... on SpendPointsSuccess { journal { id } taken { wallet amount } balances { available } }
    ... on InsufficientPoints { balance price missing } ... on ReferenceTaken { journal { id } }
    ... on WalletNotSpendable { wallet } ... on AccountFrozen { until } } }"""


def spending(who: UUID, amount: str, **more) -> dict:
    return {"input": {"memberId": str(who), "amounts": [{"wallet": more.pop("wallet", "POINTS"), "amount": amount}],
                      "reason": "test", **more}}  # fmt: skip


async def test_spending_and_its_refusals(gql) -> None:
    who, _ = await rich()
    operator = make.staff("operator")
    done = await gql(SPEND, spending(who, "30", reference="R"), actor=operator)
    assert done["spendPoints"]["taken"] == [{"wallet": "POINTS", "amount": "30"}]
    short = await gql(SPEND, spending(who, "71"), actor=operator)
    assert short["spendPoints"] == {
        "__typename": "InsufficientPoints", "balance": "70", "price": "71", "missing": "1",
    }  # fmt: skip
    taken = await gql(SPEND, spending(who, "1", reference="R"), actor=operator)
    assert taken["spendPoints"]["journal"] == done["spendPoints"]["journal"]
    growth = await gql(SPEND, spending(who, "1", wallet="GROWTH"), actor=operator)
    assert growth["spendPoints"] == {"__typename": "WalletNotSpendable", "wallet": "GROWTH"}
    nothing = await gql(SPEND, spending(await make.member_id(), "5", isUpTo=True), actor=operator)
    assert nothing["spendPoints"]["journal"] is None
    assert nothing["spendPoints"]["taken"] == [{"wallet": "POINTS", "amount": "0"}]


async def test_holds_over_graphql(gql) -> None:
    who, own = await rich()
    operator = make.staff("operator")
    given = {**spending(who, "60")["input"], "reference": "H"}
    made = await gql(
        """mutation($input: HoldPointsInput!) { holdPoints(input: $input) { ... on HoldPointsSuccess {
            hold { id state legs { amount captured } } balances { available held } } } }""",
        {"input": given}, actor=operator,
    )  # fmt: skip
    hold = made["holdPoints"]["hold"]
    assert (hold["state"], made["holdPoints"]["balances"]) == ("OPEN", [{"available": "40", "held": "60"}])
    capture = """mutation($id: ID!, $amount: Decimal!) { captureHold(input: {holdId: $id, amounts: [
        {wallet: "POINTS", amount: $amount}]}) { __typename ... on CaptureHoldSuccess { hold { state } journal { kind }
        balances { available } } ... on HoldExceeded { held asked } ... on HoldNotOpen { state } } }"""
    over = await gql(capture, {"id": hold["id"], "amount": "61"}, actor=operator)
    assert over["captureHold"] == {"__typename": "HoldExceeded", "held": "60", "asked": "61"}
    done = await gql(capture, {"id": hold["id"], "amount": "45"}, actor=operator)
    assert done["captureHold"]["hold"] == {"state": "PARTIALLY_CAPTURED"}
    assert done["captureHold"]["balances"] == [{"available": "55"}]
    late = await gql(
        """mutation($id: ID!) { voidHold(input: {holdId: $id}) { __typename ... on HoldNotOpen { state } } }""",
        {"id": hold["id"]}, actor=operator,
    )  # fmt: skip
    assert late["voidHold"] == {"__typename": "HoldNotOpen", "state": "PARTIALLY_CAPTURED"}
    seen = await gql("query($id: ID!) { pointsHold(id: $id) { state } }", {"id": hold["id"]}, actor=own)
    assert seen["pointsHold"] == {"state": "PARTIALLY_CAPTURED"}
    other = await gql(
        "query($id: ID!) { pointsHold(id: $id) { state } }",
        {"id": hold["id"]},
        actor=await make.member_actor(),
    )
    assert other.codes == ["NOT_FOUND"]


MINE = """query { points { wallets { wallet { code } available pending debt net }
    wallet(code: "POINTS") { expirySchedule { expiresAt amount } expiringBy(time: "2200-01-01T00:00:00Z")
        at(time: "2020-01-01T00:00:00Z") { available seq } }
    entries(first: 2) { nodes { seq amount effect availableAfter journal { kind reason } } pageInfo { hasNextPage } }
    lots { original remaining state } holds { state } decisions { nodes { outcome } } } }"""


async def test_a_member_sees_the_own_points_only(gql) -> None:
    who, own = await rich()
    await holds.hold(SYSTEM, who, {"POINTS": 25}, source="TEST", source_id=1, expires_at=None)
    await ledger.spend(SYSTEM, who, {"POINTS": 5}, Cause("TEST", ids.new(), reason="tea"))
    found = (await gql(MINE, actor=own))["points"]
    assert found["wallets"] == [
        {"wallet": {"code": "POINTS"}, "available": "70", "pending": "0", "debt": "0", "net": "70"},
        {"wallet": {"code": "GROWTH"}, "available": "0", "pending": "0", "debt": "0", "net": "0"},
    ]
    assert found["wallet"] == {
        "expirySchedule": [{"expiresAt": None, "amount": "70"}], "expiringBy": "0", "at": {"available": "0", "seq": 0},
    }  # fmt: skip
    assert found["entries"]["nodes"][0] == {
        "seq": 3, "amount": "5", "effect": "-5", "availableAfter": "70", "journal": {"kind": "SPEND", "reason": "tea"},
    }  # fmt: skip
    assert found["entries"]["pageInfo"] == {"hasNextPage": True}
    assert found["lots"] == [{"original": "100", "remaining": "70", "state": "ACTIVE"}]
    other = "query($id: ID!) { points(memberId: $id) { wallets { available } } }"
    assert (await gql(other, {"id": str(who)}, actor=await make.member_actor())).codes == ["FORBIDDEN"]
    assert (await gql(other, {"id": str(who)}, actor=make.staff("analyst")))["points"]
    assert (await gql(MINE)).codes == ["UNAUTHENTICATED"]


async def test_a_page_of_entries_takes_a_fixed_number_of_statements(gql) -> None:
    who, own = await rich()
    asked = "query { points { entries(first: 50) { nodes { seq journal { kind entries { amount } } } } } }"

    async def counted() -> int:
        seen: list[str] = []
        token = db.recorder.set(seen)
        await gql(asked, actor=own)
        db.recorder.reset(token)
        return len(seen)

    before = await counted()
    for _ in range(10):
        await ledger.spend(SYSTEM, who, {"POINTS": 1}, Cause("TEST", ids.new()))
    assert await counted() == before


RULE = {
    "code": "checkup", "title": "A check-up", "kinds": ["app.checkup"],
    "effects": [{"fixed": {"wallet": "POINTS", "points": "10"}}],
    "condition": {"all": [{"property": {"path": "grade", "op": "GTE", "value": 3}}, {"not": {"touchpoint": "web"}}]},
    "caps": [{"per": "MEMBER", "window": "DAY", "measure": "POINTS", "limit": "50", "mode": "NET"}],
}  # fmt: skip
VERSION = "version { id ruleId code state ruleVersion version definition }"


async def test_the_life_of_a_rule(gql) -> None:
    operator = make.staff("operator")
    draft = f"""mutation($rule: EarnRuleInput!) {{ draftEarnRule(input: {{rule: $rule}}) {{ __typename
        ... on DraftEarnRuleSuccess {{ {VERSION} }} ... on InvalidInput {{ problems {{ path }} }} }} }}"""
    made = (await gql(draft, {"rule": RULE}, actor=operator))["draftEarnRule"]["version"]
    assert made["state"] == "DRAFT"
    assert made["definition"]["caps"][0]["limit"] == 50
    again = await gql(draft, {"rule": RULE}, actor=operator)
    assert again["draftEarnRule"]["problems"] == [{"path": "rule.code"}]
    publish = f"""mutation($id: ID!) {{ publishEarnRule(input: {{versionId: $id}}) {{ __typename
        ... on PublishEarnRuleSuccess {{ {VERSION} }} ... on IllegalTransition {{ from to allowed }}
        ... on ApprovalRequired {{ approval {{ id }} }} }} }}"""
    early = await gql(publish, {"id": made["id"]}, actor=operator)
    assert early["publishEarnRule"] == {
        "__typename": "IllegalTransition", "from": "DRAFT", "to": "SCHEDULED", "allowed": ["IN_REVIEW"],
    }  # fmt: skip
    submit = f"mutation($id: ID!) {{ submitEarnRule(input: {{versionId: $id}}) {{ ... on SubmitEarnRuleSuccess {{ {VERSION} }} }} }}"
    assert (await gql(submit, {"id": made["id"]}, actor=operator))["submitEarnRule"]["version"][
        "state"
    ] == "IN_REVIEW"
    asked = await gql(publish, {"id": made["id"]}, actor=operator)
    assert asked["publishEarnRule"]["__typename"] == "ApprovalRequired"
    await never_asks(gql, "PUBLISH_RULE")
    assert (await gql(publish, {"id": made["id"]}, actor=operator))["publishEarnRule"]["version"][
        "state"
    ] == "ACTIVE"
    retire = f"mutation($id: ID!) {{ retireEarnRule(input: {{versionId: $id}}) {{ ... on RetireEarnRuleSuccess {{ {VERSION} }} }} }}"
    assert (await gql(retire, {"id": made["id"]}, actor=operator))["retireEarnRule"]["version"][
        "state"
    ] == "RETIRED"
    rules = await gql(
        "query { earnRules(filter: {state: RETIRED}) { nodes { code state } } }", actor=operator
    )
    assert rules["earnRules"]["nodes"] == [{"code": "checkup", "state": "RETIRED"}]


async def test_a_sweep_can_be_tried_for_any_moment(gql) -> None:
    who = await make.member_id()
    soon = clock.now() + timedelta(days=10)
    await ledger.earn(SYSTEM, who, "POINTS", 40, Cause("TEST", 1), expires_at=soon)
    sweep = """mutation($input: SweepPointsInput!) { sweepPoints(input: $input) { __typename ... on SweepPointsSuccess {
        expired { lots amount { wallet amount } } activated holdsExpired } } }"""
    admin = make.staff("admin")
    later = (soon + timedelta(days=1)).isoformat()
    tried = await gql(sweep, {"input": {"dryRun": True, "asOf": later}}, actor=admin)
    assert tried["sweepPoints"]["expired"] == {"lots": 1, "amount": [{"wallet": "POINTS", "amount": "40"}]}
    done = await gql(sweep, {"input": {}}, actor=admin)
    assert done["sweepPoints"]["expired"] == {"lots": 0, "amount": []}
    refused = await gql(sweep, {"input": {"asOf": later}}, actor=admin)
    assert refused["sweepPoints"]["__typename"] == "InvalidInput"


async def test_freezing_and_the_health_of_the_ledger(gql) -> None:
    who, own = await rich()
    freeze = """mutation($id: ID!) { freezePoints(input: {memberId: $id, reason: "fraud"}) {
        ... on FreezePointsSuccess { balances { wallet { code } isFrozen } } } }"""
    done = await gql(freeze, {"id": str(who)}, actor=make.staff("operator"))
    assert done["freezePoints"]["balances"][0] == {"wallet": {"code": "POINTS"}, "isFrozen": True}
    refused = await gql(SPEND, spending(who, "1"), actor=make.staff("operator"))
    assert refused["spendPoints"] == {"__typename": "AccountFrozen", "until": None}
    health = await gql(
        "query { ledgerHealth { isHealthy checks { code holds } } }", actor=make.staff("admin")
    )
    assert health["ledgerHealth"]["isHealthy"] is True
    assert {check["code"] for check in health["ledgerHealth"]["checks"]} == set(CHECKS)
    assert own.member_id == who


async def test_a_journal_is_found_by_its_reference(gql) -> None:
    who, own = await rich()
    await ledger.spend(SYSTEM, who, {"POINTS": 5}, Cause("TEST", 1, reference="order-1"))
    asked = 'query { pointsJournal(reference: "order-1") { kind reversedBy { id } reverses { id } createsDebt waived } }'
    found = await gql(asked, actor=own)
    assert found["pointsJournal"] == {
        "kind": "SPEND", "reversedBy": [], "reverses": None, "createsDebt": False, "waived": "0",
    }  # fmt: skip
    assert (await gql(asked, actor=await make.member_actor())).codes == ["NOT_FOUND"]


async def test_a_dry_capture_says_what_would_be_and_changes_nothing(gql) -> None:
    who, _ = await rich(100)
    held = await holds.hold(SYSTEM, who, {"POINTS": 60}, source="TEST", source_id=ids.new(), expires_at=None)
    given = {"holdId": str(held.id), "amounts": [{"wallet": "POINTS", "amount": "20"}], "dryRun": True}
    answer = await gql(
        """mutation($input: CaptureHoldInput!) { captureHold(input: $input) { ... on CaptureHoldSuccess {
            hold { state legs { captured } } journal { id } balances { available held } } } }""",
        {"input": given}, actor=make.staff("operator"),
    )  # fmt: skip
    assert answer["captureHold"] == {
        "hold": {"state": "PARTIALLY_CAPTURED", "legs": [{"captured": "20"}]}, "journal": None,
        "balances": [{"available": "80", "held": "0"}],
    }  # fmt: skip
    assert (await holds.one(held.id)).state == "OPEN"
    assert await db.value("SELECT held FROM points.account WHERE held > 0") == 60


async def test_points_that_were_over_when_given_never_make_a_past_balance_negative(gql) -> None:
    who = await make.member_id()
    now = clock.now()
    await ledger.earn(SYSTEM, who, "POINTS", 50, Cause("TEST", ids.new()), expires_at=now - timedelta(days=3))
    answer = await gql(
        """query($id: ID!, $time: DateTime!) { points(memberId: $id) {
            wallet(code: "POINTS") { available at(time: $time) { available } } entries { nodes { seq } } } }""",
        {"id": str(who), "time": (now - timedelta(days=1)).isoformat()}, actor=make.staff("operator"),
    )  # fmt: skip
    assert answer["points"]["wallet"] == {"available": "0", "at": {"available": "0"}}
    assert [entry["seq"] for entry in answer["points"]["entries"]["nodes"]] == [2, 1]


async def test_points_cannot_expire_before_they_are_available(gql) -> None:
    await never_asks(gql, "ADJUST")
    who = await make.member_id()
    hour = timedelta(hours=1)
    given = {"memberId": str(who), "amount": "1", "reason": "sorry", "activatesAt": (clock.now() + 2 * hour).isoformat(),
             "expiresAt": (clock.now() + hour).isoformat()}  # fmt: skip
    answer = await gql(GRANT, {"input": given}, actor=make.staff("operator"))
    assert answer["grantPoints"]["problems"] == [{"path": "expiresAt"}]
