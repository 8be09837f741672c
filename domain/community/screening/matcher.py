"""All rules together on one text: leftmost, longest, not overlapping.

A rule's find is a hit when it stands where words stand (Chinese of one or two characters) and no ALLOW rule's hit holds
all of it. Of the hits of all rules, words and patterns alike, the leftmost counts, of those that begin there the
longest, of equal ones the one that does most; then on from its end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from uuid import UUID

from domain.community.screening import expressions
from domain.community.screening.addresses import Addresses
from domain.community.screening.borders import Borders
from domain.community.screening.characters import CASED, LOWER, is_han
from domain.community.screening.expressions import Encoded, Expression
from domain.community.screening.numbers import Numbers
from domain.community.screening.rules import RANK, Boundary, Find, RuleMode, WordRule, WordRuleKind
from domain.community.screening.ruleset import RuleSet
from domain.community.screening.views import View, view
from domain.community.screening.words import Words


@dataclass(frozen=True, slots=True)
class Hit:
    """What a rule found: a span of the original, in code points. ``allowed_by`` is the ALLOW rule that lets it pass."""

    start: int
    end: int
    text: str
    rule: WordRule
    allowed_by: WordRule | None = None


@dataclass(frozen=True, slots=True)
class Hits:
    """What stands in a text: for LIVE rules, for DRY ones too where there are any, and what ALLOW rules let pass."""

    live: tuple[Hit, ...] = ()
    dry: tuple[Hit, ...] = ()
    allowed: tuple[Hit, ...] = ()


class Matcher:
    """Compiled rules; it never changes, so a process shares one among all that it judges."""

    def __init__(self, rules: RuleSet, version: int = 0) -> None:
        self.version = version
        self.rules = rules
        numbers: dict[str, list[int]] = {kind.value: [] for kind in WordRuleKind}
        for number, (kind, mode) in enumerate(zip(rules.kinds, rules.modes, strict=True)):
            if mode == "LIVE" or (mode == "DRY" and kind != "ALLOW"):
                numbers[kind].append(number)
        words = [*numbers["WORD"], *numbers["WILDCARD"], *numbers["ALLOW"]]
        cased = [n for n in words if rules.cased[n]]
        self._lower = Words(rules, (n for n in words if not rules.cased[n]) if cased else words)
        self._cased = Words(rules, cased, is_cased=True) if cased else None
        self._numbers = Numbers((n, rules[n]) for n in numbers["NUMBER"])
        self._addresses = Addresses(
            *([(n, rules.anchors[n]) for n in numbers[kind]] for kind in ("DOMAIN", "URL"))
        )
        self._expressions = expressions.all_of((n, rules[n]) for n in numbers["REGEX"])
        self._has_dry = "DRY" in rules.modes
        self._is_scoped = any(rules.circles)

    @classmethod
    def of(cls, rules: Iterable[WordRule]) -> Matcher:
        """Of rules that are at hand."""
        return cls(RuleSet.of(rules))

    def hits(self, text: str, circle: UUID | None = None, *, has_tags: bool = True) -> Hits:
        """What stands in the text where the circle's rules hold (none: the rules for everywhere)."""
        if not text or not len(self.rules):
            return Hits()
        reading = _Reading(self, text, circle, has_tags)
        live = reading.chosen({RuleMode.LIVE})
        if not self._has_dry:
            return Hits(live, (), reading.allowed({RuleMode.LIVE}))
        both = reading.chosen({RuleMode.LIVE, RuleMode.DRY})
        return Hits(
            live,
            tuple(hit for hit in both if hit.rule.mode is RuleMode.DRY),
            reading.allowed({RuleMode.LIVE}),
        )

    def views(self, text: str, has_tags: bool) -> tuple[View, View]:
        """The text without upper case, and with it where a rule tells it."""
        plain = view(text, LOWER, has_tags=has_tags)
        is_cased = self._cased is not None or any(
            self.rules[e.rule].is_case_sensitive for e in self._expressions
        )
        return plain, view(text, CASED, has_tags=has_tags) if is_cased else plain

    def finds(self, plain: View, cased: View) -> Iterator[Find]:
        """Every find of every rule but those of kind REGEX."""
        yield from self._lower.finds(plain)
        if self._cased is not None:
            yield from self._cased.finds(cased)
        yield from self._numbers.finds(plain)
        yield from self._addresses.finds(plain)

    def holds(self, rule: int, circle: UUID | None) -> bool:
        """Whether a rule holds in a circle."""
        return not self._is_scoped or not self.rules[rule].circles or circle in self.rules[rule].circles

    @property
    def patterns(self) -> Sequence[Expression]:
        """The rules of kind REGEX."""
        return self._expressions


