"""Gifts over GraphQL, and many at once."""

from __future__ import annotations

from tests import make
from tests.everything.scenarios.people import with_points

OFFER = """mutation($input: OfferGiftInput!) { offerGift(input: $input) { __typename
    ... on OfferGiftSuccess { gift { id state amount message subject { kind id } sender { displayName }
        recipient { id } journal { id } } balances { available held } }
    ... on InsufficientPoints { missing } ... on GiftLimitReached { limit resetsAt }
    ... on InvalidInput { problems { path } } } }"""
ANSWER = """mutation($input: %sGiftInput!) { %sGift(input: $input) { __typename
    ... on AcceptGiftSuccess { gift { state journal { kind } } balances { available } }
    ... on DeclineGiftSuccess { gift { state } balances { available } }
    ... on IllegalTransition { from to allowed } } }"""
ACCEPT, DECLINE = (ANSWER.replace("DeclineGiftSuccess { gift { state } balances { available } }", "Refusal { message }")
                   % ("Accept", "accept"),
                   ANSWER.replace("AcceptGiftSuccess { gift { state journal { kind } } balances { available } }",
                                  "Refusal { message }") % ("Decline", "decline"))  # fmt: skip
MINE = "{ points { gifts { nodes { id state isTip } } } }"


async def test_a_gift_from_offer_to_answer(gql) -> None:
    giver, friend = await with_points(), await make.member_actor()
    given = {"recipientId": str(friend.member_id), "amount": "40", "message": "谢谢", "clientMutationId": "1",
             "subject": {"kind": "POST", "id": "p1"}}  # fmt: skip
    first = (await gql(OFFER, {"input": given}, actor=giver))["offerGift"]
    assert (await gql(OFFER, {"input": given}, actor=giver))["offerGift"]["gift"]["id"] == first["gift"]["id"]
    assert (first["gift"]["state"], first["gift"]["amount"], first["gift"]["subject"]) == (
        "OFFERED", "40", {"kind": "POST", "id": "p1"},
    )  # fmt: skip
    assert first["balances"] == [{"available": "60", "held": "40"}]
    gift = {"giftId": first["gift"]["id"]}
    taken = (await gql(ACCEPT, {"input": gift}, actor=friend))["acceptGift"]
    assert taken["gift"] == {"state": "ACCEPTED", "journal": {"kind": "GIFT"}}
    assert taken["balances"] == [{"available": "40"}]
    late = (await gql(DECLINE, {"input": gift}, actor=friend))["declineGift"]
    assert (late["from"], late["to"], late["allowed"]) == ("ACCEPTED", "DECLINED", [])
    for actor in (giver, friend):
        mine = await gql(MINE, actor=actor)
        assert mine["points"]["gifts"]["nodes"] == [
            {"id": gift["giftId"], "state": "ACCEPTED", "isTip": False}
        ]


async def test_what_a_giver_does_not_have_is_named(gql) -> None:
    giver, friend = await with_points(), await make.member_id()
    answer = await gql(OFFER, {"input": {"recipientId": str(friend), "amount": "130"}}, actor=giver)
    assert answer["offerGift"] == {"__typename": "InsufficientPoints", "missing": "30"}
    answer = await gql(OFFER, {"input": {"recipientId": str(giver.member_id), "amount": "1"}}, actor=giver)
    assert answer["offerGift"]["problems"] == [{"path": "recipientId"}]
    assert (await gql(MINE, actor=giver))["points"]["gifts"]["nodes"] == []


async def test_a_gift_is_shown_to_its_two_people_and_to_staff(gql) -> None:
    giver, friend = await with_points(), await make.member_actor()
    made = await gql(OFFER, {"input": {"recipientId": str(friend.member_id), "amount": "4"}}, actor=giver)
    asked = "query($id: ID!) { node(id: $id) { ... on Gift { state } } }"
    found = {"id": made["offerGift"]["gift"]["id"]}
    for actor in (giver, friend, make.staff("analyst")):
        assert (await gql(asked, found, actor=actor))["node"] == {"state": "OFFERED"}
    for actor in (await make.member_actor(), make.visitor(), make.staff("moderator")):
        assert (await gql(asked, found, actor=actor)).codes == ["NOT_FOUND"]
