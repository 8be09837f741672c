"""Benefits (权益) of tiers: so many times a period of the calendar, each thing once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.errors import Ineligibility, InvalidInput, NotEligible, NotFound, Problem, VersionConflict
from domain.foundation import ids
from domain.points import kinds, periods, standings, tiers
from domain.points.errors import BenefitUsedUp
from domain.points.tiers import Known
from domain.profile import interactions, members

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,29}")
_LONGEST_SOURCE = 200


@dataclass(frozen=True)
class Benefit:
    """What a person has by a tier now; ``left`` None: as often as one likes, ``available_at`` when it is used up."""

    id: UUID
    code: str
    names: dict[str, str]
    scheme: str
    tier: str
    quantity: int | None
    used: int
    available_at: datetime | None

    @property
    def left(self) -> int | None:
        return None if self.quantity is None else max(0, self.quantity - self.used)


async def define(
    actor: Actor,
    *,
    scheme: str,
    tier: str,
    code: str,
    names: dict[str, str],
    quantity: int | None,
    period: dict[str, Any] | None,
    expected_version: int | None = None,
) -> UUID:
    """Give a tier a benefit (without an expected version), or revise it. Refuses VersionConflict.

    ``quantity`` None: as often as one likes; ``period`` None: so often for ever.
    """
    async with db.transaction():
        known = await tiers.named(scheme)
        tier_id = await db.value(
            "SELECT id FROM points.tier WHERE scheme = $1 AND code = $2 FOR UPDATE", known.id, tier
        )
        _check(tier_id, code, names, quantity, period)
        current = await db.value(
            "SELECT version FROM points.benefit WHERE tier = $1 AND code = $2", tier_id, code
        )
        if (current or 0) != (expected_version or 0):
            raise VersionConflict(current or 0)
        made = await db.value(
            """INSERT INTO points.benefit AS b (id, tier, code, names, quantity, period, version, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, 1, $7) ON CONFLICT (tier, code) DO UPDATE SET names = excluded.names,
                quantity = excluded.quantity, period = excluded.period, version = b.version + 1 RETURNING id""",
            ids.new(), tier_id, code, names, quantity, period, clock.now(),
        )  # fmt: skip
        await audit.append(
            actor, "points.benefit.defined", "benefit", made,
            facts={"scheme": scheme, "tier": tier, "code": code, "quantity": quantity},
        )  # fmt: skip
        return made


async def use(actor: Actor, member: UUID, code: str, source_id: str) -> Benefit:
    """A benefit of the member's present tier is used on something; the same thing again changes nothing.

    Refuses NotEligible for who stands too low, BenefitUsedUp. Locks the root.
    """
    async with db.transaction():
        if not 1 <= len(source_id.strip()) <= _LONGEST_SOURCE:
            raise InvalidInput.at("sourceId", f"Use 1 to {_LONGEST_SOURCE} characters.")
        tiers_of = await _tiers_with(code)
        if not tiers_of:
            raise InvalidInput.at("benefitCode", f"There is no benefit {code}.")
        (root,) = await members.lock(member)
        found = next((each for each in await of_root(root) if each.code == code), None)
        if await _was_used(root, code, source_id):
            if found is None:
                raise _too_low(tiers_of)
            return found
        if found is None:
            raise _too_low(tiers_of)
        if found.left == 0:
            raise BenefitUsedUp(found.available_at)
        made = ids.new()
        await db.run(
            """INSERT INTO points.benefit_use (id, member, benefit, source_id, used_at, actor)
            VALUES ($1, $2, $3, $4, $5, $6)""",
            made, root, found.id, source_id, clock.now(), actor.id,
        )  # fmt: skip
        await interactions.record(
            actor, kinds.BENEFIT_USED, ("BENEFIT", found.id), once=made, member=root,
            code=code, tier=found.tier, scheme=found.scheme, for_id=source_id,
        )  # fmt: skip
        return next(each for each in await of_root(root) if each.id == found.id)


async def of_root(root: UUID) -> list[Benefit]:
    """What a person has by the present tiers, by scheme and code."""
    found = []
    for scheme, standing in await standings.present(root):
        if standing.tier is None:
            continue
        for row in await db.fetch(
            """SELECT b.* FROM points.benefit AS b JOIN points.tier AS t ON t.id = b.tier
            WHERE t.scheme = $1 AND t.code = $2 ORDER BY b.code""",
            scheme.id, standing.tier,
        ):  # fmt: skip
            found.append(await _counted(root, scheme, standing.tier, row))
    return found


async def of_schemes() -> dict[tuple[UUID, str], list[db.Row]]:
    """All benefits by scheme and tier code, as they are defined."""
    found: dict[tuple[UUID, str], list[db.Row]] = {}
    for row in await db.fetch(
        """SELECT b.id, b.code, b.names, b.quantity, b.period, b.version, t.scheme, t.code AS tier
        FROM points.benefit AS b JOIN points.tier AS t ON t.id = b.tier ORDER BY b.code"""
    ):
        found.setdefault((row["scheme"], row["tier"]), []).append(row)
    return found


async def defined(benefit: UUID) -> db.Row:
    """A benefit as it is defined."""
    row = await db.one(
        """SELECT b.id, b.code, b.names, b.quantity, b.period, b.version, t.code AS tier, s.code AS scheme
        FROM points.benefit AS b JOIN points.tier AS t ON t.id = b.tier JOIN points.tier_scheme AS s ON s.id = t.scheme
        WHERE b.id = $1""",
        benefit,
    )
    if row is None:
        raise NotFound()
    return row


async def _counted(root: UUID, scheme: Known, tier: str, row: db.Row) -> Benefit:
    """Uses of the same code by any tier of the scheme count together, within the period that runs."""
    since = until = None
    if row["period"] is not None:
        day = clock.now().astimezone(ZoneInfo(scheme.now.zone)).date()
        number = periods.number_of(day, row["period"])
        since, until = (
            periods.midnight(periods.first_day(each, row["period"]), scheme.now.zone)
            for each in (number, number + 1)
        )
    used = await db.value(
        """SELECT count(*) FROM points.benefit_use AS u JOIN points.benefit AS b ON b.id = u.benefit
        JOIN points.tier AS t ON t.id = b.tier JOIN profile.member AS m ON m.id = u.member
        WHERE m.root = $1 AND t.scheme = $2 AND b.code = $3 AND ($4::timestamptz IS NULL OR u.used_at >= $4)""",
        root, scheme.id, row["code"], since,
    )  # fmt: skip
    is_over = row["quantity"] is not None and used >= row["quantity"]
    return Benefit(
        row["id"],
        row["code"],
        row["names"],
        scheme.code,
        tier,
        row["quantity"],
        used,
        until if is_over else None,
    )


async def _was_used(root: UUID, code: str, source_id: str) -> bool:
    return await db.value(
        """SELECT EXISTS (SELECT FROM points.benefit_use AS u JOIN points.benefit AS b ON b.id = u.benefit
        JOIN profile.member AS m ON m.id = u.member WHERE m.root = $1 AND b.code = $2 AND u.source_id = $3)""",
        root, code, source_id,
    )  # fmt: skip


async def _tiers_with(code: str) -> list[str]:
    rows = await db.fetch(
        """SELECT t.code FROM points.benefit AS b JOIN points.tier AS t ON t.id = b.tier WHERE b.code = $1
        ORDER BY t.rank""",
        code,
    )
    return [row["code"] for row in rows]


def _too_low(tiers_of: list[str]) -> NotEligible:
    named = ", ".join(tiers_of)
    return NotEligible(
        [
            Ineligibility(
                "TIER_TOO_LOW", f"需要等级 {named}。", "REACH_TIER", named, en=f"This needs the tier {named}."
            )
        ]
    )


def _check(
    tier: UUID | None, code: str, names: dict[str, str], quantity: int | None, period: dict[str, Any] | None
) -> None:
    problems = []
    if tier is None:
        problems.append(Problem("tier", "The scheme has no such tier."))
    if not _CODE.fullmatch(code):
        problems.append(Problem("code", "Use 1 to 30 letters, digits, - and _, beginning with a letter."))
    for language, name in names.items():
        if not 1 <= len(name.strip()) <= 100:
            problems.append(Problem(f"names.{language}", "Use 1 to 100 characters."))
    if quantity is not None and not 1 <= quantity <= 1_000_000:
        problems.append(Problem("quantity", "Use 1 or more; null: as often as one likes."))
    if period is not None and not 1 <= period["value"] <= 1_000:
        problems.append(Problem("period.value", "Use 1 to 1000."))
    if period is not None and period.get("round_to") not in (None, period["unit"]):
        problems.append(Problem("period.roundTo", "A period of a benefit begins and ends with its unit."))
    if problems:
        raise InvalidInput(problems)
