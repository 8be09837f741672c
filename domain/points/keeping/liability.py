"""What the points outstanding are worth, by the month in which they were issued (IFRS 15 defers that revenue).

Recognised to date = deferred x min(1, redeemed / expected), half up; a period's revenue is the difference to what was
recognised when the period began (KPMG, Handbook Revenue Recognition, example 10A), so a new estimate catches up at once.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.errors import BadInput, InvalidInput
from domain.foundation import ids
from domain.points import amounts, baskets, periods, wallets

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")

_COHORTS = """SELECT to_char(l.occurred_at AT TIME ZONE $3, 'YYYY-MM') AS month,
        to_char(l.expires_at AT TIME ZONE $3, 'YYYY-MM') AS expires_in,
        sum(CASE WHEN l.parent IS NULL THEN l.original ELSE 0 END)::bigint AS issued,
        coalesce(sum(u.used), 0)::bigint AS redeemed, coalesce(sum(u.expired), 0)::bigint AS expired,
        (sum(l.original) - coalesce(sum(u.gone), 0))::bigint AS outstanding
    FROM points.lot AS l JOIN points.account AS a ON a.id = l.account
    JOIN points.wallet_type AS t ON t.id = a.wallet_type
    LEFT JOIN (SELECT u.lot, sum(u.amount) FILTER (WHERE u.kind IN ('USE', 'EXPIRE', 'CANCEL')) AS gone,
            sum(u.amount) FILTER (WHERE u.kind = 'EXPIRE') AS expired,
            sum(u.amount) FILTER (WHERE u.kind = 'USE' AND j.kind IN ('SPEND', 'CAPTURE', 'REFUND')) AS used
        FROM points.lot_use AS u JOIN points.journal AS j ON j.id = u.journal
        WHERE j.occurred_at <= $2 GROUP BY u.lot) AS u ON u.lot = l.id
    WHERE t.code = $1 AND l.occurred_at <= $2 GROUP BY 1, 2 ORDER BY 1, 2 NULLS LAST"""

#: Everything that a wallet owes, of wallets without lots too.
_OWED = """SELECT coalesce(sum(e.amount * ((e.target_part IN ('PENDING', 'AVAILABLE', 'HELD', 'DEBT'))::int
        - (e.source_part IN ('PENDING', 'AVAILABLE', 'HELD', 'DEBT'))::int)), 0)::bigint
    FROM points.entry AS e JOIN points.account AS a ON a.id = e.account
    JOIN points.wallet_type AS t ON t.id = a.wallet_type WHERE t.code = $1 AND e.occurred_at <= $2"""

_ESTIMATES = """SELECT cohort, deferred, currency, expected_points FROM (
        SELECT DISTINCT ON (r.cohort) r.* FROM points.redemption_estimate AS r
        JOIN points.wallet_type AS t ON t.id = r.wallet_type WHERE t.code = $1 AND r.effective_from <= $2
        ORDER BY r.cohort, r.effective_from DESC) AS newest"""


@dataclass(frozen=True)
class Recognised:
    """A month's deferred money, in minor units of its currency."""

    deferred: int
    currency: str
    expected_points: int
    to_date: int
    in_period: int


@dataclass
class Cohort:
    """The points issued in one month, in minor units. ``by_expiry`` are what is outstanding; None never expires."""

    month: str
    issued: int = 0
    redeemed: int = 0
    expired: int = 0
    outstanding: int = 0
    by_expiry: dict[str | None, int] = field(default_factory=dict)
    recognised: Recognised | None = None


@dataclass(frozen=True)
class Report:
    """``outstanding`` is what members have less what they owe; ``value`` in minor units of money, by the policy."""

    scale: int
    as_of: datetime
    outstanding: int
    value: tuple[int, str] | None
    cohorts: list[Cohort]


async def report(wallet: str, as_of: datetime) -> Report:
    """The liability at a moment, of now or the past."""
    if as_of > clock.now():
        raise BadInput("Nobody knows the books of the future; ask for a moment of the past.")
    found = await _wallet(wallet)
    if found is None:
        raise BadInput(f"There is no wallet {wallet}.")
    scale, zone = found
    begun = periods.midnight(as_of.astimezone(ZoneInfo(zone)).date().replace(day=1), zone)
    async with db.over_everybody():
        cohorts = await _cohorts(wallet, as_of, zone)
        before = {each.month: each for each in await _cohorts(wallet, begun, zone)}
        outstanding = await db.value(_OWED, wallet, as_of)
    now_estimates, then_estimates = [await _estimates(wallet, at) for at in (as_of, begun)]
    for each in cohorts:
        if estimate := now_estimates.get(each.month):
            to_date = recognised(estimate, each.redeemed)
            was, old = before.get(each.month), then_estimates.get(each.month)
            earlier = recognised(old, was.redeemed) if was and old else 0
            each.recognised = Recognised(
                estimate["deferred"], estimate["currency"], estimate["expected_points"], to_date, to_date - earlier
            )  # fmt: skip
    return Report(scale, as_of, outstanding, await _value(wallet, as_of, outstanding, scale), cohorts)


