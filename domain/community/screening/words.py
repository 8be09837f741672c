"""Rules of kind WORD, WILDCARD and ALLOW: one automaton for all of them, and what makes a find a hit.

A pattern with a letter beyond ASCII matches whatever is ignorable between its letters. An ASCII pattern matches as it is
written, or (three letters and more) with every letter apart from the next; no ASCII letter may adjoin it. A run of one
repeated ASCII letter may be longer in the text than in the pattern.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ahocorasick_rs import AhoCorasick, MatchKind

from domain.community.screening import patterns
from domain.community.screening.characters import CASED, IGNORABLE, LETTERS, LOWER
from domain.community.screening.patterns import Word
from domain.community.screening.rules import Find
from domain.community.screening.ruleset import RuleSet
from domain.community.screening.views import View


class Words:
    """All words in one reading (with or without upper case). A word is taken apart when its anchor is first met."""

    def __init__(self, rules: RuleSet, numbers: Iterable[int], *, is_cased: bool = False) -> None:
        self.reading = CASED if is_cased else LOWER
        self._rules = rules
        anchors: dict[str, list[int]] = {}
        signs: dict[str, list[int]] = {}
        for number in numbers:
            if anchor := rules.anchors[number]:
                (signs if IGNORABLE[anchor[0]] else anchors).setdefault(anchor, []).append(number)
        self._numbers, self._signs = list(anchors.values()), list(signs.values())
        self._words: dict[int, list[Word]] = {}
        self._anchors, self._sign_anchors = _automaton(anchors), _automaton(signs)

    def finds(self, view: View) -> Iterator[Find]:
        """Every hit of every rule, overlapping ones too."""
        if self._anchors is not None:
            for which, start, _ in self._anchors.find_matches_as_indexes(view.beads.text, overlapping=True):
                for word in self._words.get(which) or self._taken_apart(which):
                    yield from _hits(word, view, start)
        if self._sign_anchors is not None:
            yield from self._sign_finds(self._sign_anchors, view)

    def _taken_apart(self, which: int) -> list[Word]:
        words = [patterns.word(self._rules[number], number, self.reading) for number in self._numbers[which]]
        self._words[which] = [word for word in words if word is not None]
        return self._words[which]

    def _sign_finds(self, automaton: AhoCorasick, view: View) -> Iterator[Find]:
        """Patterns of signs alone (emoji, ``$$``) stand in the text as they are."""
        text = view.text
        for which, start, end in automaton.find_matches_as_indexes(text, overlapping=True):
            if text[start:end].isascii() and not LETTERS.isdisjoint(text[max(start - 1, 0) : end + 1]):
                continue
            for rule in self._signs[which]:
                yield Find(*view.span(start, end), rule)


def _automaton(anchors: dict[str, list[int]]) -> AhoCorasick | None:
    return AhoCorasick(list(anchors), matchkind=MatchKind.Standard) if anchors else None


def _hits(word: Word, view: View, at: int) -> Iterator[Find]:
    """The longest hit from each first bead, with the word's anchor at bead ``at``."""
    beads = view.beads
    for style in word.styles:
        last = -1
        for start, end in patterns.places(word, view, style, at):
            if start == last:
                continue
            apart = patterns.is_apart(word, view, beads, start, end)
            if apart is None:
                continue
            last = start
            span = view.span(*apart)
            core = beads.text[start:end]
            yield Find(*span, word.rule, core, span[1] - span[0] == len(core))
