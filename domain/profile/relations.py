"""Person-car-store (人车店): ties that hold for a time; roles of vehicles are garage's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids
from domain.profile import identities, interactions, kinds, members
from domain.profile.errors import RelationOverlaps


class RelationTarget(StrEnum):
    VEHICLE = "VEHICLE"
    STORE = "STORE"
    MEMBER = "MEMBER"


class RelationRole(StrEnum):
    OWNER = "OWNER"
    CO_USER = "CO_USER"
    DRIVER = "DRIVER"
    GUEST = "GUEST"
    HOME_STORE = "HOME_STORE"
    SALES_STORE = "SALES_STORE"
    SERVICE_STORE = "SERVICE_STORE"
    ADVISOR = "ADVISOR"
    REFERRER = "REFERRER"
    FAMILY = "FAMILY"


ROLES = {
    "VEHICLE": ("OWNER", "CO_USER", "DRIVER", "GUEST"),
    "STORE": ("HOME_STORE", "SALES_STORE", "SERVICE_STORE", "ADVISOR"),
    "MEMBER": ("REFERRER", "FAMILY", "ADVISOR"),
}

#: How higher areas find their records by the external id of an import; filled by ``domain/wiring.py``.
finders: dict[str, Callable[[str], Awaitable[UUID | None]]] = {}


async def open(
    member: UUID,
    target_kind: str,
    target_id: UUID,
    role: str,
    *,
    since: datetime | None = None,
    evidence: dict[str, Any] | None = None,
) -> UUID:
    """Begin a tie in the caller's transaction; an open one with the same role is kept as it is."""
    held = await db.value(
        """SELECT id FROM profile.relation
        WHERE member = $1 AND target_kind = $2 AND target_id = $3 AND role = $4 AND valid_to IS NULL""",
        member, target_kind, target_id, role,
    )  # fmt: skip
    if held is not None:
        return held
    return await _insert(member, target_kind, target_id, role, since or clock.now(), None, evidence or {})


async def close(
    target_kind: str, target_id: UUID, role: str, *, member: UUID | None = None, at: datetime | None = None
) -> int:
    """End open ties to a target (one member's, or everybody's); answers how many."""
    return await db.run(
        """UPDATE profile.relation SET valid_to = greatest($5, valid_from + interval '1 microsecond')
        WHERE target_kind = $1 AND target_id = $2 AND role = $3 AND valid_to IS NULL
        AND ($4::uuid IS NULL OR member = $4)""",
        target_kind, target_id, role, member, at or clock.now(),
    )  # fmt: skip


async def relate(
    actor: Actor, member_id: UUID, target_kind: str, target_id: UUID, role: str, since: datetime | None = None
) -> UUID:
    """Staff tie a member to a store or a person; answers the relation. Ties to vehicles are the garage's bindings.

    Refuses RelationOverlaps when the tie holds at that time already.
    """
    if target_kind == "VEHICLE":
        raise InvalidInput.at("targetKind", "Ties to vehicles follow their bindings: bind the vehicle.")
    if role not in ROLES[target_kind]:
        raise InvalidInput.at("role", f"Use one of {', '.join(ROLES[target_kind])}.")
    async with db.transaction():
        roots = await members.lock_living(member_id, *([target_id] if target_kind == "MEMBER" else []))
        root = await members.root_of(member_id)
        if target_kind == "MEMBER" and len(roots) < 2:
            raise InvalidInput.at("targetId", "Name another person.")
        at = since or clock.now()
        held = await overlapping(root, target_id, role, at, None)
        if held is not None:
            raise RelationOverlaps(held["id"])
        return await add(actor, root, target_kind, target_id, role, at, None, evidence={"by": actor.key})


async def end(actor: Actor, relation_id: UUID, at: datetime | None = None) -> db.Row:
    """End a tie that staff made, at an instant (now if absent); one that ended already stays as it is."""
    known = (await by_ids([relation_id])).get(relation_id)
    if known is None:
        raise NotFound()
    if known["target_kind"] == "VEHICLE":
        raise InvalidInput.at("relationId", "Ties to vehicles follow their bindings: unbind the vehicle.")
    until = at or clock.now()
    if until <= known["valid_from"]:
        raise InvalidInput.at("at", "The tie begins later.")
    async with db.transaction():
        root = (await members.lock(known["member"]))[0]
        changed = await db.run(
            "UPDATE profile.relation SET valid_to = $2 WHERE id = $1 AND (valid_to IS NULL OR valid_to > $2)",
            relation_id, until,
        )  # fmt: skip
        if changed:
            await _record(actor, kinds.RELATION_ENDED, root, known, until)
    return (await by_ids([relation_id]))[relation_id]


