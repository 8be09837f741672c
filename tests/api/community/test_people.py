"""Following, blocking, muting and keeping posts, through GraphQL: the page's vectors A14 and A15 among them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from domain import clock, db, wiring
from domain.community import comments, posts, reactions, stats, ties
from domain.community.tables import PostKind, ReactionKind
from domain.foundation import ids
from domain.messaging import delivery
from domain.profile import drain, relations, traits
from tests import make

FOLLOW = """mutation ($input: SetFollowInput!) { setFollow(input: $input) { __typename
    ... on SetFollowSuccess { changed member { followerCount viewer { isFollowing isFollowedBy isBlocked isMuted } } }
    ... on InvalidInput { problems { path } } } }"""
BLOCK = """mutation ($input: SetBlockInput!) { setBlock(input: $input) { __typename
    ... on SetBlockSuccess { changed member { followerCount viewer { isFollowing isBlocked } } }
    ... on InvalidInput { problems { path } } } }"""
MUTE = """mutation ($input: SetMuteInput!) { setMute(input: $input) { __typename
    ... on SetMuteSuccess { changed } ... on InvalidInput { problems { path } } } }"""
KEEP = """mutation ($input: SetBookmarkInput!) { setBookmark(input: $input) { __typename
    ... on SetBookmarkSuccess { changed post { bookmarkCount viewer { hasBookmarked } } }
    ... on InvalidInput { problems { path } } } }"""
HOME = "query ($first: Int, $after: String) { homeFeed(first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }"
THREAD = """query ($id: ID!) { post(id: $id) { commentCount comments(orderBy: OLDEST) { nodes { id body isBlockedContent
    author { name } viewer { isMuted } replies { nodes { id body isBlockedContent author { name } } } } } } }"""
MEMBER = """query ($no: String!) { communityMember(no: $no) { name followerCount isOfficial trustLevel
    ownerBadge { status model city } standing { credit } viewer { isFollowing isFollowedBy isBlocked isMuted } } }"""


async def post_by(actor, body="Hello", **options):
    return await posts.publish(actor, kind=options.pop("kind", PostKind.MOMENT), body=body, **options)


@pytest.fixture
def told():
    """Deliver what is due and answer the types that stand in somebody's inbox."""

    async def run(actor) -> list[str]:
        await drain.drain_all(wiring.reactions)
        await delivery.deliver_due()
        rows = await db.fetch(
            "SELECT type FROM messaging.inbox_item WHERE member = $1 ORDER BY type",
            actor.member_id,
        )
        return [row["type"] for row in rows]

    return run


