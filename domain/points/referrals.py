"""Referrals: a friend comes by an advocate's code, qualifies by what the programme names, and both may earn.

The rewards are earn rules: on ``points.referral.qualified`` for the friend at once, on ``points.referral.rewarded`` for
the advocate after the hold. A referral that is rejected compensates the fact that qualified it, so the rules take back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import SYSTEM, Actor
from domain.errors import InvalidInput, Problem, VersionConflict
from domain.foundation import ids
from domain.points import devices, programmes, setbacks
from domain.points import engagement_kinds as kinds
from domain.points.engagement_errors import ReferralRefused
from domain.points.households import reading
from domain.points.referral_tables import ReferralState
from domain.profile import catalogue, interactions, members
from domain.profile.drain import Reaction
from domain.profile.interactions import Fact

_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_LIVE = "state IN ('SIGNED_UP', 'QUALIFIED', 'REWARDED')"
_MOST_DAYS = 3_660
SWEEP = "points_referrals"
_AT_ONCE = 200
_MERGED = "profile.member.merged"

#: The life of a referral.
EDGES: dict[str, frozenset[str]] = {
    ReferralState.SIGNED_UP: frozenset(
        {ReferralState.QUALIFIED, ReferralState.EXPIRED, ReferralState.REJECTED}
    ),
    ReferralState.QUALIFIED: frozenset({ReferralState.REWARDED, ReferralState.REJECTED}),
    ReferralState.REWARDED: frozenset({ReferralState.REJECTED}),
    ReferralState.EXPIRED: frozenset({ReferralState.QUALIFIED}),  # by a fact in time that was told late
    ReferralState.REJECTED: frozenset(),
}


@dataclass(frozen=True)
class Referral:
    """A referral as it stands."""

    id: UUID
    code: str
    state: str
    reason: str | None
    advocate: UUID
    friend: UUID
    created_at: datetime
    qualified_at: datetime | None
    resolved_at: datetime | None
    due_at: datetime | None


_COLUMNS = """f.id, f.code, f.state, f.reason, a.root AS advocate, b.root AS friend, f.created_at, f.qualified_at,
    f.resolved_at, f.due_at FROM points.referral AS f JOIN profile.member AS a ON a.id = f.advocate
    JOIN profile.member AS b ON b.id = f.friend"""


class _Known:
    kinds: frozenset[str] = frozenset()


async def define(
    actor: Actor,
    programme: str,
    qualifying: list[str],
    *,
    friend_within_days: int,
    qualify_within_days: int,
    hold_days: int,
    expected_version: int | None = None,
) -> db.Row:
    """What a programme's referrals ask for; referrals that have begun keep their times. Refuses VersionConflict."""
    async with db.transaction():
        of = await programmes.named(programme)
        problems = [
            Problem(f"kinds.{n}", f"There is no kind {kind}.")
            for n, kind in enumerate(qualifying)
            if catalogue.find(kind) is None
        ]
        problems += (
            [] if 1 <= len(qualifying) <= 50 else [Problem("kinds", "Name 1 to 50 kinds of interactions.")]
        )
        for path, days in (
            ("friendWithinDays", friend_within_days), ("qualifyWithinDays", qualify_within_days), ("holdDays", hold_days),
        ):  # fmt: skip
            if not 0 <= days <= _MOST_DAYS:
                problems.append(Problem(path, f"Use 0 to {_MOST_DAYS} days."))
        if problems:
            raise InvalidInput(problems)
        before = await db.value(
            "SELECT version FROM points.referral_programme WHERE programme = $1 FOR UPDATE", of["id"]
        )
        if before != expected_version:
            raise VersionConflict(before or 0)
        await db.run(
            """INSERT INTO points.referral_programme (id, programme, version, kinds, friend_within_days,
                qualify_within_days, hold_days, created_at) VALUES ($1, $2, 1, $3, $4, $5, $6, $7)
            ON CONFLICT (programme) DO UPDATE SET version = referral_programme.version + 1, kinds = excluded.kinds,
                friend_within_days = excluded.friend_within_days, hold_days = excluded.hold_days,
                qualify_within_days = excluded.qualify_within_days""",
            ids.new(), of["id"], qualifying, friend_within_days, qualify_within_days, hold_days, clock.now(),
        )  # fmt: skip
        await audit.append(
            actor, "points.referral_programme.defined", "programme", of["id"], facts={"kinds": qualifying}
        )
        return await defined(programme)


async def defined(programme: str = "marque") -> db.Row:
    """What a programme's referrals ask for, or None."""
    return await db.one(
        """SELECT r.*, p.code FROM points.referral_programme AS r JOIN points.programme AS p ON p.id = r.programme
        WHERE p.code = $1""",
        programme,
    )


