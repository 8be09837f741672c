"""Events through GraphQL: what members and hosts see and do."""

from __future__ import annotations

import asyncio

import pytest

from domain import db
from domain.events import occurrences
from domain.foundation import ids
from tests import make
from tests.domain.events import setting as s

REGISTER = """
mutation ($input: RegisterForEventInput!) { registerForEvent(input: $input) {
  __typename
  ... on Refusal { message }
  ... on RegisterForEventSuccess { registration {
    id state partySize pointsPaid cashDue { minorUnits currency } attendees { number name } history { from to by }
    occurrence { title headcount availability { state available } } tier { name }
  } }
  ... on NotEligible { reasons { code nextStep } }
  ... on EventFull { availability { state available } canJoinWaitlist }
  ... on AlreadyRegistered { registration { id state } }
  ... on InsufficientPoints { balance price missing }
  ... on PriceChanged { now: price { points cash { minorUnits } } }
  ... on PartyTooLarge { max }
  ... on InvalidInput { problems { path } }
} }
"""
LIST = """
query ($first: Int!, $after: String) { occurrences(first: $first, after: $after) {
  nodes { id title tiers { name availability { state available } pools { size taken } price { options { points } } }
    availability { available } headcount myRegistration { state } }
  pageInfo { hasNextPage endCursor } } }
"""


def asked(occurrence, tier, **more) -> dict:
    return {"input": {"occurrenceId": str(occurrence), "tierId": str(tier), **more}}


async def test_a_member_registers_and_pays_with_points(gql) -> None:
    occurrence = await s.published(s.tier(points=40))
    tier = await s.tier_of(occurrence)
    actor = await s.member(100)
    more = {
        "partySize": 2,
        "attendees": [{"name": "林"}],
        "tender": {"priceOptionId": str(tier.options[0].id)},
        "expectedPrice": {"points": "80"},
        "clientMutationId": "once",
    }
    answer = await gql(REGISTER, asked(occurrence, tier.id, **more), actor=actor)
    found = answer["registerForEvent"]["registration"]
    assert found["id"]
    assert found | {"id": ""} == {
        "id": "",
        "state": "CONFIRMED",
        "partySize": 2,
        "pointsPaid": "80",
        "cashDue": {"minorUnits": 0, "currency": "CNY"},
        "attendees": [{"number": 1, "name": "林"}, {"number": 2, "name": None}],
        "history": [{"from": None, "to": "CONFIRMED", "by": "MEMBER"}],
        "occurrence": {
            "title": "Night run",
            "headcount": 2,
            "availability": {"state": "AVAILABLE", "available": 8},
        },
        "tier": {"name": "Standard"},
    }
    again = await gql(REGISTER, asked(occurrence, tier.id, **more), actor=actor)
    assert again["registerForEvent"]["registration"]["id"] == found["id"]
    assert await s.points_of(actor) == 20


async def test_every_refusal_of_registering_is_typed_and_changes_nothing(gql) -> None:
    occurrence = await s.published(s.tier(points=40, max_party=3), s.tier("Full", capacity=0), capacity=9)
    draft = await occurrences.draft(s.operator(), s.draft())
    actor, registered = await s.member(50), await s.member(50)
    tier, full = await s.tier_of(occurrence), await s.tier_of(occurrence, 2)
    first = await s.register(registered, occurrence)
    before = await s.snapshot()

    async def answer(tier_id, who=actor, of=occurrence, **more) -> dict:
        found = (await gql(REGISTER, asked(of, tier_id, **more), actor=who))["registerForEvent"]
        assert found.pop("message")
        return found

    assert await answer(tier.id, partySize=2) == {
        "__typename": "InsufficientPoints", "balance": "50", "price": "80", "missing": "30",
    }  # fmt: skip
    assert await answer(tier.id, partySize=4) == {"__typename": "PartyTooLarge", "max": 3}
    assert await answer(full.id) == {
        "__typename": "EventFull",
        "availability": {"state": "SOLD_OUT", "available": 0},
        "canJoinWaitlist": False,
    }
    assert await answer(tier.id, expectedPrice={"points": "39"}) == {
        "__typename": "PriceChanged",
        "now": {"points": "40", "cash": {"minorUnits": 0}},
    }
    assert await answer(tier.id, who=registered) == {
        "__typename": "AlreadyRegistered",
        "registration": {"id": str(first), "state": "CONFIRMED"},
    }
    assert await answer((await s.tier_of(draft)).id, of=draft) == {
        "__typename": "NotEligible",
        "reasons": [{"code": "NOT_PUBLISHED", "nextStep": "NONE"}],
    }
    assert await answer(tier.id, answers={"shirt": "M"}) == {
        "__typename": "InvalidInput",
        "problems": [{"path": "answers.shirt"}],
    }
    assert (await answer(tier.id, answers=[1]))["__typename"] == "InvalidInput"
    assert (await answer(tier.id, tender={"points": "1.5"}))["__typename"] == "InvalidInput"
    missing = await gql(REGISTER, asked(occurrence, ids.new()), actor=actor)
    assert missing.codes == ["NOT_FOUND"]
    assert (await gql(REGISTER, asked(occurrence, tier.id))).codes == ["UNAUTHENTICATED"]
    assert await s.snapshot() == before


