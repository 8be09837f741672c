"""`marque programme`: the whole configuration of points as one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import attached

if TYPE_CHECKING:
    from domain.points.as_code.importing import Report

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def programme() -> None:
    """The points programme as code: programmes, wallets, policies, tiers, benefits, earn rules, rewards, missions."""


@programme.command()
@attached.data_dir
def export(data_dir: Path) -> None:
    """Print what is in force as YAML, the same text for the same configuration.

    \b
    Example: marque programme export > programme.yaml
    """

    async def write() -> str:
        from domain import wiring
        from domain.points.as_code import importing

        wiring.start()
        return await importing.export()

    click.echo(attached.run(data_dir, write), nl=False)


@programme.command()
@_FILE
@attached.data_dir
def diff(file: Path, data_dir: Path) -> None:
    """Show what importing FILE (YAML or JSON) would change: + is new, ~ is otherwise. Ends with code 1 if anything.

    \b
    Example: marque programme diff programme.yaml
    """
    said = _text(file)

    async def look() -> tuple[list[str], list[str]]:
        from domain import wiring
        from domain.points.as_code import comparing, importing

        wiring.start()
        found, left = await importing.compare(said)
        return [line for each in found for line in comparing.told(each)], left

    lines, left = attached.run(data_dir, look)
    _show(lines, left)
    if lines:
        raise click.exceptions.Exit(1)


@programme.command("import")
@_FILE
@click.option("--as", "email", required=True, metavar="EMAIL", help="The admin who brings it in.")
@click.option("--dry-run", is_flag=True, help="Do it all, show it, and take it back.")
@attached.data_dir
def import_(file: Path, email: str, dry_run: bool, data_dir: Path) -> None:
    """Let the configuration be what FILE (YAML or JSON) says; what it does not name stays as it is.

    Everything or nothing: what one record refuses undoes the others. Where a second person has to sign, the request
    waits under approvals. The same file again changes nothing.

    \b
    Example: marque programme import programme.yaml --as li@brand.example --dry-run
    """
    said = _text(file)

    async def bring_in() -> Report:
        from domain import wiring
        from domain.access import staff
        from domain.points.as_code import importing

        wiring.start()
        actor = await staff.actor_by_email(email)
        if actor is None or not actor.has("admin"):
            raise click.ClickException(f"{email} is no admin; make one with `marque admin`.")
        return await importing.bring_in(actor, said, is_dry=dry_run)

    report = attached.run(data_dir, bring_in)
    _show([line for each in report.brought for line in _told(each, dry_run)], report.left_alone)


def _told(brought: Any, is_dry: bool) -> list[str]:
    from domain.points.as_code import comparing

    first, *rest = comparing.told(brought.difference)
    if brought.asked:
        waits = "needs a second person" if is_dry else f"waits for a second person: {brought.asked[0].id}"
        first = f"{first} ({waits})"
    return [first, *rest]


def _show(lines: list[str], left: list[str]) -> None:
    for line in lines or ["Nothing differs."]:
        click.echo(line)
    for name in left:
        click.echo(f"  {name} is not in the file and stays.")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is no UTF-8 text.") from None
