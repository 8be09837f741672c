"""The saved operations, by role: what moderators and membership operations work with every day."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

ROLES = ("member", "moderator", "operator", "approver", "analyst", "host", "advisor", "admin")
FOLDER = Path(__file__).parent
_NAME = re.compile(r"^\s*(?:query|mutation|subscription)\s+(\w+)", re.MULTILINE)
_VARIABLES = re.compile(r"^#\s*variables:\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Saved:
    """One saved operation; the first line of its comment is the title, the rest explains it."""

    role: str
    file: str
    name: str
    title: str
    explanation: str
    query: str
    variables: dict[str, Any]


def saved() -> list[dict[str, Any]]:
    """All saved operations, in the order of the roles and of the file names."""
    return [asdict(each) for each in _all(_stamp())]


def load(path: Path) -> Saved:
    """Read one file; raises ValueError when it does not follow the README beside it."""
    comment: list[str] = []
    lines = path.read_text(encoding="utf-8").splitlines()
    while lines and (lines[0].startswith("#") or not lines[0].strip()):
        comment.append(lines.pop(0))
    text, variables = _split(comment)
    query = "\n".join(lines).strip() + "\n"
    name = _NAME.search(query)
    if not text or name is None:
        raise ValueError(f"{path.name}: needs a comment at the top and a named operation")
    return Saved(
        role=path.parent.name,
        file=path.stem,
        name=name.group(1),
        title=text[0],
        explanation=" ".join(text[1:]),
        query=query,
        variables=variables,
    )


def _split(comment: list[str]) -> tuple[list[str], dict[str, Any]]:
    text: list[str] = []
    for number, line in enumerate(comment):
        if _VARIABLES.match(line):
            block = [_VARIABLES.sub("", line), *(rest.removeprefix("#") for rest in comment[number + 1 :])]
            return text, json.loads("\n".join(block))
        if line.strip("# \t"):
            text.append(line.lstrip("#").strip())
    return text, {}


@lru_cache(2)
def _all(_: tuple[tuple[str, int], ...]) -> tuple[Saved, ...]:
    return tuple(load(path) for path in _paths())


def _stamp() -> tuple[tuple[str, int], ...]:
    return tuple((str(path), path.stat().st_mtime_ns) for path in _paths())


def _paths() -> list[Path]:
    return [path for role in ROLES for path in sorted((FOLDER / role).glob("*.graphql"))]
