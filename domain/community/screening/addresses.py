"""Rules of kind DOMAIN and URL: addresses in the text and in the links of its tags, looked up by their host.

A DOMAIN rule finds the domain and all below it; a URL rule finds its host (``www.`` is nothing) and what begins with its
path. A dot may be written as 。, 点, ``[.]`` or between blanks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from ahocorasick_rs import AhoCorasick

from domain.community import folding
from domain.community.screening.characters import LOWER
from domain.community.screening.rules import Find
from domain.community.screening.views import View

_DOT = r"(?:\.|。|点|\[\.\]|\(\.\)|【\.】|\s\.\s)"
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,62})"
_ADDRESS = re.compile(
    rf"(?:[a-z][a-z0-9+-]{{1,9}}://)?(?:[a-z0-9._%+-]{{1,64}}@)?(?P<host>{_LABEL}(?:{_DOT}{_LABEL})+)"
    r"(?::\d{1,5})?(?P<path>[/?#][^\s<>\"']*)?"
)
_DOTS = re.compile(_DOT)
_WRITTEN = re.compile(
    r"(?:[a-z][a-z0-9+-]{1,9}://)?(?:\*\.)?(?P<host>[^\s/:?#@]+\.[^\s/:?#@.]+)\.?(?::\d{1,5})?(?P<path>[/?#]\S*)?"
)
_ASCII = re.compile(r"[!-~]*")


def written(pattern: str) -> tuple[str, str] | None:
    """A rule's host (in ASCII, without ``www.``) and path; None for a pattern that is no address."""
    found = _WRITTEN.fullmatch(folding.fold(pattern))
    if found is None:
        return None
    try:
        host = found["host"].encode("idna").decode()
    except UnicodeError:
        return None
    return host.removeprefix("www."), (found["path"] or "").rstrip("/")


class Addresses:
    """All rules of kind DOMAIN and URL, by host."""

    def __init__(self, domains: Iterable[tuple[int, str]], urls: Iterable[tuple[int, str]]) -> None:
        """Rules with their addresses as ``written`` answers them, joined by a blank."""
        self._domains: dict[str, list[int]] = {}
        self._urls: dict[str, list[tuple[str, int]]] = {}
        for number, address in domains:
            self._domains.setdefault(address.partition(" ")[0], []).append(number)
        for number, address in urls:
            host, _, path = address.partition(" ")
            self._urls.setdefault(host, []).append((path, number))
        self._deepest = max((host.count(".") + 1 for host in self._domains), default=0)
        self._spelled = {name: host for host in (*self._domains, *self._urls) if (name := _spelled(host))}
        self._spellings = AhoCorasick(list(self._spelled)) if self._spelled else None

    def finds(self, view: View) -> Iterator[Find]:
        """Every address that a rule names, in the text and in its tags."""
        if not self._domains and not self._urls:
            return
        for start, end, number in self._in(view.text):
            yield Find(*view.span(start, end), number)
        for at, tag in view.tags:
            folded = folding.trace(tag, LOWER)
            for start, end, number in self._in(folded.text):
                yield Find(at + folded.starts[start], at + folded.ends[end - 1], number)

    def _in(self, text: str) -> Iterator[tuple[int, int, int]]:
        yield from self._ascii(text)
        if self._spellings is not None:  # names of other scripts have no borders of their own
            for _, start, end in self._spellings.find_matches_as_indexes(text, overlapping=True):
                host = self._spelled[text[start:end]]
                if not text[end : end + 1].isascii() or not text[end : end + 1].isalnum():
                    for number in self._domains.get(host, ()):
                        yield start, end, number
                    for path, number in self._urls.get(host, ()):
                        if text.startswith(path, end):
                            yield start, end + len(path), number

    def _ascii(self, text: str) -> Iterator[tuple[int, int, int]]:
        for found in _ADDRESS.finditer(text):
            host = _DOTS.sub(".", found["host"])
            labels = host.split(".")
            for n in range(2, min(len(labels), self._deepest) + 1):
                for number in self._domains.get(".".join(labels[-n:]), ()):
                    yield *found.span("host"), number
            yield from self._urls_at(text, found, host.removeprefix("www."))

    def _urls_at(self, text: str, found: re.Match[str], host: str) -> Iterator[tuple[int, int, int]]:
        path = found["path"] or ""
        for wanted, number in self._urls.get(host, ()):
            for shown in (path, unquote(path)):
                if shown.startswith(wanted) and not shown[len(wanted) : len(wanted) + 1].isalnum():
                    after = found.start("path") + len(wanted) if path else found.end()
                    rest = _ASCII.match(text, after) if path else None
                    yield found.start(), min(rest.end(), found.end()) if rest else found.end(), number
                    break


def _spelled(host: str) -> str | None:
    """A host as people write it, where that is not ASCII."""
    if "xn--" not in host:
        return None
    try:
        return host.encode().decode("idna")
    except UnicodeError:
        return None
