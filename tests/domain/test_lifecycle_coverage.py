"""No table may forget a person: every member column is covered by merge, undo, export and erase."""

from __future__ import annotations

from domain import db, wiring

#: Columns that name a member in a table where nothing personal stands and nothing has to move.
EXCEPTIONS = {
    "foundation.idempotency_key.actor",  # text; forgotten after two days
}


async def test_every_member_column_is_covered():
    columns = await db.fetch(
        """SELECT c.table_schema || '.' || c.table_name || '.' || c.column_name AS name
        FROM information_schema.columns AS c JOIN information_schema.tables AS t USING (table_schema, table_name)
        WHERE c.table_schema NOT IN ('pg_catalog', 'information_schema', 'public') AND t.table_type = 'BASE TABLE'
        AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = (c.table_schema || '.' || c.table_name)::regclass)
        AND (c.column_name ~ '(^|_)(member|author|sender|recipient|advocate|friend|reporter|winner|loser)(_id)?$')
        AND c.data_type = 'uuid'"""
    )
    found = {row["name"] for row in columns} - EXCEPTIONS
    covered = {f"{area.area}.{column}" for area in wiring.lifecycles for column in area.covers}
    assert found - covered == set(), "an area's lifecycle must cover these columns"


async def test_every_covered_column_exists():
    for area in wiring.lifecycles:
        for column in area.covers:
            table, _, name = column.partition(".")
            assert await db.value(
                """SELECT EXISTS (SELECT FROM information_schema.columns
                WHERE table_schema = $1 AND table_name = $2 AND column_name = $3)""",
                area.area, table, name,
            ), f"{area.area}.{column} is covered but does not exist"  # fmt: skip
