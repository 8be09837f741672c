"""The life of a redemption, and what a reward may say. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from domain.errors import IllegalTransition
from domain.points.reward_tables import RedemptionState, RewardKind

EDGES: dict[str, frozenset[str]] = {
    RedemptionState.PENDING: frozenset(
        {RedemptionState.APPROVED, RedemptionState.REJECTED, RedemptionState.CANCELLED}
    ),
    RedemptionState.APPROVED: frozenset({RedemptionState.FULFILLED, RedemptionState.CANCELLED}),
    RedemptionState.FULFILLED: frozenset({RedemptionState.REFUNDED}),
    RedemptionState.REJECTED: frozenset(),
    RedemptionState.CANCELLED: frozenset(),
    RedemptionState.REFUNDED: frozenset(),
}
#: States in which the points and the stock are back.
RETURNED = frozenset({RedemptionState.REJECTED, RedemptionState.CANCELLED, RedemptionState.REFUNDED})
#: Rewards that are handed over in the moment of the trade.
INSTANT = frozenset({RewardKind.CODE, RewardKind.DIGITAL})
MOST_STOCK = 10_000_000
_CURRENCY = re.compile(r"[A-Z]{3}")


def must_follow(state: str, target: str) -> None:
    """Raise IllegalTransition unless the edge exists."""
    if target not in EDGES[state]:
        raise IllegalTransition(state, target, sorted(EDGES[state]))


def problems(said: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with a reward, apart from its wallets; paths are the input's names."""
    if not 1 <= len(said["code"]) <= 100:
        yield "code", "Use 1 to 100 characters."
    if said["kind"] not in RewardKind.__members__:
        yield "kind", f"Use one of {', '.join(RewardKind)}."
    for language in ("zh", "en"):
        if not 1 <= len(said["names"].get(language, "").strip()) <= 200:
            yield f"names.{language}", "Use 1 to 200 characters."
    if not said["prices"] and said["cash"] is None:
        yield "prices", "Name a price in points or in cash."
    if said["cash"] is not None and said["cash"] <= 0:
        yield "cash.minorUnits", "Use an amount above 0."
    if said["currency"] is not None and not _CURRENCY.fullmatch(said["currency"]):
        yield "cash.currency", "Use a code of ISO 4217, such as CNY."
    if said["stock"] is not None and not 0 <= said["stock"] <= MOST_STOCK:
        yield "stock", f"Use 0 to {MOST_STOCK}; null: no limit."
    if said["per_member_limit"] is not None and said["per_member_limit"] < 1:
        yield "perMemberLimit", "Use 1 or more; null: no limit."
    opens, closes = said["opens_at"], said["closes_at"]
    if opens and closes and datetime.fromisoformat(closes) <= datetime.fromisoformat(opens):
        yield "closesAt", "A sale ends after it begins."
    if said["codes"] and said["kind"] != RewardKind.CODE:
        yield "codes", "Only a reward of kind CODE has codes."
    for number, code in enumerate(said["codes"]):
        if not 1 <= len(code.strip()) <= 200:
            yield f"codes.{number}", "Use 1 to 200 characters."
