"""Searching through GraphQL."""

from __future__ import annotations

from domain.community import posts
from domain.community.tables import PostKind
from tests import make

SEARCH = """query($q: String!, $filter: SearchFilter, $order: SearchOrder! = RELEVANCE, $after: String) {
    searchPosts(query: $q, filter: $filter, orderBy: $order, first: 2, after: $after) {
        nodes { id title likeCount author { name } } pageInfo { hasNextPage endCursor } } }"""
PUT = """mutation($input: PutSearchSynonymsInput!) { putSearchSynonyms(input: $input) {
    ... on PutSearchSynonymsSuccess { synonyms { id words isActive version } }
    ... on InvalidInput { problems { path } } ... on VersionConflict { current } } }"""


async def test_posts_are_searched_page_by_page_and_by_filter(gql):
    me = await make.member_actor()
    made = [
        await posts.publish(
            me, kind=PostKind.MOMENT, body=f"試駕報告 {n}", hashtag_names=["试驾"] if n else []
        )
        for n in range(3)
    ]
    for order in ("RELEVANCE", "NEWEST"):
        seen, after = [], None
        for _ in range(2):
            page = (await gql(SEARCH, {"q": "试驾报告", "order": order, "after": after}))["searchPosts"]
            seen += [node["id"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
        assert (seen, page["pageInfo"]["hasNextPage"]) == ([str(post) for post in reversed(made)], False)
    for where, count in (
        ({"hashtag": "#試駕"}, 2),
        ({"authorId": str(me.member_id)}, 2),
        ({"kinds": ["ARTICLE"]}, 0),
        ({"until": "2020-01-01T00:00:00Z"}, 0),
    ):
        assert len((await gql(SEARCH, {"q": "报告", "filter": where}))["searchPosts"]["nodes"]) == count, (
            where
        )


async def test_a_query_that_asks_for_nothing_or_too_much_is_bad_input(gql):
    for query in ("", " ", "长" * 65, "a b c d e f g h i"):
        assert (await gql(SEARCH, {"q": query})).codes == ["BAD_INPUT"], query


async def test_staff_keep_the_words_that_mean_the_same(gql):
    staff = make.staff("moderator")
    made = (await gql(PUT, {"input": {"words": ["ModelY", "毛豆"]}}, actor=staff))["putSearchSynonyms"][
        "synonyms"
    ]
    assert (made["words"], made["version"]) == (["modely", "毛豆"], 1)
    again = await gql(
        PUT, {"input": {"id": made["id"], "words": ["a", "b"], "expectedVersion": 3}}, actor=staff
    )
    assert again["putSearchSynonyms"] == {"current": 1}
    alone = await gql(PUT, {"input": {"words": ["one"]}}, actor=staff)
    assert alone["putSearchSynonyms"] == {"problems": [{"path": "words"}]}
    listed = await gql("{ searchSynonyms { nodes { words } } }", actor=staff)
    assert [each["words"] for each in listed["searchSynonyms"]["nodes"]] == [["modely", "毛豆"]]
