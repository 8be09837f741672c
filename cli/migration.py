"""`marque migration AREA NAME`, for developers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

_ROOT = Path(__file__).resolve().parent.parent


@click.command()
@click.argument("area")
@click.argument("name")
@click.option("--empty", is_flag=True, help="A file for raw SQL instead of the difference of the tables.")
def migration(area: str, name: str, empty: bool) -> None:
    """Write a migration for what has changed in an area's tables.py.

    \b
    Example: marque migration points "adds wallets"
    """
    if not (_ROOT / "domain" / area / "piccolo_app.py").is_file():
        areas = sorted(path.parent.name for path in (_ROOT / "domain").glob("*/piccolo_app.py"))
        raise click.UsageError(f"There is no area {area!r}. There are: {', '.join(areas)}.")
    auto = [] if empty else ["--auto"]
    done = subprocess.run(
        [sys.executable, "-m", "piccolo.main", "migrations", "new", area, *auto, f"--desc={name}"],
        cwd=_ROOT, env=os.environ | {"PICCOLO_CONF": "domain.piccolo_conf", "PYTHONPATH": str(_ROOT)}, check=False,
    )  # fmt: skip
    if done.returncode:
        raise click.exceptions.Exit(1)
    click.echo(
        "Read it before you commit it: literal defaults, lock_timeout set, nothing of the domain imported."
    )
