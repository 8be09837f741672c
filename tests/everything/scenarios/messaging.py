"""What reaches members, and how they want it."""

from __future__ import annotations

from domain.foundation import ids
from domain.messaging import delivery, notices, tokens
from domain.messaging.types import NoticeType
from tests import make
from tests.everything.scenarios import CONFIGURES, Call, changes_nobody, leaves
from tests.everything.scenarios.people import ADMIN, OPERATOR


@leaves("markInboxRead")
async def a_member_reads_the_inbox() -> Call:
    me = await make.member_actor()
    fan = await make.member_id()
    await notices.send(me.member_id, NoticeType.REACTION, ("POST", ids.new()), actor=fan)
    while await delivery.deliver_due():
        pass
    return Call(me, {}, {me.member_id: "messaging.inbox.read"})


@leaves("setMessagePreferences")
async def a_member_wants_no_pushes_of_replies() -> Call:
    me = await make.member_actor()
    given = {"preferences": [{"type": "REPLY", "channel": "PUSH", "isOn": False}]}
    return Call(me, given, {me.member_id: "messaging.preferences.set"})


@leaves("setMyQuietHours")
async def a_member_sleeps_long() -> Call:
    me = await make.member_actor()
    return Call(me, {"starts": "21:00", "ends": "09:00"}, {me.member_id: "messaging.quiet_hours.set"})


@changes_nobody("setBrandQuietHours", CONFIGURES, touches="messaging.quiet_hours")
async def the_brand_lets_people_sleep() -> Call:
    return Call(ADMIN, {"starts": "21:00", "ends": "09:00", "expectedVersion": 0})


@leaves("registerPushToken")
async def a_device_may_be_pushed_to() -> Call:
    me = await make.member_actor()
    given = {"token": "t-1", "platform": "IOS"}
    return Call(me, given, {me.member_id: "messaging.push_token.registered"})


@leaves("registerPushToken")
async def a_device_changes_hands() -> Call:
    me, other = await make.member_actor(), await make.member_actor()
    await tokens.register(other, "t-1", tokens.Platform.IOS)
    return Call(
        me,
        {"token": "t-1", "platform": "IOS"},
        {
            me.member_id: "messaging.push_token.registered",
            other.member_id: "messaging.push_token.dropped",
        },
    )


@leaves("dropPushToken")
async def a_device_is_pushed_to_no_more() -> Call:
    me = await make.member_actor()
    await tokens.register(me, "t-1", tokens.Platform.IOS)
    return Call(me, {"token": "t-1"}, {me.member_id: "messaging.push_token.dropped"})


@changes_nobody("saveMessageTemplate", CONFIGURES)
async def words_are_revised() -> Call:
    given = {
        "type": "REPLY",
        "language": "en",
        "title": "A reply",
        "body": "{actor} replied",
        "expectedVersion": 0,
    }
    return Call(OPERATOR, given)
