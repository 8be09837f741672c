"""How a command reaches the domain: attach to the stack (or start it), migrate, open the pool, run, leave."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from cli.stack import launcher

T = TypeVar("T")

#: Limits of a serving process that a command of a person at a terminal does not need.
_LIMITS = ("MARQUE_STATEMENT_TIMEOUT_MS", "MARQUE_SLOW_STATEMENT_MS")

data_dir = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=".marque",
    envvar="MARQUE_DATA_DIR",
    show_default=True,
    help="Folder of the embedded stack.",
)


def run(
    folder: Path, call: Callable[[], Awaitable[T]], *, with_valkey: bool = False, prepared: bool = True
) -> T:
    """Run ``call`` with the database open and up to date; what the domain refuses ends with code 1 and a sentence."""
    with launcher.environment(folder, with_valkey=with_valkey):
        return in_domain(call, prepared=prepared)


def in_domain(call: Callable[[], Awaitable[T]], *, prepared: bool = True) -> T:
    """As :func:`run`, where the environment already names the database; statements may take their time."""
    from domain import errors
    from domain.foundation import logs, process

    logs.configure()  # to standard error: what scripts read stands alone on standard output

    async def whole() -> T:
        async with process.opened(4, command_timeout=None):
            if prepared:
                await prepare()
            return await call()

    try:
        with _patience():
            return asyncio.run(whole())
    except (errors.Refusal, errors.TopLevel) as answer:
        raise click.ClickException(_sentence(answer)) from None
    except _privilege() as problem:
        raise click.ClickException(
            f"The database's user lacks a right ({problem}). Let it own its database, or at least: "
            "GRANT CREATE, TEMPORARY ON DATABASE ... TO ..."
        ) from None
    except unreachable() as problem:
        raise click.ClickException(
            f"The database does not answer ({problem or type(problem).__name__}). `marque doctor` says more."
        ) from None


@contextmanager
def _patience() -> Iterator[None]:
    """Read the settings anew (the stack has named its servers since); statements of ours may take their time."""
    from domain.settings import settings

    added = [name for name in _LIMITS if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "0"))
    settings.cache_clear()
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
        settings.cache_clear()


async def prepare() -> None:
    """Migrations, then the brand that a fresh database starts with. Quick when there is nothing to do."""
    from domain import wiring
    from domain.foundation import migrations

    await migrations.run()
    await wiring.seed_brand()


async def nothing() -> None:
    """For commands that only want the database prepared."""


def unreachable() -> tuple[type[BaseException], ...]:
    """What it looks like when there is no database."""
    import asyncpg

    return (
        OSError,
        asyncpg.PostgresConnectionError,
        asyncpg.CannotConnectNowError,
        asyncpg.InvalidAuthorizationSpecificationError,
        asyncpg.InvalidCatalogNameError,
    )


def _privilege() -> type[BaseException]:
    import asyncpg

    return asyncpg.InsufficientPrivilegeError


def _sentence(answer: Any) -> str:
    problems = getattr(answer, "problems", [])
    return "\n".join([str(answer), *(f"  {problem.path}: {problem.message}" for problem in problems)])
