"""The daily check-in over GraphQL."""

from __future__ import annotations

from tests import make
from tests.domain.points.test_earning import rule

CHECK_IN = """mutation($input: DailyCheckInInput!) { dailyCheckIn(input: $input) { __typename
    ... on DailyCheckInSuccess { awards { rule wallet points } streak localDate balances { wallet { code } available } }
    ... on AlreadyCheckedIn { localDate nextAt } ... on InvalidInput { problems { path } } } }"""
STATE = "{ points { checkIn { isCheckedIn streak localDate } } }"


async def test_a_member_checks_in_once_a_day(gql) -> None:
    await rule(code="check-in", kinds=["points.member.checked_in"])
    me = await make.member_actor()
    assert (await gql(STATE, actor=me))["points"]["checkIn"]["streak"] == 0
    first = await gql(CHECK_IN, {"input": {"clientMutationId": "1", "touchpoint": "mini"}}, actor=me)
    assert first["dailyCheckIn"]["awards"] == [{"rule": "check-in", "wallet": "POINTS", "points": "10"}]
    assert {"wallet": {"code": "POINTS"}, "available": "10"} in first["dailyCheckIn"]["balances"]
    again = await gql(CHECK_IN, {"input": {"clientMutationId": "1", "touchpoint": "mini"}}, actor=me)
    assert again["dailyCheckIn"] == first["dailyCheckIn"]
    day = first["dailyCheckIn"]["localDate"]
    late = (await gql(CHECK_IN, {"input": {}}, actor=me))["dailyCheckIn"]
    assert (late["__typename"], late["localDate"]) == ("AlreadyCheckedIn", day)
    assert (await gql(STATE, actor=me))["points"]["checkIn"] == {
        "isCheckedIn": True, "streak": 1, "localDate": day,
    }  # fmt: skip


async def test_a_programme_that_is_none_is_no_place_to_check_in(gql) -> None:
    answer = await gql(CHECK_IN, {"input": {"programme": "none"}}, actor=await make.member_actor())
    assert answer["dailyCheckIn"]["problems"] == [{"path": "programme"}]
