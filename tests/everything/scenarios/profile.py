"""The profile: what is known of a member, ties, standing, and who is who."""

from __future__ import annotations

from uuid import UUID

from domain import clock, db
from domain.access import sources, step_up
from domain.access.sources import Trust
from domain.foundation import ids
from domain.profile import deadletters, erasure, merges, relations, resolution, standing, tags
from domain.profile.deadletters import Letter
from tests import make
from tests.everything.scenarios import CONFIGURES, Call, changes_nobody, leaves
from tests.everything.scenarios.people import ADMIN, OPERATOR, signed_in, without_a_second_person

WHY = "asked on the phone"


@leaves("setTraits")
async def staff_note_where_a_member_lives() -> Call:
    one = await make.member_id()
    return Call(OPERATOR, {"memberId": str(one), "traits": {"city": "Shanghai"}}, {one: "profile.traits.set"})


@changes_nobody("defineTrait", CONFIGURES)
async def a_trait_is_defined() -> Call:
    return Call(ADMIN, {"name": "favourite_colour", "kind": "DECLARED", "valueType": "TEXT"})


@changes_nobody("defineIdentityType", CONFIGURES)
async def a_type_of_identity_is_defined() -> Call:
    return Call(ADMIN, {"name": "loyalty_card", "priority": 9, "limitCount": 1})


@changes_nobody("saveIdentityPolicy", CONFIGURES)
async def values_are_blocked() -> Call:
    return Call(ADMIN, {"expectedVersion": 1, "blockedValues": ["13911112222"]})


@leaves("assignTag")
async def a_member_is_tagged() -> Call:
    one = await make.member_id()
    return Call(OPERATOR, _tag(one), {one: "profile.tag.assigned"})


@leaves("removeTag")
async def a_member_loses_a_tag() -> Call:
    one = await make.member_id()
    await tags.assign(OPERATOR, tags.TagSubject.MEMBER, [one], "vip")
    return Call(OPERATOR, _tag(one), {one: "profile.tag.removed"})


def _tag(member: UUID) -> dict[str, object]:
    return {"subjectKind": "MEMBER", "subjectIds": [str(member)], "key": "vip"}


@leaves("askConsent")
async def a_member_is_asked() -> Call:
    return await _answering("asked")


@leaves("grantConsent")
async def a_member_agrees() -> Call:
    return await _answering("granted")


@leaves("denyConsent")
async def a_member_refuses() -> Call:
    return await _answering("denied")


@leaves("withdrawConsent")
async def a_member_takes_a_consent_back() -> Call:
    return await _answering("withdrawn")


async def _answering(kind: str) -> Call:
    one = await make.member_id()
    given = {"purposes": [{"purpose": "marketing"}], "memberId": str(one)}
    return Call(OPERATOR, given, {one: f"profile.consent.{kind}"})


@changes_nobody("saveConsentPurpose", CONFIGURES)
async def a_purpose_is_declared() -> Call:
    return Call(ADMIN, {"name": "surveys", "zh": "问卷", "en": "Surveys"})


@leaves("relate")
async def a_store_becomes_a_members_own() -> Call:
    one = await make.member_id()
    given = {
        "memberId": str(one),
        "targetKind": "STORE",
        "targetId": str(ids.new()),
        "role": "HOME_STORE",
    }
    return Call(OPERATOR, given, {one: "profile.relation.opened"})


@leaves("endRelation")
async def a_tie_ends() -> Call:
    one = await make.member_id()
    tie = await relations.relate(OPERATOR, one, "STORE", ids.new(), "HOME_STORE")
    return Call(OPERATOR, {"relationId": str(tie)}, {one: "profile.relation.ended"})


@leaves("suspendMember")
async def a_member_is_suspended() -> Call:
    one = await make.member_id()
    return Call(OPERATOR, {"memberId": str(one), "reason": WHY}, {one: "profile.member.suspended"})


@leaves("restoreMember")
async def a_suspended_member_is_restored() -> Call:
    one = await make.member_id()
    await standing.suspend(OPERATOR, one, WHY)
    return Call(OPERATOR, {"memberId": str(one), "reason": WHY}, {one: "profile.member.restored"})


