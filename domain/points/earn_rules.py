"""The life of an earn rule: drafted, reviewed, published for a time, retired. A published version is never edited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import approvals
from domain.access.approvals import Approval, Command
from domain.actor import Actor
from domain.errors import IllegalTransition, InvalidInput, NotFound, Problem, VersionConflict
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.points import rules, soundness
from domain.points.tables import RuleState

PUBLISH = "points.PUBLISH_RULE"


@dataclass(frozen=True)
class RuleVersion:
    """A version of a rule as its row stands."""

    id: UUID
    rule: UUID
    code: str
    version: int
    rule_version: int
    state: str
    title: str
    definition: dict[str, Any]
    priority: int
    effective_from: datetime | None
    effective_to: datetime | None
    created_at: datetime


_SELECT = """SELECT v.id, v.rule, r.code, v.version, r.version AS rule_version, v.state, v.title, v.definition, v.priority,
    v.effective_from, v.effective_to, v.created_at
    FROM points.earn_rule_version AS v JOIN points.earn_rule AS r ON r.id = v.rule"""


async def draft(
    actor: Actor, definition: dict[str, Any], *, title: str, rule_id: UUID | None = None
) -> RuleVersion:
    """A new rule (with this id where the shipped demonstration names one) and its first version in DRAFT.

    A code that is taken is InvalidInput."""
    async with db.transaction():
        await _must_be_sound(definition)
        rule = await db.value(
            "INSERT INTO points.earn_rule (id, code, version, created_at) VALUES ($1, $2, 1, $3) "
            "ON CONFLICT (code) DO NOTHING RETURNING id",
            rule_id or ids.new(), definition["code"], clock.now(),
        )  # fmt: skip
        if rule is None:
            raise InvalidInput.at("rule.code", "Another rule has this code; revise that one.")
        return await _add(actor, rule, 1, definition, title)


async def revise(
    actor: Actor,
    rule: UUID,
    expected_version: int,
    definition: dict[str, Any],
    *,
    title: str,
    version_id: UUID | None = None,
) -> RuleVersion:
    """Another version in DRAFT; its code is the rule's."""
    async with db.transaction():
        row = await db.one("SELECT code, version FROM points.earn_rule WHERE id = $1 FOR NO KEY UPDATE", rule)
        if row is None:
            raise NotFound()
        if row["version"] != expected_version:
            raise VersionConflict(row["version"])
        await _must_be_sound({**definition, "code": row["code"]})
        await db.run("UPDATE points.earn_rule SET version = version + 1 WHERE id = $1", rule)
        number = await db.value("SELECT max(version) + 1 FROM points.earn_rule_version WHERE rule = $1", rule)
        return await _add(actor, rule, number, {**definition, "code": row["code"]}, title, version_id)


async def submit(actor: Actor, version: UUID) -> RuleVersion:
    """DRAFT to IN_REVIEW."""
    async with db.transaction():
        await _become(version, RuleState.IN_REVIEW)
        return await one(version)


async def send_back(actor: Actor, version: UUID) -> RuleVersion:
    """IN_REVIEW or SCHEDULED back to DRAFT; the version that would have ended for a scheduled one goes on."""
    async with db.transaction():
        found = await one(version)
        await _become(version, RuleState.DRAFT)
        await db.run(
            "UPDATE points.earn_rule_version SET effective_from = NULL, effective_to = NULL WHERE id = $1",
            version,
        )
        await db.run(
            """UPDATE points.earn_rule_version SET effective_to = (definition ->> 'effective_to')::timestamptz
            WHERE rule = $1 AND effective_to = $2 AND state IN ('ACTIVE', 'SCHEDULED')""",
            found.rule, found.effective_from,
        )  # fmt: skip
        return await one(version)


async def publish(
    actor: Actor, version: UUID, effective_from: datetime | None = None
) -> RuleVersion | Approval:
    """IN_REVIEW to SCHEDULED, and on to ACTIVE when its time has come; the version before it ends there.

    A start in the past takes the place of all that was in force since, so that what was wrong from the first day can be
    corrected. Facts are judged by the version in force when they occurred, so such a start judges late and imported
    facts that arrive from now on. Locks the rule. Above the threshold of PUBLISH_RULE a second person signs.
    """
    async with db.transaction():
        found = await one(version)
        if found.state != RuleState.IN_REVIEW:
            raise _illegal(found.state, RuleState.SCHEDULED)
        await _in_force(found, effective_from, clock.now())
        asked = await approvals.ask(
            actor, PUBLISH, {"version_id": str(version), "effective_from": _text(effective_from)},
            effects={"rule": found.code, "version": found.version},
        )  # fmt: skip
        if asked is not None:
            return asked
        await put_in_force(version, effective_from)
        return await one(version)


async def put_in_force(version: UUID, effective_from: datetime | None = None) -> None:
    """The step itself, without asking anybody (the shipped demonstration uses it)."""
    found = await one(version)
    now = clock.now()
    since, until = await _in_force(found, effective_from, now)
    await db.run(
        """UPDATE points.earn_rule_version SET state = CASE WHEN $2 <= $3 THEN 'RETIRED' ELSE state END,
            effective_to = greatest(effective_from, $2)
        WHERE rule = $1 AND state IN ('ACTIVE', 'SCHEDULED', 'RETIRED')
            AND (effective_from < $2 OR effective_from <= $3) AND (effective_to IS NULL OR effective_to > $2)""",
        found.rule, since, now,
    )  # fmt: skip
    await db.run(
        "UPDATE points.earn_rule_version SET effective_from = $2, effective_to = $3 WHERE id = $1",
        version, since, until,
    )  # fmt: skip
    await _become(version, RuleState.SCHEDULED)
    if since <= now:
        await _become(version, RuleState.ACTIVE)


