"""What the benchmarks of points share: a database of their own for each run, members with points, rates and replays."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import uvloop

from bench import _people
from cli import attached
from domain import db, wiring
from domain.actor import SYSTEM
from domain.foundation import ids, process
from domain.points import ledger
from domain.points.ledger import Cause
from domain.settings import settings

T = TypeVar("T")
Call = Callable[[], Awaitable[object]]
#: One transaction as it was sent: method of asyncpg, statement, arguments.
Sent = list[tuple[str, str, tuple[Any, ...]]]

_sent: ContextVar[Sent | None] = ContextVar("sent", default=None)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end on the event loop that API and worker have."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def size(name: str, default: int) -> int:
    """A size that ``MARQUE_BENCH_<name>`` may set."""
    return int(os.environ.get(f"MARQUE_BENCH_{name}", default))


@dataclass(frozen=True)
class Database:
    """A migrated database that is dropped at the end; ``url`` names it."""

    url: str
    name: str

    async def copy(self, name: str) -> Database:
        """The same as it is now, under another name; nobody may be connected to it."""
        copied = Database(_named(self.url, f"{self.name}_{name}"), f"{self.name}_{name}")
        await _server(self.url, f"DROP DATABASE IF EXISTS {copied.name} WITH (FORCE)")
        await _server(self.url, f"CREATE DATABASE {copied.name} TEMPLATE {self.name}")
        return copied

    async def drop(self) -> None:
        await _server(self.url, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    @asynccontextmanager
    async def opened(self, connections: int = 8) -> AsyncIterator[None]:
        """The domain on this database; child processes that are started meanwhile use it too."""
        with _environment(self.url):
            async with process.opened(connections, command_timeout=None):
                wiring.start()
                yield


@asynccontextmanager
async def database(name: str) -> AsyncIterator[Database]:
    """A fresh brand's database of this benchmark's own beside the one that the settings name; dropped at the end."""
    given = os.environ["MARQUE_DATABASE_URL"]
    base = urlsplit(given).path.strip("/")
    template = Database(_named(given, f"{base}_bench"), f"{base}_bench")
    if not await _server(given, "SELECT 1 FROM pg_database WHERE datname = $1", template.name):
        await _server(
            given,
            f"CREATE DATABASE {template.name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'",
        )
    async with template.opened(2):
        await attached.prepare()
    own = await template.copy(name)
    try:
        yield own
    finally:
        await own.drop()


async def members(number: int, points: int = 1_000_000) -> list[UUID]:
    """So many people, each with one lot of points in POINTS."""
    made = await _people.crowd(number, 0)
    given = iter(made)

    async def give() -> None:
        for member in given:
            await ledger.earn(SYSTEM, member, "POINTS", points, Cause("BENCH", ids.new()))

    await asyncio.gather(*(give() for _ in range(4)))
    await db.run("ANALYZE")
    return made


async def rate(calls: Sequence[Sequence[Call]]) -> float:
    """Calls a second of as many clients as there are lists, each working its own off."""
    began = time.perf_counter()
    await asyncio.gather(*(_in_turn(of_client) for of_client in calls))
    return sum(map(len, calls)) / (time.perf_counter() - began)


async def noted(calls: Sequence[Sequence[Call]]) -> tuple[float, list[list[Sent]]]:
    """The same, with the statements that each call sent."""
    found: list[list[Sent]] = [[] for _ in calls]

    def noting(call: Call, of_client: list[Sent]) -> Call:
        async def once() -> None:
            of_client.append([])
            mark = _sent.set(of_client[-1])
            await call()
            _sent.reset(mark)

        return once

    through = db._run

    async def run(method: str, sql: str, args: Sequence[Any]) -> Any:
        if (sent := _sent.get()) is not None:
            sent.append(
                (method, sql, tuple(db.json(each) if isinstance(each, dict) else each for each in args))
            )
        return await through(method, sql, args)

    db._run = run
    try:
        measured = await rate(
            [[noting(call, found[n]) for call in of_client] for n, of_client in enumerate(calls)]
        )
    finally:
        db._run = through
    return measured, found


async def replayed(on: Database, calls: Sequence[Sequence[Sent]]) -> float:
    """Transactions a second when bare asyncpg sends the same statements, each client its own on a connection."""
    config = db._config(on.url)
    connections = [await asyncpg.connect(**config) for _ in calls]

    async def transaction(connection: Any, sent: Sent) -> None:
        async with connection.transaction():
            for method, sql, args in sent:
                await getattr(connection, method)(sql, *args)

    try:
        return await rate(
            [
                [lambda c=connection, s=sent: transaction(c, s) for sent in of_client]  # type: ignore[misc]
                for connection, of_client in zip(connections, calls, strict=True)
            ]
        )
    finally:
        for connection in connections:
            await connection.close()


async def seconds(call: Call) -> float:
    """What one call takes."""
    began = time.perf_counter()
    await call()
    return time.perf_counter() - began


def shown(what: str, figures: Sequence[float], unit: str = "/s", digits: int = 0) -> str:
    """A line with the median, and the least and the most of all rounds."""
    middle, least, most = (
        f"{each:,.{digits}f}" for each in (statistics.median(figures), min(figures), max(figures))
    )
    return f"{what:<44} {middle:>9} {unit}   ({least} to {most} in {len(figures)} rounds)"


def verdict(name: str, ratio: float, goal: float, *, at_most: bool = False) -> bool:
    """Say whether a ratio meets its goal."""
    is_met = ratio <= goal if at_most else ratio >= goal
    print(
        f"{name} {ratio:.3f} (goal: {'at most' if at_most else 'at least'} {goal:.3g}){'' if is_met else '  MISSED'}"
    )
    return is_met


async def _in_turn(calls: Sequence[Call]) -> None:
    for call in calls:
        await call()


async def _server(url: str, sql: str, *args: Any) -> Any:
    connection = await asyncpg.connect(_named(url, "postgres"), statement_cache_size=0)
    try:
        return await connection.fetchval(sql, *args)
    finally:
        await connection.close()


def _named(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}")).replace("postgresql:/?", "postgresql:///?")


class _environment:
    """``MARQUE_DATABASE_URL`` as long as it lasts, without a limit for statements."""

    def __init__(self, url: str) -> None:
        self._wanted = {
            "MARQUE_DATABASE_URL": url, "MARQUE_STATEMENT_TIMEOUT_MS": "0", "MARQUE_SLOW_STATEMENT_MS": "0",
        }  # fmt: skip

    def __enter__(self) -> None:
        self._before = {name: os.environ.get(name) for name in self._wanted}
        os.environ.update(self._wanted)
        settings.cache_clear()

    def __exit__(self, *_: object) -> None:
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
        settings.cache_clear()
