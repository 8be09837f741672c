"""Identity types and their policy through GraphQL."""

from __future__ import annotations

from tests import make

DEFINE = """mutation($input: DefineIdentityTypeInput!) { defineIdentityType(input: $input) { __typename
    ... on DefineIdentityTypeSuccess { identityType { name version priority limitCount limitWindow isAnonymous
        normaliser pattern validTo } }
    ... on VersionConflict { current } ... on InvalidInput { problems { path } } } }"""
SAVE = """mutation($input: SaveIdentityPolicyInput!) { saveIdentityPolicy(input: $input) { __typename
    ... on SaveIdentityPolicySuccess { policy { version blockedValues mostMerges mostIdentities mostTraits } }
    ... on VersionConflict { current } ... on InvalidInput { problems { path } } } }"""
CARD = {"name": "loyalty_card", "priority": 9, "limitCount": 3, "limitWindow": "MONTH", "pattern": "[0-9]{6}"}


async def test_an_admin_defines_a_type_and_everybody_reads_what_is_in_force(gql):
    admin = make.staff("admin")
    made = (await gql(DEFINE, {"input": CARD}, actor=admin))["defineIdentityType"]
    assert made["identityType"] == {
        **CARD, "version": 1, "isAnonymous": False, "normaliser": "TRIM", "validTo": None,
    }  # fmt: skip
    again = (await gql(DEFINE, {"input": CARD}, actor=admin))["defineIdentityType"]
    assert again == {"__typename": "VersionConflict", "current": 1}
    wrong = (await gql(DEFINE, {"input": {**CARD, "name": "vin", "priority": 0}}, actor=admin))[
        "defineIdentityType"
    ]
    assert [problem["path"] for problem in wrong["problems"]] == ["name", "priority"]
    await gql(DEFINE, {"input": {**CARD, "limitCount": 4, "expectedVersion": 1}}, actor=admin)
    analyst = make.staff("analyst")
    listed = (await gql("{ identityTypes { name limitCount } }", actor=analyst))["identityTypes"]
    assert listed[0]["name"] == "user_id" and {"name": "loyalty_card", "limitCount": 4} in listed
    versions = '{ identityTypes(name: "loyalty_card") { version limitCount validTo } }'
    old = (await gql(versions, actor=analyst))["identityTypes"]
    assert [(row["version"], row["limitCount"], row["validTo"] is None) for row in old] == [
        (2, 4, True),
        (1, 3, False),
    ]


async def test_the_policy_is_revised_field_by_field(gql):
    admin = make.staff("admin")
    query = "{ identityPolicy { version blockedValues mostMerges mostIdentities mostTraits } }"
    assert (await gql(query, actor=admin))["identityPolicy"] == {
        "version": 1, "blockedValues": ["13800000000", "00000000000"], "mostMerges": 100, "mostIdentities": 1000,
        "mostTraits": 300,
    }  # fmt: skip
    saved = (await gql(SAVE, {"input": {"expectedVersion": 1, "mostMerges": 50}}, actor=admin))[
        "saveIdentityPolicy"
    ]
    assert saved["policy"]["mostMerges"] == 50 and saved["policy"]["mostTraits"] == 300
    late = (await gql(SAVE, {"input": {"expectedVersion": 1, "mostMerges": 9}}, actor=admin))[
        "saveIdentityPolicy"
    ]
    assert late == {"__typename": "VersionConflict", "current": 2}
    wrong = {"expectedVersion": 2, "blockedValues": [""], "mostTraits": 0}
    refused = (await gql(SAVE, {"input": wrong}, actor=admin))["saveIdentityPolicy"]
    assert {problem["path"] for problem in refused["problems"]} == {"blockedValues", "mostTraits"}


async def test_only_an_admin_configures_identities(gql):
    for who in (make.staff("operator"), make.staff("analyst"), await make.member_actor(), make.visitor()):
        answer = await gql(DEFINE, {"input": CARD}, actor=who)
        assert answer.codes[0] in ("FORBIDDEN", "UNAUTHENTICATED")
        assert (await gql(SAVE, {"input": {"expectedVersion": 1}}, actor=who)).codes
