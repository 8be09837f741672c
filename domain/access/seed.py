"""What access starts with: one admin, the same person as the development token of that role."""

from __future__ import annotations

from domain import clock, db
from domain.access import development
from domain.foundation import ids


async def first_admin() -> None:
    """Make an admin where there is none; a password or an OIDC sign-in has to be given to it."""
    if await db.value("SELECT 1 FROM access.staff_role WHERE role = 'admin' LIMIT 1"):
        return
    admin = development.staff_id("admin", [""], None)
    async with db.transaction():
        await db.run(
            "INSERT INTO access.staff (id, name, created_at) VALUES ($1, 'Admin', $2) ON CONFLICT (id) DO NOTHING",
            admin, clock.now(),
        )  # fmt: skip
        await db.run(
            "INSERT INTO access.staff_role (id, staff, role, scope, granted_at) VALUES ($1, $2, 'admin', '', $3) "
            "ON CONFLICT (staff, role, scope) DO NOTHING",
            ids.new(), admin, clock.now(),
        )  # fmt: skip
