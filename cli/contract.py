"""The part of `marque check` that guards the public contract: a breaking change must stand in the CHANGELOG."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from graphql import build_schema, find_breaking_changes

_ROOT = Path(__file__).resolve().parent.parent
_NAME = re.compile(r"\b[A-Z_a-z]\w*(?:\.\w+)*\b")


def unannounced() -> list[str]:
    """One sentence for each change of schema.graphql that breaks clients and that the CHANGELOG does not name."""
    path = _ROOT / "schema.graphql"
    before = _before()
    if before is None or not path.exists():
        return []
    changelog = _ROOT / "CHANGELOG.md"
    news = _news(changelog.read_text(encoding="utf-8")) if changelog.exists() else ""
    return breaking(before, path.read_text(encoding="utf-8"), news)


def breaking(before: str, now: str, news: str) -> list[str]:
    """The breaking changes between two schemas (SDL), without those whose field, type or value ``news`` names."""
    old, new = build_schema(before), build_schema(now)
    return [
        f"{change.description} That breaks clients: bring it back, or name `{name}` in the CHANGELOG."
        for change in find_breaking_changes(old, new)
        if not re.search(rf"(?<![\w.]){re.escape(name := _coordinate(change.description))}(?![\w.])", news)
    ]


def _coordinate(description: str) -> str:
    """The ``Type.field``, or else the type, that a change is about."""
    names = _NAME.findall(description)
    return next((name for name in names if "." in name), names[0] if names else description)


def _news(changelog: str) -> str:
    """The part of the CHANGELOG above the second version heading: what is new since the last release."""
    parts = re.split(r"^## ", changelog, flags=re.MULTILINE)
    return "\n".join(parts[1:2]) or changelog


def _before() -> str | None:
    """schema.graphql of the last release; before the first one, of the branch point from main."""
    base = (
        _git("describe", "--tags", "--abbrev=0", "--match", "v*")
        or _git("merge-base", "HEAD", "origin/main")
        or _git("merge-base", "HEAD", "main")
        or "HEAD"
    )
    return _git("show", f"{base}:schema.graphql")


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=_ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
