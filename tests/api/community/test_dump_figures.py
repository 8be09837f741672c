"""The published figures of a real community's dump, each by a query."""

from __future__ import annotations

import json

import pytest

from domain import db, wiring
from domain.community.importers import stackexchange
from domain.foundation.importing import Options, Report
from domain.profile import drain
from tests import make, shared

TOTALS = """{ communityTotals { postCount answerCount commentCount scoreSum acceptedCount unansweredCount lockedCount
    authorlessCount authorlessCommentCount authorCount commenterCount bySourceType { sourceType count }
    postsByKind { kind count } reactionsByKind { kind count } } }"""
CONTENTS = """query ($order: ContentOrder!, $first: Int = 10) { contents(orderBy: $order, first: $first) {
    nodes { externalId score commentCount kind } pageInfo { hasNextPage } } }"""
MONTHS = '{ activeContributors(unit: MONTH, zone: "UTC") { period count } }'


@pytest.fixture
async def summary():
    folder = shared.path("data/se_bike")
    report = Report()
    await stackexchange.run(folder, Options(), report)
    return report.summary()


@pytest.fixture
def expected():
    return json.loads((shared.path("data/se_bike") / "expected.json").read_text())


async def test_the_figures_of_the_dump_are_answered(gql, summary, expected):
    async def ask(query, **variables):
        (answer,) = (await gql(query, variables, actor=make.staff("analyst"))).data.values()
        return answer

    totals = await ask(TOTALS)
    assert {row["sourceType"]: row["count"] for row in totals["bySourceType"]} == expected["posts_by_type"]
    assert {row["kind"]: row["count"] for row in totals["postsByKind"]} == {"QUESTION": 453, "ARTICLE": 22}
    assert {row["kind"]: row["count"] for row in totals["reactionsByKind"]} == {"LIKE": 5066, "DISLIKE": 235}
    assert (totals["postCount"], totals["answerCount"], totals["commentCount"]) == (
        475,
        971,
        expected["rows"]["comments"],
    )
    for name, figure in (
        ("scoreSum", "sum_post_score"), ("acceptedCount", "questions_with_accepted"),
        ("unansweredCount", "questions_without_answer"), ("lockedCount", "closed_questions"),
        ("authorlessCount", "posts_without_owner"), ("authorlessCommentCount", "comments_without_user"),
        ("authorCount", "distinct_authors_posts"), ("commenterCount", "distinct_commenters"),
    ):  # fmt: skip
        assert totals[name] == expected[figure], name
    best = await ask(CONTENTS, order="SCORE")
    assert [[n["externalId"], str(n["score"])] for n in best["nodes"]] == expected["top10_posts_by_score"]
    talked = await ask(CONTENTS, order="COMMENTS")
    assert [[n["externalId"], n["commentCount"]] for n in talked["nodes"]] == expected[
        "top10_commented_posts"
    ]
    months = {row["period"]: row["count"] for row in await ask(MONTHS)}
    assert months == expected["monthly_active_contributors_utc"]
    tags = await ask("{ hashtags(first: 10) { name postCount } }")
    assert [[row["name"], row["postCount"]] for row in tags] == expected["top10_tags"]


async def test_the_badges_of_the_dump_are_answered(gql, summary, expected):
    ask = """query($by: String!) {
        interactionCounts(kindPrefix: "profile.badge.earned", by: $by, first: 5) { value count } }"""
    by_class = await gql(ask, {"by": "class"}, actor=make.staff("analyst"))
    assert {row["value"]: row["count"] for row in by_class["interactionCounts"]} == expected[
        "badges_by_class"
    ]
    by_name = await gql(ask, {"by": "name"}, actor=make.staff("analyst"))
    assert {row["value"]: row["count"] for row in by_name["interactionCounts"]} == expected["badge_top5"]


async def test_question_1003_and_the_places_of_comments(gql, summary):
    query = """query ($id: ID!) { post(id: $id) { title score likeCount dislikeCount commentCount rootCommentCount
        answerCount kind comments(orderBy: TOP, first: 100) { nodes { kind score } } } }"""
    id_ = await db.value("SELECT id FROM community.post WHERE external_id = '1003'")
    found = (await gql(query, {"id": str(id_)}))["post"]
    assert (found["score"], found["rootCommentCount"], found["answerCount"]) == (30, 3, 4)
    kinds = sorted(node["kind"] for node in found["comments"]["nodes"])
    assert kinds == ["ANSWER"] * 4 + ["COMMENT"] * 3
    under = await db.fetch(
        "SELECT (parent IS NULL) AS is_root, count(*) AS n FROM community.comment WHERE kind = 'COMMENT' GROUP BY 1 ORDER BY 1"
    )
    assert [row["n"] for row in under] == [1580, 868]


async def test_rows_rejects_and_interactions(gql, summary, expected):
    assert summary["votes"] == 5301 + 157
    assert summary["rows"] == 18_818
    assert summary["rejected"] == 116 + 1 + 39 + 30 + 18 + 6 + 3
    recorded = await db.value("SELECT count(*) FROM profile.interaction")
    assert recorded == summary["accepted"] - summary["tags"]
    assert await db.value("SELECT count(*) FROM profile.pending") == recorded
    assert await drain.drain_all(wiring.reactions) >= recorded
    again = Report()
    await stackexchange.run(shared.path("data/se_bike"), Options(), again)
    assert (again.accepted, again.unchanged) == (0, summary["accepted"])
    assert await db.value("SELECT count(*) FROM profile.pending") == 0


async def test_a_page_after_the_first_goes_on_where_it_ended(gql, summary):
    seen, after = [], None
    query = """query ($after: String) { contents(orderBy: SCORE, first: 100, after: $after) {
        nodes { id } pageInfo { hasNextPage endCursor } } }"""
    for _ in range(20):
        page = (await gql(query, {"after": after}, actor=make.staff("moderator")))["contents"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == 1446
