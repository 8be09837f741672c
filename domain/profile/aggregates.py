"""Counts and sums of interactions by member and kind, in all and by the hour, and counts of their property values.

They commute, so late rows change nothing, and a rebuild from the log gives the same (docs/adr/0012). Kept by the member
that a row was written with, and summed over the root when read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain import db
from domain.profile import catalogue
from domain.profile.interactions import Fact

# Rows are written in the order of their keys, so that two drains that meet after a merge wait and do not deadlock.
# Properties are read from the log in this statement and not taken from the facts: an erasure may have blanked them.
_TAKE = """
WITH taken AS (
    DELETE FROM profile.pending AS p
    USING unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::boolean[], $6::text[], $7::boolean[])
        AS f(interaction, member, kind, at, has_acted, paths, is_counted), profile.interaction AS i
    WHERE p.interaction = ANY($1) AND p.interaction = f.interaction AND i.id = p.interaction AND i.received_at = p.received_at
    RETURNING f.*, i.properties,
        CASE WHEN f.paths <> '' AND i.properties <> '{}' THEN profile.amount(i.properties, f.paths) END AS amount
), counted AS (
    INSERT INTO profile.total (member, kind, count, first_at, last_at, sum)
    SELECT member, kind, count(*), min(at), max(at), sum(amount) FROM taken WHERE member IS NOT NULL
    GROUP BY member, kind ORDER BY member, kind
    ON CONFLICT (member, kind) DO UPDATE SET count = total.count + excluded.count,
        first_at = least(total.first_at, excluded.first_at), last_at = greatest(total.last_at, excluded.last_at),
        sum = coalesce(total.sum + excluded.sum, total.sum, excluded.sum)
), by_hour AS (
    INSERT INTO profile.bucket (member, kind, hour, count, sum)
    SELECT member, kind, date_trunc('hour', at, 'UTC'), count(*), sum(amount) FROM taken WHERE member IS NOT NULL
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (member, kind, hour) DO UPDATE SET count = bucket.count + excluded.count,
        sum = coalesce(bucket.sum + excluded.sum, bucket.sum, excluded.sum)
), by_value AS (
    INSERT INTO profile.property_total (member, kind, property, value, count)
    SELECT t.member, t.kind, v.property, v.value, count(*)
    FROM taken AS t, profile.countable(t.properties, t.paths) AS v WHERE t.member IS NOT NULL AND t.is_counted
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (member, kind, property, value) DO UPDATE SET count = property_total.count + excluded.count
), seen AS (
    UPDATE profile.member AS m SET first_seen_at = least(m.first_seen_at, f.first_at),
        last_seen_at = greatest(m.last_seen_at, f.last_at)
    FROM (SELECT member, min(at) AS first_at, max(at) AS last_at FROM taken WHERE has_acted GROUP BY member) AS f
    WHERE m.id = f.member AND (m.first_seen_at > f.first_at OR m.last_seen_at < f.last_at)
)
SELECT count(*) FROM taken
"""


_FORGET = """
WITH of_kind AS (DELETE FROM profile.total WHERE member = $1 AND kind = $2),
    by_hour AS (DELETE FROM profile.bucket WHERE member = $1 AND kind = $2)
