"""What falls due by time: occurrences open and end, payments run out, reviews are too late; and what merges leave."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM
from domain.errors import Conflict
from domain.events import cancelling, changes, paying, reviewing, rules
from domain.events.rules import RegistrationState
from domain.foundation import ids
from domain.foundation.sweeps import Sweep
from domain.profile import kinds as profile_kinds
from domain.profile.drain import Reaction
from domain.profile.interactions import Fact

BATCH = 200


async def move_occurrences() -> int:
    """PUBLISHED becomes ONGOING at the start, ONGOING becomes ENDED at the end; each by one conditional UPDATE."""
    opened = await db.run(
        """UPDATE events.occurrence SET state = 'ONGOING', version = version + 1
        WHERE state = 'PUBLISHED' AND starts_at <= $1""",
        clock.now(),
    )
    ended = await db.run(
        """UPDATE events.occurrence SET state = 'ENDED', version = version + 1
        WHERE state = 'ONGOING' AND ends_at <= $1""",
        clock.now(),
    )
    return opened + ended


async def next_move() -> datetime | None:
    """When the next occurrence opens or ends."""
    return await db.value(
        """SELECT min(CASE state WHEN 'PUBLISHED' THEN starts_at ELSE ends_at END)
        FROM events.occurrence WHERE state IN ('PUBLISHED', 'ONGOING')"""
    )


async def expire_payments() -> int:
    """Registrations that were not paid in time give everything back."""
    return await _each(
        "SELECT id FROM events.registration WHERE state = 'PENDING_PAYMENT' AND pay_by <= $1 ORDER BY pay_by LIMIT $2",
        _expire,
    )


async def next_payment() -> datetime | None:
    """When the next payment runs out."""
    return await db.value("SELECT min(pay_by) FROM events.registration WHERE state = 'PENDING_PAYMENT'")


async def reject_unreviewed() -> int:
    """Who was not decided on before the start is not admitted."""
    return await _each(
        """SELECT r.id FROM events.registration AS r JOIN events.occurrence AS o ON o.id = r.occurrence
        WHERE r.state = 'PENDING_REVIEW' AND o.starts_at <= $1 AND o.state <> 'CANCELLED'
        ORDER BY r.registered_at LIMIT $2""",
        _reject,
    )


async def next_unreviewed() -> datetime | None:
    """When the next occurrence with undecided registrations starts."""
    return await db.value(
        """SELECT min(o.starts_at) FROM events.registration AS r JOIN events.occurrence AS o ON o.id = r.occurrence
        WHERE r.state = 'PENDING_REVIEW' AND o.state <> 'CANCELLED'"""
    )


async def settle_called_off() -> int:
    """Cancel and refund the registrations of occurrences that were called off, one transaction each.

    It can stop anywhere and go on: what is left to do is what still counts.
    """
    return await _each(
        """SELECT r.id FROM events.registration AS r JOIN events.occurrence AS o ON o.id = r.occurrence
        WHERE o.state = 'CANCELLED' AND o.cancelled_at <= $1 AND r.state = ANY($3)
        ORDER BY r.registered_at LIMIT $2""",
        _call_off,
        list(rules.CANCELLABLE_STATES),
    )


async def next_called_off() -> datetime | None:
    """Since when a registration of a called-off occurrence waits."""
    return await db.value(
        """SELECT min(o.cancelled_at) FROM events.registration AS r JOIN events.occurrence AS o ON o.id = r.occurrence
        WHERE o.state = 'CANCELLED' AND r.state = ANY($1)""",
        list(rules.CANCELLABLE_STATES),
    )


async def settle_merges() -> int:
    """Of two registrations that a merge brought together the later is cancelled and refunded in full."""
    return await _each(
        "SELECT id FROM events.merge_due WHERE done_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT $2",
        _settle_merge,
    )


async def next_merge() -> datetime | None:
    """Since when a merge waits."""
    return await db.value("SELECT min(due_at) FROM events.merge_due WHERE done_at IS NULL")


async def note_merge(fact: Fact) -> None:
    """Write down that a root's registrations have to be looked at; a reaction takes no pool itself."""
    if fact.root is not None:
        await db.run(
            """INSERT INTO events.merge_due (id, interaction, root, due_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (interaction) DO NOTHING""",
            ids.new(), fact.id, fact.root, clock.now(),
        )  # fmt: skip


SWEEPS = (
    Sweep("events.occurrences", move_occurrences, next_move, every_seconds=5),
    Sweep("events.payments", expire_payments, next_payment, every_seconds=5),
    Sweep("events.reviews", reject_unreviewed, next_unreviewed, every_seconds=30),
    Sweep("events.called_off", settle_called_off, next_called_off, every_seconds=5),
    Sweep("events.merges", settle_merges, next_merge, every_seconds=5),
)

REACTION = Reaction("events", note_merge, wants=lambda kind: kind == profile_kinds.MEMBER_MERGED.name)


async def _each(sql: str, work: Callable[[UUID], Awaitable[bool]], *args: object) -> int:
    """Work off what is due, one transaction each; a row that is busy waits for the next time."""
    done = 0
    for row in await db.fetch(sql, clock.now(), BATCH, *args):
        try:
            async with db.transaction():
                done += await work(row["id"])
        except Conflict:
            continue
    return done


async def _expire(registration_id: UUID) -> bool:
    _, row = await changes.locked(registration_id)
    if row["state"] != RegistrationState.PENDING_PAYMENT or row["pay_by"] > clock.now():
        return False
    await paying.expire(row)
    return True


async def _reject(registration_id: UUID) -> bool:
    _, row = await changes.locked(registration_id)
    if row["state"] != RegistrationState.PENDING_REVIEW:
        return False
    await reviewing.reject(SYSTEM, row, "not reviewed before the start")
    return True


async def _call_off(registration_id: UUID) -> bool:
    return await cancelling.cancel_for(SYSTEM, registration_id, "the event was called off")


async def _settle_merge(due_id: UUID) -> bool:
    root = await db.value("SELECT root FROM events.merge_due WHERE id = $1 AND done_at IS NULL", due_id)
    if root is None:
        return False
    doubled = await db.fetch(
        """SELECT id FROM (
            SELECT r.id, row_number() OVER (PARTITION BY r.occurrence ORDER BY r.registered_at, r.id) AS place
            FROM events.registration AS r JOIN profile.member AS m ON m.id = r.member
            WHERE m.root = (SELECT root FROM profile.member WHERE id = $1) AND r.state = ANY($2)
        ) AS counted WHERE place > 1 ORDER BY id""",
        root, list(rules.LIVE_STATES),
    )  # fmt: skip
    for row in doubled:
        await cancelling.cancel_for(SYSTEM, row["id"], "the same person had registered before")
    await db.run("UPDATE events.merge_due SET done_at = $2 WHERE id = $1", due_id, clock.now())
    return True
