"""Pure decisions about reports: their state machine, and what one counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

from domain.community.desk_tables import ReportState
from domain.community.errors import AlreadyInState
from domain.errors import IllegalTransition

_S = ReportState

EDGES: dict[ReportState, tuple[ReportState, ...]] = {
    _S.OPEN: (_S.CLOSED, _S.ESCALATED, _S.QUEUED, _S.ASSIGNED),
    _S.CLOSED: (_S.OPEN,),
    _S.ESCALATED: (_S.OPEN, _S.CLOSED),
    _S.QUEUED: (_S.ASSIGNED, _S.OPEN, _S.CLOSED),
    _S.ASSIGNED: (_S.OPEN, _S.CLOSED, _S.ESCALATED, _S.QUEUED),
}

#: Handled reports of the same subject and category are not taken again for so long, unless the subject was edited.
SILENCE = timedelta(hours=24)
STAFF_LEVEL = 5
TAKE_ACTION_BONUS = 5
FEWEST_DECIDED = 5
_CENT = Decimal("0.01")
_NEUTRAL = Decimal("0.7")


def check_step(state: ReportState, to: ReportState, *, only_from: ReportState | None = None) -> None:
    """Raise AlreadyInState for no step at all, IllegalTransition for one that no edge allows.

    ``only_from`` narrows an act to one state: ``reopen`` is only for what is closed, although others lead to OPEN too.
    """
    if state is to:
        raise AlreadyInState(state.value)
    if to not in EDGES[state] or (only_from is not None and state is not only_from):
        raise IllegalTransition(state.value, to.value, [each.value for each in EDGES[state]])


@dataclass(frozen=True)
class Parts:
    """What a report's score is made of."""

    level: int
    accuracy: Decimal
    category_bonus: Decimal
    take_action: int

    @property
    def score(self) -> Decimal:
        """max(0, 1 + level + accuracy + bonus + 5 for who asks to act), half-up to cents."""
        return max(Decimal(0), cents(1 + self.level + self.accuracy + self.category_bonus + self.take_action))


def accuracy(upheld: int, rejected: int) -> Decimal:
    """How far a reporter's word is trusted by what became of earlier ones; 0 until six were decided.

    With p upheld of n: (p - 0.7) / 0.3 * log4(n) * 5 from 0.7 on, else -(0.7 - p) / 0.7 * log4(n) * 5.
    """
    n = upheld + rejected
    if n <= FEWEST_DECIDED:
        return Decimal(0)
    with localcontext() as context:
        context.prec = 40
        p = Decimal(upheld) / n
        width = 1 - _NEUTRAL if p >= _NEUTRAL else _NEUTRAL
        return cents((p - _NEUTRAL) / width * (Decimal(n).ln() / Decimal(4).ln()) * 5)


def cents(value: Decimal | int) -> Decimal:
    """Two decimals, half-up."""
    return Decimal(value).quantize(_CENT, ROUND_HALF_UP)
