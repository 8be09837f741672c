"""Phone codes: their limits, their tries, and that nothing readable is kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from domain import clock, db
from domain.access import codes, policy
from domain.access.codes import Purpose
from domain.access.errors import CodeExpired, TooManyCodes, WrongCode
from domain.actor import SYSTEM, Actor, ActorKind
from domain.errors import InvalidInput, VersionConflict
from domain.foundation import ids
from tests.domain.access.conftest import code_sent_to, wrong

PHONE = "+8613800138001"
VISITOR = Actor(kind=ActorKind.VISITOR, device="d1", ip="10.0.0.1")


async def test_the_code_that_was_sent_verifies_the_phone_once():
    assert await codes.request(VISITOR, PHONE) == 60
    code = await code_sent_to(PHONE)
    assert len(code) == 6 and code.isdigit()
    assert (await codes.check(PHONE, code)).phone == PHONE
    with pytest.raises(CodeExpired):
        await codes.check(PHONE, code)


async def test_a_code_is_good_for_five_minutes():
    await codes.request(VISITOR, PHONE)
    code = await code_sent_to(PHONE)
    clock.shift(timedelta(minutes=5, seconds=1))
    with pytest.raises(CodeExpired):
        await codes.check(PHONE, code)


async def test_a_code_is_for_one_phone_and_one_purpose():
    await codes.request(VISITOR, PHONE)
    code = await code_sent_to(PHONE)
    with pytest.raises(CodeExpired):
        await codes.check("+8613800138002", code)
    with pytest.raises(CodeExpired):
        await codes.check(PHONE, code, Purpose.LINK)


async def test_a_newer_code_replaces_the_older_one():
    await codes.request(VISITOR, PHONE)
    first = await code_sent_to(PHONE)
    clock.shift(timedelta(seconds=61))
    await codes.request(VISITOR, PHONE)
    second = await code_sent_to(PHONE)
    if first != second:
        with pytest.raises(WrongCode):
            await codes.check(PHONE, first)
    await codes.check(PHONE, second)


async def test_five_wrong_tries_use_the_code_up():
    await codes.request(VISITOR, PHONE)
    code = await code_sent_to(PHONE)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongCode) as refused:
            await codes.check(PHONE, wrong(code))
        assert refused.value.tries_left == left
    with pytest.raises(CodeExpired):
        await codes.check(PHONE, code)


async def test_a_retry_of_the_same_call_counts_once_but_another_code_counts_again():
    await codes.request(VISITOR, PHONE)
    code = await code_sent_to(PHONE)
    for _ in range(7):
        with pytest.raises(WrongCode) as refused:
            await codes.check(PHONE, wrong(code), attempt="call-1")
        assert refused.value.tries_left == 4
    with pytest.raises(WrongCode) as refused:
        await codes.check(PHONE, wrong(wrong(code)), attempt="call-1")
    assert refused.value.tries_left == 3


async def test_another_code_may_be_asked_for_after_60_seconds():
    await codes.request(VISITOR, PHONE)
    with pytest.raises(TooManyCodes) as refused:
        await codes.request(VISITOR, PHONE)
    assert 59 <= refused.value.retry_after_seconds <= 60
    clock.shift(timedelta(seconds=61))
    await codes.request(VISITOR, PHONE)


async def test_a_phone_gets_ten_codes_a_day():
    for number in range(10):
        clock.shift(timedelta(hours=number))
        await codes.request(Actor(kind=ActorKind.VISITOR, ip=f"10.0.1.{number}"), PHONE)
    clock.shift(timedelta(hours=10))
    with pytest.raises(TooManyCodes) as refused:
        await codes.request(VISITOR, PHONE)
    assert refused.value.retry_after_seconds == pytest.approx(14 * 3600, abs=5)
    assert await db.value("SELECT count(*) FROM access.challenge") == 10
    clock.shift(timedelta(hours=24, seconds=1))
    await codes.request(VISITOR, PHONE)


@pytest.mark.parametrize("who", [{"ip": "10.9.9.9"}, {"device": "d9"}])
async def test_an_address_and_a_device_get_twenty_codes_an_hour(who):
    asking = Actor(kind=ActorKind.VISITOR, **who)
    for number in range(20):
        await codes.request(asking, f"+86138001380{number:02}")
    with pytest.raises(TooManyCodes) as refused:
        await codes.request(asking, "+8613800138099")
    assert refused.value.retry_after_seconds == pytest.approx(3600, abs=5)
    await codes.request(Actor(kind=ActorKind.VISITOR, ip="10.9.9.8"), "+8613800138099")


async def test_limits_are_data():
    saved = await policy.save(
        SYSTEM, 1, {"code_tries": 1, "codes_per_phone_day": 1, "code_resend_seconds": 1}
    )
    assert saved.version == 2 and saved.code_seconds == 300
    await codes.request(VISITOR, PHONE)
    with pytest.raises(WrongCode) as refused:
        await codes.check(PHONE, wrong(await code_sent_to(PHONE)))
    assert refused.value.tries_left == 0
    clock.shift(timedelta(seconds=2))
    with pytest.raises(TooManyCodes):
        await codes.request(VISITOR, PHONE)
    with pytest.raises(VersionConflict):
        await policy.save(SYSTEM, 1, {"code_tries": 2})
    with pytest.raises(InvalidInput):
        await policy.save(SYSTEM, 2, {"code_tries": 1000})


async def test_neither_phone_nor_code_can_be_read_from_what_access_keeps():
    await codes.request(VISITOR, PHONE)
    code = await code_sent_to(PHONE)
    kept = str([dict(row) for row in await db.fetch("SELECT * FROM access.challenge")])
    assert PHONE not in kept and PHONE[3:] not in kept and f"'{code}'" not in kept
    assert "10.0.0.1" not in kept and "'d1'" not in kept


async def test_a_code_logs_nothing(caplog):
    caplog.set_level(0)
    await codes.request(VISITOR, PHONE)
    code = await code_sent_to(PHONE)
    with pytest.raises(WrongCode):
        await codes.check(PHONE, wrong(code))
    assert PHONE not in caplog.text and code not in caplog.text


async def guess(code: str, is_counted_first: bool) -> str:
    """One guess inside a caller's transaction; the control counts only after it has compared."""
    try:
        async with db.transaction():
            if is_counted_first:
                await codes.check(PHONE, code)
            else:
                tries = await db.value("SELECT tries FROM access.challenge")
                if tries >= 5:
                    raise CodeExpired()
                await asyncio.sleep(0.01)
                async with db.independent() as connection:
                    await connection.execute("UPDATE access.challenge SET tries = $1", tries + 1)
                raise WrongCode(tries_left=4 - tries)
    except WrongCode:
        return "wrong"
    except CodeExpired:
        return "expired"
    return "right"


