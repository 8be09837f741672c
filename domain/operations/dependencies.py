"""What a condition looks at, stored so that an interaction judges only the segments that look at it."""

from __future__ import annotations

from uuid import UUID

from domain import db
from domain.foundation import ids
from domain.operations.conditions import tree
from domain.operations.conditions.tree import Condition, Event, Tag, Trait


async def replace(subject: UUID, condition: Condition | None) -> None:
    """Store the dependencies of the condition that is in force now; None when nothing is."""
    await db.run("DELETE FROM operations.dependency WHERE subject = $1", subject)
    if condition is None:
        return
    rows: list[tuple[str, str | None, bool, str | None, str | None, bool]] = []
    for path, leaf in tree.leaves(condition):
        match leaf:
            case Event():
                rows.append((path, leaf.prefix or leaf.kind, leaf.prefix is not None, None, None, False))
            case Trait():
                rows.append((path, None, False, leaf.name, None, False))
            case Tag():
                rows.append((path, None, False, None, leaf.key, False))
    if tree.of_a_stranger(condition):
        rows.append(("", None, False, None, None, True))
    await db.run_many(
        "INSERT INTO operations.dependency (id, subject, path, kind, is_prefix, trait, tag, is_open) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        [(ids.new(), subject, *row) for row in rows],
    )
