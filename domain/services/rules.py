"""Orders: what step may follow which, which spine state it stands for, and what must be shown for it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from domain.services.tables import (
    AppointmentState,
    EvidenceKind,
    Letter,
    ResourceKind,
    ServiceKind,
    ServiceOrderState,
)


@dataclass(frozen=True)
class Step:
    """One step of a kind.

    ``evidence`` must be shown at this step itself, ``evidence_before`` at this step or any earlier one. ``appointment``
    is what the appointment becomes.
    """

    name: str
    state: ServiceOrderState
    zh: str
    en: str
    evidence: tuple[EvidenceKind, ...] = ()
    evidence_before: tuple[EvidenceKind, ...] = ()
    appointment: AppointmentState | None = None


_S, _A, _E = ServiceOrderState, AppointmentState, EvidenceKind

_TEST_DRIVE = (
    Step("REQUESTED", _S.REQUESTED, "已申请", "requested"),
    Step("CONFIRMED", _S.SCHEDULED, "已确认", "confirmed", appointment=_A.BOOKED),
    Step("LICENCE_VERIFIED", _S.IN_PROGRESS, "驾照已核验", "licence verified", appointment=_A.ARRIVED),
    Step("AGREEMENT_SIGNED", _S.IN_PROGRESS, "协议已签署", "agreement signed"),
    Step(
        "DRIVING",
        _S.IN_PROGRESS,
        "试驾中",
        "driving",
        evidence=(_E.ODOMETER,),
        evidence_before=(_E.LICENCE, _E.AGREEMENT),
        appointment=_A.IN_SERVICE,
    ),
    Step("RETURNED", _S.IN_PROGRESS, "已还车", "car returned", evidence=(_E.ODOMETER,)),
    Step("COMPLETED", _S.COMPLETED, "试驾完成", "completed", appointment=_A.DONE),
)

#: Ways out that every kind has, by the spine state in which they are open.
_EXITS = (
    Step("CANCELLED", _S.CANCELLED, "已取消", "cancelled", appointment=_A.CANCELLED),
    Step("ABORTED", _S.ABORTED, "已中止", "aborted", appointment=_A.CANCELLED),
    Step("NO_SHOW", _S.NO_SHOW, "未到店", "no show", appointment=_A.NO_SHOW),
    Step("CLOSED", _S.CLOSED, "已关闭", "closed"),
)
_OPEN = {
    "CANCELLED": (_S.REQUESTED, _S.QUOTED, _S.CONFIRMED, _S.SCHEDULED),
    "ABORTED": (_S.IN_PROGRESS,),
    "NO_SHOW": (_S.SCHEDULED,),
    "CLOSED": (_S.COMPLETED,),
}

STEPS: dict[ServiceKind, dict[str, Step]] = {
    ServiceKind.TEST_DRIVE: {step.name: step for step in (*_TEST_DRIVE, *_EXITS)}
}
EDGES: dict[ServiceKind, dict[str, tuple[str, ...]]] = {
    ServiceKind.TEST_DRIVE: {one.name: (other.name,) for one, other in itertools.pairwise(_TEST_DRIVE)}
}

#: The part of owning a car's life that each kind belongs to, and the unit that its appointments take.
LETTER = {ServiceKind.TEST_DRIVE: Letter.BUY}
UNIT = {ServiceKind.TEST_DRIVE: ResourceKind.DEMO_CAR}
FIRST = "REQUESTED"

#: How far a member has come on the way to a car; it never goes back.
STAGES = ("LEAD", "TEST_DRIVEN", "DEPOSIT", "LOCKED", "DELIVERED")
STAGE_OF_STEP = {
    (ServiceKind.TEST_DRIVE, "REQUESTED"): "LEAD",
    (ServiceKind.TEST_DRIVE, "COMPLETED"): "TEST_DRIVEN",
}

LIVE = (_A.HELD, _A.BOOKED, _A.ARRIVED, _A.IN_SERVICE)
#: What counts against a member's limits: a place taken or used.
COUNTED = (_A.REQUESTED, _A.BOOKED, _A.ARRIVED, _A.IN_SERVICE, _A.DONE)


def allowed_from(kind: ServiceKind, step: str) -> list[str]:
    """The steps that may follow: the kind's own in the table's order, then the exits that are open now."""
    state = STEPS[kind][step].state
    return [*EDGES[kind].get(step, ()), *(name for name, states in _OPEN.items() if state in states)]


def missing_evidence(
    step: Step, shown: set[EvidenceKind], shown_now: set[EvidenceKind]
) -> list[EvidenceKind]:
    """What must still be shown before the step; ``shown`` is the whole order's, ``shown_now`` this step's."""
    before = [kind for kind in step.evidence_before if kind not in shown | shown_now]
    return before + [kind for kind in step.evidence if kind not in shown_now]


def is_further(stage: str, current: object) -> bool:
    """Whether a purchase stage lies beyond the present one."""
    return current not in STAGES or STAGES.index(stage) > STAGES.index(str(current))
