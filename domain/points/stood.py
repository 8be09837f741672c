"""Reading, many at once, what was recorded and decided: the facts of a rule, its decisions, and what undoes them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain import db
from domain.points import decisions
from domain.points.decisions import Decision
from domain.points.definitions import Version
from domain.profile.interactions import Fact

#: An order that a source reports is judged once, by the fact that its purchase names.
_JUDGED = """(i.class <> 'REPORTED' OR i.kind <> 'commerce.order.paid' OR EXISTS (
    SELECT FROM points.purchase AS p WHERE p.interaction = i.id))"""
_THERE = f"""i.kind = ANY($1) AND i.occurred_at >= $2 AND i.occurred_at < $3 AND {_JUDGED}"""
_FACTS = f"""SELECT i.id, i.message_id, i.member, m.root, i.kind, i.class AS class_, i.occurred_at, i.received_at,
        i.touchpoint, i.source, i.actor_kind, i.actor_id, i.subject_kind, i.subject_id, i.session_key, i.context,
        i.properties, i.compensates, i.depth, i.is_unjudged
    FROM profile.interaction AS i LEFT JOIN profile.member AS m ON m.id = i.member
    LEFT JOIN profile.member AS r ON r.id = m.root
    WHERE {_THERE} {{only}} AND r.status IS DISTINCT FROM 'ERASED'"""
_OF_PAGE = "AND m.root > $4 AND m.root <= $5"
_NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Pages:
    """How many facts there are, of how many people, and the last root of each page."""

    facts: int
    members: int
    ends: list[UUID]


@dataclass(frozen=True)
class Stood:
    """A decision as it stands, with what was posted for it in all, and what of that was cancelled, by wallet."""

    decision: Decision
    net: dict[str, int]
    cancelled: dict[str, int]

    @property
    def points(self) -> dict[str, int]:
        """What the person has of it: without what was cancelled before it was available."""
        left = {wallet: n - self.cancelled.get(wallet, 0) for wallet, n in self.net.items()}
        return {wallet: n for wallet, n in left.items() if n}


@dataclass(frozen=True)
class Other:
    """What another rule said to a fact."""

    version: Version
    reasons: list[dict[str, Any]]


@dataclass(frozen=True)
class Step:
    """A fact that compensates another one, or a compensation of it; ``origin`` is the fact at the start."""

    id: UUID
    origin: UUID
    compensates: UUID
    kind: str
    received_at: datetime


def _only(rule: UUID | None) -> str:
    """SQL: of what imports brought with ``--rules skip``, only what this rule has judged since; None: all of it."""
    if rule is None:
        return ""
    return f"""AND (NOT i.is_unjudged OR EXISTS (SELECT FROM points.earn_decision AS d WHERE d.interaction = i.id
        AND d.rule = '{rule}'))"""


async def count(
    kinds: Collection[str], since: datetime, until: datetime, most: int, judged_by: UUID | None
) -> int:
    """How many facts of these kinds happened in a time; counts no further than ``most`` + 1. ``judged_by``: without those
    that imports brought with ``--rules skip`` and that this rule has not judged since."""
    return await db.value(
        f"""SELECT count(*) FROM (SELECT FROM profile.interaction AS i WHERE {_THERE} {_only(judged_by)} LIMIT $4)
        AS found""",
        sorted(kinds), since, until, most + 1,
    )  # fmt: skip


async def pages(
    kinds: Collection[str], since: datetime, until: datetime, size: int, judged_by: UUID | None
) -> Pages:
    """The facts of these kinds in pages of about so many; those of one person stay together."""
    async with db.over_everybody():
        row = await db.one(
            f"""WITH found AS (SELECT m.root, count(*) AS n FROM profile.interaction AS i
                    JOIN profile.member AS m ON m.id = i.member WHERE {_THERE} {_only(judged_by)}
                    GROUP BY m.root),
                filled AS (SELECT root, n, (sum(n) OVER (ORDER BY root) - 1)::bigint / $4 AS page FROM found),
                ends AS (SELECT page, (array_agg(root ORDER BY root DESC))[1] AS last FROM filled GROUP BY page)
            SELECT (SELECT coalesce(sum(n), 0)::bigint FROM found) AS facts, (SELECT count(*) FROM found) AS members,
                (SELECT coalesce(array_agg(last ORDER BY last), '{{}}') FROM ends) AS ends""",
            sorted(kinds), since, until, size,
        )  # fmt: skip
    assert row is not None
    return Pages(row["facts"], row["members"], list(row["ends"]))


async def facts(
    kinds: Collection[str],
    since: datetime,
    until: datetime,
    of: tuple[UUID | None, UUID] | None,
    judged_by: UUID | None,
) -> tuple[list[Fact], int]:
    """The facts of these kinds in the order in which they were received: of a page (after a root, to a root), or all; and
    how many of them imports brought with ``--rules skip``."""
    page = () if of is None else (of[0] or _NOBODY, of[1])
    rows = await db.fetch(
        f"{_FACTS.format(only=_only(judged_by))} {_OF_PAGE if of else ''} ORDER BY i.received_at, i.id",
        sorted(kinds), since, until, *page,
    )  # fmt: skip
    found = [dict(row) for row in rows]
    imported = sum(row.pop("is_unjudged") for row in found)
    return [Fact(**row, flags=frozenset()) for row in found], imported


async def decided(
    rule: UUID, since: datetime, until: datetime, of: tuple[UUID | None, UUID] | None
) -> list[Stood]:
    """The rule's decisions on the facts of a time, of the people of a page or of all."""
    page = () if of is None else (of[0] or _NOBODY, of[1])
    rows = await db.fetch(
        f"""SELECT {decisions.COLUMNS}, NULL::uuid[] AS journals, NULL::jsonb AS cancelled {decisions.FROM}
        WHERE d.rule = $1 AND d.occurred_at >= $2 AND d.occurred_at < $3
        {"AND m.root > $4 AND m.root <= $5" if of else ""}""",
        rule, since, until, *page,
    )  # fmt: skip
    versions: dict[UUID, Version] = {}
    found = [decisions.of_row(row, versions) for row in rows]
    turned = [each for each in found if each.turns and any(cap.mode == "NET" for cap, _ in each.keyed)]
    posted = await _posted(rule, [each.interaction for each in turned]) if turned else {}
    gone = await _cancelled(rule, [each.interaction for each in found if each.gate])
    return [_stood(each, posted, gone) for each in found]


