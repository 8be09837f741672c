"""`marque migrate`."""

from __future__ import annotations

from pathlib import Path

import click

from cli import attached


@click.command()
@attached.data_dir
def migrate(data_dir: Path) -> None:
    """Bring the database to the schema of this version.

    \b
    Example: MARQUE_DATABASE_URL=postgresql://marque@db/marque marque migrate
    """

    async def run() -> int:
        from domain import wiring
        from domain.foundation import migrations

        done = await migrations.run(lambda one: click.echo(f"{one.area} {one.id}"))
        await wiring.seed_brand()
        return len(done)

    count = attached.run(data_dir, run, prepared=False)
    click.echo(f"{count} migrations applied." if count else "Nothing to migrate.")
