"""A statement in the making."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Statement:
    """SQL and its arguments."""

    sql: str
    args: tuple[Any, ...]


@dataclass
class Draft:
    """A statement in the making: arguments, leaf tables and joins. ``now`` is an SQL expression."""

    now: str
    args: list[Any]
    roots: str
    with_flips: bool = True
    tables: list[str] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)
    traits: dict[str, str] = field(default_factory=dict)

    def bind(self, value: Any, cast: str) -> str:
        """The placeholder of one more argument."""
        self.args.append(value)
        return f"${len(self.args)}::{cast}"

    def table(self, sql: str) -> str:
        """Add a leaf table with a column ``root``; answers its name."""
        name = f"leaf_{len(self.tables)}"
        self.tables.append(f"{name} AS ({sql})")
        self.joins.append(f"LEFT JOIN {name} ON {name}.root = m.id")
        return name
