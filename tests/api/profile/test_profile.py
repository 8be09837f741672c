"""The profile through GraphQL."""

from __future__ import annotations

from domain import db, wiring
from domain.foundation import ids
from domain.profile import drain, identities, interactions, kinds, tags
from domain.profile.identities import Named
from tests import make

RECORD = """mutation($input: RecordInteractionsInput!) { recordInteractions(input: $input) {
    __typename ... on RecordInteractionsSuccess { accepted duplicates deadLettered }
    ... on InvalidInput { message problems { path message } } } }"""
TAG = """mutation($input: AssignTagInput!) { assignTag(input: $input) {
    __typename ... on AssignTagSuccess { assigned } ... on InvalidInput { problems { path } } } }"""


async def test_a_visitor_is_nobody(gql):
    assert (await gql("{ me { id } }"))["me"] is None


async def test_a_member_sees_their_own_timeline_but_not_what_only_staff_see(gql):
    actor = await make.member_actor()
    await interactions.record(actor, kinds.SESSION_STARTED, None, once="s")
    await interactions.record(actor, kinds.TAG_ASSIGNED, None, once="t")
    answer = await gql("{ myTimeline { nodes { kind title member { id } } } }", actor=actor)
    assert answer["myTimeline"]["nodes"] == [
        {"kind": "profile.session.started", "title": "Signed in", "member": {"id": str(actor.id)}}
    ]


async def test_a_member_may_not_read_others(gql):
    actor, other = await make.member_actor(), await make.member_id()
    answer = await gql("query($id: ID!) { member(id: $id) { id } }", {"id": str(other)}, actor=actor)
    assert (answer.codes, answer.data["member"]) == (["FORBIDDEN"], None)
    answer = await gql("query($id: ID!) { node(id: $id) { __typename } }", {"id": str(other)}, actor=actor)
    assert answer["node"] == {"__typename": "CommunityMember"}  # what everybody may see of them


async def test_an_absent_member_and_a_text_that_is_no_id_answer_alike(gql):
    analyst = make.staff("analyst")
    for missing in (str(ids.new()), "no-such-id"):
        answer = await gql("query($id: ID!) { member(id: $id) { id } }", {"id": missing}, actor=analyst)
        assert answer.codes == ["NOT_FOUND"]


async def test_reported_interactions_are_stored_once_and_bad_ones_lose_no_others(gql):
    source = make.source()
    items = [
        {"kind": "Opened", "messageId": "m1", "identities": [{"type": "user_id", "value": "u1"}]},
        {"kind": "Opened", "messageId": "m2", "identities": [{"type": "user_id", "value": "null"}]},
        {"kind": "profile.member.joined", "messageId": "m3", "identities": [{"type": "user_id", "value": "u1"}]},
        {"kind": "Opened", "messageId": "m4", "occurredAt": "1999-01-01T00:00:00Z",
         "identities": [{"type": "user_id", "value": "u1"}]},
    ]  # fmt: skip
    first = await gql(RECORD, {"input": {"items": items}}, actor=source)
    assert first["recordInteractions"] == {
        "__typename": "RecordInteractionsSuccess", "accepted": 1, "duplicates": 0, "deadLettered": 3,
    }  # fmt: skip
    again = await gql(RECORD, {"input": {"items": items[:1]}}, actor=source)
    assert again["recordInteractions"]["duplicates"] == 1
    reasons = await db.fetch("SELECT reason FROM profile.dead_letter ORDER BY reason")
    assert [row["reason"] for row in reasons] == ["impossible_time", "no_identity", "reserved_kind"]


async def test_the_same_message_id_with_another_body_is_a_conflict(gql):
    source = make.source()
    item = {"kind": "Opened", "messageId": "m1", "identities": [{"type": "user_id", "value": "u1"}]}
    await gql(RECORD, {"input": {"items": [item]}}, actor=source)
    other = await gql(RECORD, {"input": {"items": [{**item, "kind": "Closed"}]}}, actor=source)
    assert other["recordInteractions"]["deadLettered"] == 1
    assert await db.value("SELECT reason FROM profile.dead_letter") == "duplicate_conflict"


async def test_the_same_client_mutation_id_answers_the_first_result_again(gql):
    actor = make.staff("operator")
    member = await make.member_id()
    body = {"subjectKind": "MEMBER", "subjectIds": [str(member)], "key": "vip", "clientMutationId": "once"}
    first = await gql(TAG, {"input": body}, actor=actor)
    again = await gql(TAG, {"input": body}, actor=actor)
    assert first["assignTag"] == again["assignTag"] == {"__typename": "AssignTagSuccess", "assigned": 1}
    other = await gql(TAG, {"input": {**body, "key": "other"}}, actor=actor)
    assert other.codes == ["IDEMPOTENCY_MISMATCH"]
    assert await db.value("SELECT count(*) FROM profile.tag_assignment") == 1


async def test_a_refused_mutation_keeps_no_outcome_and_changes_nothing(gql):
    actor = make.staff("operator")
    body = {"subjectKind": "MEMBER", "subjectIds": [str(ids.new())], "key": "vip", "clientMutationId": "once"}
    answer = await gql(TAG, {"input": body}, actor=actor)
    assert answer["assignTag"] == {"__typename": "InvalidInput", "problems": [{"path": "subjectIds"}]}
    assert await db.value("SELECT count(*) FROM foundation.idempotency_key") == 0
    assert await db.value("SELECT count(*) FROM profile.interaction") == 0


