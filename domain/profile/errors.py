"""Why the profile refuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.access.errors import MemberSuspended as MemberSuspended
from domain.errors import Refusal


class MergeBarrier(StrEnum):
    SAME_MEMBER = "SAME_MEMBER"
    SUSPENDED = "SUSPENDED"
    ERASED = "ERASED"


class UndoBarrier(StrEnum):
    ALREADY_UNDONE = "ALREADY_UNDONE"
    ERASED = "ERASED"
    LATER_MERGE_FIRST = "LATER_MERGE_FIRST"


@dataclass(eq=False)
class IdentityTaken(Refusal):
    """The identity names another member."""

    can_merge: bool
    zh = "该账号已绑定其他会员。"
    en = "This identity belongs to another member."


@dataclass(eq=False)
class IdentityBlocked(Refusal):
    """The value can name nobody (a placeholder, or on the brand's list)."""

    zh = "该号码不能使用。"
    en = "This value cannot be used."


@dataclass(eq=False)
class IdentityLimit(Refusal):
    """A member may carry only so many identities of this type."""

    limit: int
    zh = "此类账号最多绑定 {limit} 个。"
    en = "At most {limit} identities of this type."


@dataclass(eq=False)
class LastIdentity(Refusal):
    """Without this identity nobody could sign in as the member any more."""

    zh = "这是最后一个登录方式,不能解绑。"
    en = "This is the last way to sign in; it cannot be removed."


@dataclass(eq=False)
class MergeForbidden(Refusal):
    """Two identified members are never merged without a proof or an approval."""

    rule: MergeBarrier
    zh = "不能合并:{rule}。"
    en = "These members cannot be merged: {rule}."


@dataclass(eq=False)
class MergeNotUndoable(Refusal):
    """The merge cannot be taken back as things stand."""

    reason: UndoBarrier
    zh = "无法撤销合并:{reason}。"
    en = "This merge cannot be undone: {reason}."


@dataclass(eq=False)
class TagManagedByRule(Refusal):
    """A rule assigns this tag; change the rule."""

    rule_id: UUID
    zh = "该标签由规则管理。"
    en = "A rule manages this tag."


@dataclass(eq=False)
class TraitNotDeclared(Refusal):
    """Traits that nobody declared, that an area or a formula keeps, or that members may not set themselves."""

    names: list[str]
    zh = "以下属性未声明或不可设置:{names}。"
    en = "These traits are not declared, or not yours to set: {names}."


@dataclass(eq=False)
class TraitTypeMismatch(Refusal):
    """Values that are not of the types that the traits were declared with."""

    names: list[str]
    zh = "以下属性的值类型不符:{names}。"
    en = "The values of these traits are of another type: {names}."


@dataclass(eq=False)
class ErasureRunning(Refusal):
    """The member is about to be forgotten already."""

    erasure: UUID
    due_at: datetime
    zh = "注销申请正在处理中。"
    en = "An erasure is running already."


@dataclass(eq=False)
class UnknownPurpose(Refusal):
    """A purpose that is not declared, or that is kept by another area."""

    purposes: list[str]
    zh = "未知的授权用途:{purposes}。"
    en = "These purposes cannot be answered here: {purposes}."


@dataclass(eq=False)
class RelationOverlaps(Refusal):
    """The member has this tie at that time already."""

    relation_id: UUID
    zh = "该时间段内已存在同样的关系。"
    en = "This tie holds at that time already."


@dataclass(eq=False)
class ReasonTooShort(Refusal):
    """Personal data are shown only for a reason that can be checked later."""

    least: int
    zh = "请填写至少 {least} 个字的理由。"
    en = "Say why, in at least {least} characters."


@dataclass(eq=False)
class SchemaInvalid(Refusal):
    """A schema of a tracking plan cannot be used."""

    path: str
    zh = "埋点方案中的 Schema 无法使用:{path}。"
    en = "A schema of the tracking plan cannot be used: {path}."
