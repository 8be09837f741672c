"""Reading a Stack Exchange data dump: one XML file a table, plain or .gz, row by row without holding a file in memory."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast
from xml.etree.ElementTree import ParseError

from defusedxml.ElementTree import iterparse

from domain.community.importers import cells
from domain.errors import InvalidInput
from domain.foundation.importing import Row


def rows(folder: Path, table: str) -> Iterator[Row]:
    """The rows of a table, numbered from 1; none when the dump has no such file. Raises InvalidInput for broken XML."""
    path = find(folder, table)
    if path is None:
        return
    number = 0
    try:
        with _open(path) as file:
            parsed = iterparse(file, events=("start", "end"), forbid_dtd=True)
            _, root = next(parsed)
            for happened, element in parsed:
                if happened == "end" and element.tag == "row":
                    number += 1
                    yield Row(number, {"file": table, **element.attrib})
                    root.clear()
    except (ParseError, OSError, EOFError, ValueError, StopIteration) as problem:
        raise InvalidInput.at(path.name, f"This file breaks off after row {number}: {problem}") from None


def find(folder: Path, table: str) -> Path | None:
    """The file of a table."""
    return next(
        (path for path in (folder / f"{table}.xml", folder / f"{table}.xml.gz") if path.exists()), None
    )


def text(row: Row, name: str) -> str | None:
    """An attribute, None when it is absent or empty."""
    return cast("str | None", row.data.get(name)) or None


def needed(row: Row, name: str) -> str:
    """An attribute that must be there; without it the row is a reject."""
    return cells.needed(row, name)


def at(row: Row, name: str = "CreationDate") -> datetime:
    """A time of the dump (UTC, without an offset)."""
    found = cells.needed(row, name)
    try:
        return datetime.fromisoformat(found).replace(tzinfo=UTC)
    except ValueError:
        raise cells.bad("bad_time", name, f"{found!r} is no ISO 8601 time") from None


def later(row: Row, name: str) -> datetime | None:
    """An optional time."""
    return at(row, name) if text(row, name) else None


def _open(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")