async def test_a_full_event_says_so(gql) -> None:
    occurrence = await s.published(capacity=1)
    tier = await s.tier_of(occurrence)
    await s.register(await s.member(), occurrence)
    answer = await gql(REGISTER, asked(occurrence, tier.id), actor=await s.member())
    assert answer["registerForEvent"]["__typename"] == "EventFull"


async def test_cancelling_with_its_preview(gql) -> None:
    occurrence = await s.published(s.tier(points=101, refund_policy=s.POLICY), hours=30)
    actor = await s.member(101)
    made = await s.register(actor, occurrence)
    seen = await gql(
        """query ($id: ID!) { cancellationPreview(registrationId: $id) {
            isAllowed blockedReason refundPoints refundPercent windows { percent } } }""",
        {"id": str(made)}, actor=actor,
    )  # fmt: skip
    assert seen["cancellationPreview"] == {
        "isAllowed": True, "blockedReason": None, "refundPoints": "45", "refundPercent": 50,
        "windows": [{"percent": 100}, {"percent": 50}],
    }  # fmt: skip
    cancel = """mutation ($id: ID!) { cancelRegistration(input: {registrationId: $id}) {
        ... on CancelRegistrationSuccess { refundPoints registration { state pointsRefunded } }
        ... on CancellationBlocked { reason message } } }"""
    assert (await gql(cancel, {"id": str(made)}, actor=await s.member())).codes == ["NOT_FOUND"]
    done = await gql(cancel, {"id": str(made)}, actor=actor)
    assert done["cancelRegistration"] == {
        "refundPoints": "45", "registration": {"state": "CANCELLED", "pointsRefunded": "45"},
    }  # fmt: skip
    again = await gql(cancel, {"id": str(made)}, actor=actor)
    assert again["cancelRegistration"] == {
        "reason": "ALREADY_CANCELLED", "message": "This registration cannot be cancelled: it is cancelled already.",
    }  # fmt: skip


async def test_a_list_takes_a_fixed_number_of_statements(gql) -> None:
    actor = await s.member()

    async def statements(count: int) -> int:
        seen: list[str] = []
        token = db.recorder.set(seen)
        try:
            answer = await gql(LIST, {"first": count}, actor=actor)
            await asyncio.sleep(0)
        finally:
            db.recorder.reset(token)
        assert len(answer["occurrences"]["nodes"]) == count
        return len(seen)

    for number in range(8):
        occurrence = await s.published(*[s.tier(f"T{each}", capacity=5) for each in range(number % 3 + 1)])
        if number % 2:
            await s.register(actor, occurrence)
    assert await statements(1) == await statements(8) == 5


