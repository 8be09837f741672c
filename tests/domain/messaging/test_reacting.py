"""What interactions tell whom."""

from __future__ import annotations

from domain import db
from domain.actor import SYSTEM, member
from domain.foundation import ids
from domain.messaging import delivery, inbox
from domain.profile import catalogue, drain, interactions
from domain.wiring import reactions
from tests import make


async def happen(kind, subject, actor, /, *, flags=(), member_id=None, **properties):
    await interactions.record(
        actor, catalogue.find(kind), subject, once=ids.new(), member=member_id or actor.member_id, flags=flags,
        **properties,
    )  # fmt: skip
    await drain.drain_all(reactions)
    while await delivery.deliver_due():
        pass


async def types(root):
    rows = await db.fetch("SELECT type FROM messaging.inbox_item WHERE member = $1 ORDER BY type", root)
    return [row["type"] for row in rows]


async def test_a_reply_reaches_the_author_of_the_post_and_those_above_each_once():
    author, asker, replier = [member(await make.member_id()) for _ in range(3)]
    post, first, second = ids.new(), ids.new(), ids.new()
    await happen(
        "community.comment.published", ("COMMENT", first), asker, post=str(post), author=str(author.member_id),
        parent=None,
    )  # fmt: skip
    await happen(
        "community.comment.published", ("COMMENT", second), replier, post=str(post), author=str(author.member_id),
        parent=str(first),
    )  # fmt: skip
    assert await types(author.member_id) == ["REPLY", "REPLY"]
    assert await types(asker.member_id) == ["REPLY"]
    assert await types(replier.member_id) == []
    await happen("community.comment.deleted", ("COMMENT", second), replier)
    assert await types(author.member_id) == ["REPLY"]
    assert await types(asker.member_id) == []


async def test_a_like_tells_the_author_and_taking_it_back_untells():
    author, fan, post = await make.member_id(), member(await make.member_id()), ids.new()
    facts = {"kind": "LIKE", "targetKind": "POST", "targetId": str(post), "author": str(author)}
    await happen("community.reaction.set", ("POST", post), fan, **facts)
    assert await inbox.unread_count(author) == 1
    await happen("community.reaction.unset", ("POST", post), fan, **facts)
    assert await inbox.unread_count(author) == 0
    await happen("community.reaction.set", ("POST", post), fan, **facts)
    assert await inbox.unread_count(author) == 1


async def test_history_that_is_imported_tells_nobody():
    author, fan = await make.member_id(), member(await make.member_id())
    await happen(
        "community.reaction.set",
        ("POST", ids.new()),
        fan,
        flags=["historical"],
        author=str(author),
        kind="LIKE",
    )
    assert await db.value("SELECT count(*) FROM messaging.message") == 0


async def test_a_removed_post_takes_back_what_was_told_of_it():
    """What its author hears, the decision itself says."""
    author, fan, post = await make.member_id(), member(await make.member_id()), ids.new()
    await happen("community.reaction.set", ("POST", post), fan, author=str(author), kind="LIKE")
    await happen("community.post.removed", ("POST", post), SYSTEM, member_id=author)
    assert await types(author) == []
    await happen("community.post.restored", ("POST", post), SYSTEM, member_id=author)
    assert await types(author) == ["REACTION"]


async def test_appointments_and_registrations_tell_their_member():
    me = member(await make.member_id())
    await happen(
        "services.appointment.booked", ("APPOINTMENT", ids.new()), me, starts_at="2026-05-12T02:00:00+00:00"
    )
    await happen("events.registration.confirmed", ("REGISTRATION", ids.new()), me)
    assert await types(me.member_id) == ["APPOINTMENT_BOOKED", "REGISTRATION_CONFIRMED"]
