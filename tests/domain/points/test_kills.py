"""A process is killed (SIGKILL) at random points of its work and started again: sums hold, nothing happens twice."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from domain import clock, db, wiring
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.foundation.importing import Options, Report, Row
from domain.points import health, importers
from domain.points.keeping import chain
from domain.profile import interactions
from tests import database, make
from tests.domain.points.buying import rule
from tests.domain.points.test_earning import PUBLISHED, cap

pytestmark = pytest.mark.commits

PATIENCE_SECONDS = 120
KILLS = 2


@pytest.fixture(autouse=True)
def registered():
    wiring.start()
    yield
    clock.shift(timedelta(0))


class Work:
    """A process of its own on this test's database."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *words], cwd=database.ROOT, env=os.environ | {"MARQUE_TEST_CLOCK": "1"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    async def kill_when(self, sql: str, count: int) -> bool:
        """Kill it as soon as this much of its work can be seen; False when it was done before that."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await db.value(sql) < count:
                if self.process.poll() is not None:
                    self.finished()
                    return False
                await asyncio.sleep(0.002)
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.communicate()
        return self.process.returncode == -signal.SIGKILL

    def finished(self) -> str:
        said, problems = self.process.communicate(timeout=PATIENCE_SECONDS)
        assert self.process.returncode == 0, problems
        return said


async def _killed(sql: str, total: int, *words: str) -> int:
    """Kill the work at random points, each later than the one before; answers how often that succeeded."""
    points = sorted(random.sample(range(1, total * 3 // 4), KILLS))
    return sum([await Work(*words).kill_when(sql, count) for count in points])


async def _is_sound() -> None:
    """What `marque ledger verify` asks."""
    await chain.extend()
    assert await health.violations() == []


async def _people(count: int) -> list[tuple[UUID, str]]:
    async with db.transaction():
        made = [await make.member_id() for _ in range(count)]
    rows = await db.fetch("SELECT member, value_norm FROM profile.identity WHERE member = ANY($1)", made)
    return [(row["member"], row["value_norm"]) for row in rows]


async def _sums() -> dict[str, int]:
    """What went to and came from each part of the programme."""
    rows = await db.fetch(
        """SELECT part, sum(n)::int AS n FROM (SELECT source_part AS part, amount AS n FROM points.entry
            UNION ALL SELECT target_part, -amount FROM points.entry) AS e GROUP BY part"""
    )
    return {row["part"]: row["n"] for row in rows if row["n"]}


async def test_a_sweep_that_is_killed_lets_each_lot_expire_once() -> None:
    people, soon = await _people(120), clock.now() + timedelta(hours=1)
    rows = [
        {"member": name, "wallet": "POINTS", "kind": "EARN", "amount": "10", "occurred_at": "2026-01-01",
         "expires_at": soon.isoformat() if n else ""}
        for _, name in people for n in range(3)
    ]  # fmt: skip
    await importers.run(iter(Row(n, row) for n, row in enumerate(rows)), Options(file="seed.csv"), Report())
    await db.run("INSERT INTO foundation.clock_offset (id, microseconds) VALUES (1, 7200000000)")
    clock.shift(timedelta(hours=2))
    done = "SELECT count(*) FROM points.journal WHERE kind = 'EXPIRE'"
    assert await _killed(done, 240, "-m", "tests.domain.points.working", "sweep") > 0, "no kill was felt"
    Work("-m", "tests.domain.points.working", "sweep").finished()
    assert await db.value(done) == 240
    assert await _sums() == {"ISSUED": 3_600, "EXPIRED": -2_400, "AVAILABLE": -1_200}
    assert await db.value("SELECT count(*) FROM points.account WHERE available <> 10") == 0
    await _is_sound()


@pytest.mark.parametrize("kind", ["points-entries", "purchases"])
async def test_an_import_that_is_killed_posts_each_row_once(kind: str, tmp_path: Path) -> None:
    people, file = await _people(60), tmp_path / "rows.jsonl"
    given = [(name, turn) for _, name in people for turn in range(50)]
    if kind == "purchases":
        rows = [
            {"member": name, "external_id": f"{name}-{turn}", "paid_at": f"2026-01-{1 + turn % 28:02}T00:00:00Z",
             "currency": "CNY", "cash": "12.50"}
            for name, turn in given
        ]  # fmt: skip
    else:
        rows = [
            {"member": name, "wallet": "POINTS", "kind": "SPEND" if turn % 5 == 4 else "EARN", "amount": "10",
             "occurred_at": f"2026-01-{1 + turn % 28:02}T{turn % 24:02}:00:00Z"}
            for name, turn in given
        ]  # fmt: skip
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("-m", "cli", "import", kind, str(file), "--overdraft", "debt")
    words = words[:5] if kind == "purchases" else words
    table = "points.purchase" if kind == "purchases" else "points.journal"
    assert await _killed(f"SELECT count(*) FROM {table}", 3_000, *words) > 0, "no kill was felt"
    said = Work(*words, "--json").finished()
    summary = json.loads(said[said.index("{") :])
    assert summary["accepted"] + summary["unchanged"] == 3_000
    assert await db.value(f"SELECT count(*) FROM {table}") == 3_000
    if kind == "purchases":
        assert await db.value("SELECT count(DISTINCT interaction) FROM points.purchase") == 3_000
        kinds = "SELECT count(*) FROM profile.interaction WHERE kind = 'points.purchase.recorded'"
        assert await db.value(kinds) == 3_000
    else:
        assert await _sums() == {"ISSUED": 24_000, "REDEEMED": -6_000, "AVAILABLE": -18_000}
    await _is_sound()


async def test_a_drain_that_is_killed_judges_each_fact_once() -> None:
    await rule(10, kinds=["community.post.published"], caps=[cap(limit=145)])
    people = await _people(12)
    async with db.transaction():
        for member, _ in people:
            for _ in range(20):
                await interactions.record(
                    SYSTEM, PUBLISHED, ("POST", ids.new()), once=ids.new(), member=member
                )
    done = "SELECT count(*) FROM points.earn_decision"
    assert await _killed(done, 240, "-m", "tests.domain.points.working", "drain") > 0, "no kill was felt"
    Work("-m", "tests.domain.points.working", "drain").finished()
    assert await db.value(done) == 240
    assert await db.value("SELECT count(*) FROM profile.pending") == 0
    assert await _sums() == {"ISSUED": 145 * 12, "AVAILABLE": -145 * 12}
    counted = "SELECT DISTINCT count FROM profile.total WHERE kind = 'community.post.published'"
    assert [row["count"] for row in await db.fetch(counted)] == [20]
    await _is_sound()
