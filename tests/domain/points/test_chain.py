"""The chain of hashes shows every change behind Marque's back; the lines of statements are the balance."""

from __future__ import annotations

import pytest

from domain import db
from domain.actor import SYSTEM
from domain.points import health, ledger
from domain.points.keeping import chain, statements
from tests import make


async def holds(code: str) -> bool:
    return (await health.check([code]))[0].holds


async def some_postings(count: int = 5) -> None:
    member = await make.member_id()
    for number in range(count):
        await ledger.earn(SYSTEM, member, "POINTS", 10, ledger.Cause("TEST", f"{member}:{number}"))


async def test_every_posting_gets_its_link_once() -> None:
    await some_postings()
    assert await chain.extend() == 5
    assert await chain.extend() == 0
    await some_postings(3)
    assert await chain.extend() == 3
    assert (await chain.head()).seq == await db.value("SELECT count(*) FROM points.journal") == 8
    assert await db.value("SELECT count(*) FROM points.chain_due") == 0
    assert await holds("I13")


async def test_a_chain_of_no_postings_has_no_head_and_is_whole() -> None:
    assert await chain.extend() == 0
    assert await chain.head() is None
    assert await holds("I13")


@pytest.mark.parametrize(
    "meddle",
    [
        "UPDATE points.entry SET amount = amount + 1 WHERE id = (SELECT min(id::text)::uuid FROM points.entry)",
        "UPDATE points.journal SET source_id = 'other' WHERE id = (SELECT min(id::text)::uuid FROM points.journal)",
        "DELETE FROM points.chain_link WHERE seq = 3",
        "DELETE FROM points.chain_link WHERE seq = 5",
        "UPDATE points.chain_link SET hash = repeat('f', 64) WHERE seq = 5",
    ],
)
async def test_what_is_changed_behind_its_back_breaks_the_chain(meddle) -> None:
    await some_postings()
    await chain.extend()
    assert await holds("I13")
    await db.run("SET LOCAL session_replication_role = replica")
    await db.run(meddle)
    assert not await holds("I13")


async def test_a_link_cannot_be_changed_or_taken_out() -> None:
    await some_postings(1)
    await chain.extend()
    for statement in ("UPDATE points.chain_link SET hash = prev", "DELETE FROM points.chain_link"):
        with pytest.raises(db.asyncpg.RaiseError):
            async with db.savepoint() if db.current() else db.transaction():
                await db.run(statement)


async def test_sums_that_do_not_fit_are_found() -> None:
    await some_postings()
    assert await holds("I15")
    assert await holds("I16")
    await db.run("SET LOCAL session_replication_role = replica")
    await db.run("UPDATE points.account SET available = available + 1")
    assert not await holds("I15")
    assert not await holds("I16")


async def test_a_month_without_movements_closes_as_it_opens() -> None:
    member = await make.member_id()
    await ledger.earn(SYSTEM, member, "POINTS", 10, ledger.Cause("TEST", member))
    told = await statements.of_month(member, "POINTS", "2020-01")
    assert (told.opening, told.closing, set(told.lines.values())) == (0, 0, {0})
    assert await statements.of_month(member, "NONE", "2020-01") is None
