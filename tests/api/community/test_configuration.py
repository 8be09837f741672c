"""Settings of the community: read, changed from an instant on, and never in another shape."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import clock
from domain.community import configuration
from tests import make

LIST = "{ communitySettings { key value version effectiveFrom default } }"
CONFIGURE = """mutation($in: ConfigureCommunityInput!) { configureCommunity(input: $in) { __typename
    ... on ConfigureCommunitySuccess { setting { key value version effectiveFrom } }
    ... on InvalidInput { problems { path } } ... on VersionConflict { current } } }"""


async def test_a_setting_holds_from_its_instant_on_and_each_change_names_what_it_saw(gql):
    operator = make.staff("operator")

    async def configure(**given: object):
        return (await gql(CONFIGURE, {"in": given}, actor=operator))["configureCommunity"]

    assert await configuration.value("edit.ninja_seconds") == 300
    tomorrow = clock.now() + timedelta(days=1)
    tried = await configure(key="edit.ninja_seconds", value=60, dryRun=True)
    assert tried["setting"]["version"] == 1
    assert await configuration.value("edit.ninja_seconds") == 300
    waiting = await configure(
        key="edit.ninja_seconds", value=60, effectiveFrom=tomorrow.isoformat(), expectedVersion=0
    )
    assert (waiting["setting"]["version"], waiting["setting"]["value"]) == (1, 60)
    assert await configuration.value("edit.ninja_seconds") == 300
    conflict = await configure(key="edit.ninja_seconds", value=10, expectedVersion=0)
    assert conflict == {"__typename": "VersionConflict", "current": 1}
    await configure(key="edit.ninja_seconds", value=10, expectedVersion=1)
    assert await configuration.value("edit.ninja_seconds") == 10
    listed = {row["key"]: row for row in (await gql(LIST, actor=operator))["communitySettings"]}
    assert listed.keys() == configuration.DEFAULTS.keys()
    assert (listed["edit.ninja_seconds"]["value"], listed["edit.ninja_seconds"]["version"]) == (10, 2)
    clock.shift(timedelta(days=2))
    assert await configuration.value("edit.ninja_seconds") == 60
    past = await configure(key="edit.ninja_seconds", value=1, effectiveFrom="2020-01-01T00:00:00Z")
    assert past["problems"] == [{"path": "effectiveFrom"}]


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("no.such.key", 1, "key"),
        ("rates.enabled", 1, "value"),
        ("rates.posts.per_day", [1, 2], "value"),
        ("rates.posts.per_day", [1, 2, 3, 4, "5"], "value.4"),
        ("rates.posts.per_day", -1, "value"),
        ("edit.ninja_seconds", 1.5, "value"),
        ("tip.amounts", [[1], [2], 3, [], []], "value.2"),
        ("delivery.minimum", {"images": 1}, "value"),
        ("ladder", [{"strikes": 1, "kind": "MUTE"}], "value.0"),
        ("ladder", [{"strikes": None, "kind": "MUTE", "days": 1}], "value.0.strikes"),
        ("region.header", 3, "value"),
    ],
)
async def test_another_shape_is_refused_and_changes_nothing(gql, key, value, path):
    answer = await gql(CONFIGURE, {"in": {"key": key, "value": value}}, actor=make.staff("operator"))
    assert answer["configureCommunity"]["problems"] == [{"path": path}]
    if key in configuration.DEFAULTS and key != "rates.enabled":
        assert await configuration.value(key) == configuration.DEFAULTS[key]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rates.posts.per_day", 7),
        ("rates.posts.per_day", [1, 2, 3, 4, 5]),
        ("tip.amounts", [1, 2, 3]),
        ("tip.amounts", [[], [1], [1, 2], [3], [4]]),
        ("hot.weights", {**configuration.DEFAULTS["hot.weights"], "dislike": -20}),
        ("ladder", [{"strikes": 4, "kind": "BAN", "days": None}]),
        ("review.hide_score", 9),
    ],
)
async def test_the_shape_of_the_default_is_taken(key, value):
    await configuration.configure(make.staff("operator"), key, value)
    assert await configuration.value(key) == value
    assert configuration.at_level([1, 2, 3, 4, 5], 9) == 5
    assert configuration.at_level(7, 0) == 7
