"""A redeem-like posting: the domain function in one process against the same rows written by pgbench.

Both take 1 point of a random member's oldest lot: an account is locked, its lot found, and a journal, an entry, a lot
use, the balance, and the interaction with its outbox row are written. The raw limit does it in one server-side
function called by pgbench with as many clients; the domain goes through ``ledger.spend``. Rates are postings/s; the
goal is a ratio of at least 0.30.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from cli.stack import binaries
from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import amounts, health, ledger
from domain.points.ledger import Cause
from domain.profile import members

GOAL = 0.30
_RAW = """
CREATE OR REPLACE FUNCTION bench.redeem(whose uuid, points bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    a points.account; l points.lot; j uuid := gen_random_uuid(); i uuid := gen_random_uuid(); t timestamptz := now();
BEGIN
    SELECT x.* INTO a FROM points.account AS x JOIN points.wallet_type AS w ON w.id = x.wallet_type
    WHERE x.member = (SELECT root FROM profile.member WHERE id = whose) AND w.code = 'POINTS' FOR NO KEY UPDATE OF x;
    IF a.available < points THEN RAISE EXCEPTION 'not enough'; END IF;
    SELECT * INTO l FROM points.lot WHERE account = a.id AND remaining > 0 AND state = 'ACTIVE'
    ORDER BY expires_at NULLS LAST, occurred_at, id LIMIT 1;
    PERFORM points.write(jsonb_build_object('at', t,
        'journals', jsonb_build_array(jsonb_build_object('id', j, 'kind', 'SPEND', 'source', 'RAW', 'source_id', j,
            'is_full', false, 'facts', '{}'::jsonb, 'occurred_at', t)),
        'entries', jsonb_build_array(jsonb_build_object('id', gen_random_uuid(), 'journal', j, 'account', a.id,
            'seq', a.seq + 1, 'source_part', 'AVAILABLE', 'target_part', 'REDEEMED', 'amount', points,
            'pending_after', a.pending, 'available_after', a.available - points, 'held_after', a.held,
            'debt_after', a.debt, 'occurred_at', t)),
        'accounts', jsonb_build_array(jsonb_build_object('id', a.id, 'pending', a.pending,
            'available', a.available - points, 'held', a.held, 'debt', a.debt, 'lifetime_earned', a.lifetime_earned,
            'seq', a.seq + 1, 'next_due', a.next_due)),
        'lots', jsonb_build_array(to_jsonb(l) || jsonb_build_object('remaining', l.remaining - points)),
        'uses', jsonb_build_array(jsonb_build_object('id', gen_random_uuid(), 'lot', l.id, 'journal', j, 'kind', 'USE',
            'amount', points))));
    INSERT INTO profile.message (origin, message_id, interaction, received_at) VALUES ('CAUSED', i::text, i, t);
    INSERT INTO profile.interaction (id, origin, message_id, member, kind, class, occurred_at, received_at, actor_kind,
        subject_kind, subject_id, properties)
    VALUES (i, 'CAUSED', i::text, a.member, 'points.entry.spent', 'SYSTEM', t, t, 'SYSTEM', 'JOURNAL', j::text,
        '{"effects": {"POINTS": "-1"}}');
    INSERT INTO profile.pending (interaction, shard, member, received_at)
    VALUES (i, profile.shard(a.member), a.member, t);
END $$"""


async def main(args: list[str]) -> None:
    """Fill, measure both in turns, print the rates and the ratio; fail below the goal."""
    given = _arguments().parse_args(args)
    await db.open(given.clients)
    try:
        await _prepare(given.members)
        who = [row["member"] for row in await db.fetch("SELECT member FROM bench.member")]
        await _domain(who, given.clients, 1.0)
        rounds = [
            (
                await _domain(who, given.clients, given.seconds),
                _pgbench(given.members, given.clients, given.seconds),
            )
            for _ in range(given.rounds)
        ]
        broken = await health.violations()
    finally:
        await db.close()
    domain, raw = (sorted(rates)[len(rounds) // 2] for rates in zip(*rounds, strict=True))
    print(f"posting through the domain  {domain:8,.0f} /s")
    print(f"raw, by pgbench             {raw:8,.0f} /s")
    print(f"ratio                       {domain / raw:8.2f}   (goal >= {GOAL})")
    if broken or domain / raw < GOAL:
        sys.exit("\n".join(broken) or "below the goal")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.posting", description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--members", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    return parser


async def _prepare(count: int) -> None:
    await db.run("CREATE SCHEMA IF NOT EXISTS bench")
    await db.run("CREATE TABLE IF NOT EXISTS bench.member (number int PRIMARY KEY, member uuid NOT NULL)")
    await db.run(_RAW)
    known = await db.value("SELECT count(*) FROM bench.member")
    for number in range(known, count):
        async with db.transaction():
            member = await members.add(display_name=f"Bench {number}")
            await ledger.earn(SYSTEM, member, "POINTS", amounts.MOST, Cause("BENCH", ids.new()))
            await db.run("INSERT INTO bench.member VALUES ($1, $2)", number, member)
    await db.run("ANALYZE")


async def _domain(who: list[UUID], clients: int, seconds: float) -> float:
    dice, done, until = random.Random(1), 0, time.monotonic() + seconds

    async def work() -> None:
        nonlocal done
        while time.monotonic() < until:
            member = dice.choice(who)
            await db.attempt(
                lambda member=member: ledger.spend(SYSTEM, member, {"POINTS": 1}, Cause("BENCH", ids.new()))  # type: ignore[misc]
            )
            done += 1

    await clock.refresh()
    await asyncio.gather(*(work() for _ in range(clients)))
    return done / seconds


def _pgbench(count: int, clients: int, seconds: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "redeem.sql"
        script.write_text(
            f"\\set number random(0, {count - 1})\n"
            "SELECT bench.redeem((SELECT member FROM bench.member WHERE number = :number), 1);\n"
        )
        found = subprocess.run(
            [binaries.postgres_folder() / "pgbench", "-n", "-M", "prepared", "-f", script, "-c", str(clients), "-j", "1",
             "-T", str(seconds)],
            env=os.environ | _connection(), capture_output=True, text=True, check=True,
        )  # fmt: skip
    rate = re.search(r"tps = ([\d.]+)", found.stdout)
    assert rate is not None, found.stdout
    return float(rate.group(1))


def _connection() -> dict[str, str]:
    """The domain's address as pgbench takes it."""
    url = urlsplit(db.engine.config["dsn"])
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    found = {
        "PGHOST": asked.get("host") or url.hostname, "PGPORT": asked.get("port") or (str(url.port) if url.port else None),
        "PGUSER": asked.get("user") or url.username, "PGPASSWORD": url.password, "PGDATABASE": url.path.strip("/"),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
