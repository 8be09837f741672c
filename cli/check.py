"""`marque check`: what formatter, linter and type checker cannot see."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import io
from typing import Any

import click

from cli import contract, schema


@click.command()
def check() -> None:
    """Check that the schema files are current, no migration is missing and everything is described.

    \b
    Example: marque check
    """
    problems = [
        *(f"{name} is not current: run `make schema` and look at the difference." for name in schema.stale()),
        *contract.unannounced(),
        *asyncio.run(missing_migrations()),
        *undescribed(),
    ]
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise click.exceptions.Exit(1)
    click.echo("Schema, migrations and descriptions are as they should be.")


async def missing_migrations() -> list[str]:
    """One sentence for each area whose tables are ahead of its migrations."""
    from domain.piccolo_conf import AREAS

    found = []
    for area in AREAS:
        config = importlib.import_module(f"domain.{area}.piccolo_app").APP_CONFIG
        with contextlib.redirect_stdout(io.StringIO()):
            changes = await _changes(config)
        if changes:
            found.append(
                f'A migration is missing: make migration AREA={area} NAME="..."\n  ' + "\n  ".join(changes)
            )
    return found


async def _changes(config: Any) -> list[str]:
    from piccolo.apps.migrations.commands.new import AutoMigrationManager

    alterations = await AutoMigrationManager(auto_input="y").get_alter_statements(config)
    return [" ".join(line.split()) for alteration in alterations for line in alteration.statements]


def undescribed() -> list[str]:
    """Types, fields, arguments and enum values of the printed schema without a description."""
    from graphql import build_schema

    built = build_schema(schema.printed("tests/schema.test.graphql"))
    return [f"{path} has no description." for path in _without_description(built)]


def _without_description(built: Any) -> list[str]:
    found = []
    for name, kind in built.type_map.items():
        if name.startswith("__") or name in {"ID", "String", "Int", "Float", "Boolean"}:
            continue
        if not kind.description:
            found.append(name)
        members = {**getattr(kind, "fields", {}), **getattr(kind, "values", {})}
        for member, what in members.items():
            if not what.description:
                found.append(f"{name}.{member}")
            arguments = getattr(what, "args", {})
            found += [
                f"{name}.{member}({argument})" for argument, it in arguments.items() if not it.description
            ]
    return found
