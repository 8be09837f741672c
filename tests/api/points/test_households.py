"""Households over GraphQL."""

from __future__ import annotations

from decimal import Decimal

from domain.points.households import places
from tests import make
from tests.everything.scenarios.people import OPERATOR, with_points

CREATE = """mutation($input: CreateHouseholdInput!) { createHousehold(input: $input) { __typename
    ... on CreateHouseholdSuccess { household { id wallet { code } members { isOwner member { id displayName } } } } } }"""
INVITE = """mutation($input: InviteToHouseholdInput!) { inviteToHousehold(input: $input) { __typename
    ... on InviteToHouseholdSuccess { invitation { id state monthlyLimit owner { displayName } member { id } } }
    ... on InvalidInput { problems { path } } ... on NotHouseholdOwner { owner message } } }"""
ACCEPT = """mutation($input: AcceptHouseholdInvitationInput!) { acceptHouseholdInvitation(input: $input) { __typename
    ... on AcceptHouseholdInvitationSuccess { household { drawable members { isOwner monthlyLimit } } } } }"""
LEAVE = (
    """mutation { leaveHousehold(input: {}) { __typename ... on LeaveHouseholdSuccess { member { id } } } }"""
)
SPEND = """mutation($input: SpendPointsInput!) { spendPoints(input: $input) { __typename
    ... on SpendPointsSuccess { taken { amount } balances { wallet { code } available }
        journal { id entries { amount } } }
    ... on HouseholdLimitReached { wallet monthlyLimit drawn asked } ... on NotInHousehold { message }
    ... on InsufficientPoints { balance missing } } }"""
HOME = """query($of: ID) { points(memberId: $of) { householdInvitations { id }
    household { drawable members { drawnThisMonth } invitations { id }
        draws { nodes { amount left spender { displayName } journal { entries { amount availableAfter } } } } } } }"""


async def test_a_household_from_its_beginning_to_its_first_spend(gql) -> None:
    mum, child = await with_points(100), await with_points(5)
    given = {"input": {"clientMutationId": "1"}}
    made = (await gql(CREATE, given, actor=mum))["createHousehold"]["household"]
    assert (await gql(CREATE, given, actor=mum))["createHousehold"]["household"] == made
    assert made["wallet"] == {"code": "POINTS"} and made["members"][0]["member"]["id"] == str(mum.member_id)
    wrong = {"memberId": str(child.member_id), "monthlyLimit": "1.5"}
    assert (await gql(INVITE, {"input": wrong}, actor=mum))["inviteToHousehold"]["problems"] == [
        {"path": "monthlyLimit"}
    ]
    given = {"input": {**wrong, "monthlyLimit": "40", "clientMutationId": "1"}}
    invited = (await gql(INVITE, given, actor=mum))["inviteToHousehold"]["invitation"]
    assert (await gql(INVITE, given, actor=mum))["inviteToHousehold"]["invitation"] == invited
    assert (invited["state"], invited["monthlyLimit"]) == ("INVITED", "40")
    assert (await gql(HOME, actor=child))["points"]["householdInvitations"] == [{"id": invited["id"]}]
    joined = await gql(ACCEPT, {"input": {"invitationId": invited["id"]}}, actor=child)
    assert joined["acceptHouseholdInvitation"]["household"] == {
        "drawable": "40",
        "members": [{"isOwner": True, "monthlyLimit": None}, {"isOwner": False, "monthlyLimit": "40"}],
    }
    refused = (await gql(INVITE, {"input": wrong}, actor=child))["inviteToHousehold"]
    assert refused["__typename"] == "NotHouseholdOwner"

    spend = {
        "memberId": str(child.member_id), "amounts": [{"wallet": "POINTS", "amount": "46"}], "reason": "toys",
        "fromHousehold": True,
    }  # fmt: skip
    assert (await gql(SPEND, {"input": spend}, actor=OPERATOR))["spendPoints"] == {
        "__typename": "HouseholdLimitReached", "wallet": "POINTS", "monthlyLimit": "40", "drawn": "0", "asked": "41",
    }  # fmt: skip
    spend["amounts"] = [{"wallet": "POINTS", "amount": "45"}]
    done = (await gql(SPEND, {"input": spend}, actor=OPERATOR))["spendPoints"]
    assert done["taken"] == [{"amount": "45"}]
    assert done["balances"] == [{"wallet": {"code": "POINTS"}, "available": "0"}]
    assert sorted(each["amount"] for each in done["journal"]["entries"]) == ["40", "5"]

    for actor, of, seen in (
        (mum, None, [{"amount": "40", "availableAfter": "60"}]),
        (child, None, [{"amount": "5", "availableAfter": "0"}]),
        (make.staff("analyst"), str(child.member_id), None),
    ):
        home = (await gql(HOME, {"of": of}, actor=actor))["points"]["household"]
        assert [each["drawnThisMonth"] for each in home["members"]] == ["0", "40"]
        (draw,) = home["draws"]["nodes"]
        assert (draw["amount"], draw["left"]) == ("40", "40")
        assert seen is None or draw["journal"]["entries"] == seen
    assert (await gql(LEAVE, actor=child))["leaveHousehold"]["member"] == {"id": str(child.member_id)}
    gone = (await gql(SPEND, {"input": spend}, actor=OPERATOR))["spendPoints"]
    assert gone["__typename"] == "NotInHousehold"


async def test_another_members_household_is_for_staff(gql) -> None:
    mum, stranger = await with_points(), await make.member_actor()
    await places.create(mum, "POINTS")
    friend = await make.member_actor()
    place = await places.invite(mum, friend.member_id, Decimal(1))
    assert (await gql(HOME, {"of": str(mum.member_id)}, actor=stranger)).codes == ["FORBIDDEN"]
    answer = await gql(ACCEPT, {"input": {"invitationId": str(place.id)}}, actor=stranger)
    assert answer.codes == ["NOT_FOUND"]
