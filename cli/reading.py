"""Rows of a file: CSV, TSV, JSONL, a JSON array or one value a line, plain or .gz, with columns renamed."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import click

from domain.foundation.importing import Report, Row

csv.field_size_limit(16 * 1024 * 1024)
_ABSENT = object()


def rows(
    path: Path, report: Report, *, mapping: Mapping[str, str], aliases: Mapping[str, str], encoding: str
) -> Iterator[Row]:
    """The readable rows in file order; unreadable ones are rejected on the way."""
    with _opened(path) as raw:
        for line, data, problem in _FORMATS[_format(path)](raw, encoding):
            problem = problem or _unstorable(data)
            if problem:
                report.reject(Row(line, _printable(data)), problem)
            else:
                yield Row(line, _renamed(data, mapping, aliases))


def parse_mapping(given: tuple[str, ...]) -> dict[str, str]:
    """``ours=theirs`` pairs, several in one word by commas."""
    pairs = {}
    for pair in ",".join(given).split(","):
        ours, sign, theirs = pair.partition("=")
        if pair and not (sign and ours.strip() and theirs.strip()):
            raise click.BadParameter(f"{pair!r} is not of the form ours=theirs", param_hint="--map")
        if pair:
            pairs[ours.strip()] = theirs.strip()
    return pairs


_Found = Iterator[tuple[int, dict[str, Any], str]]


def _opened(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _format(path: Path) -> str:
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if suffix.lower() not in _FORMATS:
        raise click.BadParameter(
            f"{path.name}: name the file .csv, .tsv, .jsonl, .json or .txt (or these with .gz)",
            param_hint="FILE",
        )
    return suffix.lower()


def _csv(raw: IO[bytes], encoding: str, delimiter: str = ",") -> _Found:
    reader = csv.reader(_lines(raw, encoding), delimiter=delimiter)
    header = next(reader, [])
    names = [name.strip() for name in header]
    line = reader.line_num + 1
    for cells in reader:
        if cells:
            data = dict(zip(names, cells, strict=False))
            yield line, data, "" if len(cells) == len(names) else "bad_row"
        line = reader.line_num + 1


def _tsv(raw: IO[bytes], encoding: str) -> _Found:
    return _csv(raw, encoding, "\t")


def _jsonl(raw: IO[bytes], encoding: str) -> _Found:
    for line, text in enumerate(_lines(raw, encoding), 1):
        if text.strip():
            yield line, *_object(text)


def _json(raw: IO[bytes], encoding: str) -> _Found:
    """An array of objects; the line is the object's place in it."""
    try:
        found = json.loads(raw.read().decode(encoding), parse_float=Decimal)
    except ValueError as problem:
        raise click.ClickException(f"The file is no JSON: {problem}") from None
    if not isinstance(found, list):
        raise click.ClickException("The file holds no JSON array; one object a line is .jsonl.")
    for line, data in enumerate(found, 1):
        yield (line, data, "") if isinstance(data, dict) else (line, {"value": data}, "bad_row")


def _txt(raw: IO[bytes], encoding: str) -> _Found:
    """One value a line, in the column ``value``."""
    for line, text in enumerate(_lines(raw, encoding), 1):
        if text.strip():
            yield line, {"value": text.strip()}, ""


_FORMATS: dict[str, Callable[[IO[bytes], str], _Found]] = {
    ".csv": _csv, ".tsv": _tsv, ".jsonl": _jsonl, ".ndjson": _jsonl, ".json": _json,
    ".txt": _txt,
}  # fmt: skip


def _lines(raw: IO[bytes], encoding: str) -> Iterator[str]:
    """Lines as text; bytes that are none stay as lone surrogates, which :func:`_unstorable` finds."""
    for number, line in enumerate(raw):
        text = line.decode(encoding, errors="surrogateescape")
        yield text.removeprefix("\ufeff") if number == 0 else text


def _object(text: str) -> tuple[dict[str, Any], str]:
    try:
        found = json.loads(text, parse_float=Decimal)
    except ValueError:
        return {"text": text[:1000].rstrip("\n")}, "bad_json"
    return (found, "") if isinstance(found, dict) else ({"value": found}, "bad_row")


def _unstorable(value: Any) -> str:
    """Why a text anywhere in the value cannot be stored, or ''."""
    if isinstance(value, str):
        if "\x00" in value:
            return "bad_text"
        return "" if value.isascii() or _is_text(value) else "bad_encoding"
    inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next(filter(None, map(_unstorable, inner)), "")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _printable(data: dict[str, Any]) -> dict[str, Any]:
    return {str(key): str(value).encode(errors="replace").decode() for key, value in data.items()}


def _renamed(data: dict[str, Any], mapping: Mapping[str, str], aliases: Mapping[str, str]) -> dict[str, Any]:
    for theirs, ours in aliases.items():
        if theirs in data and ours not in data:
            data[ours] = data.pop(theirs)
    if not mapping:
        return data
    found = {ours: _at(data, theirs) for ours, theirs in mapping.items()}
    rest = {key: value for key, value in data.items() if key not in mapping.values()}
    return rest | {ours: value for ours, value in found.items() if value is not _ABSENT}


def _at(data: Any, path: str) -> Any:
    """The value under a key, or at a dotted path through objects and arrays (also those written as JSON in a cell)."""
    if isinstance(data, str) and data[:1] in ("{", "["):
        data = _decoded(data)
    if isinstance(data, dict) and path in data:
        return data[path]
    head, dot, rest = path.partition(".")
    if isinstance(data, dict) and head in data:
        return _at(data[head], rest) if dot else data[head]
    if isinstance(data, list) and head.isdigit() and int(head) < len(data):
        return _at(data[int(head)], rest) if dot else data[int(head)]
    return _ABSENT


def _decoded(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return text
