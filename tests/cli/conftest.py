"""The command as users run it: in a process of its own, with a data folder of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.stack import launcher
from tests import prepared as preparing
from tests.running import environment, folder, up

__all__ = ["folder", "up"]

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def marque(folder: Path) -> Command:
    """Run `marque WORDS --data-dir FOLDER`."""

    def run(
        *words: str, at: Path | None = folder, prefix: tuple[str, ...] = (), **env: str
    ) -> subprocess.CompletedProcess:
        where = ["--data-dir", str(at)] if at else []
        return subprocess.run(
            [*prefix, sys.executable, "-m", "cli", *words, *where],
            env=environment(**env), cwd=folder.parent, capture_output=True, text=True, timeout=90,
        )  # fmt: skip

    return run


@pytest.fixture
def prepared(folder: Path) -> Path:
    """The test's data folder with a migrated database in it."""
    preparing.fill(folder)
    return folder


@pytest.fixture
def attach(folder: Path) -> Iterator[Callable[..., launcher.Stack]]:
    """Claim the stack of a folder in this process; every claim is given up afterwards."""
    claimed: list[launcher.Stack] = []

    def claim(at: Path = folder, **how: bool) -> launcher.Stack:
        claimed.append(launcher.attach(at, **how))
        return claimed[-1]

    yield claim
    for stack in claimed:
        if stack.reference.path.exists():
            stack.leave()
