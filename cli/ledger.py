"""`marque ledger`: the books of the points."""

from __future__ import annotations

import csv
import json
import sys
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


@ledger.command()
@attached.data_dir
@click.option(
    "--wallet", "wallets", multiple=True, metavar="CODE", help="Only this one; several. [default: all]"
)
@click.option(
    "--from", "first", metavar="2026-11", help="The first month, in the programme's zone. [default: this one]"
)
@click.option("--to", "last", metavar="2026-12", help="The last month. [default: the first]")
def settlement(data_dir: Path, wallets: tuple[str, ...], first: str | None, last: str | None) -> None:
    """Print as CSV what each funding source issued, and what became of it, by wallet and month.

    Points are decimals, worths are minor units of money (empty where the policy names no point value).

    \b
    Example: marque ledger settlement --from 2026-10 --to 2026-12 > settlement.csv
    """

    async def look() -> list[tuple[str, Any]]:
        from domain.points import balances
        from domain.points.keeping import settlement

        return [
            (code, await settlement.report(code, first, last)) for code in wallets or await balances.codes()
        ]

    reports = attached.run(data_dir, look)
    from domain.points.amounts import decimal
    from domain.points.keeping.settlement import FIGURES, VALUED

    out = csv.writer(sys.stdout, lineterminator="\n")
    points = (*FIGURES, "outstanding")
    out.writerow(
        ["wallet", "month", "funding_source", *points, *(f"{name}_value" for name in VALUED), "currency"]
    )
    for code, report in reports:
        for row in report.rows:
            counted = {**row.figures, "outstanding": row.outstanding}
            worth = [row.values[name] for name in VALUED] if row.values else [""] * len(VALUED)
            shown = [decimal(counted[name], report.scale) for name in points]
            currency = row.currency if row.values else ""
            out.writerow([code, row.month, row.source or "", *shown, *worth, currency])
