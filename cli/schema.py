"""`marque schema` and the part of `marque check` that compares: the public contract as files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

_ROOT = Path(__file__).resolve().parent.parent
#: File -> the arguments of `python -m` that print it, and the environment it needs.
PRINTED = {
    "schema.graphql": (["api.schema"], {}),
    "tests/schema.test.graphql": (["api.schema"], {"MARQUE_TEST_CLOCK": "1"}),
    "docs/permissions.md": (["api.permission_table"], {}),
}


@click.command()
def schema() -> None:
    """Write schema.graphql, tests/schema.test.graphql and docs/permissions.md anew.

    \b
    Example: marque schema && git diff schema.graphql
    """
    for name in PRINTED:
        changed = _differs(name)
        if changed:
            (_ROOT / name).write_text(printed(name), encoding="utf-8")
        click.echo(f"{name}: {'written' if changed else 'unchanged'}")


def stale() -> list[str]:
    """The files that do not say what the code says."""
    return [name for name in PRINTED if _differs(name)]


def printed(name: str) -> str:
    """What the file should hold."""
    arguments, environment = PRINTED[name]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MARQUE_")}
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=_ROOT, capture_output=True, text=True, check=False,
        env=clean | environment | {"PYTHONPATH": str(_ROOT), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    if done.returncode:
        raise click.ClickException(f"The schema cannot be printed:\n{done.stderr}")
    return done.stdout


def _differs(name: str) -> bool:
    path = _ROOT / name
    return not path.exists() or path.read_text(encoding="utf-8") != printed(name)
