"""Types of tiers: schemes with their tiers and benefits, and how a member stands."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry

from api.fields import Json, field
from api.points.types.ledger import PointsEntry
from domain.points import benefits, standings, tiers
from domain.points.amounts import decimal
from domain.points.standing_types import Standing as StandingFound
from domain.points.tiers import Known


@strawberry.type(description="A name in both languages.")
class BenefitNames:
    zh: str = field("In Chinese.")
    en: str = field("In English.")


@strawberry.type(description="A benefit as it is defined for a tier.")
class BenefitDefinition:
    id: UUID = field("The benefit's id.")
    code: str = field("Its code; tiers that share it count its uses together.")
    tier: str = field("The tier's code.")
    names: BenefitNames = field("What members call it.")
    quantity: int | None = field("How often in a period; null: as often as one likes.")
    period: Json | None = field("The period on the calendar, {value, unit}; null: for ever.")
    version: int = field("Its version; hand it back as expectedVersion.")

    @classmethod
    def of(cls, row: Any) -> BenefitDefinition:
        plain = {name: row[name] for name in ("id", "code", "tier", "quantity", "period", "version")}
        return cls(names=BenefitNames(zh=row["names"]["zh"], en=row["names"]["en"]), **plain)


@strawberry.type(description="A benefit that a person has by the present tier.")
class Benefit:
    id: UUID = field("The benefit's id.")
    code: str = field("Its code.")
    names: BenefitNames = field("What members call it.")
    scheme: str = field("The scheme's code.")
    tier: str = field("The tier's code.")
    quantity: int | None = field("How often in a period; null: as often as one likes.")
    used: int = field("How often it was used in the period that runs.")
    left: int | None = field("How often it may still be used; null: as often as one likes.")
    available_at: datetime | None = field("When it is there again; null: it is, or never.")

    @classmethod
    def of(cls, found: benefits.Benefit) -> Benefit:
        names = ("id", "code", "scheme", "tier", "quantity", "used", "left", "available_at")
        return cls(
            names=BenefitNames(zh=found.names["zh"], en=found.names["en"]),
            **{name: getattr(found, name) for name in names},
        )


@strawberry.type(description="A tier of a scheme.")
class Tier:
    code: str = field("Its code.")
    rank: int = field("From 1 for the lowest.")
    threshold: Decimal = field("From how many points on it is reached.")
    keeps: bool = field("Whoever reached it never falls from it.")
    condition: Json | None = field("What it asks for besides points.")

    @classmethod
    def named(cls, scheme: Known, code: str | None) -> Tier | None:
        found = scheme.now.tier(code)
        if found is None:
            return None
        return cls(
            code=found.code,
            rank=scheme.now.rank(found.code),
            threshold=decimal(found.threshold, scheme.scale),
            keeps=found.keeps,
            condition=found.condition,
        )


@strawberry.type(description="A ladder of tiers over one wallet, as it is now.")
class TierScheme:
    id: UUID = field("The scheme's id.")
    code: str = field("Its code.")
    wallet: str = field("The wallet whose points count.")
    basis: str = field("What counts: BALANCE or EARNED_IN_PERIOD.")
    period: Json | None = field("The period on the calendar, {value, unit}.")
    apply: str = field("When a tier that was reached holds: IMMEDIATELY or NEXT_PERIOD.")
    expiry: Json = field("When a tier ends.")
    downgrade: str = field("How far it falls: NONE, ONE_STEP or FULL.")
    grace: Json | None = field("For how long it stays after its end.")
    version: int = field("Its version; hand it back as expectedVersion.")
    tiers: list[Tier] = field("The tiers, from the lowest to the highest.")
    benefits: list[BenefitDefinition] = field("What the tiers bring, by tier and code.")

    @classmethod
    async def all(cls) -> list[TierScheme]:
        defined = await benefits.of_schemes()
        return [cls.of(scheme, defined) for scheme in await tiers.listed()]

    @classmethod
    def of(cls, scheme: Known, defined: dict[tuple[UUID, str], list[Any]]) -> TierScheme:
        said = scheme.now
        found = [Tier.named(scheme, tier.code) for tier in said.tiers]
        return cls(
            id=scheme.id, code=scheme.code, wallet=scheme.wallet, basis=said.basis, period=said.period,
            apply=said.apply, expiry=said.expiry, downgrade=said.downgrade, grace=said.grace, version=scheme.version,
            tiers=[tier for tier in found if tier is not None],
            benefits=[
                BenefitDefinition.of(row) for tier in said.tiers for row in defined.get((scheme.id, tier.code), [])
            ],
        )  # fmt: skip


@strawberry.type(description="How a member stands in a tier scheme.")
class Standing:
    tier: Tier = field("The tier: the higher of what is computed and of the floor.")
    since: datetime = field("Since when.")
    ends_at: datetime | None = field("When it ends or is renewed; null: it does not end by time.")
    floor_tier: Tier | None = field("The tier below which staff let the member not fall.")
    grace_until: datetime | None = field("Its time is over; it stays until then.")

    @classmethod
    def of(cls, scheme: Known, found: StandingFound) -> Standing | None:
        tier = Tier.named(scheme, found.tier)
        if tier is None or found.since is None:
            return None
        return cls(
            tier=tier,
            since=found.since,
            ends_at=found.ends_at,
            floor_tier=Tier.named(scheme, found.floor),
            grace_until=found.grace_until,
        )


@strawberry.type(description="Why a member stands so, and what comes next.")
class TierExplanation:
    standing: Standing | None = field("The standing; null: in no tier.")
    counted: Decimal = field("How many points count now.")
    entries: list[PointsEntry] = field("What counts, newest first, at most 100.")
    to_next: Decimal | None = field("How many are missing for the next tier; null: there is none.")
    to_stay: Decimal | None = field("How many are missing to keep the tier; null: it does not end by time.")
    projected_tier: Tier | None = field("The tier that follows if nothing happens; null: none.")
    projected_at: datetime | None = field("When; null: nothing changes.")

    @classmethod
    def of(cls, scheme: Known, found: standings.Explained) -> TierExplanation:
        coming = found.forecast

        def points(amount: int | None) -> Decimal | None:
            return None if amount is None else decimal(amount, scheme.scale)

        return cls(
            standing=Standing.of(scheme, found.standing),
            counted=decimal(found.counted, scheme.scale),
            entries=[PointsEntry.of(row) for row in found.entries],
            to_next=points(found.to_next),
            to_stay=points(found.to_stay),
            projected_tier=Tier.named(scheme, coming.after if coming else found.standing.tier),
            projected_at=coming.at if coming else None,
        )
