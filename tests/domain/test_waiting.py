"""The test clock stops where messages, files and wishes to leave are due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain import clock, db, stepping
from domain.access import sessions, step_up
from domain.actor import Actor, ActorKind
from domain.foundation import ids
from domain.messaging import notices, tokens
from domain.messaging.types import NoticeType
from domain.profile import erasure, exports, members
from domain.settings import settings
from tests import make

NIGHT = datetime(2026, 5, 11, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai


@pytest.fixture(autouse=True)
def moved(tmp_path, monkeypatch):
    monkeypatch.setattr(settings(), "exports_dir", tmp_path)
    monkeypatch.setattr(settings(), "test_clock", True)
    clock.shift(NIGHT - datetime.now(UTC))
    yield
    clock.shift(timedelta(0))


async def test_what_waits_happens_in_its_very_instant():
    await clock.set_to(NIGHT)
    root = await make.member_id()
    session = (await sessions.open(member=root)).session_id
    me = Actor(
        kind=ActorKind.MEMBER, id=root, member_id=root, roles=frozenset({"member"}), session_id=session
    )
    await tokens.register(me, "token-1", tokens.Platform.IOS)
    await notices.send(root, NoticeType.REPLY, ("COMMENT", ids.new()), actor=await make.member_id())
    job = await exports.request(me)
    await stepping.advance(timedelta(hours=9))
    sent = await db.value("SELECT sent_at FROM messaging.message WHERE channel = 'PUSH'")
    assert abs(sent - datetime(2026, 5, 12, 0, 0, tzinfo=UTC)) < timedelta(seconds=5)
    assert (await exports.by_ids([job]))[job]["state"] == "READY"
    await step_up.keep_proof(me, step_up.PIN)
    made = await erasure.request(me, None)
    asked_at = clock.now()
    await stepping.advance(timedelta(days=6))
    assert (await exports.by_ids([job]))[job]["state"] == "READY"
    await stepping.advance(timedelta(days=2))
    row = (await erasure.by_ids([made]))[made]
    assert row["state"] == "DONE"
    assert abs(row["erased_at"] - asked_at - erasure.GRACE) < timedelta(seconds=5)
    assert (await exports.by_ids([job]))[job]["state"] == "EXPIRED"
    assert not list(exports.folder().iterdir())
    assert (await members.by_id(root))["status"] == "ERASED"
