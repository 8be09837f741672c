"""All rules that hold, by columns: tens of thousands are read and compiled at once, and looked at one by one on a hit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.community.screening import addresses, patterns
from domain.community.screening.characters import CASED, LOWER
from domain.community.screening.rules import Boundary, Decision, RuleMode, WordRule, WordRuleKind

#: Rises when patterns are taken apart in another way; anchors kept under another number are made anew.
ANCHORING = 1

_WORDS = frozenset({"WORD", "WILDCARD", "ALLOW"})
_ADDRESSES = frozenset({"DOMAIN", "URL"})


@dataclass
class RuleSet:
    """Rules by columns, in one order. ``anchors`` are what finds a rule, empty where nothing does."""

    ids: Sequence[UUID | None] = ()
    patterns: Sequence[str] = ()
    kinds: Sequence[str] = ()
    actions: Sequence[str] = ()
    categories: Sequence[str | None] = ()
    policies: Sequence[str | None] = ()
    circles: Sequence[str] = ()
    cased: Sequence[bool] = ()
    boundaries: Sequence[str] = ()
    lengths: Sequence[int | None] = ()
    modes: Sequence[str] = ()
    versions: Sequence[int] = ()
    anchors: Sequence[str] = ()
    _made: dict[int, WordRule] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, rules: Iterable[WordRule]) -> RuleSet:
        """Rules that are at hand."""
        rows = [columns(rule) for rule in rules]
        return cls(*map(list, zip(*rows, strict=True))) if rows else cls()

    def __len__(self) -> int:
        return len(self.patterns)

    def __getitem__(self, number: int) -> WordRule:
        found = self._made.get(number)
        if found is None:
            found = self._made[number] = self._make(number)
        return found

    def _make(self, number: int) -> WordRule:
        return WordRule(
            pattern=self.patterns[number],
            kind=WordRuleKind(self.kinds[number]),
            action=Decision(self.actions[number]),
            category=self.categories[number],
            policy=self.policies[number],
            circles=tuple(UUID(circle) for circle in self.circles[number].split()),
            is_case_sensitive=self.cased[number],
            boundary=Boundary(self.boundaries[number]),
            min_length=self.lengths[number],
            mode=RuleMode(self.modes[number]),
            id=self.ids[number],
            version=self.versions[number],
        )


def columns(rule: WordRule) -> tuple[Any, ...]:
    """A rule as a row of :class:`RuleSet`."""
    return (
        rule.id, rule.pattern, rule.kind.value, rule.action.value, rule.category, rule.policy,
        " ".join(map(str, rule.circles)), rule.is_case_sensitive, rule.boundary.value, rule.min_length,
        rule.mode.value, rule.version, anchor(rule),
    )  # fmt: skip


def anchor(rule: WordRule) -> str:
    """What finds a rule: of words the longest piece (a pattern of signs as it stands), of addresses host and path."""
    if rule.kind.value in _ADDRESSES:
        return " ".join(addresses.written(rule.pattern) or ())
    if rule.kind.value not in _WORDS:
        return ""
    reading = CASED if rule.is_case_sensitive else LOWER
    word = patterns.word(rule, 0, reading)
    return patterns.literal(rule.pattern, reading) if word is None else word.pieces[word.anchor].text


def made(row: Any) -> WordRule:
    """A stored rule."""
    return WordRule(
        pattern=row["pattern"],
        kind=WordRuleKind(row["kind"]),
        action=Decision(row["action"]),
        category=row["category"],
        policy=row["policy"],
        circles=tuple(row["circles"]),
        is_case_sensitive=row["is_case_sensitive"],
        boundary=Boundary(row["boundary"]),
        min_length=row["min_length"],
        mode=RuleMode(row["mode"]),
        id=row["id"],
        version=row["version"],
    )
