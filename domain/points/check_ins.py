"""The daily check-in (签到): once a local day of the programme. What it earns is said by rules that name its kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.foundation import ids
from domain.points import days, earning, programmes
from domain.points import engagement_kinds as kinds
from domain.points.engagement_errors import AlreadyCheckedIn
from domain.points.judging import Judged
from domain.profile import interactions, members


@dataclass(frozen=True)
class Presence:
    """How a person stands on a local day: ``streak`` days in a row, up to today or (not here yet) yesterday."""

    programme: str
    local_date: date
    is_checked_in: bool
    streak: int
    next_at: datetime


@dataclass(frozen=True)
class CheckedIn:
    """A check-in and what the rules gave for it at once."""

    presence: Presence
    judged: list[Judged]


async def check_in(actor: Actor, programme: str = "marque", *, touchpoint: str | None = None) -> CheckedIn:
    """Be here today; rules that name ``points.member.checked_in`` are judged in the same transaction.

    Refuses AlreadyCheckedIn. Locks the root, then accounts and counters.
    """
    async with db.transaction():
        if touchpoint is not None:
            actor = replace(actor, touchpoint=touchpoint)
        of = await programmes.named(programme)
        (root,) = await members.lock(await members.must_be_active(actor))
        before = await _presence(root, of)
        if before.is_checked_in:
            raise AlreadyCheckedIn(before.local_date, before.next_at)
        made = ids.new()
        await db.run(
            "INSERT INTO points.check_in (id, member, programme, local_date, created_at) VALUES ($1, $2, $3, $4, $5)",
            made, root, of["id"], before.local_date, clock.now(),
        )  # fmt: skip
        presence = await _presence(root, of)
        fact = await interactions.record(
            actor, kinds.CHECKED_IN, ("CHECK_IN", made), once=made, member=root, programme=programme,
            local_date=presence.local_date.isoformat(), streak=presence.streak,
        )  # fmt: skip
        return CheckedIn(presence, await earning.judge_now(fact))


async def presence(root: UUID, programme: str) -> Presence | None:
    """How a person stands today; None for a programme that is none."""
    of = await programmes.find(programme)
    return await _presence(root, of) if of else None


async def _presence(root: UUID, programme: db.Row) -> Presence:
    local = programme["zone"], programme["day_starts_at"]
    today = days.day_of(clock.now(), *local)
    last = await db.value(
        """SELECT max(c.local_date) FROM points.check_in AS c JOIN profile.member AS m ON m.id = c.member
        WHERE m.root = $1 AND c.programme = $2 AND c.local_date <= $3""",
        root, programme["id"], today,
    )  # fmt: skip
    is_running = last is not None and last >= today - timedelta(days=1)
    return Presence(
        programme["code"], today, last == today, await _run_until(root, programme, last) if is_running else 0,
        days.start_of(today + timedelta(days=1), *local),
    )  # fmt: skip


async def _run_until(root: UUID, programme: db.Row, last: date | None) -> int:
    """How many days without a gap end on a day: those whose distance from it is their number in the row."""
    return await db.value(
        """SELECT count(*) FROM (SELECT day, row_number() OVER (ORDER BY day DESC) AS number FROM (
            SELECT DISTINCT c.local_date AS day FROM points.check_in AS c JOIN profile.member AS m ON m.id = c.member
            WHERE m.root = $1 AND c.programme = $2 AND c.local_date <= $3) AS d) AS n
        WHERE $3::date - n.day = n.number - 1""",
        root, programme["id"], last,
    )  # fmt: skip
