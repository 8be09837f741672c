"""Word rules: what they say, and what may be written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

LONGEST_PATTERN = 300
LEAST_NUMBER, MOST_NUMBER = 3, 40
NUMBER_LENGTH = 8


class WordRuleKind(StrEnum):
    WORD = "WORD"
    WILDCARD = "WILDCARD"
    REGEX = "REGEX"
    NUMBER = "NUMBER"
    DOMAIN = "DOMAIN"
    URL = "URL"
    ALLOW = "ALLOW"


class Decision(StrEnum):
    """What becomes of a text, mildest first."""

    ALLOW = "ALLOW"
    FLAG = "FLAG"
    MASK = "MASK"
    HOLD = "HOLD"
    REJECT = "REJECT"


class Boundary(StrEnum):
    AUTO = "AUTO"
    ANY = "ANY"


class RuleMode(StrEnum):
    OFF = "OFF"
    DRY = "DRY"
    LIVE = "LIVE"


class HoldReason(StrEnum):
    """Why a text waits for a moderator, or what else was found in it."""

    WORDS = "WORDS"
    NEW_MEMBER_COUNT = "NEW_MEMBER_COUNT"
    CIRCLE_APPROVAL = "CIRCLE_APPROVAL"
    MEDIA = "MEDIA"
    FAST_TYPER = "FAST_TYPER"
    LINKS = "LINKS"
    AUTOMOD = "AUTOMOD"
    PENDING_REPORTS = "PENDING_REPORTS"


RANK = {decision: rank for rank, decision in enumerate(Decision)}


@dataclass(frozen=True, slots=True)
class WordRule:
    """What to look for and what becomes of a text that has it; ``circles`` empty: everywhere. Without id: tried only."""

    pattern: str
    kind: WordRuleKind = WordRuleKind.WORD
    action: Decision = Decision.FLAG
    category: str | None = None
    policy: str | None = None
    circles: tuple[UUID, ...] = ()
    is_case_sensitive: bool = False
    boundary: Boundary = Boundary.AUTO
    min_length: int | None = None
    mode: RuleMode = RuleMode.LIVE
    id: UUID | None = None
    version: int = 1

    @property
    def key(self) -> tuple[str, str, bool, tuple[UUID, ...]]:
        """What makes it another rule and not a change of this one."""
        return self.kind.value, self.pattern, self.is_case_sensitive, self.circles

    @property
    def weight(self) -> int:
        """How much it does, to tell whether a change makes it stricter; 0 for a rule that is off or tried."""
        return RANK[self.action] if self.mode is RuleMode.LIVE else 0


@dataclass(frozen=True, slots=True)
class Find:
    """Where a rule found something: a span of the original. ``core`` is what it matched, without ignorables."""

    start: int
    end: int
    rule: int
    core: str = ""
    is_unbroken: bool = True


def greatest(actions: Iterable[Decision]) -> Decision:
    """The greatest of some actions; ALLOW for none."""
    return max(actions, key=RANK.__getitem__, default=Decision.ALLOW)
