"""The inbox, preferences, devices and messages over GraphQL."""

from __future__ import annotations

from domain import db
from domain.foundation import ids
from domain.messaging import delivery, notices
from domain.messaging.types import NoticeType
from tests import make

INBOX = """query($filter: InboxFilter, $first: Int! = 20, $after: String) {
  myInbox(filter: $filter, first: $first, after: $after) {
    nodes { id type title body actorCount actors { displayName } targetKind readAt } pageInfo { hasNextPage endCursor }
  }
  myUnreadCount
}"""
READ = """mutation($input: MarkInboxReadInput!) { markInboxRead(input: $input) {
  ... on MarkInboxReadSuccess { readCount unreadCount } } }"""
CHOOSE = """mutation($input: SetMessagePreferencesInput!) { setMessagePreferences(input: $input) {
  __typename ... on SetMessagePreferencesSuccess { preferences { type channel isOn isMandatory } }
  ... on MandatoryChannel { type channel message } } }"""
QUIET = """mutation($input: SetMyQuietHoursInput!) { setMyQuietHours(input: $input) {
  __typename ... on SetMyQuietHoursSuccess { quietHours { starts ends isOwn } }
  ... on InvalidInput { problems { path } } } }"""
REGISTER = """mutation($input: RegisterPushTokenInput!) { registerPushToken(input: $input) {
  ... on RegisterPushTokenSuccess { pushToken { id platform } } } }"""
DROP = """mutation($input: DropPushTokenInput!) { dropPushToken(input: $input) {
  ... on DropPushTokenSuccess { wasRegistered } } }"""
MESSAGES = """query($filter: MessageFilter) { messages(filter: $filter) {
  nodes { type channel state skipReason category tag member { id } } } }"""
SAVE = """mutation($input: SaveMessageTemplateInput!) { saveMessageTemplate(input: $input) {
  __typename ... on SaveMessageTemplateSuccess { template { version title } }
  ... on InvalidInput { problems { path message } } ... on VersionConflict { current } } }"""


async def liked(me, name="Anna", post=None):
    fan, post = await make.member_id(display_name=name), post or ids.new()
    await notices.send(me.member_id, NoticeType.REACTION, ("POST", post), actor=fan, once=fan)
    while await delivery.deliver_due():
        pass
    return fan


async def test_a_member_reads_his_inbox(gql):
    me = await make.member_actor()
    post = ids.new()
    await liked(me, "Anna", post)
    await liked(me, "Ben", post)
    answer = await gql(INBOX, actor=me)
    (item,) = answer["myInbox"]["nodes"]
    assert (item["type"], item["actorCount"], item["targetKind"], item["readAt"]) == (
        "REACTION",
        2,
        "POST",
        None,
    )
    assert [each["displayName"] for each in item["actors"]] == ["Ben", "Anna"]
    assert item["body"] == "Ben and others liked you (2 in all)"
    assert answer["myUnreadCount"] == 1
    assert (await gql(READ, {"input": {"ids": [item["id"]]}}, actor=me))["markInboxRead"] == {
        "readCount": 1,
        "unreadCount": 0,
    }
    assert (await gql(INBOX, {"filter": {"isUnread": True}}, actor=me))["myInbox"]["nodes"] == []


async def test_another_members_items_are_neither_seen_nor_marked(gql):
    me, other = await make.member_actor(), await make.member_actor()
    await liked(me)
    item = await db.value("SELECT id FROM messaging.inbox_item")
    assert (await gql(READ, {"input": {"ids": [str(item)]}}, actor=other))["markInboxRead"]["readCount"] == 0
    assert (await gql("query($id: ID!) { node(id: $id) { id } }", {"id": str(item)}, actor=other)).codes == [
        "NOT_FOUND"
    ]
    assert (await gql(INBOX, actor=me))["myUnreadCount"] == 1


async def test_the_inbox_is_read_page_by_page_in_a_fixed_number_of_statements(gql):
    me = await make.member_actor()
    for _ in range(5):
        await liked(me)

    async def statements(first):
        seen: list[str] = []
        token = db.recorder.set(seen)
        answer = await gql(INBOX, {"first": first}, actor=me)
        db.recorder.reset(token)
        return len(seen), answer["myInbox"]

    few, page = await statements(2)
    many, _ = await statements(5)
    assert few == many
    assert page["pageInfo"]["hasNextPage"]
    rest = await gql(INBOX, {"first": 20, "after": page["pageInfo"]["endCursor"]}, actor=me)
    assert len(rest["myInbox"]["nodes"]) == 3


