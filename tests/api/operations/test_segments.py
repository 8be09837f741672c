"""Segments through GraphQL."""

from __future__ import annotations

import pytest

from domain import db, wiring
from domain.foundation import ids
from domain.operations import running
from domain.profile import drain
from tests import make
from tests.domain.operations.conftest import did, settle

SAVE = """mutation($input: SaveSegmentInput!) { saveSegment(input: $input) { __typename
    ... on SaveSegmentSuccess { segment { id key state version activeVersion condition size } }
    ... on ConditionInvalid { problems { path message } } ... on InvalidInput { problems { path } }
    ... on KeyTaken { key } ... on VersionConflict { current } ... on IllegalTransition { from to allowed } } }"""
ACTIVATE = """mutation($input: ActivateSegmentInput!) { activateSegment(input: $input) { __typename
    ... on ActivateSegmentSuccess { entered exited segment { id state size activeVersion } }
    ... on IllegalTransition { from to allowed } ... on Refusal { message } } }"""
CONDITION = {"event": {"kind": "posted", "count": {"op": "GTE", "n": 2}, "window": {"last": "P7D"}}}


async def saved(gql, operator, condition=CONDITION, **more):
    given = {"key": f"s-{ids.new()}", "name": "活跃发帖", "condition": condition, **more}
    answer = await gql(SAVE, {"input": given}, actor=operator)
    return answer["saveSegment"]


async def active(gql, operator, condition=CONDITION):
    made = (await saved(gql, operator, condition))["segment"]
    await gql(ACTIVATE, {"input": {"id": made["id"]}}, actor=operator)
    return made["id"]


async def test_a_saved_segment_comes_into_force_with_its_activation(gql):
    operator, member = make.staff("operator"), await make.member_id()
    await did(member, "app.posted")
    await did(member, "app.posted")
    made = await saved(gql, operator)
    assert made["__typename"] == "SaveSegmentSuccess"
    assert (made["segment"]["state"], made["segment"]["activeVersion"], made["segment"]["size"]) == (
        "DRAFT",
        None,
        0,
    )
    assert made["segment"]["condition"]["event"]["kind"] == "app.posted"
    dry = await gql(ACTIVATE, {"input": {"id": made["segment"]["id"], "dryRun": True}}, actor=operator)
    assert (dry["activateSegment"]["entered"], dry["activateSegment"]["segment"]["state"]) == (1, "DRAFT")
    done = await gql(ACTIVATE, {"input": {"id": made["segment"]["id"]}}, actor=operator)
    assert done["activateSegment"]["entered"] == 1
    assert done["activateSegment"]["segment"] == {
        "id": made["segment"]["id"], "state": "ACTIVE", "size": 1, "activeVersion": 1,
    }  # fmt: skip


async def test_the_preview_counts_what_the_activation_will_hold(gql):
    operator, member, other = make.staff("operator"), await make.member_id(), await make.member_id()
    for _ in range(2):
        await did(member, "app.posted")
    await did(other, "app.posted")
    there = await active(gql, operator)
    answer = await gql(
        """query($c: ConditionInput!, $w: [ID!]) { previewSegment(condition: $c, overlapWith: $w, sample: 5) {
            count sample { id } overlap { count segment { id } } } }""",
        {"c": {"event": {"kind": "app.posted"}}, "w": [there]},
        actor=operator,
    )
    found = answer["previewSegment"]
    assert found["count"] == 2
    assert {each["id"] for each in found["sample"]} == {str(member), str(other)}
    assert found["overlap"] == [{"count": 1, "segment": {"id": there}}]


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        ({"event": {"kind": "community.post.nonsense"}}, "event.kind"),
        ({"trait": {"name": "nobody-has-this", "op": "EQ", "value": "x"}}, "trait.name"),
        ({"trait": {"name": "tier", "op": "GT", "value": "gold"}}, "trait.value"),
        ({"trait": {"name": "tier", "op": "WITHIN_LAST", "duration": "7 days"}}, "trait.duration"),
        ({"event": {"kind": "a", "window": {"last": "P1M"}}}, "event.window.last"),
        ({"event": {"kind": "a", "count": {"op": "LT", "n": 0}}}, "event.count"),
        (
            {"event": {"kind": "a", "where": [{"path": "x", "op": "MATCHES", "value": "(a"}]}},
            "event.where.0.value",
        ),
        ({"all": [{"tag": {"key": " "}}]}, "all.0.tag.key"),
        ({"everyone": False}, "everyone"),
        ({"event": {"kind": "operations.segment.entered"}}, "event.kind"),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_its_path_and_stores_nothing(gql, condition, path):
    answer = await saved(gql, make.staff("operator"), condition)
    assert answer["__typename"] == "ConditionInvalid"
    assert [each["path"] for each in answer["problems"]] == [path]
    assert await db.value("SELECT count(*) FROM operations.segment") == 0


