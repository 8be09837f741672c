"""Tier schemes (等级), as staff define them. A version is never edited; a tier that was made stays in its scheme."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.errors import BadInput, InvalidInput, Problem, VersionConflict
from domain.foundation import ids
from domain.points import periods, standing_conditions, standing_types
from domain.points.standing_types import ALWAYS, Scheme, Tier

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,29}")
_MOST_TIERS = 20
_MOST_DAYS = 20
_EXPIRIES = ("none", "immediate", "fixed", "calendar", "end_of_period")
_LONGEST = {"DAY": 36_600, "WEEK": 5_200, "MONTH": 1_200, "YEAR": 100}


@dataclass(frozen=True)
class Draft:
    """What a scheme shall say; thresholds are minor units of the wallet, tiers from the lowest to the highest."""

    code: str
    wallet: str
    basis: str
    period: dict[str, Any] | None
    apply: str
    expiry: dict[str, Any]
    downgrade: str
    grace: dict[str, Any] | None
    tiers: tuple[Tier, ...]


@dataclass(frozen=True)
class Known:
    """A scheme with its versions, the oldest first; ``scale`` is its wallet's."""

    id: UUID
    code: str
    wallet: str
    wallet_id: UUID
    scale: int
    programme: str
    version: int
    versions: tuple[Scheme, ...]
    is_first: bool  # of all: its tier is the member's trait `tier`

    @property
    def now(self) -> Scheme:
        return self.versions[-1]

    @property
    def trait(self) -> str:
        return "tier" if self.is_first else f"tier.{self.code}"


async def define(actor: Actor, draft: Draft, expected_version: int | None = None) -> UUID:
    """Make a scheme (without an expected version), or let it say something else from now on.

    Every standing is judged anew. The first version holds for all that was before it, too. Refuses VersionConflict.
    """
    async with db.transaction():
        await db.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", f"tier scheme {draft.code}")
        kept = await db.one("SELECT id, version FROM points.tier_scheme WHERE code = $1", draft.code)
        current = kept["version"] if kept else 0
        if current != (expected_version or 0):
            raise VersionConflict(current)
        before = (await by_ids([kept["id"]]))[kept["id"]] if kept else None
        wallet = await db.value("SELECT id FROM points.wallet_type WHERE code = $1", draft.wallet)
        problems = [Problem(f"scheme.{path}", message) for path, message in _problems(draft, before)]
        if wallet is None:
            problems.append(Problem("scheme.wallet", f"There is no wallet {draft.wallet}."))
        if problems:
            raise InvalidInput(problems)
        now = clock.now()
        scheme = await db.value(
            """INSERT INTO points.tier_scheme AS s (id, code, wallet_type, version, created_at)
            VALUES ($1, $2, $3, 1, $4) ON CONFLICT (code) DO UPDATE SET version = s.version + 1 RETURNING id""",
            ids.new(), draft.code, wallet, now,
        )  # fmt: skip
        await _add_version(actor, scheme, current + 1, draft, now)
        await _keep_tiers(scheme, draft.tiers, now)
        await db.run(
            """INSERT INTO points.standing_due (id, scheme, member, is_historical, created_at)
            SELECT gen_random_uuid(), $1, a.member, $3, $4 FROM points.account AS a
            WHERE a.wallet_type = $2 AND NOT a.is_closed ON CONFLICT (scheme, member) DO NOTHING""",
            scheme, wallet, kept is None, now,
        )  # fmt: skip
        await audit.append(
            actor, "points.tier_scheme.defined", "tier_scheme", scheme,
            facts={"code": draft.code, "version": current + 1},
        )  # fmt: skip
        return scheme


async def listed() -> list[Known]:
    """All schemes, the oldest first."""
    rows = await db.fetch(
        """SELECT s.id, s.code, t.code AS wallet, t.id AS wallet_id, t.scale, p.code AS programme, s.version, p.zone
        FROM points.tier_scheme AS s JOIN points.wallet_type AS t ON t.id = s.wallet_type
        JOIN points.programme AS p ON p.id = t.programme ORDER BY s.created_at, s.id"""
    )
    said: dict[UUID, list[db.Row]] = {}
    for row in await db.fetch("SELECT * FROM points.tier_scheme_version ORDER BY version"):
        said.setdefault(row["scheme"], []).append(row)
    return [
        Known(
            row["id"], row["code"], row["wallet"], row["wallet_id"], row["scale"], row["programme"], row["version"],
            tuple(_read(each, row["zone"]) for each in said[row["id"]]), row is rows[0],
        )
        for row in rows
    ]  # fmt: skip


async def by_ids(schemes: Sequence[UUID]) -> dict[UUID, Known]:
    """The schemes of these ids."""
    return {each.id: each for each in await listed() if each.id in schemes}


async def find(code: str | None) -> Known | None:
    """A scheme by its code; the oldest without one."""
    return next((each for each in await listed() if code in (None, each.code)), None)


async def asked(code: str | None) -> Known | None:
    """The scheme that a query names, or BAD_INPUT; without a code the oldest, if there is one."""
    found = await find(code)
    if found is None and code is not None:
        raise BadInput(f"scheme: there is no tier scheme {code}.")
    return found


async def named(code: str) -> Known:
    """The scheme that an input names, or InvalidInput."""
    found = await find(code)
    if found is None:
        raise InvalidInput.at("scheme", f"There is no tier scheme {code}.")
    return found


