"""The community through GraphQL: what a member, a visitor and a moderator meet."""

from __future__ import annotations

import pytest

from domain import db
from domain.community import circles, comments, posts, reactions
from domain.community.tables import CircleKind, CircleVisibility, CommentKind, PostKind, ReactionKind
from domain.foundation import ids
from tests import make

PUBLISH = """mutation ($input: PublishPostInput!) { publishPost(input: $input) { __typename
    ... on PublishPostSuccess { post { id title body kind state version hashtags circle { slug } author { id name }
        likeCount score commentCount viewer { hasLiked } isLocked } }
    ... on InvalidInput { problems { path } }
    ... on DuplicateContent { until post { id } }
    ... on PostingNotAllowed { reasons until } } }"""
FEED = """query ($circle: ID!, $first: Int = 20, $after: String) { circleFeed(circleId: $circle, first: $first, after: $after) {
    nodes { id title body publishedAt likeCount commentCount author { id name no } circle { id name kind }
        hashtags viewer { hasLiked } acceptedAnswer { id }
        comments(first: 3) { nodes { body likeCount author { name } replies(first: 2) { nodes { body replyTo { id } } } } } }
    pageInfo { hasNextPage endCursor } } }"""
REACT = """mutation ($input: SetReactionInput!) { setReaction(input: $input) { __typename
    ... on SetReactionSuccess { changed post { likeCount viewer { hasLiked } } comment { likeCount } }
    ... on InvalidInput { problems { path } } } }"""


async def a_circle(slug: str = "et5", **options):
    return await circles.create(make.staff("admin"), slug=slug, name=slug, kind=CircleKind.MODEL, **options)


async def a_post(actor, body="Hello", **options):
    return await posts.publish(actor, kind=options.pop("kind", PostKind.MOMENT), body=body, **options)


async def test_a_member_publishes(gql):
    actor, circle = await make.member_actor(display_name="Lin"), await a_circle()
    given = {
        "circleId": str(circle),
        "kind": "ARTICLE",
        "title": "冬季",
        "body": "续航",
        "hashtags": ["#Winter"],
    }
    answer = (await gql(PUBLISH, {"input": given}, actor=actor))["publishPost"]
    assert answer["post"] | {"id": "?"} == {
        "id": "?", "title": "冬季", "body": "续航", "kind": "ARTICLE", "state": "PUBLISHED", "version": 1,
        "hashtags": ["winter"], "circle": {"slug": "et5"}, "author": {"id": str(actor.member_id), "name": "Lin"},
        "likeCount": 0, "score": 0, "commentCount": 0, "viewer": {"hasLiked": False}, "isLocked": False,
    }  # fmt: skip


async def test_the_same_key_answers_the_same_post(gql):
    actor = await make.member_actor()
    given = {"input": {"body": "Once", "clientMutationId": "a"}}
    first, second = [await gql(PUBLISH, given, actor=actor) for _ in range(2)]
    assert first["publishPost"] == second["publishPost"]
    assert await db.value("SELECT count(*) FROM community.post") == 1


async def test_refusals_carry_their_facts_and_change_nothing(gql):
    actor = await make.member_actor()
    first = (await gql(PUBLISH, {"input": {"body": "Once"}}, actor=actor))["publishPost"]["post"]["id"]
    again = (await gql(PUBLISH, {"input": {"body": "Once"}}, actor=actor))["publishPost"]
    assert (again["__typename"], again["post"]["id"]) == ("DuplicateContent", first)
    empty = (await gql(PUBLISH, {"input": {"body": " ", "title": "x" * 201}}, actor=actor))["publishPost"]
    assert [problem["path"] for problem in empty["problems"]] == ["title", "body"]
    nowhere = await gql(PUBLISH, {"input": {"body": "Two", "circleId": str(ids.new())}}, actor=actor)
    assert nowhere.codes == ["NOT_FOUND"]
    assert (await gql(PUBLISH, {"input": {"body": "Three"}})).codes == ["UNAUTHENTICATED"]
    assert await db.value("SELECT count(*) FROM community.post") == 1


async def test_liking_is_set_and_unset(gql):
    author, reader = await make.member_actor(), await make.member_actor()
    post = await a_post(author)
    seen = []
    for is_on in (True, False, False):
        answer = await gql(REACT, {"input": {"targetId": str(post), "isOn": is_on}}, actor=reader)
        changed, shown = answer["setReaction"]["changed"], answer["setReaction"]["post"]
        seen.append((changed, shown["likeCount"], shown["viewer"]["hasLiked"]))
    assert seen == [(True, 1, True), (True, 0, False), (False, 0, False)]
    own = await gql(REACT, {"input": {"targetId": str(post)}}, actor=author)
    assert own["setReaction"]["problems"] == [{"path": "targetId"}]


