"""`marque doctor`: every setting with its source, every check with what to do."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import attached, doctor_profile
from cli.stack import launcher
from cli.stack.layout import Layout

if TYPE_CHECKING:
    from domain.foundation.doctor import Check

_SECONDS = 15


@click.group(invoke_without_command=True)
@attached.data_dir
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON object.")
@click.option(
    "--send", "trial", metavar="CHANNEL=TO", help="Also send a test message, as EMAIL=you@brand.example."
)
@click.pass_context
def doctor(context: click.Context, data_dir: Path, as_json: bool, trial: str | None) -> None:
    """Look at settings, servers, disk and clock; say what to do for each failure.

    \b
    Example: MARQUE_DATABASE_URL=postgresql://marque@db/marque marque doctor
    """
    if context.invoked_subcommand is not None:
        return
    given = set(os.environ)
    checks = [_python()]
    try:
        with launcher.environment(data_dir):
            checks += _look(data_dir)
            checks += [asyncio.run(_trial(trial))] if trial else []
            listed = _settings(given)
    except click.ClickException as problem:
        from domain.foundation.doctor import Check

        checks.append(Check("stack", False, "does not start", problem.message))
        listed = _settings(given)
    _show(checks, listed, as_json)
    if not all(check.is_ok for check in checks):
        raise click.exceptions.Exit(1)


doctor.add_command(doctor_profile.profile)


def _look(data_dir: Path) -> list[Check]:
    from domain.foundation import doctor
    from domain.settings import settings

    settings.cache_clear()
    return [*doctor.surroundings(Layout.of(data_dir).root), *asyncio.run(_database()), *asyncio.run(_redis())]


async def _database() -> list[Check]:
    from domain.foundation import doctor, process

    try:
        async with asyncio.timeout(_SECONDS), process.opened(1):
            return [check async for check in doctor.database()]
    except (*attached.unreachable(), TimeoutError) as problem:
        return [
            doctor.Check(
                "postgres", False, f"does not answer: {problem or type(problem).__name__}",
                "Check MARQUE_DATABASE_URL, the network and the password; unset it to use the embedded server.",
            )
        ]  # fmt: skip


async def _trial(wanted: str) -> Check:
    from domain import wiring
    from domain.foundation import doctor, process
    from domain.messaging import trial

    channel, _, recipient = wanted.partition("=")
    wiring.start()
    try:
        async with asyncio.timeout(_SECONDS * 2), process.opened(1):
            found = await trial.send(channel.upper(), recipient)
        return doctor.Check("send", True, found)
    except Exception as problem:
        return doctor.Check(
            "send", False, f"{channel}: {type(problem).__name__}: {problem}",
            "Check MARQUE_<CHANNEL>_PROVIDER and what belongs to it (docs/guides/ports.md).",
        )  # fmt: skip


async def _redis() -> list[Check]:
    import redis.asyncio
    import redis.exceptions

    from domain.foundation.doctor import Check

    client = redis.asyncio.from_url(
        os.environ["MARQUE_REDIS_URL"], socket_connect_timeout=5, socket_timeout=5
    )
    try:
        said: dict[str, Any] = await client.info()
    except (redis.exceptions.RedisError, OSError, ValueError) as problem:
        return [
            Check(
                "redis", False, f"does not answer: {type(problem).__name__}",
                "Check MARQUE_REDIS_URL; unset it to use the embedded server.",
            )
        ]  # fmt: skip
    finally:
        await client.aclose()
    name = "Valkey" if "valkey_version" in said else "Redis"
    version = said.get("valkey_version") or said["redis_version"]
    policy = said.get("maxmemory_policy", "noeviction")
    return [
        Check(
            "redis",
            int(said["redis_version"].split(".")[0]) >= 6,
            f"{name} {version}",
            "Use Redis 6.2 or newer.",
        ),
        Check(
            "eviction",
            policy == "noeviction",
            policy,
            "Set maxmemory-policy noeviction: jobs must not vanish.",
        ),
    ]


def _python() -> Check:
    from domain.foundation.doctor import Check

    version = ".".join(map(str, sys.version_info[:3]))
    return Check(
        "python", sys.version_info >= (3, 11), version, "Run `make setup` with Python 3.11 or newer."
    )


def _settings(given: set[str]) -> list[Any]:
    from domain.foundation import doctor

    named = {"MARQUE_DATABASE_URL", "MARQUE_REDIS_URL", "MARQUE_DATA_DIR"} - given
    return doctor.setting_list(dict(os.environ), named)


def _show(checks: list[Check], listed: list[Any], as_json: bool) -> None:
    if as_json:
        found = {
            "ok": all(check.is_ok for check in checks),
            "checks": [
                {"name": one.name, "ok": one.is_ok, "found": one.found}
                | ({} if one.is_ok else {"remedy": one.remedy})
                for one in checks
            ],
            "settings": {one.name: {"value": one.value, "source": one.source} for one in listed},
        }
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for one in listed:
        click.echo(f"  {one.name:<34} {one.value:<24} {one.source}")
    click.echo()
    for check in checks:
        click.echo(f"{'ok  ' if check.is_ok else 'FAIL'} {check.name:<16} {check.found}")
        if not check.is_ok:
            click.echo(f"     {check.remedy}")
