"""The proof of an erasure: no original value of any identity stands in any text or jsonb column of any table.

The columns are read from the catalogue, so that no table can be forgotten. Tables are read in ranges of pages, so
that memory and the time of a statement stay bounded however large they are. The first pass takes out what areas do
not know of (a phone number in somebody else's comment), the second only looks.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog

from domain import db

log = structlog.get_logger()

Key = tuple[str, str]

PAGES = 2_000
REDACTED = "***"
SHORTEST = 6

#: Rows that are about the person as a whole, so that taking the value out would not be enough.
DELETED = {"access.audit_text", "foundation.recorded_send", "foundation.idempotency_key"}
#: Hash chains and other people's identities are never written to; what is found there is reported.
UNTOUCHED = {"access.audit_entry", "profile.identity", "profile.shared_device", "profile.suppression"}

_TYPES = (
    "text", "varchar", "bpchar", "citext", "json", "jsonb", "_text", "_varchar", "_jsonb", "_bpchar", "tsvector",
    "xml", "name",
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A table with its columns that can hold text: name -> type."""

    name: str
    columns: dict[str, str]
    pages: int


@dataclass(frozen=True)
class Patterns:
    """What is looked for, as regular expressions; None when nothing can be looked for.

    Values too short or too plain to tell apart from ordinary words are ``vague``: they are not looked for in free
    text, because every "42" would be one.
    """

    plain: str | None
    in_json: str | None
    vague: int


@dataclass
class Found:
    """What a pass saw: rows read, and per column how many rows hold a value."""

    rows: int
    hits: dict[str, int]


def patterns(keys: Sequence[Key], others: frozenset[str] = frozenset()) -> Patterns:
    """The expressions for the values of these identities; ``others`` are values that somebody else has too."""
    values = {form for type_, value in keys for form in _forms(type_, value) if value not in others}
    telling = sorted(value for value in values if _is_telling(value))
    vague = len({value for _, value in keys}) - len(
        {v for t, v in keys if v not in others and _is_telling(v)}
    )
    if not telling:
        return Patterns(None, None, vague)
    return Patterns(_expression(telling), _expression([db.json(value)[1:-1] for value in telling]), vague)


async def tables() -> list[Table]:
    """Every table of the brand's database that can hold text, partitions one by one, by name."""
    rows = await db.fetch(
        """SELECT n.nspname || '.' || c.relname AS name, pg_relation_size(c.oid) / 8192 AS pages,
            jsonb_object_agg(a.attname, t.typname) AS columns
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type AS t ON t.oid = a.atttypid
        WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND t.typname = ANY($1)
        GROUP BY n.nspname, c.relname, c.oid""",
        list(_TYPES),
    )
    return sorted(
        (Table(row["name"], row["columns"], row["pages"]) for row in rows), key=lambda table: table.name
    )


async def scan(
    wanted: Patterns, progress: dict[str, Any], *, seconds: float, is_cleaning: bool
) -> dict[str, Any] | None:
    """Go on from ``progress`` for some seconds; answers where it stands then, or None when every table is read.

    ``progress`` is changed on the way: ``rows``, ``columns``, ``hits`` (column -> rows) are what was seen so far.
    """
    until = time.monotonic() + seconds
    for table in await tables():
        if table.name < progress.get("table", ""):
            continue
        page = progress.get("page", 0) if table.name == progress.get("table") else 0
        if page == 0:
            progress["columns"] = progress.get("columns", 0) + len(table.columns)
        while page <= table.pages:
            await _range(table, page, wanted, progress, is_cleaning)
            page += PAGES
            progress |= {"table": table.name, "page": page}
            if time.monotonic() > until:
                return progress
        progress |= {"table": f"{table.name} ", "page": 0}  # behind this table, before the next
    return None


