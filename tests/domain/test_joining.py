"""Two people with data in every area: a merge forgets no row of either, and its undo gives each the own ones back."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from domain import clock, db
from domain.points import health as points_health
from domain.profile import members, merges
from domain.settings import settings
from tests import make
from tests.domain import traces

#: Columns that say which person a member id stands for: they are what a merge changes, and an undo restores.
ROOTS = {("profile.member", "root"), ("access.subject", "root"), ("media.asset", "root")}

#: Tables whose rows are worked out anew from the others, and by what their rows are told apart where that must stay.
DERIVED = {
    "operations.timer": None,
    "points.standing_due": None,
    "profile.trait_due": None,
    "profile.trait_value": "name",
}

Row = tuple[str, str]  # a column that names a member, and the primary key of the row


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(settings(), "exports_dir", tmp_path)
    yield tmp_path
    clock.shift(timedelta(0))


async def test_a_merge_forgets_no_row_and_its_undo_gives_everybody_the_own_rows_back():
    one, two = await traces.people(2)
    for number, person in enumerate((one, two)):
        await traces.leave(person, f"+861391111222{number}", f"person-{number}@example.com")
    for person in (one, two):
        await traces.fill(person)
    apart = {person.member_id: await owned([person.member_id]) for person in (one, two)}
    for rows in apart.values():
        assert {column for column, _ in rows} >= expected(), "everybody leaves something everywhere"

    merge = await merges.merge_two(make.staff("operator"), one.member_id, two.member_id, "one person")
    winner = await members.root_of(two.member_id)
    assert winner == await members.root_of(one.member_id)
    together = await owned(await members.ids_of(winner))
    for rows in apart.values():
        assert columns(rows - together) == {}, "the merge forgot these rows"
    assert await points_health.violations() == []

    await merges.undo(make.staff("operator"), merge, "two people after all")
    for person in (one, two):
        assert await members.root_of(person.member_id) == person.member_id
        again = await owned([person.member_id])
        assert columns(apart[person.member_id] - again) == {}, "these rows did not come back"
        others = apart[two.member_id if person is one else one.member_id]
        strange = columns(again & (others - apart[person.member_id]))
        del strange["profile.trait_value.member"]  # a computed one may have come to 0 by being looked at
        assert strange == {}, "these rows are another one's"
    assert await points_health.violations() == []


def expected() -> set[str]:
    """The columns in which everybody who has left traces stands."""
    without = {"profile.merge", "profile.erasure"}
    return {
        f"{table}.{column}"
        for table, column in traces.covered()
        if (table, column) not in ROOTS and table not in without
    }


def columns(rows: set[Row]) -> Counter[str]:
    """How many of the rows stand in which column, but for those that are worked out anew."""
    return Counter(column for column, _ in rows if DERIVED.get(column.rpartition(".")[0], "kept") is not None)


async def owned(ids: list[UUID]) -> set[Row]:
    """Each row that names one of these members, by the column and its primary key."""
    found: set[Row] = set()
    for table, column in traces.covered():
        if (table, column) in ROOTS:
            continue
        names = [DERIVED[table]] if DERIVED.get(table) else await _primary_key(table)
        key = " || '/' || ".join(f"{name}::text" for name in names)
        rows = await db.fetch(f"SELECT {key} AS key FROM {table} WHERE {column} = ANY($1)", ids)
        found |= {(f"{table}.{column}", row["key"]) for row in rows}
    return found


async def _primary_key(table: str) -> list[str]:
    rows = await db.fetch(
        """SELECT a.attname FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
        WHERE i.indrelid = $1::text::regclass AND i.indisprimary ORDER BY a.attnum""",
        table,
    )
    return [row["attname"] for row in rows]
