"""Orders that a source reports: ``commerce.order.paid`` and ``commerce.order.refunded`` post as if they were recorded here.

They are judged only through their purchase, so an order that is told twice earns once. Only sources with trust SERVER and
the scope ``commerce`` may report them. A refund that comes before its order waits for it;
one that concerns others (a household paid for the order, or somebody else earned by it) waits for a sweep, which may take
several people's accounts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor, ActorKind
from domain.errors import InvalidInput, Refusal
from domain.foundation.sweeps import Sweep
from domain.points import (
    amounts,
    earning,
    kinds,
    purchase_rules,
    purchases,
    reading,
    refunds,
    setbacks,
)
from domain.points.purchase_rules import Order
from domain.profile import deadletters
from domain.profile.deadletters import Letter
from domain.profile.drain import Reaction
from domain.profile.interactions import Fact

REPORTED = "REPORTED"
_AT_ONCE = 200
_SWEEP = "points_refunds"
_DUE = "FROM points.refund_waiting AS w JOIN points.purchase AS p USING (source, external_id)"


async def react(fact: Fact) -> None:
    """Post a reported order or refund, and let every other fact earn as its rules say."""
    if fact.class_ == REPORTED and fact.kind == kinds.ORDER_PAID.name:
        if (
            fact.root is not None and fact.properties
        ):  # without consent to what the source needs, nothing is told
            await _or_set_aside(fact.id, fact, lambda: _paid(fact))
        return
    if fact.class_ == REPORTED and fact.kind == kinds.ORDER_REFUNDED.name and fact.root is not None:
        await _or_set_aside(fact.id, fact, lambda: _refunded(fact))
    await earning.REACTION.react(fact)


def wants(kind: str) -> bool:
    return kind in (kinds.ORDER_PAID.name, kinds.ORDER_REFUNDED.name) or earning.REACTION.wants(kind)


def skips(fact: Fact) -> bool:
    """No published rule names its kind, and it tells of no order."""
    told = (kinds.ORDER_PAID.name, kinds.ORDER_REFUNDED.name)
    return fact.kind not in told and earning.skips(fact)


def source_of(fact: Fact) -> str:
    """The name under which the orders of a source are kept: the source's id."""
    return fact.source or purchases.DEFAULT_SOURCE


async def _paid(fact: Fact) -> None:
    assert fact.root is not None
    order = await _order(fact)
    source = source_of(fact)
    if await purchases.by_name(source, order.external_id) is not None:
        return  # told before; whoever tells it first decides what it says
    await purchases.record(_actor(fact), fact.root, order, source=source, fact=fact)
    for row in await refunds.waiting(source, order.external_id):
        said, at = row["said"], row["refunded_at"]
        await _or_set_aside(
            UUID(said["interaction"]),
            fact,
            lambda said=said, at=at: _refund(fact, source, order.external_id, said["properties"], at),  # type: ignore[misc]
        )


async def _refunded(fact: Fact) -> None:
    source, external_id = source_of(fact), purchase_rules.named(fact.properties)
    said = purchase_rules.reported_refund(fact.properties)
    if fact.root is None or external_id is None or said is None:
        return
    found = await purchases.by_name(source, external_id)
    if found is None:
        kept = {"interaction": str(fact.id), "properties": fact.properties}
        await refunds.wait(source, external_id, said[0], fact.root, kept, fact.occurred_at)
    elif await refunds.belongs_to(found, fact.root):
        if await refunds.people(found) - {fact.root}:  # a reaction takes nobody else's account
            kept = {"interaction": str(fact.id), "properties": fact.properties}
            await refunds.wait(source, external_id, said[0], fact.root, kept, fact.occurred_at)
            return
        await _refund(fact, source, external_id, fact.properties, fact.occurred_at, only=fact.root)
    else:
        raise _not_theirs()


async def refund_due() -> int:
    """Reported refunds whose order is known by now, one transaction each: those that concern several people."""
    rows = await db.fetch(
        f"SELECT w.id {_DUE} WHERE NOT {setbacks.waits(_SWEEP, 'w.id')} ORDER BY w.refunded_at, w.id LIMIT $2",
        clock.now(), _AT_ONCE,
    )  # fmt: skip
    return await setbacks.each(_SWEEP, [row["id"] for row in rows], _work_off)


async def next_refund() -> datetime | None:
    """When the oldest of them came, or is tried again."""
    return await db.value(
        f"SELECT min(greatest(w.created_at, b.next_try_at)) {_DUE} {setbacks.join(_SWEEP, 'w.id')}"
    )


async def _work_off(waiting: UUID) -> None:
    async with db.transaction():
        row = await db.one("DELETE FROM points.refund_waiting WHERE id = $1 RETURNING *", waiting)
        if row is None:
            return
        fact = await earning.fact_of(UUID(row["said"]["interaction"]))

        async def post() -> None:
            found = await purchases.by_name(row["source"], row["external_id"])
            if found is None or not await refunds.belongs_to(found, fact.root):
                raise _not_theirs()
            said, at = row["said"]["properties"], row["refunded_at"]
            await _refund(fact, row["source"], row["external_id"], said, at)

        await _or_set_aside(fact.id, fact, post)


def _not_theirs() -> InvalidInput:
    return InvalidInput.at("properties.externalId", "This is another member's order.")


async def _refund(
    fact: Fact,
    source: str,
    external_id: str,
    properties: dict[str, Any],
    at: datetime,
    *,
    only: UUID | None = None,
) -> None:
    said = purchase_rules.reported_refund(properties)
    assert said is not None
    refund_id, lines, amount = said
    await refunds.refund(
        _actor(fact), external_id, refund_id, source=source, lines=lines, amount=amount, at=at, fact=fact,
        only=only,
    )  # fmt: skip


async def _or_set_aside(interaction: UUID, fact: Fact, call: Callable[[], Awaitable[None]]) -> None:
    """What is refused now is refused in a minute too: it becomes a dead letter at once, which staff can replay."""
    try:
        async with db.savepoint():
            await call()
    except Refusal as refusal:
        letter = Letter(
            str(interaction), hashlib.sha256(str(interaction).encode()).hexdigest(),
            {"interaction": str(interaction), "kind": fact.kind}, deadletters.PROCESSING_FAILED,
            f"{type(refusal).__name__}: {refusal}"[:500],
        )  # fmt: skip
        await deadletters.add(None, [letter], clock.now())


async def _order(fact: Fact) -> Order:
    """The order, its points in minor units; what makes no sense is refused and becomes a dead letter."""
    order = purchase_rules.reported_order(fact.properties, fact.occurred_at)
    scale = (await reading.scales()).get(order.wallet) if order else None
    if order is None or scale is None:
        raise InvalidInput.at("properties", "This tells of no order.")
    points = amounts.minor(purchase_rules.points_of(fact.properties), scale, "pointsPaid")
    return replace(order, points=points)


def _actor(fact: Fact) -> Actor:
    return Actor(kind=ActorKind(fact.actor_kind), id=fact.actor_id, touchpoint=fact.touchpoint)


SWEEP = Sweep(_SWEEP, refund_due, next_refund)
REACTION = Reaction("points", react, wants, earning.REACTION.prepare, skips)