async def code_of(root: UUID) -> str:
    """The code that a person hands to friends; made when it is first asked for. All codes of merged members hold."""
    found = await db.value(
        """SELECT c.code FROM points.referral_code AS c JOIN profile.member AS m ON m.id = c.member WHERE m.root = $1
        ORDER BY c.created_at, c.id LIMIT 1""",
        root,
    )
    if found is not None:
        return found
    number, code = ids.new().int % len(_LETTERS) ** 8, ""
    for _ in range(8):
        number, place = divmod(number, len(_LETTERS))
        code += _LETTERS[place]
    await db.run(
        "INSERT INTO points.referral_code (id, member, code, created_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING",
        ids.new(), root, code, clock.now(),
    )  # fmt: skip
    return await code_of(root)


async def use(actor: Actor, code: str, programme: str = "marque") -> Referral:
    """Name who recommended the brand, once and while being new. Refuses ReferralRefused. Locks both roots by id."""
    async with db.transaction():
        me = await members.must_be_active(actor)
        said = await defined(programme)
        advocate = await db.value(
            "SELECT member FROM points.referral_code WHERE code = $1", code.strip().upper()
        )
        if said is None or advocate is None:
            raise ReferralRefused("NOT_OFFERED" if said is None else "UNKNOWN_CODE")
        roots = await members.lock(me, advocate)
        if len(roots) == 1:
            raise ReferralRefused("SELF")
        advocate = next(root for root in roots if root != me)
        await _must_be_acceptable(actor, me, advocate, said["friend_within_days"])
        made, now = ids.new(), clock.now()
        await db.run(
            """INSERT INTO points.referral (id, programme, advocate, friend, code, state, hold_days, due_at, created_at)
            VALUES ($1, $2, $3, $4, $5, 'SIGNED_UP', $6, $7, $8)""",
            made, said["programme"], advocate, me, code.strip().upper(), said["hold_days"],
            now + timedelta(days=said["qualify_within_days"]), now,
        )  # fmt: skip
        found = await one(made)
        await _record(actor, kinds.REFERRAL_SIGNED_UP, found)
        return found


async def one(referral: UUID) -> Referral:
    """A referral by its id."""
    row = await db.one(f"SELECT {_COLUMNS} WHERE f.id = $1", referral)
    assert row is not None
    return Referral(**dict(row))


