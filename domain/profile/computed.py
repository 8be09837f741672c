"""Computed traits: kept current as interactions arrive, and changed in the exact instant at which time alone does.

A computed trait belongs to the root. When members merge, the loser's computed values go and the winner's are computed
over both; when they part, both are computed anew.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.foundation.sweeps import Sweep
from domain.profile import formulas, interactions, kinds, members, traits
from domain.profile.drain import Reaction
from domain.profile.formulas import Formula, Function
from domain.profile.interactions import Fact

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_decoded = json.JSONDecoder(parse_float=Decimal).decode


@dataclass
class _Known:
    """The formulas in force, by trait name, and the names by the kind that they look at."""

    formulas: dict[str, Formula] = field(default_factory=dict)
    by_kind: dict[str, set[str]] = field(default_factory=dict)


_known = _Known()


async def refresh() -> None:
    """Read which formulas are in force."""
    global _known
    found = _Known()
    for row in await db.fetch(
        """SELECT DISTINCT ON (name) name, kind, formula FROM profile.trait_definition
        ORDER BY name, version DESC"""
    ):
        if row["kind"] == "COMPUTED":
            formula = formulas.read(row["formula"])
            found.formulas[row["name"]] = formula
            found.by_kind.setdefault(formula.kind, set()).add(row["name"])
    _known = found


async def react(fact: Fact) -> None:
    """Compute anew what looks at this kind; a compensation may change what looks at any kind."""
    if fact.root is None:
        return
    names = _known.by_kind.get(fact.kind, set())
    if fact.compensates is not None:
        names = set(_known.formulas)
    await compute(fact.root, names, clock.now(), cause=fact)


def names() -> set[str]:
    """The computed traits of which the formulas were read last."""
    return set(_known.formulas)


def wants(kind: str) -> bool:
    """Any kind may compensate another; without formulas none is wanted."""
    return bool(_known.formulas)


def skips(fact: Fact) -> bool:
    """No formula looks at this kind."""
    return fact.kind not in _known.by_kind


REACTION = Reaction("computed traits", react, wants, refresh, skips)


async def compute(root: UUID, names: Collection[str], as_of: datetime, *, cause: Fact | None = None) -> None:
    """Bring these traits of a root to what they are at an instant; the caller holds the root.

    What is overdue may wait for a formula that was defined since the formulas were read: then they are read again.
    """
    waiting = await _waiting(root, names)
    if any(due <= clock.now() for due in waiting.values()):
        await refresh()
    for name in sorted(names):
        formula = _known.formulas.get(name)
        if formula is None:
            await traits.declare(root, name, None, at=as_of)
            await _set_due(root, name, None, waiting.get(name))
            continue
        value, due = formulas.evaluate(formula, await rows_of(root, formula, as_of), as_of)
        changed = await traits.declare(root, name, value, at=as_of)
        await _set_due(root, name, due, waiting.get(name))
        if changed:
            await interactions.record(
                SYSTEM, kinds.TRAIT_COMPUTED, ("TRAIT", name), once=ids.new(), member=root, at=as_of, cause=cause,
                traits={name: value},
            )  # fmt: skip


async def join(winner: UUID, moved: Sequence[UUID]) -> None:
    """Two roots became one: only the root carries computed traits, over all rows of both."""
    await refresh()
    if not _known.formulas:
        return
    await db.run(
        "DELETE FROM profile.trait_value WHERE member = ANY($1) AND name = ANY($2)",
        list(moved), list(_known.formulas),
    )  # fmt: skip
    await db.run("DELETE FROM profile.trait_due WHERE member = ANY($1)", list(moved))
    await compute(winner, _known.formulas, clock.now())


async def part(winner: UUID, loser: UUID) -> None:
    """Two roots again: each carries what its own rows say."""
    await refresh()
    for root in (winner, loser):
        await compute(root, _known.formulas, clock.now())


async def work_off(limit: int = 200) -> int:
    """Compute what time alone changed, as of the instant at which it did; answers how much."""
    due = await db.fetch(
        "SELECT member, name FROM profile.trait_due WHERE due_at <= $1 ORDER BY due_at LIMIT $2",
        clock.now(),
        limit,
    )
    done = 0
    for row in due:
        async with db.transaction():
            root = (await members.lock(row["member"]))[0]
            due_at = await db.value(
                "DELETE FROM profile.trait_due WHERE member = $1 AND name = $2 AND due_at <= $3 RETURNING due_at",
                row["member"], row["name"], clock.now(),
            )  # fmt: skip
            if due_at is not None:
                await refresh()  # the row may be there because of a formula that was defined just now
                await compute(root, [row["name"]], due_at)
                done += 1
    return done


async def next_due() -> datetime | None:
    """When the next computed trait changes by time alone."""
    return await db.value("SELECT min(due_at) FROM profile.trait_due")


SWEEP = Sweep("profile.computed traits", work_off, next_due, every_seconds=1)


async def backfill(name: str, kinds_: Collection[str]) -> int:
    """Let the sweep compute a trait of everybody who has rows of these kinds or the trait; answers how many."""
    return await db.run(
        """INSERT INTO profile.trait_due (id, member, name, due_at)
        SELECT gen_random_uuid(), c.root, $1, $3 FROM (
            SELECT m.root FROM profile.total AS t JOIN profile.member AS m ON m.id = t.member
            WHERE t.kind = ANY($2) AND t.count > 0
            UNION SELECT m.root FROM profile.trait_value AS t JOIN profile.member AS m ON m.id = t.member
            WHERE t.name = $1 AND t.origin = 'COMPUTED') AS c
        ON CONFLICT (member, name) DO UPDATE SET due_at = least(trait_due.due_at, excluded.due_at)""",
        name, list(kinds_), clock.now(),
    )  # fmt: skip


# What is compensated is looked up for all rows at once: a look for each of them would cost more than the rows.
_ROWS = """
WITH rows AS MATERIALIZED (
    SELECT i.id, i.occurred_at, i.properties FROM profile.member AS m JOIN profile.interaction AS i ON i.member = m.id
    WHERE m.root = $1 AND i.kind = $2 AND i.occurred_at >= $3 AND i.occurred_at <= $4
)
SELECT r.occurred_at, {properties} AS properties, r.id = ANY(ARRAY(
        SELECT p.interaction FROM profile.pending AS p WHERE p.interaction = ANY(ARRAY(SELECT id FROM rows)))
    ) OR r.id = ANY(ARRAY(
        SELECT x.compensates FROM profile.interaction AS x
        WHERE x.compensates = ANY(ARRAY(SELECT id FROM rows)) AND profile.counts(x.id))) AS is_out
