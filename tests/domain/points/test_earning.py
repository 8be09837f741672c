"""From an interaction through the drain and the rule to the ledger."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain import clock, db
from domain.actor import SYSTEM
from domain.errors import InvalidInput
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.points import balances, community_rule, earn_rules, earning, health, ledger, rule_changes
from domain.points.errors import InsufficientPoints
from domain.profile import catalogue, drain, interactions
from domain.profile.catalogue import Kind
from tests import make

PUBLISHED = catalogue.find("community.post.published") or Kind("community.post.published", "", "")
REACTED = catalogue.find("community.reaction.set") or Kind("community.reaction.set", "", "")
UNSET = catalogue.find("community.reaction.unset") or Kind("community.reaction.unset", "", "")
REMOVED = catalogue.find("community.post.removed") or Kind("community.post.removed", "", "")
RESTORED = catalogue.find("community.post.restored") or Kind("community.post.restored", "", "")
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)  # in Shanghai


@pytest.fixture(autouse=True)
async def healthy():
    yield
    assert [c for c in await health.check() if not c.holds] == []


async def settled() -> None:
    while await drain.drain_all([earning.REACTION]) + await earning.judge_due():
        pass


async def posted(member: UUID, at: datetime = NOON, **more) -> UUID:
    return await interactions.record(
        SYSTEM, PUBLISHED, ("POST", ids.new()), once=ids.new(), member=member, at=at, kind="POST", **more
    )


async def liked(
    author: UUID | str | None, by: UUID | None, at: datetime = NOON, kind: str = "LIKE", **more
) -> UUID:
    return await interactions.record(
        SYSTEM,
        REACTED,
        ("REACTION", ids.new()),
        once=ids.new(),
        member=by,
        at=at,
        kind=kind,
        author=author,
        **more,
    )


async def compensated(fact: UUID, member: UUID, kind: Kind = REMOVED) -> UUID:
    return await interactions.record(
        SYSTEM, kind, ("POST", fact), once=ids.new(), member=member, compensates=fact
    )


async def points(member: UUID) -> int:
    await settled()
    return (await balances.of_wallet(member, "POINTS")).net


async def rule(**said) -> UUID:
    said = {
        "code": f"rule-{ids.new()}", "kinds": ["community.post.published"],
        "effects": [{"fixed": {"wallet": "POINTS", "points": 10}}], "zone": "UTC", **said,
    }  # fmt: skip
    made = await earn_rules.draft(SYSTEM, said, title="A rule")
    await earn_rules.submit(SYSTEM, made.id)
    await earn_rules.put_in_force(made.id, community_rule.SINCE)
    return made.id


def cap(**said) -> dict:
    return {"per": "MEMBER", "window": "DAY", "measure": "POINTS", "limit": 25, "on_excess": "CUT", "mode": "GROSS",
            "group": None, **said}  # fmt: skip


async def test_a_post_and_a_like_received_earn() -> None:
    await community_rule.publish()
    author, reader = await make.member_id(), await make.member_id()
    await posted(author)
    await liked(str(author), reader)
    await liked(str(author), author)
    await liked(str(author), None)
    await liked(None, reader)
    await liked(str(author), reader, kind="DISLIKE")
    assert await points(author) == 16
    assert await points(reader) == 0
    rows = await db.fetch(
        "SELECT outcome, count(*) FROM points.earn_decision GROUP BY outcome ORDER BY outcome"
    )
    assert [tuple(row) for row in rows] == [("AWARDED", 4), ("REFUSED", 1)]


async def test_an_external_id_names_the_beneficiary_too() -> None:
    await community_rule.publish()
    author = await make.member_id()
    name = await db.value("SELECT value_norm FROM profile.identity WHERE member = $1", author)
    await liked(name, None)
    assert await points(author) == 2


@pytest.mark.parametrize("seed", range(3))
async def test_a_net_cap_does_not_depend_on_the_order(seed: int) -> None:
    """NET 200 a UTC day: 21 x +10 and 3 x -2 in any order > 200; then 2 x -2 > 200; then 2 x -2 > 196."""
    net = cap(limit=200, mode="NET", group="reputation")
    await rule(caps=[net])
    down = {"kinds": ["community.reaction.set"], "effects": [{"deduct": {"wallet": "POINTS", "points": 2}}]}
    await rule(caps=[net], beneficiary={"property": "author"}, **down)
    author = await make.member_id()
    facts = [posted] * 21 + [liked] * 3
    random.Random(seed).shuffle(facts)
    for fact in facts:
        await (posted(author) if fact is posted else liked(str(author), None))
    assert await points(author) == 200
    for expected in (200, 196):
        for _ in range(2):
            await liked(str(author), None)
        assert await points(author) == expected


async def test_each_day_of_the_rule_s_zone_has_its_own_cap() -> None:
    await rule(caps=[cap()], zone="Asia/Shanghai")
    author = await make.member_id()
    midnight = datetime(2026, 3, 1, 16, tzinfo=UTC)
    for minutes in (-3, -2, -1, 0, 1):
        await posted(author, midnight + timedelta(minutes=minutes))
    assert await points(author) == 25 + 20
    rows = await db.fetch("SELECT outcome, granted FROM points.earn_decision ORDER BY occurred_at")
    assert [(row["outcome"], row["granted"]) for row in rows][1:3] == [
        ("AWARDED", {"POINTS": 10}),
        ("CUT", {"POINTS": 5}),
    ]


async def test_refusing_the_excess_grants_nothing_of_it() -> None:
    await rule(caps=[cap(on_excess="REFUSE")])
    author = await make.member_id()
    for _ in range(3):
        await posted(author)
    assert await points(author) == 20


async def test_a_cap_on_times() -> None:
    await rule(caps=[cap(measure="TIMES", limit=2, window="EVER")])
    author = await make.member_id()
    for _ in range(4):
        await posted(author)
    assert await points(author) == 20
    assert (
        await db.value(
            'SELECT count(*) FROM points.earn_decision WHERE reasons @> \'[{"code": "CAP_REACHED"}]\''
        )
        == 2
    )


async def test_removed_is_taken_back_once_and_restored_given_again_once() -> None:
    await community_rule.publish()
    author = await make.member_id()
    fact = await posted(author)
    await posted(author)
    assert await points(author) == 20
    removal = await compensated(fact, author)
    await compensated(fact, author)
    assert await points(author) == 10
    await compensated(removal, author, RESTORED)
    assert await points(author) == 10  # the other removal still counts
    other = await db.value(
        "SELECT id FROM profile.interaction WHERE compensates = $1 AND id <> $2", fact, removal
    )
    await compensated(other, author, RESTORED)
    assert await points(author) == 20
    assert (await balances.of_wallet(author, "POINTS")).lifetime_earned == 20


async def test_a_reversal_under_a_gross_cap_gives_no_room_back() -> None:
    await rule(caps=[cap()])
    author = await make.member_id()
    facts = [await posted(author) for _ in range(3)]
    assert await points(author) == 25
    removal = await compensated(facts[0], author)
    assert await points(author) == 15
    await posted(author)
    assert await points(author) == 15
    await compensated(removal, author, RESTORED)
    assert await points(author) == 25


async def test_a_like_taken_back_is_taken_back_from_the_author() -> None:
    await community_rule.publish()
    author, reader = await make.member_id(), await make.member_id()
    first = await liked(str(author), reader)
    await compensated(first, reader, UNSET)
    await liked(str(author), reader)
    assert await points(author) == 2


async def test_facts_that_skip_the_rules_earn_nothing() -> None:
    await community_rule.publish()
    author = await make.member_id()
    await posted(author, flags=["historical", "no_rules"])
    assert await points(author) == 0
    await posted(author, flags=["historical"])
    assert await points(author) == 10


async def test_the_version_in_force_at_the_time_of_the_fact_decides() -> None:
    first = await rule()
    said = (await earn_rules.one(first)).definition
    other = {**said, "effects": [{"fixed": {"wallet": "POINTS", "points": 7}}]}
    second = await earn_rules.revise(SYSTEM, (await earn_rules.one(first)).rule, 1, other, title="Less")
    await earn_rules.submit(SYSTEM, second.id)
    await earn_rules.put_in_force(second.id, NOON)
    author = await make.member_id()
    await posted(author, NOON - timedelta(seconds=1))
    await posted(author, NOON)
    assert await points(author) == 17


async def test_a_version_from_the_first_day_takes_the_place_of_what_was_wrong_since() -> None:
    first = await rule()
    found = await earn_rules.one(first)
    other = {**found.definition, "effects": [{"fixed": {"wallet": "POINTS", "points": 7}}]}
    second = await earn_rules.revise(SYSTEM, found.rule, 1, other, title="Less")
    await earn_rules.submit(SYSTEM, second.id)
    await earn_rules.put_in_force(second.id, found.effective_from)
    gone = await earn_rules.one(first)
    assert (gone.state, gone.effective_to) == ("RETIRED", gone.effective_from)
    author = await make.member_id()
    await posted(author, NOON)
    assert await points(author) == 7
    told = await rule_changes.listed(Page(10))
    assert [(each.kind, each.after and each.after.id) for each in told] == [("PUBLISHED", second.id)]


async def test_what_is_scheduled_for_later_is_begun_after() -> None:
    found = await earn_rules.one(await rule())
    second, third = [
        await earn_rules.revise(SYSTEM, found.rule, n, found.definition, title="Next") for n in (1, 2)
    ]
    tomorrow = clock.now() + timedelta(days=1)
    for version in (second, third):
        await earn_rules.submit(SYSTEM, version.id)
    await earn_rules.put_in_force(second.id, tomorrow)
    with pytest.raises(InvalidInput) as refused:  # before anybody is asked to sign
        await earn_rules.publish(make.staff("operator"), third.id, NOON)
    assert refused.value.problems[0].path == "effectiveFrom"
    assert (await earn_rules.one(third.id)).state == "IN_REVIEW"
    assert (await earn_rules.one(found.id)).effective_to == tomorrow


async def test_what_was_spent_since_becomes_debt() -> None:
    await community_rule.publish()
    author = await make.member_id()
    fact = await posted(author)
    assert await points(author) == 10
    await ledger.spend(SYSTEM, author, {"POINTS": 10}, ledger.by_staff("spent"))
    await compensated(fact, author)
    assert await points(author) == -10
    with pytest.raises(InsufficientPoints):
        await ledger.spend(SYSTEM, author, {"POINTS": 1}, ledger.by_staff("spent"))


async def test_many_facts_of_an_import_equal_a_replay_of_the_rule() -> None:
    await community_rule.publish()
    authors = [await make.member_id() for _ in range(5)]
    dice = random.Random(7)
    expected: dict[tuple[UUID, str], int] = {}
    for _ in range(400):
        author = dice.choice(authors)
        at = NOON + timedelta(hours=dice.randrange(72))
        is_post = dice.random() < 0.4
        flags = {"flags": ["historical"]}
        await (posted(author, at, **flags) if is_post else liked(str(author), None, at, **flags))
        day = (author, f"{at + timedelta(hours=8):%F}")
        expected[day] = expected.get(day, 0) + (10 if is_post else 2)
    for author in authors:
        replay = sum(min(200, raw) for (who, _), raw in expected.items() if who == author)
        assert await points(author) == replay


async def test_a_fact_judged_in_its_own_transaction_is_not_judged_again() -> None:
    version = await rule(caps=[cap(limit=15)])
    author = await make.member_id()
    first, second = await posted(author), await posted(author)
    (one,) = await earning.judge_now(first)
    (two,) = await earning.judge_now(second)
    assert (one.version, one.member, one.outcome, one.granted) == (version, author, "AWARDED", {"POINTS": 10})
    assert (two.outcome, two.desired, two.granted) == ("CUT", {"POINTS": 10}, {"POINTS": 5})
    assert await db.value("SELECT kind FROM points.journal WHERE id = $1", one.journal) == "EARN"
    assert await earning.judge_now(first) == []
    assert await points(author) == 15


EDGES = {("DRAFT", "IN_REVIEW"), ("IN_REVIEW", "DRAFT"), ("IN_REVIEW", "SCHEDULED"),
         ("SCHEDULED", "DRAFT"), ("SCHEDULED", "ACTIVE"), ("ACTIVE", "RETIRED")}  # fmt: skip


def test_the_life_of_a_rule_has_exactly_these_edges() -> None:
    from domain.points import rules
    from domain.points.tables import RuleState

    walked = {(a, b) for a, b in itertools.product(RuleState, RuleState) if b in rules.EDGES[a]}
    assert walked == EDGES