async def waiting(rule: UUID, interactions: Sequence[UUID]) -> set[UUID]:
    """Those of the facts that are still to be judged: by the drain, or by the sweep of awards for others."""
    rows = await db.fetch(
        """SELECT interaction FROM profile.pending WHERE interaction = ANY($1)
        UNION SELECT interaction FROM points.award_due WHERE interaction = ANY($1) AND rule = $2""",
        list(interactions), rule,
    )  # fmt: skip
    return {row["interaction"] for row in rows}


async def left(
    interactions: Sequence[UUID], rule: UUID
) -> dict[tuple[UUID, UUID], dict[UUID, dict[str, int]]]:
    """What the rule's awards for these facts gave and nobody took back yet, by (fact, root), posting and wallet."""
    found: dict[tuple[UUID, UUID], dict[UUID, dict[str, int]]] = {}
    for row in await db.fetch(
        """SELECT j.source_id, j.id, m.root, t.code, sum(e.amount)::bigint - coalesce((
                SELECT sum(c.amount) FROM points.journal AS r JOIN points.entry AS c ON c.journal = r.id
                JOIN points.account AS ca ON ca.id = c.account WHERE r.reverses = j.id AND ca.wallet_type = t.id
                AND c.target_part = 'CLAWED_BACK'), 0)::bigint AS amount
        FROM points.journal AS j JOIN points.entry AS e ON e.journal = j.id AND e.source_part = 'ISSUED'
        JOIN points.account AS a ON a.id = e.account JOIN points.wallet_type AS t ON t.id = a.wallet_type
        JOIN profile.member AS m ON m.id = a.member
        WHERE j.kind IN ('EARN', 'CORRECT') AND j.source = 'INTERACTION' AND j.source_id = ANY($1)
        AND j.rule_version IN (SELECT id FROM points.earn_rule_version WHERE rule = $2)
        GROUP BY j.source_id, j.id, m.root, t.id""",
        [str(each) for each in interactions], rule,
    ):  # fmt: skip
        of_fact = found.setdefault((UUID(row["source_id"]), row["root"]), {})
        of_fact.setdefault(row["id"], {})[row["code"]] = max(0, row["amount"])
    return found


async def others(
    rule: UUID, interactions: Sequence[UUID], *, is_whole: bool
) -> dict[tuple[UUID, UUID], list[Other]]:
    """What other rules said that may change what this one gives, by fact and root.

    Another rule may stand alone or multiply, and fractions are rounded over all rules of a fact together; where nothing
    multiplies, a rule that gives whole points (``is_whole``) is moved only by one that stands alone.
    """
    heard = await db.fetch(
        """SELECT v.id, v.rule, r.code, v.priority, v.definition, v.definition @> '{"is_stackable": false}'
            OR v.definition @? '$.effects[*].multiply ? (@ != null)' AS matters
        FROM points.earn_rule_version AS v JOIN points.earn_rule AS r ON r.id = v.rule
        WHERE v.rule <> $1 AND v.effective_from IS NOT NULL""",
        rule,
    )
    found: dict[tuple[UUID, UUID], list[Other]] = {}
    if is_whole and not any(row["matters"] for row in heard):
        return found
    versions = {row["id"]: Version.of(row) for row in heard}
    for row in await db.fetch(
        """SELECT d.interaction, m.root, d.reasons, d.rule_version FROM points.earn_decision AS d
        JOIN profile.member AS m ON m.id = d.member WHERE d.interaction = ANY($1) AND d.rule <> $2""",
        list(interactions), rule,
    ):  # fmt: skip
        said = Other(versions[row["rule_version"]], row["reasons"])
        found.setdefault((row["interaction"], row["root"]), []).append(said)
    return found


