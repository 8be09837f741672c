"""What moderators ask, through GraphQL: each helper answers the field's answer."""

from __future__ import annotations

from typing import Any

import pytest

from domain.actor import Actor
from domain.community import standings
from tests import make

PUBLISH = """mutation($input: PublishPostInput!) { publishPost(input: $input) {
    ... on PublishPostSuccess { post { id } } } }"""
FILE = """mutation($input: FileReportInput!) { fileReport(input: $input) { __typename
    ... on FileReportSuccess { report { id state score category } }
    ... on AlreadyReported { retryAt report { id } } ... on InvalidInput { problems { path } } } }"""
ITEM = """query($id: ID!) { reviewItem(id: $id) { id version state score forceReview cause
    explainScore { base trust accuracy categoryBonus takeAction total } } }"""
ITEMS = """query($filter: ReviewFilter, $order: ReviewOrder! = SCORE, $first: Int! = 20, $after: String) {
    reviewItems(filter: $filter, orderBy: $order, first: $first, after: $after) { totalCount
        nodes { id version score state subject { __typename ... on Post { id } } } pageInfo { hasNextPage endCursor } } }"""
DECIDE = """mutation($input: DecideReviewInput!) { decideReview(input: $input) { __typename
    ... on DecideReviewSuccess { item { id version state score } event { id kind children { kind policy } }
        effects { kind action } nextItem { id } remainingCount }
    ... on VersionConflict { current } ... on AlreadyHandled { state } ... on ActionNotAvailable { kind reason }
    ... on InvalidInput { problems { path } } ... on Refusal { message } } }"""


@pytest.fixture
def ask(gql):
    """Run a mutation and answer its result: ``await ask(actor, FILE, subjectId=...)``."""

    async def run(actor: Actor, operation: str, **given: Any) -> Any:
        answer = await gql(operation, {"input": given}, actor=actor)
        assert not answer.errors, answer.errors
        return next(iter(answer.data.values()))

    return run


@pytest.fixture
def trusted():
    """A member of a trust level."""

    async def run(level: int = 0) -> Actor:
        actor = await make.member_actor()
        await standings.set_level(make.staff("admin"), actor.member_id, level, reason="for the test")
        return actor

    return run


@pytest.fixture
def post(ask):
    """An author and the id of a new post."""

    async def run(body: str = "Hello", author: Actor | None = None) -> tuple[Actor, str]:
        author = author or await make.member_actor()
        return author, (await ask(author, PUBLISH, body=body))["post"]["id"]

    return run


@pytest.fixture
def item(gql):
    """The item of a post, as a moderator sees it."""

    async def run(post: str, actor: Actor | None = None) -> Any:
        states = ["PENDING", "UPHELD", "REJECTED", "IGNORED"]
        actor = actor or make.staff("moderator")
        found = (await gql(ITEMS, {"filter": {"states": states}, "first": 100}, actor=actor))["reviewItems"][
            "nodes"
        ]
        (id_,) = [each["id"] for each in found if each["subject"]["id"] == post]
        return (await gql(ITEM, {"id": id_}, actor=actor))["reviewItem"]

    return run
