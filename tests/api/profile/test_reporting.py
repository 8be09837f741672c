"""What members and staff report through GraphQL: nothing is dropped without a word."""

from __future__ import annotations

from domain import db
from domain.profile import deadletters, identity_types
from domain.profile.identity_types import Draft
from domain.profile.tracking import taking
from tests import make

REPORT = """mutation($items: [InteractionInput!]!) { recordInteractions(input: {items: $items}) {
    ... on RecordInteractionsSuccess { accepted duplicates deadLettered suppressed } } }"""


async def report(gql, actor, *items):
    return (await gql(REPORT, {"items": list(items)}, actor=actor))["recordInteractions"]


def item(*identities: tuple[str, str], **more):
    named = [{"type": type_, "value": value} for type_, value in identities]
    return {"kind": "Opened", "identities": named, "properties": {"screen": "home"}, **more}


async def test_an_undeclared_identity_type_is_a_dead_letter_for_members_and_staff_alike(gql):
    me = await make.member_actor()
    good, bad = item(("user_id", "somebody")), item(("anonymous_id", "a1"), ("shoe_size", "43"))
    for actor in (me, make.staff("operator")):
        counts = await report(gql, actor, good, bad)
        assert counts == {"accepted": 1, "duplicates": 0, "deadLettered": 1, "suppressed": 0}
    rows = await db.fetch("SELECT reason, path, member FROM profile.dead_letter ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        ("unknown_identity_type", "shoe_size", me.id),
        ("unknown_identity_type", "shoe_size", None),
    ]


async def test_the_word_of_the_doors_is_no_type_of_identity(gql):
    counts = await report(gql, make.staff("operator"), item(("either", "u1")))
    assert counts["deadLettered"] == 1
    assert await db.value("SELECT count(*) FROM profile.member") == 0


async def test_a_members_dead_letter_is_replayed_as_theirs(gql):
    me = await make.member_actor()
    await report(gql, me, item(("loyalty_card", "c1"), messageId="m1"))
    wanted = deadletters.Filter()
    assert await deadletters.replay(wanted, 10, is_dry_run=False, again=taking.again) == (0, 1)
    await identity_types.define(make.staff("admin"), Draft("loyalty_card", 9, 1), None)
    assert await deadletters.replay(wanted, 10, is_dry_run=False, again=taking.again) == (1, 0)
    row = await db.one(
        "SELECT member, message_id, actor_id FROM profile.interaction WHERE kind = 'app.Opened'"
    )
    assert tuple(row.values()) == (me.id, "m1", me.id)