async def test_preferences_are_set_and_mandatory_ones_refused(gql):
    me = await make.member_actor()
    off = {"type": "REPLY", "channel": "PUSH", "isOn": False}
    answer = (await gql(CHOOSE, {"input": {"preferences": [off]}}, actor=me))["setMessagePreferences"]
    assert {**off, "isMandatory": False} in answer["preferences"]
    refused = {"type": "MODERATION", "channel": "INBOX", "isOn": False}
    answer = (await gql(CHOOSE, {"input": {"preferences": [refused]}}, actor=me))["setMessagePreferences"]
    assert (answer["__typename"], answer["type"]) == ("MandatoryChannel", "MODERATION")
    assert await db.value("SELECT count(*) FROM messaging.preference") == 1


async def test_quiet_hours_are_set_or_refused(gql):
    me = await make.member_actor()
    answer = await gql(QUIET, {"input": {"starts": "21:30", "ends": "07:00"}}, actor=me)
    assert answer["setMyQuietHours"]["quietHours"] == {"starts": "21:30", "ends": "07:00", "isOwn": True}
    answer = await gql(QUIET, {"input": {"starts": "21:30", "ends": "25:00"}}, actor=me)
    assert answer["setMyQuietHours"]["problems"] == [{"path": "ends"}]


async def test_devices_are_registered_and_dropped(gql):
    me = await make.member_actor()
    answer = await gql(REGISTER, {"input": {"token": "t1", "platform": "HARMONY"}}, actor=me)
    assert answer["registerPushToken"]["pushToken"]["platform"] == "HARMONY"
    for was_registered in (True, False):
        answer = await gql(DROP, {"input": {"token": "t1"}}, actor=me)
        assert answer["dropPushToken"] == {"wasRegistered": was_registered}


async def test_staff_see_what_was_sent_and_why_not(gql):
    me = await make.member_actor()
    await liked(me)
    answer = await gql(
        MESSAGES,
        {"filter": {"memberId": str(me.member_id), "states": ["SKIPPED"]}},
        actor=make.staff("operator"),
    )
    assert answer["messages"]["nodes"] == [
        {
            "type": "REACTION", "channel": "PUSH", "state": "SKIPPED", "skipReason": "NOT_REACHABLE",
            "category": "SERVICE", "tag": "social", "member": {"id": str(me.member_id)},
        }
    ]  # fmt: skip
    assert (await gql(MESSAGES, actor=me)).codes == ["FORBIDDEN"]


async def test_words_are_revised_with_known_variables_only(gql):
    staff, me = make.staff("operator"), await make.member_actor()
    words = {
        "type": "REACTION",
        "language": "en",
        "title": "Liked",
        "body": "{{ actor | One }} did",
        "expectedVersion": 0,
    }
    bad = await gql(SAVE, {"input": {**words, "body": "{{ phone }}"}}, actor=staff)
    assert bad["saveMessageTemplate"]["problems"][0]["path"] == "body"
    saved = await gql(SAVE, {"input": words}, actor=staff)
    assert saved["saveMessageTemplate"]["template"] == {"version": 1, "title": "Liked"}
    again = await gql(SAVE, {"input": words}, actor=staff)
    assert again["saveMessageTemplate"] == {"__typename": "VersionConflict", "current": 1}
    await liked(me, "Anna")
    assert (await gql(INBOX, actor=me))["myInbox"]["nodes"][0]["body"] == "Anna did"


async def test_a_subscription_hands_out_what_arrives():
    from api.messaging.queries import MessagingSubscription
    from api.streams import follow
    from domain.messaging import inbox

    assert MessagingSubscription is not None
    me = await make.member_actor()
    await liked(me)
    stream = follow(lambda at: inbox.since(me.member_id, at))
    started = stream.__anext__()
    import asyncio

    waiting = asyncio.ensure_future(started)
    await asyncio.sleep(0.3)
    post = ids.new()
    await liked(me, "Ben", post)
    row = await asyncio.wait_for(waiting, 10)
    assert row["item"]["target_id"] == str(post)
    await stream.aclose()
