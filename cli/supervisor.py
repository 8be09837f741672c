"""Keeps processes running: starts them, starts again what dies, stops all of them in time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_FIRST_WAIT = 0.1
_LONGEST_WAIT = 5.0
_STEADY_SECONDS = 10.0
_STOP_SECONDS = 8.0
_ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Child:
    """One supervised process of :mod:`cli.child`."""

    role: str
    listen: int | None = None
    process: subprocess.Popen | None = None
    started_at: float = 0.0
    due_at: float = 0.0
    wait: float = _FIRST_WAIT


@dataclass
class Supervisor:
    """Children, and the pipe whose other end tells them that this process lives."""

    children: list[Child]
    heal: Callable[[], list[str]]
    say: Callable[[str], None]
    is_stopping: bool = False
    _pipe: tuple[int, int] = field(default_factory=os.pipe)

    def start(self) -> None:
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._ask_to_stop)
        for child in self.children:
            self._start(child)

    def watch(self, while_: Callable[[], bool] = lambda: True) -> None:
        """Look after everything until asked to stop, or until ``while_()`` is false."""
        while not self.is_stopping and while_():
            self._heal()
            for child in self.children:
                self._look_after(child)
            time.sleep(0.2)

    def stop(self) -> None:
        """Ask every child to finish its work; kill those that have not after 8 s."""
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.terminate()
        until = time.monotonic() + _STOP_SECONDS
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, until - time.monotonic()))
        for process in running:
            process.kill()
            process.wait()

    def _ask_to_stop(self, *_: object) -> None:
        self.is_stopping = True

    def _heal(self) -> None:
        try:
            for name in self.heal():
                self.say(f"{name} had died and runs again.")
        except Exception as problem:
            self.say(f"The stack does not heal yet: {problem}")
            time.sleep(1)

    def _look_after(self, child: Child) -> None:
        if child.process is not None:
            if child.process.poll() is None:
                return
            lived = time.monotonic() - child.started_at
            child.wait = _FIRST_WAIT if lived > _STEADY_SECONDS else min(child.wait * 2, _LONGEST_WAIT)
            child.due_at = time.monotonic() + child.wait
            self.say(f"The {child.role} ended with {child.process.returncode}; it starts again.")
            child.process = None
        if time.monotonic() >= child.due_at:
            self._start(child)

    def _start(self, child: Child) -> None:
        passed = [self._pipe[0]] + ([child.listen] if child.listen is not None else [])
        child.process = subprocess.Popen(
            [sys.executable, "-m", "cli.child", child.role, *map(str, passed)],
            pass_fds=passed, start_new_session=True, stdin=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": _python_path()},
        )  # fmt: skip
        child.started_at = time.monotonic()


def _python_path() -> str:
    return os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