async def add(
    actor: Actor,
    root: UUID,
    target_kind: str,
    target_id: UUID,
    role: str,
    since: datetime,
    until: datetime | None,
    *,
    evidence: dict[str, Any],
    flags: Sequence[str] = (),
) -> UUID:
    """A tie with its interactions, in the caller's transaction, which has looked for overlaps."""
    relation_id = await _insert(root, target_kind, target_id, role, since, until, evidence)
    made = {"id": relation_id, "target_kind": target_kind, "target_id": target_id, "role": role}
    await _record(actor, kinds.RELATION_OPENED, root, made, since, flags)
    if until is not None:
        await _record(actor, kinds.RELATION_ENDED, root, made, until, flags)
    return relation_id


async def overlapping(
    root: UUID, target_id: UUID, role: str, since: datetime, until: datetime | None
) -> db.Row | None:
    """The tie of the root that holds at some instant of [since, until)."""
    return await db.one(
        """SELECT r.* FROM profile.relation AS r JOIN profile.member AS m ON m.id = r.member
        WHERE m.root = $1 AND r.target_id = $2 AND r.role = $3
        AND tstzrange(r.valid_from, r.valid_to) && tstzrange($4, $5) LIMIT 1""",
        root, target_id, role, since, until,
    )  # fmt: skip


async def of_root(root: UUID, target_kind: str | None = None, at: datetime | None = None) -> list[db.Row]:
    """A root's ties in force now, or at an instant."""
    return (await of_roots([root], target_kind, at))[root]


async def of_roots(
    roots: Sequence[UUID], target_kind: str | None = None, at: datetime | None = None
) -> dict[UUID, list[db.Row]]:
    """Each root's ties in force now, or at an instant."""
    rows = await db.fetch(
        """SELECT m.root, r.id, r.target_kind, r.target_id, r.role, r.valid_from, r.valid_to
        FROM profile.relation AS r JOIN profile.member AS m ON m.id = r.member
        WHERE m.root = ANY($1) AND ($2::text IS NULL OR r.target_kind = $2)
        AND r.valid_from <= $3 AND coalesce(r.valid_to > $3, true)
        ORDER BY r.target_kind, r.role, r.valid_from, r.id""",
        list(roots), target_kind, at or clock.now(),
    )  # fmt: skip
    return identities.by_root(roots, rows)


async def by_ids(relation_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Ties by id."""
    rows = await db.fetch("SELECT * FROM profile.relation WHERE id = ANY($1)", list(relation_ids))
    return {row["id"]: row for row in rows}


async def target_of(target_kind: str, external_id: str, identity_type: str) -> UUID | None:
    """The target that an import names: a member by its external id, another record by its area's, or an id of ours."""
    if target_kind == "MEMBER":
        return (await identities.owners(identity_type, [external_id])).get(external_id)
    find = finders.get(target_kind)
    return await find(external_id) if find else None


async def _insert(
    member: UUID,
    target_kind: str,
    target_id: UUID,
    role: str,
    since: datetime,
    until: datetime | None,
    evidence: dict[str, Any],
) -> UUID:
    relation_id = ids.new()
    await db.run(
        """INSERT INTO profile.relation (id, member, target_kind, target_id, role, valid_from, valid_to, evidence)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        relation_id, member, target_kind, target_id, role, since, until, evidence,
    )  # fmt: skip
    return relation_id


async def _record(
    actor: Actor, kind: Any, root: UUID, tie: Any, at: datetime, flags: Sequence[str] = ()
) -> None:
    await interactions.record(
        actor, kind, (tie["target_kind"], tie["target_id"]), once=f"{tie['id']}:{at.isoformat()}", member=root,
        at=min(at, clock.now()), flags=flags, role=tie["role"],
    )  # fmt: skip
