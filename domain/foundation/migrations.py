"""Bring a database to the schema of this checkout: Piccolo's migrations of all areas, each in one transaction.

Only one process migrates at a time; others wait for it and then find nothing left. When nothing is pending, no area
is imported and one statement answers.
"""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import io
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import asyncpg
from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from domain import db
from domain.errors import Refusal
from domain.piccolo_conf import AREAS

#: Contrib extensions that the areas' migrations use; both are trusted, so a database's owner may create them.
EXTENSIONS = ("pg_trgm", "btree_gist")
OLDEST_POSTGRES = 15
_DOMAIN = Path(__file__).parent.parent
_LOCK = 0x4D617271  # "Marq"
_ID = re.compile(r"""^ID\s*=\s*["']([^"']+)["']""", re.MULTILINE)


@dataclass(frozen=True)
class Migration:
    """One migration file of an area."""

    area: str
    id: str
    path: Path


def known() -> list[Migration]:
    """All migrations of this checkout, in the order in which they run: by area, then by id."""
    return [
        Migration(area, id, path)
        for area in AREAS
        for id, path in sorted(_ids(_DOMAIN / area / "piccolo_migrations"))
    ]


async def pending() -> list[Migration]:
    """The migrations that this database lacks."""
    if not await db.value("SELECT to_regclass('public.migration') IS NOT NULL"):
        return known()
    done = {
        (row["app_name"], row["name"])
        for row in await db.fetch("SELECT app_name, name FROM public.migration")
    }
    return [migration for migration in known() if (migration.area, migration.id) not in done]


async def run(report: Callable[[Migration], None] = lambda _: None) -> list[Migration]:
    """Apply what is pending; answers what was applied. ``report`` is told of each one before it runs."""
    if not await pending():
        return []
    async with _alone():
        await _prepare()
        todo = await pending()
        for migration in todo:
            report(migration)
            await _apply(migration)
    return todo


def _ids(folder: Path) -> list[tuple[str, Path]]:
    found = []
    for path in folder.glob("*.py"):
        named = _ID.search(path.read_text(encoding="utf-8"))
        if named:
            found.append((named.group(1), path))
    return found


@contextlib.asynccontextmanager
async def _alone() -> AsyncIterator[None]:
    """Hold the migration lock on a connection of its own, waiting as long as its holder needs."""
    connection = await asyncpg.connect(
        db.engine.config["dsn"],
        statement_cache_size=0,
        server_settings={"application_name": "marque migrate"},
    )
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
            await connection.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
            yield
    finally:
        await connection.close()


@dataclass(eq=False)
class DatabaseTooOld(Refusal):
    """The server is older than what the areas' SQL needs."""

    version: str
    zh = "数据库版本 {version} 过旧,需要 Postgres 15 或更高版本。"
    en = "The database server is Postgres {version}; Marque needs 15 or newer."


async def _prepare() -> None:
    if int(await db.value("SELECT current_setting('server_version_num')")) < OLDEST_POSTGRES * 10_000:
        raise DatabaseTooOld(await db.value("SELECT current_setting('server_version')"))
    for name in EXTENSIONS:
        await db.run(f"CREATE EXTENSION IF NOT EXISTS {name}")
    await db.run(
        "CREATE TABLE IF NOT EXISTS public.migration (id serial PRIMARY KEY, name varchar(200) NOT NULL DEFAULT '', "
        "app_name varchar(200) NOT NULL DEFAULT '', ran_on timestamp NOT NULL DEFAULT current_timestamp)"
    )


async def _apply(migration: Migration) -> None:
    """Run one migration and note it, in one transaction (unless it must run outside of one)."""
    manager = await _load(migration).forwards()
    if isinstance(manager, MigrationManager) and not manager.wrap_in_transaction:
        await _run(manager)
        await _note(migration)
        return
    # The engine's own transaction: the hooks of domain.db read tables that may not exist yet.
    async with db.engine.transaction():
        await db.run("SET LOCAL statement_timeout = 0")
        if isinstance(manager, MigrationManager):
            await _run(manager)
        await _note(migration)


async def _run(manager: MigrationManager) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        await manager.run()


async def _note(migration: Migration) -> None:
    await db.run(
        "INSERT INTO public.migration (name, app_name) VALUES ($1, $2)", migration.id, migration.area
    )


def _load(migration: Migration) -> ModuleType:
    name = f"_migration_{migration.area}_{migration.path.stem}"
    spec = importlib.util.spec_from_file_location(name, migration.path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert inspect.iscoroutinefunction(module.forwards), migration.path
    return module
