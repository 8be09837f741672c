"""Rules of kind REGEX, by RE2: its time is linear in the text whatever the pattern.

They match the folded text, unstripped. A pattern is refused when RE2 does not take it (it knows no look-around and no
back-references), when it takes too much memory, when it can match nothing at all, and when it repeats a repetition,
which other engines would never end.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from re import _constants as names  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import re2

from domain.community import folding
from domain.community.screening.rules import Find, WordRule
from domain.community.screening.views import View

MOST_MEMORY = 1 << 20
MOST = 500


class Expression:
    """A compiled rule."""

    __slots__ = ("_compiled", "rule")

    def __init__(self, rule: int, pattern: str, is_cased: bool) -> None:
        self.rule = rule
        self._compiled = compiled(pattern, is_cased)

    def find(self, view: View, encoded: Encoded, start: int) -> Find | None:
        """The longest hit at the first place from this character of the folded text on."""
        at = encoded.offset(start)
        while found := self._compiled.search(encoded.text, at):
            if found.end() > found.start():
                first, after = encoded.character(found.start()), encoded.character(found.end())
                span = view.span(first, after)
                core = view.text[first:after]
                return Find(*span, self.rule, core, span[1] - span[0] == len(core))
            at = found.end() + 1
            if at > len(encoded.text):
                break
        return None


class Encoded:
    """A folded text as UTF-8, with the way back from bytes to characters."""

    def __init__(self, text: str) -> None:
        self.text = text.encode()
        self._offsets: list[int] | None = None
        if len(self.text) != len(text):
            self._offsets, at = [], 0
            for char in text:
                self._offsets.append(at)
                at += len(char.encode())
            self._offsets.append(at)

    def offset(self, character: int) -> int:
        """The byte at which a character begins."""
        return character if self._offsets is None else self._offsets[character]

    def character(self, offset: int) -> int:
        """The character that begins at a byte."""
        return offset if self._offsets is None else bisect_left(self._offsets, offset)


def compiled(pattern: str, is_cased: bool) -> Any:
    """The pattern for RE2, traditional Chinese as simplified. Raises re2.error."""
    options = re2.Options()
    options.case_sensitive = is_cased
    options.longest_match = True
    options.log_errors = False
    options.max_mem = MOST_MEMORY
    return re2.compile(pattern.translate(folding.simplified()), options)


def problem(pattern: str, is_cased: bool) -> str | None:
    """What is wrong with a pattern; None when it may be written."""
    try:
        made = compiled(pattern, is_cased)
    except re2.error as raised:
        reason = raised.args[0] if raised.args else ""
        return f"RE2 does not take this pattern: {reason.decode() if isinstance(reason, bytes) else reason}."
    if made.search(b"") is not None:
        return "This pattern matches an empty text."
    if _repeats_a_repetition(pattern):
        return "This pattern repeats a repetition; repeat once, such as a+ for (a+)+."
    return None


def all_of(rules: Iterable[tuple[int, WordRule]]) -> list[Expression]:
    """The rules compiled; one that can no longer be compiled is left out, and the rest hold."""
    found = []
    for number, rule in rules:
        try:
            found.append(Expression(number, rule.pattern, rule.is_case_sensitive))
        except re2.error:
            continue
    return found


def _repeats_a_repetition(pattern: str) -> bool:
    try:
        tree = parser.parse(pattern.replace(r"\z", r"\Z"))
    except (re.error, OverflowError, RecursionError):  # RE2 knows more than Python does
        return False
    return _has_nested(tree)


def _has_nested(tree: Any) -> bool:
    """Whether an unbounded repetition has nothing inside that must be there but another one."""
    for kind, value in tree:
        if kind in (names.MAX_REPEAT, names.MIN_REPEAT):
            if value[1] == names.MAXREPEAT and _is_repetition(value[2]):
                return True
            if _has_nested(value[2]):
                return True
        elif (kind is names.SUBPATTERN and _has_nested(value[3])) or (
            kind is names.BRANCH and any(_has_nested(branch) for branch in value[1])
        ):
            return True
    return False


def _is_repetition(tree: Any) -> bool:
    needed = [(kind, value) for kind, value in tree if not _may_be_empty(kind, value)]
    unbounded = [value for kind, value in tree if _is_unbounded(kind, value)]
    return bool(unbounded) and all(_is_unbounded(kind, value) for kind, value in needed)


def _is_unbounded(kind: Any, value: Any) -> bool:
    if kind in (names.MAX_REPEAT, names.MIN_REPEAT):
        return value[1] == names.MAXREPEAT
    if kind is names.SUBPATTERN:
        return _is_repetition(value[3])
    return kind is names.BRANCH and any(_is_repetition(branch) for branch in value[1])


def _may_be_empty(kind: Any, value: Any) -> bool:
    return kind is names.AT or (kind in (names.MAX_REPEAT, names.MIN_REPEAT) and value[0] == 0)
