"""Do the counters still say what the holds say? (E1, E2)"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain import db


@dataclass(frozen=True)
class Problem:
    """A pool whose counter is not the sum of its lines, or that holds more than its size."""

    pool_id: UUID
    rule: str
    expected: int
    actual: int


_CHECK = """
WITH lines AS (
    SELECT l.pool, h.state, sum(l.quantity)::int AS places
    FROM capacity.hold_line AS l JOIN capacity.hold AS h ON h.id = l.hold
    WHERE h.state IN ('HELD', 'PENDING', 'TAKEN') GROUP BY l.pool, h.state
), counted AS (
    SELECT p.id, c.state, c.actual FROM capacity.pool AS p
    CROSS JOIN LATERAL (VALUES ('HELD', p.held), ('PENDING', p.pending), ('TAKEN', p.taken)) AS c(state, actual)
)
SELECT c.id AS pool_id, 'E1_' || c.state AS rule, coalesce(l.places, 0) AS expected, c.actual
FROM counted AS c LEFT JOIN lines AS l ON l.pool = c.id AND l.state = c.state
WHERE c.actual <> coalesce(l.places, 0)
UNION ALL
SELECT id, 'E2', size, taken + pending + held FROM capacity.pool WHERE taken + pending + held > size
ORDER BY 1, 2 LIMIT $1
"""


async def problems(most: int = 100) -> list[Problem]:
    """Every pool that breaks E1 or E2, at most ``most``; one statement, so it sees one moment."""
    return [Problem(**row) for row in await db.fetch(_CHECK, most)]