async def test_a_bad_preview_names_the_problem(gql):
    query = "query($c: ConditionInput!) { previewSegment(condition: $c) { count } }"
    answer = await gql(query, {"c": {"event": {"kind": "nope.nope"}}}, actor=make.staff("analyst"))
    assert (answer.data, answer.codes) == (None, ["BAD_INPUT"])
    assert [each.path for each in answer.errors[0].original_error.problems] == ["event.kind"]


async def test_two_editors_do_not_overwrite_one_another(gql):
    operator = make.staff("operator")
    made = (await saved(gql, operator))["segment"]
    revised = {"id": made["id"], "key": made["key"], "expectedVersion": 1}
    assert (await saved(gql, operator, **revised))["segment"]["version"] == 2
    assert (await saved(gql, operator, **revised)) == {"__typename": "VersionConflict", "current": 2}
    assert (await saved(gql, operator, key=made["key"])) == {"__typename": "KeyTaken", "key": made["key"]}


async def test_a_new_version_swaps_the_members_when_it_is_activated(gql):
    operator, once, twice = make.staff("operator"), await make.member_id(), await make.member_id()
    for member in (once, twice, twice):
        await did(member, "app.posted")
    there = await active(gql, operator)
    key = await db.value("SELECT key FROM operations.segment WHERE id = $1::text::uuid", there)
    newer = {"event": {"kind": "posted", "count": {"op": "EQ", "n": 1}, "window": {"last": "P7D"}}}
    await saved(gql, operator, newer, id=there, key=key, expectedVersion=1)
    swapped = await gql(ACTIVATE, {"input": {"id": there}}, actor=operator)
    assert {name: swapped["activateSegment"][name] for name in ("entered", "exited")} == {
        "entered": 1,
        "exited": 1,
    }
    again = await gql(ACTIVATE, {"input": {"id": there}}, actor=operator)
    assert again["activateSegment"]["allowed"] == ["PAUSED", "ARCHIVED"]


async def test_a_static_segment_is_filled_by_hand_and_a_dynamic_one_is_not(gql):
    operator, member = make.staff("operator"), await make.member_id()
    fill = """mutation($input: AddToSegmentInput!) { addToSegment(input: $input) { __typename
        ... on AddToSegmentSuccess { added segment { size isMember(memberId: "MEMBER") } }
        ... on SegmentNotStatic { kind } ... on InvalidInput { problems { path } } } }""".replace(
        "MEMBER", str(member)
    )
    empty = """mutation($input: RemoveFromSegmentInput!) { removeFromSegment(input: $input) {
        ... on RemoveFromSegmentSuccess { removed segment { size members { nodes { id } } } } } }"""
    static = (await saved(gql, operator, None, kind="STATIC"))["segment"]
    given = {"input": {"id": static["id"], "memberIds": [str(member)]}}
    assert (await gql(fill, given, actor=operator))["addToSegment"] == {
        "__typename": "AddToSegmentSuccess", "added": 1, "segment": {"size": 1, "isMember": True},
    }  # fmt: skip
    assert (await gql(fill, given, actor=operator))["addToSegment"]["added"] == 0
    assert (await gql(empty, given, actor=operator))["removeFromSegment"] == {
        "removed": 1, "segment": {"size": 0, "members": {"nodes": []}},
    }  # fmt: skip
    dynamic = await active(gql, operator)
    given = {"input": {"id": dynamic, "memberIds": [str(member)]}}
    assert (await gql(fill, given, actor=operator))["addToSegment"] == {
        "__typename": "SegmentNotStatic", "kind": "DYNAMIC",
    }  # fmt: skip
    given = {"input": {"id": static["id"], "memberIds": ["nobody"]}}
    assert (await gql(fill, given, actor=operator))["addToSegment"]["problems"] == [{"path": "memberIds"}]


