"""How hot a post is. Heat is counted in tenths of a point; the formula of hot is that of Reddit's ``_sorts``."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

#: 2005-12-08 07:46:43 UTC, from which the formula counts, and the seconds in which a newer post outweighs ten times the heat.
EPOCH, STEP = 1_134_028_003, 45_000
#: Of the hot list: the hours in which a score halves.
HALF_LIFE_HOURS = 2


class Act(StrEnum):
    LIKE = "LIKE"
    COMMENT = "COMMENT"
    BOOKMARK = "BOOKMARK"
    TIP = "TIP"
    DISLIKE = "DISLIKE"


def weightiest(acts: Collection[str], weights: Mapping[str, Any]) -> str | None:
    """The one act that counts of those of one person: who dislikes has said so, else the largest weight."""
    if Act.DISLIKE in acts:
        return Act.DISLIKE
    return max(sorted(acts), key=lambda act: weights[act.lower()], default=None)


def tenths(act: str, weights: Mapping[str, Any], *, is_heard: bool, is_owner: bool) -> int:
    """What an act adds: nothing of newcomers and limited people, a fifth more of owners (not against a post).

    ``weights`` is the setting ``hot.weights``: tenths by act, and ``owner_factor``.
    """
    weight = int(weights[act.lower()]) if is_heard else 0
    return int(weight * Decimal(str(weights["owner_factor"]))) if is_owner and weight > 0 else weight


def hot(heat: int, published_at: datetime) -> float:
    """The place of a post among the hot ones: a logarithm of its heat, and its time."""
    points = heat / 10
    sign = (points > 0) - (points < 0)
    return round(sign * math.log10(max(abs(points), 1)) + (published_at.timestamp() - EPOCH) / STEP, 7)


def trend(engagers: int, hours: Decimal) -> Decimal:
    """The score of a candidate for the hot list, (n - 1)^2 halved every two hours."""
    return Decimal((engagers - 1) ** 2) * Decimal(2) ** (-hours / HALF_LIFE_HOURS)
