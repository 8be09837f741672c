"""Members: the one row that stands for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.access import sessions
from domain.actor import Actor
from domain.errors import NotFound
from domain.foundation import ids
from domain.profile import identities
from domain.profile.errors import MemberSuspended

#: A member's columns; when a root was seen is folded over its members, so that a merge and its undo change nothing.
COLUMNS = """m.id, m.root, m.kind, m.status, m.number, m.display_name, m.avatar, m.zone, m.locale, m.joined_at,
    coalesce((SELECT min(o.first_seen_at) FROM profile.member AS o WHERE o.root = m.id), m.first_seen_at)
        AS first_seen_at,
    coalesce((SELECT max(o.last_seen_at) FROM profile.member AS o WHERE o.root = m.id), m.last_seen_at)
        AS last_seen_at, m.version"""


async def add(
    *,
    kind: str = "MEMBER",
    display_name: str | None = None,
    number: str | None = None,
    joined_at: datetime | None = None,
    seen_at: datetime | None = None,
    zone: str = "Asia/Shanghai",
    locale: str = "zh-CN",
) -> UUID:
    """A new member that is its own root."""
    member_id = ids.new()
    now = clock.now()
    await db.run(
        """INSERT INTO profile.member (id, root, kind, status, number, display_name, zone, locale, joined_at,
            first_seen_at, last_seen_at, version) VALUES ($1, $1, $2, 'ACTIVE', $3, $4, $5, $6, $7, $8, $8, 1)""",
        member_id, kind, number, display_name, zone, locale,
        (joined_at or now) if kind == "MEMBER" else None, seen_at or joined_at or now,
    )  # fmt: skip
    return member_id


async def by_id(member_id: UUID) -> db.Row | None:
    """The root of a member id; None for an unknown id."""
    return await db.one(
        f"SELECT {COLUMNS} FROM profile.member AS w JOIN profile.member AS m ON m.id = w.root WHERE w.id = $1",
        member_id,
    )


async def by_ids(member_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Roots by the ids that were asked for (a merged id answers its root)."""
    rows = await db.fetch(
        f"SELECT w.id AS asked, {COLUMNS} FROM profile.member AS w JOIN profile.member AS m ON m.id = w.root "
        "WHERE w.id = ANY($1)",
        list(member_ids),
    )
    return {row["asked"]: row for row in rows}


async def records(member_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Members as they stand themselves, the merged ones too: status MERGED, and ``root`` says who stands for them."""
    rows = await db.fetch(f"SELECT {COLUMNS} FROM profile.member AS m WHERE m.id = ANY($1)", list(member_ids))
    return {row["id"]: row for row in rows}


async def by_identity(type_: str, value: str) -> db.Row | None:
    """The root that an identity names, its value as it may be written; None when it names nobody."""
    kind = (await identities.rules()).type_of(type_)
    norm = identities.normalise(kind, value) if kind else None
    owner = await identities.owner(type_, norm) if norm else None
    return await by_id(owner) if owner else None


async def root_of(member_id: UUID) -> UUID:
    """The root that stands for a member id, or NOT_FOUND."""
    found = await db.value("SELECT root FROM profile.member WHERE id = $1", member_id)
    if found is None:
        raise NotFound()
    return found


async def ids_of(root: UUID) -> list[UUID]:
    """All member ids that a root stands for, itself included."""
    rows = await db.fetch("SELECT id FROM profile.member WHERE root = $1 ORDER BY id", root)
    return [row["id"] for row in rows]


async def lock(*member_ids: UUID) -> list[UUID]:
    """Lock the roots of these members in order of their ids, and answer them; NOT_FOUND for an unknown one.

    A root that was merged away while we waited is followed to the one that stands for it now.
    """
    rows: list[db.Row] = []
    wanted = list(member_ids)
    while not rows or any(row["id"] != row["root"] for row in rows):
        rows = await db.fetch(
            """SELECT id, root FROM profile.member WHERE id IN (SELECT root FROM profile.member WHERE id = ANY($1))
            ORDER BY id FOR NO KEY UPDATE""",
            wanted,
        )
        if not rows:
            raise NotFound()
        wanted = [row["root"] for row in rows]
    return [row["id"] for row in rows]


async def lock_living(*member_ids: UUID) -> list[UUID]:
    """:func:`lock`, and NOT_FOUND for who was erased: nothing may be known of them any more."""
    roots = await lock(*member_ids)
    if await db.value(
        "SELECT EXISTS (SELECT FROM profile.member WHERE id = ANY($1) AND status = 'ERASED')", roots
    ):
        raise NotFound()
    return roots


async def must_be_active(actor: Actor) -> UUID:
    """The acting member's root; suspended members are refused."""
    member_id = actor.must_be_member()
    row = await by_id(member_id)
    if row is None:
        raise NotFound()
    if row["status"] == "SUSPENDED":
        raise MemberSuspended()
    return row["id"]


async def become_member(member_id: UUID, at: datetime | None = None) -> bool:
    """A visitor becomes a member; answers whether it was a visitor until now."""
    changed = await db.run(
        "UPDATE profile.member SET kind = 'MEMBER', joined_at = coalesce(joined_at, $2), version = version + 1 "
        "WHERE id = $1 AND kind = 'VISITOR'",
        member_id, at or clock.now(),
    )  # fmt: skip
    return changed > 0


async def suspend(member_id: UUID) -> bool:
    """ACTIVE becomes SUSPENDED and every session of the root ends at once; answers whether it did."""
    async with db.transaction():
        changed = await db.run(
            "UPDATE profile.member SET status = 'SUSPENDED', version = version + 1 WHERE id = $1 AND status = 'ACTIVE'",
            member_id,
        )
        if changed:
            await sessions.suspend(member_id)
    return changed > 0


async def restore(member_id: UUID) -> bool:
    """SUSPENDED becomes ACTIVE; answers whether it did."""
    async with db.transaction():
        changed = await db.run(
            "UPDATE profile.member SET status = 'ACTIVE', version = version + 1 WHERE id = $1 AND status = 'SUSPENDED'",
            member_id,
        )
        if changed:
            await sessions.restore(member_id)
    return changed > 0
