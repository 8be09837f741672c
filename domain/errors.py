"""What a domain function may answer instead of doing its work.

A *refusal* is an expected answer that is part of a mutation's result union: it rolls the transaction back and
changes nothing. The other classes are top-level errors with a code (the public contract lists them).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar


class Refusal(Exception):
    """An expected answer; subclasses are frozen facts, and their ``zh`` and ``en`` are format strings over them."""

    zh: ClassVar[str] = "无法完成。"
    en: ClassVar[str] = "This cannot be done."

    def message(self, language: str = "zh-CN") -> str:
        """The sentence for a person, in Chinese or English."""
        template = self.en if language.startswith("en") else self.zh
        return template.format(**vars(self))

    def __str__(self) -> str:
        return self.message("en")


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input: ``path`` is dotted, in the input's own names."""

    path: str
    message: str


@dataclass(eq=False)
class InvalidInput(Refusal):
    """The input cannot be accepted as it is; every problem is named with its path."""

    problems: list[Problem]
    zh = "输入有误。"
    en = "The input is not valid."

    @classmethod
    def at(cls, path: str, message: str) -> InvalidInput:
        return cls([Problem(path, message)])


@dataclass(eq=False)
class IllegalTransition(Refusal):
    """The record's state does not allow this step."""

    from_: str
    to: str
    allowed: list[str]
    zh = "当前状态 {from_} 不能变为 {to}。"
    en = "{from_} cannot become {to}."


@dataclass(eq=False)
class VersionConflict(Refusal):
    """Somebody else changed the record since it was read."""

    current: int
    zh = "记录已被他人修改,当前版本为 {current}。"
    en = "Somebody else changed this record; its version is now {current}."


@dataclass(frozen=True)
class Ineligibility:
    """One reason why not, and what the member can do about it; ``message`` is Chinese, ``en`` the same in English."""

    code: str
    message: str
    next_step: str = "NONE"
    required: str | None = None
    actual: str | None = None
    available_at: datetime | None = None
    group: str | None = None
    en: str | None = None


@dataclass(eq=False)
class NotEligible(Refusal):
    """The member does not meet the conditions; every failing one is listed."""

    reasons: list[Ineligibility]
    zh = "暂不符合条件。"
    en = "The conditions are not met."


@dataclass(eq=False)
class HoldExpired(Refusal):
    """The place was not kept any longer: choose again."""

    zh = "名额保留已超时,请重新选择。"
    en = "The place is not kept any longer; choose again."


class TopLevel(Exception):
    """An answer outside of any result union, with a code of the public contract."""

    code: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.facts = facts


class Unauthenticated(TopLevel):
    """Nobody is signed in, or the token is not accepted."""

    code = "UNAUTHENTICATED"


class Forbidden(TopLevel):
    """The signed-in person may not do this."""

    code = "FORBIDDEN"


class BadInput(TopLevel):
    """A request that cannot be understood (an argument of a query, a cursor, an id)."""

    code = "BAD_INPUT"


class NotFound(TopLevel):
    """A target id that names nothing the caller can see."""

    code = "NOT_FOUND"

    def __init__(self, message: str = "Nothing here has this id.", **facts: Any) -> None:
        super().__init__(message, **facts)


class Conflict(TopLevel):
    """The same call is still running, or a lock was not free in time; try again."""

    code = "CONFLICT"


class IdempotencyMismatch(TopLevel):
    """The clientMutationId was used before with another body."""

    code = "IDEMPOTENCY_MISMATCH"


@dataclass(eq=False)
class RateLimited(TopLevel):
    """Too many calls; carries when to come back."""

    retry_after_seconds: int
    limit: int
    remaining: int = 0
    reset_at: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    code: ClassVar[str] = "RATE_LIMITED"

    def __post_init__(self) -> None:
        Exception.__init__(self, f"Too many calls; try again in {self.retry_after_seconds} s.")
        self.facts = {
            "retryAfterSeconds": self.retry_after_seconds,
            "limit": self.limit,
            "remaining": self.remaining,
            "resetAt": self.reset_at,
        }
