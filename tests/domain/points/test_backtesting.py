"""Trying a rule on the past says what the rule really gave for the same facts: by person, over any part of the time."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import backtesting, earn_rules, health, studies
from domain.profile import interactions
from domain.profile.catalogue import Kind
from tests import make
from tests.domain.points.test_earning import NOON, REMOVED, RESTORED, cap, rule, settled
from tests.everything.scenarios import membership

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
OPERATOR = make.staff("operator")
KINDS = ("app.done", "app.seen")
PICKED = Kind("app.picked", "", "")


@pytest.fixture(autouse=True)
async def healthy():
    yield
    assert [found for found in await health.check() if not found.holds] == []


async def fact(member: UUID | None, at: datetime = NOON, kind: str = "app.done", **said: Any) -> UUID:
    subject = ("THING", said.pop("subject", ids.new()))
    return await interactions.record(
        SYSTEM, Kind(kind, "", ""), subject, once=ids.new(), member=member, at=at, **said
    )


async def done_rule(**said: Any) -> UUID:
    return await rule(**{"kinds": ["app.done"], **said})


async def tried(version: UUID, since: datetime = START, until: datetime = END) -> dict[str, Any]:
    row = await backtesting.start(OPERATOR, version, since, until)
    while await studies.work_off(backtesting.WORK):
        pass
    row = await studies.one(backtesting.WORK, row["id"])
    assert (row["state"], row["last_error"]) == ("DONE", None)
    return row["result"]


async def posted(version: UUID, since: datetime = START, until: datetime = END) -> dict[str, int]:
    """What the version's rule posted for the facts of a time, by person: what the ledger says."""
    rows = await db.fetch(
        """SELECT a.member, sum(e.amount * ((e.source_part = 'ISSUED')::int - (e.target_part = 'CLAWED_BACK')::int))::int AS n
        FROM points.journal AS j JOIN profile.interaction AS i ON i.id::text = j.source_id AND j.source = 'INTERACTION'
        JOIN points.entry AS e ON e.journal = j.id JOIN points.account AS a ON a.id = e.account
        WHERE i.occurred_at >= $2 AND i.occurred_at < $3 AND j.rule_version IN (SELECT id FROM points.earn_rule_version
            WHERE rule = (SELECT rule FROM points.earn_rule_version WHERE id = $1)) GROUP BY 1""",
        version, since, until,
    )  # fmt: skip
    return {str(row["member"]): row["n"] for row in rows if row["n"]}


def by_member(result: dict[str, Any]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for member, _, points in result["gainers"]:
        found[member] += points
    return dict(found)


async def a_random_brand(dice: random.Random) -> list[UUID]:
    """A few rules with every feature that changes what a fact gives; answers their versions."""

    def some_caps() -> list[dict[str, Any]]:
        measure = dice.choice(["TIMES", "POINTS"])
        limit = dice.randint(1, 4) if measure == "TIMES" else dice.randint(5, 40)
        return [
            cap(
                per=dice.choice(["MEMBER", "MEMBER", "MEMBER_SUBJECT", "RULE"]), measure=measure, limit=limit,
                window=dice.choice(["DAY", "WEEK", "MONTH", "EVER"]), on_excess=dice.choice(["CUT", "REFUSE"]),
                group=dice.choice([None, None, "shared"]),
            )
        ]  # fmt: skip

    made = []
    for number in range(4):
        said: dict[str, Any] = {"kinds": [KINDS[0], *KINDS[: number % 3]], "priority": dice.randint(0, 2)}
        said["kinds"] = sorted(set(said["kinds"]))
        said["effects"] = [{"fixed": {"wallet": "POINTS", "points": dice.randint(1, 12)}}]
        if dice.random() < 0.7:
            said["caps"] = some_caps()
        if dice.random() < 0.3:
            said["cooldown_seconds"] = dice.choice([3_600, 86_400])
        if dice.random() < 0.3:
            said["condition"] = {"property": {"path": "size", "op": "GTE", "value": 2}}
        if dice.random() < 0.3:
            said["beneficiary"] = {"property": "author"}
        if number == 2:
            said["is_stackable"] = dice.random() < 0.5
        if number == 3 and dice.random() < 0.6:
            said["effects"] = [{"multiply": {"factor": "1.5", "includes_fixed": True}}]
            said.pop("beneficiary", None)
            said["caps"] = [each for each in said.get("caps", ()) if each["measure"] == "TIMES"]
        made.append(await rule(zone="Asia/Shanghai", **said))
    return made


async def a_random_past(dice: random.Random, number: int = 40) -> None:
    people = [await make.member_id() for _ in range(4)]
    facts: list[tuple[UUID, UUID]] = []
    taken: list[tuple[UUID, UUID]] = []
    for _ in range(number):
        who = dice.choice(people)
        at = NOON + timedelta(hours=dice.randint(-300, 300))
        what = dice.random()
        if facts and what < 0.12:
            fact_of, owner = facts.pop(dice.randrange(len(facts)))
            removal = await interactions.record(
                SYSTEM, REMOVED, ("POST", fact_of), once=ids.new(), member=owner, at=at, compensates=fact_of
            )
            taken.append((removal, owner))
        elif taken and what < 0.17:
            removal, owner = taken.pop()
            await interactions.record(
                SYSTEM, RESTORED, ("POST", removal), once=ids.new(), member=owner, at=at, compensates=removal
            )
        else:
            subject = f"s-{dice.randint(0, 5)}"
            made = await fact(
                who, at, dice.choice(KINDS), subject=subject, size=dice.randint(1, 3),
                author=str(dice.choice(people)),
            )  # fmt: skip
            facts.append((made, who))
        if dice.random() < 0.3:
            await settled()
    await settled()


async def obeys_the_law(seed: int) -> None:
    dice = random.Random(seed)
    versions = await a_random_brand(dice)
    await a_random_past(dice)
    middle = NOON + timedelta(hours=dice.randint(-200, 200))
    for version in versions:
        for since, until in ((START, END), (START, middle), (middle, END)):
            result = await tried(version, since, until)
            assert by_member(result) == await posted(version, since, until), (seed, version, since)
            assert result["points"] == result["granted"]


@pytest.mark.parametrize("seed", range(4))
async def test_what_a_rule_gave_is_what_its_backtest_says(seed: int) -> None:
    await obeys_the_law(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4, 80))
async def test_what_a_rule_gave_is_what_its_backtest_says_in_many_brands(seed: int) -> None:
    await obeys_the_law(seed)


async def test_the_tiers_that_a_draft_would_bring_count_each_award_once() -> None:
    await membership.scheme()
    said = {
        "code": "a-draft",
        "kinds": ["app.done"],
        "effects": [{"fixed": {"wallet": "POINTS", "points": 60}}],
    }
    draft = await earn_rules.draft(SYSTEM, {**said, "zone": "UTC"}, title="A draft")
    once, twice = await make.member_id(), await make.member_id()
    for who in (once, twice, twice):
        await fact(who, clock.now() - timedelta(hours=2))
    await settled()
    result = await tried(draft.id, clock.now() - timedelta(days=1), clock.now())
    assert by_member(result) == {str(once): 60, str(twice): 120}
    assert result["tiers"] == {"CLUB": {"SILVER": 1}}
