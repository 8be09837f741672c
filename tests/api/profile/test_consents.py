"""Consent through GraphQL and its gate."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import clock, db
from domain.foundation import ids
from domain.profile import consents, kinds, merges, seed
from tests import make

ANSWER = """mutation($input: VERBConsentInput!) { verbConsent(input: $input) { __typename
    ... on VERBConsentSuccess { consents { purpose channel state choice policyVersion scopes } }
    ... on UnknownPurpose { purposes } ... on InvalidInput { problems { path } } } }"""


def mutation(verb: str) -> str:
    return ANSWER.replace("VERB", verb.title()).replace("verb", verb)


@pytest.fixture(autouse=True)
async def purposes(rollback):
    await seed.consent_purposes()
    yield
    clock.shift(timedelta(0))


async def answer(gql, actor, verb: str, *purposes: dict, **more):
    found = await gql(mutation(verb), {"input": {"purposes": list(purposes), **more}}, actor=actor)
    return found[f"{verb}Consent"]


async def test_nothing_answered_is_not_granted_but_for_service(gql):
    member = await make.member_id()
    assert await consents.allows(member, "service")
    assert not await consents.allows(member, "marketing")
    assert not await consents.allows(member, "no such purpose")


async def test_the_newest_answer_is_in_force_and_every_answer_leaves_its_interaction(gql):
    actor = await make.member_actor()
    given = await answer(
        gql, actor, "grant", {"purpose": "marketing", "choice": "ALLOW_ALL"}, policyVersion="2026-01",
    )  # fmt: skip
    assert given["consents"] == [
        {"purpose": "marketing", "channel": None, "state": "GRANTED", "choice": "ALLOW_ALL", "policyVersion": "2026-01",
         "scopes": []},
    ]  # fmt: skip
    assert await consents.allows(actor.id, "marketing", "SMS")
    taken = await answer(gql, actor, "withdraw", {"purpose": "marketing"})
    assert [each["state"] for each in taken["consents"]] == ["WITHDRAWN"]
    assert not await consents.allows(actor.id, "marketing", "SMS")
    recorded = await db.fetch("SELECT kind FROM profile.interaction ORDER BY received_at, id")
    assert [row["kind"] for row in recorded] == [kinds.CONSENT_GRANTED.name, kinds.CONSENT_WITHDRAWN.name]


async def test_an_answer_for_a_channel_stands_before_the_general_one_unless_that_refuses_later(gql):
    actor = await make.member_actor()
    await answer(gql, actor, "grant", {"purpose": "marketing"})
    await answer(gql, actor, "deny", {"purpose": "marketing", "channel": "SMS"})
    assert await consents.allows(actor.id, "marketing", "EMAIL")
    assert not await consents.allows(actor.id, "marketing", "SMS")
    await answer(gql, actor, "grant", {"purpose": "marketing", "channel": "SMS"})
    assert await consents.allows(actor.id, "marketing", "SMS")
    await answer(gql, actor, "withdraw", {"purpose": "marketing"})
    assert not await consents.allows(actor.id, "marketing", "SMS")
    assert not await consents.allows(actor.id, "marketing", "EMAIL")


async def test_a_purpose_that_nobody_declared_is_refused_and_nothing_is_kept(gql):
    actor = await make.member_actor()
    refused = await answer(gql, actor, "grant", {"purpose": "marketing"}, {"purpose": "vehicle.location"})
    assert refused == {"__typename": "UnknownPurpose", "purposes": ["vehicle.location"]}
    assert await db.value("SELECT count(*) FROM profile.consent_entry") == 0


async def test_a_consent_ends_in_the_instant_of_its_expiry(gql):
    actor = await make.member_actor()
    until = clock.now() + timedelta(days=30)
    await answer(gql, actor, "grant", {"purpose": "location", "expiresAt": until.isoformat()})
    assert await consents.next_due() == until
    clock.shift(timedelta(days=31))
    assert not await consents.allows(actor.id, "location"), "already before the sweep"
    assert await consents.expire_due() == 1
    assert await consents.next_due() is None
    row = await db.one("SELECT state, at FROM profile.consent_entry ORDER BY at DESC LIMIT 1")
    assert tuple(row.values()) == ("EXPIRED", until)


async def test_merged_members_answer_as_one_and_apart_each_for_itself(gql):
    one, two = await make.member_actor(), await make.member_actor()
    await answer(gql, one, "grant", {"purpose": "marketing"})
    await answer(gql, two, "withdraw", {"purpose": "marketing"})
    merge = await merges.merge_two(make.staff("operator"), one.id, two.id, "same")
    assert await consents.allowing([one.id, two.id], "marketing") == set()
    await merges.undo(make.staff("operator"), merge, "not the same")
    assert await consents.allowing([one.id, two.id], "marketing") == {one.id}


async def test_what_expires_takes_no_newer_answer_of_the_same_person_away(gql):
    one, two = await make.member_actor(), await make.member_actor()
    until = clock.now() + timedelta(days=30)
    await answer(gql, two, "grant", {"purpose": "marketing", "expiresAt": until.isoformat()})
    clock.shift(timedelta(days=10))
    await answer(gql, one, "grant", {"purpose": "marketing"})
    merge = await merges.merge_two(make.staff("operator"), one.id, two.id, "same", one.id)
    clock.shift(timedelta(days=31))
    assert await consents.expire_due() == 0
    assert await consents.allowing([one.id, two.id], "marketing") == {one.id, two.id}
    await merges.undo(make.staff("operator"), merge, "not the same")
    assert await consents.expire_due() == 1
    assert await consents.allowing([one.id, two.id], "marketing") == {one.id}


async def test_car_data_is_shown_as_the_garage_keeps_it_and_answered_only_there(gql):
    actor = await make.member_actor()
    car, other = str(ids.new()), str(ids.new())
    told = consents.Told("2026-1", evidence={"binding": "b1"})

    async def mirror(channel: str, is_given: bool) -> bool:
        return await consents.mirror(actor.id, "vehicle.location", channel, is_given=is_given, told=told)

    assert not await mirror(car, False), "what was never given is no news"
    assert await mirror(car, True)
    assert not await mirror(car, True)
    assert await consents.allows(actor.id, "vehicle.location", car)
    assert not await consents.allows(actor.id, "vehicle.location", other)
    assert not await consents.allows(actor.id, "vehicle.location")
    shown = await gql("{ me { consents { purpose channel state } } }", actor=actor)
    assert shown["me"]["consents"] == [{"purpose": "vehicle.location", "channel": car, "state": "GRANTED"}]
    refused = await answer(gql, actor, "withdraw", {"purpose": "vehicle.location", "channel": car})
    assert refused["__typename"] == "UnknownPurpose"
    assert await mirror(car, False)
    assert not await consents.allows(actor.id, "vehicle.location", car)
    listed = await gql("{ consentPurposes { name isReadOnly } }", actor=actor)
    assert {row["name"] for row in listed["consentPurposes"] if row["isReadOnly"]} == {
        f"vehicle.{name}" for name in ("status", "location", "trips", "diagnostics", "research")
    }
    assert await db.value("SELECT count(*) FROM profile.interaction WHERE kind LIKE 'profile.consent.%'") == 0


async def test_the_summary_counts_each_person_once_under_the_newest_policy(gql):
    async def person(*steps: tuple[str, dict, str]) -> None:
        actor = await make.member_actor()
        for verb, given, version in steps:
            await answer(gql, actor, verb, {"purpose": "marketing", **given}, policyVersion=version)

    await person(("grant", {"choice": "ALLOW_ALL"}, "1"), ("grant", {"choice": "ALLOW_SELECTED"}, "2"))
    await person(("grant", {"choice": "ALLOW_ALL"}, "1"))
    await person(("deny", {"choice": "DENY_ALL"}, "2"))
    await person(("grant", {}, "1"), ("withdraw", {}, "2"))
    await person(("ask", {}, "2"))
    query = """{ consentSummary(purpose: "marketing") {
        policyVersion visitors allowAll allowSelected denied withdrawn expired pending } }"""
    answered = await gql(query, actor=make.staff("analyst"))
    assert [tuple(each.values()) for each in answered["consentSummary"]] == [
        ("2", 4, 0, 1, 1, 1, 0, 1), ("1", 1, 1, 0, 0, 0, 0, 0),
    ]  # fmt: skip


async def test_an_answer_is_never_rewritten(gql):
    actor = await make.member_actor()
    await answer(gql, actor, "grant", {"purpose": "marketing"})
    with pytest.raises(Exception, match="append-only"):
        async with db.transaction():
            await db.run("UPDATE profile.consent_entry SET state = 'DENIED'")


async def test_a_member_answers_only_for_themselves(gql):
    actor, other = await make.member_actor(), await make.member_id()
    body = {"purposes": [{"purpose": "marketing"}], "memberId": str(other)}
    refused = await gql(mutation("grant"), {"input": body}, actor=actor)
    assert refused.codes == ["FORBIDDEN"]
    given = await gql(mutation("grant"), {"input": body}, actor=make.staff("advisor"))
    assert given["grantConsent"]["__typename"] == "GrantConsentSuccess"
    missing = {**body, "memberId": str(ids.new())}
    assert (await gql(mutation("grant"), {"input": missing}, actor=make.staff("advisor"))).codes == [
        "NOT_FOUND"
    ]