class _Reading:
    """One text under judgement."""

    def __init__(self, matcher: Matcher, text: str, circle: UUID | None, has_tags: bool) -> None:
        self.matcher = matcher
        self.rules = matcher.rules
        self.text = text
        self.circle = circle
        self.borders = Borders(text)
        self.plain, self.cased = matcher.views(text, has_tags)
        finds = [find for find in matcher.finds(self.plain, self.cased) if self.counts(find)]
        self.finds = sorted((find for find in finds if not self._lets_pass(find)), key=self._order)
        self.allows = _Spans([find for find in finds if self._lets_pass(find)])
        self.expressions = [e for e in matcher.patterns if matcher.holds(e.rule, circle)]
        self.encoded = {
            is_cased: Encoded((self.cased if is_cased else self.plain).text)
            for is_cased in ({self.rules[e.rule].is_case_sensitive for e in self.expressions})
        }

    def chosen(self, modes: set[RuleMode], *, is_allowed: bool = False) -> tuple[Hit, ...]:
        """The hits of the rules in these modes; with ``is_allowed`` those that ALLOW rules let pass."""
        finds = [f for f in self.finds if self.is_wanted(f, modes, is_allowed)]
        runners = [
            _Runner(self, e, modes, is_allowed) for e in self.expressions if self.rules[e.rule].mode in modes
        ]
        chosen: list[Hit] = []
        at, position = 0, 0
        while True:
            while at < len(finds) and finds[at].start < position:
                at += 1
            candidates = [finds[at]] if at < len(finds) else []
            candidates += [find for runner in runners if (find := runner.next(position)) is not None]
            if not candidates:
                return tuple(chosen)
            best = min(candidates, key=self._order)
            chosen.append(self._hit(best))
            position = best.end

    def allowed(self, modes: set[RuleMode]) -> tuple[Hit, ...]:
        """What ALLOW rules let pass."""
        return self.chosen(modes, is_allowed=True) if self.allows else ()

    def counts(self, find: Find) -> bool:
        """Whether its rule holds here, and it stands where words stand."""
        if not self.matcher.holds(find.rule, self.circle):
            return False
        if not find.is_unbroken or not 1 <= len(find.core) <= 2 or not is_han(find.core):
            return True
        return self.rules[find.rule].boundary is Boundary.ANY or self.borders.fits(find.start, find.end)

    def is_wanted(self, find: Find, modes: set[RuleMode], is_allowed: bool) -> bool:
        """Whether it is of these modes, and let pass or not."""
        if self.rules[find.rule].mode not in modes:
            return False
        return (self.allows.holding(find.start, find.end) is not None) is is_allowed

    def _lets_pass(self, find: Find) -> bool:
        return self.rules[find.rule].kind is WordRuleKind.ALLOW

    def _order(self, find: Find) -> tuple[int, int, int, int]:
        return find.start, -find.end, -RANK[self.rules[find.rule].action], find.rule

    def _hit(self, find: Find) -> Hit:
        holder = self.allows.holding(find.start, find.end)
        return Hit(
            find.start,
            find.end,
            self.text[find.start : find.end],
            self.rules[find.rule],
            None if holder is None else self.rules[holder],
        )


class _Runner:
    """A REGEX rule on its way through the text; it searches on only when its last find was passed."""

    def __init__(
        self, reading: _Reading, expression: Expression, modes: set[RuleMode], is_allowed: bool
    ) -> None:
        self.reading = reading
        self.expression = expression
        self.modes, self.is_allowed = modes, is_allowed
        is_cased = reading.rules[expression.rule].is_case_sensitive
        self.view = reading.cased if is_cased else reading.plain
        self.encoded = reading.encoded[is_cased]
        self.found: Find | None = None
        self.is_done = False

    def next(self, position: int) -> Find | None:
        """The first wanted find that begins at or after this place of the original."""
        while not self.is_done and (self.found is None or self.found.start < position):
            self._search(position)
        return None if self.is_done else self.found

    def _search(self, position: int) -> None:
        starts = self.view.folded.starts
        at = bisect_right(starts, position - 1)
        while at < len(starts):
            found = self.expression.find(self.view, self.encoded, at)
            if found is None:
                break
            if self.reading.counts(found) and self.reading.is_wanted(found, self.modes, self.is_allowed):
                self.found = found
                return
            at = bisect_right(starts, found.start)
        self.is_done = True


class _Spans:
    """Spans that may hold another one."""

    def __init__(self, finds: list[Find]) -> None:
        self._finds = sorted(finds, key=lambda find: find.start)
        self._starts = [find.start for find in self._finds]
        self._furthest = list(accumulate(range(len(finds)), self._further))

    def __bool__(self) -> bool:
        return bool(self._finds)

    def holding(self, start: int, end: int) -> int | None:
        """The rule of a span that holds all of ``[start, end)``."""
        before = bisect_right(self._starts, start)
        if not before:
            return None
        found = self._finds[self._furthest[before - 1]]
        return found.rule if found.end >= end else None

    def _further(self, one: int, other: int) -> int:
        return one if self._finds[one].end >= self._finds[other].end else other
