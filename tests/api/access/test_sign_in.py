"""Signing in through GraphQL."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import clock, db
from domain.access import tokens
from tests import make
from tests.domain.access.conftest import code_sent_to, wrong

PHONE = "+8613800138001"
REQUEST = """mutation ($input: RequestSignInCodeInput!) { requestSignInCode(input: $input) { __typename
    ... on RequestSignInCodeSuccess { retryAfterSeconds } ... on TooManyCodes { retryAfterSeconds }
    ... on Refusal { message } } }"""
SIGN_IN = """mutation ($input: SignInWithCodeInput!) { signInWithCode(input: $input) { __typename
    ... on SignInWithCodeSuccess { isNew member { id } tokens { accessToken refreshToken refreshExpiresAt } }
    ... on WrongCode { triesLeft } ... on Refusal { message } } }"""
REFRESH = """mutation ($input: RefreshTokensInput!) { refreshTokens(input: $input) { __typename
    ... on RefreshTokensSuccess { tokens { accessToken refreshToken } } } }"""
SIGN_OUT = (
    "mutation ($input: SignOutInput!) { signOut(input: $input) { __typename ... on SignOutSuccess { ok } } }"
)
PIN = """mutation ($input: SetMyPinInput!) { setMyPin(input: $input) { __typename
    ... on SetMyPinSuccess { provedUntil } ... on InvalidInput { problems { path } } } }"""


async def sign_in(gql, **more):
    await gql(REQUEST, {"input": {"phone": "138 0013 8001"}})
    answer = await gql(SIGN_IN, {"input": {"phone": PHONE, "code": await code_sent_to(PHONE), **more}})
    return answer["signInWithCode"]


async def test_signing_in_by_phone(gql):
    answer = await gql(REQUEST, {"input": {"phone": "138 0013 8001"}})
    assert answer["requestSignInCode"] == {"__typename": "RequestSignInCodeSuccess", "retryAfterSeconds": 60}
    found = (await gql(SIGN_IN, {"input": {"phone": PHONE, "code": await code_sent_to(PHONE)}}))[
        "signInWithCode"
    ]
    assert found["__typename"] == "SignInWithCodeSuccess" and found["isNew"] is True
    actor = await tokens.actor_of(found["tokens"]["accessToken"])
    me = await gql("{ me { id kind } }", actor=actor)
    assert me["me"] == {"id": found["member"]["id"], "kind": "MEMBER"}


async def test_a_wrong_code_and_a_too_early_request_are_refused_with_their_facts(gql):
    await gql(REQUEST, {"input": {"phone": PHONE}})
    answer = await gql(SIGN_IN, {"input": {"phone": PHONE, "code": wrong(await code_sent_to(PHONE))}})
    assert answer["signInWithCode"] == {
        "__typename": "WrongCode", "triesLeft": 4, "message": "This is not the code; 4 tries are left.",
    }  # fmt: skip
    again = (await gql(REQUEST, {"input": {"phone": PHONE}}, language="zh-CN"))["requestSignInCode"]
    assert again["__typename"] == "TooManyCodes" and again["message"].startswith("验证码获取过于频繁")


@pytest.mark.commits
async def test_a_retried_wrong_code_counts_once_and_a_replayed_sign_in_is_a_conflict(gql):
    await gql(REQUEST, {"input": {"phone": PHONE}})
    code = await code_sent_to(PHONE)
    for _ in range(3):
        answer = await gql(SIGN_IN, {"input": {"phone": PHONE, "code": wrong(code), "clientMutationId": "a"}})
        assert answer["signInWithCode"]["triesLeft"] == 4
    right = {"input": {"phone": PHONE, "code": code, "clientMutationId": "b"}}
    assert (await gql(SIGN_IN, right))["signInWithCode"]["__typename"] == "SignInWithCodeSuccess"
    assert (await gql(SIGN_IN, right)).codes == ["CONFLICT"]
    assert await db.value("SELECT count(*) FROM access.session") == 1
    kept = str([dict(row) for row in await db.fetch("SELECT * FROM foundation.idempotency_key")])
    assert "eyJ" not in kept and code not in kept


async def test_refreshing_and_signing_out(gql):
    found = await sign_in(gql)
    fresh = (await gql(REFRESH, {"input": {"refreshToken": found["tokens"]["refreshToken"]}}))[
        "refreshTokens"
    ]
    actor = await tokens.actor_of(fresh["tokens"]["accessToken"])
    assert (await gql(SIGN_OUT, {"input": {}}, actor=actor))["signOut"] == {
        "__typename": "SignOutSuccess",
        "ok": True,
    }
    ended = await gql(REFRESH, {"input": {"refreshToken": fresh["tokens"]["refreshToken"]}})
    assert ended["refreshTokens"]["__typename"] == "SessionEnded"
    assert (await gql(REFRESH, {"input": {"refreshToken": "nonsense"}}))["refreshTokens"][
        "__typename"
    ] == "SessionEnded"


async def test_setting_a_pin_needs_a_code_for_it(gql):
    found = await sign_in(gql)
    actor = await tokens.actor_of(found["tokens"]["accessToken"])
    clock.shift(timedelta(seconds=61))
    await gql(REQUEST, {"input": {"phone": PHONE, "purpose": "STEP_UP"}}, actor=actor)
    code = await code_sent_to(PHONE)
    weak = await gql(PIN, {"input": {"pin": "111111", "code": code}}, actor=actor)
    assert weak["setMyPin"] == {"__typename": "InvalidInput", "problems": [{"path": "pin"}]}
    done = await gql(PIN, {"input": {"pin": "194826", "code": code}}, actor=actor)
    assert done["setMyPin"]["__typename"] == "SetMyPinSuccess"


async def test_linking_and_step_up_are_for_members(gql):
    visitor = make.visitor()
    link = "mutation ($input: LinkIdentityInput!) { linkIdentity(input: $input) { __typename } }"
    answer = await gql(link, {"input": {"type": "phone", "value": PHONE, "proof": "1"}}, actor=visitor)
    assert answer.codes == ["UNAUTHENTICATED"]
    member = await make.member_actor()
    answer = await gql(link, {"input": {"type": "vin", "value": "x", "proof": "1"}}, actor=member)
    assert answer["linkIdentity"]["__typename"] == "InvalidInput"


@pytest.mark.parametrize("phone", ["", "😀", "a" * 2000, "null"])
async def test_odd_phones_are_refused_and_nothing_is_stored(gql, phone):
    answer = await gql(REQUEST, {"input": {"phone": phone}})
    assert answer["requestSignInCode"]["__typename"] in ("InvalidInput", "IdentityBlocked")
    assert await db.value("SELECT count(*) FROM access.challenge") == 0
