"""Tracking plans: what a source promises to send, as JSON Schemas of its events' properties.

ALLOW stores an event that breaks its schema and counts the violation; OMIT stores it without what breaks the schema;
BLOCK makes it a dead letter. Events without a schema are allowed or blocked as the plan says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import audit, sources
from domain.actor import Actor
from domain.errors import InvalidInput, NotFound, VersionConflict
from domain.foundation import ids
from domain.profile import plan_rules
from domain.profile.errors import SchemaInvalid
from domain.profile.plan_rules import Judge, Planned

MOST_EVENTS = 500
MOST_BYTES = 64 * 1024
LOOK_BACK = timedelta(days=7)
#: So many of the source's newest rows are judged before a plan is published.
MOST_JUDGED = 20_000


class Mode(StrEnum):
    ALLOW = "ALLOW"
    OMIT = "OMIT"
    BLOCK = "BLOCK"


class Unplanned(StrEnum):
    ALLOW = "ALLOW"
    BLOCK = "BLOCK"


@dataclass(frozen=True)
class Plan:
    """A published version of a source's plan."""

    id: UUID
    source: UUID
    version: int
    events: list[dict[str, Any]]
    unplanned: str
    published_at: datetime


@dataclass(frozen=True)
class Violation:
    """How often events broke the plan at a place, with the last event's value there."""

    event: str
    path: str
    count: int
    sample: Any


_judges: dict[UUID, Judge] = {}
_KEPT_JUDGES = 200


async def of_source(source: UUID) -> Plan | None:
    """The plan in force of a source."""
    row = await db.one(
        "SELECT id, source, version, events, unplanned, published_at FROM profile.tracking_plan WHERE source = $1 "
        "ORDER BY version DESC LIMIT 1",
        source,
    )
    return Plan(**row) if row else None


async def by_ids(wanted: Sequence[UUID]) -> dict[UUID, Plan]:
    """The plans of these ids, whichever version."""
    rows = await db.fetch(
        "SELECT id, source, version, events, unplanned, published_at FROM profile.tracking_plan WHERE id = ANY($1)",
        list(wanted),
    )
    return {row["id"]: Plan(**row) for row in rows}


async def judge_of(plan_id: UUID) -> Judge:
    """What judges events by this plan; published plans never change, so it is made once."""
    if plan_id not in _judges:
        if len(_judges) >= _KEPT_JUDGES:
            _judges.clear()
        plan = (await by_ids([plan_id]))[plan_id]
        _judges[plan_id] = _judge(plan.events, plan.unplanned)
    return _judges[plan_id]


async def publish(
    actor: Actor,
    source: UUID,
    events: Sequence[Planned],
    unplanned: str,
    expected_version: int,
    *,
    is_dry_run: bool = False,
) -> tuple[Plan | None, list[Violation]]:
    """Put a plan in force (``expected_version`` 0 for the first); answers it and what would have broken it lately.

    A dry run changes nothing and answers the plan that is in force. Refuses SchemaInvalid and VersionConflict.
    """
    _check(events)
    stored = [{"event": each.event, "schema": each.schema, "mode": each.mode} for each in events]
    judge = _judge(stored, unplanned)
    async with db.transaction():
        if source not in await sources.by_ids([source]):
            raise NotFound()
        await db.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", f"tracking plan {source}")
        current = await of_source(source)
        if (current.version if current else 0) != expected_version:
            raise VersionConflict(current.version if current else 0)
        violations = await _would_violate(source, judge)
        if is_dry_run:
            return current, violations
        row = await db.one(
            """INSERT INTO profile.tracking_plan (id, source, version, events, unplanned, published_at, published_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id, source, version, events, unplanned, published_at""",
            ids.new(), source, expected_version + 1, stored, unplanned, clock.now(), actor.id,
        )  # fmt: skip
        await audit.append(
            actor, "profile.tracking_plan.published", "source", source,
            facts={"version": expected_version + 1, "events": len(events), "unplanned": unplanned},
        )  # fmt: skip
    assert row is not None
    return Plan(**row), violations


async def violations(source: UUID, since: datetime | None = None) -> list[Violation]:
    """How often the plan was broken since then (default: 7 days), the most frequent first."""
    rows = await db.fetch(
        """SELECT event, path, sum(event_count)::bigint AS count, (array_agg(sample ORDER BY hour DESC))[1] AS sample
        FROM profile.plan_violation WHERE source = $1 AND hour >= date_trunc('hour', $2::timestamptz, 'UTC')
        GROUP BY event, path ORDER BY 3 DESC, event, path LIMIT 1000""",
        source, since or clock.now() - LOOK_BACK,
    )  # fmt: skip
    return [Violation(**row) for row in rows]


async def note(source: UUID, found: Iterable[tuple[str, str, Any]], at: datetime) -> None:
    """Count violations (event, path, value), in the transaction that stores the events."""
    counted = _counted(found)
    if not counted:
        return
    await db.run(
        """INSERT INTO profile.plan_violation AS v (id, source, event, path, hour, event_count, sample)
        SELECT i, $1, e, p, date_trunc('hour', $2::timestamptz, 'UTC'), n, s::jsonb
        FROM unnest($3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::text[]) AS g(i, e, p, n, s) ORDER BY e, p
        ON CONFLICT (source, event, path, hour) DO UPDATE SET event_count = v.event_count + excluded.event_count, sample = excluded.sample""",
        source, at, [ids.new() for _ in counted], [each.event for each in counted], [each.path for each in counted],
        [each.count for each in counted], [db.json(each.sample) for each in counted],
    )  # fmt: skip


def _counted(found: Iterable[tuple[str, str, Any]]) -> list[Violation]:
    counted: dict[tuple[str, str], Violation] = {}
    for event, path, sample in found:
        before = counted.get((event, path))
        counted[event, path] = Violation(event, path, before.count + 1 if before else 1, sample)
    return sorted(counted.values(), key=lambda each: (-each.count, each.event, each.path))


async def _would_violate(source: UUID, judge: Judge) -> list[Violation]:
    rows = await db.fetch(
        """SELECT kind, properties FROM profile.interaction
        WHERE source = $1 AND origin = 'REPORTED' AND received_at > $2 ORDER BY received_at DESC LIMIT $3""",
        str(source), clock.now() - LOOK_BACK, MOST_JUDGED,
    )  # fmt: skip
    return _counted(
        (row["kind"], found.path, found.value)
        for row in rows
        for found in judge.of(row["kind"], row["properties"]).violations
    )


def _judge(events: list[dict[str, Any]], unplanned: str) -> Judge:
    return Judge([Planned(each["event"], each["schema"], each["mode"]) for each in events], unplanned)


def _check(events: Sequence[Planned]) -> None:
    if len(events) > MOST_EVENTS:
        raise InvalidInput.at("events", f"At most {MOST_EVENTS} events.")
    seen: set[str] = set()
    for number, each in enumerate(events):
        kind = plan_rules.kind_of(each.event)
        if not 1 <= len(each.event.strip()) <= 200 or kind in seen:
            raise InvalidInput.at(f"events.{number}.event", "Name each event once, in 1 to 200 characters.")
        seen.add(kind)
        if len(db.json(each.schema)) > MOST_BYTES:
            raise SchemaInvalid(f"events.{number}.schema")
        problem = plan_rules.problem_of(each.schema)
        if problem is not None:
            raise SchemaInvalid(".".join([f"events.{number}.schema", *problem]))