FROM rows AS r ORDER BY r.occurred_at, r.id
"""


async def rows_of(root: UUID, formula: Formula, as_of: datetime) -> list[formulas.Fact]:
    """The root's rows of the kind that count and that the drain has taken, oldest first.

    Of a formula that one row decides only those at the end where that row stands, if it is among them. For others the
    time grows with the rows of the kind within the window, by 3 to 6 ms for a thousand (`marque bench computed`).
    """
    since = as_of - formula.window if formula.window else _BEGINNING
    if formula.is_decided_by_one:
        near = await _rows(root, formula, *await _end(root, formula, since, as_of))
        if any(formula.decides(fact, as_of) for fact in near):
            return near
    return await _rows(root, formula, since, as_of)


async def _end(root: UUID, formula: Formula, since: datetime, as_of: datetime) -> tuple[datetime, datetime]:
    """From when to when to look first: from the newest row that was counted on, or until the oldest."""
    row = await db.one(
        """SELECT min(t.first_at) AS first_at, max(t.last_at) AS last_at
        FROM profile.total AS t JOIN profile.member AS m ON m.id = t.member
        WHERE m.root = $1 AND t.kind = $2 AND t.count > 0""",
        root, formula.kind,
    )  # fmt: skip
    if row is None or row["last_at"] is None:
        return since, as_of
    if formula.function is Function.FIRST:
        return since, min(row["first_at"], as_of)
    return max(row["last_at"], since), as_of


async def _rows(root: UUID, formula: Formula, since: datetime, until: datetime) -> list[formulas.Fact]:
    needs_properties = formula.path is not None or bool(formula.where)
    sql = _ROWS.format(properties="r.properties::text" if needs_properties else "'{}'")
    rows = await db.fetch(sql, root, formula.kind, since, until)
    if not needs_properties:
        return [(row["occurred_at"], {}) for row in rows if not row["is_out"]]
    return [(row["occurred_at"], _decoded(row["properties"])) for row in rows if not row["is_out"]]


async def _waiting(root: UUID, names: Collection[str]) -> dict[str, datetime]:
    """When the sweep is to look at these traits again."""
    rows = await db.fetch(
        "SELECT name, due_at FROM profile.trait_due WHERE member = $1 AND name = ANY($2)", root, list(names)
    )
    return {row["name"]: row["due_at"] for row in rows}


async def _set_due(root: UUID, name: str, due: datetime | None, before: datetime | None) -> None:
    """Let the sweep look again then; unless a definition asked for a look meanwhile (it was due ``before``)."""
    if due is None:
        await db.run(
            "DELETE FROM profile.trait_due WHERE member = $1 AND name = $2 AND due_at = $3",
            root,
            name,
            before,
        )
    else:
        await db.run(
            """INSERT INTO profile.trait_due AS d (id, member, name, due_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (member, name) DO UPDATE SET due_at = excluded.due_at WHERE d.due_at = $5""",
            ids.new(), root, name, due, before,
        )  # fmt: skip
