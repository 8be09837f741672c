"""`marque ledger`: the books of the points."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from cli import attached


@click.group()
def ledger() -> None:
    """The books of the points."""


@ledger.command()
@attached.data_dir
@click.option("--json", "as_json", is_flag=True, help="The findings as one JSON object.")
def verify(data_dir: Path, as_json: bool) -> None:
    """Check the invariants of the books over all rows, name what breaks them, and print the head of their chain.

    Keep the head somewhere else: as long as it is found in the chain later, nobody has rewritten what came before.

    \b
    Example: marque ledger verify
    """

    async def look() -> tuple[list[Any], Any]:
        from domain.points import health
        from domain.points.keeping import chain

        await chain.extend()
        return await health.check(), await chain.head()

    checks, head = attached.run(data_dir, look)
    violations = [check for check in checks if not check.holds]
    if as_json:
        found = {one.code: {"violations": one.violations, "samples": one.samples} for one in checks}
        chained = {"seq": head.seq, "hash": head.hash} if head else None
        click.echo(json.dumps({"ok": not violations, "checks": found, "chainHead": chained}))
    else:
        for one in checks:
            samples = "" if one.holds else f"  {one.violations} rows, for example {', '.join(one.samples)}"
            click.echo(f"{'ok  ' if one.holds else 'FAIL'} {one.code}{samples}")
        if head:
            click.echo(f"chain head {head.seq}: {head.hash}")
    if violations:
        raise click.exceptions.Exit(1)
