"""Staff accounts: passwords, roles, and that somebody can always manage them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from domain import clock, db
from domain.access import sessions, staff, tokens
from domain.access.errors import AccountLocked, LastAdmin, WrongPassword
from domain.actor import SYSTEM
from domain.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from domain.foundation import ids
from domain.settings import settings
from tests import make

PASSWORD = "a long enough password"


async def account(email: str = "li@brand.example", role: str = "operator"):
    made = await staff.appoint(SYSTEM, name="Li", email=email, role=role)
    return await staff.set_password(SYSTEM, made.id, PASSWORD)


async def enter(email: str = "li@brand.example", password: str = PASSWORD):
    return await staff.sign_in(email, password, device=None, touchpoint="console")


async def test_e_mail_and_password_open_a_session_with_the_roles():
    made = await account()
    actor = await tokens.actor_of((await enter(" LI@brand.example ")).access_token)
    assert (actor.id, actor.roles, actor.is_staff, actor.member_id) == (made.id, {"operator"}, True, None)


async def test_wrong_unknown_and_closed_answer_alike():
    made = await account()
    await staff.close(SYSTEM, made.id, "left")
    for email, password in (("li@brand.example", PASSWORD), ("nobody@brand.example", PASSWORD), ("", "")):
        with pytest.raises(WrongPassword):
            await enter(email, password)


@pytest.mark.commits
async def test_five_wrong_passwords_lock_the_account_for_a_while_also_in_parallel():
    await account()

    async def guess() -> str:
        try:
            async with db.transaction():
                await enter(password="not the password")
        except (WrongPassword, AccountLocked) as refused:
            return type(refused).__name__
        return "in"

    answers = await asyncio.gather(*(guess() for _ in range(9)))
    assert answers.count("WrongPassword") == 5 and answers.count("AccountLocked") == 4
    with pytest.raises(AccountLocked):
        await enter()
    clock.shift(timedelta(minutes=16))
    await enter()


async def test_only_a_slow_hash_of_the_password_is_kept():
    made = await account()
    kept = await db.value("SELECT password_hash FROM access.staff WHERE id = $1", made.id)
    assert kept.startswith("$argon2id$") and PASSWORD not in str(
        await db.fetch("SELECT * FROM access.audit_entry")
    )


async def test_setting_a_password_ends_the_sessions_and_short_ones_are_refused():
    made = await account()
    opened = await enter()
    with pytest.raises(InvalidInput):
        await staff.set_password(SYSTEM, made.id, "short")
    with pytest.raises(Forbidden):
        await staff.set_password(make.staff("operator"), made.id, "another long password")
    await staff.set_password(await staff.actor_of(made.id), made.id, "another long password")
    with pytest.raises(Unauthenticated):
        await tokens.actor_of(opened.access_token)
    with pytest.raises(WrongPassword):
        await enter()


async def test_closing_an_account_ends_its_sessions_at_once_and_reopening_restores_it():
    made = await account()
    opened = await enter()
    await staff.close(SYSTEM, made.id, "left")
    with pytest.raises(Unauthenticated):
        await tokens.actor_of(opened.access_token)
    assert await staff.actor_of(made.id) is None
    await staff.reopen(SYSTEM, made.id, "came back")
    await enter()


async def test_the_last_admin_stays():
    await db.run("DELETE FROM access.staff_role WHERE role = 'admin'")
    only = await account(role="admin")
    with pytest.raises(LastAdmin):
        await staff.end_role(SYSTEM, only.id, "admin")
    with pytest.raises(LastAdmin):
        await staff.close(SYSTEM, only.id, "left")
    assert (await staff.account(only.id)).is_active
    await account("second@brand.example", "admin")
    await staff.close(SYSTEM, only.id, "left")


@pytest.mark.commits
async def test_two_admins_cannot_remove_each_other_at_once():
    await db.run("DELETE FROM access.staff_role WHERE role = 'admin'")
    both = [await account(f"a{n}@brand.example", "admin") for n in range(2)]

    async def close(each) -> bool:
        try:
            await staff.close(SYSTEM, each.id, "race")
        except LastAdmin:
            return False
        return True

    assert sorted(await asyncio.gather(*(close(each) for each in both))) == [False, True]


async def test_a_role_is_ended_in_one_scope_or_altogether():
    made = await staff.appoint(
        SYSTEM, name="Li", email="li@b.example", role="moderator", scopes=["circle:1", "circle:2"]
    )
    left = await staff.end_role(SYSTEM, made.id, "moderator", "circle:1")
    assert left.roles == (("moderator", "circle:2"),)
    assert (await staff.end_role(SYSTEM, made.id, "moderator")).roles == ()
    with pytest.raises(NotFound):
        await staff.end_role(SYSTEM, made.id, "moderator")


async def test_sessions_that_ran_out_long_ago_are_forgotten_but_not_those_of_development():
    await sessions.open(member=ids.new())
    token = await tokens.development_token("operator")
    clock.shift(timedelta(days=121))
    assert await sessions.forget_old() == 1
    await tokens.actor_of(token)


async def test_an_admin_made_on_the_command_line_signs_in_and_holds_the_role():
    made = await staff.appoint_admin("Li", "li@brand.example", PASSWORD)
    assert made.has_password and made.roles == (("admin", ""),)
    assert (await tokens.actor_of((await enter()).access_token)).has("operator")


async def test_in_production_the_admin_of_the_fresh_installation_does_not_count(monkeypatch):
    monkeypatch.setattr(settings(), "env", "production")
    only = await account(role="admin")
    with pytest.raises(LastAdmin):
        await staff.close(SYSTEM, only.id, "left")
