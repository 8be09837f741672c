"""How many rows each table holds, in one snapshot that pg_dump can share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from domain import db

_TABLES = """
SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Census:
    """Rows by ``schema.table``, and the name of the snapshot in which they were counted."""

    snapshot: str
    rows: dict[str, int]


@asynccontextmanager
async def taken() -> AsyncIterator[Census]:
    """Count, and keep the snapshot open for as long as the block lasts."""
    async with db.independent() as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        await connection.execute(
            "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
        )
        snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
        rows = {}
        for table in await connection.fetch(_TABLES):
            name = f'"{table["schema"]}"."{table["name"]}"'
            rows[f"{table['schema']}.{table['name']}"] = await connection.fetchval(
                f"SELECT count(*) FROM {name}"
            )
        yield Census(snapshot, rows)


async def schemas() -> list[str]:
    """The schemas that hold Marque's tables; empty for an empty database."""
    found = await db.fetch(
        "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public') "
        "ORDER BY 1"
    )
    return [row["nspname"] for row in found]
