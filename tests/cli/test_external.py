"""An external Postgres and Redis by URL. Name them with MARQUE_TEST_DATABASE_URL and MARQUE_TEST_REDIS_URL."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import redis

pytestmark = pytest.mark.journey

DATABASE = os.environ.get("MARQUE_TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/test")
REDIS = os.environ.get("MARQUE_TEST_REDIS_URL", "redis://127.0.0.1:6379/9")


def _admin(sql: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(DATABASE, timeout=5)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(run())


@pytest.fixture
def external() -> Iterator[dict[str, str]]:
    """The environment that names both servers, with an empty database."""
    try:
        _admin("SELECT 1")
        redis.from_url(REDIS, socket_connect_timeout=5).ping()
    except (OSError, asyncpg.PostgresError, redis.RedisError, TimeoutError):
        pytest.skip(
            f"no external Postgres and Redis at {urlsplit(DATABASE).netloc} and {urlsplit(REDIS).netloc}"
        )
    name = f"marque_cli_{os.getpid()}"
    _admin(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'")
    yield {
        "MARQUE_DATABASE_URL": urlunsplit(urlsplit(DATABASE)._replace(path=f"/{name}")),
        "MARQUE_REDIS_URL": REDIS,
    }
    _admin(f"DROP DATABASE {name} WITH (FORCE)")


def test_external_servers_are_used_and_nothing_is_started(
    folder: Path, marque, external: dict[str, str]
) -> None:
    migrated = marque("migrate", **external)
    assert migrated.returncode == 0, migrated.stderr
    token = marque("token", "--role", "operator", **external)
    assert token.stdout.count(".") == 2, token.stderr
    done = marque("doctor", "--json", **external)
    found = json.loads(done.stdout)
    assert [check for check in found["checks"] if not check["ok"] and check["name"] != "durability"] == []
    assert found["settings"]["MARQUE_DATABASE_URL"]["source"] == "environment"
    assert not (folder / "pg").exists()
    assert not (folder / "valkey").exists()


def test_a_backup_of_an_external_database_is_restored_into_the_embedded_one_and_back(
    folder: Path, marque, external: dict[str, str]
) -> None:
    (folder.parent / "m.jsonl").write_text('{"external_id": "1", "display_name": "张三"}\n')
    taken = marque("import", "members", "m.jsonl", "--json", **external)
    assert json.loads(taken.stdout)["accepted"] == 1, taken.stderr
    written = marque("backup", "saved", **external)
    assert written.returncode == 0, written.stderr
    restored = marque("restore", "saved")
    assert restored.returncode == 0, restored.stderr
    assert json.loads(marque("import", "members", "m.jsonl", "--json").stdout)["unchanged"] == 1
    back = marque("restore", "saved", "--replace", **external)
    assert back.returncode == 0, back.stderr
