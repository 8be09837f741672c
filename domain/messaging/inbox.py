"""The inbox: what stands in it, how much of it is unread, and reading it. Everything is over the root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.messaging import kinds, words
from domain.messaging.types import NoticeType
from domain.profile import interactions, members

MOST_ACTORS = 10
KEPT = 10_000


@dataclass(frozen=True)
class Filter:
    """Which items: of these types, only unread ones."""

    types: list[NoticeType] | None = None
    is_unread: bool | None = None


@dataclass(frozen=True)
class Item:
    """An item as it is shown: its newest actors, how many there are, and its words."""

    row: db.Row
    actors: list[UUID]
    actor_count: int
    count: int
    title: str
    body: str


_COLUMNS = """i.id, i.member, m.root, i.type, i.grouped_by, i.actor, i.target_kind, i.target_id, i.facts, i.opened_at,
    i.updated_at, i.read_at, m.zone"""


async def of_root(root: UUID, page: Page, wanted: Filter | None = None) -> list[db.Row]:
    """Items, the last changed first. Key of a page: (updated_at, id)."""
    wanted = wanted or Filter()
    at, last = page.after or (None, None)
    return await db.fetch(
        f"""SELECT {_COLUMNS} FROM messaging.inbox_item AS i JOIN profile.member AS m ON m.id = i.member
        WHERE m.root = $1 AND ($2::text[] IS NULL OR i.type = ANY($2))
        AND ($3::boolean IS NULL OR (i.read_at IS NULL) = $3)
        AND ($4::timestamptz IS NULL OR (i.updated_at, i.id) < ($4, $5::uuid))
        ORDER BY i.updated_at DESC, i.id DESC LIMIT $6""",
        root, wanted.types, wanted.is_unread, at, last, page.limit + 1,
    )  # fmt: skip


async def by_ids(item_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Items by their ids."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM messaging.inbox_item AS i JOIN profile.member AS m ON m.id = i.member "
        "WHERE i.id = ANY($1)",
        list(item_ids),
    )
    return {row["id"]: row for row in rows}


async def since(root: UUID, at: datetime) -> list[dict[str, Any]]:
    """Items that arrived or grew since then; ``id`` tells one change of an item from the next."""
    rows = await db.fetch(
        f"""SELECT {_COLUMNS} FROM messaging.inbox_item AS i JOIN profile.member AS m ON m.id = i.member
        WHERE m.root = $1 AND i.updated_at >= $2 ORDER BY i.updated_at, i.id LIMIT 200""",
        root, at,
    )  # fmt: skip
    return [
        {"id": (row["id"], row["updated_at"]), "received_at": row["updated_at"], "item": row} for row in rows
    ]


async def shown(rows: Sequence[db.Row], language: str) -> list[Item]:
    """The items in words, in a fixed number of statements."""
    found = await db.fetch(
        """SELECT a.item, a.actor, coalesce(m.root, a.actor) AS who, max(a.at) AS at, count(*) AS deeds
        FROM messaging.inbox_actor AS a LEFT JOIN profile.member AS m ON m.id = a.actor
        WHERE a.item = ANY($1) GROUP BY a.item, a.actor, m.root ORDER BY max(a.at) DESC""",
        [row["id"] for row in rows],
    )
    templates = await words.templates(sorted({NoticeType(row["type"]) for row in rows}))
    actors = {row["id"]: _people(row["id"], found) for row in rows}
    names = await words.actor_names([people[0] for people in actors.values() if people])
    items = []
    for row in rows:
        people = actors[row["id"]]
        count = max(1, len(people) or sum(each["deeds"] for each in found if each["item"] == row["id"]))
        facts = {**row["facts"], "actor": names.get(people[0]) if people else None, "count": count}
        text = words.write_or_shipped(templates[NoticeType(row["type"]), language], facts, row["zone"])
        items.append(Item(row, people[:MOST_ACTORS], len(people), count, text.title, text.body))
    return items


async def unread_count(root: UUID) -> int:
    """How many items (groups count once) the person has not read: exact."""
    return await db.value(
        """SELECT count(*) FROM messaging.inbox_item AS i JOIN profile.member AS m ON m.id = i.member
        WHERE m.root = $1 AND i.read_at IS NULL""",
        root,
    )


async def read(actor: Actor, item_ids: Sequence[UUID] | None) -> tuple[int, int]:
    """Mark the member's own items as read (absent: all); answers how many were not, and how many are left unread.

    Reading closes a group: what comes later opens a new one.
    """
    async with db.transaction():
        root = await members.must_be_active(actor)
        rows = await db.fetch(
            """UPDATE messaging.inbox_item SET read_at = $3 WHERE read_at IS NULL
            AND member IN (SELECT id FROM profile.member WHERE root = $1)
            AND ($2::uuid[] IS NULL OR id = ANY($2)) RETURNING id""",
            root, None if item_ids is None else list(item_ids), clock.now(),
        )  # fmt: skip
        if rows:
            await db.run(
                """UPDATE messaging.message SET state = 'OPENED', opened_at = $2
                WHERE inbox_item = ANY($1) AND state IN ('SENT', 'DELIVERED')""",
                [row["id"] for row in rows], clock.now(),
            )  # fmt: skip
            await interactions.record(
                actor, kinds.INBOX_READ, ("MEMBER", root), once=ids.new(), member=root, count=len(rows)
            )
        return len(rows), await unread_count(root)


async def prune() -> int:
    """Keep the newest 10,000 items of a member; answers how many went."""
    return await db.run(
        """DELETE FROM messaging.inbox_item WHERE id IN (
            SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY member ORDER BY updated_at DESC, id DESC) AS n
                FROM messaging.inbox_item WHERE member IN (
                    SELECT member FROM messaging.inbox_item GROUP BY member HAVING count(*) > $1)) AS numbered
            WHERE n > $1)""",
        KEPT,
    )


def _people(item: UUID, found: Sequence[db.Row]) -> list[UUID]:
    """The distinct people of an item, the newest first."""
    return list(dict.fromkeys(row["who"] for row in found if row["item"] == item and row["who"] is not None))
