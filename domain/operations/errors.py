"""Why operations may refuse."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import Problem, Refusal


@dataclass(eq=False)
class ConditionInvalid(Refusal):
    """The condition cannot be understood, or could never mean what it says; every problem has its path."""

    problems: list[Problem]
    zh = "条件有误。"
    en = "The condition is not valid."


@dataclass(eq=False)
class KeyTaken(Refusal):
    """Another record has this key."""

    key: str
    zh = "标识“{key}”已被使用。"
    en = "The key “{key}” is taken."


@dataclass(eq=False)
class SegmentNotStatic(Refusal):
    """Only a static segment is filled by hand."""

    kind: str
    zh = "只有静态人群可以手动增减成员。"
    en = "Members of this segment follow from its condition; only a static segment is filled by hand."
