"""Whether the invariants of owner services hold."""

from __future__ import annotations

from dataclasses import dataclass

from domain import db
from domain.services import rules


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold, and for how many records."""

    invariant: str
    rule: str
    count: int


@dataclass(frozen=True)
class Health:
    """The area's figures and what is wrong; no violations: all is well."""

    store_count: int
    order_count: int
    live_appointment_count: int
    violations: list[Violation]


async def check() -> Health:
    """Check S1, S4 and S6 over all rows."""
    counts = await db.one(
        """SELECT (SELECT count(*) FROM services.store) AS stores, (SELECT count(*) FROM services.service_order) AS orders,
        (SELECT count(*) FROM services.appointment WHERE state = ANY($1)) AS live""",
        list(rules.LIVE),
    )
    assert counts is not None
    found = [Violation(name, rule, await db.value(sql)) for name, rule, sql in _CHECKS]
    found.append(Violation("S4", "An order's spine state is its step's.", await _wrong_states()))
    return Health(counts["stores"], counts["orders"], counts["live"], [v for v in found if v.count])


async def _wrong_states() -> int:
    steps = [(kind, name, step.state) for kind, table in rules.STEPS.items() for name, step in table.items()]
    return await db.value(
        """SELECT count(*) FROM services.service_order AS o
        LEFT JOIN unnest($1::text[], $2::text[], $3::text[]) AS s(kind, step, state)
            ON s.kind = o.kind AND s.step = o.step
        WHERE s.state IS DISTINCT FROM o.state""",
        [kind for kind, _, _ in steps], [name for _, name, _ in steps], [state for _, _, state in steps],
    )  # fmt: skip


_CHECKS = (
    (
        "S1",
        "No two live appointments overlap on one unit.",
        """SELECT count(*) FROM services.appointment AS a JOIN services.appointment AS b
            ON a.resource_number = b.resource_number AND a.id < b.id AND a.during && b.during
        WHERE a.state IN ('HELD', 'BOOKED', 'ARRIVED', 'IN_SERVICE')
        AND b.state IN ('HELD', 'BOOKED', 'ARRIVED', 'IN_SERVICE')""",
    ),
    (
        "S4",
        "An order's step is the last of its history, which is numbered without gaps.",
        """SELECT count(*) FROM services.service_order AS o LEFT JOIN LATERAL (
            SELECT count(*) AS steps, max(sequence) AS last, (array_agg(to_step ORDER BY sequence DESC))[1] AS step
            FROM services.order_step WHERE service_order = o.id) AS h ON true
        WHERE h.step IS DISTINCT FROM o.step OR h.steps <> h.last""",
    ),
    (
        "S6",
        "Every step has one interaction.",
        """SELECT count(*) FROM (
            SELECT service_order, count(*) AS steps FROM services.order_step GROUP BY service_order) AS s
        LEFT JOIN (SELECT subject_id, count(*) AS facts FROM profile.interaction
            WHERE subject_kind = 'SERVICE_ORDER' AND origin = 'CAUSED' GROUP BY subject_id) AS i
            ON i.subject_id = s.service_order::text
        WHERE s.steps IS DISTINCT FROM i.facts""",
    ),
)
