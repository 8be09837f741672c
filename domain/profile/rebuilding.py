"""Whether what is kept of people equals what their history says: counts and sums, traits, computed traits (P3).

A sample is rebuilt root by root, each under its lock in a transaction of its own that is taken back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.errors import NotFound
from domain.profile import aggregates, computed, members, traits


@dataclass(frozen=True)
class Drift:
    """A row of a root that a rebuild would make otherwise; None where there is none."""

    root: UUID
    what: str
    kept: Any
    rebuilt: Any


class _TakenBack(Exception):
    pass


async def sample(size: int) -> tuple[int, list[Drift]]:
    """Rebuild some roots, chosen by chance; answers how many, and what differs."""
    rows = await db.fetch("SELECT id FROM profile.member WHERE id = root ORDER BY random() LIMIT $1", size)
    await computed.refresh()
    found: list[Drift] = []
    for row in rows:
        found += await of_root(row["id"])
    return len(rows), found


async def of_root(root: UUID) -> list[Drift]:
    """What a rebuild of one person would make otherwise; nothing is changed."""
    kept: dict[str, Any] = {}
    rebuilt: dict[str, Any] = {}
    try:
        async with db.transaction(), db.savepoint():
            (root,) = await members.lock(root)
            of_root = await members.ids_of(root)
            kept = await _state(of_root)
            await _rebuild(root, of_root)
            rebuilt = await _state(of_root)
            raise _TakenBack
    except _TakenBack:
        pass
    except NotFound:
        return []
    return [
        Drift(root, what, kept.get(what), rebuilt.get(what))
        for what in sorted(kept.keys() | rebuilt.keys())
        if kept.get(what) != rebuilt.get(what)
    ]


async def _rebuild(root: UUID, of_root: list[UUID]) -> None:
    for member in of_root:
        for row in await db.fetch(
            """SELECT kind FROM profile.total WHERE member = $1
            UNION SELECT kind FROM profile.bucket WHERE member = $1
            UNION SELECT kind FROM profile.property_total WHERE member = $1
            UNION SELECT kind FROM profile.interaction WHERE member = $1""",
            member,
        ):
            await aggregates.rebuild(member, row["kind"])
        await traits.rebuild(member)
    await db.run(  # only the root carries computed traits; what a merged one had is history
        "DELETE FROM profile.trait_value WHERE member = ANY($1) AND member <> $2 AND name = ANY($3)",
        of_root, root, list(computed.names()),
    )  # fmt: skip
    await computed.compute(root, await _settled(root), clock.now())


async def _settled(root: UUID) -> list[str]:
    """The computed traits that nothing waits for: time has not changed them, and no row that they look at is pending."""
    if await db.value(
        """SELECT EXISTS (SELECT FROM profile.pending AS p JOIN profile.member AS m ON m.id = p.member
        WHERE m.root = $1)""",
        root,
    ):
        return []
    due = await db.fetch(
        "SELECT name FROM profile.trait_due WHERE member = $1 AND due_at <= $2", root, clock.now()
    )
    return sorted(computed.names() - {row["name"] for row in due})


async def _state(of_root: list[UUID]) -> dict[str, Any]:
    """What is kept, by what it is."""
    state: dict[str, Any] = {}
    for row in await db.fetch("SELECT * FROM profile.total WHERE member = ANY($1) AND count > 0", of_root):
        state[f"total {row['member']} {row['kind']}"] = tuple(row.values())[2:]
    for row in await db.fetch("SELECT * FROM profile.bucket WHERE member = ANY($1) AND count > 0", of_root):
        state[f"bucket {row['member']} {row['kind']} {row['hour']}"] = (row["count"], row["sum"])
    for row in await db.fetch(
        "SELECT * FROM profile.property_total WHERE member = ANY($1) AND count > 0", of_root
    ):
        state[f"value {row['member']} {row['kind']} {row['property']} {row['value']}"] = row["count"]
    for row in await db.fetch(
        "SELECT member, name, value, at, since_at, is_once FROM profile.trait_value WHERE member = ANY($1)",
        of_root,
    ):
        state[f"trait {row['member']} {row['name']}"] = tuple(row.values())[2:]
    return state
