"""The ``marque`` command. Each command is loaded when it is called, so that a start costs only what it needs."""

from __future__ import annotations

import importlib
import signal
from typing import Any

import click

#: Command -> the function of that name in the module.
COMMANDS = {
    "up": "cli.up:up",
    "migrate": "cli.migrate:migrate",
    "import": "cli.importing:import_",
    "token": "cli.token:token",
    "admin": "cli.admin:admin",
    "doctor": "cli.doctor:doctor",
    "backup": "cli.backup:backup",
    "restore": "cli.backup:restore",
    "documents": "cli.documents:documents",
    "ledger": "cli.ledger:ledger",
    "programme": "cli.programme:programme",
    "bench": "cli.bench:bench",
    "schema": "cli.schema:schema",
    "check": "cli.check:check",
    "migration": "cli.migration:migration",
}


class LazyGroup(click.Group):
    """Commands by name, each imported when it is first asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, function = COMMANDS[name].partition(":")
        return getattr(importlib.import_module(module), function)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ValueError as problem:
            if type(problem).__name__ != "ValidationError":
                raise
            raise click.UsageError(_wrong_settings(problem)) from None


def _wrong_settings(problem: Any) -> str:
    """Which variable is wrong and why; never its value."""
    return "\n".join(
        f"MARQUE_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in problem.errors()
    )


@click.command(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option("0.1.0", package_name="marque", message="Marque %(version)s")
def marque() -> None:
    """Marque: the backend of a car brand's own app.

    Start it with `marque up`; it brings its own Postgres and Valkey unless MARQUE_DATABASE_URL and
    MARQUE_REDIS_URL name others.
    """
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, _leave)


def _leave(sign: int, _frame: object) -> None:
    """End as an exception does, so that the claim on the stack is given up."""
    raise SystemExit(128 + sign)
