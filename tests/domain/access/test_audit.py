"""The audit log: append-only, chained, and its free text can be erased."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from domain import db
from domain.access import audit
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.foundation.pages import Page
from tests import make


async def test_entries_are_numbered_and_the_chain_is_whole():
    operator, subject = make.staff("operator"), ids.new()
    numbers = [await audit.append(operator, "test.done", "thing", subject, facts={"n": n}) for n in range(3)]
    assert numbers == [1, 2, 3]
    report = await audit.verify()
    assert (report.entry_count, report.broken_at, report.is_ok) == (3, None, True)
    rows = await audit.entries(Page(2), action="test.done")
    assert [row["number"] for row in rows] == [3, 2, 1]
    assert [row["number"] for row in await audit.entries(Page(2, (3,)), subject=subject)] == [2, 1]
    assert (rows[0]["actor"], rows[0]["roles"]) == (operator.id, ["operator"])


@pytest.mark.parametrize(
    "change", ["UPDATE access.audit_entry SET action = 'x'", "DELETE FROM access.audit_entry"]
)
async def test_an_entry_is_never_changed_or_removed(change):
    await audit.append(SYSTEM, "test.done", "thing")
    with pytest.raises(asyncpg.RestrictViolationError):
        async with db.transaction():
            await db.run(change)


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE access.audit_entry SET facts = '{\"n\": 9}' WHERE number = 2", 2),
        ("UPDATE access.audit_entry SET actor = NULL WHERE number = 3", 3),
        ("DELETE FROM access.audit_entry WHERE number = 2", 2),
        ("UPDATE access.audit_entry SET text_hash = NULL WHERE number = 1", 1),
    ],
)
async def test_tampering_behind_the_triggers_back_is_found(tampering, broken_at):
    for n in range(4):
        await audit.append(
            make.staff("admin"), "test.done", "thing", facts={"n": n}, text={"note": f"why {n}"}
        )
    await db.run("ALTER TABLE access.audit_entry DISABLE TRIGGER audit_entry_is_append_only")
    await db.run(tampering)
    assert (await audit.verify()).broken_at == broken_at


async def test_erasing_the_free_text_keeps_the_chain():
    member = ids.new()
    await audit.append(make.staff("admin"), "test.done", "member", member, text={"reason": "Wang Wei phoned"})
    assert (await audit.entries(Page()))[0]["text"] == {"reason": "Wang Wei phoned"}
    assert await audit.erase_text([member]) == 1
    assert (await audit.entries(Page()))[0]["text"] is None
    assert (await audit.verify()).is_ok


async def test_a_rolled_back_function_leaves_no_entry():
    with pytest.raises(ValueError):
        async with db.transaction():
            await audit.append(SYSTEM, "test.done", "thing")
            raise ValueError
    assert await audit.append(SYSTEM, "test.done", "thing") == 1


@pytest.mark.commits
async def test_parallel_entries_make_one_chain():
    async def some() -> None:
        for n in range(5):
            await audit.append(make.staff("operator"), "test.done", "thing", facts={"n": n})

    await asyncio.gather(*(some() for _ in range(6)))
    assert (await audit.verify()).entry_count == 30
