"""How screening reads characters: what hides a letter or a digit is read as that letter or digit.

On top of the fold that search uses: letters in circles, squares and parentheses; digits of every script, in circles
too; Latin letters with marks or strokes as the bare letter; letters of other scripts that look like a Latin one
(Unicode's confusables); marks and zero-width characters as nothing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from confusable_homoglyphs import confusables

from domain.community import folding
from domain.community.folding import Reading

LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

#: Chinese numerals, plain and formal, as rules of numbers read them.
NUMERALS = str.maketrans("〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖", "00123456789123456789")

_HAN = re.compile("[\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003347f]+")
_LATIN = re.compile(r"LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL )?([A-Z])(?: WITH .*)?")
_MARKS = frozenset({"Mn", "Me", "Cf"})
#: Scripts whose words begin and end like Latin ones, so that a look-alike hides in them.
_ALPHABETS = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "LATIN")

#: Enclosed letters and numbers: first code point, how many, the first's value. NFKC leaves them or adds signs.
_ENCLOSED_LETTERS = ((0x249C, 26), (0x1F110, 26), (0x1F150, 26), (0x1F170, 26))
_ENCLOSED_NUMBERS = ((0x2474, 20), (0x2488, 20), (0x24EB, 10, 11), (0x24F5, 10))


class Ignorable(dict[str, bool]):
    """Whether a character is no part of words: neither a letter nor a digit, nor a mark that a script needs."""

    def __missing__(self, char: str) -> bool:
        category = unicodedata.category(char)
        self[char] = found = category[0] not in "LN" and not (
            category in ("Mc", "Mn") and not _is_hidden(char)
        )
        return found


IGNORABLE = Ignorable()


def read(piece: str) -> str:
    """One character with its marks, as rules read it; empty for what cannot be seen."""
    return read_cased(piece).lower()


def read_cased(piece: str) -> str:
    """The same with upper case kept, for rules that tell it."""
    if piece in _enclosed():
        return _enclosed()[piece]
    return "".join(_plain(char) for char in folding.upper(piece))


LOWER = Reading(read)
CASED = Reading(read_cased)


def is_han(text: str) -> bool:
    """Whether there is nothing but Chinese characters."""
    return _HAN.fullmatch(text) is not None


def _plain(char: str) -> str:
    if char.isascii() or _HAN.match(char):
        return char
    if _is_hidden(char):
        return ""
    category = unicodedata.category(char)
    if category in ("Nd", "No"):
        value = unicodedata.numeric(char, -1)
        return str(int(value)) if value >= 0 and value == int(value) else char
    if category[0] != "L":
        return char
    if bare := _LATIN.fullmatch(unicodedata.name(char, "")):
        return bare[1] if char.isupper() else bare[1].lower()
    return _homoglyphs().get(char, char)


def _is_hidden(char: str) -> bool:
    """Marks of no script of their own (accents, strokes, variation selectors) and zero-width characters."""
    if char < "\u0080" or unicodedata.category(char) not in _MARKS:
        return False
    name = unicodedata.name(char, "")
    return (
        name.startswith("COMBINING ")
        or "VARIATION SELECTOR" in name
        or unicodedata.category(char) == "Cf"
        or char == "\u034f"
    )


@cache
def _homoglyphs() -> dict[str, str]:
    """Letters of other alphabets that look like one Latin letter; upper and lower case of one letter go together."""
    found: dict[str, str] = {}
    for char, alike in confusables.confusables_data.items():
        if len(char) != 1 or char.isascii() or not unicodedata.name(char, "").startswith(_ALPHABETS):
            continue
        letters = [other["c"] for other in alike if other["c"] in LETTERS]
        if letters:
            found[char] = letters[0]
    for char, letter in list(found.items()):
        if len(char.lower()) == 1:
            found.setdefault(char.lower(), letter.lower())
    for char in list(found):
        if len(char.upper()) == 1 and not char.upper().isascii():
            found[char.upper()] = found[char].upper()
    return found


@cache
def _enclosed() -> dict[str, str]:
    table: dict[str, str] = {}
    for first, count in _ENCLOSED_LETTERS:
        case = "a" if first == 0x249C else "A"
        table |= {chr(first + n): chr(ord(case) + n) for n in range(count)}
    for first, count, *value in _ENCLOSED_NUMBERS:
        table |= {chr(first + n): str((value[0] if value else 1) + n) for n in range(count)}
    return table
