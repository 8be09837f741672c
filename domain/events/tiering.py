"""The tiers of an occurrence: added with their pools, and edited."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain import db
from domain.capacity import pools
from domain.errors import InvalidInput, NotFound, Problem
from domain.events import drafts
from domain.events.drafts import TierDraft
from domain.events.rules import Price, RefundPolicy
from domain.foundation import ids


@dataclass(frozen=True)
class TierEdit:
    """New facts of a tier; ``changes`` are those of a TierDraft by name, its capacity excepted (resize the pool)."""

    tier_id: UUID
    changes: dict[str, Any]


async def add(occurrence_id: UUID, tiers: tuple[TierDraft, ...]) -> None:
    """More tiers of an occurrence that draw on its places, checked and numbered on; InvalidInput names them newTiers."""
    if not tiers:
        return
    problems = [
        problem
        for number, tier in enumerate(tiers)
        for problem in drafts.problems_of_tier(tier, f"newTiers.{number}")
    ]
    last = await db.value("SELECT max(number) FROM events.ticket_tier WHERE occurrence = $1", occurrence_id)
    if last + len(tiers) > drafts.MOST_TIERS:
        problems.append(Problem("newTiers", f"An occurrence has at most {drafts.MOST_TIERS} tiers."))
    if problems:
        raise InvalidInput(problems)
    pool = await db.value(
        "SELECT id FROM capacity.pool WHERE scope_kind = 'OCCURRENCE' AND scope_id = $1", occurrence_id
    )
    for number, tier in enumerate(tiers, start=last + 1):
        await add_one(occurrence_id, number, tier, pool)


async def add_one(occurrence: UUID, number: int, tier: TierDraft, occurrence_pool: UUID) -> None:
    """One sound tier, with a pool of its own where it names a capacity."""
    tier_id = ids.new()
    await db.run(
        """INSERT INTO events.ticket_tier (id, occurrence, number, name, sale_starts_at, sale_ends_at, min_party,
            max_party, max_per_member, price_options, price_mix, needs_approval, needs_invitation, refund_policy,
            questions) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, false, $13, $14)""",
        tier_id, occurrence, number, tier.name.strip(), tier.sale_starts_at, tier.sale_ends_at, tier.min_party,
        tier.max_party, tier.max_per_member,
        drafts.stored_options(tier.price_options, tier.price_mix is not None),
        tier.price_mix.stored() if tier.price_mix else None, tier.needs_approval, tier.refund_policy.stored(),
        [question.stored() for question in tier.questions],
    )  # fmt: skip
    drawn = [occurrence_pool]
    if tier.capacity is not None:
        drawn.append(await pools.make("TIER", tier_id, size=tier.capacity))
    await db.run_many(
        "INSERT INTO events.tier_pool (id, tier, pool) VALUES ($1, $2, $3)",
        [(ids.new(), tier_id, pool) for pool in drawn],
    )


async def edit(occurrence_id: UUID, edited: TierEdit) -> None:
    """Revise a tier; a new price makes new options, so that who saw the old ones is told (PriceChanged)."""
    row = await db.one(
        "SELECT * FROM events.ticket_tier WHERE id = $1 AND occurrence = $2 FOR UPDATE",
        edited.tier_id, occurrence_id,
    )  # fmt: skip
    if row is None:
        raise NotFound()
    before = _draft_of(row)
    after = replace(before, **edited.changes)
    problems = list(drafts.problems_of_tier(after, "tiers"))
    if problems:
        raise InvalidInput(problems)
    is_priced_anew = (before.price_options, before.price_mix) != (after.price_options, after.price_mix)
    options = (
        drafts.stored_options(after.price_options, after.price_mix is not None)
        if is_priced_anew
        else row["price_options"]
    )
    await db.run(
        """UPDATE events.ticket_tier SET name = $2, sale_starts_at = $3, sale_ends_at = $4, min_party = $5,
            max_party = $6, max_per_member = $7, price_options = $8, price_mix = $9, needs_approval = $10,
            refund_policy = $11, questions = $12 WHERE id = $1""",
        edited.tier_id, after.name.strip(), after.sale_starts_at, after.sale_ends_at, after.min_party,
        after.max_party, after.max_per_member, options, after.price_mix.stored() if after.price_mix else None,
        after.needs_approval, after.refund_policy.stored(), [question.stored() for question in after.questions],
    )  # fmt: skip


def _draft_of(row: db.Row) -> TierDraft:
    """A stored tier as it would be written down now."""
    mix = row["price_mix"]
    return TierDraft(
        name=row["name"],
        min_party=row["min_party"],
        max_party=row["max_party"],
        max_per_member=row["max_per_member"],
        sale_starts_at=row["sale_starts_at"],
        sale_ends_at=row["sale_ends_at"],
        price_options=tuple(Price(each["points"], each["cash"]) for each in row["price_options"]),
        price_mix=mix
        and drafts.Mix(mix["cash"], Decimal(mix["pointsPerMinorUnit"]), mix["minPoints"], mix["maxPoints"]),
        needs_approval=row["needs_approval"],
        refund_policy=RefundPolicy.read(row["refund_policy"]),
        questions=tuple(
            drafts.AskedQuestion(each["id"], each["label"], each["isRequired"], tuple(each["choices"]))
            for each in row["questions"]
        ),
    )