@pytest.mark.commits
@pytest.mark.parametrize("is_counted_first", [True, False])
async def test_parallel_guesses_get_no_more_than_five_tries(is_counted_first):
    await codes.request(VISITOR, PHONE)
    code = await code_sent_to(PHONE)
    answers = await asyncio.gather(*(guess(wrong(code), is_counted_first) for _ in range(30)))
    assert (answers.count("wrong") == 5) is is_counted_first
    assert answers.count("right") == 0


@pytest.mark.commits
async def test_parallel_uses_of_the_right_code_let_one_in():
    await codes.request(VISITOR, PHONE)
    code = await code_sent_to(PHONE)
    answers = await asyncio.gather(*(guess(code, True) for _ in range(4)))
    assert sorted(answers) == ["expired", "expired", "expired", "right"]


@pytest.mark.commits
async def test_parallel_requests_for_one_phone_send_one_code():
    async def ask() -> bool:
        try:
            await codes.request(VISITOR, PHONE)
        except TooManyCodes:
            return False
        return True

    answers = await asyncio.gather(*(ask() for _ in range(12)))
    assert answers.count(True) == 1
    assert await db.value("SELECT count(*) FROM foundation.recorded_send") == 1


async def test_a_code_of_the_signed_in_member_is_found_by_the_member():
    member = ids.new()
    actor = Actor(kind=ActorKind.MEMBER, id=member, member_id=member, device="d1")
    await codes.request(actor, PHONE, Purpose.STEP_UP)
    code = await code_sent_to(PHONE)
    stranger = Actor(kind=ActorKind.MEMBER, id=ids.new(), member_id=ids.new())
    with pytest.raises(CodeExpired):
        await codes.check_own(stranger, code, Purpose.STEP_UP)
    await codes.check_own(actor, code, Purpose.STEP_UP)
