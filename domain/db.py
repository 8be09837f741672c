"""The database: one engine, one way to open a transaction, and plain SQL where a screen needs a join.

Piccolo tables and the functions of this module share the connection of the running transaction. jsonb columns are
Python values on both sides; a ``str`` handed to a jsonb parameter is taken as JSON text (so use :func:`json` for a
scalar text).
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias, TypeVar

import asyncpg
import msgspec
import structlog
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from domain.errors import Conflict
from domain.settings import settings

os.environ.setdefault("PICCOLO_CONF", "domain.piccolo_conf")

log = structlog.get_logger("marque.db")

T = TypeVar("T")
Row: TypeAlias = Any  # an asyncpg.Record: read columns by name
UniqueViolation = asyncpg.UniqueViolationError
ExclusionViolation = asyncpg.ExclusionViolationError
CheckViolation = asyncpg.CheckViolationError
Unreachable = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
)

#: The server could not do it just now; the same statement may pass later.
Transient = (
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.LockNotAvailableError,
)

#: Called after each outermost transaction has begun (the test clock reads its offset here).
on_begin: list[Callable[[], Awaitable[None]]] = []

#: Statements seen by this task, when somebody listens (tests count the statements of a list; the slow query log).
recorder: ContextVar[list[str] | None] = ContextVar("recorder", default=None)

_test_root: PostgresTransaction | None = None
_side: asyncpg.Pool | None = None
_test_lock = asyncio.Lock()
_is_alone: ContextVar[bool] = ContextVar("is_alone", default=False)
_RETRIED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


def _encode(value: Any) -> str:
    return value if isinstance(value, str) else json(value)


def json(value: Any) -> str:
    """The value as JSON text: UUIDs and times as text, Decimals as text (no float on any path)."""
    return msgspec.json.encode(value).decode()


async def _prepare(connection: asyncpg.Connection) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, encoder=_encode, decoder=msgspec.json.decode, schema="pg_catalog", format="text"
        )
    connection.add_query_logger(_note)


async def _leave(connection: asyncpg.Connection) -> None:
    """Give a connection back as it is: settings and locks are the transaction's own here (SET LOCAL, xact locks), so the
    driver's reset would be one more round trip for each statement and undo nothing. It ends an open transaction itself.
    """


def _note(record: Any) -> None:
    seen = recorder.get()
    if seen is not None:
        seen.append(record.query)
    milliseconds = record.elapsed * 1000
    if milliseconds > settings().slow_statement_ms > 0:  # the statement alone: parameters may name people
        log.warning("slow statement", ms=round(milliseconds), sql=" ".join(record.query.split())[:500])


def _config(url: str) -> dict[str, Any]:
    config: dict[str, Any] = {"dsn": url}
    if settings().pgbouncer:
        config["statement_cache_size"] = 0
    else:
        config["server_settings"] = {
            "application_name": "marque",
            "timezone": "UTC",
            "jit": "off",
            "default_transaction_isolation": "read committed",
            "lock_timeout": str(settings().lock_timeout_ms),
            "statement_timeout": str(settings().statement_timeout_ms),
            "idle_in_transaction_session_timeout": "60000",
        }
    return config


class _Engine(PostgresEngine):
    """Piccolo's engine without its look at the server: importing the domain connects to nothing."""

    async def check_version(self) -> None:
        """Left to ``marque doctor``."""


def _engine() -> PostgresEngine:
    replicas = {
        f"replica_{number}": _Engine(config=_config(replica), extensions=())
        for number, replica in enumerate(settings().database_read_urls.split())
    }
    return _Engine(config=_config(_url()), extensions=(), extra_nodes=replicas)


def _url() -> str:
    url = settings().database_url
    return url.get_secret_value() if url else "postgresql:///marque"


engine = _engine()


async def open(size: int | None = None, *, command_timeout: float | None = 60) -> None:
    """Open the pool of this process, on the database that the settings name now; a second call does nothing.

    No statement may take longer than ``command_timeout`` seconds (None: as long as it needs).
    """
    global _side
    if engine.pool is None:
        engine.config = _config(_url())
        size = size or settings().database_pool
        engine.pool = await asyncpg.create_pool(
            **engine.config,
            min_size=min(2, size),
            max_size=size,
            init=_prepare,
            reset=_leave,
            command_timeout=command_timeout,
        )
        _side = await asyncpg.create_pool(
            **engine.config,
            min_size=0,
            max_size=2,
            init=_prepare,
            reset=_leave,
            command_timeout=command_timeout,
        )


async def close() -> None:
    """Close the pool, waiting for the connections in use."""
    global _side
    pools, engine.pool, _side = (engine.pool, _side), None, None
    for pool in pools:
        if pool is not None:
            await pool.close()


def current() -> PostgresTransaction | None:
    """The running transaction of this task, if there is one."""
    return engine.current_transaction.get()


@asynccontextmanager
async def transaction() -> AsyncIterator[asyncpg.Connection]:
    """Open a transaction (READ COMMITTED), or join the running one.

    Whatever leaves the outermost block as an exception rolls everything back. Never catch a refusal inside.
    """
    running = current()
    if running is not None and running is not _test_root:
        yield running.connection
        return
    if running is not None:
        async with _alone(), _begun(running.connection) as connection:
            yield connection
        return
    async with _pool().acquire() as connection, _begun(connection):
        yield connection


