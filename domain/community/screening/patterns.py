"""Patterns of words taken apart: literal pieces, what stands between them, and how they are found.

``?`` is one letter or digit; ``*`` is up to ten, at an end of the pattern it only lets letters adjoin.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from domain.community import folding
from domain.community.folding import Reading
from domain.community.screening.characters import IGNORABLE, LETTERS
from domain.community.screening.rules import WordRule, WordRuleKind
from domain.community.screening.views import Beads, View

#: How many letters or digits ``*`` stands for at most, and how many wildcards a pattern may have.
MOST_BETWEEN = 10
MOST_STARS = 3
MOST_WILD = 8

LEAST_SPACED = 3


class Style(Enum):
    """What may stand between the letters of a piece: what the pattern has there, something, or whatever."""

    WRITTEN = "WRITTEN"
    SPACED = "SPACED"
    ANY = "ANY"


@dataclass(slots=True)
class Piece:
    """Literal beads of a pattern, how long each run is at least, and what stands between them in the pattern."""

    text: str = ""
    runs: list[int] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    has_runs: bool = False

    def add(self, char: str, gap: str) -> None:
        """The next letter or digit, after these ignorable characters."""
        if self.text and char == self.text[-1] and char in LETTERS and not gap:
            self.runs[-1] += 1
            self.has_runs = True
            return
        if self.text:
            self.gaps.append(gap)
        self.text += char
        self.runs.append(1)

    def fits(self, view: View, at: int, style: Style) -> bool:
        """Whether it stands at this bead; for callers that do not know the text to be the same."""
        return view.beads.text.startswith(self.text, at) and self.suits(view, at, style)

    def suits(self, view: View, at: int, style: Style) -> bool:
        """Whether runs and gaps of the same text at this bead are as they should be."""
        beads = view.beads
        if self.has_runs and any(
            beads.ends[at + n] - beads.starts[at + n] < run for n, run in enumerate(self.runs)
        ):
            return False
        if style is Style.ANY:
            return True
        if style is Style.SPACED:
            return all(beads.is_split(at + n) for n in range(len(self.gaps)))
        return all(
            view.text[beads.ends[at + n] : beads.starts[at + n + 1]] == gap for n, gap in enumerate(self.gaps)
        )


@dataclass(slots=True)
class Word:
    """A rule's pattern. ``wild`` has the ``?`` and ``*`` between its pieces, in order.

    ``lead`` and ``trail`` are signs at its ends, which an ASCII pattern wants as they are; ``is_open`` says at which
    ends letters may adjoin.
    """

    rule: int
    pieces: list[Piece]
    wild: list[str]
    lead: str
    trail: str
    is_open: tuple[bool, bool]
    styles: tuple[Style, ...]
    anchor: int


def word(rule: WordRule, number: int, reading: Reading) -> Word | None:
    """The pattern taken apart; None for one without any letter or digit."""
    text = folding.trace(rule.pattern.strip(), reading).text
    is_open = (False, False)
    if rule.kind is WordRuleKind.WILDCARD:
        is_open = text.startswith("*"), text.endswith("*")
        text = text.strip("*")
    pieces, wild, lead, gap = [Piece()], list[str](), "", ""
    for char in text:
        if char in "?*" and rule.kind is WordRuleKind.WILDCARD:
            wild.append(char)
            pieces.append(Piece())
            gap = ""
        elif IGNORABLE[char]:
            gap += char
        else:
            if not pieces[-1].text:
                lead = gap if len(pieces) == 1 else lead
                gap = ""
            pieces[-1].add(char, gap)
            gap = ""
    written = "".join(piece.text for piece in pieces)
    if not written:
        return None
    anchor = max(range(len(pieces)), key=lambda n: len(pieces[n].text))
    if not written.isascii():
        return Word(number, pieces, wild, "", "", (True, True), (Style.ANY,), anchor)
    letters = sum(
        sum(run for char, run in zip(p.text, p.runs, strict=True) if char in LETTERS) for p in pieces
    )
    styles = (Style.WRITTEN, Style.SPACED) if letters >= LEAST_SPACED else (Style.WRITTEN,)
    return Word(number, pieces, wild, lead, gap, is_open, styles, anchor)


def literal(pattern: str, reading: Reading) -> str:
    """A pattern of signs alone, as it stands in texts."""
    return folding.trace(pattern.strip(), reading).text


def places(found: Word, view: View, style: Style, at: int) -> list[tuple[int, int]]:
    """Where the word stands with its anchor at this bead: for each first bead the ends, longest first."""
    anchor = found.pieces[found.anchor]
    if not anchor.suits(view, at, style):
        return []
    if not found.wild:
        return [(at, at + len(anchor.text))]
    length = len(view.beads.text)
    starts = _before(found, view, style, found.anchor, at)
    ends = _after(found, view, style, found.anchor, at + len(anchor.text), length)
    return [(start, end) for start in sorted(starts) for end in sorted(ends, reverse=True)]


def _after(found: Word, view: View, style: Style, piece: int, end: int, length: int) -> set[int]:
    """Where it may end when this piece ends at bead ``end``."""
    ends = {end}
    for n in range(piece, len(found.wild)):
        nearby = {at for end in ends for at in _skipped(found.wild[n], end, 1) if at <= length}
        following = found.pieces[n + 1]
        ends = {at + len(following.text) for at in nearby if following.fits(view, at, style)}
    return ends


def _before(found: Word, view: View, style: Style, piece: int, start: int) -> set[int]:
    """Where it may begin when this piece begins at bead ``start``."""
    starts = {start}
    for n in range(piece - 1, -1, -1):
        earlier = found.pieces[n]
        nearby = {at - len(earlier.text) for start in starts for at in _skipped(found.wild[n], start, -1)}
        starts = {at for at in nearby if at >= 0 and earlier.fits(view, at, style)}
    return starts


def _skipped(wild: str, bead: int, step: int) -> range | tuple[int]:
    return (bead + step,) if wild == "?" else range(bead, bead + step * (MOST_BETWEEN + 1), step)


def is_apart(found: Word, view: View, beads: Beads, start: int, end: int) -> tuple[int, int] | None:
    """The hit in the folded text with the pattern's signs at its ends; None where a letter adjoins or a sign is missing."""
    text = view.text
    first, after = beads.starts[start] - len(found.lead), beads.ends[end - 1] + len(found.trail)
    if found.lead and (first < 0 or not text.startswith(found.lead, first)):
        return None
    if found.trail and not text.startswith(found.trail, after - len(found.trail)):
        return None
    if not found.is_open[0] and first > 0 and text[first - 1] in LETTERS:
        return None
    if not found.is_open[1] and after < len(text) and text[after] in LETTERS:
        return None
    return first, after
