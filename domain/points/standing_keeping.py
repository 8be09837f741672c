"""Keeping standings: what changed is told once, the trait follows, and a fall is announced before it comes.

Anything that may change a standing leaves a due row in its own transaction; the sweep locks the root, walks its
history and tells the difference to what was told before. No account is locked here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import SYSTEM, Actor, ActorKind
from domain.errors import InvalidInput
from domain.foundation import ids
from domain.foundation.lifecycle import Merged
from domain.foundation.sweeps import Sweep
from domain.points import balances, kinds, setbacks, standing_conditions, standings, tiers
from domain.points.amounts import decimal
from domain.points.standing_rules import Walk
from domain.points.standing_types import ALWAYS, WARNING, Change, Standing, State
from domain.points.standings import Way
from domain.points.tiers import Known
from domain.profile import interactions, members, traits
from domain.profile.drain import Reaction
from domain.profile.interactions import Fact

_TOGETHER = 500
_SWEEP = "tiers"
_SUBJECT = "(d.scheme || ':' || d.member)"
_Key = tuple[str, str | None, str | None, datetime, datetime | None]


class _Known:
    """The schemes as they were read at the start of a pass of the drain."""

    schemes: list[Known] = []


async def prepare() -> None:
    """Read the schemes anew; once a pass of the drain."""
    _Known.schemes = await tiers.listed()


def wants(kind: str) -> bool:
    """Points count, and conditions may read otherwise."""
    if not _Known.schemes:
        return False
    return kind.startswith("points.entry.") or (
        kind.startswith(standing_conditions.KINDS) and any(_conditions(scheme) for scheme in _Known.schemes)
    )


async def react(fact: Fact) -> None:
    """What concerns a standing makes it due."""
    if fact.root is None:
        return
    effects = fact.properties.get("effects") or {}
    is_entry = fact.kind.startswith("points.entry.")
    for scheme in _Known.schemes:
        if scheme.wallet in effects if is_entry else _conditions(scheme):
            await make_due(scheme.id, fact.root, is_historical="historical" in fact.flags)


async def judge_due() -> int:
    """Judge the standings that are due, one transaction each; answers how many."""
    rows = await db.fetch(
        f"""SELECT scheme, member FROM (SELECT scheme, member FROM points.standing_due UNION
            SELECT scheme, member FROM points.standing WHERE next_due <= $1) AS d
        WHERE NOT {setbacks.waits(_SWEEP, _SUBJECT)} LIMIT $2""",
        clock.now(), _TOGETHER,
    )  # fmt: skip
    due = [(row["scheme"], row["member"]) for row in rows]
    return await _judge_each(sorted(due, key=lambda each: (each[1], each[0])))


async def sweep(wallet: str | None = None, *, is_dry: bool = False, as_of: datetime | None = None) -> int:
    """Judge all that is due (or only look, as of any moment); answers how many members change their tier by it."""
    at = as_of or clock.now()
    changed = 0
    for scheme in await tiers.listed():
        if wallet not in (None, scheme.wallet):
            continue
        rows = await db.fetch(
            """SELECT member FROM points.standing_due WHERE scheme = $1 UNION
            SELECT member FROM points.standing WHERE scheme = $1 AND next_due <= $2 ORDER BY member""",
            scheme.id, at,
        )  # fmt: skip
        for row in rows:
            before = await _tier_told(scheme.id, row["member"])
            if is_dry:
                after = (await standings.of_root(row["member"], scheme, at)).tier
            else:
                await _judge_each([(scheme.id, row["member"])])
                after = await _tier_told(scheme.id, row["member"])
            changed += before != after
    return changed


async def _judge_each(due: Sequence[tuple[UUID, UUID]]) -> int:
    return await setbacks.each(
        _SWEEP, due, lambda each: _judge_one(*each), lambda each: f"{each[0]}:{each[1]}"
    )


async def _tier_told(scheme: UUID, member: UUID) -> str | None:
    return await db.value(
        "SELECT tier FROM points.standing WHERE scheme = $1 AND member = $2", scheme, member
    )


async def next_due() -> datetime | None:
    """When the next standing has to be looked at."""
    return await db.value(
        f"""SELECT min(greatest(d.at, b.next_try_at)) FROM (
            SELECT scheme, member, created_at AS at FROM points.standing_due UNION ALL
            SELECT scheme, member, next_due FROM points.standing WHERE next_due IS NOT NULL) AS d
        {setbacks.join(_SWEEP, _SUBJECT)}"""
    )


async def set_floor(
    actor: Actor, member: UUID, scheme: str, tier: str | None, until: datetime | None = None
) -> tuple[Known, Standing]:
    """A member stands at least in this tier from now on (until a moment); None takes the floor away."""
    async with db.transaction():
        known = await tiers.named(scheme)
        if tier is not None and known.now.tier(tier) is None:
            raise InvalidInput.at("tier", f"The scheme has no tier {tier}.")
        if until is not None and (tier is None or until <= clock.now()):
            raise InvalidInput.at("until", "Name a tier and a time in the future.")
        (root,) = await members.lock(member)
        await note_floor(root, known.id, tier, clock.now(), until, actor.id)
        standing = await judge(root, known)
        await audit.append(
            actor, "points.floor_tier.set", "member", root, facts={"scheme": known.code, "tier": tier, "until": until}
        )  # fmt: skip
        return known, standing


async def note_floor(
    root: UUID, scheme: UUID, tier: str | None, at: datetime, until: datetime | None, actor: UUID | None
) -> None:
    """The fact itself, for whoever judges the standing afterwards."""
    await db.run(
        """INSERT INTO points.standing_fact (id, scheme, member, kind, tier, at, until_at, actor, created_at)
        VALUES ($1, $2, $3, 'FLOOR', $4, $5, $6, $7, $8)""",
        ids.new(), scheme, root, tier, at, until, actor, clock.now(),
    )  # fmt: skip


async def judge(root: UUID, scheme: Known, *, is_historical: bool = False) -> Standing:
    """Walk what is new in the history of a locked root and tell what follows; answers how it stands."""
    now = clock.now()
    way = await standings.resumed(root, scheme, now)
    walk = way.walk
    told = await _told(root, scheme, way.since or ALWAYS)
    wanted = {_key(change): change for change in walk.changes}
    await _tell(root, scheme, [c for key, c in wanted.items() if key not in told], is_historical)
    await _take_back(root, scheme, [row for key, row in told.items() if key not in wanted])
    await _store(root, scheme, way, now)
    if await traits.declare(root, scheme.trait, walk.shown.tier):
        for other in await members.ids_of(root):
            if other != root:
                await traits.declare(other, scheme.trait, None)
    return walk.shown


async def before_merge(merged: Merged) -> list[tuple[Known, State]]:
    """How the loser stood in every scheme, before its points move; the caller holds both roots."""
    found = []
    touched = await _touched(merged.loser, merged.moved)
    for scheme in await tiers.listed():
        if scheme.id not in touched:
            continue  # most losers are visitors who never had a point
        walk = await standings.walked(merged.loser, scheme, clock.now(), ids=merged.moved, without=merged.id)
        found.append((scheme, walk.state))
    return found


async def on_merge(merged: Merged, before: Sequence[tuple[Known, State]]) -> None:
    """The higher tier stays; the loser's standings rest until the members part again."""
    for scheme, state in before:
        await db.run(
            """INSERT INTO points.standing_fact (id, scheme, member, kind, tier, at, state, merge, created_at)
            VALUES ($1, $2, $3, 'MERGED', $4, $5, $6, $7, $5)""",
            ids.new(), scheme.id, merged.winner, state.tier, clock.now(), asdict(state), merged.id,
        )  # fmt: skip
        await db.run(
            "UPDATE points.standing SET next_due = NULL WHERE scheme = $1 AND member = $2",
            scheme.id, merged.loser,
        )  # fmt: skip
        await judge(merged.winner, scheme)
        await traits.declare(merged.loser, scheme.trait, None)


