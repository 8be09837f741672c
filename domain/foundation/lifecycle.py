"""What each area does with its records when members merge, part again, ask for their data, or leave.

``domain/wiring.py`` fills :data:`areas`; a test fails when a table with a member column is not covered.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Waived:
    """What an undo cannot give back, because it was used since: so much of ``what`` (a wallet) of an area."""

    area: str
    what: str
    amount: Decimal


@dataclass(frozen=True)
class Merged:
    """A merge in force: ``moved`` are the member ids whose root changed from ``loser`` to ``winner``.

    An area's ``on_undo`` adds to ``waived`` what it cannot give back.
    """

    id: UUID
    winner: UUID
    loser: UUID
    moved: tuple[UUID, ...]
    waived: list[Waived] = field(default_factory=list, compare=False)


@dataclass(frozen=True)
class Lifecycle:
    """One area's four functions and the member columns (``table.column``) that they cover.

    ``on_merge`` and ``on_undo`` run inside the merge's transaction, with both roots locked. ``export`` yields
    (table, row) of one root's members. ``erase`` answers rows per table as (deleted, anonymised, kept).
    """

    area: str
    covers: frozenset[str]
    on_merge: Callable[[Merged], Awaitable[None]]
    on_undo: Callable[[Merged], Awaitable[None]]
    export: Callable[[list[UUID]], AsyncIterator[tuple[str, dict[str, Any]]]]
    erase: Callable[[list[UUID]], Awaitable[dict[str, tuple[int, int, int]]]]


areas: list[Lifecycle] = []
