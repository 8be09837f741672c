"""A change that breaks clients must be announced."""

from __future__ import annotations

from cli.contract import breaking

BEFORE = """
type Query { member(id: ID!): Member  ping: String }
type Member { id: ID!  nickname: String!  level: Level! }
enum Level { SILVER GOLD }
input RedeemInput { rewardId: ID! }
type Mutation { redeem(input: RedeemInput!): String }
"""


def test_what_is_added_breaks_nobody():
    assert breaking(BEFORE, BEFORE.replace("ping: String", "ping: String  pong: String"), "") == []


def test_a_removed_field_is_named():
    (sentence,) = breaking(BEFORE, BEFORE.replace("nickname: String!", ""), "")
    assert "`Member.nickname`" in sentence


def test_a_breaking_change_that_the_changelog_names_may_pass():
    after = BEFORE.replace("nickname: String!", "")
    assert breaking(BEFORE, after, "- Removed `Member.nickname`; use `displayName`.") == []
    assert breaking(BEFORE, after, "- Removed `Member.nicknames`.") != []


def test_every_kind_of_break_is_found():
    for old, new, name in (
        ("SILVER GOLD", "GOLD", "Level"),
        ("level: Level!", "level: Level", "Member.level"),
        ("rewardId: ID!", "rewardId: ID!  place: ID!", "RedeemInput"),
        ("ping: String", "", "Query.ping"),
        ("member(id: ID!)", "member(id: ID!, by: ID!)", "Query.member"),
    ):
        (sentence,) = breaking(BEFORE, BEFORE.replace(old, new), "")
        assert name in sentence, sentence