def _read(row: db.Row, zone: str) -> Scheme:
    return Scheme(
        since=ALWAYS if row["version"] == 1 else row["effective_from"],
        zone=zone,
        basis=row["basis"],
        period=row["period"],
        apply=row["apply"],
        expiry=row["expiry"],
        downgrade=row["downgrade"],
        grace=row["grace"],
        tiers=tuple(Tier(**tier) for tier in row["tiers"]),
    )


async def _add_version(actor: Actor, scheme: UUID, version: int, draft: Draft, now: datetime) -> None:
    await db.run(
        """INSERT INTO points.tier_scheme_version (id, scheme, version, basis, period, apply, expiry, downgrade, grace,
            tiers, effective_from, maker, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11)""",
        ids.new(), scheme, version, draft.basis, draft.period, draft.apply, draft.expiry, draft.downgrade, draft.grace,
        db.json([vars(tier) for tier in draft.tiers]), now, actor.id,
    )  # fmt: skip


async def _keep_tiers(scheme: UUID, tiers: Sequence[Tier], now: datetime) -> None:
    """The tiers as they are now; their order may change as a whole."""
    await db.run("UPDATE points.tier SET rank = -rank WHERE scheme = $1", scheme)
    await db.run_many(
        """INSERT INTO points.tier (id, scheme, code, rank, threshold, condition, keeps, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (scheme, code) DO UPDATE SET rank = excluded.rank,
            threshold = excluded.threshold, condition = excluded.condition, keeps = excluded.keeps""",
        [
            (ids.new(), scheme, tier.code, rank, tier.threshold, tier.condition, tier.keeps, now)
            for rank, tier in enumerate(tiers, 1)
        ],
    )  # fmt: skip


def _problems(draft: Draft, before: Known | None) -> Iterator[tuple[str, str]]:
    if not _CODE.fullmatch(draft.code):
        yield "code", "Use 1 to 30 letters, digits, - and _, beginning with a letter."
    if before is not None and before.wallet != draft.wallet:
        yield "wallet", "The wallet of a scheme stays."
    for name, known in (("basis", standing_types.BASES), ("apply", standing_types.APPLIES),
                        ("downgrade", standing_types.DOWNGRADES)):  # fmt: skip
        if getattr(draft, name) not in known:
            yield name, f"Use one of {', '.join(known)}."
    needs_period = draft.basis == "EARNED_IN_PERIOD" or draft.apply == "NEXT_PERIOD"
    if draft.period is None and (needs_period or draft.expiry.get("end_of_period")):
        yield "period", "This scheme needs a period."
    if draft.period is not None:
        yield from _period_problems("period", draft.period, least=1)
        if draft.period.get("round_to") not in (None, draft.period["unit"]):
            yield "period.roundTo", "A period of a scheme begins and ends with its unit."
    if draft.grace is not None:
        yield from _period_problems("grace", draft.grace)
    yield from _expiry_problems(draft.expiry)
    yield from _tier_problems(draft.tiers, before)


def _expiry_problems(expiry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if len(expiry) != 1 or next(iter(expiry)) not in _EXPIRIES:
        yield "expiry", "Say exactly one thing."
        return
    if fixed := expiry.get("fixed"):
        yield from _period_problems("expiry.fixed", fixed)
    if "calendar" in expiry:
        days = expiry["calendar"]
        if not 1 <= len(days) <= _MOST_DAYS:
            yield "expiry.calendar", f"Name 1 to {_MOST_DAYS} days."
        for number, day in enumerate(days):
            if not periods.is_month_day(day):
                yield f"expiry.calendar.{number}", "Write a day of the year as MM-DD."
    if (end := expiry.get("end_of_period")) and not 0 <= end["plus_days"] <= 366:
        yield "expiry.endOfPeriod.plusDays", "Use 0 to 366 days."


def _tier_problems(tiers: Sequence[Tier], before: Known | None) -> Iterator[tuple[str, str]]:
    if not 1 <= len(tiers) <= _MOST_TIERS:
        yield "tiers", f"Name 1 to {_MOST_TIERS} tiers."
    codes = [tier.code for tier in tiers]
    for number, tier in enumerate(tiers):
        if not _CODE.fullmatch(tier.code) or tier.code in codes[:number]:
            yield f"tiers.{number}.code", "Use 1 to 30 letters, digits, - and _; each code once."
        if tier.threshold < 0 or (number and tier.threshold < tiers[number - 1].threshold):
            yield f"tiers.{number}.threshold", "List the tiers from the lowest threshold to the highest."
        if tier.condition is not None:
            yield from standing_conditions.problems(tier.condition, f"tiers.{number}.condition")
    gone = sorted({tier.code for tier in before.now.tiers} - set(codes)) if before else []
    if gone:
        yield "tiers", f"A tier that was made stays; {', '.join(gone)} is missing."


def _period_problems(path: str, period: dict[str, Any], least: int = 0) -> Iterator[tuple[str, str]]:
    most = _LONGEST.get(period["unit"])
    if most is None or period.get("round_to") not in (None, *periods.UNITS):
        yield path, f"Use one of {', '.join(periods.UNITS)}."
    elif not least <= period["value"] <= most:
        yield f"{path}.value", f"Use {least} to {most}."
