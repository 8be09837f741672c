"""Why capacity refuses. What a full pool means, the caller says (``EventFull``, ``SlotTaken``)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.errors import Refusal


@dataclass(eq=False)
class PoolFull(Refusal):
    """A pool has not as many places left, or is closed; areas answer with a refusal of their own instead."""

    pool_id: UUID
    zh = "名额已满。"
    en = "No places are left."


@dataclass(eq=False)
class PoolInUse(Refusal):
    """The pool cannot become smaller than what is given away already."""

    taken: int
    pending: int
    held: int
    zh = "已占用 {taken}、待确认 {pending}、结算中 {held},不能缩小到更少。"
    en = "{taken} taken, {pending} pending and {held} in checkout: the pool cannot be smaller."
