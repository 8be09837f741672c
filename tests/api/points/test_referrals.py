"""Referrals over GraphQL."""

from __future__ import annotations

from tests import make

DEFINE = """mutation($input: DefineReferralProgrammeInput!) { defineReferralProgramme(input: $input) { __typename
    ... on DefineReferralProgrammeSuccess { referralProgramme { programme version kinds holdDays } }
    ... on VersionConflict { current } ... on InvalidInput { problems { path } } } }"""
USE = """mutation($input: UseReferralCodeInput!) { useReferralCode(input: $input) { __typename
    ... on UseReferralCodeSuccess { referral { code state } } ... on ReferralRefused { reason } } }"""
MINE = "{ points { referralCode referrals { code state } } referralProgramme { version } }"


async def test_a_friend_comes_by_a_code(gql) -> None:
    advocate, friend = await make.member_actor(), await make.member_actor()
    assert (await gql(MINE, actor=advocate))["referralProgramme"] is None
    given = {"input": {"kinds": ["commerce.order.paid"], "holdDays": 7}}
    made = await gql(DEFINE, given, actor=make.staff("operator"))
    assert made["defineReferralProgramme"]["referralProgramme"] == {
        "programme": "marque", "version": 1, "kinds": ["commerce.order.paid"], "holdDays": 7,
    }  # fmt: skip
    again = await gql(DEFINE, given, actor=make.staff("operator"))
    assert again["defineReferralProgramme"] == {"__typename": "VersionConflict", "current": 1}
    code = (await gql(MINE, actor=advocate))["points"]["referralCode"]
    assert (len(code), (await gql(MINE, actor=advocate))["points"]["referralCode"]) == (8, code)
    used = await gql(USE, {"input": {"code": code, "clientMutationId": "1"}}, actor=friend)
    assert used["useReferralCode"]["referral"] == {"code": code, "state": "SIGNED_UP"}
    replayed = await gql(USE, {"input": {"code": code, "clientMutationId": "1"}}, actor=friend)
    assert replayed["useReferralCode"] == used["useReferralCode"]
    own = await gql(USE, {"input": {"code": code}}, actor=advocate)
    assert own["useReferralCode"] == {"__typename": "ReferralRefused", "reason": "SELF"}
    assert (await gql(MINE, actor=advocate))["points"]["referrals"] == [{"code": code, "state": "SIGNED_UP"}]
