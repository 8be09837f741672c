"""Referrals: codes, who is refused, and the way from the code to both rewards."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from domain import clock, db, stepping, wiring
from domain.access import sessions
from domain.actor import SYSTEM, Actor
from domain.errors import InvalidInput, VersionConflict
from domain.foundation import ids
from domain.messaging import tokens
from domain.messaging.tokens import Platform
from domain.points import balances, earning, engagement, health, referrals
from domain.points.engagement_errors import ReferralRefused
from domain.profile import interactions, members, merges, reporting, resolution
from domain.profile.report_rules import Item
from domain.profile.reporting import Outcome, Reporter
from tests import make
from tests.domain.points.test_earning import PUBLISHED, REMOVED, rule

STAFF = make.staff("operator")


@pytest.fixture(autouse=True)
async def healthy():
    wiring.start()
    yield
    clock.shift(timedelta(0))
    await earning.prepare()
    assert [c for c in await health.check() if not c.holds] == []


async def offered(expected: int | None = None, **days: int) -> None:
    given = {"friend_within_days": 30, "qualify_within_days": 90, "hold_days": 14, **days}
    await referrals.define(STAFF, "marque", [PUBLISHED.name], expected_version=expected, **given)


async def rewarded() -> None:
    for kind, amount in (("qualified", 30), ("rewarded", 100)):
        effects = [{"fixed": {"wallet": "POINTS", "points": amount}}]
        await rule(code=f"referral-{kind}", kinds=[f"points.referral.{kind}"], effects=effects)


async def posted(who: Actor) -> UUID:
    return await interactions.record(
        SYSTEM, PUBLISHED, ("POST", ids.new()), once=ids.new(), member=who.member_id
    )


async def points(*people: Actor) -> list[int]:
    await stepping.settle()
    return [(await balances.of_wallet(each.member_id, "POINTS")).net for each in people]


async def pair() -> tuple[Actor, Actor, referrals.Referral]:
    advocate, friend = await make.member_actor(), await make.member_actor()
    code = await referrals.code_of(advocate.member_id)
    return advocate, friend, await referrals.use(friend, f" {code.lower()} ")


async def refused(friend: Actor, code: str) -> str:
    with pytest.raises(ReferralRefused) as found:
        await referrals.use(friend, code)
    return found.value.reason


async def test_the_friend_earns_at_once_and_the_advocate_after_the_hold() -> None:
    await offered()
    await rewarded()
    advocate, friend, referral = await pair()
    assert referral.state == "SIGNED_UP"
    assert await points(advocate, friend) == [0, 0]
    await posted(friend)
    await posted(friend)
    assert await points(advocate, friend) == [0, 30]
    assert (await referrals.one(referral.id)).state == "QUALIFIED"
    clock.shift(timedelta(days=13, hours=23))
    assert await points(advocate, friend) == [0, 30]
    clock.shift(timedelta(days=14, seconds=5))
    assert await points(advocate, friend) == [100, 30]
    assert [each.state for each in await referrals.of_advocate(advocate.member_id)] == ["REWARDED"]


async def test_a_friend_who_does_nothing_in_time_is_expired_and_may_be_brought_again() -> None:
    await offered(qualify_within_days=5)
    _, friend, referral = await pair()
    clock.shift(timedelta(days=5, seconds=5))
    await posted(friend)
    await stepping.settle()
    assert (await referrals.one(referral.id)).state == "EXPIRED"
    other = await referrals.code_of(await make.member_id())
    assert (await referrals.use(friend, other)).state == "SIGNED_UP"


async def test_what_is_undone_during_the_hold_takes_the_reward_back() -> None:
    await offered()
    await rewarded()
    advocate, friend, referral = await pair()
    fact = await posted(friend)
    assert await points(friend) == [30]
    await interactions.record(
        SYSTEM, REMOVED, ("POST", fact), once=ids.new(), member=friend.member_id, compensates=fact
    )
    assert await points(advocate, friend) == [0, 0]
    found = await referrals.one(referral.id)
    assert (found.state, found.reason) == ("REJECTED", "UNDONE")
    clock.shift(timedelta(days=20))
    assert await points(advocate, friend) == [0, 0]


async def test_two_who_turn_out_to_be_one_person_lose_both_rewards() -> None:
    await offered(hold_days=0)
    await rewarded()
    advocate, friend, referral = await pair()
    await posted(friend)
    assert await points(advocate, friend) == [100, 30]
    await merges.merge_two(make.staff("admin"), advocate.member_id, friend.member_id, "one person")
    assert await points(advocate) == [0]
    found = await referrals.one(referral.id)
    assert (found.state, found.reason) == ("REJECTED", "SELF")


async def test_who_cannot_be_referred_is_told_why_and_nothing_is_kept() -> None:
    advocate, friend = await make.member_actor(), await make.member_actor()
    code = await referrals.code_of(advocate.member_id)
    assert await refused(friend, code) == "NOT_OFFERED"
    await offered()
    assert await refused(friend, "NO") == "UNKNOWN_CODE"
    assert await refused(advocate, code) == "SELF"
    other = await make.member_id()
    alias = await referrals.code_of(other)
    await merges.merge_two(make.staff("admin"), friend.member_id, other, "one person")
    assert await refused(friend, alias) == "SELF"
    assert await db.value("SELECT count(*) FROM points.referral") == 0
    assert await db.value("SELECT count(*) FROM profile.interaction WHERE kind ~ '^points.referral'") == 0


async def session(who: Actor, device: str) -> None:
    await sessions.open(member=who.member_id, device=device)


async def push_token(who: Actor, device: str) -> None:
    await tokens.register(who, device, Platform.IOS)


async def report(who: Actor, device: str) -> None:
    """A fact of the app on a device."""
    name = await db.value("SELECT value_norm FROM profile.identity WHERE member = $1", who.member_id)
    item = Item(
        kind="seen", message_id=str(ids.new()), identities=(("user_id", name),), occurred_at=clock.now(),
        context={"device": {"id": device}},
    )  # fmt: skip
    assert await reporting.take(Reporter(make.source()), [item]) == [Outcome.ACCEPTED]


async def visit(who: Actor, device: str) -> None:
    """A visit under an anonymous id; a second member's makes it name nobody."""
    name = await db.value("SELECT value_norm FROM profile.identity WHERE member = $1", who.member_id)
    await resolution.resolve([("user_id", name, True), ("anonymous_id", device, False)])