DELETE FROM profile.property_total WHERE member = $1 AND kind = $2
"""

_COUNT = """
WITH taken AS MATERIALIZED (
    SELECT i.occurred_at AS at, i.properties, profile.amount(i.properties, $3) AS amount
    FROM profile.interaction AS i WHERE i.member = $1 AND i.kind = $2 AND profile.counts(i.id)
    AND NOT EXISTS (SELECT FROM profile.pending AS p WHERE p.interaction = i.id)
), counted AS (
    INSERT INTO profile.total (member, kind, count, first_at, last_at, sum)
    SELECT $1, $2, count(*), min(at), max(at), sum(amount) FROM taken HAVING count(*) > 0
), by_hour AS (
    INSERT INTO profile.bucket (member, kind, hour, count, sum)
    SELECT $1, $2, date_trunc('hour', at, 'UTC'), count(*), sum(amount) FROM taken GROUP BY 3
)
INSERT INTO profile.property_total (member, kind, property, value, count)
SELECT $1, $2, v.property, v.value, count(*) FROM taken AS t, profile.countable(t.properties, $3) AS v
WHERE $4 GROUP BY 3, 4
"""


@dataclass(frozen=True)
class Aggregate:
    """How often, first and last, over all members of a root; ``sum`` is None when no fact had an amount."""

    root: UUID
    kind: str
    count: int
    first_at: datetime | None
    last_at: datetime | None
    sum: Decimal | None


async def take(facts: Sequence[Fact]) -> int:
    """Take facts off the outbox and count them, in one statement; answers how many were still there.

    Runs in the drain's transaction, which holds the roots. What a compensation among them touches is counted anew,
    from what is no longer pending. What a person did or was reported to do says when they were seen; what befell them
    does not.
    """
    taken = await db.value(
        _TAKE,
        [fact.id for fact in facts], [fact.member for fact in facts], [fact.kind for fact in facts],
        [fact.occurred_at for fact in facts],
        [fact.class_ == "REPORTED" or fact.actor_kind in ("MEMBER", "VISITOR") for fact in facts],
        [_paths(fact.kind) for fact in facts], [_is_counted(fact.kind) for fact in facts],
    )  # fmt: skip
    for fact in facts:
        if fact.compensates is not None:
            await _count_chain_anew(fact)
    return taken


async def of_root(root: UUID, kinds: Sequence[str] | None = None) -> list[Aggregate]:
    """The totals of a root, by kind (those named, or all)."""
    return (await of_roots([root], kinds))[root]


async def of_roots(roots: Sequence[UUID], kinds: Sequence[str] | None = None) -> dict[UUID, list[Aggregate]]:
    """The totals of each root, by kind (those named, or all)."""
    rows = await db.fetch(
        """SELECT m.root, t.kind, sum(t.count)::bigint AS count, min(t.first_at) AS first_at,
            max(t.last_at) AS last_at, sum(t.sum) AS sum
        FROM profile.total AS t JOIN profile.member AS m ON m.id = t.member
        WHERE m.root = ANY($1) AND t.count > 0 AND ($2::text[] IS NULL OR t.kind = ANY($2))
        GROUP BY m.root, t.kind ORDER BY t.kind""",
        list(roots), kinds,
    )  # fmt: skip
    found: dict[UUID, list[Aggregate]] = {root: [] for root in roots}
    for row in rows:
        found[row["root"]].append(Aggregate(**row))
    return found


async def values_of(
    asked: Sequence[tuple[UUID, str]], property_: str, limit: int
) -> dict[tuple[UUID, str], list[tuple[str, int]]]:
    """The values that a property had most often in the facts of each (root, kind), with how often."""
    rows = await db.fetch(
        """SELECT * FROM (
            SELECT m.root, p.kind, p.value, sum(p.count)::bigint AS count, row_number() OVER (
                PARTITION BY m.root, p.kind ORDER BY sum(p.count) DESC, p.value COLLATE "C") AS place
            FROM (SELECT DISTINCT root, kind FROM unnest($1::uuid[], $2::text[]) AS a(root, kind)) AS a
            JOIN profile.member AS m ON m.root = a.root
            JOIN profile.property_total AS p ON p.member = m.id AND p.kind = a.kind
            WHERE p.property = $3 AND p.count > 0 GROUP BY m.root, p.kind, p.value) AS ranked
        WHERE place <= $4 ORDER BY root, kind, place""",
        [root for root, _ in asked], [kind for _, kind in asked], property_, limit,
    )  # fmt: skip
    found: dict[tuple[UUID, str], list[tuple[str, int]]] = {each: [] for each in asked}
    for row in rows:
        found[row["root"], row["kind"]].append((row["value"], row["count"]))
    return found


async def rebuild(member: UUID, kind: str) -> None:
    """Count one member's rows of one kind from the log: rows that count and that the drain has taken."""
    await db.run(_FORGET, member, kind)
    await db.run(_COUNT, member, kind, _paths(kind), _is_counted(kind))


def _paths(kind: str) -> str:
    """Where the amount of a kind's facts is, as the database's functions take it."""
    declared = catalogue.find(kind)
    return ",".join(declared.sum_of) if declared else ""


def _is_counted(kind: str) -> bool:
    """Whether a kind's property values are counted: not where they name a person, or nobody declares them."""
    declared = catalogue.find(kind)
    return declared is not None and not declared.is_personal


async def drift() -> int:
    """How many (member, kind) totals differ from the log; 0 when all is well."""
    return await db.value(
        """SELECT count(*) FROM (
            SELECT member, kind, count(*) AS count FROM profile.interaction AS i
            WHERE member IS NOT NULL AND profile.counts(i.id)
            AND NOT EXISTS (SELECT FROM profile.pending AS p WHERE p.interaction = i.id)
            GROUP BY member, kind) AS log
        FULL JOIN (SELECT member, kind, count FROM profile.total WHERE count > 0) AS kept USING (member, kind)
        WHERE log.count IS DISTINCT FROM kept.count"""
    )


async def _count_chain_anew(fact: Fact) -> None:
    """A compensation flips its target, and with it the target's own target, down the chain."""
    chain = await db.fetch(
        """WITH RECURSIVE chain AS (
            SELECT id, member, kind, compensates FROM profile.interaction WHERE id = $1
            UNION ALL
            SELECT i.id, i.member, i.kind, i.compensates FROM chain AS c JOIN profile.interaction AS i ON i.id = c.compensates
        ) SELECT DISTINCT member, kind FROM chain WHERE member IS NOT NULL""",
        fact.compensates,
    )
    for row in chain:
        await rebuild(row["member"], row["kind"])
