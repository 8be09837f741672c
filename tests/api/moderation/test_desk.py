"""The desk through GraphQL: home, lists, one item with everything, sanctions with signatures, what nobody may read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import clock, db, wiring
from domain.community import sanctions
from domain.community.desk import reports, routing
from domain.community.desk_seed import QUEUE
from domain.community.desk_tables import ReportCategory
from domain.community.tables import CircleKind
from tests import make
from tests.api.moderation.conftest import DECIDE, FILE, ITEMS

MODERATOR = make.staff("moderator")
HOME = """{ moderationHome { pending overdue forced claimedByMe escalatedReports assignedToMe
    queues { pending overdue claimed highestScore queue { name claim } } } }"""
CLAIM_NEXT = """mutation($input: ClaimNextReviewItemInput!) { claimNextReviewItem(input: $input) { __typename
    ... on ClaimNextReviewItemSuccess { item { id version claimedUntil claimedBy { name } } } } }"""
WHOLE = """query($id: ID!) { reviewItem(id: $id) {
    id version state score causes isAppealed dueAt queue { name }
    subject { __typename ... on Post { id body author { name } } }
    explainScore { total report { id } }
    reports { id category note score state reporter { name } evidence { body } assignee { name } queue { name }
        subject { __typename } activities { nodes { kind by { name } } } }
    similarItems { id } timeline { nodes { kind source note by { name } } }
    availableActions { kind effects { kind subject { __typename } } } activeSanctions { kind } } }"""
SANCTION = """mutation($input: SanctionMemberInput!) { sanctionMember(input: $input) { __typename
    ... on SanctionMemberSuccess { sanction { id kind until } event { id } effects { kind } }
    ... on ApprovalRequired { approval { id action } } ... on SanctionExists { until }
    ... on InvalidInput { problems { path } } } }"""
APPROVE = """mutation($input: DecideApprovalInput!) { decideApproval(input: $input) { __typename
    ... on DecideApprovalSuccess { approval { state outcome } } ... on Refusal { message } } }"""


async def test_home_claim_look_decide_with_two_actions_and_undo(ask, gql, post, trusted):
    _, one = await post("one")
    author, two = await post("two")
    await ask(await trusted(1), FILE, subjectId=one, category="ABUSE")
    await ask(await trusted(3), FILE, subjectId=two, category="ABUSE", note="rude")
    await routing.route()
    home = (await gql(HOME, actor=MODERATOR))["moderationHome"]
    assert (home["pending"], home["overdue"], home["claimedByMe"]) == (2, 0, 0)
    assert [(q["pending"], q["highestScore"], q["queue"] and q["queue"]["name"]) for q in home["queues"]] == [
        (2, "4.00", "审核"), (0, None, None),
    ]  # fmt: skip
    claimed = (await ask(MODERATOR, CLAIM_NEXT, queueId=str(QUEUE)))["item"]
    whole = (await gql(WHOLE, {"id": claimed["id"]}, actor=MODERATOR))["reviewItem"]
    assert whole["subject"]["id"] == two and whole["score"] == "4.00"
    (report,) = whole["reports"]
    assert (report["note"], report["reporter"], report["evidence"]) == ("rude", None, {"body": "two"})
    assert [each["kind"] for each in report["activities"]["nodes"]] == ["FILED", "ROUTED"]
    kinds = {each["kind"]: [e["kind"] for e in each["effects"]] for each in whole["availableActions"]}
    assert kinds == {
        "REMOVE": ["REMOVED"], "HIDE": ["HIDDEN"], "LOCK": ["LOCKED"], "MASK": [], "WARN": ["SANCTION"],
        "SANCTION": [], "REMOVE_ALL": ["REMOVED"], "HAND_TO_SERVICE": [], "MARK_AI": ["AI"],
    }  # fmt: skip
    until = (clock.now() + timedelta(days=7)).isoformat()
    given = {
        "itemId": claimed["id"], "expectedVersion": claimed["version"], "verdict": "UPHOLD", "policyCode": "ABUSE",
        "actions": [{"kind": "REMOVE"}, {"kind": "SANCTION", "sanction": {"kind": "MUTE", "until": until}}],
        "messageToAuthor": "Please be kind.",
    }  # fmt: skip
    dry = await ask(MODERATOR, DECIDE, **given, dryRun=True)
    done = await ask(MODERATOR, DECIDE, **given)
    assert dry["effects"] == done["effects"] and dry["event"] is None
    assert [(e["action"], e["kind"]) for e in done["effects"]] == [
        ("REMOVE", "REMOVED"), ("SANCTION", "SANCTION"), (None, "STRIKE"), (None, "REPORT"), (None, "ITEM"),
    ]  # fmt: skip
    assert done["event"]["children"] == [
        {"kind": "REMOVE", "policy": "ABUSE"}, {"kind": "SANCTION", "policy": "ABUSE"},
    ]  # fmt: skip
    assert done["remainingCount"] == 1 and done["nextItem"] is not None
    assert [each.kind for each in await sanctions.active(author.member_id)] == ["MUTE"]
    late = await ask(MODERATOR, DECIDE, **given)
    assert (late["__typename"], late["state"]) == ("AlreadyHandled", "UPHELD")
    clock.shift(timedelta(minutes=1_441))
    assert (await gql(HOME, actor=MODERATOR))["moderationHome"]["overdue"] == 1


async def test_one_item_costs_the_same_whoever_reported(gql, post, trusted):
    """Reports, activities, reporters and scores are read for all of them at once."""
    reader = make.staff("moderator", scopes=("reports:identity",))
    counts = []
    for number in (1, 20):
        _, id_ = await post(f"reported {number} times")
        for _ in range(number):
            person = await make.member_actor()
            await reports.file(person, id_, ReportCategory.OFF_TOPIC)
            await db.run("UPDATE community.review_item SET force_review = false")
            await db.run("UPDATE community.post SET hidden_by = NULL")
        item = await db.value("SELECT id FROM community.review_item WHERE subject = $1", id_)
        seen: list[str] = []
        token = db.recorder.set(seen)
        try:
            whole = (await gql(WHOLE, {"id": str(item)}, actor=reader))["reviewItem"]
        finally:
            db.recorder.reset(token)
        assert len(whole["reports"]) == len(whole["explainScore"]) == number
        assert all(each["reporter"]["name"] for each in whole["reports"])
        counts.append(len([sql for sql in seen if "sanction" not in sql.lower()]))
    assert counts[0] == counts[1], counts


async def test_items_are_filtered_ordered_and_counted(ask, gql, post, trusted):
    authors = []
    for number, (level, category) in enumerate(((0, "SPAM"), (2, "ABUSE"), (1, "FRAUD"))):
        author, id_ = await post(f"text {number}")
        authors.append((author, id_))
        await ask(await trusted(level), FILE, subjectId=id_, category=category)

    async def ids(order="SCORE", **wanted):
        found = (await gql(ITEMS, {"filter": wanted, "order": order}, actor=MODERATOR))["reviewItems"]
        assert found["totalCount"] == len(found["nodes"])
        return [[id_ for _, id_ in authors].index(each["subject"]["id"]) for each in found["nodes"]]

    assert await ids() == [2, 1, 0]  # FRAUD adds 5
    assert await ids("NEWEST") == [2, 1, 0] and await ids("OLDEST") == [0, 1, 2]
    assert await ids(categories=["ABUSE", "SPAM"]) == [1, 0]
    assert await ids(minScore="3.00") == [2, 1]
    assert await ids(authorId=str(authors[0][0].member_id)) == [0]
    assert await ids(kinds=["COMMENT"]) == await ids(overdue=True) == await ids(states=["UPHELD"]) == []
    assert await ids(claimedByMe=True) == []
    await ask(MODERATOR, CLAIM_NEXT)
    assert await ids(claimedByMe=True) == [2]
    page = (await gql(ITEMS, {"first": 2}, actor=MODERATOR))["reviewItems"]
    rest = (await gql(ITEMS, {"first": 2, "after": page["pageInfo"]["endCursor"]}, actor=MODERATOR))[
        "reviewItems"
    ]
    assert (page["totalCount"], len(page["nodes"]), len(rest["nodes"])) == (3, 2, 1)
    due = (await gql(ITEMS, {"order": "DUE", "first": 2}, actor=MODERATOR))["reviewItems"]
    rest = {"order": "DUE", "first": 2, "after": due["pageInfo"]["endCursor"]}
    assert len((await gql(ITEMS, rest, actor=MODERATOR))["reviewItems"]["nodes"]) == 1
    wanted = {"filter": {"reporterId": str(authors[0][0].member_id)}}
    assert (await gql(ITEMS, wanted, actor=MODERATOR)).codes == ["NOT_FOUND"], (
        "who reported is not theirs to ask"
    )


async def test_moderators_of_one_circle_see_that_circle_only(ask, gql, post):
    from domain.community import circles, posts
    from domain.community.tables import PostKind

    circle = await circles.create(make.staff("admin"), slug="one", name="One", kind=CircleKind.CLUB)
    inside = await posts.publish(await make.member_actor(), kind=PostKind.MOMENT, body="in", circle_id=circle)
    _, outside = await post("out")
    reader = await make.member_actor()
    for id_ in (str(inside), outside):
        await ask(reader, FILE, subjectId=id_, category="ABUSE")
    theirs = make.staff("moderator", scopes=(f"circle:{circle}",))
    nodes = (await gql(ITEMS, actor=theirs))["reviewItems"]["nodes"]
    assert [each["subject"]["id"] for each in nodes] == [str(inside)]
    everything = (await gql(ITEMS, actor=MODERATOR))["reviewItems"]
    other = next(each["id"] for each in everything["nodes"] if each["subject"]["id"] == outside)
    absent = await gql(WHOLE, {"id": "00000000-0000-7000-8000-000000000000"}, actor=theirs)
    hidden = await gql(WHOLE, {"id": other}, actor=theirs)
    assert absent.codes == hidden.codes == ["NOT_FOUND"]
    assert str(absent.errors[0].message) == str(hidden.errors[0].message)
    assert (await gql(HOME, actor=theirs))["moderationHome"]["pending"] == 1
    assert (await gql(HOME, actor=await make.member_actor()))["moderationHome"]["pending"] == 0


async def test_shadow_needs_two_others_and_is_never_told(ask, gql):
    ring, maker = await make.member_actor(), make.staff("moderator", "approver")
    one, two = make.staff("approver"), make.staff("approver")
    await _appoint(maker, "moderator", "approver")
    given = {"memberId": str(ring.member_id), "kind": "SHADOW", "reason": "a ring of twenty"}
    for until in (None, clock.now() + timedelta(days=15)):
        refused = await ask(maker, SANCTION, **given, until=until and until.isoformat())
        assert refused["problems"] == [{"path": "until"}]
    until = (clock.now() + timedelta(days=14)).isoformat()
    first = await ask(maker, SANCTION, **given, until=until)
    assert (first["__typename"], first["approval"]["action"]) == (
        "ApprovalRequired",
        "community.sanction.shadow",
    )
    signed = await ask(one, APPROVE, approvalId=first["approval"]["id"], decision="APPROVE")
    second = signed["approval"]["outcome"]["approval"]
    assert await sanctions.active(ring.member_id) == []
    same = await ask(one, APPROVE, approvalId=second, decision="APPROVE")
    assert same["__typename"] == "CommandRefused", same
    done = await ask(two, APPROVE, approvalId=second, decision="APPROVE")
    assert done["approval"]["state"] == "APPROVED"
    assert [each.kind for each in await sanctions.active(ring.member_id)] == ["SHADOW"]
    status = (await gql("{ accountStatus { sanctions { kind } } }", actor=ring))["accountStatus"]
    assert status["sanctions"] == []
    assert await db.value("SELECT count(*) FROM messaging.message WHERE member = $1", ring.member_id) == 0


async def test_pins_features_lookup_and_the_log(ask, gql, post):
    from domain.community import circles, posts
    from domain.community.tables import PostKind

    circle = await circles.create(make.staff("admin"), slug="pins", name="Pins", kind=CircleKind.CLUB)
    author = await make.member_actor()
    made = [
        str(await posts.publish(author, kind=PostKind.MOMENT, body=f"post {n}", circle_id=circle))
        for n in range(4)
    ]
    pin = """mutation($input: PinPostInput!) { pinPost(input: $input) { __typename
        ... on PinPostSuccess { post { id pinnedUntil isFeatured } } ... on PinLimitReached { max }
        ... on AlreadyInState { state } } }"""
    feature = """mutation($input: FeaturePostInput!) { featurePost(input: $input) { __typename
        ... on FeaturePostSuccess { post { isFeatured } } ... on AlreadyInState { state } } }"""
    for id_ in made[:3]:
        assert (await ask(MODERATOR, pin, targetId=id_))["post"]["pinnedUntil"]
    assert (await ask(MODERATOR, pin, targetId=made[3])) == {"__typename": "PinLimitReached", "max": 3}
    assert (await ask(MODERATOR, pin, targetId=made[0], isOn=False))["post"]["pinnedUntil"] is None
    assert (await ask(MODERATOR, pin, targetId=made[3]))["post"]["isFeatured"] is False
    assert (await ask(MODERATOR, feature, targetId=made[3]))["post"]["isFeatured"] is True
    assert (await ask(MODERATOR, feature, targetId=made[3]))["state"] == "FEATURED"

    look = "query($a: String!) { lookup(anything: $a) { kind id record { id } } }"
    found = (await gql(look, {"a": f"https://app.example/posts/{made[3]}?x=1"}, actor=MODERATOR))["lookup"]
    assert [(each["kind"], each["record"]["id"]) for each in found] == [("POST", made[3])]
    assert (await gql(look, {"a": "pins"}, actor=MODERATOR))["lookup"][0]["kind"] == "CIRCLE"
    person = (await gql(look, {"a": str(author.member_id)}, actor=MODERATOR))["lookup"]
    assert [each["kind"] for each in person] == ["MEMBER"]

    log = """query($filter: ModEventFilter, $first: Int! = 20, $after: String) {
        modEvents(filter: $filter, first: $first, after: $after) { nodes { id kind actorKind effects { kind before after }
            subject { __typename } } pageInfo { hasNextPage endCursor } } }"""
    page = (await gql(log, {"first": 2}, actor=MODERATOR))["modEvents"]
    assert [each["kind"] for each in page["nodes"]] == ["FEATURE", "PIN"] and page["pageInfo"]["hasNextPage"]
    wanted = {"filter": {"kinds": ["UNPIN"], "subjectId": made[0]}}
    (unpinned,) = (await gql(log, wanted, actor=MODERATOR))["modEvents"]["nodes"]
    revert = """mutation($input: RevertModEventInput!) { revertModEvent(input: $input) { __typename
        ... on RevertModEventSuccess { skipped { kind } } } }"""
    assert (await ask(MODERATOR, revert, eventId=unpinned["id"], reason="back"))["skipped"] == []
    assert await db.value("SELECT pinned_by IS NOT NULL FROM community.post_mark WHERE post = $1", made[0])


async def test_people_who_are_reported_often(ask, gql, post, trusted):
    author, one = await post("one")
    _, two = await post("two", author)
    for id_ in (one, two, str(author.member_id)):
        await ask(await trusted(1), FILE, subjectId=id_, category="ABUSE")
    query = """query($least: Int!, $since: DateTime!) { reportedMembers(minReports: $least, since: $since) {
        member { id } reportCount reporterCount pendingCount strikes } }"""
    since = (clock.now() - timedelta(days=1)).isoformat()
    (found,) = (await gql(query, {"least": 3, "since": since}, actor=MODERATOR))["reportedMembers"]
    assert found == {
        "member": {"id": str(author.member_id)}, "reportCount": 3, "reporterCount": 3, "pendingCount": 3, "strikes": 0,
    }  # fmt: skip
    assert (await gql(query, {"least": 4, "since": since}, actor=MODERATOR))["reportedMembers"] == []


@pytest.fixture(autouse=True)
async def brand(rollback):
    await wiring.seed_brand()


async def _appoint(actor, *roles: str) -> None:
    """The maker of an approval has an account, so that the command can run as him."""
    await db.run(
        "INSERT INTO access.staff (id, name, created_at) VALUES ($1, 'Maker', $2)", actor.id, clock.now()
    )
    for role in roles:
        await db.run(
            """INSERT INTO access.staff_role (id, staff, role, scope, granted_at)
            VALUES (gen_random_uuid(), $1, $2, '', $3)""",
            actor.id, role, clock.now(),
        )  # fmt: skip