async def test_control_characters_are_refused_with_their_path(gql):
    body = {"subjectKind": "MEMBER", "subjectIds": [], "key": "v\x00ip"}
    answer = await gql(TAG, {"input": body}, actor=make.staff("operator"))
    assert answer["assignTag"]["problems"] == [{"path": "key"}]


async def test_the_portrait_says_on_which_channels_a_person_can_be_reached(gql):
    wiring.start()
    member = await make.member_id()
    await identities.attach(
        member, [Named(5, "email", "li@example.com"), Named(6, "wechat_openid:app1", "o1")]
    )
    query = "query($id: ID!) { portrait(memberId: $id) { parts } }"
    found = await gql(query, {"id": str(member)}, actor=make.staff("analyst"))
    assert found["portrait"]["parts"]["reachability"] == {
        "INBOX": True, "PUSH": False, "SMS": False, "WECHAT": True, "EMAIL": True,
    }  # fmt: skip


async def test_the_portrait_takes_a_fixed_number_of_statements(gql):
    analyst = make.staff("analyst")
    query = "query($id: ID!) { portrait(memberId: $id) { member { id } latest { id } tags { key } } }"

    async def statements(facts: int) -> int:
        actor = await make.member_actor()
        for number in range(facts):
            await interactions.record(actor, kinds.SESSION_STARTED, None, once=f"{actor.id}{number}")
        await drain.drain_all([])
        seen: list[str] = []
        token = db.recorder.set(seen)
        try:
            (await gql(query, {"id": str(actor.id)}, actor=analyst))["portrait"]
        finally:
            db.recorder.reset(token)
        return len(seen)

    await statements(1)  # what a process reads once
    assert await statements(1) == await statements(15) <= 21


async def test_an_older_trait_arrives_later_and_does_not_replace_the_newer(gql):
    actor = await make.member_actor()
    put = """mutation($input: SetTraitsInput!) { setTraits(input: $input) {
        ... on SetTraitsSuccess { member { root { id } traits { name value } identities { isBlocked } } }
        ... on InvalidInput { problems { path } } } }"""
    for city, at in (("Hefei", "2025-05-01T12:00:00Z"), ("Wuhan", "2025-05-01T11:00:00Z")):
        answer = await gql(put, {"input": {"traits": {"city": city}, "occurredAt": at}}, actor=actor)
        assert answer["setTraits"]["member"]["traits"] == [{"name": "city", "value": "Hefei"}]
        assert answer["setTraits"]["member"]["root"] == {"id": str(actor.member_id)}
    late = await gql(
        put, {"input": {"traits": {"city": "X"}, "occurredAt": "2125-01-01T00:00:00Z"}}, actor=actor
    )
    assert late["setTraits"] == {"problems": [{"path": "occurredAt"}]}


async def test_the_profile_tells_whether_the_audit_log_is_whole(gql):
    asked = "query { profileHealth { brokenRoots auditChainOk } deadLetters { nodes { source { name } } } }"
    answer = await gql(asked, actor=make.staff("admin"))
    assert answer["profileHealth"] == {"brokenRoots": 0, "auditChainOk": True}


UNTAG = """mutation($input: RemoveTagInput!) { removeTag(input: $input) { __typename
    ... on RemoveTagSuccess { removed } ... on TagManagedByRule { ruleId } } }"""


async def test_tagging_can_be_rehearsed(gql):
    operator = make.staff("operator")
    one, two = await make.member_id(), await make.member_id()
    body = {"subjectKind": "MEMBER", "subjectIds": [str(one), str(two)], "key": "vip"}
    await gql(TAG, {"input": {**body, "subjectIds": [str(one)]}}, actor=operator)

    async def state() -> list[int]:
        return [
            await db.value("SELECT count(*) FROM profile.tag_assignment WHERE valid_to IS NULL"),
            await db.value("SELECT count(*) FROM profile.interaction"),
        ]

    before = await state()
    dry = await gql(TAG, {"input": {**body, "dryRun": True}}, actor=operator)
    assert (dry["assignTag"]["assigned"], await state()) == (1, before)
    dry = await gql(UNTAG, {"input": {**body, "dryRun": True}}, actor=operator)
    assert (dry["removeTag"]["removed"], await state()) == (1, before)
    assert (await gql(TAG, {"input": body}, actor=operator))["assignTag"]["assigned"] == 1
    assert (await gql(UNTAG, {"input": body}, actor=operator))["removeTag"]["removed"] == 2


async def test_a_tag_of_a_rule_is_neither_assigned_nor_removed_by_hand(gql):
    operator, member, rule = make.staff("operator"), await make.member_id(), ids.new()
    await tags.put_by_rule(member, "vip", "", rule_version=rule, holds=True, cause=None, evidence={})
    body = {"subjectKind": "MEMBER", "subjectIds": [str(member)], "key": "vip"}
    both = TAG.replace("... on Inv", "... on TagManagedByRule { ruleId } ... on Inv")
    for operation, name in ((both, "assignTag"), (UNTAG, "removeTag")):
        answer = await gql(operation, {"input": body}, actor=operator)
        assert answer[name] == {"__typename": "TagManagedByRule", "ruleId": str(rule)}
    assert await db.value("SELECT valid_to FROM profile.tag_assignment") is None
    assert await db.value("SELECT count(*) FROM profile.interaction") == 0
