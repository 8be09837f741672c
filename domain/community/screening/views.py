"""A text as rules see it, with the way back to the original.

``text`` is the folded text without what cannot be seen; HTML tags are no part of it. ``beads`` is what matching runs
over: letters and digits alone, a run of one repeated ASCII letter as one bead. Between two beads there may be a gap of
ignorable characters.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from functools import cached_property

from domain.community import folding
from domain.community.folding import Folded, Reading
from domain.community.screening.characters import IGNORABLE, LETTERS, LOWER

_INLINE = "a abbr b bdi bdo big cite code del dfn em font i ins kbd label mark q s samp small span strike strong sub sup tt u var wbr"
_BLOCK = (
    "address article aside audio base blockquote body br button canvas caption center col colgroup dd details dialog div dl "
    "dt embed fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html iframe img input legend li link "
    "main map meta nav noscript object ol optgroup option p param picture pre progress script section select source style "
    "summary svg table tbody td template textarea tfoot th thead title tr track ul video"
)
_TAG = re.compile(
    rf"<!--.*?(?:-->|$)|</?({'|'.join([*_INLINE.split(), *_BLOCK.split()])})(?=[\s/>])[^<>]*>"
    r"|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});",
    re.IGNORECASE | re.DOTALL,
)
_IS_INLINE = frozenset(_INLINE.split())


@dataclass(slots=True)
class Beads:
    """Letters and digits; bead ``n`` is ``[starts[n], ends[n])`` of the folded text."""

    text: str
    starts: list[int]
    ends: list[int]

    def is_split(self, n: int) -> bool:
        """Whether something ignorable stands between bead ``n`` and the next one."""
        return self.starts[n + 1] > self.ends[n]


@dataclass
class View:
    """One text in one reading. ``tags`` are the tags in it, for the addresses that they name."""

    original: str
    folded: Folded
    tags: list[tuple[int, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.folded.text

    @cached_property
    def beads(self) -> Beads:
        chars: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        last = ""
        for place, char in enumerate(self.folded.text):
            if IGNORABLE[char]:
                continue
            if char == last and char in LETTERS and ends[-1] == place:
                ends[-1] = place + 1
                continue
            chars.append(char)
            starts.append(place)
            ends.append(place + 1)
            last = char
        return Beads("".join(chars), starts, ends)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """``[start, end)`` of the folded text as a span of the original, from first to last character."""
        return self.folded.starts[start], self.folded.ends[end - 1]


def view(text: str, reading: Reading = LOWER, *, has_tags: bool = True) -> View:
    """A text as rules see it; ``has_tags=False`` for a text in which tags are shown as they are written."""
    if not has_tags or ("<" not in text and "&" not in text):
        return View(text, folding.trace(text, reading))
    whole = Folded("", [], [])
    chars: list[str] = []
    tags: list[tuple[int, str]] = []
    position = 0
    for found in _TAG.finditer(text):
        _append(whole, chars, text[position : found.start()], position, reading)
        if found[0].startswith("&"):
            _append(whole, chars, html.unescape(found[0]), found.start(), reading, found.end())
        else:
            tags.append((found.start(), found[0]))
            if found[1] is None or found[1].lower() not in _IS_INLINE:
                _append(whole, chars, " ", found.start(), reading, found.end())
        position = found.end()
    _append(whole, chars, text[position:], position, reading)
    return View(text, Folded("".join(chars), whole.starts, whole.ends), tags)


def _append(
    whole: Folded, chars: list[str], part: str, at: int, reading: Reading, until: int | None = None
) -> None:
    """Add a part of the original that begins at ``at``; with ``until``, all of it stands for ``[at, until)``."""
    folded = folding.trace(part, reading)
    chars.append(folded.text)
    if until is None:
        whole.starts.extend(at + start for start in folded.starts)
        whole.ends.extend(at + end for end in folded.ends)
    else:
        whole.starts.extend([at] * len(folded.text))
        whole.ends.extend([until] * len(folded.text))
