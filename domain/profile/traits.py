"""Traits: the newest value by the time of the fact, not of its arrival; equal times by the greater message id.

Kept by the member that a fact was written with, and folded over the root when read: the newest timed value wins, among
untimed ones the root's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain import clock, db
from domain.foundation import ids

MOST = 300
LONGEST_NAME = 100


@dataclass(frozen=True)
class Trait:
    """A trait of a root as it stands."""

    name: str
    value: Any
    at: datetime
    since_at: datetime
    origin: str


@dataclass(frozen=True, slots=True)
class Put:
    """What one fact says about a member's traits; ``once`` only fills names that the person lacks."""

    member: UUID
    values: dict[str, Any]
    at: datetime
    message_id: str = ""
    once: dict[str, Any] = field(default_factory=dict)
    origin: str = "EVENT"
    is_timed: bool = True


#: Which of a root's rows of one name stands, the first: a set value before one that only filled a gap (of those the
#: oldest), the newest timed one, and among untimed ones the root's own. `t` is the row.
_PRECEDENCE = """t.is_once, CASE WHEN t.is_once THEN t.at END, t.is_timed DESC,
    CASE WHEN t.is_timed THEN t.at END DESC NULLS LAST, (t.member = {root}) DESC, t.message_id DESC, t.member DESC"""

_NOTE = """
INSERT INTO profile.trait_change (id, member, name, value, at, origin, is_timed, message_id, is_once)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[], $5::timestamptz[], $6::text[], $7::boolean[],
    $8::text[], $9::boolean[])
"""

_PUT = """
INSERT INTO profile.trait_value AS t (id, member, name, value, at, since_at, origin, is_timed, message_id, is_once)
SELECT i, m, n, v, a, a, o, d, e, f FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[], $5::timestamptz[],
    $6::text[], $7::boolean[], $8::text[], $9::boolean[]) AS g(i, m, n, v, a, o, d, e, f) ORDER BY m, n
ON CONFLICT (member, name) DO UPDATE SET value = excluded.value, at = excluded.at, origin = excluded.origin,
    is_timed = excluded.is_timed, is_once = excluded.is_once, message_id = excluded.message_id,
    since_at = CASE WHEN t.value = excluded.value AND NOT t.is_once THEN t.since_at ELSE excluded.at END
WHERE CASE WHEN excluded.is_once THEN t.is_once AND (excluded.at, excluded.message_id) < (t.at, t.message_id)
    ELSE t.is_once OR (t.at, t.message_id) <= (excluded.at, excluded.message_id) END
RETURNING member, name
"""

#: An older value that arrives late may cut the time for which the present one is unchanged, or prolong it.
_SINCE_ANEW = """
UPDATE profile.trait_value AS t SET since_at = (
    SELECT min(c.at) FROM profile.trait_change AS c WHERE c.member = t.member AND c.name = t.name AND NOT c.is_once
    AND (c.at, c.message_id) > coalesce((
        SELECT ROW(d.at, d.message_id) FROM profile.trait_change AS d WHERE d.member = t.member AND d.name = t.name
        AND NOT d.is_once AND d.value <> t.value ORDER BY d.at DESC, d.message_id DESC LIMIT 1
    ), ROW('-infinity'::timestamptz, ''::text)))
FROM unnest($1::uuid[], $2::text[]) AS g(member, name)
WHERE t.member = g.member AND t.name = g.name AND NOT t.is_once
"""


async def put(
    member: UUID,
    values: dict[str, Any],
    *,
    at: datetime,
    origin: str = "EVENT",
    message_id: str = "",
    is_timed: bool = True,
    is_only_missing: bool = False,
) -> None:
    """Write traits of one fact; an older fact never replaces a newer value, ``is_only_missing`` never replaces any."""
    given, once = ({}, values) if is_only_missing else (values, {})
    await put_many([Put(member, given, at, message_id, once, origin, is_timed)])


async def put_many(facts: Sequence[Put]) -> None:
    """Write traits of many facts in a fixed number of statements.

    The outcome does not depend on the order of the facts: any set value stands before one that only fills a gap, and
    of those that fill it the oldest.
    """
    given: dict[tuple[UUID, str], list[tuple[Put, Any, bool]]] = {}
    for fact in facts:
        for name, value in fact.values.items():
            given.setdefault((fact.member, name), []).append((fact, value, False))
        for name, value in fact.once.items():
            if name not in fact.values:
                given.setdefault((fact.member, name), []).append((fact, value, True))
    if not given:
        return
    await db.run(_NOTE, *_columns((key, row) for key, rows in given.items() for row in rows))
    taken = await db.fetch(_PUT, *_columns((key, _standing(rows)) for key, rows in given.items()))
    late = set(given).difference((row["member"], row["name"]) for row in taken)
    late |= {key for key, rows in given.items() if len(rows) > 1}
    if late:
        await db.run(_SINCE_ANEW, [member for member, _ in late], [name for _, name in late])


def _standing(rows: list[tuple[Put, Any, bool]]) -> tuple[Put, Any, bool]:
    """Of one member's rows of one name: the newest that sets it, else the oldest that fills it."""
    sets = [row for row in rows if not row[2]]
    return max(sets, key=_time_of) if sets else min(rows, key=_time_of)


