"""People among themselves: trust, follows, blocks, mutes and bookmarks."""

from __future__ import annotations

from domain.community import bookmarks, circles, mutes, ties
from domain.community.people_tables import MuteKind
from domain.community.tables import CircleKind, JoinPolicy
from tests import make
from tests.everything.scenarios import CONFIGURES, Call, changes_nobody, leaves
from tests.everything.scenarios.community import _circle, _post
from tests.everything.scenarios.people import MODERATOR


@leaves("setTrustLevel")
async def a_member_is_trusted() -> Call:
    member = await make.member_id()
    given = {"memberId": str(member), "level": 4, "reason": "of merit"}
    return Call(MODERATOR, given, {member: "community.member.trust_changed"})


@leaves("setFollow")
async def a_member_follows_another() -> Call:
    me, other = await make.member_actor(), await make.member_id()
    return Call(me, {"memberId": str(other)}, {me.member_id: "community.member.followed"})


@leaves("setFollow")
async def a_member_follows_no_more() -> Call:
    me, other = await make.member_actor(), await make.member_id()
    await ties.set_follow(me, other, True)
    return Call(me, {"memberId": str(other), "isOn": False}, {me.member_id: "community.member.unfollowed"})


@leaves("setBlock")
async def a_member_blocks_one_with_whom_he_was_friends() -> Call:
    me, other = await make.member_actor(), await make.member_actor()
    await ties.set_follow(me, other.member_id, True)
    await ties.set_follow(other, me.member_id, True)
    left = {
        me.member_id: "community.member.blocked community.member.unfollowed",
        other.member_id: "community.member.unfollowed",
    }
    return Call(me, {"memberId": str(other.member_id)}, left)


@leaves("setBlock")
async def a_member_takes_a_block_back() -> Call:
    me, other = await make.member_actor(), await make.member_id()
    await ties.set_block(me, other, True)
    return Call(me, {"memberId": str(other), "isOn": False}, {me.member_id: "community.member.unblocked"})


@leaves("setMute")
async def a_member_mutes_a_word() -> Call:
    me = await make.member_actor()
    return Call(me, {"kind": "KEYWORD", "value": "spoiler"}, {me.member_id: "community.mute.set"})


@leaves("setMute")
async def a_member_mutes_a_thread_no_more() -> Call:
    me = await make.member_actor()
    _, post = await _post()
    await mutes.set_mute(me, MuteKind.THREAD, str(post), True)
    given = {"kind": "THREAD", "value": str(post), "isOn": False}
    return Call(me, given, {me.member_id: "community.mute.unset"})


@leaves("setBookmark")
async def a_member_keeps_a_post() -> Call:
    me = await make.member_actor()
    _, post = await _post()
    return Call(me, {"postId": str(post), "folder": "Trips"}, {me.member_id: "community.post.bookmarked"})


@leaves("setBookmark")
async def a_member_keeps_a_post_no_more() -> Call:
    me = await make.member_actor()
    _, post = await _post()
    await bookmarks.set_bookmark(me, post, True)
    return Call(me, {"postId": str(post), "isOn": False}, {me.member_id: "community.post.unbookmarked"})


@changes_nobody("editCircle", CONFIGURES)
async def a_circle_is_renamed() -> Call:
    return Call(MODERATOR, {"circleId": str(await _circle()), "expectedVersion": 1, "name": "Another"})


@leaves("mergeCircles")
async def a_circle_is_merged_into_another() -> Call:
    me, one = await make.member_actor(), await _circle()
    await circles.join(me, one)
    other = await circles.create(MODERATOR, slug="other", name="Other", kind=CircleKind.CLUB)
    given = {"circleId": str(one), "intoCircleId": str(other), "expectedVersion": 1}
    return Call(MODERATOR, given, {me.member_id: "community.circle.left community.circle.joined"})


@leaves("setCircleRole")
async def a_member_becomes_a_lead() -> Call:
    me, circle = await make.member_actor(), await _circle()
    await circles.join(me, circle)
    given = {"circleId": str(circle), "memberId": str(me.member_id), "role": "LEAD"}
    return Call(MODERATOR, given, {me.member_id: "community.circle.role_set"})


@leaves("inviteToCircle")
async def a_member_is_invited() -> Call:
    me, circle = await make.member_id(), await _circle(JoinPolicy.INVITE)
    given = {"circleId": str(circle), "memberId": str(me)}
    return Call(MODERATOR, given, {me: "community.circle.invited"})


@leaves("removeFromCircle")
async def a_member_is_shown_out() -> Call:
    me, circle = await make.member_actor(), await _circle()
    await circles.join(me, circle)
    given = {"circleId": str(circle), "memberId": str(me.member_id)}
    return Call(MODERATOR, given, {me.member_id: "community.circle.left"})
