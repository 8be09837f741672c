"""Which member a set of identities means."""

from __future__ import annotations

import asyncio

import pytest

from domain import db
from domain.foundation import ids, lifecycle
from domain.profile import identities, kinds, members, merges
from domain.profile.resolution import NoIdentity, resolve
from tests import make


async def test_new_identities_make_one_member_and_name_it_from_then_on():
    first = await resolve([("user_id", "u1", False), ("anonymous_id", "a1", False)])
    again = await resolve([("anonymous_id", "a1", False)])
    assert first.is_new and not again.is_new
    assert first.member == again.member


async def test_an_anonymous_visitor_becomes_the_member_it_signs_in_as():
    visitor = await resolve([("anonymous_id", "a1", False)])
    known = await resolve([("user_id", "u1", False), ("anonymous_id", "a1", False)])
    assert visitor.member == known.member


async def test_a_visitor_that_turns_out_to_be_a_known_member_is_merged_into_it():
    known = await resolve([("user_id", "u1", False)])
    visitor = await resolve([("anonymous_id", "a1", False)])
    both = await resolve([("user_id", "u1", False), ("anonymous_id", "a1", False)])
    assert both.member == known.member
    assert await members.root_of(visitor.member) == known.member
    row = await db.one("SELECT winner, loser, rule FROM profile.merge")
    assert tuple(row.values()) == (known.member, visitor.member, "AUTO")


async def test_two_identified_members_are_never_merged_without_proof():
    one = await resolve([("user_id", "u1", False), ("email", "jane@example.com", False)])
    other = await resolve([("user_id", "u2", False), ("email", "jane@example.com", False)])
    assert one.member != other.member
    assert [n.type for n in other.demoted] == ["email"]
    assert await identities.owner("email", "jane@example.com") == one.member
    assert await db.value("SELECT count(*) FROM profile.merge") == 0
    recorded = "SELECT count(*) FROM profile.interaction WHERE kind = $1 AND member = $2"
    assert await db.value(recorded, kinds.IDENTITY_DEMOTED.name, other.member) == 1


async def test_a_device_of_two_members_names_nobody_any_more():
    one = await resolve([("user_id", "u1", False), ("device_id", "tablet", False)])
    other = await resolve([("user_id", "u2", False), ("device_id", "tablet", False)])
    third = await resolve([("device_id", "tablet", False)])
    assert len({one.member, other.member, third.member}) == 3
    assert third.is_new


@pytest.mark.parametrize(
    "value", ["", "   ", "null", '"undefined"', "0000", "-1", "ANONYMOUS", "[object Object]"]
)
async def test_a_placeholder_names_nobody(value: str):
    with pytest.raises(NoIdentity):
        await resolve([("user_id", value, False)])
    assert await db.value("SELECT count(*) FROM profile.member") == 0


async def test_an_importers_external_id_may_be_any_text():
    assert (await resolve([("user_id:dump", "-1", False)], is_checked=False)).is_new


async def test_an_undeclared_type_is_refused_by_name():
    with pytest.raises(NoIdentity) as refused:
        await resolve([("shoe_size", "43", False)])
    assert refused.value.reason == "unknown_identity_type"


@pytest.mark.parametrize(
    ("written", "norm"),
    [
        ("138 0013 8001", "+8613800138001"),
        ("+86 138-0013-8001", "+8613800138001"),
        ("１３８００１３８００１", "+8613800138001"),
    ],
)
async def test_a_phone_is_one_number_however_it_is_written(written: str, norm: str):
    found = await resolve([("phone", written, False)])
    assert await identities.owner("phone", norm) == found.member


async def test_undoing_a_merge_gives_each_member_its_own_back():
    one, other = await make.member_id(), await make.member_id()
    before = await db.fetch("SELECT id, root, status, first_seen_at FROM profile.member ORDER BY id")
    merge_id = await merges.merge_two(make.staff("admin"), one, other, "the same person")
    assert len({await members.root_of(one), await members.root_of(other)}) == 1
    await merges.undo(make.staff("admin"), merge_id, "a mistake")
    assert await db.fetch("SELECT id, root, status, first_seen_at FROM profile.member ORDER BY id") == before


async def test_a_merge_is_undone_only_once():
    merge_id = await merges.merge_two(
        make.staff("admin"), await make.member_id(), await make.member_id(), "same"
    )
    await merges.undo(make.staff("admin"), merge_id, "a mistake")
    with pytest.raises(merges.MergeNotUndoable) as refused:
        await merges.undo(make.staff("admin"), merge_id, "again")
    assert refused.value.reason == "ALREADY_UNDONE"


async def test_a_root_that_was_merged_again_must_part_first():
    one, other, third = [await make.member_id() for _ in range(3)]
    first = await merges.merge_two(make.staff("admin"), one, other, "same")
    await merges.merge_two(make.staff("admin"), await members.root_of(one), third, "same")
    row = await db.one("SELECT winner FROM profile.merge WHERE id = $1", first)
    if await members.root_of(row["winner"]) == row["winner"]:
        await merges.undo(make.staff("admin"), first, "the winner is still the root, so this is allowed")
    else:
        with pytest.raises(merges.MergeNotUndoable):
            await merges.undo(make.staff("admin"), first, "a mistake")


@pytest.mark.commits
async def test_twenty_first_events_of_one_id_at_once_make_one_member():
    from domain import wiring

    await wiring.seed_brand()

    async def arrive() -> object:
        return (await db.attempt(lambda: resolve([("user_id", "rush", False)]))).member

    assert len(set(await asyncio.gather(*(arrive() for _ in range(20))))) == 1


def test_every_area_hears_of_merges():
    from domain import wiring

    assert [area.area for area in lifecycle.areas] == [area.area for area in wiring.lifecycles]
    assert ids.named("a") == ids.named("a")
