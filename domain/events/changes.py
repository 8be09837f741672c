"""One step of a registration: the state by compare-and-set, the change, and the interaction — always all three (E7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import Conflict, IllegalTransition, NotFound
from domain.events import kinds, rules
from domain.events.rules import RegistrationState
from domain.foundation import ids
from domain.profile import interactions, members
from domain.profile.catalogue import Kind


async def locked(registration_id: UUID) -> tuple[UUID, db.Row]:
    """Lock the member's root, then read the registration; every change of one runs under that lock.

    Answers (root, registration); NOT_FOUND for an unknown one.
    """
    member = await db.value("SELECT member FROM events.registration WHERE id = $1", registration_id)
    if member is None:
        raise NotFound()
    root = (await members.lock(member))[0]
    row = await db.one("SELECT * FROM events.registration WHERE id = $1", registration_id)
    assert row is not None
    return root, row


async def begin(
    actor: Actor,
    columns: dict[str, Any],
    state: RegistrationState,
    *,
    reason: str | None = None,
    at: datetime | None = None,
    flags: Sequence[str] = (),
) -> db.Row:
    """Insert a registration in its first state. The unique index is the last guard: it answers CONFLICT."""
    assert state in rules.FIRST_STATES
    columns = {
        **columns,
        "state": state,
        "version": 1,
        "touchpoint": actor.touchpoint,
        "registered_at": at or clock.now(),
    }
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    try:
        row = await db.one(
            f"INSERT INTO events.registration ({', '.join(columns)}) VALUES ({places}) RETURNING *",
            *columns.values(),
        )
    except db.UniqueViolation:
        raise Conflict("This member registered for the occurrence at the same time.") from None
    assert row is not None
    await _note(actor, row, None, kinds.OF_STATE[state], reason, at, flags)
    return row


async def step(
    actor: Actor,
    before: db.Row,
    to: RegistrationState,
    *,
    kind: Kind | None = None,
    reason: str | None = None,
    at: datetime | None = None,
    **columns: Any,
) -> db.Row:
    """Move a locked registration along an edge and set ``columns`` with it, or IllegalTransition."""
    state = RegistrationState(before["state"])
    if to not in rules.REGISTRATION_EDGES[state]:
        raise refusal(state, to)
    return await _write(actor, before, to, kind or kinds.OF_STATE[to], reason, at, columns)


async def keep(actor: Actor, before: db.Row, kind: Kind, *, reason: str | None, **columns: Any) -> db.Row:
    """A step that stays in its state (a party becomes smaller)."""
    return await _write(actor, before, RegistrationState(before["state"]), kind, reason, None, columns)


def refusal(state: RegistrationState, to: RegistrationState) -> IllegalTransition:
    """The step is none of the machine's; says which are."""
    return IllegalTransition(from_=state, to=to, allowed=sorted(rules.REGISTRATION_EDGES[state]))


async def _write(
    actor: Actor,
    before: db.Row,
    to: RegistrationState,
    kind: Kind,
    reason: str | None,
    at: datetime | None,
    columns: dict[str, Any],
) -> db.Row:
    sets = "".join(f", {name} = ${number}" for number, name in enumerate(columns, start=5))
    row = await db.one(
        f"""UPDATE events.registration SET state = $2, version = version + 1{sets}
        WHERE id = $1 AND state = $3 AND version = $4 RETURNING *""",
        before["id"], to, before["state"], before["version"], *columns.values(),
    )  # fmt: skip
    if row is None:
        raise Conflict("Somebody else changed this registration; try again.")
    await _note(actor, row, before["state"], kind, reason, at, ())
    return row


async def _note(
    actor: Actor,
    row: db.Row,
    from_state: str | None,
    kind: Kind,
    reason: str | None,
    at: datetime | None,
    flags: Sequence[str],
) -> None:
    await db.run(
        """INSERT INTO events.registration_change (id, registration, number, from_state, to_state, actor_kind, actor,
            reason, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        ids.new(), row["id"], row["version"], from_state, row["state"], actor.kind, actor.id, reason,
        at or clock.now(),
    )  # fmt: skip
    await interactions.record(
        actor, kind, ("REGISTRATION", row["id"]), once=f"{row['id']}:{row['version']}", member=row["member"], at=at,
        flags=flags, source=row["source"], **_properties(row),
    )  # fmt: skip


def _properties(row: db.Row) -> dict[str, Any]:
    known = {
        "occurrence": row["occurrence"],
        "tier": row["tier"],
        "party_size": row["party_size"],
        "points": row["points_paid"] - row["points_refunded"],
        "campaign": row["campaign"],
        "experiment_arm": row["experiment_arm"],
    }
    return {name: value for name, value in known.items() if value is not None}