async def on_undo(merged: Merged) -> None:
    """Both stand as their own points say."""
    rows = await db.fetch("DELETE FROM points.standing_fact WHERE merge = $1 RETURNING scheme", merged.id)
    for scheme in (await tiers.by_ids([row["scheme"] for row in rows])).values():
        for root in (merged.winner, merged.loser):
            await judge(root, scheme)


async def _touched(root: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """The schemes in which these members may stand somewhere: by points, by a floor, or because they were judged."""
    rows = await db.fetch(
        """SELECT s.id FROM points.tier_scheme AS s
        WHERE EXISTS (SELECT FROM points.account AS a WHERE a.wallet_type = s.wallet_type AND a.member = ANY($2))
            OR EXISTS (SELECT FROM points.standing_fact AS f WHERE f.scheme = s.id AND f.member = $1)
            OR EXISTS (SELECT FROM points.standing AS t WHERE t.scheme = s.id AND t.member = $1)""",
        root, list(ids),
    )  # fmt: skip
    return {row["id"] for row in rows}


async def _judge_one(scheme: UUID, member: UUID) -> None:
    (root,) = await members.lock(member)
    historical = await db.value(
        "DELETE FROM points.standing_due WHERE scheme = $1 AND member = $2 RETURNING is_historical",
        scheme, member,
    )  # fmt: skip
    if root != member:
        await db.run(
            "UPDATE points.standing SET next_due = NULL WHERE scheme = $1 AND member = $2", scheme, member
        )
    known = (await tiers.by_ids([scheme]))[scheme]
    await judge(root, known, is_historical=bool(historical))


async def make_due(scheme: UUID, root: UUID, *, is_historical: bool) -> None:
    """A standing is to be judged anew; historical ones start no journey."""
    await db.run(
        """INSERT INTO points.standing_due AS d (id, scheme, member, is_historical, created_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (scheme, member)
        DO UPDATE SET is_historical = d.is_historical AND excluded.is_historical""",
        ids.new(), scheme, root, is_historical, clock.now(),
    )  # fmt: skip


async def _told(root: UUID, scheme: Known, since: datetime) -> dict[_Key, db.Row]:
    rows = await db.fetch(
        """SELECT id, step, before, after, at, ends_at FROM points.standing_change
        WHERE member = $1 AND scheme = $2 AND undone_at IS NULL AND at > $3 ORDER BY at, id""",
        root, scheme.id, since,
    )  # fmt: skip
    return {(row["step"], row["before"], row["after"], row["at"], row["ends_at"]): row for row in rows}


def _key(change: Change) -> _Key:
    return (change.step.value, change.before, change.after, change.at, change.ends_at)


async def _tell(root: UUID, scheme: Known, fresh: list[Change], is_historical: bool) -> None:
    entries = []
    for change in fresh:
        made = ids.new()
        await db.run(
            """INSERT INTO points.standing_change (id, scheme, member, step, before, after, at, ends_at, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
            made, scheme.id, root, change.step.value, change.before, change.after, change.at, change.ends_at,
            clock.now(),
        )  # fmt: skip
        entries.append(
            interactions.Entry(
                kinds.OF_STEP[change.step], ("STANDING", made), once=made, member=root, at=change.at,
                actor_kind=ActorKind.SYSTEM,
                properties={"scheme": scheme.code, "from": change.before, "tier": change.after,
                            "ends_at": change.ends_at},
            )
        )  # fmt: skip
    await interactions.record_many(entries, flags=["historical"] if is_historical else [])


async def _take_back(root: UUID, scheme: Known, gone: list[db.Row]) -> None:
    """Steps that a later look does not find any more: what told of them no longer counts."""
    for row in gone:
        await db.run("UPDATE points.standing_change SET undone_at = $2 WHERE id = $1", row["id"], clock.now())
        told = await interactions.find_compensated(kinds.OF_STEP[row["step"]], ("STANDING", row["id"]))
        for interaction in told:
            await interactions.record(
                SYSTEM, kinds.TIER_CORRECTED, ("STANDING", row["id"]), once=row["id"], member=root,
                compensates=interaction, scheme=scheme.code, step=row["step"], tier=row["after"],
            )  # fmt: skip


async def _store(root: UUID, scheme: Known, way: Way, now: datetime) -> None:
    walk, shown = way.walk, way.walk.shown
    coming = await standings.forecast(walk, root, scheme, now)
    falls = coming if coming and scheme.now.rank(coming.after) < scheme.now.rank(coming.before) else None
    warned = await db.value(
        "SELECT warned_for FROM points.standing WHERE scheme = $1 AND member = $2", scheme.id, root
    )
    if falls and falls.at - WARNING <= now and warned != falls.at:
        await _warn(root, scheme, walk, falls, now)
        warned = falls.at
    moments = [walk.next_end(), coming.at if coming else None]
    if falls and warned != falls.at:
        moments.append(falls.at - WARNING)
    due = min((at for at in moments if at is not None and at > now), default=None)
    await db.run(
        """INSERT INTO points.standing (id, scheme, member, tier, since, ends_at, grace_until, floor_tier, floor_until,
            next_due, warned_for, created_at, checkpoints)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        ON CONFLICT (scheme, member) DO UPDATE SET tier = excluded.tier, since = excluded.since,
            ends_at = excluded.ends_at, grace_until = excluded.grace_until, floor_tier = excluded.floor_tier,
            floor_until = excluded.floor_until, next_due = excluded.next_due, warned_for = excluded.warned_for,
            checkpoints = excluded.checkpoints""",
        ids.new(), scheme.id, root, shown.tier, shown.since, shown.ends_at, shown.grace_until, shown.floor,
        shown.floor_until, due, warned, now, db.json(way.checkpoints),
    )  # fmt: skip


async def _warn(root: UUID, scheme: Known, walk: Walk, falls: Change, now: datetime) -> None:
    """Thirty days before a fall (or at once, when it is nearer), with the points that would prevent it."""
    tier = scheme.now.tier(falls.before)
    gone = 0
    if scheme.now.basis == "BALANCE":  # what expires until then does not keep it
        gone = sum(amount for _, amount in await balances.expiring(root, scheme.wallet, falls.at))
    needed = max(0, tier.threshold - walk.counted(now) + gone) if tier else 0
    await interactions.record(
        SYSTEM, kinds.TIER_WILL_LOWER, ("TIER_SCHEME", scheme.id), once=f"{root}:{falls.before}:{falls.at}",
        member=root, scheme=scheme.code, tier=falls.before, projected=falls.after, at_risk_on=falls.at,
        wallet=scheme.wallet, needed=str(decimal(needed, scheme.scale)),
    )  # fmt: skip


def _conditions(scheme: Known) -> bool:
    return any(tier.condition for version in scheme.versions for tier in version.tiers)


REACTION = Reaction("tiers", react, wants, prepare)
SWEEP = Sweep(_SWEEP, judge_due, next_due)
