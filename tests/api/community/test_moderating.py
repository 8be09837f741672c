"""Closing threads and letting members in, through GraphQL."""

from __future__ import annotations

from uuid import uuid4

from domain import db
from domain.community import circles
from domain.community.tables import CircleKind, CircleVisibility, JoinPolicy
from tests import make

COMMENT = """mutation($input: PublishCommentInput!) { publishComment(input: $input) {
    ... on PublishCommentSuccess { comment { id } } ... on ThreadLocked { root { id } } } }"""
LOCK = """mutation($input: LockThreadInput!) { lockThread(input: $input) {
    ... on LockThreadSuccess { post { isLocked } comment { isLocked } } ... on AlreadyInState { state }
    ... on InvalidInput { problems { path } } } }"""
DECIDE = """mutation($input: DecideJoinRequestInput!) { decideJoinRequest(input: $input) {
    ... on DecideJoinRequestSuccess { circle { memberCount } } ... on IllegalTransition { from to } } }"""
JOIN = """mutation($id: ID!) { joinCircle(input: {circleId: $id}) {
    ... on JoinCircleSuccess { circle { viewer { state } } } } }"""
PUBLISH = """mutation($input: PublishPostInput!) { publishPost(input: $input) {
    ... on PublishPostSuccess { post { id } } } }"""


async def comment(gql, actor, post: str, body: str, parent: str | None = None) -> dict:
    given = {"postId": post, "body": body, "parentId": parent}
    return (await gql(COMMENT, {"input": given}, actor=actor))["publishComment"]


async def test_below_a_closed_comment_nobody_replies_and_beside_it_everybody(gql):
    actor, moderator = await make.member_actor(), make.staff("moderator")
    post = (await gql(PUBLISH, {"input": {"body": "talk"}}, actor=actor))["publishPost"]["post"]["id"]
    one = (await comment(gql, actor, post, "one"))["comment"]["id"]
    two = (await comment(gql, actor, post, "two", one))["comment"]["id"]
    three = (await comment(gql, actor, post, "three", two))["comment"]["id"]
    locked = await gql(LOCK, {"input": {"targetId": two, "policyCode": "OFF_TOPIC"}}, actor=moderator)
    assert locked["lockThread"] == {"post": None, "comment": {"isLocked": True}}
    assert await comment(gql, actor, post, "under", three) == {"root": {"id": two}}
    assert "comment" in await comment(gql, actor, post, "beside", one)
    again = await gql(LOCK, {"input": {"targetId": two, "reason": "again"}}, actor=moderator)
    assert again["lockThread"] == {"state": "LOCKED"}
    opened = await gql(LOCK, {"input": {"targetId": two, "reason": "calm", "isOn": False}}, actor=moderator)
    assert opened["lockThread"]["comment"] == {"isLocked": False}
    assert "comment" in await comment(gql, actor, post, "under now", three)
    kinds = await db.fetch("SELECT kind FROM community.mod_event ORDER BY at, id")
    assert [row["kind"] for row in kinds] == ["LOCK", "UNLOCK"]


async def test_an_act_needs_a_reason_or_a_known_policy(gql):
    actor, moderator = await make.member_actor(), make.staff("moderator")
    post = (await gql(PUBLISH, {"input": {"body": "talk"}}, actor=actor))["publishPost"]["post"]["id"]
    bare = await gql(LOCK, {"input": {"targetId": post}}, actor=moderator)
    assert bare["lockThread"] == {"problems": [{"path": "reason"}]}
    odd = await gql(LOCK, {"input": {"targetId": post, "policyCode": "TASTE"}}, actor=moderator)
    assert odd["lockThread"] == {"problems": [{"path": "policyCode"}]}
    closed = await gql(LOCK, {"input": {"targetId": post, "reason": "x"}}, actor=moderator)
    assert closed["lockThread"]["post"] == {"isLocked": True}
    assert await comment(gql, actor, post, "no") == {"root": {"id": post}}
    assert (await gql(LOCK, {"input": {"targetId": post, "reason": "x"}}, actor=actor)).codes == ["NOT_FOUND"]


async def test_a_member_is_let_in_or_turned_down_and_may_ask_again(gql):
    moderator, asker = make.staff("moderator"), await make.member_actor()
    circle = await circles.create(
        make.staff("admin"), slug="club", name="Club", kind=CircleKind.CLUB, visibility=CircleVisibility.PRIVATE,
        join_policy=JoinPolicy.APPROVAL,
    )  # fmt: skip

    async def decide(decision: str, actor=moderator, member=asker.member_id):
        given = {"circleId": str(circle), "memberId": str(member), "decision": decision}
        return await gql(DECIDE, {"input": given}, actor=actor)

    into = {"input": {"circleId": str(circle), "body": "hello"}}
    assert (await decide("APPROVE")).codes == ["NOT_FOUND"]
    assert (await gql(JOIN, {"id": str(circle)}, actor=asker))["joinCircle"]["circle"]["viewer"][
        "state"
    ] == "REQUESTED"
    assert (await decide("APPROVE", actor=asker)).codes == ["NOT_FOUND"]
    assert (await decide("APPROVE", member=uuid4())).codes == ["NOT_FOUND"]
    assert "circle" in (await decide("REJECT"))["decideJoinRequest"]
    assert (await decide("APPROVE"))["decideJoinRequest"] == {"from": "REJECTED", "to": "ACTIVE"}
    assert (await gql(PUBLISH, into, actor=asker)).codes == ["NOT_FOUND"]
    await gql(JOIN, {"id": str(circle)}, actor=asker)
    assert "circle" in (await decide("APPROVE"))["decideJoinRequest"]
    assert "post" in (await gql(PUBLISH, into, actor=asker))["publishPost"]
    joined = await db.fetch("SELECT member FROM profile.interaction WHERE kind = 'community.circle.joined'")
    assert [row["member"] for row in joined] == [asker.member_id]
