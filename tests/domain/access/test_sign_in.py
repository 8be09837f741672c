"""Signing in and linking: who the proved person is, and what a device may bring along."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from domain import clock, db, wiring
from domain.access import sessions, step_up, tokens
from domain.access.codes import Purpose
from domain.access.errors import AccountLocked, PinNotSet, StepUpRequired, WrongCode, WrongPin
from domain.errors import InvalidInput, Unauthenticated
from domain.profile import identities, linking, members, merges, resolution, sign_in
from domain.profile.errors import IdentityBlocked, IdentityTaken, LastIdentity, MemberSuspended
from domain.profile.linking import Proof
from tests import make
from tests.domain.access.conftest import code_sent_to, wrong

PHONE, OTHER = "+8613800138001", "+8613900139002"


async def signed_in(phone: str = PHONE, anonymous_id: str | None = None) -> sign_in.SignedIn:
    clock.shift(clock._offset + timedelta(seconds=61))
    await sign_in.request_code(make.visitor(), phone)
    return await sign_in.with_code(
        make.visitor(),
        phone,
        await code_sent_to(identities.phone(phone)),
        anonymous_id=anonymous_id,
        touchpoint="app",
    )


async def acting(person: sign_in.SignedIn):
    return await tokens.actor_of(person.tokens.access_token)


async def kinds_of(member) -> list[str]:
    rows = await db.fetch(
        "SELECT kind FROM profile.interaction WHERE member = $1 ORDER BY received_at, id", member
    )
    return [row["kind"] for row in rows]


async def device_of_visitor(value: str = "device-a"):
    return (await resolution.resolve([("anonymous_id", value, False)])).member


async def test_the_first_sign_in_makes_a_member_and_the_second_finds_it():
    first = await signed_in("138 0013 8001")
    assert first.is_new
    assert await kinds_of(first.member) == ["profile.member.joined", "profile.session.started"]
    again = await signed_in()
    assert (again.member, again.is_new) == (first.member, False)
    assert await kinds_of(first.member) == ["profile.member.joined", *["profile.session.started"] * 2]
    row = await db.one("SELECT is_verified, value_norm FROM profile.identity WHERE member = $1", first.member)
    assert (row["is_verified"], row["value_norm"]) == (True, PHONE)


async def test_who_was_only_reported_joins_with_the_first_sign_in():
    known = await resolution.resolve([("phone", PHONE, False), ("user_id", "u1", False)])
    assert await kinds_of(known.member) == []
    for _ in range(2):
        assert (await signed_in()).member == known.member
    assert await kinds_of(known.member) == [
        "profile.member.joined", "profile.session.started", "profile.session.started",
    ]  # fmt: skip


async def test_a_visitor_who_signs_in_becomes_the_member_and_keeps_the_past():
    visitor = await device_of_visitor()
    person = await signed_in(anonymous_id="device-a")
    assert person.member == visitor and person.is_new
    assert (await members.by_id(visitor))["kind"] == "MEMBER"


async def test_a_visitor_joins_the_member_who_signs_in_on_the_device():
    person = await signed_in()
    visitor = await device_of_visitor()
    again = await signed_in(anonymous_id="device-a")
    assert again.member == person.member and await members.root_of(visitor) == person.member


async def test_a_phone_that_somebody_else_used_before_never_opens_their_account():
    owner = await signed_in(PHONE, anonymous_id="device-a")
    stranger = await signed_in(OTHER, anonymous_id="device-a")
    assert stranger.member != owner.member and stranger.is_new
    assert await db.value("SELECT count(*) FROM profile.shared_device WHERE value_norm = 'device-a'") == 1
    third = await signed_in("+8613700137003", anonymous_id="device-a")
    assert third.member not in (owner.member, stranger.member)


async def test_an_account_known_by_its_user_id_alone_is_not_opened_by_its_device():
    known = (await resolution.resolve([("user_id", "u1", False), ("anonymous_id", "device-a", False)])).member
    person = await signed_in(PHONE, anonymous_id="device-a")
    assert person.member != known


async def test_the_strongest_identity_decides_when_a_limit_would_break():
    old = (
        await resolution.resolve([("user_id", "abc123", False), ("email", "jane@example1.com", False)])
    ).member
    found = await resolution.resolve([("user_id", "abc456", False), ("email", "jane@example1.com", False)])
    assert found.is_new and found.member != old
    assert [each.type for each in found.demoted] == ["email"]


@pytest.mark.parametrize("phone", ["13800000000", "+8613800000000", "00000000000", "  ", "undefined"])
async def test_placeholders_are_blocked(phone):
    with pytest.raises(IdentityBlocked):
        await sign_in.request_code(make.visitor(), phone)
    assert await db.value("SELECT count(*) FROM foundation.recorded_send") == 0


async def test_text_that_is_no_phone_is_invalid():
    with pytest.raises(InvalidInput):
        await sign_in.request_code(make.visitor(), "call me")


async def test_a_suspended_member_cannot_sign_in():
    person = await signed_in()
    await members.suspend(person.member)
    with pytest.raises(Unauthenticated):
        await acting(person)
    with pytest.raises(MemberSuspended):
        await signed_in()
    assert await db.value("SELECT count(*) FROM access.session WHERE ended_at IS NULL") == 0


async def test_signing_out_everywhere_ends_all_sessions_and_is_recorded():
    one, two = await signed_in(), await signed_in()
    await sign_in.sign_out(await acting(one), everywhere=True)
    for person in (one, two):
        with pytest.raises(Unauthenticated):
            await acting(person)
    assert (await kinds_of(one.member))[-1] == "profile.session.ended"


async def test_a_token_means_the_winner_after_a_merge_and_the_loser_again_after_its_undo():
    wiring.start()
    one, two = await signed_in(PHONE), await signed_in(OTHER)
    merge = await merges.merge_two(make.staff("admin"), one.member, two.member, "same person")
    winner = await db.value("SELECT winner FROM profile.merge WHERE id = $1", merge)
    assert (await acting(one)).member_id == (await acting(two)).member_id == winner
    await sessions.suspend(winner)
    for person in (one, two):
        with pytest.raises(Unauthenticated):
            await acting(person)
    await sessions.restore(winner)
    await merges.undo(make.staff("admin"), merge, "they were two")
    assert (await acting(await signed_in(OTHER))).member_id == two.member
    assert await db.value("SELECT root FROM access.subject WHERE member = $1", two.member) is None


@pytest.mark.commits
async def test_parallel_first_sign_ins_of_one_phone_make_one_member():
    await sign_in.request_code(make.visitor(), PHONE)
    code = await code_sent_to(PHONE)

    async def enter():
        try:
            return (await sign_in.with_code(make.visitor(), PHONE, code)).member
        except Exception as refused:
            return type(refused).__name__

    answers = await asyncio.gather(*(enter() for _ in range(4)))
    assert sum(not isinstance(answer, str) for answer in answers) == 1
    assert await db.value("SELECT count(*) FROM profile.identity") == 1


async def linked(person: sign_in.SignedIn, phone: str, **options):
    actor = await acting(person)
    await sign_in.request_code(actor, phone, Purpose.LINK)
    return await linking.link(actor, "phone", phone, Proof(await code_sent_to(phone)), **options)


async def test_a_new_phone_replaces_the_old_one_which_then_leads_to_a_new_member():
    person = await signed_in(PHONE)
    assert await linked(person, OTHER) == person.member
    assert (await signed_in(OTHER)).member == person.member
    assert (await signed_in(PHONE)).member != person.member
    assert {"profile.identity.linked", "profile.identity.unlinked"} <= set(await kinds_of(person.member))


async def test_a_phone_of_another_member_is_taken_and_two_phones_cannot_be_merged():
    one, two = await signed_in(PHONE), await signed_in(OTHER)
    with pytest.raises(IdentityTaken) as refused:
        await linked(one, OTHER)
    assert refused.value.can_merge is False
    assert await identities.owner("phone", OTHER) == two.member


async def test_a_member_without_a_phone_may_merge_with_the_one_that_has_it():
    owner = await signed_in(PHONE)
    actor = await make.member_actor()
    clock.shift(clock._offset + timedelta(seconds=61))
    await sign_in.request_code(actor, PHONE, Purpose.LINK)
    code = await code_sent_to(PHONE)
    with pytest.raises(IdentityTaken) as refused:
        await linking.link(actor, "phone", PHONE, Proof(code, attempt="a"))
    assert refused.value.can_merge is True
    root = await linking.link(actor, "phone", PHONE, Proof(code, attempt="a"), merge=True)
    assert await members.root_of(actor.member_id) == await members.root_of(owner.member) == root


async def test_linking_needs_the_right_code():
    person = await signed_in()
    actor = await acting(person)
    await sign_in.request_code(actor, OTHER, Purpose.LINK)
    with pytest.raises(WrongCode):
        await linking.link(actor, "phone", OTHER, Proof(wrong(await code_sent_to(OTHER))))
    assert await identities.owner("phone", OTHER) is None


async def test_the_last_way_to_sign_in_cannot_be_unlinked():
    person = await signed_in()
    with pytest.raises(LastIdentity):
        await linking.unlink(await acting(person), "phone", PHONE)
    await identities.attach(person.member, [identities.Named(4, "oidc:https://id.example", "s1", True)])
    await linking.unlink(await acting(person), "phone", "138 0013 8001")
    assert await identities.owner("phone", PHONE) is None


async def proved_pin(person: sign_in.SignedIn, pin: str = "194826"):
    actor = await acting(person)
    await sign_in.request_code(actor, PHONE, Purpose.STEP_UP)
    await sign_in.set_pin(actor, pin, await code_sent_to(PHONE))
    return actor


async def test_a_step_up_code_goes_only_to_a_phone_of_ones_own():
    actor = await acting(await signed_in())
    with pytest.raises(InvalidInput):
        await sign_in.request_code(actor, OTHER, Purpose.STEP_UP)


async def test_a_proof_is_good_for_some_minutes_in_its_own_session():
    person = await signed_in()
    actor = await acting(person)
    with pytest.raises(StepUpRequired) as refused:
        await step_up.require(actor, "ERASE")
    assert refused.value.methods == ["CODE"]
    await sign_in.request_code(actor, PHONE, Purpose.STEP_UP)
    await step_up.prove_with_code(actor, await code_sent_to(PHONE))
    await step_up.require(actor, "ERASE")
    with pytest.raises(StepUpRequired):
        await step_up.require(await acting(await signed_in()), "ERASE")
    clock.shift(clock._offset + timedelta(minutes=6))
    with pytest.raises(StepUpRequired):
        await step_up.require(actor, "ERASE")


@pytest.mark.commits
async def test_a_pin_proves_and_five_wrong_ones_lock_it_for_a_while():
    actor = await proved_pin(await signed_in())
    later = replace(actor, session_id=(await sessions.open(member=actor.member_id)).session_id)
    await step_up.prove_with_pin(later, "194826")
    await step_up.require(later, "UNLOCK")
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongPin) as refused:
            await step_up.prove_with_pin(actor, "111112")
        assert refused.value.tries_left == left
    with pytest.raises(AccountLocked):
        await step_up.prove_with_pin(actor, "194826")
    clock.shift(clock._offset + timedelta(minutes=16))
    await step_up.prove_with_pin(actor, "194826")


@pytest.mark.commits
async def test_the_same_wrong_call_counts_once():
    actor = await proved_pin(await signed_in())
    for _ in range(8):
        with pytest.raises(WrongPin) as refused:
            await step_up.prove_with_pin(actor, "111112", attempt="call-1")
        assert refused.value.tries_left == 4


@pytest.mark.parametrize("pin", ["123456", "111111", "987654", "121212", "12345", "12345a", "１２３４５６"])
async def test_weak_pins_are_refused(pin):
    actor = await acting(await signed_in())
    with pytest.raises(InvalidInput):
        await sign_in.set_pin(actor, pin, "000000")
    with pytest.raises(PinNotSet):
        await step_up.check_pin(actor, "194826")


@pytest.mark.commits
async def test_parallel_wrong_pins_get_no_more_than_five_tries():
    actor = await proved_pin(await signed_in())

    async def guess():
        try:
            await step_up.prove_with_pin(actor, "111112")
        except (WrongPin, AccountLocked) as refused:
            return type(refused).__name__

    answers = await asyncio.gather(*(guess() for _ in range(14)))
    assert answers.count("WrongPin") == 5 and answers.count("AccountLocked") == 9


@pytest.mark.commits
async def test_a_wrong_code_stays_counted_when_the_sign_in_rolls_back():
    await sign_in.request_code(make.visitor(), PHONE)
    code = await code_sent_to(PHONE)
    with pytest.raises(WrongCode):
        async with db.transaction():
            await sign_in.with_code(make.visitor(), PHONE, wrong(code))
    assert await db.value("SELECT tries FROM access.challenge") == 1
    assert await db.value("SELECT count(*) FROM profile.member") == 0
