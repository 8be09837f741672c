"""Telling a member something: once, after the commit, in the inbox and by push."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from domain import clock, db, ports
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.messaging import delivery, inbox, notices, preferences, rules, tokens
from domain.messaging.errors import MandatoryChannel
from domain.messaging.tables import Channel
from domain.messaging.types import NoticeType
from domain.profile import consents, identities, merges
from domain.profile.identities import Named
from tests import make

NOON = datetime(2026, 5, 11, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


@pytest.fixture(autouse=True)
def noon():
    clock.shift(NOON - datetime.now(UTC))
    yield
    clock.shift(timedelta(0))


def later(**by: int) -> None:
    clock.shift(clock.now() + timedelta(**by) - datetime.now(UTC))


async def deliver() -> None:
    while await delivery.deliver_due():
        pass


async def items(root):
    return await inbox.shown(await inbox.of_root(root, Page(limit=50)), "en")


async def like(recipient, actor, post):
    return await notices.send(
        recipient, NoticeType.REACTION, ("POST", post), actor=actor, once=ids.new(), target=("POST", post)
    )


async def states():
    rows = await db.fetch(
        "SELECT channel, state, skip_reason FROM messaging.message ORDER BY requested_at, id"
    )
    return [(row["channel"], row["state"], row["skip_reason"]) for row in rows]


async def test_a_notice_stands_in_the_inbox_once_and_is_unread_until_it_is_read():
    me = await make.member_actor()
    for _ in range(2):
        await notices.send(me.member_id, NoticeType.SYSTEM, ("X", "1"), {"text": "Hello"})
    assert await inbox.unread_count(me.member_id) == 0
    await deliver()
    (item,) = await items(me.member_id)
    assert (item.title, item.body, item.count) == ("Notice", "Hello", 1)
    assert await inbox.unread_count(me.member_id) == 1
    assert await inbox.read(me, None) == (1, 0)
    assert await states() == [("INBOX", "OPENED", None), ("PUSH", "SKIPPED", "NOT_REACHABLE")]


@pytest.mark.parametrize("channel", [Channel.INBOX, Channel.EMAIL])
async def test_marketing_is_sent_only_with_consent_in_the_moment_of_sending(channel):
    me = await make.member_actor()
    await identities.attach(me.member_id, [Named(5, "email", "li@example.com", True)])

    async def sent() -> tuple[str, str | None]:
        await notices.send(
            me.member_id, NoticeType.SYSTEM, ("X", ids.new()), {"text": "Hello"}, channels=[channel]
        )
        newest = "id = (SELECT max(id::text)::uuid FROM messaging.message)"
        await db.run(f"UPDATE messaging.message SET category = 'MARKETING' WHERE {newest}")
        row = await db.one(
            "SELECT id FROM messaging.message WHERE category = 'MARKETING' AND state = 'QUEUED'"
        )
        await deliver()
        return tuple(
            (
                await db.one("SELECT state, skip_reason FROM messaging.message WHERE id = $1", row["id"])
            ).values()
        )

    answers = [consents.Answer("marketing")]
    assert await sent() == ("SKIPPED", "NO_CONSENT")
    await consents.note(me, me.member_id, consents.ConsentState.GRANTED, answers, consents.Told())
    assert (await sent())[0] in ("DELIVERED", "SENT")
    later(minutes=1)
    await consents.note(
        me, me.member_id, consents.ConsentState.DENIED, [consents.Answer("marketing", str(channel))], consents.Told()
    )  # fmt: skip
    assert await sent() == ("SKIPPED", "NO_CONSENT")


async def test_a_rolled_back_caller_has_sent_nothing():
    me = await make.member_id()
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            await notices.send(me, NoticeType.SYSTEM, ("X", "1"), {"text": "Hello"})
            raise ZeroDivisionError
    await deliver()
    assert await states() == [] and await inbox.unread_count(me) == 0


async def test_nobody_is_told_of_his_own_deeds_not_even_after_a_merge():
    one, other = await make.member_id(), await make.member_id()
    assert await like(one, one, ids.new()) is None
    await like(one, other, ids.new())
    await merges.merge_two(make.staff("admin"), one, other, "same person")
    await deliver()
    assert ("INBOX", "SKIPPED", "OWN_DEED") in await states()


async def test_a_notice_without_its_facts_is_skipped_and_never_says_null():
    me = await make.member_id()
    await notices.send(me, NoticeType.SYSTEM, ("X", "1"), {})
    await deliver()
    assert await states() == [("INBOX", "SKIPPED", "MISSING_FACTS")]


async def test_likes_of_one_post_are_one_group():
    me, post = await make.member_id(), ids.new()
    for _ in range(3):
        await like(me, await make.member_id(), post)
    await deliver()
    (item,) = await items(me)
    assert (item.row["grouped_by"], item.actor_count) == ("TARGET", 3)
    assert "(3 in all)" in item.body
    assert await inbox.unread_count(me) == 1


async def test_the_same_like_again_changes_nothing():
    me, fan, post = await make.member_id(), await make.member_id(), ids.new()
    await like(me, fan, post)
    await like(me, fan, post)
    await deliver()
    assert [item.actor_count for item in await items(me)] == [1]
    assert ("INBOX", "SKIPPED", "REPEATED") in await states()


async def test_two_young_groups_of_one_actor_become_one_with_the_third():
    me, fan = await make.member_id(), await make.member_id()
    for _ in range(2):
        await like(me, fan, ids.new())
        await deliver()
    assert await inbox.unread_count(me) == 2
    await like(me, fan, ids.new())
    await deliver()
    (item,) = await items(me)
    assert (item.row["grouped_by"], item.actor_count, item.row["actor"]) == ("ACTOR", 1, fan)
    await like(me, fan, ids.new())
    await deliver()
    assert await inbox.unread_count(me) == 1


async def test_groups_older_than_two_hours_do_not_join():
    me, fan = await make.member_id(), await make.member_id()
    for _ in range(2):
        await like(me, fan, ids.new())
    await deliver()
    later(minutes=121)
    await like(me, fan, ids.new())
    await deliver()
    assert await inbox.unread_count(me) == 3


async def test_a_read_group_and_one_older_than_a_day_are_closed():
    me, post = await make.member_actor(), ids.new()
    await like(me.member_id, await make.member_id(), post)
    await deliver()
    await inbox.read(me, None)
    await like(me.member_id, await make.member_id(), post)
    await deliver()
    later(hours=24, minutes=1)
    await like(me.member_id, await make.member_id(), post)
    await deliver()
    assert [item.actor_count for item in await items(me.member_id)] == [1, 1, 1]
    assert await inbox.unread_count(me.member_id) == 2


async def test_taking_a_like_back_removes_the_actor_and_an_emptied_group_disappears():
    me, one, other, post = await make.member_id(), await make.member_id(), await make.member_id(), ids.new()
    for fan in (one, other):
        await like(me, fan, post)
    await deliver()
    await notices.withdraw(("POST", post), actor=one, type=NoticeType.REACTION)
    await deliver()
    assert [item.actors for item in await items(me)] == [[other]]
    await notices.withdraw(("POST", post), actor=other, type=NoticeType.REACTION)
    await deliver()
    assert await inbox.unread_count(me) == 0


async def test_what_is_restored_comes_back_without_ringing():
    me, fan, comment, post = await make.member_id(), await make.member_id(), ids.new(), ids.new()
    await notices.send(me, NoticeType.REPLY, ("COMMENT", comment), actor=fan, target=("POST", post))
    await deliver()
    assert await notices.withdraw(("POST", post)) >= 1
    await deliver()
    assert await inbox.unread_count(me) == 0
    await notices.restore(("POST", post))
    await deliver()
    assert await inbox.unread_count(me) == 1
    assert [state for state in await states() if state[0] == "PUSH"] == [("PUSH", "SKIPPED", "NOT_REACHABLE")]


async def test_a_push_rings_when_a_group_opens_and_at_ten():
    me, post = await make.member_actor(), ids.new()
    await tokens.register(me, "token-1", tokens.Platform.IOS)
    for _ in range(12):
        await like(me.member_id, await make.member_id(), post)
        await deliver()
    sent = await db.fetch(
        "SELECT recipient, body FROM foundation.recorded_send WHERE channel = 'PUSH' ORDER BY at"
    )
    assert [(row["recipient"], row["body"]["count"]) for row in sent] == [("token-1", 1), ("token-1", 10)]


async def test_a_preference_that_is_off_is_kept_and_the_mandatory_ones_cannot_be_off():
    me = await make.member_actor()
    await tokens.register(me, "token-1", tokens.Platform.IOS)
    await preferences.choose(me, [(NoticeType.REACTION, Channel.PUSH, False)])
    await like(me.member_id, await make.member_id(), ids.new())
    await deliver()
    assert await states() == [("INBOX", "DELIVERED", None), ("PUSH", "SKIPPED", "PREFERENCE_OFF")]
    with pytest.raises(MandatoryChannel):
        await preferences.choose(
            me,
            [(NoticeType.REPLY, Channel.INBOX, False), (NoticeType.MODERATION, Channel.INBOX, False)],
        )
    wishes = {(each.type, each.channel): each.is_on for each in await preferences.of(me.member_id)}
    assert wishes[NoticeType.REPLY, Channel.INBOX] and not wishes[NoticeType.REACTION, Channel.PUSH]


async def test_quiet_hours_delay_pushes_to_their_end_as_one_summary():
    me = await make.member_actor()
    await tokens.register(me, "token-1", tokens.Platform.IOS)
    later(hours=11)  # 23:00
    for _ in range(3):
        await like(me.member_id, await make.member_id(), ids.new())
    await deliver()
    assert [state for state in await states() if state[0] == "PUSH"] == [("PUSH", "DEFERRED", None)] * 3
    assert await inbox.unread_count(me.member_id) == 3
    later(hours=9)  # 08:00
    await deliver()
    assert await db.value("SELECT array_agg(body->>'body') FROM foundation.recorded_send") == [
        "你有 3 条新通知"
    ]
    assert ("PUSH", "SKIPPED", "SUMMARISED") in await states()


async def test_transactional_notices_ignore_quiet_hours():
    me = await make.member_actor()
    await tokens.register(me, "token-1", tokens.Platform.IOS)
    later(hours=11)
    await notices.send(
        me.member_id,
        NoticeType.APPOINTMENT_BOOKED,
        ("APPOINTMENT", "1"),
        {"starts_at": "2026-05-12T02:00:00Z"},
    )
    await deliver()
    body = await db.value("SELECT body->>'body' FROM foundation.recorded_send")
    assert body == "你的预约时间为 2026-05-12 10:00"


async def test_ones_own_quiet_hours_override_the_brands_and_equal_ends_switch_them_off():
    me = await make.member_actor()
    await preferences.set_brand_quiet(make.staff("operator"), time(11), time(13), 0)
    assert (await preferences.quiet(me.member_id)).starts == time(11)
    await preferences.set_quiet(me, time(0), time(0))
    await tokens.register(me, "token-1", tokens.Platform.IOS)
    await like(me.member_id, await make.member_id(), ids.new())
    await deliver()
    assert await db.value("SELECT count(*) FROM foundation.recorded_send") == 1


async def test_a_death_between_sending_and_noting_it_sends_again_under_the_same_key(monkeypatch):
    me = await make.member_actor()
    await tokens.register(me, "token-1", tokens.Platform.IOS)
    await like(me.member_id, await make.member_id(), ids.new())
    seen = []

    class Dying(ports.RecordingSender):
        async def send(self, send):
            await super().send(send)
            seen.append(send.key)
            if len(seen) == 1:
                raise KeyboardInterrupt  # nobody catches it: the process is gone

    monkeypatch.setitem(ports.providers, "recording", Dying)
    with pytest.raises(KeyboardInterrupt):
        await deliver()
    await deliver()
    assert ("PUSH", "SENDING", None) in await states() and len(seen) == 1
    later(seconds=61)
    await deliver()
    assert len(seen) == 2 and seen[0] == seen[1]
    assert ("PUSH", "SENT", None) in await states()
    assert await db.value("SELECT count(*) FROM foundation.recorded_send") == 1


async def test_a_provider_that_fails_is_tried_five_times_and_then_given_up(monkeypatch):
    me = await make.member_actor()
    await tokens.register(me, "token-1", tokens.Platform.IOS)
    await like(me.member_id, await make.member_id(), ids.new())

    class Away:
        async def send(self, send):
            raise ConnectionRefusedError("away")

    monkeypatch.setitem(ports.providers, "recording", Away)
    for _ in range(6):
        await deliver()
        later(hours=2)
    row = await db.one("SELECT state, tries, last_error FROM messaging.message WHERE channel = 'PUSH'")
    assert (row["state"], row["tries"]) == ("FAILED", 5) and "away" in row["last_error"]


async def test_a_token_the_provider_forgot_is_used_no_more(monkeypatch):
    me = await make.member_actor()
    await tokens.register(me, "token-1", tokens.Platform.IOS)
    await like(me.member_id, await make.member_id(), ids.new())

    class Forgetful:
        async def send(self, send):
            raise ports.Unregistered(send.recipient)

    monkeypatch.setitem(ports.providers, "recording", Forgetful)
    await deliver()
    assert await tokens.usable(me.member_id) == []
    assert ("PUSH", "SKIPPED", "NOT_REACHABLE") in await states()


async def test_a_token_moves_to_whoever_registers_it_and_is_forgotten_when_unseen():
    one, other = await make.member_actor(), await make.member_actor()
    await tokens.register(one, "token-1", tokens.Platform.IOS)
    await tokens.register(other, "token-1", tokens.Platform.ANDROID)
    assert await tokens.usable(one.member_id) == []
    assert len(await tokens.usable(other.member_id)) == 1
    later(days=60)
    assert await tokens.usable(other.member_id) == []


async def test_a_merge_shows_both_inboxes_and_the_undo_parts_them():
    one, other = await make.member_id(), await make.member_id()
    for member in (one, other):
        await notices.send(member, NoticeType.SYSTEM, ("X", "1"), {"text": "Hello"})
    await deliver()
    merge = await merges.merge_two(make.staff("admin"), one, other, "same person")
    root = await db.value("SELECT root FROM profile.member WHERE id = $1", one)
    assert await inbox.unread_count(root) == 2
    await merges.undo(make.staff("admin"), merge, "not the same")
    assert await inbox.unread_count(one) == await inbox.unread_count(other) == 1


async def test_an_email_goes_to_the_verified_address():
    me = await make.member_id()
    await identities.attach(
        me, [Named(5, "email", "a@example.com"), Named(5, "email", "b@example.com", True)]
    )
    await notices.send(me, NoticeType.SYSTEM, ("X", "1"), {"text": "Hello"}, channels=[Channel.EMAIL])
    await deliver()
    assert (
        await db.value("SELECT recipient FROM foundation.recorded_send WHERE channel = 'EMAIL'")
        == "b@example.com"
    )


def test_every_edge_of_a_message_is_known():
    from domain.messaging.tables import MessageState

    assert set(rules.EDGES) == set(MessageState)
    assert rules.EDGES[MessageState.FAILED] == frozenset()


@pytest.mark.parametrize(
    ("now", "zone", "starts", "ends", "until"),
    [
        ("2026-05-11T15:00Z", "Asia/Shanghai", "22:00", "08:00", "2026-05-12T00:00Z"),
        ("2026-05-11T13:59Z", "Asia/Shanghai", "22:00", "08:00", None),
        ("2026-05-11T14:00Z", "Asia/Shanghai", "22:00", "08:00", "2026-05-12T00:00Z"),
        ("2026-05-12T00:00Z", "Asia/Shanghai", "22:00", "08:00", None),
        ("2026-05-11T05:00Z", "Asia/Shanghai", "12:00", "14:00", "2026-05-11T06:00Z"),
        ("2026-05-11T05:00Z", "Asia/Shanghai", "13:00", "13:00", None),
        # Berlin skips 02:00-03:00 on 29 March 2026: an end at 02:30 is 03:00 (01:00Z).
        ("2026-03-29T00:30Z", "Europe/Berlin", "22:00", "02:30", "2026-03-29T01:00Z"),
        # Berlin has 02:00-03:00 twice on 25 October 2026: the first 02:30 ends it (00:30Z).
        ("2026-10-25T00:10Z", "Europe/Berlin", "22:00", "02:30", "2026-10-25T00:30Z"),
        ("2026-10-25T01:10Z", "Europe/Berlin", "22:00", "02:30", None),
        # ... and the first 02:30 begins it.
        ("2026-10-25T01:10Z", "Europe/Berlin", "02:30", "08:00", "2026-10-25T07:00Z"),
    ],
)
def test_quiet_hours_are_the_members_own_also_over_daylight_saving(now, zone, starts, ends, until):
    found = rules.quiet_until(
        datetime.fromisoformat(now), zone, time.fromisoformat(starts), time.fromisoformat(ends)
    )
    assert found == (datetime.fromisoformat(until) if until else None)
