"""`marque doctor profile`: whether the profile's invariants hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli import attached

if TYPE_CHECKING:
    from domain.foundation.doctor import Check


@click.command()
@attached.data_dir
@click.option("--json", "as_json", is_flag=True, help="The findings as one JSON object.")
@click.option(
    "--rebuild-sample", "sample", metavar="[N]", type=click.IntRange(1), is_flag=False, flag_value=100, default=0,
    help="Also rebuild N people (100), chosen by chance, from their history, and compare; nothing is changed.",
)  # fmt: skip
def profile(data_dir: Path, as_json: bool, sample: int) -> None:
    """Check the invariants of the profile over all rows, and say what to do for each failure.

    \b
    Example: marque doctor profile --rebuild-sample 500
    """

    async def look() -> list[Check]:
        from domain.profile import examining

        return await examining.checks(sample)

    checks = attached.run(data_dir, look)
    is_ok = all(check.is_ok for check in checks)
    if as_json:
        found = [
            {"name": one.name, "ok": one.is_ok, "found": one.found}
            | ({} if one.is_ok else {"remedy": one.remedy})
            for one in checks
        ]
        click.echo(json.dumps({"ok": is_ok, "checks": found}, ensure_ascii=False, indent=2))
    else:
        for check in checks:
            click.echo(f"{'ok  ' if check.is_ok else 'FAIL'} {check.name:<16} {check.found}")
            if not check.is_ok:
                click.echo(f"     {check.remedy}")
    if not is_ok:
        raise click.exceptions.Exit(1)
