"""Folded texts: what reads alike is alike, for search, screening, hashtags and repeated posts.

``fold`` is NFKC, lower case, traditional to simplified Chinese, spaces collapsed. Every step works on one character (or
one letter with its marks) alone, so the fold of a part is a part of the fold: a term is found wherever it stands.
Chinese is therefore simplified by OpenCC character by character, never by phrase.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import opencc

#: Where OpenCC knows traditional characters: CJK and its extensions, and the compatibility ideographs.
_HAN_BLOCKS = ((0x3400, 0xA000), (0xF900, 0xFB00), (0x20000, 0x2FA20), (0x30000, 0x33480))

#: Characters that join the one before them though they are no marks: vowels and finals of Hangul and a few of India.
_JOINING = frozenset(
    map(
        chr,
        (
            *range(0x1161, 0x1176), *range(0x11A8, 0x11C3), 0x09BE, 0x09D7, 0x0B3E, 0x0B56, 0x0B57, 0x0BBE, 0x0BD7,
            0x0CC2, 0x0CD5, 0x0CD6, 0x0D3E, 0x0D57, 0x0DCF, 0x0DDF, 0x102E, 0x1B35, 0x11127, 0x1133E, 0x11357,
            0x114B0, 0x114BA, 0x114BD, 0x115AF, 0x11930,
        ),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; character ``n`` of it comes from ``[starts[n], ends[n])`` of the original, in code points."""

    text: str
    starts: list[int]
    ends: list[int]


def fold(text: str) -> str:
    """NFKC, lower case, simplified Chinese; spaces collapsed to one blank, none at the ends."""
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFKC", text).lower().translate(simplified())
    return " ".join(folded.split())


class Reading(dict[str, str]):
    """What each character is read as, by ``fold``; remembers what it has met."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        super().__init__()
        self.fold = fold

    def __missing__(self, char: str) -> str:
        self[char] = folded = self.fold(char)
        return folded


def trace(text: str, reading: Reading | None = None) -> Folded:
    """``fold``, saying where each character came from; spaces at the ends are kept as one."""
    reading = LOWER if reading is None else reading
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position, length = 0, len(text)
    while position < length:
        end = position + 1
        while end < length and text[end] > "\u02ff" and _JOINS[text[end]]:
            end += 1
        folded = reading[text[position]] if end == position + 1 else reading.fold(text[position:end])
        for char in folded:
            if char == " " and chars and chars[-1] == " ":
                ends[-1] = end
                continue
            chars.append(char)
            starts.append(position)
            ends.append(end)
        position = end
    return Folded("".join(chars), starts, ends)


def lower(piece: str) -> str:
    """One character with its marks, as ``fold`` reads it: without upper case."""
    return upper(upper(piece).lower())


def upper(piece: str) -> str:
    """The same with upper case kept."""
    folded = unicodedata.normalize("NFKC", piece).translate(simplified())
    return "".join(" " if char.isspace() else char for char in folded)


LOWER = Reading(lower)


@cache
def simplified() -> dict[int, int]:
    """Code points of traditional characters, and of σ at a word's end, to what stands for them."""
    han = [chr(code) for first, after in _HAN_BLOCKS for code in range(first, after)]
    converted = opencc.OpenCC("t2s").convert("\n".join(han)).split("\n")
    table = {ord(a): ord(b) for a, b in zip(han, converted, strict=True) if a != b and len(b) == 1}
    return table | {ord("ς"): ord("σ")}


class _Joins(dict[str, bool]):
    """Whether a character may become one with what stands before it."""

    def __missing__(self, char: str) -> bool:
        first = unicodedata.normalize("NFKD", char)[0]
        self[char] = found = any(unicodedata.combining(c) != 0 or c in _JOINING for c in (char, first))
        return found


_JOINS = _Joins()
