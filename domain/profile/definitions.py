"""What traits are: their type, whether they are personal, and by which formula they are computed. Versioned."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.errors import InvalidInput, VersionConflict
from domain.foundation import ids
from domain.profile import computed, formulas, traits


class TraitKind(StrEnum):
    DECLARED = "DECLARED"
    COMPUTED = "COMPUTED"


class ValueType(StrEnum):
    TEXT = "TEXT"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    TIME = "TIME"
    LIST = "LIST"
    JSON = "JSON"


@dataclass(frozen=True)
class Draft:
    """A trait to define; ``formula`` is for computed ones (see :func:`formulas.read`); members set ``is_self_set`` ones."""

    name: str
    kind: TraitKind
    value_type: ValueType
    formula: Any = None
    is_personal: bool = False
    is_self_set: bool = False


async def define(actor: Actor, draft: Draft, expected_version: int | None) -> tuple[db.Row, int]:
    """Define a trait (no expected version) or revise it; answers its row and of how many people it is computed anew.

    Refuses VersionConflict.
    """
    _check(draft)
    async with db.transaction():
        await db.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", f"trait {draft.name}")
        last = (await by_names([draft.name])).get(draft.name)
        current = last["version"] if last else None
        if current != expected_version:
            raise VersionConflict(current or 0)
        row = await db.one(
            """INSERT INTO profile.trait_definition
                (id, name, version, kind, value_type, formula, is_personal, is_self_set, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *""",
            ids.new(), draft.name, (current or 0) + 1, draft.kind, draft.value_type,
            draft.formula if draft.kind is TraitKind.COMPUTED else None, draft.is_personal, draft.is_self_set,
            clock.now(),
        )  # fmt: skip
        assert row is not None
        looked_at = [formulas.read(draft.formula).kind] if draft.kind is TraitKind.COMPUTED else []
        was_computed = last is not None and last["kind"] == TraitKind.COMPUTED
        queued = await computed.backfill(draft.name, looked_at) if looked_at or was_computed else 0
        await audit.append(
            actor,
            "profile.trait.defined",
            "TRAIT",
            row["id"],
            facts={"name": draft.name, "version": row["version"]},
        )
    return row, queued


async def listed() -> list[db.Row]:
    """The definitions in force, by name."""
    return await db.fetch(
        "SELECT DISTINCT ON (name) * FROM profile.trait_definition ORDER BY name, version DESC"
    )


async def by_names(names: list[str]) -> dict[str, db.Row]:
    """The definitions in force of these traits."""
    rows = await db.fetch(
        """SELECT DISTINCT ON (name) * FROM profile.trait_definition WHERE name = ANY($1)
        ORDER BY name, version DESC""",
        names,
    )
    return {row["name"]: row for row in rows}


def _check(draft: Draft) -> None:
    if not 1 <= len(draft.name.strip()) <= traits.LONGEST_NAME or draft.name != draft.name.strip():
        raise InvalidInput.at("name", f"A name has 1 to {traits.LONGEST_NAME} characters.")
    if draft.kind is TraitKind.DECLARED and draft.formula is not None:
        raise InvalidInput.at("formula", "Only computed traits have a formula.")
    if draft.kind is TraitKind.COMPUTED:
        formulas.read(draft.formula)
        if draft.is_self_set:
            raise InvalidInput.at("isSelfSet", "A computed trait is set by nobody.")
