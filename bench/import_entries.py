"""Importing the entries of a former system beside COPY of the same final rows, at two sizes.

``MARQUE_BENCH_ROWS`` (20,000; the published target's is 1,000,000) rows of a file are posted by `points-entries`: for
each person an opening balance, then earnings and spends by turns. Then bare COPY writes all rows that the import left
in any table (the ledger's, the interactions and the outbox) into a copy of the database as it was before, with the same
indexes, keys and triggers. A tenth as many rows tell whether the time is linear.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import asyncpg

from bench import _people, _points
from domain import clock, db
from domain.foundation.importing import Options, Report, Row
from domain.points import health, importers

ROWS, EACH = _points.size("ROWS", 20_000), 10
GOAL, LINEAR = 1 / 12, 0.8
#: What an import writes, each after what it refers to; triggers fill the rest.
TABLES = (
    "points.account", "points.journal", "points.entry", "points.lot", "points.lot_use", "profile.message",
    "profile.interaction", "profile.pending",
)  # fmt: skip


async def main() -> int:
    small = await _measured(ROWS // 10)
    large = await _measured(ROWS)
    is_met = _points.verdict("ratio", large[0] / large[1], GOAL)
    is_linear = _points.verdict(f"rate at {ROWS:,} rows beside {ROWS // 10:,}", large[0] / small[0], LINEAR)
    return 0 if is_met and is_linear else 1


async def _measured(rows: int) -> tuple[float, float]:
    """Rows a second by the importer and by COPY."""
    async with _points.database("import") as own:
        async with own.opened(2):
            people = await _people.crowd(rows // EACH, 0)
            await db.run("VACUUM (ANALYZE)")
        beside = await own.copy("raw")
        try:
            async with own.opened(2):
                report = Report()
                began = time.perf_counter()
                await importers.run(_rows(people), Options(file="bench.csv", apply_rules=False), report)
                imported = time.perf_counter() - began
                assert report.accepted == rows, report.summary()
                broken = await health.violations()
                assert not broken, broken
            copied, final = await _copied(own, beside)
        finally:
            await beside.drop()
    print(f"{rows:>9,} rows imported          {rows / imported:10,.0f} /s")
    print(f"{final:>9,} final rows by COPY     {rows / copied:10,.0f} rows of the file /s")
    return rows / imported, rows / copied


async def _copied(source: _points.Database, target: _points.Database) -> tuple[float, int]:
    """Seconds that COPY takes for all final rows, and how many they are."""
    taken, final = 0.0, 0
    reading, writing = [await asyncpg.connect(**db._config(each.url)) for each in (source, target)]
    try:
        for name in TABLES:
            schema, table = name.split(".")
            rows = io.BytesIO()
            await reading.copy_from_query(f"SELECT * FROM {name}", output=rows, format="binary")
            rows.seek(0)
            began = time.perf_counter()
            done = await writing.copy_to_table(table, schema_name=schema, source=rows, format="binary")
            taken += time.perf_counter() - began
            final += int(done.split()[-1])
    finally:
        await reading.close()
        await writing.close()
    return taken, final


def _rows(people: list) -> Iterator[Row]:
    began = clock.now() - timedelta(days=300)
    for number in range(len(people) * EACH):
        of, turn = divmod(number, EACH)
        kind = "OPENING" if not turn else ("EARN", "SPEND")[turn % 2]
        yield Row(number + 2, {
            "member": f"bench-{people[of]}", "wallet": "POINTS", "kind": kind, "amount": "15" if kind == "SPEND" else "20",
            "occurred_at": (began + timedelta(days=turn)).isoformat(), "external_id": f"e-{number}",
        })  # fmt: skip


if __name__ == "__main__":
    sys.exit(_points.run(main()))
