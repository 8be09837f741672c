"""What an area gives to `marque import KIND FILE`, and what it gets.

The front end reads the file (CSV, JSONL, .gz), renames columns (``--map``) and counts. The importer checks, stores in
batches of its own size, each in one transaction, and tells the report of every row. Importing the same file twice
changes nothing: rows already there are *unchanged*.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from domain import db
from domain.errors import Problem, Refusal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 100_000_000_000  # a number from here on counts milliseconds (as seconds: the year 5138)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file: its first line (from 1, the header counts) and its values by our names.

    CSV gives text, '' for an empty cell; JSONL gives what JSON gives, fractions as Decimal.
    """

    line: int
    data: dict[str, Any]


@dataclass(frozen=True)
class Options:
    """The options common to all kinds, and those of a kind in ``extra``.

    ``file`` is the file's name: with a row's line it is the key of rows that carry no id of their own. Times without
    an offset are read in ``zone``. ``short_years`` (2000) is added to years below 100, which are refused without it.
    """

    file: str = ""
    source: str = "default"
    zone: str = "UTC"
    short_years: int | None = None
    dry_run: bool = False
    apply_rules: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def identity_type(self) -> str:
        """The type of the external ids of this source."""
        return "user_id" if self.source == "default" else f"user_id:{self.source}"

    @property
    def flags(self) -> list[str]:
        """What interactions of imported rows carry through the outbox: they start no journey."""
        return ["historical"] if self.apply_rules else ["historical", "no_rules"]


@dataclass
class Reject:
    """A row that was not taken, and why."""

    line: int
    external_id: str | None
    reason: str
    path: str
    row: dict[str, Any]


class Report:
    """Counts rows as they are decided; rejects go to ``on_reject`` one by one."""

    def __init__(
        self,
        on_reject: Callable[[Reject], None] = lambda _: None,
        on_progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.rows = self.accepted = self.unchanged = self.rejected = 0
        self.figures: dict[str, Any] = {}
        self._on_reject = on_reject
        self._on_progress = on_progress

    def accept(self, count: int = 1) -> None:
        """Rows that were stored and were not there before."""
        self.accepted += count
        self._decided(count)

    def keep(self, count: int = 1) -> None:
        """Rows that were there already, just so."""
        self.unchanged += count
        self._decided(count)

    def reject(self, row: Row, reason: str, path: str = "", external_id: str | None = None) -> None:
        """A row that is not taken: ``reason`` is a short word (``bad_time``), ``path`` the column."""
        self.rejected += 1
        self._on_reject(Reject(row.line, external_id, reason, path, row.data))
        self._decided(1)

    def add(self, figure: str, count: int = 1) -> None:
        """A figure of the kind's own, shown in the summary."""
        self.figures[figure] = self.figures.get(figure, 0) + count

    def summary(self) -> dict[str, Any]:
        """``rows accepted unchanged rejected`` and the kind's own figures."""
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            **self.figures,
        }

    def _decided(self, count: int) -> None:
        self.rows += count
        self._on_progress(self.rows)


@dataclass(frozen=True)
class Extra:
    """An option that a kind adds: ``--time-column x`` becomes ``options.extra["time_column"]``."""

    name: str
    help: str
    default: Any = None
    is_flag: bool = False


@dataclass(frozen=True)
class Importer:
    """How one kind is imported.

    ``run(rows, options, report)`` is called once, outside of a transaction; it opens its own ones, which join the one
    that a dry run rolls back at the end. A kind that reads a folder has ``run_folder`` instead. ``aliases`` are other
    names of our columns: ``{"messageId": "message_id"}``; ``rules`` is what ``--rules`` is when it is not given.
    """

    kind: str
    help: str
    run: Callable[[Iterator[Row], Options, Report], Awaitable[None]] | None = None
    run_folder: Callable[[Path, Options, Report], Awaitable[None]] | None = None
    columns: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    extras: tuple[Extra, ...] = ()
    rules: str = "skip"
    example: str = ""


@dataclass(eq=False)
class BadValue(Refusal):
    """A cell that cannot be read; importers turn it into a reject."""

    reason: str
    problem: Problem
    zh = "无法读取 {problem.path}。"
    en = "{problem.path} cannot be read: {problem.message}"


async def run(importer: Importer, rows: Iterator[Row] | Path, options: Options, report: Report) -> None:
    """Import everything; a dry run decides every row and then undoes it all."""
    if not options.dry_run:
        await _call(importer, rows, options, report)
        return
    with contextlib.suppress(_Undo):
        async with db.transaction():
            await _call(importer, rows, options, report)
            raise _Undo


class _Undo(Exception):
    """Ends a dry run."""


async def _call(importer: Importer, rows: Iterator[Row] | Path, options: Options, report: Report) -> None:
    if isinstance(rows, Path):
        assert importer.run_folder is not None
        await importer.run_folder(rows, options, report)
    else:
        assert importer.run is not None
        await importer.run(rows, options, report)


def properties(row: Row, *known: str) -> dict[str, Any]:
    """The columns that are none of ours, as JSON values (fractions of JSONL are Decimals until here)."""
    return {name: _plain(value) for name, value in row.data.items() if name not in known and value != ""}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def text(row: Row, path: str, *, longest: int = 10_000) -> str | None:
    """The cell as text without blanks around it; None when empty."""
    value = row.data.get(path)
    if value is None:
        return None
    found = str(value).strip()
    if len(found) > longest:
        raise BadValue("too_long", Problem(path, f"at most {longest} characters"))
    if "\x00" in found:
        raise BadValue("bad_text", Problem(path, "holds a NUL character"))
    return found or None


def integer(row: Row, path: str) -> int | None:
    """The cell as a whole number; None when empty."""
    found = text(row, path)
    try:
        return None if found is None else int(found)
    except ValueError:
        raise BadValue("bad_number", Problem(path, f"{found!r} is no whole number")) from None


def time(row: Row, path: str, options: Options) -> datetime | None:
    """The cell as an instant: ISO 8601, or seconds or milliseconds of Unix time as a JSON number; None when empty."""
    value = row.data.get(path)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _unix_time(value, path)
    found = text(row, path)
    if found is None:
        return None
    try:
        at = datetime.fromisoformat(found)
    except ValueError:
        raise BadValue("bad_time", Problem(path, f"{found!r} is no ISO 8601 time")) from None
    at = _with_century(at, path, options)
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(options.zone))


def _unix_time(value: int | Decimal, path: str) -> datetime:
    try:
        number = Decimal(value)
        seconds = number / 1000 if number.copy_abs() >= _MILLISECONDS_FROM else number
        return _EPOCH + timedelta(microseconds=int(seconds * 1_000_000))
    except OverflowError:
        raise BadValue("bad_time", Problem(path, f"{value} is no time")) from None


def _with_century(at: datetime, path: str, options: Options) -> datetime:
    if at.year >= 100:
        return at
    if options.short_years is None:
        raise BadValue("IMPLAUSIBLE_DATE", Problem(path, f"the year {at.year} (see --short-years)"))
    return at.replace(year=at.year + options.short_years)