async def test_what_is_not_visible_is_as_what_is_absent(gql):
    author, reader = await make.member_actor(), await make.member_actor()
    post = await a_post(author)
    comment = await comments.publish(author, post, body="mine")
    await posts.delete(author, post)
    for field, id_ in (("post", post), ("comment", comment), ("node", post)):
        query = f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}"
        hidden = await gql(query, {"id": str(id_)}, actor=reader)
        absent = await gql(query, {"id": str(ids.new())}, actor=reader)
        for answer in (hidden, absent):
            assert answer.data == {field: None}
            assert answer.codes == ["NOT_FOUND"]
        assert str(hidden.errors[0]) == str(absent.errors[0])
    own = await gql("query ($id: ID!) { post(id: $id) { state } }", {"id": str(post)}, actor=author)
    assert own["post"] == {"state": "DELETED"}


async def test_a_feed_is_paged_newest_first_without_repeats(gql):
    actor, circle = await make.member_actor(), await a_circle()
    written = [str(await a_post(actor, f"post {n}", circle_id=circle)) for n in range(5)]
    seen, after = [], None
    while True:
        page = (await gql(FEED, {"circle": str(circle), "first": 2, "after": after}))["circleFeed"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == written[::-1]
    bad = await gql(FEED, {"circle": str(circle), "after": "bogus"})
    assert bad.codes == ["BAD_INPUT"]


async def fill(circle, number: int, actors) -> None:
    for n in range(number):
        author, other = actors[n % len(actors)], actors[(n + 1) % len(actors)]
        post = await a_post(
            author, f"question {n} of {circle}", circle_id=circle, kind=PostKind.QUESTION, title="Q"
        )
        root = await comments.publish(other, post, body=f"answer {n} in {post}", kind=CommentKind.ANSWER)
        await comments.publish(author, post, body=f"reply {n} in {post}", parent_id=root)
        await reactions.set_reaction(other, post, ReactionKind.LIKE, True)


async def test_a_feed_takes_the_same_number_of_statements_however_long_it_is(gql):
    actors = [await make.member_actor() for _ in range(4)]
    statements = {}
    for number in (1, 12):
        circle = await a_circle(f"circle-{number}")
        await fill(circle, number, actors)
        seen: list[str] = []
        token = db.recorder.set(seen)
        try:
            answer = await gql(FEED, {"circle": str(circle)}, actor=actors[0])
        finally:
            db.recorder.reset(token)
        assert len(answer["circleFeed"]["nodes"]) == number
        statements[number] = len(seen)
    # What is pinned, the posts with all they show, their roots, the replies, and what these reply to.
    assert statements == {1: 5, 12: 5}


async def test_a_plain_feed_takes_one_statement_and_one_for_what_is_pinned(gql):
    actor, circle = await make.member_actor(), await a_circle()
    await fill(circle, 3, [actor, await make.member_actor()])
    seen: list[str] = []
    token = db.recorder.set(seen)
    await gql(
        "query ($c: ID!) { circleFeed(circleId: $c) { nodes { title author { name } likeCount circle { name } } } }",
        {"c": str(circle)},
        actor=actor,
    )
    db.recorder.reset(token)
    assert len(seen) == 2


@pytest.mark.parametrize(
    "field", ["publishedAt", "score", "hashtags", "viewer { hasLiked }", "author { no }"]
)
async def test_a_feed_that_asks_for_one_part_gets_it(gql, field):
    author, reader, circle = await make.member_actor(number="M1"), await make.member_actor(), await a_circle()
    post = await a_post(author, circle_id=circle, hashtag_names=["a"])
    await reactions.set_reaction(reader, post, ReactionKind.LIKE, True)
    query = f"query ($c: ID!) {{ circleFeed(circleId: $c) {{ edges {{ node {{ id {field} }} }} }} }}"
    (edge,) = (await gql(query, {"c": str(circle)}, actor=reader))["circleFeed"]["edges"]
    (shown,) = (
        await gql(f"query ($id: ID!) {{ post(id: $id) {{ id {field} }} }}", {"id": str(post)}, actor=reader)
    ).data.values()
    assert edge["node"] == shown


async def test_a_private_circle_shows_its_card_and_nothing_else(gql):
    member, outsider = await make.member_actor(), await make.member_actor()
    circle = await a_circle(visibility=CircleVisibility.PRIVATE)
    query = "query ($id: ID!) { circle(id: $id) { slug memberCount viewer { isMember role state } } }"
    joined = await gql(
        "mutation ($i: JoinCircleInput!) { joinCircle(input: $i) { ... on JoinCircleSuccess { circle { slug } } } }",
        {"i": {"circleId": str(circle)}},
        actor=member,
    )
    assert joined["joinCircle"] == {"circle": {"slug": "et5"}}
    inside, outside = [(await gql(query, {"id": str(circle)}, actor=a))["circle"] for a in (member, outsider)]
    assert inside == {
        "slug": "et5",
        "memberCount": 1,
        "viewer": {"isMember": True, "role": "MEMBER", "state": "ACTIVE"},
    }
    assert outside == {
        "slug": "et5",
        "memberCount": None,
        "viewer": {"isMember": False, "role": None, "state": None},
    }
    feed = await gql(FEED, {"circle": str(circle)}, actor=outsider)
    assert feed.codes == ["NOT_FOUND"]
    listed = "{ circles { nodes { slug } } }"
    assert (await gql(listed, actor=outsider))["circles"]["nodes"] == []
    assert (await gql(listed, actor=member))["circles"]["nodes"] == [{"slug": "et5"}]


async def test_an_asker_accepts_an_answer(gql):
    asker, other = await make.member_actor(), await make.member_actor()
    question = await a_post(asker, kind=PostKind.QUESTION, title="Why")
    answer = await comments.publish(other, question, body="so", kind=CommentKind.ANSWER)
    operation = """mutation ($i: AcceptAnswerInput!) { acceptAnswer(input: $i) {
        ... on AcceptAnswerSuccess { post { acceptedAnswer { id isAccepted post { id } } } } } }"""
    given = {"i": {"commentId": str(answer)}}
    assert (await gql(operation, given, actor=other)).codes == ["FORBIDDEN"]
    accepted = (await gql(operation, given, actor=asker))["acceptAnswer"]["post"]["acceptedAnswer"]
    assert accepted == {"id": str(answer), "isAccepted": True, "post": {"id": str(question)}}


async def test_a_moderator_removes_and_restores(gql):
    author, post = await make.member_actor(), None
    post = await a_post(author)
    moderator = make.staff("moderator")
    remove = """mutation ($i: RemoveContentInput!) { removeContent(input: $i) { __typename
        ... on RemoveContentSuccess { post { state } } ... on AlreadyInState { state } } }"""
    restore = """mutation ($i: RestoreContentInput!) { restoreContent(input: $i) {
        ... on RestoreContentSuccess { post { state } } } }"""
    given = {"i": {"targetId": str(post), "reason": "spam"}}
    assert (await gql(remove, given, actor=await make.member_actor())).codes == ["NOT_FOUND"]
    assert (await gql(remove, given, actor=moderator))["removeContent"]["post"] == {"state": "REMOVED"}
    assert (await gql(remove, given, actor=moderator))["removeContent"]["state"] == "REMOVED"
    assert (await gql(restore, given, actor=moderator))["restoreContent"]["post"] == {"state": "PUBLISHED"}


async def test_edits_name_the_version_they_read(gql):
    actor = await make.member_actor()
    post = await a_post(actor, "First", title="T")
    operation = """mutation ($i: EditPostInput!) { editPost(input: $i) { __typename
        ... on EditPostSuccess { post { title body version } } ... on VersionConflict { current } } }"""

    async def edit(**change):
        given = {"postId": str(post), **change}
        return (await gql(operation, {"i": given}, actor=actor))["editPost"]

    assert (await edit(expectedVersion=1, body="Second"))["post"] == {
        "title": "T",
        "body": "Second",
        "version": 2,
    }
    assert (await edit(expectedVersion=1, body="Third"))["current"] == 2
    assert (await edit(expectedVersion=2, title=None))["post"] == {
        "title": None,
        "body": "Second",
        "version": 3,
    }


async def test_figures_are_for_staff(gql):
    query = "{ communityTotals { postCount answerCount scoreSum } }"
    assert (await gql(query, actor=await make.member_actor())).codes == ["FORBIDDEN"]
    actors = [await make.member_actor(), await make.member_actor()]
    await fill(await a_circle(), 3, actors)
    found = (await gql(query, actor=make.staff("analyst")))["communityTotals"]
    assert found == {"postCount": 3, "answerCount": 3, "scoreSum": 3}


async def test_html_is_sanitised_when_it_is_read(gql):
    actor = await make.member_actor()
    post = await posts.publish(
        actor, kind=PostKind.MOMENT, body="<p>hi<script>alert(1)</script></p>", body_format="HTML"
    )
    answer = await gql("query ($id: ID!) { post(id: $id) { body } }", {"id": str(post)})
    assert answer["post"] == {"body": "<p>hi</p>"}
    assert "script" in await db.value("SELECT body FROM community.post WHERE id = $1", post)
