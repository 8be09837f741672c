"""Where the tests' database comes from: see conftest.py."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from cli.stack import launcher, locks
from cli.stack.layout import Layout

ROOT = Path(__file__).resolve().parent.parent
IS_EXTERNAL = os.environ.get("MARQUE_TEST_EXTERNAL") == "1"


def layout(checkout: Path) -> Layout:
    """Where the servers of a checkout's tests live."""
    digest = hashlib.sha256(str(checkout).encode()).hexdigest()[:10]
    return Layout.of(Path(tempfile.gettempdir()) / f"marque-tests-{os.geteuid()}-{digest}")


LAYOUT = layout(ROOT)
NAME = f"marque_test_{os.getpid()}"
is_touched = False
#: Nobody vacuums here, so rows that were rolled back are left behind with the old database now and then.
RENEW_AFTER = 150
_uses = 0
_SERVER = os.environ.get("MARQUE_DATABASE_URL", "") if IS_EXTERNAL else LAYOUT.database_url("postgres")


def server() -> str:
    """The address of the tests' server."""
    return _SERVER


def url(name: str) -> str:
    """The address of a database on the tests' server."""
    parts = urlsplit(_SERVER)
    return urlunsplit(parts._replace(path=f"/{name}"))


def point_environment_at_it() -> None:
    """Set what domain.settings reads, before anything imports the domain."""
    given = {name: value for name, value in os.environ.items() if name.startswith("MARQUE_")}
    kept = {"MARQUE_TEST_EXTERNAL", "MARQUE_SHARED", "MARQUE_PG_BIN", "MARQUE_VALKEY_BIN"}
    for name in given.keys() - kept:
        del os.environ[name]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each of the many processes compiles everything anew
    os.environ |= {
        "MARQUE_ENV": "test",
        "MARQUE_DATA_DIR": str(LAYOUT.root / "app"),
        "MARQUE_DATABASE_URL": url(NAME),
        "MARQUE_REDIS_URL": given.get("MARQUE_REDIS_URL", "") if IS_EXTERNAL else _redis(),
        "MARQUE_RATE_LIMITS": "0",
        "MARQUE_LOG_LEVEL": "WARNING",
    }


def _redis() -> str:
    """Valkey's database of this test process: gw0 has number 1, a process alone 0."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    return f"{LAYOUT.redis_url}?db={int(worker[2:]) + 1 if worker else 0}"


@contextmanager
def served() -> Iterator[None]:
    """Servers for as long as this process tests, with a database of its own."""
    stack = None if IS_EXTERNAL else launcher.attach(LAYOUT.root, durable=False)
    try:
        _run(_remove_leftovers())
        _run(clone())
        yield
        _run(_drop(NAME))
    finally:
        if stack is not None:
            stack.leave()


def touch() -> None:
    """Somebody is about to commit to the database of this process: it is cloned before the next test that needs it."""
    global is_touched
    is_touched = True


def is_stale() -> bool:
    """Whether the next test must get a new clone; each call counts as one test."""
    global _uses
    _uses += 1
    return is_touched or _uses > RENEW_AFTER


async def clone() -> None:
    """Make the database of this process anew from the template."""
    global is_touched, _uses
    is_touched, _uses = False, 0
    template = await _template()
    await _drop(NAME)
    await _server(f"CREATE DATABASE {NAME} TEMPLATE {template}")


async def _template() -> str:
    """A database with all migrations and the fresh brand; made once per state of the migrations."""
    name = f"marque_template_{state()}"
    LAYOUT.make()
    with locks.exclusive(LAYOUT.run / "template.lock"):
        if not await _server("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await _make_template(name)
    return name


async def _make_template(name: str) -> None:
    unfinished = f"{name}_making"
    await _drop(unfinished)
    await _server(f"CREATE DATABASE {unfinished}")
    done = subprocess.run(
        [sys.executable, "-m", "cli", "migrate"], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | {"MARQUE_DATABASE_URL": url(unfinished)},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the migrations fail:\n{done.stdout}{done.stderr}")
    await _set_rates_aside(url(unfinished))
    await _server(f"ALTER DATABASE {unfinished} RENAME TO {name}")
    if not IS_EXTERNAL:  # on a shared server others may have theirs
        await _drop_other_templates(name)


async def _set_rates_aside(address: str) -> None:
    """Stories publish faster than people do; tests of the rates switch them on again."""
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(
            """INSERT INTO community.community_setting (id, key, value, version, effective_from, created_at)
            VALUES (gen_random_uuid(), 'rates.enabled', 'false', 1, '2000-01-01Z', '2000-01-01Z')"""
        )
    finally:
        await connection.close()


async def _drop_other_templates(name: str) -> None:
    for row in await _rows("SELECT datname FROM pg_database WHERE datname LIKE 'marque\\_template\\_%'"):
        if not row["datname"].startswith(name):
            await _drop(row["datname"])


def state() -> str:
    """A digest of everything that shapes a fresh database."""
    digest = hashlib.sha256()
    shaping = re.compile(r"piccolo_conf|piccolo_migrations|seed|wiring|migrations\.py")
    for path in sorted((ROOT / "domain").rglob("*")):
        name = path.relative_to(ROOT).as_posix()
        if path.is_file() and path.suffix != ".pyc" and shaping.search(name):
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


async def _remove_leftovers() -> None:
    """Drop the databases of test processes that were killed."""
    for row in await _rows("SELECT datname FROM pg_database WHERE datname LIKE 'marque\\_test\\_%'"):
        if not _is_alive(int(row["datname"].rsplit("_", 1)[1])):
            await _drop(row["datname"])


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def _drop(name: str) -> None:
    await _server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def _server(sql: str, *args: object) -> object:
    rows = await _rows(sql, *args)
    return rows[0][0] if rows else None


async def _rows(sql: str, *args: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(_SERVER)
    try:
        return await connection.fetch(sql, *args)
    finally:
        await connection.close()


def _run(work: object) -> None:
    import asyncio
    import threading

    problems: list[BaseException] = []

    def call() -> None:
        try:
            asyncio.run(work)
        except BaseException as problem:
            problems.append(problem)

    # A thread, because pytest may hold a running loop in this one.
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    if problems:
        raise problems[0]
