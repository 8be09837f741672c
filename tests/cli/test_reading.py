"""Rows of files, as the importers get them."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest

from cli import reading
from domain.foundation.importing import Reject, Report, Row


def read(
    path: Path, *maps: str, encoding: str = "utf-8", **aliases: str
) -> tuple[list[Row], list[tuple[int, str]]]:
    rejects: list[Reject] = []
    found = reading.rows(
        path, Report(rejects.append), mapping=reading.parse_mapping(maps), aliases=aliases, encoding=encoding
    )
    return list(found), [(one.line, one.reason) for one in rejects]


def write(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    content = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def test_csv_counts_lines_as_an_editor_does(tmp_path: Path) -> None:
    rows, rejects = read(write(tmp_path, "a.csv", '\ufeffid, body\n1,"two\nlines"\n\n2,x\n3,too,many\n'))
    assert [(row.line, row.data) for row in rows] == [
        (2, {"id": "1", "body": "two\nlines"}),
        (5, {"id": "2", "body": "x"}),
    ]
    assert rejects == [(6, "bad_row")]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.ndjson"])
def test_jsonl_keeps_fractions_exact_and_names_broken_lines(tmp_path: Path, name: str) -> None:
    rows, rejects = read(
        write(tmp_path, name, '{"n": 0.1}\n\n{broken\n[1]\n{"n": 12345678901234567890.12}\n')
    )
    assert [row.data["n"] for row in rows] == [Decimal("0.1"), Decimal("12345678901234567890.12")]
    assert rejects == [(3, "bad_json"), (4, "bad_row")]


def test_a_json_array_is_as_good_as_lines(tmp_path: Path) -> None:
    rows, rejects = read(write(tmp_path, "a.json", '[{"a": 1}, 5, {"a": 2}]'))
    assert [(row.line, row.data["a"]) for row in rows] == [(1, 1), (3, 2)]
    assert rejects == [(2, "bad_row")]
    with pytest.raises(click.ClickException, match="no JSON array"):
        read(write(tmp_path, "b.json", '{"a": 1}'))


def test_what_cannot_be_stored_is_rejected_before_it_is_tried(tmp_path: Path) -> None:
    lines = [
        b'{"a": "fine \xe8\x94\x9a"}',
        b'{"a": "\xff"}',
        b'{"a": "nul \\u0000"}',
        b'{"a": {"b": ["\\ud800"]}}',
    ]
    rows, rejects = read(write(tmp_path, "a.jsonl", b"\n".join(lines)))
    assert [row.data for row in rows] == [{"a": "fine 蔚"}]
    assert rejects == [(2, "bad_encoding"), (3, "bad_text"), (4, "bad_encoding")]


def test_files_of_a_chinese_spreadsheet_are_read_in_their_encoding(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "编号,姓名\n1,张三\n".encode("gb18030"))
    rows, _ = read(path, "external_id=编号,display_name=姓名", encoding="gb18030")
    assert [row.data for row in rows] == [{"external_id": "1", "display_name": "张三"}]


@pytest.mark.parametrize(
    ("maps", "found"),
    [
        (("lat=gps.lat",), {"gps": {"lat": 1, "at": [{"t": 2}]}, "x.y": 3, "lat": 1}),
        (("t=gps.at.0.t", "z=x.y"), {"gps": {"lat": 1, "at": [{"t": 2}]}, "t": 2, "z": 3}),
        (("gone=gps.none.0", "also=gps.at.7"), {"gps": {"lat": 1, "at": [{"t": 2}]}, "x.y": 3}),
    ],
)
def test_map_reaches_into_objects_and_arrays(
    tmp_path: Path, maps: tuple[str, ...], found: dict[str, Any]
) -> None:
    rows, _ = read(write(tmp_path, "a.jsonl", '{"gps": {"lat": 1, "at": [{"t": 2}]}, "x.y": 3}'), *maps)
    assert rows[0].data == found


def test_a_wrong_map_is_a_usage_error() -> None:
    for wrong in ("a", "=b", "a="):
        with pytest.raises(click.BadParameter, match="ours=theirs"):
            reading.parse_mapping((wrong,))


def test_aliases_give_way_to_our_own_name(tmp_path: Path) -> None:
    rows, _ = read(write(tmp_path, "a.csv", "messageId,message_id\na,b\n"), messageId="message_id")
    assert rows[0].data == {"messageId": "a", "message_id": "b"}
    rows, _ = read(write(tmp_path, "b.csv", "messageId\na\n"), messageId="message_id")
    assert rows[0].data == {"message_id": "a"}
