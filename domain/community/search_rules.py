"""What a search asks for, and what a text is found by. Plain functions over folded texts.

A term is found where it stands; one that begins with an ASCII letter or digit only at the beginning of such a run. Two
kinds of tokens find the candidates: every ASCII run whole (asked for by its beginning), and every other character that
is no blank alone and with the one after it. They decide alone where they say as much as the term does.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.community.folding import fold
from domain.errors import InvalidInput

LONGEST = 64
MOST_TERMS = 8
#: A run of more characters is found by its beginning alone.
LONGEST_TOKEN = 64

_RUN = re.compile(r"[a-z0-9]+")
_PIECE = re.compile(r"[a-z0-9]+|[^a-z0-9\s]+")
_TAG = re.compile(r"<[^<>]*>")
_BREAK = re.compile(
    r"</?(?:p|br|div|li|ul|ol|h[1-6]|pre|blockquote|tr|td|th|table|hr)\b[^<>]*>", re.IGNORECASE
)


@dataclass(frozen=True)
class Sought:
    """One term with what means the same: ``patterns`` are regular expressions for PostgreSQL, ``query`` a tsquery.

    ``is_decided`` says that the query alone decides, so the text need not be read.
    """

    query: str
    pattern: str
    is_decided: bool


def terms(query: str, synonyms: Iterable[Sequence[str]] = ()) -> list[Sought]:
    """What a query asks for. Refuses InvalidInput for none, more than 8 terms, or more than 64 characters."""
    folded = fold(query)
    if not folded:
        raise InvalidInput.at("query", "Say what to look for.")
    if len(query) > LONGEST:
        raise InvalidInput.at("query", f"At most {LONGEST} characters.")
    asked = list(dict.fromkeys(folded.split(" ")))
    if len(asked) > MOST_TERMS:
        raise InvalidInput.at("query", f"At most {MOST_TERMS} terms.")
    alike: dict[str, list[str]] = {}
    for words in synonyms:
        for word in words:
            alike.setdefault(word, []).extend(words)
    return [_sought([term, *(other for other in alike.get(term, []) if other != term)]) for term in asked]


def text_of(body: str, body_format: str) -> str:
    """What there is to read: without tags, their entities read; blocks are apart."""
    if body_format != "HTML":
        return body
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", body)))


def tokens(folded: str) -> list[str]:
    """The tokens of a folded text, each once."""
    found: dict[str, None] = {}
    for piece in _PIECE.findall(folded):
        if _RUN.fullmatch(piece):
            found[piece[:LONGEST_TOKEN]] = None
        else:
            found |= dict.fromkeys(piece) | dict.fromkeys(map("".join, itertools.pairwise(piece)))
    return list(found)


def _sought(words: Sequence[str]) -> Sought:
    return Sought(
        query=" | ".join(f"({_query(word)})" for word in words),
        pattern="|".join(_pattern(word) for word in words),
        is_decided=all(map(_is_decided, words)),
    )


def _query(word: str) -> str:
    asked: dict[str, bool] = {}  # each token, and whether its beginning is enough
    pieces = _PIECE.findall(word)
    for number, piece in enumerate(pieces, 1):
        if _RUN.fullmatch(piece):
            is_open = number == len(pieces) or len(piece) > LONGEST_TOKEN
            asked[piece[:LONGEST_TOKEN]] = asked.get(piece[:LONGEST_TOKEN], True) and is_open
        elif len(piece) == 1:
            asked[piece] = False
        else:
            asked |= dict.fromkeys(map("".join, itertools.pairwise(piece)), False)
    return " & ".join(f"{_quoted(token)}{':*' if is_open else ''}" for token, is_open in asked.items())


def _pattern(word: str) -> str:
    escaped = re.sub(r"([\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e])", r"\\\1", word)
    return f"(?:^|[^a-z0-9]){escaped}" if _RUN.match(word) else escaped


def _is_decided(word: str) -> bool:
    """One ASCII run, or one or two other characters: the tokens say exactly this."""
    return len(word) < LONGEST_TOKEN and (
        _RUN.fullmatch(word) is not None or (len(word) <= 2 and not _RUN.search(word))
    )


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
