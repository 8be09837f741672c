"""`marque admin`."""

from __future__ import annotations

from pathlib import Path

import click

from cli import attached


@click.command()
@attached.data_dir
@click.argument("email")
@click.option("--name", default="Admin", show_default=True, help="The person's name.")
@click.password_option(
    envvar="MARQUE_ADMIN_PASSWORD", help="12 characters at least; asked for, or MARQUE_ADMIN_PASSWORD."
)
def admin(data_dir: Path, email: str, name: str, password: str) -> None:
    """Make EMAIL an admin who signs in with a password: the first door into a production installation.

    \b
    Example: marque admin li@brand.example --name "Li Lei"
    """

    async def make() -> None:
        from domain.access import staff

        await staff.appoint_admin(name, email, password)

    attached.run(data_dir, make)
    click.echo(f"{email} is an admin. Sign in with signInAsStaff.")
