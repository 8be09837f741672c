"""What staff do about a member: suspend and restore, and look at personal data with a reason, which the member sees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import audit, sessions
from domain.actor import SYSTEM, Actor
from domain.errors import IllegalTransition, InvalidInput
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.foundation.sweeps import Sweep
from domain.profile import identities, interactions, kinds, members, traits
from domain.profile.errors import ReasonTooShort

LEAST_REASON = 10
LONGEST_REASON = 500
MOST_FIELDS = 50
_ALLOWED = {"ACTIVE": ["SUSPENDED"], "SUSPENDED": ["ACTIVE"]}


async def suspend(actor: Actor, member_id: UUID, reason: str, until: datetime | None = None) -> UUID:
    """Suspend a member (until an instant, or until restored); every session ends at once. Answers the root.

    Refuses IllegalTransition for a member who is not active.
    """
    _check_reason(reason)
    if until is not None and until <= clock.now():
        raise InvalidInput.at("until", "This is in the past.")
    async with db.transaction():
        root = await _become(member_id, "ACTIVE", "SUSPENDED", until)
        await sessions.suspend(root)
        await _note(actor, root, kinds.MEMBER_SUSPENDED, "profile.member.suspended", reason)
    return root


async def restore(actor: Actor, member_id: UUID, reason: str) -> UUID:
    """End a suspension; answers the root. Refuses IllegalTransition for a member who is not suspended."""
    _check_reason(reason)
    async with db.transaction():
        root = await _become(member_id, "SUSPENDED", "ACTIVE", None)
        await sessions.restore(root)
        await _note(actor, root, kinds.MEMBER_RESTORED, "profile.member.restored", reason)
    return root


async def set_until(root: UUID, until: datetime | None) -> None:
    """A suspension in force ends then (None: not by itself). The caller holds the root and says why."""
    await db.run(
        "UPDATE profile.member SET suspended_until = $2, version = version + 1 "
        "WHERE id = $1 AND status = 'SUSPENDED' AND suspended_until IS DISTINCT FROM $2",
        root, until,
    )  # fmt: skip


async def restore_due(limit: int = 100) -> int:
    """End the suspensions whose time is over; answers how many."""
    due = await db.fetch(
        """SELECT id FROM profile.member WHERE suspended_until <= $1 AND status = 'SUSPENDED'
        ORDER BY suspended_until LIMIT $2""",
        clock.now(), limit,
    )  # fmt: skip
    done = 0
    for row in due:
        async with db.transaction():
            root = (await members.lock(row["id"]))[0]
            if await db.value(
                "SELECT status = 'SUSPENDED' AND suspended_until <= $2 FROM profile.member WHERE id = $1",
                root, clock.now(),
            ):  # fmt: skip
                await restore(SYSTEM, root, "The time is over.")
                done += 1
    return done


async def next_due() -> datetime | None:
    """When the next suspension ends by itself."""
    return await db.value("SELECT min(suspended_until) FROM profile.member WHERE status = 'SUSPENDED'")


SWEEP = Sweep("profile.suspensions", restore_due, next_due, every_seconds=10)


async def reveal(actor: Actor, member_id: UUID, fields: Sequence[str], reason: str) -> dict[str, Any]:
    """Show personal data unmasked: identities by type, ``display_name``, and traits as ``trait.<name>``.

    Audited, and on the member's own access log. Refuses ReasonTooShort.
    """
    if len(reason.strip()) < LEAST_REASON:
        raise ReasonTooShort(LEAST_REASON)
    _check_reason(reason)
    if not 1 <= len(fields) <= MOST_FIELDS or any(len(each) > 200 for each in fields):
        raise InvalidInput.at("fields", f"Name 1 to {MOST_FIELDS} fields.")
    async with db.transaction():
        root = (await members.lock(member_id))[0]
        values = await _values(root, fields)
        await interactions.record(
            actor, kinds.PERSONAL_DATA_REVEALED, ("MEMBER", root), once=ids.new(), member=root,
            fields=sorted(fields), reason=reason.strip(), roles=sorted(actor.roles),
        )  # fmt: skip
        await audit.append(
            actor, "profile.personal_data.revealed", "MEMBER", root, facts={"fields": sorted(fields)},
            text={"reason": reason.strip()},
        )  # fmt: skip
    return values


async def access_log(root: UUID, page: Page) -> list[db.Row]:
    """When staff looked at a member's personal data, and why, newest first."""
    at, after = page.after or (None, None)
    return await db.fetch(
        """SELECT id, occurred_at, properties FROM profile.interaction
        WHERE member = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1)) AND kind = $2
        AND ($3::timestamptz IS NULL OR (occurred_at, id) < ($3, $4::uuid))
        ORDER BY occurred_at DESC, id DESC LIMIT $5""",
        root, kinds.PERSONAL_DATA_REVEALED.name, at, after, page.limit + 1,
    )  # fmt: skip


async def _become(member_id: UUID, state: str, target: str, until: datetime | None) -> UUID:
    root = (await members.lock(member_id))[0]
    now = await db.value("SELECT status FROM profile.member WHERE id = $1", root)
    if now != state:
        raise IllegalTransition(now, target, _ALLOWED.get(now, []))
    await db.run(
        "UPDATE profile.member SET status = $2, suspended_until = $3, version = version + 1 WHERE id = $1",
        root, target, until,
    )  # fmt: skip
    return root


async def _note(actor: Actor, root: UUID, kind: Any, action: str, reason: str) -> None:
    version = await db.value("SELECT version FROM profile.member WHERE id = $1", root)
    await interactions.record(
        actor, kind, ("MEMBER", root), once=f"{root}:{version}", member=root, reason=reason
    )
    await audit.append(actor, action, "MEMBER", root, text={"reason": reason})


async def _values(root: UUID, fields: Sequence[str]) -> dict[str, Any]:
    carried: dict[str, list[str]] = {}
    for row in await identities.of_root(root):
        carried.setdefault(row["type"], []).append(row["value_norm"])
    held = await traits.values_of(root)
    person = await members.by_id(root)
    assert person is not None
    found: dict[str, Any] = {}
    for each in fields:
        if each == "display_name":
            found[each] = person["display_name"]
        elif each.startswith("trait."):
            found[each] = held.get(each.removeprefix("trait."))
        else:
            found[each] = carried.get(each, [])
    return found


def _check_reason(reason: str) -> None:
    if not 3 <= len(reason.strip()) <= LONGEST_REASON:
        raise InvalidInput.at("reason", f"Say why, in 3 to {LONGEST_REASON} characters.")