async def test_the_explanation_names_the_facts_and_the_next_flip(gql):
    operator, member = make.staff("operator"), await make.member_id()
    condition = {"all": [CONDITION, {"not": {"tag": {"key": "vip"}}}]}
    there = await active(gql, operator, condition)
    for _ in range(2):
        await did(member, "app.posted")
    await settle()
    answer = await gql(
        """query($s: ID!, $m: ID!) { explainSegment(segmentId: $s, memberId: $m) {
            isMember nextFlipAt nodes { path kind truth facts nextFlipAt } } }""",
        {"s": there, "m": str(member)},
        actor=operator,
    )
    found = answer["explainSegment"]
    assert found["isMember"] is True and found["nextFlipAt"] is not None
    assert [(node["path"], node["kind"], node["truth"]) for node in found["nodes"]] == [
        ("", "all", True), ("all.0", "event", True), ("all.1", "not", True), ("all.1.not", "tag", False),
    ]  # fmt: skip
    assert found["nodes"][1]["facts"]["count"] == 2
    assert found["nodes"][1]["nextFlipAt"] == found["nextFlipAt"]


async def test_pausing_keeps_the_members_and_archiving_lets_them_leave(gql):
    operator, member = make.staff("operator"), await make.member_id()
    for _ in range(2):
        await did(member, "app.posted")
    there = await active(gql, operator)
    pause = "mutation($i: ID!) { pauseSegment(input: {id: $i}) { ... on PauseSegmentSuccess { segment { state size } } } }"
    archive = "mutation($i: ID!) { archiveSegment(input: {id: $i}) { ... on ArchiveSegmentSuccess { segment { state size } } ... on IllegalTransition { allowed } } }"
    assert (await gql(pause, {"i": there}, actor=operator))["pauseSegment"]["segment"] == {
        "state": "PAUSED",
        "size": 1,
    }
    assert await db.value("SELECT count(*) FROM operations.timer") == 0
    done = await gql(archive, {"i": there}, actor=operator)
    assert done["archiveSegment"]["segment"] == {"state": "ARCHIVED", "size": 0}
    assert (await gql(archive, {"i": there}, actor=operator))["archiveSegment"] == {"allowed": []}


async def test_lists_take_a_fixed_number_of_statements(gql):
    operator, member = make.staff("operator"), await make.member_id()
    lists = """{ segments(first: 50) { nodes { id key size state } }
        segmentChanges(first: 50) { nodes { change at segment { key size } member { id } } }
        operationsHome { pendingCount setAsideCount waitingApprovals overdueTimers segments { key size } } }"""

    async def statements() -> int:
        await running.refresh()
        token = db.recorder.set([])
        try:
            assert not (await gql(lists, actor=operator)).errors
            return len(db.recorder.get() or [])
        finally:
            db.recorder.reset(token)

    await did(member, "app.posted")
    await did(member, "app.posted")
    await active(gql, operator)
    few = await statements()
    for _ in range(5):
        await active(gql, operator)
    assert await statements() == few
    assert few <= 12


async def test_health_is_all_zero_and_sees_a_drift(gql):
    operator, member = make.staff("operator"), await make.member_id()
    there = await active(gql, operator)
    for _ in range(2):
        await did(member, "app.posted")
    await drain.drain_all(wiring.reactions)
    query = (
        "{ operationsHealth { sampledMembers segmentDrift brokenHistories overdueTimers brokenSegments } }"
    )
    well = (await gql(query, actor=operator))["operationsHealth"]
    assert well.pop("sampledMembers") >= 1 and set(well.values()) == {0}
    await db.run("DELETE FROM profile.segment_membership WHERE segment = $1::text::uuid", there)
    ill = (await gql(query, actor=operator))["operationsHealth"]
    assert (ill["segmentDrift"], ill["brokenHistories"]) == (1, 1)


async def test_members_and_visitors_see_nothing_of_it(gql):
    actor = await make.member_actor()
    assert (await gql("{ operationsHome { pendingCount } }", actor=actor)).codes == ["FORBIDDEN"]
    assert (await gql("{ segments { nodes { id } } }")).codes == ["UNAUTHENTICATED"]
    answer = await gql(SAVE, {"input": {"key": "k", "name": "n"}}, actor=make.staff("analyst"))
    assert answer.codes == ["FORBIDDEN"]
