"""The page's acceptance vectors A5 to A9, A11 and A13."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from domain import clock
from domain.community import standings
from domain.foundation import ids
from tests import make
from tests.api.moderation.conftest import DECIDE, FILE

EDIT = """mutation($input: EditPostInput!) { editPost(input: $input) { ... on EditPostSuccess { post { body } } } }"""
MINE = """{ myReports { nodes { id state outcome evidence { body version } reporter { id }
    activities { nodes { kind } } subject { ... on Post { body } } } } }"""
STATUS = "{ accountStatus { trustLevel credit strikes nextStrikeStep { kind missing } sanctions { kind cause until } } }"
MODERATOR = make.staff("moderator")


def step(name: str, facts: str = "") -> str:
    title = name[0].upper() + name[1:]
    return f"""mutation($input: {title}Input!) {{ {name}(input: $input) {{ __typename
        ... on {title}Success {{ report {{ id state activities {{ nodes {{ kind fromState toState }} }} }} }}
        ... on IllegalTransition {{ from to allowed }} ... on AlreadyInState {{ state }} {facts} }} }}"""


async def test_a5_evidence_keeps_the_text_as_it_was(ask, gql, post):
    author, id_ = await post("first words")
    reader = await make.member_actor()
    await ask(reader, FILE, subjectId=id_, category="ABUSE", note="rude")
    await ask(author, EDIT, postId=id_, expectedVersion=1, body="second words")
    (mine,) = (await gql(MINE, actor=reader))["myReports"]["nodes"]
    assert mine["evidence"] == {"body": "first words", "version": 1}
    assert mine["subject"] == {"body": "second words"}
    assert mine["reporter"]["id"] == str(reader.member_id)
    assert mine["activities"]["nodes"] == [], "what moderators do is not for the reporter to read"


async def test_a6_a_decision_without_its_item_or_on_another_version_changes_nothing(ask, gql, post, item):
    _, id_ = await post()
    await ask(await make.member_actor(), FILE, subjectId=id_, category="ABUSE")
    before = await item(id_)
    given = {
        "expectedVersion": 1,
        "verdict": "UPHOLD",
        "policyCode": "ABUSE",
        "actions": [{"kind": "REMOVE"}],
    }
    absent = await gql(DECIDE, {"input": given | {"itemId": str(uuid4())}}, actor=MODERATOR)
    assert absent.codes == ["NOT_FOUND"]
    stranger = make.staff("moderator", scopes=(f"circle:{ids.new()}",))
    hidden = await gql(DECIDE, {"input": given | {"itemId": before["id"]}}, actor=stranger)
    assert hidden.codes == ["NOT_FOUND"]
    wrong = await ask(MODERATOR, DECIDE, **given | {"itemId": before["id"], "expectedVersion": 2})
    assert (wrong["__typename"], wrong["current"]) == ("VersionConflict", 1)
    bare = await ask(MODERATOR, DECIDE, **given | {"itemId": before["id"], "policyCode": None})
    assert bare["__typename"] == "PolicyRequired"
    assert await item(id_) == before


async def test_a7_scores(ask, trusted, post, item):
    _, one = await post("one")
    await ask(await trusted(3), FILE, subjectId=one, category="ABUSE")
    assert (await item(one))["score"] == "4.00"
    _, two = await post("two")
    for level in (1, 2):
        await ask(await trusted(level), FILE, subjectId=two, category="ABUSE")
    found = await item(two)
    assert found["score"] == "5.00"
    done = await ask(
        MODERATOR, DECIDE, itemId=found["id"], expectedVersion=found["version"], verdict="UPHOLD"
    )
    assert (done["item"]["state"], done["item"]["score"]) == ("UPHELD", "5.00")
    await ask(await trusted(3), FILE, subjectId=two, category="ABUSE")
    again = await item(two)
    assert (again["state"], again["score"], again["version"]) == ("PENDING", "9.00", 3)
    _, three = await post("three")
    staff = await ask(MODERATOR, FILE, subjectId=three, category="ABUSE", takeAction=True)
    assert staff["report"]["score"] == "11.00"
    (part,) = (await item(three))["explainScore"]
    assert part == {
        "base": "1", "trust": "5", "accuracy": "0", "categoryBonus": "0", "takeAction": "5", "total": "11.00",
    }  # fmt: skip


async def test_a8_accuracy_in_the_score(ask, trusted, post, item, gql):
    stats = "query($id: ID!) { reporterStats(memberId: $id) { accuracy upheld rejected accountReports contentReports } }"
    for upheld, rejected, accuracy, score in (
        (10, 42, "-10.34", "0.00"),
        (6, 0, "6.46", "9.46"),
        (7, 3, "0.00", "3.00"),
    ):
        reader = await trusted(2)
        await standings.count_reports(reader.member_id, upheld=upheld, rejected=rejected)
        _, id_ = await post(f"{upheld} {rejected}")
        assert (await ask(reader, FILE, subjectId=id_, category="ABUSE"))["report"]["score"] == score
        assert (await item(id_))["explainScore"][0]["accuracy"] == accuracy
        found = (await gql(stats, {"id": str(reader.member_id)}, actor=MODERATOR))["reporterStats"]
        assert (found["accuracy"], found["accountReports"], found["contentReports"]) == (accuracy, 0, 1)


async def test_a9_the_same_again_within_a_day_is_refused(ask, post, item):
    _, id_ = await post()
    reader = await make.member_actor()
    first = await ask(reader, FILE, subjectId=id_, category="SPAM")
    waits = await ask(reader, FILE, subjectId=id_, category="SPAM")
    assert (waits["__typename"], waits["retryAt"], waits["report"]) == (
        "AlreadyReported", None, {"id": first["report"]["id"]},
    )  # fmt: skip
    found = await item(id_)
    await ask(MODERATOR, DECIDE, itemId=found["id"], expectedVersion=1, verdict="IGNORE")
    handled = await ask(reader, FILE, subjectId=id_, category="SPAM")
    assert handled["__typename"] == "AlreadyReported" and handled["retryAt"]
    other = await ask(reader, FILE, subjectId=id_, category="ABUSE")
    assert other["__typename"] == "FileReportSuccess"
    clock.shift(timedelta(hours=24))
    assert (await ask(reader, FILE, subjectId=id_, category="SPAM"))["__typename"] == "FileReportSuccess"


async def test_a11_escalated_reports_are_not_queued(ask, post):
    _, id_ = await post()
    report = (await ask(await make.member_actor(), FILE, subjectId=id_, category="ABUSE"))["report"]["id"]
    await ask(MODERATOR, step("escalateReport"), reportId=report, note="look")
    from domain.community.desk_seed import QUEUE

    refused = await ask(MODERATOR, step("queueReport"), reportId=report, queueId=str(QUEUE))
    assert refused == {
        "__typename": "IllegalTransition", "from": "ESCALATED", "to": "QUEUED", "allowed": ["OPEN", "CLOSED"],
    }  # fmt: skip
    same = await ask(MODERATOR, step("escalateReport"), reportId=report)
    assert same == {"__typename": "AlreadyInState", "state": "ESCALATED"}
    back = await ask(MODERATOR, step("unescalateReport"), reportId=report)
    kinds = [each["kind"] for each in back["report"]["activities"]["nodes"]]
    assert kinds == ["FILED", "ESCALATED", "UNESCALATED"]


async def test_a13_strikes_add_up_and_come_back(ask, gql, post, item):
    author = await make.member_actor()
    events = []
    for number, policy in enumerate(("ABUSE", "ABUSE", "SPAM", "SPAM", "OFF_TOPIC")):
        _, id_ = await post(f"text {number}", author)
        await ask(await make.member_actor(), FILE, subjectId=id_, category="ABUSE")
        found = await item(id_)
        done = await ask(
            MODERATOR, DECIDE, itemId=found["id"], expectedVersion=found["version"], verdict="UPHOLD",
            policyCode=policy, actions=[{"kind": "REMOVE"}],
        )  # fmt: skip
        events.append(done["event"]["id"])
    status = (await gql(STATUS, actor=author))["accountStatus"]
    assert (status["strikes"], status["credit"]) == (5, 93)
    assert status["nextStrikeStep"] == {"kind": "BAN", "missing": 3}
    revert = """mutation($input: RevertModEventInput!) { revertModEvent(input: $input) { __typename
        ... on RevertModEventSuccess { event { kind reverts { id } } effects { kind } skipped { kind } }
        ... on AlreadyReverted { by } } }"""
    done = await ask(MODERATOR, revert, eventId=events[0], reason="a mistake")
    assert done["event"] == {"kind": "REVERT", "reverts": {"id": events[0]}} and done["skipped"] == []
    assert [each["kind"] for each in done["effects"]] == ["ITEM", "REPORT", "STRIKE", "REMOVED"]
    status = (await gql(STATUS, actor=author))["accountStatus"]
    assert (status["strikes"], status["credit"]) == (3, 95)
    again = await ask(MODERATOR, revert, eventId=events[0], reason="again")
    assert again["__typename"] == "AlreadyReverted"
