"""`points { wallet }` of a person with 10,000 entries beside one with ten: reading a balance must not read the past.

The query goes through the whole HTTP stack in this process. ``MARQUE_BENCH_ROWS`` (10,000; the published target's is
100,000) is the larger number of entries, which the importer of a former system posts.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

os.environ["MARQUE_RATE_LIMITS"] = "0"
os.environ.setdefault("MARQUE_LOG_LEVEL", "WARNING")

from bench import _people, _points
from bench._asking import ask
from domain import clock, db
from domain.access import development
from domain.foundation.importing import Options, Report, Row
from domain.points import importers

LARGE, SMALL = _points.size("ROWS", 10_000), 10
READS = 300
GOAL = 1.5
OPERATION = """query Balance($id: ID!) { points(memberId: $id) { wallet(code: "POINTS") {
  available pending held debt } } }"""


async def main() -> int:
    async with _points.database("balance") as own, own.opened():
        few, many = await _people.crowd(2, 0)
        await post(few, SMALL)
        await post(many, LARGE)
        await db.run("VACUUM (ANALYZE)")
        from api.app import create_app

        app = create_app(is_standing_alone=False)
        token = await development.token("operator", member=None, scopes=[], name=None)

        async def read(member: UUID) -> None:
            answer = await ask(app, _body(member), token)
            assert b'"available":' in answer and b"errors" not in answer, answer

        taken: dict[UUID, list[float]] = {few: [], many: []}
        for number in range(READS):
            for member, of_member in taken.items():  # by turns, so that both see the same machine
                once = await _points.seconds(lambda member=member: read(member))  # type: ignore[misc]
                if number >= 20:
                    of_member.append(once * 1e3)
        entries = await db.value("SELECT count(*) FROM points.entry")
    deep, shallow = taken[many], taken[few]
    print(_points.shown(f"balance over {entries - SMALL:,} entries", deep, "ms", 2))
    print(_points.shown(f"balance over {SMALL} entries", shallow, "ms", 2))
    return not _points.verdict(
        "ratio", statistics.median(deep) / statistics.median(shallow), GOAL, at_most=True
    )


def _body(member: UUID) -> bytes:
    return json.dumps({"query": OPERATION, "variables": {"id": str(member)}}).encode()


async def post(member: UUID, entries: int) -> None:
    """An opening balance, then earning and spending by turns."""
    name, began = f"bench-{member}", clock.now() - timedelta(seconds=entries + 10)

    def rows() -> Iterator[Row]:
        for number in range(entries):
            kind = "OPENING" if not number else ("EARN", "SPEND")[number % 2]
            yield Row(number + 2, {
                "member": name, "wallet": "POINTS", "kind": kind, "amount": "5",
                "occurred_at": (began + timedelta(seconds=number)).isoformat(),
            })  # fmt: skip

    report = Report()
    await importers.run(rows(), Options(file=f"{member}.csv"), report)
    assert report.accepted == entries, report.summary()


if __name__ == "__main__":
    sys.exit(_points.run(main()))