async def home(gql, actor, first=20) -> list[str]:
    seen, after = [], None
    while True:
        page = (await gql(HOME, {"first": first, "after": after}, actor=actor))["homeFeed"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return seen


async def test_following_is_set_and_unset_and_brings_posts_home(gql, told):
    me, author = await make.member_actor(display_name="Lin"), await make.member_actor(number="M-7")
    first = await post_by(author)
    given = {"memberId": str(author.member_id)}
    seen = []
    for is_on in (True, True, False, False, True):
        answer = (await gql(FOLLOW, {"input": given | {"isOn": is_on}}, actor=me))["setFollow"]
        seen.append((answer["changed"], answer["member"]["followerCount"]))
    assert seen == [(True, 1), (False, 1), (True, 0), (False, 0), (True, 1)]
    await stats.fold()
    card = (await gql(MEMBER, {"no": "M-7"}, actor=me))["communityMember"]
    assert (card["followerCount"], card["viewer"]["isFollowing"], card["standing"]) == (1, True, None)
    assert await home(gql, me) == [str(first)]
    assert await told(author) == ["FOLLOW"]
    oneself = (await gql(FOLLOW, {"input": {"memberId": str(me.member_id)}}, actor=me))["setFollow"]
    assert oneself["problems"] == [{"path": "memberId"}]
    nobody = await gql(FOLLOW, {"input": {"memberId": str(ids.new())}}, actor=me)
    assert nobody.codes == ["NOT_FOUND"]
    mine = await gql("{ myFollows { nodes { no } } myBlocks { nodes { no } } }", actor=me)
    assert mine.data == {"myFollows": {"nodes": [{"no": "M-7"}]}, "myBlocks": {"nodes": []}}


async def test_the_home_feed_is_paged_over_many_sources_without_repeats_or_losses(gql, circle_of):
    me = await make.member_actor()
    authors = [await make.member_actor() for _ in range(3)]
    circle = await circle_of(me, *authors)
    written = []
    for n in range(60):
        place = circle if n % 4 == 0 else None
        written.append(
            str(await post_by(authors[0] if n < 40 else authors[n % 3], f"post {n}", circle_id=place))
        )
    for author in authors[:2]:
        await ties.set_follow(me, author.member_id, True)
    shown = [w for n, w in enumerate(written) if n % 4 == 0 or n < 40 or n % 3 < 2][::-1]
    for first in (1, 7, 100):
        assert await home(gql, me, first) == shown
    old = await db.run(
        "UPDATE community.post SET feed_seq = community.feed_floor($1) WHERE id = $2",
        clock.now() - timedelta(days=30, seconds=1), UUID(shown[-1]),
    )  # fmt: skip
    assert old == 1
    assert await home(gql, me, 50) == shown[:-1]


async def test_a_block_makes_both_absent_to_each_other(gql, told, circle_of):
    """A14."""
    me, other = await make.member_actor(number="M-1"), await make.member_actor(number="M-2")
    third = await make.member_actor()
    circle = await circle_of(me, other, third)
    mine, theirs = (
        await post_by(me, "mine", circle_id=circle),
        await post_by(other, "theirs", circle_id=circle),
    )
    root = await comments.publish(other, mine, body="first")
    below = await comments.publish(third, mine, body="under it", parent_id=root)
    await reactions.set_reaction(other, mine, ReactionKind.LIKE, True)
    await ties.set_follow(me, other.member_id, True)
    await ties.set_follow(other, me.member_id, True)
    assert await told(me) == ["FOLLOW", "REACTION", "REPLY", "REPLY"]

    given = {"memberId": str(other.member_id)}
    done = [(await gql(BLOCK, {"input": given}, actor=me))["setBlock"] for _ in range(2)]
    assert [each["changed"] for each in done] == [True, False]
    assert done[0]["member"] == {"followerCount": 0, "viewer": {"isFollowing": False, "isBlocked": True}}
    assert await told(me) == ["REPLY"]  # the third one's
    for actor, unseen in ((me, theirs), (other, mine)):
        assert await home(gql, actor) == [str(mine if actor is me else theirs)]
        assert (
            await gql("query ($id: ID!) { post(id: $id) { id } }", {"id": str(unseen)}, actor=actor)
        ).codes == ["NOT_FOUND"]
        assert (
            await gql("query ($id: ID!) { node(id: $id) { id } }", {"id": str(unseen)}, actor=actor)
        ).codes == ["NOT_FOUND"]
        feed = await gql(
            "query ($id: ID!) { circleFeed(circleId: $id) { nodes { id } } }",
            {"id": str(circle)},
            actor=actor,
        )
        assert feed["circleFeed"]["nodes"] == [{"id": str(mine if actor is me else theirs)}]
    assert (await gql(FOLLOW, {"input": {"memberId": str(me.member_id)}}, actor=other)).codes == ["NOT_FOUND"]
    again = (await gql(FOLLOW, {"input": given}, actor=me))["setFollow"]
    assert again["problems"] == [{"path": "memberId"}]
    wall = await gql(
        "query ($id: ID!) { memberFeed(memberId: $id) { nodes { id } } }", {"id": given["memberId"]}, actor=me
    )
    assert wall.codes == ["NOT_FOUND"]
    # The exact number answers, to both.
    assert (await gql(MEMBER, {"no": "M-2"}, actor=me))["communityMember"]["viewer"]["isBlocked"]
    assert not (await gql(MEMBER, {"no": "M-1"}, actor=other))["communityMember"]["viewer"]["isBlocked"]
    # In the thread: to me the comment and all below it is not there, others see a gap, the count is the same for all.
    thread = (await gql(THREAD, {"id": str(mine)}, actor=me))["post"]
    assert (thread["commentCount"], thread["comments"]["nodes"]) == (2, [])
    seen = (await gql(THREAD, {"id": str(mine)}, actor=third))["post"]["comments"]["nodes"]
    assert [(c["body"], c["author"], c["isBlockedContent"]) for c in seen] == [("", None, True)]
    assert [(c["id"], c["isBlockedContent"]) for c in seen[0]["replies"]["nodes"]] == [(str(below), False)]
    staff = (await gql(THREAD, {"id": str(mine)}, actor=make.staff("moderator")))["post"]["comments"]["nodes"]
    assert [(c["body"], c["isBlockedContent"]) for c in staff] == [("first", False)]
    # Nobody speaks to the other, and what was said before a block is not told after it.
    for target in (mine, root):
        answer = await gql(
            "mutation ($input: SetReactionInput!) { setReaction(input: $input) { __typename } }",
            {"input": {"targetId": str(target)}}, actor=other if target == mine else me,
        )  # fmt: skip
        assert answer.codes == ["NOT_FOUND"]
    await gql(BLOCK, {"input": given | {"isOn": False}}, actor=me)
    assert (await gql(THREAD, {"id": str(mine)}, actor=me))["post"]["comments"]["nodes"][0]["body"] == "first"
    oneself = (await gql(BLOCK, {"input": {"memberId": str(me.member_id)}}, actor=me))["setBlock"]
    assert oneself["problems"] == [{"path": "memberId"}]


async def test_what_is_muted_is_not_at_home_and_flagged_in_threads(gql, told):
    """A15."""
    me, author, other = [await make.member_actor() for _ in range(3)]
    for one in (author, other):
        await ties.set_follow(me, one.member_id, True)
    loud, spoiler, calm = [
        await post_by(a, body)
        for a, body in ((author, "loud"), (other, "The ＳＰＯＩＬＥＲ"), (other, "calm"))
    ]
    own = await post_by(me, "mine")
    await comments.publish(author, calm, body="also loud")
    everything = [str(each) for each in (calm, spoiler, loud)]
    assert await home(gql, me) == everything

    async def mute(kind, value, **more):
        given = {"kind": kind, "value": str(value)} | more
        return (await gql(MUTE, {"input": given}, actor=me))["setMute"]

    assert [(await mute("MEMBER", author.member_id))["changed"] for _ in range(2)] == [True, False]
    assert await home(gql, me) == [str(calm), str(spoiler)]
    thread = (await gql(THREAD, {"id": str(calm)}, actor=me))["post"]["comments"]["nodes"]
    assert [(c["body"], c["viewer"]["isMuted"]) for c in thread] == [("also loud", True)]
    seen = await gql(
        "query ($id: ID!) { post(id: $id) { viewer { isMuted } author { viewer { isMuted } } } }",
        {"id": str(loud)},
        actor=me,
    )
    assert seen["post"] == {"viewer": {"isMuted": True}, "author": {"viewer": {"isMuted": True}}}
    await mute("KEYWORD", " Spoiler ", until=(clock.now() + timedelta(hours=1)).isoformat())
    assert await home(gql, me) == [str(calm)]
    listed = (await gql("{ myMutes { nodes { kind keyword member { id } } } }", actor=me))["myMutes"]["nodes"]
    assert listed == [
        {"kind": "KEYWORD", "keyword": "spoiler", "member": None},
        {"kind": "MEMBER", "keyword": None, "member": {"id": str(author.member_id)}},
    ]
    # Nobody else notices; the muted one's notices do not arrive, nor do those of a muted thread.
    await reactions.set_reaction(author, own, ReactionKind.LIKE, True)
    assert await told(me) == []
    await mute("THREAD", own)
    await reactions.set_reaction(other, own, ReactionKind.LIKE, True)
    assert await told(me) == []
    await mute("MEMBER", author.member_id, isOn=False)
    assert await home(gql, me) == [str(calm), str(loud)]
    await db.run(
        "UPDATE community.mute SET until = $1 WHERE kind = 'KEYWORD'", clock.now() - timedelta(seconds=1)
    )
    assert await home(gql, me) == everything
    for kind, value, path in (
        ("MEMBER", me.member_id, "value"),
        ("KEYWORD", " ", "value"),
        ("CIRCLE", "x", "value"),
    ):
        assert (await mute(kind, value))["problems"] == [{"path": path}]


async def test_posts_are_kept_in_folders_and_counted(gql):
    me, author = await make.member_actor(), await make.member_actor()
    trip, car = await post_by(author, "trip"), await post_by(author, "car")

    async def keep(post, **more):
        return (await gql(KEEP, {"input": {"postId": str(post)} | more}, actor=me))["setBookmark"]

    seen = []
    for more in (
        {"folder": "Trips"},
        {"folder": " Trips "},
        {"folder": "Far"},
        {"isOn": False},
        {"isOn": False},
    ):
        answer = await keep(trip, **more)
        seen.append(
            (answer["changed"], answer["post"]["bookmarkCount"], answer["post"]["viewer"]["hasBookmarked"])
        )
    assert seen == [(True, 1, True), (False, 1, True), (True, 1, True), (True, 0, False), (False, 0, False)]
    await keep(trip, folder="Far")
    await keep(car)
    await stats.fold()
    assert await stats.recount_post(trip) | {"bookmarks": 1} == await stats.recount_post(trip)
    query = """query ($folder: String) { myBookmarks(folder: $folder) { nodes { id bookmarkCount } }
        myBookmarkFolders { name postCount } }"""
    answer = await gql(query, {"folder": "Far"}, actor=me)
    assert answer["myBookmarks"]["nodes"] == [{"id": str(trip), "bookmarkCount": 1}]
    assert answer["myBookmarkFolders"] == [{"name": None, "postCount": 1}, {"name": "Far", "postCount": 1}]
    await posts.delete(author, trip)
    assert (await gql(query, {}, actor=me))["myBookmarks"]["nodes"] == [{"id": str(car), "bookmarkCount": 1}]
    assert (await keep(trip, isOn=False)) == {
        "__typename": "SetBookmarkSuccess",
        "changed": True,
        "post": None,
    }
    assert (await gql(KEEP, {"input": {"postId": str(trip)}}, actor=me)).codes == ["NOT_FOUND"]
    long = await keep(car, folder="x" * 41)
    assert long["problems"] == [{"path": "folder"}]


async def test_an_owner_has_a_badge_that_lapses_the_moment_it_ends(gql):
    me = await make.member_actor(number="M-9")
    car = ids.new()

    async def badge():
        return (await gql(MEMBER, {"no": "M-9"}, actor=me))["communityMember"]

    assert (await badge())["ownerBadge"] is None
    await relations.open(me.member_id, "VEHICLE", car, "OWNER")
    await traits.declare(me.member_id, "vehicle.models", ["S7"])
    await traits.put(me.member_id, {"city": "上海"}, at=clock.now())
    card = await badge()
    assert (card["ownerBadge"], card["trustLevel"]) == (
        {"status": "CURRENT", "model": "S7", "city": "上海"},
        1,
    )
    assert card["standing"] == {"credit": 100}
    await relations.close("VEHICLE", car, "OWNER")
    await traits.declare(me.member_id, "vehicle.models", None)
    card = await badge()
    assert (card["ownerBadge"]["status"], card["ownerBadge"]["model"], card["trustLevel"]) == (
        "FORMER",
        "S7",
        0,
    )
    assert (await gql(MEMBER, {"no": "M-0"}, actor=me)).codes == ["NOT_FOUND"]
