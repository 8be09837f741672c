"""A person who walks through a guide at the playground, by mouse and keyboard, in a real browser (walk.mjs)."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api.playground import operations
from domain import development

HERE = Path(__file__).parent


class Walk:
    """Steps at the playground. ``step`` answers the data of the operation, or fails with what the page showed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._tokens: dict[str, str] = {}

    async def step(self, role: str, title: str, **changes: Any) -> Any:
        """Choose a saved operation by its title, change its variables as named, run it; its first field's answer.

        ``changes`` replace variables of that name; a dict is laid over the saved one, and ``None`` takes a key away.
        """
        saved = _titled(role, title)
        if role not in self._tokens:
            self._tokens[role] = await development.token(role, name=f"walker-{role}")
        variables = _over(saved.variables, changes)
        asked = {
            "role": role,
            "token": self._tokens[role],
            "title": title,
            "name": saved.name,
            "variables": variables if changes else None,
        }
        shown = await asyncio.to_thread(self._ask, asked)
        assert "failed" not in shown, shown["failed"]
        assert shown["problems"] == []
        assert shown["sent"] == variables
        assert "errors" not in shown["answer"], shown["answer"]["errors"]
        assert shown["last"].startswith("OK")
        return next(iter(shown["answer"]["data"].values()))

    def _ask(self, step: dict[str, Any]) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(step) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the browser ended"
        return json.loads(line)


@contextmanager
def walking(program: str, url: str, browser: str) -> Iterator[Walk]:
    """A browser at the playground for as long as the walk lasts."""
    command = [program, str(HERE / "walk.mjs"), url, browser]
    with subprocess.Popen(
        command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Walk(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def system_browser() -> str | None:
    """The system's Chromium; None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


def _titled(role: str, title: str) -> operations.Saved:
    paths = sorted((operations.FOLDER / role).glob("*.graphql"))
    found = [saved for saved in map(operations.load, paths) if saved.title == title]
    assert len(found) == 1, f"{role} has {len(found)} operations called {title!r}"
    return found[0]


def _over(below: Any, above: Any) -> Any:
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    merged = below | {key: _over(below.get(key), value) for key, value in above.items()}
    return {key: value for key, value in merged.items() if value is not None}
