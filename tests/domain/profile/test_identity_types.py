"""What is configured about identities, and how it is applied."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain import clock, db
from domain.errors import InvalidInput, VersionConflict
from domain.profile import crowd, identities, identity_types, members, merges, resolution, sign_in
from domain.profile.errors import IdentityBlocked
from domain.profile.identity_types import Draft, IdentityNormaliser, IdentityWindow
from domain.profile.resolution import NoIdentity, resolve
from tests import make

CARD = Draft("loyalty_card", priority=9, limit_count=2)


@pytest.fixture(autouse=True)
def own_clock():
    yield
    clock.shift(timedelta(0))


def later(**by: int) -> None:
    clock.shift(clock.now() + timedelta(**by) - datetime.now(UTC))


async def define(draft: Draft, version: int | None = None) -> db.Row:
    return await identity_types.define(make.staff("admin"), draft, version)


async def known(type_: str, *values: str) -> list:
    return [await identities.owner(type_, value) for value in values]


async def test_a_defined_type_names_people_from_then_on():
    with pytest.raises(NoIdentity):
        await resolve([("loyalty_card", "c1", False)])
    row = await define(CARD)
    assert (row["version"], row["limit_window"], row["valid_to"]) == (1, "EVER", None)
    found = await resolve([("loyalty_card", "c1", False), ("user_id", "u1", False)])
    assert await known("loyalty_card", "c1") == [found.member]
    entry = await db.one("SELECT action FROM access.audit_entry ORDER BY number DESC LIMIT 1")
    assert entry["action"] == "profile.identity_type.defined"


async def test_a_revision_ends_the_version_before_it_and_needs_to_know_it():
    first = await define(CARD)
    later(hours=1)
    second = await define(replace(CARD, priority=3), 1)
    versions = await identity_types.history("loyalty_card")
    assert [(row["version"], row["priority"]) for row in versions] == [(2, 3), (1, 9)]
    assert versions[1]["valid_to"] == second["valid_from"] > first["valid_from"]
    for wrong in (None, 1, 3):
        with pytest.raises(VersionConflict):
            await define(CARD, wrong)
    assert [row["version"] for row in await identity_types.listed() if row["name"] == "loyalty_card"] == [2]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "vin"}, {"name": "engine_number"}, {"name": "Card"}, {"name": "oidc:brand"}, {"name": ""},
        {"priority": 0}, {"priority": 100}, {"limit_count": 0}, {"pattern": "("}, {"pattern": "(a+)+"}, {"pattern": ""},
    ],
)  # fmt: skip
async def test_what_cannot_be_a_type_is_refused(wrong: dict):
    before = await db.value("SELECT count(*) FROM profile.identity_type")
    with pytest.raises(InvalidInput):
        await define(replace(CARD, **wrong))
    assert await db.value("SELECT count(*) FROM profile.identity_type") == before


async def test_what_a_value_means_stays_once_there_are_values():
    await define(CARD)
    await define(replace(CARD, normaliser=IdentityNormaliser.EMAIL), 1)
    await define(CARD, 2)
    await resolve([("loyalty_card:hk", "c1", False)])
    for change in ({"normaliser": IdentityNormaliser.PHONE}, {"is_anonymous": True}):
        with pytest.raises(InvalidInput):
            await define(replace(CARD, **change), 3)
    with pytest.raises(InvalidInput):  # whoever nobody carries yet, sign-in relies on its form
        await define(Draft("phone", 2, 1, normaliser=IdentityNormaliser.TRIM), 1)
    await define(Draft("phone", 2, 3, normaliser=IdentityNormaliser.PHONE), 1)


async def test_a_value_that_does_not_match_the_pattern_names_nobody():
    await define(replace(CARD, pattern="[0-9]{6}"))
    with pytest.raises(NoIdentity) as refused:
        await resolve([("loyalty_card", "12345", False)])
    assert refused.value.reason == "no_identity"
    found = await resolve([("loyalty_card", "1234567", False), ("user_id", "u1", False)])
    assert [row["type"] for row in await identities.of_root(found.member)] == ["user_id"]
    assert (await resolve([("loyalty_card", " 123456 ", False)])).is_new


@pytest.mark.parametrize(
    ("window", "days"),
    [
        (IdentityWindow.WEEK, 7),
        (IdentityWindow.MONTH, 30),
        (IdentityWindow.YEAR, 365),
        (IdentityWindow.EVER, None),
    ],
)
async def test_only_identities_first_seen_within_the_window_count_against_the_limit(window, days):
    await define(replace(CARD, limit_window=window))
    me = ("user_id", "u1", False)
    root = (await resolve([me, ("loyalty_card", "c1", False)])).member
    await resolve([me, ("loyalty_card", "c2", False)])
    third = await resolve([me, ("loyalty_card", "c3", False)])
    assert [n.value for n in third.demoted] == ["c3"]
    if days is None:
        later(days=4_000)
        assert [n.value for n in (await resolve([me, ("loyalty_card", "c3", False)])).demoted] == ["c3"]
        return
    later(days=days, seconds=-1)
    assert (await resolve([me, ("loyalty_card", "c3", False)])).demoted
    later(seconds=2)
    assert not (await resolve([me, ("loyalty_card", "c3", False)])).demoted
    assert await known("loyalty_card", "c1", "c2", "c3") == [root] * 3


async def test_the_window_holds_for_batches_and_for_merges():
    await define(replace(CARD, limit_count=1, limit_window=IdentityWindow.WEEK))
    claims = [(("user_id", "u1", False), ("loyalty_card", f"c{n}", False)) for n in range(3)]
    first = await crowd.settle({claims[0]: clock.now()})
    await crowd.settle({claims[1]: clock.now()})
    assert await known("loyalty_card", "c0", "c1") == [first[claims[0]], None]
    visitor = (await resolve([("anonymous_id", "a1", False), ("loyalty_card", "c2", False)])).member
    later(days=8)
    await crowd.settle({claims[1]: clock.now()})
    assert await known("loyalty_card", "c1") == [first[claims[0]]]
    rules = await identities.rules()
    roots = [first[claims[0]], visitor]
    assert await merges.forbidden(roots, roots, rules) is None  # of the three only one is young
    assert (await identities.carried(roots, rules))[roots[0]].total == 3


async def test_the_brands_list_blocks_values_however_they_are_written():
    for written in ("13800000000", "+86 138 0000 0000", "'13800000000'"):
        with pytest.raises(NoIdentity):
            await resolve([("phone", written, False)])
    saved = await identity_types.save_policy(
        make.staff("admin"), 1, blocked_values=["13911112222", " test-user ", "test-user"]
    )
    assert (saved.blocked, saved.version) == (("13911112222", "test-user"), 2)
    for given in (("phone", "+8613911112222", False), ("user_id", "test-user", False)):
        with pytest.raises(NoIdentity):
            await resolve([given])
    assert (await resolve([("phone", "13800000000", False)])).is_new
    with pytest.raises(IdentityBlocked):
        await sign_in.request_code(make.visitor(), "139 1111 2222")
    with pytest.raises(VersionConflict):
        await identity_types.save_policy(make.staff("admin"), 1, most_merges=5)
    with pytest.raises(InvalidInput):
        await identity_types.save_policy(make.staff("admin"), 2, most_merges=0)
    assert (await identities.rules()).version == 2


async def test_a_merge_too_many_is_refused_as_a_whole():
    await identity_types.save_policy(make.staff("admin"), 1, most_merges=2)
    me = ("user_id", "u1", False)
    root = (await resolve([me])).member
    devices = [("anonymous_id", f"a{n}", False) for n in range(3)]
    for device in devices:
        await resolve([device])
    for device in devices[:2]:
        await resolve([me, device])
    before = await db.fetch("SELECT id, root FROM profile.member ORDER BY id")
    with pytest.raises(NoIdentity) as refused:
        await resolve([me, devices[2]])
    assert refused.value.reason == "limit_reached"
    assert await db.fetch("SELECT id, root FROM profile.member ORDER BY id") == before
    merge = await db.value("SELECT id FROM profile.merge ORDER BY at LIMIT 1")
    await merges.undo(make.staff("admin"), merge, "another person")  # an undone merge does not count
    assert (await resolve([me, devices[2]])).member == root


async def test_merges_of_a_merged_member_count_for_its_root():
    await identity_types.save_policy(make.staff("admin"), 1, most_merges=2)
    one, two, three, four = [await members.add(kind="VISITOR") for _ in range(4)]
    by = make.staff("admin")
    await merges.merge_two(by, two, one, "same", two)
    await merges.merge_two(by, three, two, "same", three)
    roots = sorted([three, four])
    assert await merges.forbidden(roots, roots, await identities.rules()) == "TOO_MANY_MERGES"


async def test_an_identity_too_many_is_refused_as_a_whole():
    await identity_types.save_policy(make.staff("admin"), 1, most_identities=3)
    me = ("user_id", "u1", False)
    root = (await resolve([me, ("anonymous_id", "a1", False), ("anonymous_id", "a2", False)])).member
    with pytest.raises(NoIdentity) as refused:
        await resolve([me, ("anonymous_id", "a3", False)])
    assert refused.value.reason == "limit_reached"
    assert len(await identities.of_root(root)) == 3
    claim = (me, ("anonymous_id", "a3", False))
    settled = await crowd.settle({claim: clock.now()})
    assert settled[claim].reason == "limit_reached"


async def test_two_people_too_large_for_one_are_not_merged():
    await identity_types.save_policy(make.staff("admin"), 1, most_identities=3)
    me = ("user_id", "u1", False)
    await resolve([me, ("email", "a@example.com", False)])
    await resolve([("anonymous_id", "a1", False), ("anonymous_id", "a2", False)])
    with pytest.raises(NoIdentity) as refused:
        await resolve([me, ("anonymous_id", "a1", False)])
    assert refused.value.reason == "limit_reached"
    assert await db.value("SELECT count(*) FROM profile.merge") == 0


async def test_a_cap_keeps_nobody_from_signing_in():
    await identity_types.save_policy(make.staff("admin"), 1, most_identities=1)
    me = ("phone", "+8613800138001", True)
    root = (await resolve([me])).member
    signed_in = await sign_in._with_more([me], [("anonymous_id", "a1", False)])
    assert signed_in.member == root
    assert await known("anonymous_id", "a1") == [None]


async def test_a_new_phone_takes_the_oldest_ones_place():
    from domain.profile import linking
    from domain.profile.identities import Named

    await define(Draft("phone", 2, 2, normaliser=IdentityNormaliser.PHONE), 1)
    actor = await make.member_actor()
    for number in ("+8613800138001", "+8613800138002", "+8613800138003"):
        named = Named(2, "phone", number, True, limit=2)
        await linking._make_room(actor, actor.id, named)
        await identities.attach(actor.id, [named])
        later(seconds=1)
    assert await known("phone", "+8613800138001") == [None]
    assert await known("phone", "+8613800138002", "+8613800138003") == [actor.id] * 2


async def test_every_member_looks_up_by_the_types_in_force():
    await define(replace(CARD, normaliser=IdentityNormaliser.EMAIL))
    found = await resolve([("loyalty_card", "Li@Example.com", False)])
    row = await members.by_identity("loyalty_card", "li@example.com")
    assert row["id"] == found.member
    assert await resolution.read([("loyalty_card", "x@y.cn", False)])