@leaves("revealPersonalData")
async def an_operator_looks_at_a_phone() -> Call:
    one = await make.member_id()
    given = {"memberId": str(one), "reason": WHY, "fields": ["phone"]}
    return Call(OPERATOR, given, {one: "profile.personal_data.revealed"})


@leaves("mergeMembers")
async def a_visitor_turns_out_to_be_a_member() -> Call:
    one, visitor = await make.member_id(), await _visitor()
    given = {"memberIds": [str(one), str(visitor)], "reason": "seen together"}
    return Call(OPERATOR, given, {one: "profile.member.merged"})


@leaves("undoMerge")
async def two_members_are_parted_again() -> Call:
    one, visitor = await make.member_id(), await _visitor()
    merge = await merges.merge_two(OPERATOR, one, visitor, "seen together")
    return Call(
        OPERATOR,
        {"mergeId": str(merge), "reason": "somebody else"},
        {one: "profile.member.parted", visitor: "profile.member.parted"},
    )


async def _visitor() -> UUID:
    return (await resolution.resolve([("anonymous_id", str(ids.new()), False)])).member


@leaves("detachIdentity")
async def an_address_was_a_typing_error() -> Call:
    known = await resolution.resolve([("user_id", "known", False), ("email", "li@example.com", False)])
    given = {"type": "email", "value": "li@example.com", "reason": "a typing error"}
    return Call(OPERATOR, given, {known.member: "profile.identity.unlinked"})


@leaves("exportMyData")
async def a_member_asks_for_the_data() -> Call:
    me = await signed_in()
    return Call(me, {}, {me.member_id: "profile.export.requested"})


@leaves("eraseMe")
async def a_member_asks_to_be_forgotten() -> Call:
    me = await signed_in()
    await step_up.keep_proof(me, step_up.PIN)
    return Call(me, {}, {me.member_id: "profile.erasure.requested"})


@leaves("cancelErasure")
async def a_member_stays_after_all() -> Call:
    me = await signed_in()
    await step_up.keep_proof(me, step_up.PIN)
    await erasure.request(me, None)
    return Call(me, {}, {me.member_id: "profile.erasure.cancelled"})


@leaves("eraseMember")
async def staff_erase_a_member() -> Call:
    one = await make.member_id()
    await without_a_second_person(erasure.ERASE_MEMBER)
    return Call(OPERATOR, {"memberId": str(one), "reason": WHY}, {one: "profile.erasure.requested"})


@changes_nobody("publishTrackingPlan", CONFIGURES)
async def a_tracking_plan_is_published() -> Call:
    source, _ = await sources.register(ADMIN, "shop", "SERVER", Trust.SERVER)
    planned = {"event": "Opened", "schema": {"type": "object"}}
    return Call(ADMIN, {"sourceId": str(source.id), "events": [planned], "expectedVersion": 0})


@leaves("recordInteractions")
async def an_app_reports_what_its_member_did() -> Call:
    me = await make.member_actor()
    return Call(me, {"items": [{"kind": "opened", "messageId": "m1"}]}, {me.member_id: "app.opened"})


@leaves("replayDeadLetters")
async def an_event_is_taken_after_all() -> Call:
    one = await make.member_id()
    await _refused(await db.value("SELECT value_norm FROM profile.identity WHERE member = $1", one))
    return Call(OPERATOR, {}, {one: "app.Opened"})


@changes_nobody(
    "discardDeadLetters", "What is given up never happened to anybody.", touches="profile.dead_letter"
)
async def events_are_given_up() -> Call:
    await _refused("null")
    return Call(OPERATOR, {"filter": {}, "reason": "a test of the shop"})


async def _refused(user: str) -> None:
    """An event that a shop sent of this user stands as a dead letter."""
    source, _ = await sources.register(ADMIN, "shop", "SERVER", Trust.SERVER)
    body = {"type": "track", "event": "Opened", "userId": user, "messageId": "m1"}
    letter = Letter("m1", "hash", body, "no_identity", door="segment/track", sent_at=clock.now())
    await deadletters.add(source.id, [letter], clock.now())
