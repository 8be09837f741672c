"""Why the desk refuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.errors import Refusal


@dataclass(eq=False)
class AlreadyReported(Refusal):
    """The same person reported the same for the same reason, and it waits or was decided a moment ago."""

    report_id: UUID
    retry_at: datetime | None
    zh = "您已举报过该内容。"
    en = "You have reported this already."


@dataclass(eq=False)
class QueueDisabled(Refusal):
    """The queue takes nothing now."""

    name: str
    zh = "队列“{name}”已停用。"
    en = "The queue {name} is switched off."


@dataclass(eq=False)
class AlreadyAssigned(Refusal):
    """Another moderator works on the report."""

    to: UUID
    zh = "该举报已分配给其他人。"
    en = "Somebody else works on this report."


@dataclass(eq=False)
class ClaimedByOther(Refusal):
    """Another moderator holds the item."""

    until: datetime
    zh = "该条目正由其他人处理。"
    en = "Another moderator works on this."


@dataclass(eq=False)
class ClaimRequired(Refusal):
    """In this queue only who claimed an item decides it."""

    zh = "请先领取该条目。"
    en = "Claim this item first."


@dataclass(eq=False)
class QueueEmpty(Refusal):
    """Nothing waits that could be claimed."""

    zh = "队列中没有待处理的条目。"
    en = "Nothing waits here."


@dataclass(eq=False)
class AlreadyHandled(Refusal):
    """The item was decided."""

    state: str
    zh = "该条目已处理:{state}。"
    en = "This was decided: {state}."


@dataclass(eq=False)
class ActionNotAvailable(Refusal):
    """An action cannot be done on this subject as it stands."""

    kind: str
    reason: str
    zh = "无法执行 {kind}:{reason}。"
    en = "{kind} is not available: {reason}."


@dataclass(eq=False)
class PolicyRequired(Refusal):
    """Every action names the policy that it follows."""

    zh = "请选择所依据的规则。"
    en = "Name the policy."


@dataclass(eq=False)
class RankTooLow(Refusal):
    """The member ranks above who acts."""

    zh = "您无权处理该成员。"
    en = "This member ranks above you."


@dataclass(eq=False)
class SanctionExists(Refusal):
    """The same limit is in force for at least as long."""

    until: datetime | None
    zh = "该成员已有同类处罚。"
    en = "The member has this sanction already."


@dataclass(eq=False)
class AlreadyReverted(Refusal):
    """The event was undone before."""

    by: UUID
    zh = "该操作已被撤销。"
    en = "This was reverted already."


@dataclass(eq=False)
class PinLimitReached(Refusal):
    """As many posts are pinned as a scope may have."""

    max: int
    zh = "最多置顶 {max} 篇。"
    en = "At most {max} posts are pinned here."
