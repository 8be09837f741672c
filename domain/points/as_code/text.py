"""Between a programme file's text (YAML, of which JSON is a part) and its shapes; errors name path and line.

Only plain data is read: texts, whole numbers, decimals (exactly, never as floats), true, false, null, lists and objects.
Anchors, tags, a name twice in one object, and files over a megabyte are refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec
import yaml

from domain.errors import InvalidInput, Problem
from domain.points.as_code.shapes import File, plain

MOST = 1_000_000
_DEEPEST = 40
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same, in C where there is one
_LONGEST_TEXT = 10_000
_HEADER = """# Points programme as code. Amounts are in points of their wallet, money in minor units (fen, cents).
# What is not named here stays as it is. `marque programme diff` compares, `marque programme import` brings it in.
"""
_PLAIN: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r"~|null|"), lambda _: None),
    (re.compile(r"true"), lambda _: True),
    (re.compile(r"false"), lambda _: False),
    (re.compile(r"-?(0|[1-9][0-9]{0,30})"), int),
    (re.compile(r"-?(0|[1-9][0-9]{0,30})\.[0-9]{1,30}"), Decimal),
)
_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
_PART = re.compile(r"\.?([^.\[\]]+)|\[(\d+|\.\.\.)\]")

Path = tuple[str, ...]


@dataclass
class Marks:
    """The line on which each part of a file stands."""

    line: int
    parts: dict[str, Marks] = field(default_factory=dict)

    def line_of(self, path: Path) -> int:
        """The line of the deepest part that the path leads to."""
        if not path or path[0] not in self.parts:
            return self.line
        return self.parts[path[0]].line_of(path[1:])

    def wrong(self, path: Path, message: str) -> Problem:
        """A problem with its line."""
        return Problem(".".join(path) or "text", f"line {self.line_of(path)}: {message}")


def read(text: str) -> tuple[File, Marks]:
    """The file and where its parts stand, or InvalidInput with the first thing that is wrong."""
    if len(text) > MOST:
        raise InvalidInput.at("text", f"Use at most {MOST} characters.")
    data, marks = _parsed(text)
    try:
        found = msgspec.convert(data, File)
    except msgspec.ValidationError as problem:
        raise InvalidInput([_of_shape(str(problem), marks)]) from None
    for path, number in _decimals(plain(found), ()):
        if not number.is_finite() or len(str(number)) > 40:
            raise InvalidInput([marks.wrong(path, "This is not a number that can be kept exactly.")])
    return found, marks


def write(file: File) -> str:
    """The text of a file, the same for the same configuration."""
    said = yaml.dump(plain(file), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return _HEADER + said


class _Dumper(yaml.SafeDumper):
    """Decimals are written as numbers, and nothing as an anchor."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _decimal(dumper: yaml.SafeDumper, number: Decimal) -> yaml.Node:
    shown = f"{number:f}"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in shown else 'int'}", shown)


_Dumper.add_representer(Decimal, _decimal)


def _parsed(text: str) -> tuple[Any, Marks]:
    try:
        events = yaml.parse(text, Loader=_Loader)
        found = _document(events)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        said = f"{problem.problem or problem.context}."
        raise InvalidInput.at("text", f"line {mark.line + 1 if mark else 1}: {said}") from None
    except yaml.reader.ReaderError as problem:
        line = text.count("\n", 0, problem.position) + 1
        raise InvalidInput.at("text", f"line {line}: Remove the control characters.") from None
    return found


def _document(events: Iterator[yaml.Event]) -> tuple[Any, Marks]:
    found = None
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if found is not None:
                raise _wrong((), event.start_mark.line + 1, "Write one document.")
            found = _data(next(events), events, ())
    if found is None:
        raise _wrong((), 1, "The file is empty.")
    return found


def _data(event: yaml.Event, events: Iterator[yaml.Event], path: Path) -> tuple[Any, Marks]:
    """The value that begins with an event, and its marks; the events of it are taken."""
    marks = Marks(event.start_mark.line + 1)
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise _wrong(path, marks.line, "Write it out; anchors are not read.")
    if event.tag is not None:
        raise _wrong(path, marks.line, "Leave the tag out; tags are not read.")
    if len(path) > _DEEPEST:
        raise _wrong(path[:2], marks.line, f"Nest at most {_DEEPEST} deep.")
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event, marks, path), marks
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Any] = []
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            number = str(len(items))
            item, marks.parts[number] = _data(inner, events, (*path, number))
            items.append(item)
        return items, marks
    found: dict[str, Any] = {}
    while not isinstance(inner := next(events), yaml.MappingEndEvent):
        line = inner.start_mark.line + 1
        if not isinstance(inner, yaml.ScalarEvent):
            raise _wrong(path, line, "A name is a text.")
        name = inner.value
        if name in found:
            raise _wrong((*path, name), line, "This stands here twice.")
        found[name], marks.parts[name] = _data(next(events), events, (*path, name))
        marks.parts[name].line = line
    return found, marks


def _scalar(event: yaml.ScalarEvent, marks: Marks, path: Path) -> Any:
    said = event.value
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\r\t" for char in said):
        raise _wrong(path, marks.line, "Remove the control characters.")
    if len(said) > _LONGEST_TEXT:
        raise _wrong(path, marks.line, f"Use at most {_LONGEST_TEXT} characters.")
    if event.implicit[0]:  # plain, not quoted
        for pattern, make in _PLAIN:
            if pattern.fullmatch(said):
                return make(said)
    return said


def _wrong(path: Path, line: int, message: str) -> InvalidInput:
    return InvalidInput([Problem(".".join(path) or "text", f"line {line}: {message}")])


def _of_shape(said: str, marks: Marks) -> Problem:
    found = _AT.match(said)
    assert found is not None
    what, at = found["what"], found["path"] or ""
    path: Path = tuple(name or number for name, number in _PART.findall(at))
    if unknown := re.search(r"unknown field `(.*)`$", what):
        path = (*path, unknown[1])
    return marks.wrong(path, f"{what}.")


def _decimals(data: Any, path: Path) -> Iterator[tuple[Path, Decimal]]:
    if isinstance(data, Decimal):
        yield path, data
    elif isinstance(data, dict):
        for name, each in data.items():
            yield from _decimals(each, (*path, str(name)))
    elif isinstance(data, list):
        for n, each in enumerate(data):
            yield from _decimals(each, (*path, str(n)))