@pytest.mark.parametrize(
    "one",
    [
        (session, session),
        (push_token, push_token),
        (report, report),
        (visit, visit),
        (session, report),
        (visit, session),
    ],
)
async def test_two_who_used_one_device_do_not_refer_one_another(one) -> None:
    await offered()
    advocate, friend, stranger = [await make.member_actor() for _ in range(3)]
    code = await referrals.code_of(advocate.member_id)
    first, second = one
    await first(advocate, "one-phone")
    await second(friend, "one-phone")
    await second(stranger, "another")
    assert await refused(friend, code) == "SAME_DEVICE"
    assert await db.value("SELECT count(*) FROM points.referral") == 0
    assert (await referrals.use(stranger, code)).state == "SIGNED_UP"


async def test_a_friend_who_qualified_in_time_is_not_lost_by_being_told_late() -> None:
    await offered(qualify_within_days=5)
    await rewarded()
    advocate, friend, referral = await pair()
    start = clock.now()
    clock.shift(timedelta(days=6))
    await stepping.settle()
    assert (await referrals.one(referral.id)).state == "EXPIRED"

    async def told(days: int) -> str:
        await interactions.record(
            SYSTEM, PUBLISHED, ("POST", ids.new()), once=ids.new(), member=friend.member_id,
            at=start + timedelta(days=days),
        )  # fmt: skip
        await stepping.settle()
        return (await referrals.one(referral.id)).state

    assert await told(-1) == "EXPIRED"
    assert await told(5) == "EXPIRED"
    assert await told(4) == "QUALIFIED"
    assert await told(3) == "QUALIFIED"
    assert await points(friend) == [30]
    clock.shift(timedelta(days=6 + 14, seconds=9))
    assert await points(advocate, friend) == [100, 30]