@asynccontextmanager
async def _begun(connection: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """A transaction on this connection, the running one until it ends."""
    opened = engine.transaction()
    opened._parent = None
    opened.connection = connection
    opened.transaction = connection.transaction()
    await opened.transaction.start()
    token = engine.current_transaction.set(opened)
    try:
        for begin in on_begin:
            await begin()
        yield connection
    except BaseException:
        if not connection.is_closed():
            await opened.transaction.rollback()
        raise
    else:
        await opened.transaction.commit()
    finally:
        engine.current_transaction.reset(token)


@asynccontextmanager
async def independent() -> AsyncIterator[asyncpg.Connection]:
    """A transaction of its own on another connection, whatever runs around it.

    For what must stay although the caller refuses (counted attempts). Take no lock here that the caller holds. Inside
    a transaction it uses connections of its own, so that callers holding the whole pool never wait for one another.
    """
    outer = current()
    if outer is not None and _test_root is None:
        assert _side is not None
        async with _side.acquire() as connection, _begun(connection):
            yield connection
        return
    token = engine.current_transaction.set(_test_root)
    try:
        async with transaction() as connection:
            yield connection
    finally:
        engine.current_transaction.reset(token)


@asynccontextmanager
async def savepoint() -> AsyncIterator[asyncpg.Connection]:
    """A part of the running transaction that can be undone alone."""
    running = current()
    assert running is not None, "a savepoint needs a transaction"
    async with running.connection.transaction():
        yield running.connection


async def attempt(call: Callable[[], Awaitable[T]], tries: int = 3) -> T:
    """Run ``call`` in a transaction; a deadlock or serialization failure is tried again with jitter.

    A lock that is not free within ``lock_timeout_ms`` answers :class:`domain.errors.Conflict`.
    """
    if current() is not None and current() is not _test_root:
        return await call()
    for left in reversed(range(tries + 1)):
        try:
            async with transaction():
                return await call()
        except _RETRIED:
            if not left:
                raise Conflict("Others were faster several times; try again.") from None
            await asyncio.sleep(random.uniform(0.005, 0.05))  # noqa: S311 - jitter, not a secret
        except asyncpg.LockNotAvailableError:
            raise Conflict("This record is busy; try again.") from None
    raise AssertionError("unreachable")


async def plan_once() -> None:
    """Until the running transaction ends, statements keep the plan they were given first.

    For small statements that run again and again, which the server would otherwise plan for each array anew, at a
    higher price than their execution. Not where a parameter decides which index is the right one.
    """
    await run("SET LOCAL plan_cache_mode = force_generic_plan")


@asynccontextmanager
async def over_everybody() -> AsyncIterator[None]:
    """Statements inside read whole tables: their joins go by hash or merge, never row by row.

    The server counts rows by statistics. Right after a large import, or while one is under way, they say that a full
    table is empty, and a nested loop over it would take minutes.
    """
    async with transaction():
        await run("SET LOCAL enable_nestloop = off")
        yield
        await run("SET LOCAL enable_nestloop = on")  # after an error the rollback does it


async def fetch(sql: str, *args: Any) -> list[Row]:
    """All rows of one statement, in the running transaction or on a connection of its own."""
    return await _run("fetch", sql, args)


async def one(sql: str, *args: Any) -> Row | None:
    """The first row, or None."""
    return await _run("fetchrow", sql, args)


async def value(sql: str, *args: Any) -> Any:
    """The first column of the first row, or None."""
    return await _run("fetchval", sql, args)


async def run(sql: str, *args: Any) -> int:
    """Run a statement; answers how many rows it touched."""
    status = await _run("execute", sql, args)
    last = status.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


async def run_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run one statement for many rows of parameters."""
    await _run("executemany", sql, (rows,))


async def _run(method: str, sql: str, args: Sequence[Any]) -> Any:
    running = current()
    if running is None:
        async with _pool().acquire() as connection:
            return await getattr(connection, method)(sql, *args)
    if running is _test_root:
        # Many tasks share the connection here, and one that is cancelled must not abort the others' transaction.
        return await asyncio.shield(_one_at_a_time(running.connection, method, sql, args))
    return await getattr(running.connection, method)(sql, *args)


async def _one_at_a_time(connection: Any, method: str, sql: str, args: Sequence[Any]) -> Any:
    async with _alone():
        return await getattr(connection, method)(sql, *args)


@asynccontextmanager
async def _alone() -> AsyncIterator[None]:
    """For tests: the one connection is this task's (and of those that it starts) until the end, savepoints included."""
    if _is_alone.get():
        yield
        return
    async with _test_lock:
        token = _is_alone.set(True)
        try:
            yield
        finally:
            _is_alone.reset(token)


def _pool() -> asyncpg.Pool:
    if engine.pool is None:
        raise RuntimeError("the database pool is not open: call db.open() first")
    return engine.pool


@asynccontextmanager
async def rolled_back() -> AsyncIterator[asyncpg.Connection]:
    """For tests: everything inside happens on one connection and is rolled back at the end.

    A transaction opened inside becomes a savepoint, so a refusal undoes exactly what it would undo in production.
    """
    global _test_root, _test_lock
    connection = await _pool().acquire()
    _test_lock = asyncio.Lock()
    root = engine.transaction()
    root._parent = None
    root.connection = connection
    root.transaction = connection.transaction()
    await root.transaction.start()
    await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # a test may think for long
    token = engine.current_transaction.set(root)
    _test_root = root
    try:
        yield connection
    finally:
        try:
            async with _test_lock:  # a statement that its task no longer waits for ends first
                _test_root = None
                engine.current_transaction.reset(token)
                await root.transaction.rollback()
        finally:
            await _pool().release(connection)
