"""Every mutation with bad input: a typed refusal or one clear error, and nothing is stored."""

from __future__ import annotations

import pytest

from api.permission_table import guarded
from api.schema import schema
from domain import db
from tests.everything.operations import fields, operation, spoiled

WHO = dict(guarded(schema))
MUTATIONS = [name for name, _ in fields("mutation")]

#: What a refused call may leave: attempts are counted although nothing else changes.
COUNTED = {"access.challenge", "access.attempt", "garage.claim_attempt", "foundation.recorded_send"}


async def census() -> dict[str, int]:
    """Rows by table, in one statement."""
    tables = await db.fetch(
        """SELECT n.nspname || '.' || c.relname AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'public') AND n.nspname !~ '^pg_'"""
    )
    counts = " UNION ALL ".join(
        f"SELECT '{row['name']}' AS name, count(*) AS n FROM {row['name']}" for row in tables
    )
    return {row["name"]: row["n"] for row in await db.fetch(counts)}


@pytest.mark.parametrize("name", MUTATIONS)
async def test_bad_input_is_refused_and_stores_nothing(http, caplog, name: str) -> None:
    field = dict(fields("mutation"))[name]
    who = WHO[f"Mutation.{name}"]
    role = next(r for r in ("admin", "member", "source", "visitor") if who.admits(r))
    before = await census()
    for what, variables in spoiled(field):
        answer = await http.run(role, operation("mutation", name, field), variables)
        data = (answer.get("data") or {}).get(name)
        if data and data["__typename"].endswith("Success"):
            before = await census()  # it was good enough: what it stored is meant
            continue
        assert data or answer["errors"], what
        after = await census()
        changed = {table for table in after if after[table] != before.get(table)} - COUNTED
        assert changed == set(), f"{name} with {what} stored something: {answer}"
        before = after
    assert "Traceback" not in caplog.text


async def test_ten_megabytes_are_refused_at_the_door(http) -> None:
    answer = await http.client.post(
        "/graphql",
        content=b'{"query": "' + b"x" * 10_000_000 + b'"}',
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["message"]
