"""Rules of kind NUMBER: long numbers (of telephones, accounts) however their digits are written and set apart.

A run of digits goes on through ignorable characters and ends at any letter. What reads as a date, a time, a price or a
mileage is no part of any number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from domain.community.screening.characters import NUMERALS
from domain.community.screening.rules import NUMBER_LENGTH, Find, WordRule
from domain.community.screening.views import View

_SEP = r"\s?[-/.年]\s?"
_MONTH, _DAY = r"(?:0?[1-9]|1[0-2])", r"(?:3[01]|[12]\d|0?[1-9])"
_YEAR, _HOUR = r"(?:19|20)\d\d", r"(?:2[0-4]|[01]?\d)"
_TIME = rf"{_HOUR}[::点时]\s?[0-5]\d(?:[::分]\s?[0-5]\d(?:\.\d{{1,6}})?)?"
_AMOUNT = r"(?:\d{1,3}(?:,\d{3})+|\d{1,10})(?:\.\d{1,2})?"
_DISTANCE = r"(?:\d{1,3}(?:,\d{3})+|\d{1,8})(?:\.\d{1,2})?"

#: What is written with digits and is no number to hide: numbers of their own, so no digit adjoins them.
_ALLOWED = re.compile(
    rf"""(?<!\d)(?<!\d[.,])(?:
        {_YEAR}{_SEP}{_MONTH}\s?[-/.月]\s?{_DAY}(?:[日号]|(?!\d))(?:\s?t?\s?{_TIME})?
      | {_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)(?!\s?[-.]\s?\d)
      | {_MONTH}\s?[-/.月]\s?{_DAY}[日号]?\s?{_TIME}
      | {_YEAR}\s?[-~–—至到]\s?{_YEAR}
      | {_TIME}(?:\s?[-~–—至到]\s?{_TIME})?
      | (?:[¥¥$€£]|rmb|cny|usd|人民币)\s?{_AMOUNT}
      | {_AMOUNT}\s?(?:[-~–—至到]\s?{_AMOUNT}\s?)?(?:元|块|万|千元|rmb|cny|usd|美元|[¥¥$€£](?!\s?\d))
      | {_DISTANCE}\s?(?:[-~–—至到]\s?{_DISTANCE}\s?)?(?:km|公里|千米|英里|里程|miles?(?![a-z]))
    )(?!\d)""",
    re.VERBOSE,
)


class Numbers:
    """All rules of kind NUMBER."""

    def __init__(self, rules: Iterable[tuple[int, WordRule]]) -> None:
        self._lengths = [(rule.min_length or NUMBER_LENGTH, number) for number, rule in rules]
        self._least = min((length for length, _ in self._lengths), default=0)

    def finds(self, view: View) -> Iterator[Find]:
        """Every run of digits that is long enough, for each rule that it is long enough for."""
        if not self._lengths:
            return
        for start, end, digits in runs(view, self._least):
            for length, number in self._lengths:
                if digits >= length:
                    yield Find(*view.span(start, end), number)


def runs(view: View, least: int) -> Iterator[tuple[int, int, int]]:
    """Runs of at least so many digits, as a span of the folded text and their number of digits."""
    text = view.text.translate(NUMERALS)
    if sum(map(str.isdigit, text)) < least:
        return
    allowed = bytearray(len(text))
    for found in _ALLOWED.finditer(text):
        allowed[found.start() : found.end()] = b"\x01" * (found.end() - found.start())
    beads = view.beads
    first = after = count = 0
    for start, end in zip(beads.starts, beads.ends, strict=True):
        if text[start] in "0123456789" and not allowed[start]:
            first = start if not count else first
            after, count = end, count + 1
            continue
        if count >= least:
            yield first, after, count
        count = 0
    if count >= least:
        yield first, after, count
