"""How far members are trusted."""

from __future__ import annotations

import pytest

from domain import db
from domain.community import standings
from domain.errors import Forbidden, InvalidInput, VersionConflict
from domain.foundation import ids
from domain.profile import merges, relations
from tests import make

BOSS = make.staff("moderator")


async def test_a_locked_level_stands_before_a_granted_and_that_before_the_computed_one(recorded):
    member = await make.member_id()
    assert (await standings.of(member)).trust_level == 0
    await standings.compute_level(BOSS, member, 2, "ACTIVITY")
    given = await standings.set_level(BOSS, member, 4, reason="of merit")
    assert (given.trust_level, given.computed_level, given.version) == (4, 2, 2)
    locked = await standings.set_level(
        BOSS, member, 1, reason="a quarrel", is_locked=True, expected_version=2
    )
    assert (locked.trust_level, locked.granted_level) == (1, 4)
    would = await standings.set_level(BOSS, member, None, reason="over", is_locked=True, is_dry_run=True)
    assert (would.trust_level, (await standings.of(member)).trust_level) == (4, 1)
    await standings.set_level(BOSS, member, None, reason="over", is_locked=True)
    assert (await standings.set_level(BOSS, member, None, reason="over")).trust_level == 2
    rows = await recorded("community.member.trust_changed")
    steps = [
        (row["properties"]["before"], row["properties"]["after"], row["properties"]["why"]) for row in rows
    ]
    assert steps == [
        (0, 2, "ACTIVITY"), (2, 4, "GRANTED"), (4, 1, "LOCKED"), (1, 4, "LOCKED"), (4, 2, "GRANTED")
    ]  # fmt: skip


async def test_who_may_not_or_asks_for_nonsense_changes_nothing():
    member = await make.member_id()
    with pytest.raises(Forbidden):
        await standings.set_level(
            make.staff("moderator", scopes=(f"circle:{ids.new()}",)), member, 2, reason="mine"
        )
    with pytest.raises(InvalidInput) as wrong:
        await standings.set_level(BOSS, member, 5, reason="")
    assert [problem.path for problem in wrong.value.problems] == ["level", "reason"]
    with pytest.raises(VersionConflict):
        await standings.set_level(BOSS, member, 2, reason="late", expected_version=7)
    assert not await db.value("SELECT EXISTS (SELECT FROM community.member_standing)")


async def test_owners_start_higher_while_they_own():
    member = await make.member_id()
    car = ids.new()
    await relations.open(member, "VEHICLE", car, "OWNER")
    found = await standings.of(member)
    assert (found.trust_level, found.is_owner, found.computed_level) == (1, True, 0)
    await relations.close("VEHICLE", car, "OWNER")
    assert (await standings.of(member)).trust_level == 0


async def test_credit_comes_back_exactly_and_figures_of_merged_members_add_up():
    one, other = await make.member_id(), await make.member_id()
    await standings.add_credit(one, -20)
    await standings.add_credit(other, -15)
    await standings.count_reports(one, upheld=2, rejected=1)
    await standings.count_reports(other, upheld=3)
    await standings.set_level(BOSS, other, 3, reason="known")
    merge = await merges.merge_two(make.staff("operator"), one, other, "the same person", one)
    found = await standings.of(other)
    assert (found.member, found.credit, found.reports_upheld, found.trust_level) == (one, 65, 5, 3)
    await standings.add_credit(other, 20)
    assert (await standings.of(one)).credit == 85
    await merges.undo(make.staff("operator"), merge, "two persons after all")
    parted = await standings.of(other)
    assert (parted.credit, parted.reports_upheld, parted.trust_level) == (85, 3, 3)