async def test_who_was_brought_by_somebody_else_since_stays_with_them() -> None:
    await offered(qualify_within_days=5)
    _, friend, referral = await pair()
    start = clock.now()
    clock.shift(timedelta(days=6))
    await stepping.settle()
    again = await referrals.use(friend, await referrals.code_of(await make.member_id()))
    await interactions.record(
        SYSTEM,
        PUBLISHED,
        ("POST", ids.new()),
        once=ids.new(),
        member=friend.member_id,
        at=start + timedelta(days=4),
    )
    await stepping.settle()
    assert [(await referrals.one(each.id)).state for each in (referral, again)] == ["EXPIRED", "SIGNED_UP"]


async def test_a_friend_has_one_advocate_and_is_new() -> None:
    await offered(friend_within_days=3)
    advocate, friend, _ = await pair()
    assert await refused(friend, await referrals.code_of(await make.member_id())) == "ALREADY_REFERRED"
    assert await refused(advocate, await referrals.code_of(friend.member_id)) == "CIRCULAR"
    late = await make.member_actor()
    clock.shift(timedelta(days=3, seconds=5))
    assert await refused(late, await referrals.code_of(advocate.member_id)) == "NOT_NEW"
    assert await db.value("SELECT count(*) FROM points.referral") == 1


async def test_a_programme_is_revised_by_who_knows_its_version() -> None:
    await offered()
    with pytest.raises(VersionConflict):
        await offered()
    await offered(1, hold_days=3)
    assert (await referrals.defined())["version"] == 2
    with pytest.raises(InvalidInput) as found:
        await referrals.define(
            STAFF,
            "marque",
            ["no.such"],
            friend_within_days=-1,
            qualify_within_days=1,
            hold_days=1,
            expected_version=2,
        )
    assert [each.path for each in found.value.problems] == ["kinds.0", "friendWithinDays"]


async def test_an_erased_person_has_no_code_any_more() -> None:
    await offered()
    advocate, friend, _ = await pair()
    assert {t async for t, _ in engagement.export([advocate.member_id])} == {
        "points.referral_code", "points.referral",
    }  # fmt: skip
    rows = [row async for t, row in engagement.export([friend.member_id]) if t == "points.referral"]
    assert ["advocate" in row for row in rows] == [False]
    erased = await engagement.erase([advocate.member_id])
    assert (erased["points.referral_code"], erased["points.referral"]) == ((1, 0, 0), (0, 0, 1))


@pytest.mark.commits
async def test_a_code_is_used_once_however_often_it_is_tapped() -> None:
    async with db.transaction():
        await offered()
        friend = await make.member_actor()
        codes = [await referrals.code_of(await make.member_id()) for _ in range(4)]

    async def tap(code: str) -> str:
        try:
            await db.attempt(lambda: referrals.use(friend, code))
        except ReferralRefused as refusal:
            return refusal.reason
        return "OK"

    assert sorted(await asyncio.gather(*map(tap, codes))) == ["ALREADY_REFERRED"] * 3 + ["OK"]


@pytest.mark.commits
async def test_without_the_lock_two_codes_used_at_once_collide(monkeypatch) -> None:
    async with db.transaction():
        await offered()
        friend = await make.member_actor()
        codes = [await referrals.code_of(await make.member_id()) for _ in range(2)]
    both, real = asyncio.Barrier(2), referrals._must_be_acceptable

    async def together(*given) -> None:
        await real(*given)
        await asyncio.wait_for(both.wait(), 30)  # neither writes before both have looked

    async def unlocked(*given):
        return list(given)

    monkeypatch.setattr(referrals, "_must_be_acceptable", together)
    monkeypatch.setattr(members, "lock", unlocked)

    async def tap(code: str) -> str:
        try:
            await db.attempt(lambda: referrals.use(friend, code))
        except Exception as problem:
            return type(problem).__name__
        return "OK"

    assert sorted(await asyncio.gather(*map(tap, codes))) == [
        "OK",
        "UniqueViolationError",
    ]  # only the index stands