async def test_occurrences_page_by_their_start(gql) -> None:
    made = [str(await s.published(hours=hours)) for hours in (50, 10, 30)]
    await occurrences.draft(s.operator(), s.draft(hours=20))
    seen, after = [], None
    for _ in range(3):
        page = (await gql(LIST, {"first": 1, "after": after}))["occurrences"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert seen == [made[1], made[2], made[0]]
    assert page["pageInfo"]["hasNextPage"] is False
    staff = (await gql(LIST, {"first": 10}, actor=s.operator()))["occurrences"]["nodes"]
    assert len(staff) == 4


async def test_what_one_may_not_see_is_not_found(gql) -> None:
    draft = await occurrences.draft(s.operator(), s.draft())
    made = await s.register(await s.member(), await s.published())
    stranger = await s.member()
    for field, id_, actor in (
        ("occurrence", draft, stranger),
        ("occurrence", ids.new(), stranger),
        ("registration", made, stranger),
        ("registration", made, make.staff("host", scopes=(f"occurrence:{ids.new()}",))),
        ("node", made, stranger),
        ("node", draft, None),
    ):
        answer = await gql(f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}", {"id": str(id_)}, actor=actor)
        assert answer.codes == ["NOT_FOUND"], field
    seen = await gql(
        "query ($id: ID!) { node(id: $id) { id __typename } }", {"id": str(made)}, actor=s.operator()
    )
    assert seen["node"]["__typename"] == "Registration"


async def test_eligibility_names_every_reason_with_its_next_step(gql) -> None:
    occurrence = await s.published(s.tier(points=40), capacity=0)
    await db.run("UPDATE events.ticket_tier SET sale_starts_at = now() + interval '1 day'")
    tier = await s.tier_of(occurrence)
    answer = await gql(
        """query ($o: ID!, $t: ID!) { eventEligibility(occurrenceId: $o, tierId: $t) {
            isAllowed reasons { code nextStep required actual } } }""",
        {"o": str(occurrence), "t": str(tier.id)}, actor=await s.member(10),
    )  # fmt: skip
    assert answer["eventEligibility"] == {
        "isAllowed": False,
        "reasons": [
            {"code": "SALE_NOT_STARTED", "nextStep": "WAIT_UNTIL", "required": None, "actual": None},
            {"code": "FULL", "nextStep": "JOIN_WAITLIST", "required": "1", "actual": "0"},
            {"code": "INSUFFICIENT_POINTS", "nextStep": "EARN_POINTS", "required": "40", "actual": "10"},
        ],
    }


async def test_a_host_drafts_reviews_and_sees_what_needs_doing(gql) -> None:
    host = make.staff("host")
    drafted = await gql(
        """mutation ($input: DraftOccurrenceInput!) { draftOccurrence(input: $input) {
            __typename ... on DraftOccurrenceSuccess { occurrence { id version state } }
            ... on InvalidInput { problems { path message } } } }""",
        {"input": {
            "title": "咖啡聚会", "kind": "GATHERING", "startsAt": "2040-01-01T02:00:00Z",
            "endsAt": "2040-01-01T04:00:00Z", "capacity": 10, "tiers": [{"name": "免费", "needsApproval": True}],
        }},
        actor=host,
    )  # fmt: skip
    occurrence = drafted["draftOccurrence"]["occurrence"]
    for name in ("submit", "publish"):
        title = f"{name.title()}Occurrence"
        moved = await gql(
            f"""mutation ($input: {title}Input!) {{ {name}Occurrence(input: $input) {{
                __typename ... on {title}Success {{ occurrence {{ version state }} }} }} }}""",
            {"input": {"occurrenceId": occurrence["id"], "expectedVersion": occurrence["version"]}},
            actor=host,
        )  # fmt: skip
        occurrence |= moved[f"{name}Occurrence"]["occurrence"]
    assert occurrence["state"] == "PUBLISHED"
    made = await s.register(await s.member(), ids.UUID(occurrence["id"]))
    home = await gql(
        """{ hostHome { pendingReviewCount pendingReviews { id occurrence { title } }
            nextOccurrences { title headcount pendingReviewCount tiers { pools { pending } } } } }""",
        actor=host,
    )  # fmt: skip
    assert home["hostHome"] == {
        "pendingReviewCount": 1,
        "pendingReviews": [{"id": str(made), "occurrence": {"title": "咖啡聚会"}}],
        "nextOccurrences": [
            {
                "title": "咖啡聚会",
                "headcount": 0,
                "pendingReviewCount": 1,
                "tiers": [{"pools": [{"pending": 1}]}],
            }
        ],
    }
    decided = await gql(
        """mutation ($input: ReviewRegistrationInput!) { reviewRegistration(input: $input) {
            ... on ReviewRegistrationSuccess { registration { state history { from to by } } } } }""",
        {"input": {"registrationId": str(made), "decision": "APPROVE"}}, actor=host,
    )  # fmt: skip
    assert decided["reviewRegistration"]["registration"]["history"][-1] == {
        "from": "PENDING_REVIEW", "to": "CONFIRMED", "by": "STAFF",
    }  # fmt: skip


async def test_a_paid_event_waits_for_a_second_person(gql) -> None:
    occurrence = await occurrences.draft(s.operator(), s.draft(s.tier(points=5)))
    await occurrences.submit(s.operator(), occurrence, expected_version=1)
    answer = await gql(
        """mutation ($input: PublishOccurrenceInput!) { publishOccurrence(input: $input) {
            __typename ... on ApprovalRequired { message approval { state } } } }""",
        {"input": {"occurrenceId": str(occurrence), "expectedVersion": 2}}, actor=make.staff("host"),
    )  # fmt: skip
    assert answer["publishOccurrence"]["__typename"] == "ApprovalRequired"
    assert answer["publishOccurrence"]["approval"]["state"] == "REQUESTED"


async def test_capacity_is_healthy(gql) -> None:
    await s.register(await s.member(), await s.published())
    health = "{ capacityHealth { isHealthy problems { poolId } } }"
    assert (await gql(health, actor=s.operator()))["capacityHealth"] == {"isHealthy": True, "problems": []}
    await db.run("UPDATE capacity.pool SET taken = taken + 1")
    broken = (await gql(health, actor=s.operator()))["capacityHealth"]
    assert broken["isHealthy"] is False
    assert len(broken["problems"]) == 1
    assert (await gql(health, actor=await s.member())).codes == ["FORBIDDEN"]


@pytest.mark.parametrize("name", ["postponeOccurrence", "cancelOccurrence", "resizePool", "reopenPool"])
async def test_members_do_not_run_events(gql, name) -> None:
    title = name[0].upper() + name[1:]
    given = {
        "postponeOccurrence": {"occurrenceId": "1", "startsAt": "2040-01-01T00:00:00Z", "endsAt": "2040-01-02T00:00:00Z"},
        "cancelOccurrence": {"occurrenceId": "1", "reason": "x"},
        "resizePool": {"poolId": "1"},
        "reopenPool": {"poolId": "1"},
    }[name]  # fmt: skip
    answer = await gql(
        f"mutation ($input: {title}Input!) {{ {name}(input: $input) {{ __typename }} }}",
        {"input": given},
        actor=await s.member(),
    )
    assert answer.codes == ["FORBIDDEN"]


@pytest.mark.parametrize(
    ("language", "message"), [("en", "This event was called off."), ("zh-CN", "活动已取消。")]
)
async def test_reasons_speak_the_language_of_the_request(gql, language, message) -> None:
    occurrence = await s.published()
    await occurrences.call_off(s.operator(), occurrence, reason="rain")
    answer = await gql(
        """mutation ($input: RegisterForEventInput!) { registerForEvent(input: $input) {
            ... on NotEligible { reasons { message } } } }""",
        asked(occurrence, (await s.tier_of(occurrence)).id), actor=await s.member(), language=language,
    )  # fmt: skip
    assert answer["registerForEvent"]["reasons"] == [{"message": message}]


@pytest.mark.parametrize(
    "starts_at", ["2040-01-01T02:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "noon"]
)
async def test_times_that_cannot_be_are_refused(gql, starts_at) -> None:
    answer = await gql(
        """mutation ($input: DraftOccurrenceInput!) { draftOccurrence(input: $input) {
            __typename ... on InvalidInput { problems { path } } } }""",
        {"input": {
            "title": "x", "kind": "TRIP", "startsAt": starts_at, "endsAt": "2040-01-02T00:00:00Z",
            "tiers": [{"name": "x"}],
        }},
        actor=s.operator(),
    )  # fmt: skip
    if starts_at == "noon":
        assert answer.codes == ["BAD_INPUT"]
    else:
        assert "startsAt" in [problem["path"] for problem in answer["draftOccurrence"]["problems"]]