async def of_advocate(root: UUID) -> list[Referral]:
    """Whom a person has brought, newest first, at most 100."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} WHERE a.root = $1 ORDER BY f.created_at DESC, f.id DESC LIMIT 100", root
    )
    return [Referral(**dict(row)) for row in rows]


async def prepare() -> None:
    """Read which kinds qualify; once a pass of the drain."""
    rows = await db.fetch("SELECT kinds FROM points.referral_programme")
    _Known.kinds = frozenset(kind for row in rows for kind in row["kinds"])


def wants(kind: str) -> bool:
    """What qualifies, merges, and what may undo it."""
    return bool(_Known.kinds) and (not kind.startswith("points.") or kind in _Known.kinds)


async def react(fact: Fact) -> None:
    """A friend qualifies; what qualified one is undone; two became one person."""
    if fact.root is None or "no_rules" in fact.flags:
        return
    if fact.kind in _Known.kinds:
        await _qualify(fact)
    if fact.compensates is not None:
        rows = await db.fetch(
            f"SELECT id FROM points.referral WHERE cause = $1 AND {_LIVE} AND NOT profile.counts(cause)",
            fact.compensates,
        )
        for row in rows:
            await _reject(row["id"], "UNDONE", fact)
    if fact.kind == _MERGED:
        for row in await db.fetch(
            f"SELECT f.id FROM (SELECT {_COLUMNS}) AS f WHERE f.advocate = $1 AND f.friend = $1 AND {_LIVE}",
            fact.root,
        ):
            await _reject(row["id"], "SELF", fact)


async def turn_due() -> int:
    """Friends who did not qualify in time are EXPIRED; advocates whose hold is over are REWARDED."""
    rows = await db.fetch(
        f"""SELECT f.id, f.state FROM points.referral AS f WHERE f.due_at <= $1
        AND NOT {setbacks.waits(SWEEP, "f.id")} ORDER BY f.due_at, f.id LIMIT $2""",
        clock.now(), _AT_ONCE,
    )  # fmt: skip
    return await setbacks.each(
        SWEEP, rows, lambda row: _turn(row["id"], row["state"] == ReferralState.QUALIFIED), lambda row: row["id"]
    )  # fmt: skip


async def next_due() -> datetime | None:
    """When the next referral falls due."""
    return await db.value(
        f"SELECT min(greatest(f.due_at, b.next_try_at)) FROM points.referral AS f {setbacks.join(SWEEP, 'f.id')} "
        "WHERE f.due_at IS NOT NULL"
    )


async def _qualify(fact: Fact) -> None:
    """The friend qualifies in time; also when that is told after the time was over, unless somebody else brought them since."""
    row = await db.one(
        f"""SELECT f.id, f.state, f.hold_days FROM points.referral AS f JOIN profile.member AS m ON m.id = f.friend
        JOIN points.referral_programme AS p ON p.programme = f.programme
        WHERE m.root = $1 AND p.kinds ? $2 AND $3 >= f.created_at AND profile.counts($4) AND (
            (f.state = 'SIGNED_UP' AND $3 < f.due_at) OR (f.state = 'EXPIRED' AND $3 < f.resolved_at AND NOT EXISTS (
                SELECT FROM points.referral AS o JOIN profile.member AS n ON n.id = o.friend
                WHERE n.root = $1 AND o.{_LIVE})))
        ORDER BY f.created_at DESC LIMIT 1""",
        fact.root, fact.kind, fact.occurred_at, fact.id,
    )  # fmt: skip
    if row is None:
        return
    now = clock.now()
    turned = await db.run(
        """UPDATE points.referral SET state = 'QUALIFIED', cause = $2, qualified_at = $3, due_at = $4, resolved_at = NULL
        WHERE id = $1 AND state = $5""",
        row["id"], fact.id, now, now + timedelta(days=row["hold_days"]), row["state"],
    )  # fmt: skip
    if turned:
        await _record(SYSTEM, kinds.REFERRAL_QUALIFIED, await one(row["id"]), cause=fact)


async def _turn(referral: UUID, is_reward: bool) -> None:
    before, after = (
        (ReferralState.QUALIFIED, ReferralState.REWARDED)
        if is_reward
        else (ReferralState.SIGNED_UP, ReferralState.EXPIRED)
    )
    now = clock.now()
    if await db.run(
        """UPDATE points.referral SET state = $3, due_at = NULL,
            resolved_at = CASE WHEN $5 THEN $4 ELSE due_at END  -- until when facts were in time
        WHERE id = $1 AND state = $2 AND due_at <= $4""",
        referral, before, after, now, is_reward,
    ):  # fmt: skip
        found = await one(referral)
        if is_reward:
            await _record(SYSTEM, kinds.REFERRAL_REWARDED, found, member=found.advocate)
        else:
            await _record(SYSTEM, kinds.REFERRAL_EXPIRED, found)


async def _reject(referral: UUID, reason: str, cause: Fact) -> None:
    """Rejected: the facts that earned are compensated, so the rules take back what they gave."""
    if not await db.run(
        f"UPDATE points.referral SET state = 'REJECTED', reason = $2, resolved_at = $3, due_at = NULL WHERE id = $1 AND {_LIVE}",
        referral, reason, clock.now(),
    ):  # fmt: skip
        return
    found = await one(referral)
    earned = await db.fetch(
        "SELECT id, member FROM profile.interaction WHERE subject_kind = 'REFERRAL' AND subject_id = $1 "
        "AND kind IN ('points.referral.qualified', 'points.referral.rewarded') ORDER BY received_at, id",
        str(referral),
    )  # fmt: skip
    for row in earned or [{"id": None, "member": found.friend}]:
        await _record(
            SYSTEM, kinds.REFERRAL_REJECTED, found, member=row["member"], compensates=row["id"], cause=cause
        )


async def _must_be_acceptable(actor: Actor, me: UUID, advocate: UUID, within_days: int) -> None:
    """A phone number names one person, so the same phone is SELF; a device or a household may be two people's."""
    mine, theirs = await members.ids_of(me), await members.ids_of(advocate)
    row = await db.one(
        f"""SELECT EXISTS (SELECT FROM points.referral WHERE friend = ANY($1) AND {_LIVE}) AS is_referred,
            EXISTS (SELECT FROM points.referral WHERE friend = ANY($2) AND advocate = ANY($1) AND {_LIVE}) AS is_circle,
            (SELECT min(joined_at) FROM profile.member WHERE id = ANY($1)) AS joined_at""",
        mine, theirs,
    )  # fmt: skip
    assert row is not None
    is_old = row["joined_at"] is None or row["joined_at"] + timedelta(days=within_days) < clock.now()
    for reason, holds in (
        ("ALREADY_REFERRED", row["is_referred"]), ("CIRCULAR", row["is_circle"]), ("NOT_NEW", is_old),
        ("SAME_DEVICE", await devices.have_in_common(mine, theirs, actor.device)), ("SAME_HOUSEHOLD", await reading.are_together(mine, theirs)),
    ):  # fmt: skip
        if holds:
            raise ReferralRefused(reason)


async def _record(
    actor: Actor, kind: catalogue.Kind, found: Referral, *, member: UUID | None = None, **more: Any
) -> UUID:
    """About the friend, unless another member is named; both are named in the properties."""
    whose = member or found.friend
    return await interactions.record(
        actor, kind, ("REFERRAL", found.id), once=f"{found.state}:{whose}:{more.get('compensates')}", member=whose,
        advocate=str(found.advocate), friend=str(found.friend), code=found.code, reason=found.reason, **more,
    )  # fmt: skip


REACTION = Reaction("referrals", react, wants, prepare)
