"""Running migrations from the program."""

from __future__ import annotations

from pathlib import Path

import pytest

GOOD = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from domain.db import engine

ID = "2999-01-01T00:00:00:000001"

async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="foundation", description="")

    async def run():
        await engine.current_transaction.get().connection.execute("CREATE TABLE foundation.tried (n int); SELECT {then}")

    manager.add_raw(run)
    return manager
"""


@pytest.fixture
def extra(fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Adds one migration to those of the checkout."""
    from domain.foundation import migrations

    known = migrations.known()

    def add(then: str) -> None:
        path = tmp_path / "tried.py"
        path.write_text(GOOD.replace("{then}", then))
        one = migrations.Migration("foundation", "2999-01-01T00:00:00:000001", path)
        monkeypatch.setattr(migrations, "known", lambda: [*known, one])

    return add


async def test_a_migration_and_its_note_are_one_transaction(extra) -> None:
    from domain import db
    from domain.foundation import migrations

    extra("1 / 0")
    with pytest.raises(Exception, match="division by zero"):
        await migrations.run()
    assert await db.value("SELECT to_regclass('foundation.tried')") is None
    assert len(await migrations.pending()) == 1

    extra("1")
    told: list[str] = []
    assert len(await migrations.run(lambda one: told.append(one.id))) == 1
    assert told == ["2999-01-01T00:00:00:000001"]
    assert await migrations.pending() == []
    assert await migrations.run() == []
    assert await db.value("SELECT count(*) FROM foundation.tried") == 0


async def test_ids_of_migrations_are_unique_and_piccolo_knows_the_same_ones(fresh) -> None:
    from piccolo.apps.migrations.commands.base import BaseMigrationManager

    from domain.foundation import migrations
    from domain.piccolo_conf import AREAS

    known = migrations.known()
    assert len({(one.area, one.id) for one in known}) == len(known)
    manager = BaseMigrationManager()
    for area in AREAS:
        modules = manager.get_migration_modules(
            manager.get_app_config(app_name=area).resolved_migrations_folder_path
        )
        assert sorted(modules) == [one.id for one in known if one.area == area]
