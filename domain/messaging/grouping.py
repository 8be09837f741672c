"""Putting a notice into the recipient's inbox, and taking it out again. The caller holds the inbox's lock.

Likes and follows come together: first by what they are about, else by who does them.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain import clock, db
from domain.foundation import ids
from domain.messaging import rules
from domain.messaging.types import NOTICES, NoticeType
from domain.profile import members


@dataclass(frozen=True)
class Placed:
    """Where a notice stands now, and how many people its group has."""

    item: UUID
    actor_count: int
    is_new: bool


async def lock(root: UUID) -> None:
    """Let only one worker change this inbox until the transaction ends."""
    await db.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"inbox/{root}")


async def place(message: db.Row, root: UUID) -> Placed | None:
    """Join an open group or open one; None when this actor stands there with this subject already."""
    of_recipient = await members.ids_of(root)
    of_actor = await _ids_of(message["actor"])
    is_grouped = NOTICES[NoticeType(message["type"])].is_grouped and message["actor"] is not None
    if is_grouped and await _stands_there(message, of_recipient, of_actor):
        return None
    found = await _group(message, of_recipient, of_actor) if is_grouped else None
    item = found or await _open(message, "TARGET" if is_grouped else "SINGLE")
    now = clock.now()
    await db.run(
        """INSERT INTO messaging.inbox_actor (id, item, message, actor, subject_kind, subject_id, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        ids.new(), item, message["id"], message["actor"], message["subject_kind"], message["subject_id"], now,
    )  # fmt: skip
    await db.run("UPDATE messaging.inbox_item SET updated_at = $2 WHERE id = $1", item, now)
    return Placed(item, await _count_actors(item), is_new=found is None)


async def take_out(message: db.Row) -> None:
    """Remove what a message put there; an emptied item disappears."""
    item = await db.value(
        "DELETE FROM messaging.inbox_actor WHERE message = $1 RETURNING item", message["id"]
    )
    if item is not None and not await db.value(
        "SELECT EXISTS (SELECT FROM messaging.inbox_actor WHERE item = $1)", item
    ):
        await db.run("DELETE FROM messaging.inbox_item WHERE id = $1", item)
    await db.run("UPDATE messaging.message SET inbox_item = NULL WHERE id = $1", message["id"])


async def _stands_there(message: db.Row, of_recipient: list[UUID], of_actor: list[UUID]) -> bool:
    return await db.value(
        """SELECT EXISTS (SELECT FROM messaging.inbox_actor AS a JOIN messaging.inbox_item AS i ON i.id = a.item
            WHERE i.member = ANY($1) AND i.type = $2 AND a.actor = ANY($3)
            AND a.subject_kind IS NOT DISTINCT FROM $4 AND a.subject_id IS NOT DISTINCT FROM $5)""",
        of_recipient, message["type"], of_actor, message["subject_kind"], message["subject_id"],
    )  # fmt: skip


async def _group(message: db.Row, of_recipient: list[UUID], of_actor: list[UUID]) -> UUID | None:
    """The open group that this notice belongs to (community 2.10, rules 1 to 3), its row locked."""
    since = clock.now() - rules.OPEN_FOR
    found = await db.value(
        """SELECT id FROM messaging.inbox_item WHERE member = ANY($1) AND type = $2 AND read_at IS NULL
        AND opened_at > $3 AND ((grouped_by = 'TARGET' AND target_kind IS NOT DISTINCT FROM $4
            AND target_id IS NOT DISTINCT FROM $5) OR (grouped_by = 'ACTOR' AND actor = ANY($6)))
        ORDER BY grouped_by = 'ACTOR', opened_at LIMIT 1 FOR UPDATE""",
        of_recipient, message["type"], since, message["target_kind"], message["target_id"], of_actor,
    )  # fmt: skip
    return found or await _joined(message, of_recipient, of_actor)


async def _joined(message: db.Row, of_recipient: list[UUID], of_actor: list[UUID]) -> UUID | None:
    """The actor's young groups of one person become one, if there are enough of them."""
    rows = await db.fetch(
        """SELECT id FROM messaging.inbox_item AS i WHERE member = ANY($1) AND type = $2 AND read_at IS NULL
        AND grouped_by = 'TARGET' AND opened_at > $3
        AND EXISTS (SELECT FROM messaging.inbox_actor AS a WHERE a.item = i.id AND a.actor = ANY($4))
        AND NOT EXISTS (SELECT FROM messaging.inbox_actor AS a WHERE a.item = i.id AND a.actor <> ALL($4))
        ORDER BY opened_at, id FOR UPDATE""",
        of_recipient, message["type"], clock.now() - rules.YOUNG, of_actor,
    )  # fmt: skip
    if len(rows) < rules.SINGLES_THAT_JOIN:
        return None
    kept, *others = [row["id"] for row in rows]
    await db.run("UPDATE messaging.inbox_actor SET item = $1 WHERE item = ANY($2)", kept, others)
    await db.run("UPDATE messaging.message SET inbox_item = $1 WHERE inbox_item = ANY($2)", kept, others)
    await db.run("DELETE FROM messaging.inbox_item WHERE id = ANY($1)", others)
    await db.run(
        "UPDATE messaging.inbox_item SET grouped_by = 'ACTOR', actor = $2, target_kind = NULL, target_id = NULL "
        "WHERE id = $1",
        kept, message["actor"],
    )  # fmt: skip
    return kept


async def _open(message: db.Row, grouped_by: str) -> UUID:
    now = clock.now()
    return await db.value(
        """INSERT INTO messaging.inbox_item (id, member, type, grouped_by, actor, target_kind, target_id, facts,
            opened_at, updated_at) VALUES ($1, $2, $3, $4, NULL, $5, $6, $7, $8, $8) RETURNING id""",
        ids.new(), message["member"], message["type"], grouped_by, message["target_kind"], message["target_id"],
        message["facts"], now,
    )  # fmt: skip


async def _count_actors(item: UUID) -> int:
    return await db.value(
        """SELECT count(DISTINCT coalesce(m.root, a.actor)) FROM messaging.inbox_actor AS a
        LEFT JOIN profile.member AS m ON m.id = a.actor WHERE a.item = $1""",
        item,
    )


async def _ids_of(actor: UUID | None) -> list[UUID]:
    return await members.ids_of(await members.root_of(actor)) if actor else []
