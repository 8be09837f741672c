"""Every mutation is run, and leaves exactly what its scenario declares (P7).

The scenarios stand in tests/everything/scenarios, one file an area; that package says how to write one. A mutation
without a scenario fails here, and so does one that changes a member's world in silence.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from api.context import Context
from api.schema import build
from domain import clock, db, wiring
from domain.foundation import lifecycle
from domain.profile import catalogue
from domain.settings import settings
from tests.everything import scenarios
from tests.everything.scenarios import NEWCOMER, Call, Scenario

SCHEMA = build(has_test_clock=True)
MUTATIONS = sorted(SCHEMA._schema.mutation_type.fields)
SCENARIOS = scenarios.load()

Left = dict[UUID | None, Counter[str]]


@pytest.fixture(autouse=True)
async def brand(rollback, tmp_path, monkeypatch):
    """The brand as every database starts with it; what a scenario moves or writes is its own."""
    monkeypatch.setattr(settings(), "exports_dir", tmp_path)
    monkeypatch.setattr(settings(), "test_clock", True)
    await wiring.seed_brand()
    yield
    clock.shift(timedelta(0))


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_mutation_has_its_scenario(mutation: str) -> None:
    assert any(scenario.mutation == mutation for scenario in SCENARIOS), (
        f"{mutation} is not walked: add a scenario @leaves({mutation!r}) that answers a call which succeeds and the "
        f"kinds that it leaves by member, or @changes_nobody({mutation!r}, why), in the file of its area in "
        "tests/everything/scenarios (its __init__.py says how)"
    )


def test_scenarios_name_only_mutations() -> None:
    assert {scenario.mutation for scenario in SCENARIOS} <= set(MUTATIONS)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
async def test_a_mutation_leaves_what_it_says(scenario: Scenario) -> None:
    call = await scenario.prepare()
    before, world = await known(), await rows_of_people()
    await succeeds(scenario.mutation, call)
    left = await left_since(before)
    if scenario.why_none is None:
        assert call.leaves, f"{scenario.name} declares nothing: use @changes_nobody and say why"
        assert left == declared(call), f"{scenario.mutation} left something else than it declares"
        return
    assert not any(member for member in left), f"{scenario.mutation} changes somebody: use @leaves: {left}"
    after = await rows_of_people()
    changed = {table for table in after if after[table] != world[table]}
    assert changed == scenario.touches, (
        f"{scenario.mutation} changes rows of people and leaves no interaction: record one, or name the tables in "
        "touches= and say why that is nobody's world"
    )


def declared(call: Call) -> Left:
    """What a call leaves by member; each kind must be known to the catalogue."""
    for kind in " ".join(call.leaves.values()).split():
        assert catalogue.find(kind) is not None, f"{kind} is not declared in any kinds.py"
    return {member: Counter(kinds.split()) for member, kinds in call.leaves.items()}


async def succeeds(mutation: str, call: Call) -> None:
    """Run it through the schema; anything but its success type is a failure, with the reason that it gave."""
    title = mutation[0].upper() + mutation[1:]
    operation = f"""mutation It($input: {title}Input!) {{ {mutation}(input: $input) {{ __typename
        ... on InvalidInput {{ problems {{ path message }} }} ... on Refusal {{ message }} }} }}"""
    context = Context(actor=call.actor, language="en", request_id="walk")
    answer = await SCHEMA.execute(
        operation, variable_values={"input": dict(call.input)}, context_value=context
    )
    assert not answer.errors, answer.errors
    assert answer.data[mutation]["__typename"] == f"{title}Success", answer.data[mutation]


async def known() -> tuple[list[UUID], list[UUID]]:
    """The interactions and the members that there are."""
    row = await db.one(
        "SELECT (SELECT array_agg(id) FROM profile.interaction) AS facts, "
        "(SELECT array_agg(id) FROM profile.member) AS members"
    )
    return row["facts"] or [], row["members"] or []


async def left_since(before: tuple[list[UUID], list[UUID]]) -> Left:
    """The kinds of new interactions by root; a root that did not exist before is the newcomer."""
    facts, members = before
    rows = await db.fetch(
        "SELECT i.kind, m.root FROM profile.interaction AS i LEFT JOIN profile.member AS m ON m.id = i.member "
        "WHERE NOT i.id = ANY($1)",
        facts,
    )
    left: Left = {}
    for row in rows:
        root = row["root"] if row["root"] is None or row["root"] in members else NEWCOMER
        left.setdefault(root, Counter())[row["kind"]] += 1
    return left


async def rows_of_people() -> dict[str, str]:
    """A digest of each table that names members, from what the areas' life cycles cover."""
    tables = {f"{a.area}.{column.partition('.')[0]}" for a in lifecycle.areas for column in a.covers}
    digests = " UNION ALL ".join(
        f"SELECT '{table}' AS name, md5(string_agg(t::text, '' ORDER BY t::text)) AS digest FROM {table} AS t"
        for table in sorted(tables)
    )
    return {row["name"]: row["digest"] for row in await db.fetch(digests)}
