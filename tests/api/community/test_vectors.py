"""The page's vectors A1 to A3: reactions, the author's own deletion, and closed threads."""

from __future__ import annotations

from tests import make


def do(name: str, shown: str) -> str:
    kind = name[0].upper() + name[1:]
    return f"""mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ __typename
        ... on {kind}Success {{ {shown} }} ... on Refusal {{ message }}
        {"... on ThreadLocked { root { id } }" if name == "publishComment" else ""} }} }}"""


async def post_of(gql, actor) -> str:
    answer = await gql(do("publishPost", "post { id }"), {"input": {"body": "Hello"}}, actor=actor)
    return answer["publishPost"]["post"]["id"]


async def test_a1_a_like_counts_once_and_says_whether_it_changed(gql):
    author, reader = await make.member_actor(), await make.member_actor()
    post, seen = await post_of(gql, author), []
    for is_on in (True, False, False):
        given = {"targetId": post, "isOn": is_on}
        answer = await gql(do("setReaction", "changed post { likeCount }"), {"input": given}, actor=reader)
        seen.append((answer["setReaction"]["changed"], answer["setReaction"]["post"]["likeCount"]))
    assert seen == [(True, 1), (True, 0), (False, 0)]


async def test_a2_a_deleted_post_is_its_authors_alone_until_he_takes_it_back(gql):
    author, reader = await make.member_actor(), await make.member_actor()
    post = await post_of(gql, author)

    async def seen(actor):
        answer = await gql("query ($id: ID!) { post(id: $id) { state } }", {"id": post}, actor=actor)
        return answer.codes or answer["post"]["state"]

    for name, by_reader, by_author in (
        ("deletePost", ["NOT_FOUND"], "DELETED"), ("undeletePost", "PUBLISHED", "PUBLISHED")
    ):  # fmt: skip
        await gql(do(name, "post { id }"), {"input": {"postId": post}}, actor=author)
        assert (await seen(reader), await seen(author)) == (by_reader, by_author)


async def test_a3_under_a_closed_comment_nobody_writes_and_beside_it_everybody(gql):
    author, reader = await make.member_actor(), await make.member_actor()
    post = await post_of(gql, author)

    async def say(body, parent=None):
        given = {"postId": post, "parentId": parent, "body": body}
        answer = await gql(do("publishComment", "comment { id }"), {"input": given}, actor=reader)
        return answer["publishComment"]

    one = (await say("1"))["comment"]["id"]
    two = (await say("2", one))["comment"]["id"]
    three = (await say("3", two))["comment"]["id"]
    assert (await say("4"))["comment"]["id"]
    lock = {"targetId": two, "reason": "too heated"}
    await gql(do("lockThread", "comment { id }"), {"input": lock}, actor=make.staff("moderator"))
    below = await say("5", three)
    assert (below["__typename"], below["root"]) == ("ThreadLocked", {"id": two})
    assert (await say("6", one))["__typename"] == "PublishCommentSuccess"
