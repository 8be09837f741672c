"""`marque bench`: each benchmark prints its figure beside its raw limit of the same run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from cli import attached
from cli.stack import launcher

_ROOT = Path(__file__).resolve().parent.parent


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), default=".marque/bench", show_default=True,
    help="Folder of a stack that the benchmarks fill.",
)  # fmt: skip
def bench(names: tuple[str, ...], data_dir: Path) -> None:
    """Run the benchmarks of bench/, all or those named.

    \b
    Example: marque bench feed
    """
    known = sorted(path.stem for path in (_ROOT / "bench").glob("*.py") if path.stem[0] != "_")
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.UsageError(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(known)}.")
    with launcher.environment(data_dir):
        attached.in_domain(attached.nothing)
        failed = [name for name in names or known if _run(name)]
    if failed:
        raise click.ClickException(f"Failed: {', '.join(failed)}.")


def _run(name: str) -> int:
    click.echo(f"== {name}")
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, "-m", f"bench.{name}"], env=os.environ | {"PYTHONPATH": path}, check=False
    ).returncode