async def _range(
    table: Table, page: int, wanted: Patterns, progress: dict[str, Any], is_cleaning: bool
) -> None:
    found = await _look(table, page, wanted)
    if found.hits and is_cleaning and table.name not in UNTOUCHED:
        await _clean(table, page, wanted, list(found.hits))
        return
    progress["rows"] = progress.get("rows", 0) + found.rows
    hits = progress.setdefault("hits", {})
    for column, rows in found.hits.items():
        if table.name not in ("profile.identity", "profile.shared_device"):
            hits[f"{table.name}.{column}"] = hits.get(f"{table.name}.{column}", 0) + rows


async def _look(table: Table, page: int, wanted: Patterns) -> Found:
    counted = ", ".join(
        f"count(*) FILTER (WHERE {_text(name, type_)} ~* ${1 if _is_plain(type_) else 2}) AS c{number}"
        for number, (name, type_) in enumerate(table.columns.items())
    )
    row = await db.one(
        f"SELECT count(*) AS rows, {counted} FROM ONLY {_quoted(table.name)} "
        f"WHERE ctid >= '({page},0)'::tid AND ctid < '({page + PAGES},0)'::tid AND $1::text IS NOT NULL AND $2::text IS NOT NULL",
        wanted.plain, wanted.in_json,
    )  # fmt: skip
    assert row is not None
    names = list(table.columns)
    return Found(row["rows"], {names[n]: row[f"c{n}"] for n in range(len(names)) if row[f"c{n}"]})


async def _clean(table: Table, page: int, wanted: Patterns, columns: list[str]) -> None:
    """Take the values out of these pages; what the table's own rules forbid stays and is found by the second pass."""
    where = f"ctid >= '({page},0)'::tid AND ctid < '({page + PAGES},0)'::tid"
    for column in columns:
        type_ = table.columns[column]
        pattern = wanted.plain if _is_plain(type_) else wanted.in_json
        matches = f"{where} AND {_text(column, type_)} ~* $1"
        if table.name in DELETED:
            sql = f"DELETE FROM {_quoted(table.name)} WHERE {matches}"
        elif table.name == "profile.dead_letter":
            sql = (
                f"UPDATE {_quoted(table.name)} SET body = '{{}}', path = NULL, discard_reason = 'erased', "
                f"discarded_at = coalesce(discarded_at, now()) WHERE {matches}"
            )
        else:
            sql = f'UPDATE {_quoted(table.name)} SET "{column}" = {_without(column, type_)} WHERE {matches}'
        try:
            async with db.transaction(), db.savepoint():
                await db.run("SET LOCAL marque.erasing = 'on'")
                await db.run(sql, pattern)
                await db.run("SET LOCAL marque.erasing = 'off'")
        except asyncpg.PostgresError as failure:
            log.warning("a value could not be taken out", table=table.name, column=column, error=str(failure))


def _without(column: str, type_: str) -> str:
    if type_.startswith("_"):
        return f"(SELECT array_agg(regexp_replace(x::text, $1, '{REDACTED}', 'gi')) FROM unnest(\"{column}\") AS x)::{type_[1:]}[]"
    replaced = f"regexp_replace({_text(column, type_)}, $1, '{REDACTED}', 'gi')"
    return f"({replaced})::{type_}" if type_ != "bpchar" else replaced


def _text(column: str, type_: str) -> str:
    return f'"{column}"' if type_ in ("text", "varchar") else f'"{column}"::text'


def _is_plain(type_: str) -> bool:
    return "json" not in type_


def _quoted(name: str) -> str:
    schema, _, table = name.partition(".")
    return f'"{schema}"."{table}"'


def _forms(type_: str, value: str) -> set[str]:
    """How a value may be written; a phone number also without its country."""
    if type_ == "phone" and value.startswith("+86"):
        return {value, value[1:], value[3:]}
    if type_ == "phone" and value.startswith("+"):
        return {value, value[1:]}
    return {value}


def _is_telling(value: str) -> bool:
    return len(value) >= SHORTEST and any(not char.isalpha() for char in value)


def _expression(values: Sequence[str]) -> str:
    """Any of the values, not as a part of a longer word or number."""
    each = "|".join(re.sub(r"([.*+?()\[\]{}|^$\\\-])", r"\\\1", value) for value in values)
    return rf"(?<![0-9A-Za-z])(?:{each})(?![0-9A-Za-z])"