def recognised(estimate: Any, redeemed: int) -> int:
    """What of the deferred money is earned by now, half up."""
    share = min(Fraction(1), max(Fraction(0), Fraction(redeemed, estimate["expected_points"])))
    return _half_up(estimate["deferred"] * share)


async def value_of(wallet: str, points: int) -> tuple[int, str] | None:
    """What points (minor units, signed) are worth now, in minor units of money; None where the policy names no value."""
    found = await _wallet(wallet)
    return await _value(wallet, clock.now(), points, found[0]) if found else None


async def estimate(
    actor: Actor, wallet: str, cohort: str, deferred: tuple[int, str], expected: Decimal, since: datetime
) -> tuple[db.Row, int]:
    """Say what was deferred for a month's points and how many will be redeemed, from a moment on; never edited.

    Answers the row and the wallet's scale.
    """
    if not _MONTH.fullmatch(cohort):
        raise InvalidInput.at("cohort", "Write the month as 2026-11.")
    if deferred[0] < 0:
        raise InvalidInput.at("deferred.minorUnits", "This cannot be negative.")
    found = await _wallet(wallet)
    if found is None:
        raise InvalidInput.at("wallet", f"There is no wallet {wallet}.")
    expected_points = amounts.positive(expected, found[0], "expectedPoints")
    async with db.transaction():
        row = await db.one(
            """INSERT INTO points.redemption_estimate
                (id, wallet_type, cohort, deferred, currency, expected_points, effective_from, maker, created_at)
            SELECT $1, id, $3, $4, $5, $6, $7, $8, $9 FROM points.wallet_type WHERE code = $2
            ON CONFLICT (wallet_type, cohort, effective_from) DO NOTHING RETURNING *""",
            ids.new(), wallet, cohort, deferred[0], deferred[1], expected_points, since, actor.id, clock.now(),
        )  # fmt: skip
        if row is None:
            raise InvalidInput.at(
                "from", "There is an estimate from this moment on already; it is never edited."
            )
        await audit.append(
            actor, "points.redemption.estimated", "wallet", row["wallet_type"],
            facts={"cohort": cohort, "deferred": deferred[0], "expected_points": expected_points},
        )  # fmt: skip
    return row, found[0]


async def _wallet(code: str) -> tuple[int, str] | None:
    """A wallet's scale and zone."""
    row = await db.one(
        """SELECT t.scale, g.zone FROM points.wallet_type AS t JOIN points.programme AS g ON g.id = t.programme
        WHERE t.code = $1""",
        code,
    )
    return (row["scale"], row["zone"]) if row else None


async def _cohorts(wallet: str, as_of: datetime, zone: str) -> list[Cohort]:
    found: dict[str, Cohort] = defaultdict(lambda: Cohort(""))
    for row in await db.fetch(_COHORTS, wallet, as_of, zone):
        each = found[row["month"]]
        each.month = row["month"]
        each.issued += row["issued"]
        each.redeemed += row["redeemed"]
        each.expired += row["expired"]
        each.outstanding += row["outstanding"]
        if row["outstanding"]:
            each.by_expiry[row["expires_in"]] = row["outstanding"]
    return [found[month] for month in sorted(found)]


async def _estimates(wallet: str, at: datetime) -> dict[str, db.Row]:
    return {row["cohort"]: row for row in await db.fetch(_ESTIMATES, wallet, at)}


async def _value(wallet: str, at: datetime, outstanding: int, scale: int) -> tuple[int, str] | None:
    policy = await wallets.in_force(wallet, at)
    if policy is None or policy["point_value"] is None:
        return None
    each = Fraction(Decimal(policy["point_value"])) * 10 ** baskets.digits(baskets.CURRENCY)
    return _half_up(outstanding * each / 10**scale), baskets.CURRENCY


def _half_up(amount: Fraction) -> int:
    return math.floor(amount + Fraction(1, 2))
