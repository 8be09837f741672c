"""Whether the profile's invariants hold, and that what breaks them is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain import clock, db, stepping, wiring
from domain.foundation import ids
from domain.profile import (
    computed,
    definitions,
    erasure,
    examining,
    health,
    merges,
    rebuilding,
    reporting,
    resolution,
)
from domain.profile.definitions import Draft, TraitKind, ValueType
from domain.profile.report_rules import Item
from domain.profile.reporting import Reporter
from tests import make


@pytest.fixture(autouse=True)
async def brand(rollback):
    await wiring.seed_brand()
    yield
    clock.shift(timedelta(0))
    computed._known = computed._Known()


async def bought(*users: str, **traits: object) -> None:
    items = [
        Item(
            kind="Bought", message_id=str(ids.new()), identities=(("user_id", user),), properties={"price": 3},
            traits=dict(traits),
        )
        for user in users
    ]  # fmt: skip
    await reporting.take(Reporter(make.source()), items)


async def member(user: str):
    return (await resolution.resolve([("user_id", user, False)])).member


async def failing(sample: int = 50) -> list[str]:
    return [check.name for check in await examining.checks(sample) if not check.is_ok]


async def lived():
    """Two people with counts, traits and a computed trait, one of them merged and parted, one merged."""
    formula = {"function": "SUM", "kind": "Bought", "property": "price"}
    draft = Draft("spent", TraitKind.COMPUTED, ValueType.NUMBER, formula)
    await definitions.define(make.staff("operator"), draft, None)
    await bought("u1", "u2", "u2", "u3", city="Shanghai")
    await stepping.settle()
    by = make.staff("admin")
    one, two, three = [await member(user) for user in ("u1", "u2", "u3")]
    await merges.undo(by, await merges.merge_two(by, one, two, "same"), "not the same")
    await merges.merge_two(by, two, three, "same")
    await stepping.settle()
    return one, two, three


async def test_a_life_of_merges_and_computed_traits_is_found_sound():
    one, two, _ = await lived()
    assert await failing() == []
    assert await examining.nightly()
    people, drift = await rebuilding.sample(50)
    assert (people, drift) == (await db.value("SELECT count(*) FROM profile.member WHERE id = root"), [])
    held = await db.value(
        "SELECT value FROM profile.trait_value WHERE name = 'spent' AND member IN ($1, $2) AND value <> '3'",
        one,
        two,
    )
    assert held == 9


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("UPDATE profile.total SET count = count + 1 WHERE member = $1 AND kind = 'app.Bought'", "total"),
        ("DELETE FROM profile.bucket WHERE member = $1 AND kind = 'app.Bought'", "bucket"),
        ("UPDATE profile.trait_value SET value = '\"Beijing\"' WHERE member = $1 AND name = 'city'", "trait"),
        ("DELETE FROM profile.trait_value WHERE member = $1 AND name = 'spent'", "trait"),
    ],
)
async def test_a_rebuild_finds_what_was_changed_past_the_drain_and_changes_nothing(damage: str, what: str):
    one, *_ = await lived()
    assert await db.run(damage, one) == 1
    before = await db.fetch("SELECT * FROM profile.trait_value ORDER BY id")
    drift = await rebuilding.of_root(one)
    assert len(drift) == 1 and drift[0].what.startswith(what)
    assert await rebuilding.of_root(one) == drift
    assert await db.fetch("SELECT * FROM profile.trait_value ORDER BY id") == before
    assert "P3 rebuild" in await failing()
    assert not await examining.nightly()


async def test_a_root_that_is_none_is_found():
    one, two = await make.member_id(), await make.member_id()
    await merges.merge_two(make.staff("admin"), one, two, "same")
    assert await failing(0) == []
    loser = await db.value("SELECT loser FROM profile.merge")
    other = await make.member_id()
    await db.run("UPDATE profile.member SET root = $2, status = 'MERGED' WHERE id = $1", other, loser)
    assert (await health.check()).broken_roots == 1
    assert await failing(0) == ["P1 roots"]


async def test_what_is_left_of_people_who_left_is_found():
    await bought("u1", city="Shanghai")
    one = await member("u1")
    made = await erasure._open(make.staff("admin"), one, clock.now(), "asked for")
    await erasure._erase(made)
    while await erasure.work_off():
        pass
    assert await failing(0) == []
    await db.run(
        """INSERT INTO profile.identity (id, type, value_norm, member, first_seen_at, last_seen_at)
        VALUES ($1, 'user_id', 'u1', $2, now(), now())""",
        ids.new(), one,
    )  # fmt: skip
    assert (await health.check()).erased_left == await health.still_named() == 1
    assert await failing(0) == ["P8 erased", "P8 identities"]
    await db.run("DELETE FROM profile.identity WHERE value_norm = 'u1'")
    finding = {"proof": {"findings": [{"column": "profile.member.display_name", "rows": 1}]}}
    await db.run("UPDATE profile.erasure SET report = $1", finding)
    assert (await health.check()).erasure_findings == 1


async def test_a_row_that_waits_for_more_than_a_minute_is_an_alarm():
    await bought("u1")
    assert (await health.check()).overdue_pending_count == 0
    clock.shift(clock.now() + timedelta(seconds=61) - datetime.now(UTC))
    found = await health.check()
    assert found.overdue_pending_count == found.pending_count > 0
    assert await failing(0) == ["P10 outbox"]
    await stepping.settle()
    assert await failing(0) == []
