"""The list of members, and what hangs on each of them, in a fixed number of statements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain import clock, db
from domain.foundation import ids
from domain.profile import memberships, merges, relations, resolution, tags, traits
from domain.profile.relations import RelationTarget
from domain.profile.tags import TagSubject
from tests import make

LIST = """query($filter: MemberFilter, $orderBy: MemberOrder! = NEWEST, $first: Int! = 20, $after: String) {
    members(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
        nodes { id } pageInfo { hasNextPage endCursor } } }"""
EVERYTHING = """query($then: DateTime!) { members { nodes {
    id root { id } identities { type isBlocked } traits { name } tags { key } stages { stage } consents { purpose }
    segments { segment { key } } relations { role } aggregates(kinds: ["profile.session.started"]) { count }
    at(time: $then) { root { id } traits { name } tags { key } segments { sinceAt } stages { stage } } } } }"""
DAY = timedelta(days=1)
BEGAN = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def usual_clock():
    yield
    clock.shift(timedelta(0))


@pytest.fixture
def analyst():
    return make.staff("analyst")


@pytest.fixture
async def four():
    """Four members and a visitor: Anna, anton, Bo, and nameless ones; each seen and joined on days of their own."""
    named = {}
    for number, (name, joined) in enumerate((("Anna", 4), ("anton", 1), ("Bo", 3), (None, 2))):
        named[name] = await make.member_id(
            display_name=name,
            number=f"N{number}",
            joined_at=BEGAN + joined * DAY,
            seen_at=BEGAN + number * DAY,
        )
    named["visitor"] = await make.member_id(kind="VISITOR", display_name=None, seen_at=BEGAN + 9 * DAY)
    return named


async def found(gql, actor, **variables) -> list[str]:
    answer = await gql(LIST, variables, actor=actor)
    return [node["id"] for node in answer["members"]["nodes"]]


def ids_of(named, *names) -> list[str]:
    return [str(named[name]) for name in names]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("NEWEST", ("visitor", None, "Bo", "anton", "Anna")),
        ("LAST_SEEN", ("Anna", "visitor", None, "Bo", "anton")),
        ("LAST_JOINED", ("Anna", "Bo", None, "anton", "visitor")),
        ("NAME", (None, "visitor", "Anna", "anton", "Bo")),
    ],
)
async def test_members_in_each_order_page_by_page(gql, analyst, four, order, names):
    await db.run("UPDATE profile.member SET last_seen_at = $2 WHERE id = $1", four["Anna"], BEGAN + 30 * DAY)
    assert await found(gql, analyst, orderBy=order) == ids_of(four, *names)
    seen, after = [], None
    for _ in range(5):
        page = (await gql(LIST, {"orderBy": order, "first": 1, "after": after}, actor=analyst))["members"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasNextPage"] == (len(seen) < 5)
    assert seen == ids_of(four, *names)


async def test_a_cursor_of_another_order_is_refused(gql, analyst, four):
    page = (await gql(LIST, {"orderBy": "NAME", "first": 1}, actor=analyst))["members"]
    answer = await gql(LIST, {"after": page["pageInfo"]["endCursor"]}, actor=analyst)
    assert answer.codes == ["BAD_INPUT"]


async def test_a_merged_member_counts_once_and_with_what_both_did(gql, analyst, four):
    await db.run("UPDATE profile.member SET last_seen_at = $2 WHERE id = $1", four["Bo"], BEGAN + 30 * DAY)
    await merges.merge_two(make.staff("operator"), four["Anna"], four["Bo"], "one person", four["Anna"])
    assert await found(gql, analyst, orderBy="LAST_SEEN") == ids_of(four, "Anna", "visitor", None, "anton")
    assert await found(gql, analyst, orderBy="NEWEST") == ids_of(four, "visitor", None, "anton", "Anna")
    since = (BEGAN + 20 * DAY).isoformat()
    for order in ("LAST_SEEN", "NAME"):
        filtered = await found(gql, analyst, filter={"lastSeenSince": since}, orderBy=order)
        assert filtered == ids_of(four, "Anna")


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"kind": "VISITOR"}, ["visitor"]),
        ({"kind": "MEMBER", "namePrefix": "AN"}, ["anton", "Anna"]),
        ({"namePrefix": "b"}, ["Bo"]),
        ({"number": "N2"}, ["Bo"]),
        ({"status": "SUSPENDED"}, ["Bo"]),
        ({"joinedSince": "2025-03-03T00:00:00Z", "joinedUntil": "2025-03-05T00:00:00Z"}, [None, "Bo"]),
        ({"lastSeenSince": "2025-03-03T00:00:00Z", "lastSeenUntil": "2025-03-05T00:00:00Z"}, [None, "Bo"]),
        ({"tag": {"key": "vip"}}, ["Bo", "Anna"]),
        ({"tag": {"key": "vip", "value": "gold"}}, ["Anna"]),
        ({"trait": {"name": "city", "value": "Hefei"}}, ["Bo"]),
        ({"trait": {"name": "cars", "value": 2}}, ["Anna"]),
        ({"trait": {"name": "city", "value": "Wuhan"}}, []),
        ({"kind": "MEMBER", "tag": {"key": "vip"}, "namePrefix": "b"}, ["Bo"]),
    ],
)  # fmt: skip
async def test_members_by_filter(gql, analyst, four, given, names):
    operator = make.staff("operator")
    await db.run("UPDATE profile.member SET status = 'SUSPENDED' WHERE id = $1", four["Bo"])
    await tags.assign(operator, TagSubject.MEMBER, [four["Anna"]], "vip", "gold")
    await tags.assign(operator, TagSubject.MEMBER, [four["Bo"]], "vip", "silver")
    await tags.assign(operator, TagSubject.MEMBER, [four["anton"]], "vip", valid_to=clock.now() + DAY)
    await traits.put(four["Bo"], {"city": "Wuhan"}, at=BEGAN)
    await traits.put(four["Bo"], {"city": "Hefei"}, at=BEGAN + DAY)
    await traits.put(four["Anna"], {"cars": 2}, at=BEGAN)
    clock.shift(2 * DAY)
    expected = [str(four[name]) for name in names]
    assert sorted(await found(gql, analyst, filter=given)) == sorted(expected)


async def test_the_members_of_a_segment_and_of_a_value_that_stands_after_a_merge(gql, analyst, four):
    segment = await make_segment()
    await memberships.open(segment, 1, [(four["Bo"], BEGAN)], "hand")
    await traits.put(four["Bo"], {"city": "Hefei"}, at=BEGAN)
    await traits.put(four["Anna"], {"city": "Wuhan"}, at=BEGAN + DAY)
    await merges.merge_two(make.staff("operator"), four["Anna"], four["Bo"], "one person", four["Anna"])
    assert await found(gql, analyst, filter={"segmentId": str(segment)}) == ids_of(four, "Anna")
    wuhan, hefei = ({"trait": {"name": "city", "value": city}} for city in ("Wuhan", "Hefei"))
    assert (await found(gql, analyst, filter=wuhan), await found(gql, analyst, filter=hefei)) == (
        ids_of(four, "Anna"), [],
    )  # fmt: skip


async def test_what_hangs_on_members_is_read_in_a_fixed_number_of_statements(gql, analyst):
    async def statements() -> int:
        seen: list[str] = []
        token = db.recorder.set(seen)
        try:
            (await gql(EVERYTHING, {"then": clock.now().isoformat()}, actor=analyst))["members"]
        finally:
            db.recorder.reset(token)
        return len(seen)

    await make.member_id()
    await statements()  # what a process reads once
    few = await statements()
    for _ in range(7):
        member = await make.member_id()
        await traits.put(member, {"city": "Hefei"}, at=BEGAN)
        await memberships.enter_stage("PURCHASE", "lead", 1, [(member, BEGAN)], "hand")
    assert await statements() == few <= 20


async def test_tags_of_the_person_the_car_and_the_store(gql, analyst):
    member, operator = await make.member_id(), make.staff("operator")
    car, store, other = ids.new(), ids.new(), ids.new()
    await relations.open(member, RelationTarget.VEHICLE, car, "OWNER")
    await relations.open(member, RelationTarget.STORE, store, "HOME_STORE")
    for kind, subject in (("MEMBER", member), ("VEHICLE", car), ("STORE", store), ("VEHICLE", other)):
        await tags.assign(operator, TagSubject(kind), [subject], f"of-{kind}", reason="seen")
    asked = """query($id: ID!, $then: DateTime!) { member(id: $id) { all: tags { subjectKind subjectId key origin }
        car: tags(subject: VEHICLE) { key } at(time: $then) { tags { key } } } }"""
    later = clock.now() + timedelta(minutes=1)
    answer = (await gql(asked, {"id": str(member), "then": later.isoformat()}, actor=analyst))["member"]
    assert answer["all"] == [
        {"subjectKind": kind, "subjectId": str(subject), "key": f"of-{kind}", "origin": "MANUAL"}
        for kind, subject in (("MEMBER", member), ("STORE", store), ("VEHICLE", car))
    ]
    assert answer["car"] == [{"key": "of-VEHICLE"}]
    assert sorted(tag["key"] for tag in answer["at"]["tags"]) == ["of-MEMBER", "of-STORE", "of-VEHICLE"]


STAGES = """query($id: ID!, $then: DateTime!) { member(id: $id) { stages { dimension stage sinceAt }
    at(time: $then) { stages { dimension stage } } } }"""


async def test_a_person_is_in_one_stage_of_each_dimension(gql, analyst):
    member = await make.member_id()
    for dimension, stage, day in (("PURCHASE", "lead", 1), ("PURCHASE", "lead", 2), ("MEMBERSHIP", "new", 2),
                                  ("PURCHASE", "test_drive", 5)):  # fmt: skip
        await memberships.enter_stage(dimension, stage, 1, [(member, BEGAN + day * DAY)], "hand")
    then = (BEGAN + 3 * DAY).isoformat()
    answer = (await gql(STAGES, {"id": str(member), "then": then}, actor=analyst))["member"]
    assert answer == {
        "stages": [
            {"dimension": "MEMBERSHIP", "stage": "new", "sinceAt": "2025-03-03T00:00:00+00:00"},
            {"dimension": "PURCHASE", "stage": "test_drive", "sinceAt": "2025-03-06T00:00:00+00:00"},
        ],
        "at": {
            "stages": [
                {"dimension": "MEMBERSHIP", "stage": "new"},
                {"dimension": "PURCHASE", "stage": "lead"},
            ]
        },
    }


async def test_after_a_merge_the_roots_own_stage_stands_and_the_undo_restores_both(gql, analyst):
    one, two = await make.member_id(), await make.member_id()
    await memberships.enter_stage("PURCHASE", "lead", 1, [(one, BEGAN)], "hand")
    await memberships.enter_stage("PURCHASE", "owner", 1, [(two, BEGAN + DAY)], "hand")
    await memberships.enter_stage("MEMBERSHIP", "new", 1, [(two, BEGAN)], "hand")
    operator = make.staff("operator")

    async def stages(member) -> list[str]:
        answer = await gql(STAGES, {"id": str(member), "then": BEGAN.isoformat()}, actor=analyst)
        return [each["stage"] for each in answer["member"]["stages"]]

    merge = await merges.merge_two(operator, one, two, "one person", one)
    assert await stages(two) == ["new", "lead"]
    await merges.undo(operator, merge, "two after all")
    assert (await stages(one), await stages(two)) == (["lead"], ["new", "owner"])


async def test_members_do_not_see_segments_and_advisors_do_not_see_which(gql):
    actor, segment = await make.member_actor(), await make_segment()
    await memberships.open(segment, 1, [(actor.id, BEGAN)], "hand")
    assert (await gql("{ me { segments { sinceAt } } }", actor=actor))["me"]["segments"] == []
    asked = "query($id: ID!) { member(id: $id) { segments { sinceAt segment { key } } } }"
    for role, shown in (("analyst", {"key": "lost"}), ("advisor", None)):
        answer = await gql(asked, {"id": str(actor.id)}, actor=make.staff(role))
        assert answer["member"]["segments"] == [{"sinceAt": "2025-03-01T00:00:00+00:00", "segment": shown}]


async def test_the_origin_of_an_interaction_is_the_member_it_was_written_with(gql, analyst):
    one = await make.member_id()
    visitor = (await resolution.resolve([("anonymous_id", "a1", False)])).member
    await tags.assign(make.staff("operator"), TagSubject.MEMBER, [visitor], "vip")
    await merges.merge_two(make.staff("operator"), one, visitor, "one person", one)
    asked = """query($id: ID!) { timeline(memberId: $id, filter: { kindPrefix: "profile.tag" }) { nodes {
        class member { id status } originMember { id status root { id } } } } }"""
    answer = await gql(asked, {"id": str(one)}, actor=analyst)
    assert answer["timeline"]["nodes"] == [
        {
            "class": "CAUSED",
            "member": {"id": str(one), "status": "ACTIVE"},
            "originMember": {"id": str(visitor), "status": "MERGED", "root": {"id": str(one)}},
        }
    ]


async def make_segment():
    segment = ids.new()
    await db.run(
        """INSERT INTO operations.segment (id, key, name, kind, state, version, active_version, saved_at)
        VALUES ($1, 'lost', 'Lost customers', 'STATIC', 'ACTIVE', 1, 1, $2)""",
        segment, BEGAN,
    )  # fmt: skip
    return segment
