"""Items that keep a streak: a freeze covers a day beforehand, a repair one that was missed. Staff give them.

An item covers one day of one mission. It stays free while the day it was laid on has a mark after all, so what is used up
follows from the marks, whatever comes late or is undone. Locks: the member's root.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.errors import InvalidInput
from domain.foundation import ids
from domain.points import engagement_kinds as kinds
from domain.points.engagement_errors import NoMissionItem
from domain.profile import interactions, members

MOST = 100
AHEAD = timedelta(days=7)  # how far ahead a freeze is laid, ...
BACK = timedelta(days=7)  # ... and how far back a repair reaches
_LONGEST = 500

#: The items of these members in a mission; ``is_free`` when none of their days needs it.
_ITEMS = """SELECT i.id, i.kind, i.covers, i.covers IS NULL OR EXISTS (SELECT FROM points.mission_mark AS k
        WHERE k.mission = i.mission AND k.member = ANY($2) AND k.local_date = i.covers AND k.counts) AS is_free
    FROM points.mission_item AS i WHERE i.mission = $1 AND i.member = ANY($2)"""


class ItemKind(StrEnum):
    FREEZE = "FREEZE"
    REPAIR = "REPAIR"


@dataclass(frozen=True)
class Items:
    """What a person has of a mission, and the days that are covered for it, the oldest first."""

    freezes: int
    repairs: int
    covered: list[date]


async def of_roots(pairs: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Items]:
    """The items of roots in missions, by (mission, root)."""
    rows = await db.fetch(
        """SELECT i.mission, m.root, i.kind, i.covers, i.covers IS NULL OR EXISTS (SELECT FROM points.mission_mark AS k
                JOIN profile.member AS w ON w.id = k.member
                WHERE k.mission = i.mission AND w.root = m.root AND k.local_date = i.covers AND k.counts) AS is_free
        FROM unnest($1::uuid[], $2::uuid[]) AS n(mission, root) JOIN profile.member AS m ON m.root = n.root
        JOIN points.mission_item AS i ON (i.mission, i.member) = (n.mission, m.id) ORDER BY i.covers""",
        [mission for mission, _ in pairs], [root for _, root in pairs],
    )  # fmt: skip
    of_pair: dict[tuple[UUID, UUID], list[db.Row]] = {pair: [] for pair in pairs}
    for row in rows:
        of_pair[row["mission"], row["root"]].append(row)
    return {pair: _items(found) for pair, found in of_pair.items()}


async def covered(mission: UUID, people: Sequence[UUID]) -> frozenset[date]:
    """The days on which these members lack no mark in a mission."""
    rows = await db.fetch(
        "SELECT covers FROM points.mission_item WHERE mission = $1 AND member = ANY($2) AND covers IS NOT NULL",
        mission, list(people),
    )  # fmt: skip
    return frozenset(row["covers"] for row in rows)


async def grant(
    actor: Actor, mission: UUID, code: str, member: UUID, kind: ItemKind, count: int, reason: str
) -> UUID:
    """Staff give a member items of a mission; answers the member's root."""
    if not 1 <= count <= MOST:
        raise InvalidInput.at("count", f"Use 1 to {MOST}.")
    if not 1 <= len(reason.strip()) <= _LONGEST:
        raise InvalidInput.at("reason", f"Use 1 to {_LONGEST} characters.")
    async with db.transaction():
        (root,) = await members.lock(member)
        made, now = [ids.new() for _ in range(count)], clock.now()
        await db.run(
            """INSERT INTO points.mission_item (id, mission, member, kind, created_at)
            SELECT i, $2, $3, $4, $5 FROM unnest($1::uuid[]) AS n(i)""",
            made, mission, root, kind, now,
        )  # fmt: skip
        await interactions.record(
            actor, kinds.MISSION_ITEM_GRANTED, ("MISSION", mission), once=made[0], member=root, mission=code,
            item=kind, count=count,
        )  # fmt: skip
        await audit.append(
            actor, "points.mission_items.granted", "member", root, facts={"mission": code, "kind": kind, "count": count},
            text={"reason": reason.strip()},
        )  # fmt: skip
        return root


async def lay(
    actor: Actor, mission: UUID, code: str, root: UUID, kind: ItemKind, day: date | None, today: date
) -> None:
    """Cover a day with one of the member's items; the caller has locked the root and works the rounds out afterwards.

    Refuses NoMissionItem; a day that needs no item, or that this kind does not reach, is InvalidInput.
    """
    people = await members.ids_of(root)
    rows = await db.fetch(f"{_ITEMS} ORDER BY i.covers IS NOT NULL, i.created_at, i.id", mission, people)
    day = day or (today if kind is ItemKind.FREEZE else today - timedelta(days=1))
    await _must_be_open(mission, people, root, kind, day, today, {row["covers"] for row in rows})
    item = next((row["id"] for row in rows if row["kind"] == kind and row["is_free"]), None)
    if item is None:
        raise NoMissionItem(kind)
    await db.run(
        "UPDATE points.mission_item SET covers = $2, used_at = $3 WHERE id = $1", item, day, clock.now()
    )
    await interactions.record(
        actor, kinds.MISSION_ITEM_USED, ("MISSION", mission), once=ids.new(), member=root, mission=code,
        item=kind, covers=day.isoformat(),
    )  # fmt: skip


async def _must_be_open(
    mission: UUID, people: Sequence[UUID], root: UUID, kind: ItemKind, day: date, today: date,
    covers: set[date | None],
) -> None:  # fmt: skip
    first, last = (
        (today, today + AHEAD) if kind is ItemKind.FREEZE else (today - BACK, today - timedelta(days=1))
    )
    if not first <= day <= last:
        raise InvalidInput.at("localDate", f"Use a day from {first} to {last}.")
    row = await db.one(
        """SELECT (SELECT max(starts_on) FROM points.mission_progress
                WHERE mission = $1 AND member = $4 AND state = 'OPEN') AS begun,
            EXISTS (SELECT FROM points.mission_mark
                WHERE mission = $1 AND member = ANY($2) AND local_date = $3 AND counts) AS is_marked""",
        mission, list(people), day, root,
    )  # fmt: skip
    assert row is not None
    if row["begun"] is None or day <= row["begun"]:
        raise InvalidInput.at("localDate", "No round that runs began before this day.")
    if row["is_marked"] or day in covers:
        raise InvalidInput.at("localDate", "This day needs no item.")


def _items(rows: Sequence[db.Row]) -> Items:
    free = [row["kind"] for row in rows if row["is_free"]]
    days = [row["covers"] for row in rows if row["covers"] is not None and not row["is_free"]]
    return Items(free.count(ItemKind.FREEZE), free.count(ItemKind.REPAIR), days)
