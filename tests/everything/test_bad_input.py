"""Every mutation with bad input: a typed refusal or one clear error, and nothing is stored."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from api.permission_table import guarded
from api.schema import schema
from domain import db
from tests.everything.operations import fields, operation, spoiled

WHO = dict(guarded(schema))
MUTATIONS = [name for name, _ in fields("mutation")]

#: What a refused call may leave: attempts are counted although nothing else changes.
COUNTED = {"access.challenge", "access.attempt", "garage.claim_attempt", "foundation.recorded_send"}


async def census(tables: Iterable[str] | None = None) -> dict[str, int]:
    """Rows by table (of all areas when none are named), in one statement."""
    tables = sorted(await writes() if tables is None else tables)
    if not tables:
        return {}
    counts = " UNION ALL ".join(f"SELECT '{name}' AS name, count(*) AS n FROM {name}" for name in tables)
    return {row["name"]: row["n"] for row in await db.fetch(counts)}


async def writes() -> dict[str, int]:
    """Rows written by table since the test's transaction began, with those that were undone again.

    The server counts them as it writes, so a look costs nothing: where the number stands still, the rows do.
    """
    rows = await db.fetch(
        """SELECT c.oid::regclass::text AS name, pg_stat_get_xact_tuples_inserted(c.oid)
            + pg_stat_get_xact_tuples_updated(c.oid) + pg_stat_get_xact_tuples_deleted(c.oid) AS n
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'public') AND n.nspname !~ '^pg_'"""
    )
    return {row["name"]: row["n"] for row in rows}


class Store:
    """What is stored, followed by looking only at the tables that somebody wrote to since the last look."""

    def __init__(self, rows: dict[str, int], written: dict[str, int]) -> None:
        self.rows = rows
        self.written = written

    @classmethod
    async def counted(cls) -> Store:
        return cls(await census(), await writes())

    async def changed(self) -> set[str]:
        """The tables that have other numbers of rows than at the last look."""
        written = await writes()
        moved = {table for table in written if written[table] != self.written.get(table)}
        rows = self.rows | await census(moved)
        changed = {table for table in rows if rows[table] != self.rows.get(table)}
        self.rows, self.written = rows, written
        return changed


@pytest.mark.parametrize("name", MUTATIONS)
async def test_bad_input_is_refused_and_stores_nothing(http, caplog, name: str) -> None:
    field = dict(fields("mutation"))[name]
    who = WHO[f"Mutation.{name}"]
    role = next(r for r in ("admin", "member", "source", "visitor") if who.admits(r))
    if role != "visitor":
        await http.token(role)
    store = await Store.counted()
    for what, variables in spoiled(field):
        answer = await http.run(role, operation("mutation", name, field), variables)
        data = (answer.get("data") or {}).get(name)
        changed = await store.changed() - COUNTED
        if data and data["__typename"].endswith("Success"):
            continue  # it was good enough: what it stored is meant
        assert data or answer["errors"], what
        assert changed == set(), f"{name} with {what} stored something: {answer}"
    assert await census() == store.rows, "somebody stores past the test's transaction"
    assert "Traceback" not in caplog.text


async def test_ten_megabytes_are_refused_at_the_door(http) -> None:
    answer = await http.client.post(
        "/graphql",
        content=b'{"query": "' + b"x" * 10_000_000 + b'"}',
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["message"]
