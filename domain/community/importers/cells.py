"""Reading the cells that the community's imports share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from domain.errors import Problem
from domain.foundation import importing
from domain.foundation.importing import BadValue, Options, Row

BATCH = 1_000
LONGEST_ID = 200
LONGEST_TITLE = 300
LONGEST_BODY = 1_000_000

E = TypeVar("E", bound=StrEnum)


def batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """The rows, a thousand at a time."""
    while batch := list(islice(rows, BATCH)):
        yield batch


def bad(reason: str, path: str, message: str) -> BadValue:
    """Why a cell cannot be taken."""
    return BadValue(reason, Problem(path, message))


def needed(row: Row, path: str, *, longest: int = LONGEST_ID) -> str:
    """The cell's text; an empty one is a reject."""
    found = importing.text(row, path, longest=longest)
    if found is None:
        raise bad("missing", path, "is empty")
    return found


def body(row: Row, path: str = "body") -> str:
    """A text as it came, blanks and all; it may be empty."""
    found = row.data.get(path)
    text = "" if found is None else str(found)
    if len(text) > LONGEST_BODY:
        raise bad("too_long", path, f"at most {LONGEST_BODY} characters")
    if "\x00" in text:
        raise bad("bad_text", path, "holds a NUL character")
    return text


def at(row: Row, path: str, options: Options) -> datetime:
    """The cell's time; a day alone is 00:00 in the zone of the import (UTC unless told otherwise)."""
    needed(row, path, longest=100)
    found = importing.time(row, path, options)
    assert found is not None
    return found


def one_of(row: Row, path: str, kinds: type[E], default: E | None = None) -> E:
    """The cell as one of an enum's names, in any case."""
    if default is not None and importing.text(row, path) is None:
        return default
    name = needed(row, path)
    try:
        return kinds(name.upper())
    except ValueError:
        raise bad("bad_kind", path, f"{name!r} is none of {', '.join(kinds)}") from None


def names(row: Row, path: str) -> tuple[str, ...]:
    """Hashtags: a JSON array, or text parted by commas, bars or angle brackets."""
    found = row.data.get(path)
    if isinstance(found, list):
        return tuple(str(item) for item in found if str(item).strip())
    text = importing.text(row, path)
    if text is None:
        return ()
    if text.startswith("["):
        try:
            return tuple(str(item) for item in json.loads(text))
        except ValueError:
            raise bad("bad_tags", path, "is no JSON array") from None
    return tuple(part.strip() for part in re.split(r"[,|;<>]+", text) if part.strip())


def values(rows: Iterable[Row], *paths: str) -> set[str]:
    """All external ids that these columns name."""
    return {text for row in rows for path in paths if (text := str(row.data.get(path) or "").strip())}
