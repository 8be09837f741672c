"""A page of a list, by keyset: where the last one ended and how many rows to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Page:
    """Read functions fetch ``limit + 1`` rows that come after the key ``after``."""

    limit: int = 20
    after: tuple[Any, ...] | None = None
