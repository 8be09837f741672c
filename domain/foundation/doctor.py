"""What the database says about itself, and what to do where it is not as it should be."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from domain import db
from domain.foundation import migrations, production
from domain.settings import Settings, settings

_CLOCK_SECONDS = 1.0
_LEAST_DISK = 1 << 30


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; ``remedy`` says what to do when it is not ok."""

    name: str
    is_ok: bool
    found: str
    remedy: str = ""


@dataclass(frozen=True)
class Setting:
    """One setting as it stands; secrets show only whether they are set."""

    name: str
    value: str
    source: str


def setting_list(environment: dict[str, str], named_by_stack: set[str]) -> list[Setting]:
    """Every setting with its source: ``environment``, ``embedded stack`` or ``default``."""
    found = settings()
    listed = []
    for name in Settings.model_fields:
        variable = f"MARQUE_{name.upper()}"
        source = "embedded stack" if variable in named_by_stack else "environment"
        listed.append(
            Setting(variable, _shown(getattr(found, name)), source if variable in environment else "default")
        )
    return listed


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "(set, not shown)" if value.get_secret_value() else "(not set)"
    if value is None or value == "":
        return "(not set)"
    return "(set, not shown)" if isinstance(value, str) and "://" in value and "@" in value else str(value)


async def database() -> AsyncIterator[Check]:
    """The checks that need the database, one after the other; it must be reachable."""
    for look in _LOOKS:
        yield await look()


def surroundings(data_dir: Path) -> list[Check]:
    """The checks that need no server."""
    free = shutil.disk_usage(data_dir if data_dir.exists() else data_dir.parent).free
    wrong = production.problems()
    return [
        Check(
            "disk",
            free >= _LEAST_DISK,
            f"{free / (1 << 30):.1f} GB free at {data_dir}",
            "Make room: 1 GB at least.",
        ),
        Check("production", not wrong, f"MARQUE_ENV={settings().env}", " ".join(wrong)),
    ]


async def _version() -> Check:
    number = int(await db.value("SELECT current_setting('server_version_num')"))
    said = await db.value("SELECT current_setting('server_version')")
    return Check(
        "postgres",
        number >= migrations.OLDEST_POSTGRES * 10_000,
        f"version {said}",
        f"Use Postgres {migrations.OLDEST_POSTGRES} or newer.",
    )


async def _encoding() -> Check:
    row = await db.one(
        "SELECT pg_encoding_to_char(encoding) AS encoding, datctype FROM pg_database WHERE datname = current_database()"
    )
    assert row is not None
    return Check(
        "encoding", row["encoding"] == "UTF8", f"{row['encoding']}, LC_CTYPE {row['datctype']}",
        "Make the database with: CREATE DATABASE marque ENCODING 'UTF8' LC_CTYPE 'C.UTF-8' TEMPLATE template0",
    )  # fmt: skip


async def _extensions() -> Check:
    rows = await db.fetch("SELECT extname FROM pg_extension")
    present = {row["extname"] for row in rows}
    lacking = [name for name in migrations.EXTENSIONS if name not in present]
    return Check(
        "extensions", not lacking, f"lacking {', '.join(lacking)}" if lacking else ", ".join(migrations.EXTENSIONS),
        "As the database's owner: " + "; ".join(f"CREATE EXTENSION {name}" for name in lacking),
    )  # fmt: skip


async def _chinese() -> Check:
    """With LC_CTYPE=C every Chinese trigram index would silently stay unused."""
    if not await db.value("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'"):
        return Check("chinese search", False, "pg_trgm is not there", "CREATE EXTENSION pg_trgm")
    knows = await db.value("SELECT show_trgm('蔚来') <> '{}'")
    return Check(
        "chinese search", bool(knows), "trigrams of 蔚来 are found" if knows else "trigrams of 蔚来 are empty",
        "The database's LC_CTYPE does not know Chinese letters. Make it anew with LC_CTYPE 'C.UTF-8' and restore a "
        "backup into it (marque backup, marque restore).",
    )  # fmt: skip


async def _clock() -> Check:
    theirs = await db.value("SELECT clock_timestamp()")
    apart = abs((datetime.now(UTC) - theirs).total_seconds())
    return Check(
        "clock",
        apart < _CLOCK_SECONDS,
        f"{apart:.3f} s apart from the database's",
        "Run NTP on both machines.",
    )


async def _durability() -> Check:
    found = {
        name: await db.value("SELECT current_setting($1)", name)
        for name in ("fsync", "full_page_writes", "synchronous_commit")
    }
    off = [name for name, value in found.items() if value == "off"]
    return Check(
        "durability", not off, ", ".join(f"{name}={value}" for name, value in found.items()),
        f"Acknowledged writes can be lost: switch {', '.join(off)} on.",
    )  # fmt: skip


async def _connections() -> Check:
    most = int(await db.value("SELECT current_setting('max_connections')"))
    wanted = settings().database_pool * 3
    return Check(
        "connections", most >= wanted, f"max_connections={most}, pool of {settings().database_pool} a process",
        "Raise max_connections, lower MARQUE_DATABASE_POOL, or put pgbouncer between (MARQUE_PGBOUNCER=1).",
    )  # fmt: skip


async def _migrations() -> Check:
    left = await migrations.pending()
    return Check(
        "migrations", not left, f"{len(left)} pending" if left else f"all {len(migrations.known())} applied",
        "Run: marque migrate",
    )  # fmt: skip


_LOOKS: list[Callable[[], Awaitable[Check]]] = [
    _version,
    _encoding,
    _extensions,
    _chinese,
    _clock,
    _durability,
    _connections,
    _migrations,
]