async def _in_force(
    found: RuleVersion, effective_from: datetime | None, now: datetime
) -> tuple[datetime, datetime | None]:
    """From when until when the version would count; refuses InvalidInput when that cannot be. Locks the rule.

    It takes the place of what began before now, also of a version that began after it: that one was never in force
    then. What is scheduled for later stays, and so does everything later than a version with an end of its own: the new
    one must begin after those.
    """
    await db.run("SELECT FROM points.earn_rule WHERE id = $1 FOR NO KEY UPDATE", found.rule)
    since = effective_from or _since(found) or now
    ends = found.definition.get("effective_to")
    until = datetime.fromisoformat(ends) if ends else None
    if until is not None and until <= since:
        raise InvalidInput.at("effectiveFrom", "The version ends before it begins.")
    later = await db.value(
        """SELECT min(effective_from) FROM points.earn_rule_version WHERE rule = $1 AND effective_from >= $2
        AND (effective_from > $3 OR $4) AND effective_to IS DISTINCT FROM effective_from
        AND state IN ('ACTIVE', 'SCHEDULED', 'RETIRED')""",
        found.rule, since, now, until is not None,
    )  # fmt: skip
    if later is not None:
        raise InvalidInput.at(
            "effectiveFrom", f"Another version begins at {later.isoformat()}; begin after it."
        )
    return since, until


async def retire(actor: Actor, version: UUID) -> RuleVersion:
    """ACTIVE to RETIRED: it ends now, and still judges late facts of its time."""
    async with db.transaction():
        await _become(version, RuleState.RETIRED)
        await db.run(
            "UPDATE points.earn_rule_version SET effective_to = least(effective_to, $2) WHERE id = $1",
            version, clock.now(),
        )  # fmt: skip
        return await one(version)


async def one(version: UUID) -> RuleVersion:
    """A version, or NOT_FOUND."""
    row = await db.one(f"{_SELECT} WHERE v.id = $1", version)
    if row is None:
        raise NotFound()
    return RuleVersion(**dict(row))


async def by_ids(versions: list[UUID]) -> dict[UUID, RuleVersion]:
    """The versions of these ids."""
    rows = await db.fetch(f"{_SELECT} WHERE v.id = ANY($1)", versions)
    return {row["id"]: RuleVersion(**dict(row)) for row in rows}


async def listed(page: Page, *, state: str | None = None, kind: str | None = None) -> list[RuleVersion]:
    """Versions, newest first; key of a page: (created_at, id)."""
    at, last = page.after or (None, None)
    rows = await db.fetch(
        f"""{_SELECT} WHERE ($1::text IS NULL OR v.state = $1) AND ($2::text IS NULL OR v.definition -> 'kinds' ? $2)
        AND ($3::timestamptz IS NULL OR (v.created_at, v.id) < ($3, $4::uuid))
        ORDER BY v.created_at DESC, v.id DESC LIMIT $5""",
        state, kind, at, last, page.limit + 1,
    )  # fmt: skip
    return [RuleVersion(**dict(row)) for row in rows]


async def turn_due() -> int:
    """Scheduled versions whose time has come are ACTIVE; active ones whose time is over are RETIRED."""
    return await db.run(
        """UPDATE points.earn_rule_version SET state = CASE WHEN effective_to <= $1 THEN 'RETIRED' ELSE 'ACTIVE' END
        WHERE (state = 'SCHEDULED' AND effective_from <= $1) OR (state = 'ACTIVE' AND effective_to <= $1)""",
        clock.now(),
    )


async def next_due() -> datetime | None:
    """When the next version begins or ends."""
    return await db.value(
        """SELECT least(min(effective_from) FILTER (WHERE state = 'SCHEDULED'),
            min(effective_to) FILTER (WHERE state = 'ACTIVE')) FROM points.earn_rule_version"""
    )


async def _publish_signed(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    since = given["effective_from"]
    done = await publish(actor, UUID(given["version_id"]), datetime.fromisoformat(since) if since else None)
    return {"version_id": str(done.id)}


COMMAND = Command(PUBLISH, _publish_signed, frozenset({"operator"}))


async def _add(
    actor: Actor,
    rule: UUID,
    number: int,
    definition: dict[str, Any],
    title: str,
    version_id: UUID | None = None,
) -> RuleVersion:
    version = version_id or ids.new()
    await db.run(
        """INSERT INTO points.earn_rule_version (id, rule, version, state, title, definition, priority, maker, created_at)
        VALUES ($1, $2, $3, 'DRAFT', $4, $5, $6, $7, $8)""",
        version, rule, number, title, definition, definition.get("priority") or 0, actor.id, clock.now(),
    )  # fmt: skip
    return await one(version)


async def _must_be_sound(definition: dict[str, Any]) -> None:
    rows = await db.fetch("SELECT code, has_lots FROM points.wallet_type")
    found = soundness.problems(definition, {row["code"]: row["has_lots"] for row in rows})
    if found:
        raise InvalidInput([Problem(f"rule.{each.path}", each.message) for each in found])


async def _become(version: UUID, target: str) -> None:
    sources = [state for state, targets in rules.EDGES.items() if target in targets]
    changed = await db.run(
        "UPDATE points.earn_rule_version SET state = $2 WHERE id = $1 AND state = ANY($3)",
        version,
        target,
        sources,
    )
    if not changed:
        raise _illegal((await one(version)).state, target)


def _illegal(state: str, target: str) -> IllegalTransition:
    return IllegalTransition(state, str(target), sorted(str(each) for each in rules.EDGES[state]))


def _since(found: RuleVersion) -> datetime | None:
    since = found.definition.get("effective_from")
    return datetime.fromisoformat(since) if since else None


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