async def steps(interactions: Sequence[UUID]) -> list[Step]:
    """What compensates these facts, and what compensates that."""
    rows = await db.fetch(
        """WITH RECURSIVE chain AS (
            SELECT i.id, i.compensates AS origin, i.compensates, i.kind, i.received_at FROM profile.interaction AS i
                WHERE i.compensates = ANY($1)
            UNION ALL SELECT i.id, c.origin, i.compensates, i.kind, i.received_at
                FROM chain AS c JOIN profile.interaction AS i ON i.compensates = c.id)
        SELECT id, origin, compensates, kind, received_at FROM chain""",
        list(interactions),
    )
    return [Step(*row.values()) for row in rows]


async def devices(named: Collection[str]) -> dict[str, set[UUID]]:
    """Who earned on these devices."""
    found: dict[str, set[UUID]] = {}
    for row in await db.fetch(
        """SELECT u.device, m.root FROM points.device_use AS u JOIN profile.member AS m ON m.id = u.member
        WHERE u.device = ANY($1)""",
        sorted(named),
    ):
        found.setdefault(row["device"], set()).add(row["root"])
    return found


async def awards_around(
    rule: UUID, roots: Sequence[UUID], since: datetime, until: datetime, seconds: int
) -> dict[UUID, list[datetime]]:
    """When the rule gave something to these people shortly before or after a time, by root."""
    length = timedelta(seconds=seconds)
    found: dict[UUID, list[datetime]] = {}
    for row in await db.fetch(
        """SELECT m.root, d.occurred_at FROM points.earn_decision AS d JOIN profile.member AS m ON m.id = d.member
        WHERE d.rule = $1 AND m.root = ANY($2) AND d.outcome <> 'REFUSED'
        AND ((d.occurred_at > $3 AND d.occurred_at < $4) OR (d.occurred_at >= $5 AND d.occurred_at < $6))""",
        rule, list(roots), since - length, since, until, until + length,
    ):  # fmt: skip
        found.setdefault(row["root"], []).append(row["occurred_at"])
    return found


def _stood(decision: Decision, posted: dict[UUID, dict[str, int]], gone: dict[UUID, dict[str, int]]) -> Stood:
    net = {} if decision.is_reversed else decision.verdict.granted
    cancelled = decisions.still_gone(decision.gate, gone.get(decision.interaction))
    return Stood(decision, posted.get(decision.interaction, net), cancelled)


async def _posted(rule: UUID, interactions: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """What was posted for these facts in all, with what was waived, by fact and wallet."""
    found: dict[UUID, dict[str, int]] = {each: {} for each in interactions}
    for row in await db.fetch(
        """SELECT j.source_id, t.code, sum(e.amount * ((e.source_part = 'ISSUED')::int
                - (e.target_part = 'CLAWED_BACK')::int))::bigint - max(coalesce((j.facts -> 'waived' ->> t.code)::bigint, 0))
            AS amount
        FROM points.journal AS j JOIN points.entry AS e ON e.journal = j.id JOIN points.account AS a ON a.id = e.account
        JOIN points.wallet_type AS t ON t.id = a.wallet_type
        WHERE j.kind IN ('EARN', 'CLAW_BACK', 'CORRECT') AND j.source = 'INTERACTION' AND j.source_id = ANY($1)
        AND j.rule_version IN (SELECT id FROM points.earn_rule_version WHERE rule = $2) GROUP BY j.id, j.source_id, t.code""",
        [str(each) for each in interactions], rule,
    ):  # fmt: skip
        of_fact = found[UUID(row["source_id"])]
        of_fact[row["code"]] = of_fact.get(row["code"], 0) + row["amount"]
    return found


async def _cancelled(rule: UUID, interactions: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """What of these awards was cancelled before it was available, by fact and wallet."""
    found: dict[UUID, dict[str, int]] = {}
    if not interactions:
        return found
    for row in await db.fetch(
        """SELECT e.source_id, t.code, sum(u.amount)::bigint AS amount FROM points.journal AS e
        JOIN points.lot AS l ON l.journal = e.id JOIN points.lot_use AS u ON u.lot = l.id AND u.kind = 'CANCEL'
        JOIN points.journal AS c ON c.id = u.journal AND c.kind = 'CANCEL'
        JOIN points.account AS a ON a.id = l.account JOIN points.wallet_type AS t ON t.id = a.wallet_type
        WHERE e.kind IN ('EARN', 'CORRECT') AND e.source = 'INTERACTION' AND e.source_id = ANY($1)
        AND e.rule_version IN (SELECT id FROM points.earn_rule_version WHERE rule = $2) GROUP BY 1, 2""",
        [str(each) for each in interactions], rule,
    ):  # fmt: skip
        found.setdefault(UUID(row["source_id"]), {})[row["code"]] = row["amount"]
    return found
