"""Why the community refuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.errors import Refusal


class PostingBarrier(StrEnum):
    PHONE_UNVERIFIED = "PHONE_UNVERIFIED"
    SANCTIONED = "SANCTIONED"
    TRUST_TOO_LOW = "TRUST_TOO_LOW"
    BLOCKED = "BLOCKED"
    CIRCLE_NOT_JOINED = "CIRCLE_NOT_JOINED"
    CIRCLE_MEMBERS_ONLY = "CIRCLE_MEMBERS_ONLY"
    CIRCLE_READ_ONLY = "CIRCLE_READ_ONLY"
    CLOSED_QUESTION = "CLOSED_QUESTION"


@dataclass(eq=False)
class PostingNotAllowed(Refusal):
    """The member may not publish, comment or react here now."""

    reasons: list[PostingBarrier]
    until: datetime | None = None
    zh = "暂时不能在此发布内容。"
    en = "You cannot post here now."


@dataclass(eq=False)
class DuplicateContent(Refusal):
    """The member published the same text a moment ago."""

    post_id: UUID
    until: datetime
    zh = "您刚刚发布过相同内容,请稍后再试。"
    en = "You published the same text a moment ago."


@dataclass(eq=False)
class EditWindowClosed(Refusal):
    """The text can no longer be edited."""

    closed_at: datetime
    zh = "已超过可编辑时间。"
    en = "This can no longer be edited."


@dataclass(eq=False)
class UndoWindowClosed(Refusal):
    """The deletion can no longer be undone."""

    closed_at: datetime
    zh = "已超过可恢复时间。"
    en = "This deletion can no longer be undone."


@dataclass(eq=False)
class ThreadLocked(Refusal):
    """Nothing can be added under a locked post or comment."""

    root_id: UUID
    zh = "该讨论已关闭。"
    en = "This thread is locked."


@dataclass(eq=False)
class SlugTaken(Refusal):
    """Another circle has this address."""

    slug: str
    zh = "该圈子地址已被使用。"
    en = "Another circle is called {slug}."


@dataclass(eq=False)
class JoinRefused(Refusal):
    """The circle takes members only by invitation or by its own rule."""

    join_policy: str
    zh = "该圈子暂不接受主动加入。"
    en = "This circle cannot be joined by asking."


@dataclass(eq=False)
class LastLead(Refusal):
    """A circle keeps at least one lead."""

    zh = "您是最后一位圈主,请先移交。"
    en = "You are the circle's last lead; hand it over first."


@dataclass(eq=False)
class AlreadyInState(Refusal):
    """The content is in that state already."""

    state: str
    zh = "内容已处于该状态。"
    en = "This is {state} already."


@dataclass(eq=False)
class PollClosed(Refusal):
    """Nobody votes any more."""

    closed_at: datetime
    zh = "投票已结束。"
    en = "This poll is closed."


@dataclass(eq=False)
class AlreadyVoted(Refusal):
    """A vote is given once and for good."""

    zh = "您已经投过票了。"
    en = "You have voted already."


@dataclass(eq=False)
class ContentRejected(Refusal):
    """The text breaks a rule; ``matches`` are the places, ``policy`` is the code of what it goes against."""

    matches: list[Any]
    policy: str | None
    zh = "内容不符合社区规范,请修改后再发布。"
    en = "This text goes against the rules of the community."


class TipBarrier(StrEnum):
    OWN_POST = "OWN_POST"
    NO_AUTHOR = "NO_AUTHOR"
    AMOUNT_NOT_OFFERED = "AMOUNT_NOT_OFFERED"
    TRUST_TOO_LOW = "TRUST_TOO_LOW"
    LIMIT_OF_MONTH = "LIMIT_OF_MONTH"
    SANCTIONED = "SANCTIONED"


@dataclass(eq=False)
class TipNotAllowed(Refusal):
    """The member may not tip this post, or not this much."""

    reasons: list[TipBarrier]
    zh = "暂时不能赞赏。"
    en = "This cannot be tipped now."
