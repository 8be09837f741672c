"""Dead letters through GraphQL: listed, replayed and given up by the same filter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain import db
from domain.foundation import ids
from domain.profile import deadletters
from domain.profile.deadletters import Letter
from tests import make

CAME = datetime(2025, 6, 1, tzinfo=UTC)
LIST = """query($filter: DeadLetterFilter) { deadLetters(filter: $filter) { nodes { raw reason } } }"""
REPLAY = """mutation($input: ReplayDeadLettersInput!) { replayDeadLetters(input: $input) { __typename
    ... on ReplayDeadLettersSuccess { replayed stillFailing } ... on InvalidInput { problems { path } } } }"""
DISCARD = """mutation($input: DiscardDeadLettersInput!) { discardDeadLetters(input: $input) { __typename
    ... on DiscardDeadLettersSuccess { discarded } ... on InvalidInput { problems { path } } } }"""


@pytest.fixture
async def source():
    """Three letters: two of one source, for different reasons and on different days, and one of another source."""
    one, other = ids.new(), ids.new()
    for number, (sender, reason) in enumerate(
        ((one, "no_identity"), (one, "reserved_kind"), (other, "no_identity"))
    ):
        letter = Letter(f"m{number}", f"hash{number}", {"number": number}, reason, door="graphql")
        await deadletters.add(sender, [letter], CAME + timedelta(days=number))
    return one


FILTERS = [
    ({}, [0, 1, 2]),
    ({"reason": "no_identity"}, [0, 2]),
    ({"sourceId": "one"}, [0, 1]),
    ({"sourceId": "one", "reason": "no_identity"}, [0]),
    ({"since": "2025-06-02T00:00:00Z"}, [1, 2]),
    ({"until": "2025-06-02T00:00:00Z"}, [0]),
    ({"isOpen": False}, []),
]


@pytest.mark.parametrize(("given", "numbers"), FILTERS)
async def test_dead_letters_by_filter(gql, source, given, numbers):
    wanted = {**given, "sourceId": str(source)} if "sourceId" in given else given
    answer = await gql(LIST, {"filter": wanted}, actor=make.staff("analyst"))
    assert sorted(node["raw"]["number"] for node in answer["deadLetters"]["nodes"]) == numbers


@pytest.mark.parametrize(("given", "numbers"), FILTERS[:-1])
async def test_a_dry_replay_counts_and_a_discard_takes_what_the_list_shows(gql, source, given, numbers):
    wanted = {**given, "sourceId": str(source)} if "sourceId" in given else given
    operator = make.staff("operator")
    dry = await gql(REPLAY, {"input": {"filter": wanted, "dryRun": True}}, actor=operator)
    assert dry["replayDeadLetters"]["replayed"] == len(numbers)
    rehearsed = await gql(
        DISCARD, {"input": {"filter": wanted, "reason": "a broken build", "dryRun": True}}, actor=operator
    )
    assert rehearsed["discardDeadLetters"]["discarded"] == len(numbers)
    untouched = "SELECT count(*) FROM profile.dead_letter WHERE replayed_at IS NULL AND discarded_at IS NULL"
    assert await db.value(untouched) == 3
    done = await gql(DISCARD, {"input": {"filter": wanted, "reason": "a broken build"}}, actor=operator)
    assert done["discardDeadLetters"] == {
        "__typename": "DiscardDeadLettersSuccess",
        "discarded": len(numbers),
    }
    gone = await gql(LIST, {"filter": {"isOpen": False}}, actor=operator)
    assert sorted(node["raw"]["number"] for node in gone["deadLetters"]["nodes"]) == numbers


async def test_what_is_done_with_is_neither_replayed_nor_given_up(gql, source):
    operator, done = make.staff("operator"), {"isOpen": False}
    for operation, name, more in (
        (REPLAY, "replayDeadLetters", {}),
        (DISCARD, "discardDeadLetters", {"reason": "why not"}),
    ):
        answer = await gql(operation, {"input": {"filter": done, **more}}, actor=operator)
        assert answer[name] == {"__typename": "InvalidInput", "problems": [{"path": "filter.isOpen"}]}
    assert await db.value("SELECT count(*) FROM profile.dead_letter WHERE discarded_at IS NULL") == 3
