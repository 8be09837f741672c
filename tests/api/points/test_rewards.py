"""Rewards over GraphQL: offered with a second person, traded, decided, called off, taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain import clock, db
from domain.access import approvals, staff
from domain.actor import SYSTEM, Actor, member
from domain.errors import IllegalTransition
from domain.foundation import ids, importing
from domain.foundation.importing import Options, Reject, Report, Row
from domain.points import balances, health, ledger, redeeming
from domain.points.ledger import Cause
from domain.points.reward_rules import EDGES
from domain.points.reward_tables import RedemptionState
from tests import make
from tests.api.points.test_wallets import never_asks

DEFINE = """mutation($input: DefineRewardInput!) { defineReward(input: $input) { __typename
    ... on DefineRewardSuccess { reward { id code version stock isSoldOut prices { wallet amount } cash { minorUnits } } }
    ... on ApprovalRequired { approval { id state } } ... on InvalidInput { problems { path } } } }"""
REVISE = """mutation($input: ReviseRewardInput!) { reviseReward(input: $input) { __typename
    ... on ReviseRewardSuccess { reward { version stock prices { amount } } } ... on VersionConflict { current }
    ... on ApprovalRequired { approval { id } } ... on InvalidInput { problems { path } } } }"""
REDEEM = """mutation($input: RedeemRewardInput!) { redeemReward(input: $input) { __typename
    ... on RedeemRewardSuccess { redemption { id state code prices { amount } cash { minorUnits } } balances { available } }
    ... on InsufficientPoints { balance price missing } ... on RewardNotOnSale { opensAt closesAt }
    ... on RewardLimitReached { limit } ... on NotEligible { reasons { code nextStep required group } }
    ... on InvalidInput { problems { path } } ... on AccountFrozen { until } ... on Refusal { message } } }"""
STEP = """mutation($id: ID!) { %s(input: {redemptionId: $id%s}) { __typename
    ... on %sSuccess { redemption { state tracking } balances { available } }
    ... on IllegalTransition { from to allowed } ... on InvalidInput { problems { path } } } }"""
MINE = "{ points { redemptions(first: 5) { nodes { state code reward { code } } } } }"
NAMES = {"zh": "车模", "en": "Model car"}


@pytest.fixture(autouse=True)
async def sound():
    from domain import wiring

    wiring.start()
    yield
    assert await health.violations() == []


async def reward(gql, **said) -> dict:
    await never_asks("points.REWARD_PRICE")
    given = {"kind": "DIGITAL", "names": NAMES, "prices": [{"wallet": "POINTS", "amount": "30"}], **said}
    answer = await gql(DEFINE, {"input": given}, actor=make.staff("operator"))
    return answer["defineReward"]["reward"]


async def rich(amount: int = 100) -> Actor:
    who = await make.member_id()
    await ledger.earn(SYSTEM, who, "POINTS", amount, Cause("TEST", ids.new()))
    return member(who, touchpoint="app")


async def redeem(gql, actor: Actor, of: dict, **more) -> dict:
    return (await gql(REDEEM, {"input": {"rewardId": of["id"], **more}}, actor=actor))["redeemReward"]


async def step(gql, name: str, redemption: str, more: str = "", actor: Actor | None = None) -> dict:
    text = STEP % (name, more, name[0].upper() + name[1:])
    return (await gql(text, {"id": redemption}, actor=actor or make.staff("operator")))[name]


async def available(actor: Actor) -> int:
    return (await balances.of_wallet(actor.member_id, "POINTS")).available


async def stock(of: dict) -> int | None:
    return await db.value("SELECT stock FROM points.reward WHERE id = $1", UUID(of["id"]))


async def test_a_reward_is_offered_when_a_second_person_signs_its_price(gql) -> None:
    given = {
        "kind": "DIGITAL",
        "code": "CAR",
        "names": NAMES,
        "prices": [{"wallet": "POINTS", "amount": "30"}],
    }
    answer = await gql(DEFINE, {"input": given}, actor=make.staff("operator"))
    assert answer["defineReward"]["approval"]["state"] == "REQUESTED"
    assert await db.value("SELECT count(*) FROM points.reward") == 0
    listed = await gql("{ rewards { nodes { code } } }", actor=await make.member_actor())
    assert listed["rewards"]["nodes"] == []


async def test_a_signed_reward_has_its_codes_although_nobody_read_them(gql) -> None:
    given = {"kind": "CODE", "code": "CAFE", "names": NAMES, "prices": [{"wallet": "POINTS", "amount": "30"}], "codes": ["S3CRET"]}  # fmt: skip
    maker = await staff.appoint(SYSTEM, name="Maker", email="maker@example.com", role="operator")
    asked = await gql(DEFINE, {"input": given}, actor=await staff.actor_of(maker.id))
    waiting = UUID(asked["defineReward"]["approval"]["id"])
    assert "S3CRET" not in await db.value("SELECT input::text FROM access.approval WHERE id = $1", waiting)
    await approvals.decide(make.staff("approver"), waiting, approvals.Decision.APPROVE)
    assert await db.value("SELECT code FROM points.reward_code") == "S3CRET"


async def test_points_are_traded_at_once_for_what_is_instant(gql) -> None:
    me, of = await rich(), await reward(gql, stock=2)
    done = await redeem(gql, me, of)
    assert (done["redemption"]["state"], done["redemption"]["prices"]) == ("FULFILLED", [{"amount": "30"}])
    assert done["balances"] == [{"available": "70"}]
    assert await stock(of) == 1
    kinds = await db.fetch(
        "SELECT kind FROM profile.interaction WHERE member = $1 AND starts_with(kind, 'points.reward.') ORDER BY kind",
        me.member_id,
    )  # fmt: skip
    assert [row["kind"] for row in kinds] == ["points.reward.fulfilled", "points.reward.redeemed"]


async def test_the_same_call_again_answers_the_same_redemption(gql) -> None:
    me, of = await rich(), await reward(gql)
    first = await redeem(gql, me, of, clientMutationId="once")
    again = await redeem(gql, me, of, clientMutationId="once")
    assert first["redemption"]["id"] == again["redemption"]["id"]
    assert await available(me) == 70


async def test_a_code_is_given_once_and_shown_to_its_owner_alone(gql) -> None:
    of = await reward(gql, kind="CODE", codes=["AAA", "BBB"])
    assert of["stock"] == 2
    one, two, three = await rich(), await rich(), await rich()
    codes = {(await redeem(gql, each, of))["redemption"]["code"] for each in (one, two)}
    assert codes == {"AAA", "BBB"}
    assert (await redeem(gql, three, of))["__typename"] == "RewardSoldOut"
    assert await available(three) == 100
    mine = await gql(MINE, actor=one)
    assert mine["points"]["redemptions"]["nodes"][0]["code"] in codes
    seen = await gql(
        "query($id: ID!) { points(memberId: $id) { redemptions { nodes { state code } } } }",
        {"id": str(one.member_id)}, actor=make.staff("operator"),
    )  # fmt: skip
    assert seen["points"]["redemptions"]["nodes"] == [{"state": "FULFILLED", "code": None}]
    kept = await db.fetch("SELECT outcome::text FROM foundation.idempotency_key")
    assert not any("AAA" in row["outcome"] for row in kept)


async def test_what_stands_in_the_way_is_said_and_changes_nothing(gql) -> None:
    poor, now = await rich(29), clock.now()
    short = await redeem(gql, poor, await reward(gql))
    assert (short["balance"], short["price"], short["missing"]) == ("29", "30", "1")
    later = await redeem(gql, await rich(), await reward(gql, opensAt=(now + timedelta(days=1)).isoformat()))
    assert (later["__typename"], later["closesAt"]) == ("RewardNotOnSale", None)
    over = await redeem(gql, await rich(), await reward(gql, closesAt=now.isoformat()))
    assert datetime.fromisoformat(over["closesAt"]) == now
    me, one_each = await rich(), await reward(gql, perMemberLimit=1)
    assert (await redeem(gql, me, one_each))["__typename"] == "RedeemRewardSuccess"
    assert (await redeem(gql, me, one_each))["limit"] == 1
    frozen = await rich()
    await ledger.freeze(SYSTEM, frozen.member_id, "POINTS")
    assert (await redeem(gql, frozen, await reward(gql)))["__typename"] == "AccountFrozen"
    gone = await reward(gql, stock=0)
    assert gone["isSoldOut"] is True
    assert (await redeem(gql, await rich(), gone))["__typename"] == "RewardSoldOut"
    assert await db.value("SELECT count(*) FROM points.redemption") == 1
    assert await db.value("SELECT count(*) FROM points.journal WHERE kind = 'SPEND'") == 1


async def test_a_condition_names_every_reason(gql) -> None:
    scheme = {"code": "CLUB", "wallet": "POINTS", "tiers": [{"code": "GOLD", "threshold": "500"}]}
    await gql(
        """mutation($input: DefineTierSchemeInput!) { defineTierScheme(input: $input) { __typename } }""",
        {"input": {"scheme": scheme}}, actor=make.staff("operator"),
    )  # fmt: skip
    asks = {"all": [{"tierAtLeast": "GOLD"}, {"any": [{"isOwner": True}, {"enrolledForDays": 3}]}]}
    of = await reward(gql, condition=asks)
    refused = await redeem(gql, await rich(), of)
    assert refused["reasons"] == [
        {"code": "TIER_TOO_LOW", "nextStep": "REACH_TIER", "required": "GOLD", "group": None},
        {"code": "NOT_OWNER", "nextStep": "BIND_VEHICLE", "required": None, "group": "ANY"},
        {"code": "NOT_ENROLLED", "nextStep": "NONE", "required": None, "group": "ANY"},
    ]
    able = await rich(600)
    from domain.points import enrolments

    joined = clock.now().date() - timedelta(days=5)
    await enrolments.enrol(make.staff("operator"), able.member_id, "marque", joined_on=joined)
    assert (await redeem(gql, able, of))["__typename"] == "RedeemRewardSuccess"


async def test_a_mixed_price_names_its_payment_once(gql) -> None:
    of = await reward(gql, cash={"minorUnits": 990})
    me = await rich()
    assert (await redeem(gql, me, of))["problems"] == [{"path": "paymentReference"}]
    done = await redeem(gql, me, of, paymentReference="PAY-1")
    assert done["redemption"]["cash"] == {"minorUnits": 990}
    assert (await redeem(gql, me, of, paymentReference="PAY-1"))["problems"] == [{"path": "paymentReference"}]
    plain = await reward(gql)
    assert (await redeem(gql, me, plain, paymentReference="PAY-2"))["problems"] == [
        {"path": "paymentReference"}
    ]
    assert await available(me) == 70


async def test_points_and_stock_come_back_into_their_lots_when_it_is_called_off(gql) -> None:
    me, of = await rich(20), await reward(gql, kind="GOODS", stock=1)
    soon = clock.now() + timedelta(days=9)
    await ledger.earn(SYSTEM, me.member_id, "POINTS", 15, Cause("TEST", ids.new()), expires_at=soon)
    before = await balances.expiring(me.member_id, "POINTS")
    done = await redeem(gql, me, of)
    assert (done["redemption"]["state"], await stock(of)) == ("PENDING", 0)
    stranger = await gql(STEP % ("cancelRedemption", "", "CancelRedemption"), {"id": done["redemption"]["id"]}, actor=await rich())  # fmt: skip
    assert stranger.codes == ["NOT_FOUND"]
    back = await step(gql, "cancelRedemption", done["redemption"]["id"], actor=me)
    assert (back["redemption"]["state"], back["balances"]) == ("CANCELLED", [{"available": "35"}])
    assert (await stock(of), await balances.expiring(me.member_id, "POINTS")) == (1, before)
    again = await step(gql, "cancelRedemption", done["redemption"]["id"], actor=me)
    assert again == {"__typename": "IllegalTransition", "from": "CANCELLED", "to": "CANCELLED", "allowed": []}
    redeemed = await db.value("SELECT id FROM profile.interaction WHERE kind = 'points.reward.redeemed'")
    assert await db.value("SELECT profile.counts($1)", redeemed) is False


async def test_staff_approve_fulfil_and_refund(gql) -> None:
    me, of = await rich(), await reward(gql, kind="GOODS", stock=3)
    made = (await redeem(gql, me, of))["redemption"]["id"]
    early = await step(gql, "decideRedemption", made, ", decision: FULFIL")
    assert (early["from"], early["allowed"]) == ("PENDING", ["APPROVED", "CANCELLED", "REJECTED"])
    assert (await step(gql, "decideRedemption", made, ", decision: APPROVE"))["redemption"][
        "state"
    ] == "APPROVED"
    sent = await step(gql, "decideRedemption", made, ', decision: FULFIL, tracking: "SF-1"')
    assert sent["redemption"] == {"state": "FULFILLED", "tracking": "SF-1"}
    late = await step(gql, "cancelRedemption", made, actor=me)
    assert late["__typename"] == "IllegalTransition"
    refunded = await step(gql, "refundRedemption", made)
    assert (refunded["redemption"]["state"], await available(me), await stock(of)) == ("REFUNDED", 100, 3)
    other = (await redeem(gql, me, of))["redemption"]["id"]
    no = await step(gql, "decideRedemption", other, ', decision: REJECT, note: "no longer made"')
    assert (no["redemption"]["state"], await available(me), await stock(of)) == ("REJECTED", 100, 3)


@pytest.mark.parametrize("target", sorted(RedemptionState))
@pytest.mark.parametrize("state", sorted(RedemptionState))
async def test_every_edge_of_a_redemption_is_walked(gql, state: str, target: str) -> None:
    me, of = await rich(), await reward(gql, kind="GOODS", stock=5)
    made = UUID((await redeem(gql, me, of))["redemption"]["id"])
    ways = {"PENDING": [], "APPROVED": ["APPROVED"], "FULFILLED": ["APPROVED", "FULFILLED"], "REJECTED": ["REJECTED"],
            "CANCELLED": ["CANCELLED"], "REFUNDED": ["APPROVED", "FULFILLED", "REFUNDED"]}  # fmt: skip
    for each in ways[state]:
        await follow(made, each)
    points = await available(me)
    if target in EDGES[state]:
        after = await follow(made, target)
        assert after.state == target
        returned = target in ("REJECTED", "CANCELLED", "REFUNDED")
        assert (await available(me), await stock(of)) == ((100, 5) if returned else (70, 4))
        return
    with pytest.raises(IllegalTransition) as refused:
        await follow(made, target)
    assert (refused.value.from_, refused.value.allowed) == (state, sorted(EDGES[state]))
    assert (await redeeming.one(made)).state == state
    assert await available(me) == points


async def follow(redemption: UUID, target: str) -> redeeming.Redemption:
    found, _ = await redeeming._follow(
        make.staff("operator"), redemption, RedemptionState(target), None, None
    )
    return found


async def test_a_revision_asks_only_for_another_price_and_keeps_the_stock_in_order(gql) -> None:
    of = await reward(gql, kind="GOODS", stock=5, code="CAR")
    me = await rich()
    await redeem(gql, me, of)
    await db.run("DELETE FROM access.approval_threshold WHERE action = 'points.REWARD_PRICE'")
    same = {"rewardId": of["id"], "expectedVersion": 1, "kind": "GOODS", "names": NAMES, "prices": [{"wallet": "POINTS", "amount": "30"}]}  # fmt: skip
    operator = make.staff("operator")
    kept = (await gql(REVISE, {"input": same}, actor=operator))["reviseReward"]
    assert kept["reward"] == {"version": 2, "stock": 4, "prices": [{"amount": "30"}]}
    stale = (await gql(REVISE, {"input": same}, actor=operator))["reviseReward"]
    assert stale == {"__typename": "VersionConflict", "current": 2}
    more = {**same, "expectedVersion": 2, "stock": 9}
    assert (await gql(REVISE, {"input": more}, actor=operator))["reviseReward"]["reward"]["stock"] == 9
    dearer = {**same, "expectedVersion": 3, "prices": [{"wallet": "POINTS", "amount": "31"}]}
    assert (await gql(REVISE, {"input": dearer}, actor=operator))["reviseReward"][
        "__typename"
    ] == "ApprovalRequired"
    unlimited = {**same, "expectedVersion": 3, "stock": None}
    assert (await gql(REVISE, {"input": unlimited}, actor=operator))["reviseReward"]["reward"][
        "stock"
    ] is None


@pytest.mark.parametrize(
    ("said", "path"),
    [({"prices": []}, "prices"), ({"prices": [{"wallet": "GROWTH", "amount": "5"}]}, "prices"),
     ({"prices": [{"wallet": "POINTS", "amount": "0"}]}, "prices.0.amount"), ({"stock": -1}, "stock"),
     ({"cash": {"minorUnits": 0}}, "cash.minorUnits"), ({"cash": {"minorUnits": 5, "currency": "yuan"}}, "cash.currency"),
     ({"codes": ["x"]}, "codes"), ({"perMemberLimit": 0}, "perMemberLimit"), ({"names": {"zh": " ", "en": "x"}}, "names.zh"),
     ({"opensAt": "2026-01-02T00:00:00Z", "closesAt": "2026-01-01T00:00:00Z"}, "closesAt"),
     ({"condition": {"tierAtLeast": "NONE"}}, "condition.tierAtLeast"), ({"condition": {"any": []}}, "condition.any")],
)  # fmt: skip
async def test_a_reward_that_cannot_be_is_named_by_its_problem(gql, said: dict, path: str) -> None:
    given = {"kind": "DIGITAL", "names": NAMES, "prices": [{"wallet": "POINTS", "amount": "30"}], **said}
    answer = await gql(DEFINE, {"input": given}, actor=make.staff("operator"))
    assert [each["path"] for each in answer["defineReward"]["problems"]] == [path]
    assert await db.value("SELECT count(*) FROM points.reward") == 0


async def test_rewards_are_listed_by_age_or_price_in_pages(gql) -> None:
    for number, points in enumerate(("30", "10", "20")):
        await reward(gql, code=f"R{number}", prices=[{"wallet": "POINTS", "amount": points}])
    over = (clock.now() - timedelta(seconds=1)).isoformat()
    await reward(gql, code="OLD", closesAt=over)
    listing = """query($by: RewardOrder, $after: String) { rewards(filter: {isOnSale: true}, orderBy: $by, first: 2, after: $after) {
        nodes { code } pageInfo { hasNextPage endCursor } } }"""
    me = await make.member_actor()
    for by, expected in (("NEWEST", ["R2", "R1", "R0"]), ("PRICE", ["R1", "R2", "R0"])):
        first = (await gql(listing, {"by": by}, actor=me))["rewards"]
        rest = (await gql(listing, {"by": by, "after": first["pageInfo"]["endCursor"]}, actor=me))["rewards"]
        assert [node["code"] for node in first["nodes"] + rest["nodes"]] == expected
        other = "PRICE" if by == "NEWEST" else "NEWEST"
        mixed = await gql(listing, {"by": other, "after": first["pageInfo"]["endCursor"]}, actor=me)
        assert mixed.codes == ["BAD_INPUT"]


async def load(kind: str, rows: list[dict]) -> tuple[int, int, list[str]]:
    from domain import wiring

    rejects: list[Reject] = []
    report = Report(on_reject=rejects.append)
    given = (Row(number, row) for number, row in enumerate(rows, 2))
    await importing.run(wiring.importers[kind], given, Options(), report)
    return report.accepted, report.unchanged, [reject.reason for reject in rejects]


async def test_rewards_and_codes_are_imported_once(gql) -> None:
    rows = [
        {
            "code": "CUP",
            "kind": "goods",
            "name_zh": "杯子",
            "prices": "POINTS:300",
            "stock": "5",
            "per_member_limit": "2",
        },
        {"code": "WASH", "kind": "CODE", "name_en": "Car wash", "prices": "50", "cash": "990"},
        {"code": "BAD", "kind": "GOODS", "name_en": "x", "prices": "POINTS:0.5"},
        {"code": "GROWTH", "kind": "GOODS", "name_en": "x", "prices": "GROWTH:5"},
        {"kind": "GOODS", "name_en": "x", "prices": "5"},
    ]
    assert await load("rewards", rows) == (2, 0, ["bad_price", "bad_value", "missing"])
    assert await load("rewards", rows[:2]) == (0, 2, [])
    assert await load("rewards", [{**rows[0], "prices": "POINTS:250"}]) == (1, 0, [])
    codes = [{"reward": "WASH", "code": "A"}, {"reward": "WASH", "code": "B"}, {"reward": "CUP", "code": "C"},
             {"reward": "WASH", "code": "A"}, {"reward": "WASH", "code": ""}]  # fmt: skip
    assert await load("reward-codes", codes) == (2, 1, ["unknown_reward", "missing"])
    listed = await gql(
        "{ rewards(orderBy: PRICE) { nodes { code stock version prices { amount } } } }", actor=await rich()
    )
    assert listed["rewards"]["nodes"] == [
        {"code": "WASH", "stock": 2, "version": 1, "prices": [{"amount": "50"}]},
        {"code": "CUP", "stock": 5, "version": 2, "prices": [{"amount": "250"}]},
    ]


async def test_a_stock_that_does_not_add_up_is_found(gql) -> None:
    of = await reward(gql, stock=3)
    await redeem(gql, await rich(), of)
    await db.run("UPDATE points.reward SET stock = 3 WHERE id = $1", UUID(of["id"]))
    assert [found.holds for found in await health.check(["I10"])] == [False]
    await db.run("UPDATE points.reward SET stock = 2 WHERE id = $1", UUID(of["id"]))
    assert [found.holds for found in await health.check(["I10"])] == [True]
