"""Hot and featured feeds, pinned posts and the hot list through GraphQL."""

from __future__ import annotations

from domain.community import circles, hot_list, posts, reactions
from domain.community.desk import marking
from domain.community.tables import CircleKind, PostKind, ReactionKind
from tests import make

CIRCLE = """query($circle: ID!, $order: FeedOrder!, $after: String) {
    circleFeed(circleId: $circle, orderBy: $order, first: 2, after: $after) {
        nodes { id ranking { heat hotScore parts { act people heat } } } pageInfo { hasNextPage endCursor } } }"""
HOT = "query($after: String) { hotFeed(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }"
LIST = "{ hotList { rank score engagers approvedAt post { id } } }"
APPROVE = """mutation($input: ApproveHotListEntryInput!) { approveHotListEntry(input: $input) {
    ... on ApproveHotListEntrySuccess { post { id } } ... on AlreadyInState { state } } }"""


async def through(gql, query: str, field: str, **variables) -> list[str]:
    seen, after = [], None
    while True:
        page = (await gql(query, {**variables, "after": after}))[field]
        seen += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return seen
        after = page["pageInfo"]["endCursor"]


async def test_pinned_posts_come_first_and_do_not_repeat_below(gql):
    staff, me = make.staff("moderator"), await make.member_actor()
    circle = await circles.create(staff, slug="hot-place", name="A place", kind=CircleKind.TOPIC)
    made = [
        str(await posts.publish(me, kind=PostKind.MOMENT, body=f"Post {n}", circle_id=circle))
        for n in range(6)
    ]
    for pinned in (made[0], made[2]):
        await marking.pin(staff, pinned, reason="worth it")
    for featured in (made[1], made[2], made[4]):
        await marking.feature(staff, featured, reason="worth it")
    newest = await through(gql, CIRCLE, "circleFeed", circle=str(circle), order="NEWEST")
    assert (set(newest[:2]), newest[2:]) == ({made[0], made[2]}, [made[5], made[4], made[3], made[1]])
    assert await through(gql, CIRCLE, "circleFeed", circle=str(circle), order="FEATURED") == [
        *newest[:2], made[4], made[1],
    ]  # fmt: skip
    assert await through(gql, CIRCLE, "circleFeed", circle=str(circle), order="HOT") == newest
    assert set(await through(gql, HOT, "hotFeed")) == set(made)


async def test_why_a_post_is_hot_is_told_and_the_list_waits_for_a_moderator(gql):
    me = await make.member_actor()
    post = await posts.publish(me, kind=PostKind.MOMENT, body="Look")
    for _ in range(5):
        await reactions.set_reaction(await make.member_actor(), post, ReactionKind.LIKE, True)
    await hot_list.work_off()
    shown = await gql(
        "query($id: ID!) { post(id: $id) { ranking { heat parts { act people heat } } } }", {"id": str(post)}
    )
    assert shown["post"]["ranking"] == {"heat": "0", "parts": [{"act": "LIKE", "people": 5, "heat": "0"}]}
    assert (await gql(LIST))["hotList"] == []
    staff = make.staff("moderator")
    (entry,) = (await gql(LIST, actor=staff))["hotList"]
    assert (entry["rank"], entry["score"], entry["engagers"], entry["approvedAt"]) == (1, "16.0000", 5, None)
    given = {"input": {"targetId": str(post)}}
    assert (await gql(APPROVE, given, actor=staff))["approveHotListEntry"] == {"post": {"id": str(post)}}
    assert (await gql(APPROVE, given, actor=staff))["approveHotListEntry"] == {"state": "APPROVED"}
    assert [each["post"]["id"] for each in (await gql(LIST))["hotList"]] == [str(post)]
