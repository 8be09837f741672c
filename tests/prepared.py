"""A data folder as `marque migrate` leaves it: made once for each state of the migrations, then copied.

For tests that are about something else; those of `marque up` and `marque migrate` start with nothing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from cli.stack import locks
from tests import database
from tests.running import environment


def fill(folder: Path) -> None:
    """Put a migrated database with the fresh brand into a new data folder; its servers do not run."""
    kept = database.LAYOUT.root / "prepared" / database.state()
    database.LAYOUT.make()
    with locks.exclusive(database.LAYOUT.run / "prepared.lock"):
        if not kept.exists():
            _make(kept)
    folder.mkdir(mode=0o711)
    subprocess.run(["cp", "-a", kept / "pg", folder / "pg"], check=True)


def _make(kept: Path) -> None:
    """Only the newest state is kept."""
    shutil.rmtree(kept.parent, ignore_errors=True)
    unfinished = kept.with_name("making")
    done = subprocess.run(
        [sys.executable, "-m", "cli", "migrate", "--data-dir", str(unfinished)],
        env=environment(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"no data folder can be prepared:\n{done.stdout}{done.stderr}")
    unfinished.rename(kept)
