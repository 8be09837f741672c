"""`marque token`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from cli import attached


@click.command()
@attached.data_dir
@click.option(
    "--role", default="member", show_default=True, help="member, moderator, operator, approver, admin ..."
)
@click.option("--member", metavar="[SOURCE:]ID", help="External id of the member; made if absent.")
@click.option(
    "--scope", "scopes", multiple=True, metavar="KIND:ID", help="circle:ID, store:ID, occurrence:ID; several."
)
@click.option("--name", help="Another person of the same role.")
def token(data_dir: Path, role: str, member: str | None, scopes: tuple[str, ...], name: str | None) -> None:
    """Print a development token, and nothing else.

    \b
    Example: marque token --role moderator --scope circle:0198...
    """
    if os.environ.get("MARQUE_ENV") == "production":
        raise click.ClickException("Development tokens do not exist in production: sign in.")

    async def make() -> str:
        from domain import development

        return await development.token(role, member=member, scopes=scopes, name=name)

    click.echo(attached.run(data_dir, make))