def _time_of(row: tuple[Put, Any, bool]) -> tuple[datetime, str]:
    return row[0].at, row[0].message_id


def _columns(rows: Iterable[tuple[tuple[UUID, str], tuple[Put, Any, bool]]]) -> list[list[Any]]:
    made = [
        (
            ids.new(), member, name, db.json(value), fact.at, fact.origin, fact.is_timed, fact.message_id, is_once
        )
        for (member, name), (fact, value, is_once) in rows
    ]  # fmt: skip
    return [list(column) for column in zip(*made, strict=True)]


async def declare(member: UUID, name: str, value: Any, *, at: datetime | None = None) -> bool:
    """A trait that an area keeps current itself (``tier``, ``vehicle.models``); null takes it away.

    The value it has already is not written again; answers whether it changed.
    """
    held = await db.one(
        "SELECT value FROM profile.trait_value WHERE member = $1 AND name = $2 AND origin = 'COMPUTED'",
        member, name,
    )  # fmt: skip
    if (held["value"] if held else None) == _plain(value):
        return False
    await put(member, {name: value}, at=at or clock.now(), origin="COMPUTED", message_id="~")
    if value is None:
        await db.run("DELETE FROM profile.trait_value WHERE member = $1 AND name = $2", member, name)
    return True


async def of_roots(roots: Sequence[UUID], names: Sequence[str] | None = None) -> dict[UUID, list[Trait]]:
    """The traits of each root, by name; one whose newest value is null was taken away."""
    rows = await db.fetch(
        f"""SELECT * FROM (
            SELECT DISTINCT ON (m.root, t.name) m.root, t.name, t.value, t.at, t.since_at, t.origin
            FROM profile.trait_value AS t JOIN profile.member AS m ON m.id = t.member
            WHERE m.root = ANY($1) AND ($2::text[] IS NULL OR t.name = ANY($2))
            ORDER BY m.root, t.name, {precedence("m.root")}) AS s
        WHERE s.value <> 'null' ORDER BY s.name""",
        list(roots), names,
    )  # fmt: skip
    found: dict[UUID, list[Trait]] = {root: [] for root in roots}
    for row in rows:
        found[row["root"]].append(Trait(*list(row.values())[1:]))
    return found


async def as_of(people: Sequence[tuple[UUID, UUID]], at: datetime) -> dict[UUID, list[Trait]]:
    """The traits that persons (members, each with its root then) had at an instant, by the times of the facts."""
    rows = await db.fetch(
        f"""SELECT * FROM (
            SELECT DISTINCT ON (g.root, t.name) g.root, t.name, t.value, t.at, t.origin
            FROM unnest($1::uuid[], $2::uuid[]) AS g(member, root)
            JOIN profile.trait_change AS t ON t.member = g.member
            WHERE t.at <= $3 ORDER BY g.root, t.name, {precedence("g.root")}, t.id DESC) AS s
        WHERE s.value <> 'null' ORDER BY s.name""",
        [member for member, _ in people], [root for _, root in people], at,
    )  # fmt: skip
    found: dict[UUID, list[Trait]] = {root: [] for _, root in people}
    for row in rows:
        found[row["root"]].append(Trait(row["name"], row["value"], row["at"], row["at"], row["origin"]))
    return found


async def rebuild(member: UUID) -> None:
    """Make the present values of one member anew from their history."""
    await db.run("DELETE FROM profile.trait_value WHERE member = $1", member)
    await db.run(
        """INSERT INTO profile.trait_value (id, member, name, value, at, since_at, origin, is_timed, is_once, message_id)
        SELECT DISTINCT ON (name) id, member, name, value, at, at, origin, is_timed, is_once, message_id
        FROM profile.trait_change WHERE member = $1
        ORDER BY name, is_once, CASE WHEN is_once THEN at END, CASE WHEN is_once THEN message_id END,
            at DESC, message_id DESC, id DESC""",
        member,
    )
    await db.run(
        "DELETE FROM profile.trait_value WHERE member = $1 AND value = 'null' AND origin = 'COMPUTED'", member
    )
    names = await db.fetch("SELECT name FROM profile.trait_value WHERE member = $1", member)
    await db.run(_SINCE_ANEW, [member] * len(names), [row["name"] for row in names])


async def joined(winner: UUID, loser: UUID) -> dict[str, Any]:
    """The trait values that two roots would read as one."""
    rows = await db.fetch(
        f"""SELECT DISTINCT ON (t.name) t.name, t.value
        FROM profile.trait_value AS t JOIN profile.member AS m ON m.id = t.member
        WHERE m.root IN ($1, $2) ORDER BY t.name, {precedence("$1")}""",
        winner, loser,
    )  # fmt: skip
    return {row["name"]: row["value"] for row in rows}


def precedence(root: str) -> str:
    """The order (SQL) in which rows `t` of one name stand for the root that an expression gives."""
    return _PRECEDENCE.format(root=root)


async def values_of(root: UUID, names: Sequence[str] | None = None) -> dict[str, Any]:
    """The trait values of one root, for conditions."""
    return {trait.name: trait.value for trait in (await of_roots([root], names))[root]}


def _plain(value: Any) -> Any:
    """The value as it reads when it is stored."""
    return msgspec.json.decode(db.json(value))
