"""The garage as members and staff see it: one's own cars, the review queue, and whether all is well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain import db
from domain.actor import Actor
from domain.foundation.pages import Page
from domain.garage import rules, sealing
from domain.garage.bindings import COLUMNS, FROM


async def of_member(root: UUID) -> list[db.Row]:
    """The bindings in force of a root, oldest first."""
    return await db.fetch(
        f"SELECT {COLUMNS} FROM {FROM} WHERE m.root = $1 AND b.state = ANY($2) ORDER BY lower(b.valid_during), b.id",
        root, list(rules.HELD),
    )  # fmt: skip


async def all_of_member(root: UUID, page: Page) -> list[db.Row]:
    """Every binding and claim of a root, newest first."""
    at, after = page.after or (None, None)
    return await db.fetch(
        f"""SELECT {COLUMNS} FROM {FROM} WHERE m.root = $1
        AND ($2::timestamptz IS NULL OR (b.claimed_at, b.id) < ($2, $3::uuid))
        ORDER BY b.claimed_at DESC, b.id DESC LIMIT $4""",
        root, at, after, page.limit + 1,
    )  # fmt: skip


async def reviews(page: Page) -> list[db.Row]:
    """Claims that wait for staff, oldest first."""
    at, after = page.after or (None, None)
    return await db.fetch(
        f"""SELECT {COLUMNS} FROM {FROM} WHERE b.state IN ('CLAIMED', 'VERIFYING')
        AND ($1::timestamptz IS NULL OR (b.claimed_at, b.id) > ($1, $2::uuid))
        ORDER BY b.claimed_at, b.id LIMIT $3""",
        at, after, page.limit + 1,
    )  # fmt: skip


async def in_force(actor: Actor, wanted: Sequence[UUID]) -> dict[UUID, db.Row]:
    """The right to each of these vehicles as the actor sees it: a member's own, the present owner's for staff."""
    rows = await db.fetch(
        f"""SELECT {COLUMNS} FROM {FROM} WHERE b.vehicle = ANY($1) AND b.state = ANY($2) AND
        CASE WHEN $3 THEN b.role = 'OWNER' ELSE m.root = (SELECT root FROM profile.member WHERE id = $4) END
        ORDER BY b.role, b.id""",
        list(wanted), list(rules.HELD), actor.is_staff, actor.member_id,
    )  # fmt: skip
    return {row["vehicle"]: row for row in reversed(rows)}


async def bindings_by_ids(wanted: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Bindings by id."""
    rows = await db.fetch(f"SELECT {COLUMNS} FROM {FROM} WHERE b.id = ANY($1)", list(wanted))
    return {row["id"]: row for row in rows}


async def visible_bindings(actor: Actor, wanted: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Those of these bindings that are the member's own; all for operators and approvers."""
    found = await bindings_by_ids(wanted)
    if actor.has("operator", "approver"):
        return found
    root = await db.value("SELECT root FROM profile.member WHERE id = $1", actor.member_id)
    return {id_: row for id_, row in found.items() if root is not None and row["root"] == root}


async def papers(binding: UUID) -> dict[str, str] | None:
    """What the claim says stands in the papers, opened for whoever reviews it."""
    row = await db.one("SELECT plate, evidence FROM garage.binding WHERE id = $1", binding)
    if row is None or row["evidence"] is None:
        return None
    return {**sealing.unseal(row["evidence"]), "plate": sealing.unseal(row["plate"]) if row["plate"] else ""}


async def visible_vehicles(actor: Actor, wanted: Sequence[UUID]) -> set[UUID]:
    """Which of these vehicles the actor has a right to: a member's own, all for staff."""
    if actor.is_staff:
        return set(wanted)
    rows = await db.fetch(
        f"""SELECT DISTINCT b.vehicle FROM {FROM} WHERE b.vehicle = ANY($1) AND b.state = ANY($2)
        AND m.root = (SELECT root FROM profile.member WHERE id = $3)""",
        list(wanted), list(rules.HELD), actor.member_id,
    )  # fmt: skip
    return {row["vehicle"] for row in rows}


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold, and for how many records."""

    invariant: str
    rule: str
    count: int


@dataclass(frozen=True)
class Health:
    """The garage's figures and what is wrong; no violations: all is well."""

    vehicle_count: int
    active_binding_count: int
    waiting_claim_count: int
    violations: list[Violation]


async def health() -> Health:
    """Check the invariants: one owner at any instant (G1), traits and ties follow the bindings (G7)."""
    counts = await db.one(
        """SELECT (SELECT count(*) FROM garage.vehicle) AS vehicles,
        count(*) FILTER (WHERE state = 'ACTIVE') AS active,
        count(*) FILTER (WHERE state IN ('CLAIMED', 'VERIFYING')) AS waiting FROM garage.binding"""
    )
    assert counts is not None
    found = [Violation(name, rule, await db.value(sql)) for name, rule, sql in _CHECKS]
    return Health(counts["vehicles"], counts["active"], counts["waiting"], [v for v in found if v.count])


_OWNERS = """SELECT m.root, count(*) AS count FROM garage.binding AS b JOIN profile.member AS m ON m.id = b.member
    WHERE b.role = 'OWNER' AND b.state = 'ACTIVE' GROUP BY m.root"""

_CHECKS = (
    (
        "G1",
        "A vehicle has at most one owner at any instant.",
        """SELECT count(*) FROM garage.binding AS a JOIN garage.binding AS b ON a.vehicle = b.vehicle AND a.id < b.id
        WHERE a.role = 'OWNER' AND b.role = 'OWNER' AND a.valid_during && b.valid_during""",
    ),
    (
        "G7",
        "The trait vehicle.count equals the active owner bindings.",
        f"""SELECT count(*) FROM ({_OWNERS}) AS o FULL JOIN (
            SELECT m.root, max((t.value #>> ARRAY[]::text[])::int) AS count FROM profile.trait_value AS t
            JOIN profile.member AS m ON m.id = t.member WHERE t.name = 'vehicle.count' GROUP BY m.root
        ) AS t USING (root) WHERE o.count IS DISTINCT FROM t.count""",
    ),
    (
        "G7",
        "Each owner in force has an open tie to the vehicle, and nobody else has one.",
        """SELECT count(*) FROM (SELECT vehicle FROM garage.binding WHERE role = 'OWNER'
            AND state IN ('ACTIVE', 'SUSPENDED', 'TRANSFER_PENDING')) AS b
        FULL JOIN (SELECT target_id AS vehicle FROM profile.relation
            WHERE target_kind = 'VEHICLE' AND role = 'OWNER' AND valid_to IS NULL) AS r USING (vehicle)
        WHERE b IS NULL OR r IS NULL""",
    ),
)
