"""Interactions of people with one another; they stand on the timeline of who did it.

A change of trust stands on the timeline of the member whom it concerns.
"""

from __future__ import annotations

from domain.profile.catalogue import declare

MEMBER_TRUST_CHANGED = declare(
    "community.member.trust_changed", zh="信任等级变化", en="The trust level changed"
)
MEMBER_FOLLOWED = declare("community.member.followed", zh="关注", en="Followed a member")
MEMBER_UNFOLLOWED = declare("community.member.unfollowed", zh="取消关注", en="Followed a member no more")
MEMBER_BLOCKED = declare("community.member.blocked", zh="拉黑", en="Blocked a member")
MEMBER_UNBLOCKED = declare("community.member.unblocked", zh="解除拉黑", en="Blocked a member no more")
MUTE_SET = declare("community.mute.set", zh="屏蔽", en="Muted something")
MUTE_UNSET = declare("community.mute.unset", zh="取消屏蔽", en="Muted something no more")
POST_BOOKMARKED = declare("community.post.bookmarked", zh="收藏帖子", en="Kept a post")
POST_UNBOOKMARKED = declare("community.post.unbookmarked", zh="取消收藏", en="Kept a post no more")
