"""Tokens and sessions: who stands behind one, and what ends it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain import clock, db
from domain.access import keys, sessions, signing, staff, tokens
from domain.access.errors import MemberSuspended, SessionEnded
from domain.actor import SYSTEM, ActorKind
from domain.errors import Forbidden, InvalidInput, Unauthenticated
from domain.foundation import ids
from domain.settings import settings


async def test_an_access_token_names_its_member_and_session():
    member = ids.new()
    opened = await sessions.open(member=member, device="phone-1", touchpoint="app")
    holder = await tokens.holder_of(opened.access_token, ip="10.0.0.1")
    actor = holder.actor
    assert (actor.kind, actor.member_id, actor.roles) == (ActorKind.MEMBER, member, frozenset({"member"}))
    assert (actor.session_id, actor.device, actor.touchpoint) == (opened.session_id, "phone-1", "app")
    assert holder.valid_until - clock.now() == pytest.approx(timedelta(minutes=15), abs=timedelta(seconds=3))


async def test_using_a_token_costs_one_statement():
    opened = await sessions.open(member=ids.new())
    seen = db.recorder.set([])
    await tokens.actor_of(opened.access_token)
    await asyncio.sleep(0)  # the driver tells its listeners a moment later
    statements = db.recorder.get()
    db.recorder.reset(seen)
    assert len(statements) == 1


async def test_an_access_token_ends_after_15_minutes_on_the_brands_clock():
    opened = await sessions.open(member=ids.new())
    clock.shift(timedelta(minutes=14, seconds=59))
    await tokens.actor_of(opened.access_token)
    clock.shift(timedelta(minutes=15, seconds=1))
    with pytest.raises(Unauthenticated):
        await tokens.actor_of(opened.access_token)


async def test_a_development_token_outlives_the_brands_clock():
    token = await tokens.development_token("operator")
    clock.shift(timedelta(days=400))
    holder = await tokens.holder_of(token)
    assert holder.actor.has("operator")
    assert holder.valid_until > clock.now() + timedelta(days=29)


async def test_the_same_words_give_the_same_person_and_a_name_another_one():
    words = {"scopes": ["circle:7"]}
    first = await tokens.actor_of(await tokens.development_token("moderator", **words))
    again = await tokens.actor_of(await tokens.development_token("moderator", **words))
    other = await tokens.actor_of(await tokens.development_token("moderator", **words, name="second"))
    everywhere = await tokens.actor_of(await tokens.development_token("moderator"))
    assert first.id == again.id and len({first.id, other.id, everywhere.id}) == 3
    assert first.scope_ids("circle") == {"7"} and everywhere.scope_ids("circle") is None


@pytest.mark.parametrize(
    ("role", "scopes"),
    [("king", []), ("operator", ["circle:1"]), ("advisor", ["circle:1"]), ("host", ["occurrence:"])],
)
async def test_a_role_or_scope_that_does_not_exist_gives_no_token(role, scopes):
    with pytest.raises(InvalidInput):
        await tokens.development_token(role, scopes=scopes)
    assert await db.value("SELECT count(*) FROM access.staff_role WHERE role = $1", role) == 0


async def test_development_tokens_are_refused_in_production(monkeypatch):
    monkeypatch.setattr(settings(), "env", "production")
    with pytest.raises(Forbidden):
        await tokens.development_token("admin")


async def test_signing_out_is_felt_at_the_next_use():
    opened = await sessions.open(member=ids.new())
    assert await sessions.end(opened.session_id)
    with pytest.raises(Unauthenticated):
        await tokens.actor_of(opened.access_token)
    with pytest.raises(SessionEnded):
        await sessions.rotate(opened.refresh_token)


async def test_suspension_ends_every_session_and_lets_nobody_in_until_restored():
    member = ids.new()
    one, two = await sessions.open(member=member), await sessions.open(member=member)
    await sessions.suspend(member)
    for opened in (one, two):
        with pytest.raises(Unauthenticated):
            await tokens.actor_of(opened.access_token)
        with pytest.raises(SessionEnded):
            await sessions.rotate(opened.refresh_token)
    with pytest.raises(MemberSuspended):
        await sessions.open(member=member)
    await sessions.restore(member)
    with pytest.raises(Unauthenticated):
        await tokens.actor_of(one.access_token)
    await tokens.actor_of((await sessions.open(member=member)).access_token)


async def test_signing_out_everywhere_spares_other_members():
    member, other = ids.new(), await sessions.open(member=ids.new())
    opened = [await sessions.open(member=member) for _ in range(3)]
    assert await sessions.end_all_of(member) == 3
    for each in opened:
        with pytest.raises(Unauthenticated):
            await tokens.actor_of(each.access_token)
    await tokens.actor_of(other.access_token)


async def test_refreshing_gives_a_new_pair_and_keeps_the_session_30_more_days():
    opened = await sessions.open(member=ids.new())
    clock.shift(timedelta(days=29))
    rotated = await sessions.rotate(opened.refresh_token)
    assert rotated.session_id == opened.session_id
    assert (await tokens.actor_of(rotated.access_token)).session_id == opened.session_id
    clock.shift(timedelta(days=58))
    again = await sessions.rotate(rotated.refresh_token)
    clock.shift(timedelta(days=58 + 30, seconds=1))
    with pytest.raises(SessionEnded):
        await sessions.rotate(again.refresh_token)


async def test_a_refresh_token_used_twice_ends_its_family():
    opened = await sessions.open(member=ids.new())
    rotated = await sessions.rotate(opened.refresh_token)
    with pytest.raises(SessionEnded):
        await sessions.rotate(opened.refresh_token)
    with pytest.raises(SessionEnded):
        await sessions.rotate(rotated.refresh_token)
    with pytest.raises(Unauthenticated):
        await tokens.actor_of(rotated.access_token)
    assert (
        await db.value("SELECT end_reason FROM access.session WHERE id = $1", opened.session_id) == "REUSED"
    )


@pytest.mark.commits
async def test_reuse_ends_the_family_although_the_caller_rolls_back():
    opened = await sessions.open(member=ids.new())
    rotated = await sessions.rotate(opened.refresh_token)
    with pytest.raises(SessionEnded):
        async with db.transaction():
            await sessions.rotate(opened.refresh_token)
    with pytest.raises(Unauthenticated):
        await tokens.actor_of(rotated.access_token)


async def test_each_token_is_good_for_its_own_use_only():
    opened = await sessions.open(member=ids.new())
    with pytest.raises(Unauthenticated):
        await tokens.actor_of(opened.refresh_token)
    with pytest.raises(SessionEnded):
        await sessions.rotate(opened.access_token)


@pytest.mark.parametrize("forged", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
async def test_text_that_is_no_token_is_unauthenticated(forged):
    with pytest.raises(Unauthenticated):
        await tokens.actor_of(forged)


async def test_a_token_signed_by_another_key_is_unauthenticated():
    opened = await sessions.open(member=ids.new())
    claims = jwt.decode(opened.access_token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(opened.access_token)["kid"]
    for forged in (
        jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA", headers={"kid": kid}),
        jwt.encode(
            claims, "a shared secret that is long enough for HMAC", algorithm="HS256", headers={"kid": kid}
        ),
        jwt.encode(claims, None, algorithm="none", headers={"kid": kid}),
    ):
        with pytest.raises(Unauthenticated):
            await tokens.actor_of(forged)


async def test_rotating_the_signing_key_keeps_older_tokens_good(tmp_path, monkeypatch):
    monkeypatch.setattr(settings(), "signing_keys", tmp_path)
    opened = await sessions.open(member=ids.new())
    kid = keys.rotate()
    newer = await sessions.rotate(opened.refresh_token)
    assert jwt.get_unverified_header(opened.access_token)["kid"] == "0001"
    assert jwt.get_unverified_header(newer.access_token)["kid"] == kid == "0002"
    await tokens.actor_of(opened.access_token)
    await tokens.actor_of(newer.access_token)
    (tmp_path / "0001.pem").unlink()
    keys._read()
    with pytest.raises(Unauthenticated):
        await tokens.actor_of(opened.access_token)


def test_a_key_that_another_process_adds_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(settings(), "signing_keys", tmp_path)
    keys.signing()
    (tmp_path / "0002.pem").write_bytes(keys._made())
    assert keys.verifying("0002") is not None
    assert (tmp_path / "0001.pem").stat().st_mode & 0o077 == 0


async def test_losing_a_role_is_felt_at_the_next_use():
    token = await tokens.development_token("operator")
    account = (await tokens.actor_of(token)).id
    await staff.end_role(SYSTEM, account, "operator")
    assert (await tokens.actor_of(token)).roles == frozenset()


async def test_a_role_held_everywhere_is_not_limited_by_a_scope_of_the_same_role():
    account = await staff.appoint(
        SYSTEM, name="Li", email="li@brand.example", role="moderator", scopes=["circle:1"]
    )
    await staff.appoint(SYSTEM, name="Li", email="LI@brand.example", role="moderator")
    await staff.appoint(SYSTEM, name="Li", email="li@brand.example", role="advisor", scopes=["store:9"])
    actor = await staff.actor_of(account.id)
    assert actor.scope_ids("circle") is None and actor.scope_ids("store") == {"9"}


def test_tokens_say_nothing_personal():
    claims = jwt.decode(
        signing.signed(
            ids.new(), use=signing.ACCESS, issued_at=datetime.now(UTC), expires_at=datetime.now(UTC)
        ),
        options={"verify_signature": False},
    )
    assert set(claims) == {"iss", "use", "sid", "iat", "exp"}
