"""A person with data in every area: all of it is in the export, and none of it is found after the erasure."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.points import health
from domain.profile import erasure, exports, identities
from domain.settings import settings
from tests.domain import traces

PHONE, EMAIL = "+8613911112222", "leaving.person@example.com"

#: Tables that the export leaves out, and why.
NOT_EXPORTED = {
    "access.subject": "holds the PIN's hash; the person's sessions are exported instead",
    "access.challenge": "hashes of codes that are forgotten after two days",
    "profile.pending": "the outbox: the interaction itself is exported",
    "profile.merge": "names other people's merges",
}
#: Tables that an erasure need not name in its report, and why.
NOT_REPORTED = {
    "profile.merge": "ids only",
    "profile.pending": "worked off within seconds",
    "profile.segment_membership": "closed by operations, which reports its history",
    "community.reaction": "reported under its own name",
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(settings(), "exports_dir", tmp_path)
    yield tmp_path
    clock.shift(timedelta(0))


async def test_a_person_with_data_in_every_area_is_exported_and_erased():
    (me,) = await traces.people()
    await traces.leave(me, PHONE, EMAIL)
    await traces.fill(me, phone=PHONE)
    tables = {table for table, _ in traces.covered()}
    without = {table for table in tables if not await traces.rows(table, me.member_id)} - {
        "profile.merge",
        "profile.erasure",
    }
    assert without == set(), "the test must leave something in these tables"
    assert await _exported(me) >= tables - set(NOT_EXPORTED) - {"profile.erasure"}

    ledger = await _ledger()
    made = await erasure._open(me, me.member_id, clock.now(), None)
    later(seconds=1)
    while await erasure.work_off():
        pass
    row = (await erasure.by_ids([made]))[made]
    report = erasure.report_of(row)
    assert row["state"] == "DONE" and report.proof["findings"] == []
    assert {name for name, *_ in report.tables} >= tables - set(NOT_REPORTED)
    assert all(why for _, _, _, kept, why in report.tables if kept)
    for table, _, anonymised, kept, _ in report.tables:
        if table in tables and not anonymised:
            assert await traces.rows(table, me.member_id) == kept, f"{table} is not what the report says"
    assert await _ledger() == ledger and await health.violations() == []
    assert (await audit.verify()).is_ok
    assert await db.value("SELECT count(*) FROM access.session WHERE ended_at IS NULL") == 0
    assert await identities.of_root(me.member_id) == []
    assert not await _found_anywhere(PHONE[3:], EMAIL)


def later(**by: int) -> None:
    clock.shift(clock.now() + timedelta(**by) - datetime.now(UTC))


async def _exported(me: Actor) -> set[str]:
    job = await exports.request(me)
    while await exports.work_off():
        pass
    row = (await exports.by_ids([job]))[job]
    with zipfile.ZipFile(exports.folder() / row["file"]) as packed:
        manifest = json.loads(packed.read("manifest.json"))
        for name, count in manifest["rows"].items():
            lines = packed.read(f"{name}.jsonl").decode().splitlines()
            assert len(lines) == count and all(json.loads(line) for line in lines)
    return set(manifest["rows"])


async def _ledger() -> list[tuple]:
    rows = await db.fetch(
        "SELECT source_part, target_part, count(*), sum(amount) FROM points.entry GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return [tuple(row) for row in rows]


async def _found_anywhere(*values: str) -> list[str]:
    found = []
    for row in await db.fetch(
        """SELECT table_schema || '.' || table_name AS t, column_name AS c FROM information_schema.columns
        JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
        AND data_type IN ('text', 'character varying', 'jsonb', 'json', 'ARRAY', 'character', 'tsvector')"""
    ):
        if await db.value(
            f'SELECT EXISTS (SELECT FROM {row["t"]} WHERE "{row["c"]}"::text ILIKE ANY($1))',
            [f"%{value}%" for value in values],
        ):
            found.append(f"{row['t']}.{row['c']}")
    return found
