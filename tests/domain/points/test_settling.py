"""Accounts settled by one call to the database are what the moves would have made of them, row by row."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import balances, books, health, holds, ledger, settling, sweeps
from domain.points.ledger import Cause
from tests import make
from tests.domain.points.buying import give

DAY = timedelta(days=1)

#: Everything that settling writes, without the ids that are made for it.
_ROWS = """
    SELECT 'journal' AS what, j.source_id AS of, to_jsonb(j) - '{id,created_at}'::text[] AS row, '' AS told
        FROM points.journal AS j WHERE j.kind = 'EXPIRE'
    UNION ALL SELECT 'entry', j.source_id, to_jsonb(e) - '{id,created_at,journal}'::text[], ''
        FROM points.entry AS e JOIN points.journal AS j ON j.id = e.journal WHERE j.kind = 'EXPIRE'
    UNION ALL SELECT 'use', j.source_id, to_jsonb(u) - '{id,journal}'::text[], ''
        FROM points.lot_use AS u JOIN points.journal AS j ON j.id = u.journal WHERE j.kind = 'EXPIRE'
    UNION ALL SELECT 'told', j.source_id, to_jsonb(i) - '{id,message_id,subject_id,received_at}'::text[],
        (i.message_id = m.message_id AND p.member = i.member AND p.shard IS NOT NULL)::text
        FROM profile.interaction AS i JOIN points.journal AS j ON j.id::text = i.subject_id AND j.kind = 'EXPIRE'
        LEFT JOIN profile.message AS m ON m.interaction = i.id LEFT JOIN profile.pending AS p ON p.interaction = i.id
    UNION ALL SELECT 'lot', id::text, to_jsonb(l), '' FROM points.lot AS l
    UNION ALL SELECT 'account', id::text, to_jsonb(a), '' FROM points.account AS a
    UNION ALL SELECT 'due', count(*)::text, '0', '' FROM points.chain_due ORDER BY 1, 2, 3"""


class _Undone(Exception):
    pass


async def person(number: int) -> UUID:
    """Lots that end on several days and never, some of them used; the third has nothing that ends."""
    member, now = await make.member_id(), clock.now()
    for lot in range(5):
        await give(member, 10 + lot, expires_at=now + (1 + (lot * number) % 4) * DAY if number != 3 else None)
    await give(member, 7, at=now + timedelta(hours=30), expires_at=now + DAY)  # ended before it came
    await give(member, 50)
    await ledger.spend(SYSTEM, member, {"POINTS": 4 * number}, Cause("TEST", ids.new()))
    return member


async def left_by(accounts: list[UUID]) -> tuple[settling.Settled, list[tuple]]:
    """What settling posts and leaves, undone again."""
    found: tuple = ()
    try:
        async with db.transaction():
            said = await settling.settle(accounts)
            found = (said, [tuple(row) for row in await db.fetch(_ROWS)])
            raise _Undone
    except _Undone:
        return found


async def test_one_call_leaves_what_the_moves_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        await person(number)
    clock.shift(2 * DAY)
    rows = await db.fetch("SELECT id FROM points.account WHERE next_due <= $1 ORDER BY id", clock.now())
    due = [row["id"] for row in rows]
    said, left = await left_by(due)
    monkeypatch.setattr(settling, "_is_plain", lambda row: False)
    assert (said, left) == await left_by(due)
    assert said.accounts == len(due) >= 4
    assert said.expired_lots > said.accounts
    assert [row[3] for row in left if row[0] == "told"] == ["true"] * said.expired_lots
    monkeypatch.undo()
    await settling.settle(due)
    assert await health.violations() == []


async def test_what_waits_or_is_held_goes_by_the_moves() -> None:
    waiting, holding, plain = [await make.member_id() for _ in range(3)]
    for member in (waiting, holding, plain):
        await give(member, 100, expires_at=clock.now() + DAY)
    await give(waiting, 5, activates_at=clock.now() + timedelta(hours=1), expires_at=clock.now() + 9 * DAY)
    await holds.hold(
        SYSTEM, holding, {"POINTS": 30}, source="TEST", source_id=1, expires_at=clock.now() + DAY
    )
    clock.shift(2 * DAY)
    found = await sweeps.sweep()
    assert (found.expired, found.expired_lots, found.activated) == ({"POINTS": 300}, 4, 1)
    assert (found.holds_expired, found.accounts) == (1, 3)
    assert [(await balances.of_wallet(m, "POINTS")).available for m in (waiting, holding, plain)] == [5, 0, 0]
    assert await health.violations() == []


@pytest.mark.commits
async def test_an_account_that_somebody_holds_keeps_no_other_waiting() -> None:
    async with db.transaction():
        busy, free = await make.member_id(), await make.member_id()
        for member in (busy, free):
            await give(member, 100, expires_at=clock.now() + DAY)
    clock.shift(2 * DAY)
    async with db.transaction():
        await books.lock([busy], ["POINTS"])
        assert await asyncio.create_task(_apart()) == 1
    assert await db.value("SELECT count(*) FROM points.setback") == 0
    assert await sweeps.settle_due() == 1
    assert await sweeps.settle_due() == 0
    assert await db.value("SELECT count(*) FROM points.journal WHERE kind = 'EXPIRE'") == 2


async def _apart() -> int:
    """A sweep outside of the transaction that runs here."""
    db.engine.current_transaction.set(None)
    return await sweeps.settle_due()


@pytest.fixture(autouse=True)
def back():
    yield
    clock.shift(timedelta(0))
