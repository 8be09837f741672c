"""The fixtures that every other test leans on."""

import pytest

from domain import clock, db
from domain.foundation import ids


async def _store() -> None:
    await db.run(
        "INSERT INTO foundation.recorded_send (id, channel, recipient, template, body, at) "
        "VALUES ($1, 'SMS', 'tests', 'tests', '{}', $2)",
        ids.new(), clock.now(),
    )  # fmt: skip


async def _count() -> int:
    return await db.value("SELECT count(*) FROM foundation.recorded_send WHERE recipient = 'tests'")


@pytest.mark.parametrize("turn", [1, 2])
async def test_a_test_finds_nothing_of_the_test_before(turn: int) -> None:
    assert await _count() == 0
    async with db.transaction():
        await _store()
    assert await _count() == 1


async def test_a_refused_transaction_inside_a_test_leaves_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            await _store()
            raise ZeroDivisionError
    assert await _count() == 0


@pytest.mark.commits
@pytest.mark.parametrize("turn", [1, 2])
async def test_a_committing_test_finds_nothing_of_the_one_before(turn: int) -> None:
    assert await _count() == 0
    async with db.transaction():
        await _store()
    async with db.independent() as other:
        assert (
            await other.fetchval("SELECT count(*) FROM foundation.recorded_send WHERE recipient = 'tests'")
            == 1
        )
