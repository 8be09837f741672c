"""Tags (标签) on members, vehicles and stores: stored here, by hand or by a rule of operations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import InvalidInput
from domain.foundation import ids
from domain.profile import identities, interactions, kinds
from domain.profile.errors import TagManagedByRule
from domain.profile.interactions import Fact

MOST_SUBJECTS = 1_000
LONGEST = 100


class TagSubject(StrEnum):
    MEMBER = "MEMBER"
    VEHICLE = "VEHICLE"
    STORE = "STORE"


async def assign(
    actor: Actor,
    subject_kind: TagSubject,
    subject_ids: Sequence[UUID],
    key: str,
    value: str = "",
    *,
    valid_to: datetime | None = None,
    reason: str | None = None,
    is_dry_run: bool = False,
) -> int:
    """Tag subjects by hand; answers how many were not tagged so before. Unknown members are InvalidInput."""
    _check(subject_ids, key, value)
    if valid_to is not None and valid_to <= clock.now():
        raise InvalidInput.at("validTo", "This is in the past.")
    async with db.transaction():
        subjects = await _subjects(subject_kind, subject_ids)
        await _must_be_manual(subject_kind, subjects, key)
        if is_dry_run:
            return len(subjects) - len(await _open(subject_kind, subjects, key, value))
        rows = await db.fetch(
            """INSERT INTO profile.tag_assignment
                (id, subject_kind, subject_id, key, value, origin, valid_from, valid_to, evidence)
            SELECT i, $3, s, $4, $5, 'MANUAL', $6, NULL, $7 FROM unnest($1::uuid[], $2::uuid[]) AS n(i, s)
            ON CONFLICT (subject_kind, subject_id, key, value) WHERE valid_to IS NULL DO NOTHING
            RETURNING id, subject_id""",
            [ids.new() for _ in subjects], subjects, subject_kind, key, value, clock.now(),
            {"by": actor.key, "reason": reason, "until": valid_to.isoformat() if valid_to else None},
        )  # fmt: skip
        for row in rows:
            await _record(actor, kinds.TAG_ASSIGNED, subject_kind, row, key=key, value=value, reason=reason)
    return len(rows)


async def remove(
    actor: Actor,
    subject_kind: TagSubject,
    subject_ids: Sequence[UUID],
    key: str,
    value: str | None = None,
    *,
    reason: str | None = None,
    is_dry_run: bool = False,
) -> int:
    """End manual tags of a key (of one value, or of any); answers how many ended."""
    _check(subject_ids, key, value or "")
    async with db.transaction():
        subjects = await _subjects(subject_kind, subject_ids)
        await _must_be_manual(subject_kind, subjects, key)
        if is_dry_run:
            return len(await _open(subject_kind, subjects, key, value))
        rows = await db.fetch(
            """UPDATE profile.tag_assignment SET valid_to = $5
            WHERE subject_kind = $1 AND subject_id = ANY($2) AND key = $3 AND valid_to IS NULL
            AND ($4::text IS NULL OR value = $4) RETURNING id, subject_id, value""",
            subject_kind, subjects, key, value, clock.now(),
        )  # fmt: skip
        for row in rows:
            await _record(actor, kinds.TAG_REMOVED, subject_kind, row, key=key, reason=reason)
    return len(rows)


async def put_by_rule(
    member: UUID,
    key: str,
    value: str,
    *,
    rule_version: UUID,
    holds: bool,
    cause: Fact | None,
    evidence: dict[str, Any],
) -> bool:
    """Open or close a rule's tag of a member; answers whether anything changed. Recording is the rule's business."""
    if holds:
        changed = await db.run(
            """INSERT INTO profile.tag_assignment
                (id, subject_kind, subject_id, key, value, origin, rule_version, valid_from, evidence)
            VALUES ($1, 'MEMBER', $2, $3, $4, 'RULE', $5, $6, $7)
            ON CONFLICT (subject_kind, subject_id, key, value) WHERE valid_to IS NULL DO NOTHING""",
            ids.new(), member, key, value, rule_version, clock.now(), evidence,
        )  # fmt: skip
    else:
        changed = await db.run(
            "UPDATE profile.tag_assignment SET valid_to = $4 WHERE subject_kind = 'MEMBER' AND subject_id = $1 "
            "AND key = $2 AND value = $3 AND origin = 'RULE' AND valid_to IS NULL",
            member, key, value, clock.now(),
        )  # fmt: skip
    return changed > 0


#: Tags in force at $3 on the persons of ``who`` (member, root), their vehicles and stores; $4 is the kind of subject.
_OF_PEOPLE = """WITH who AS ({who}), named AS (
        SELECT root, 'MEMBER' AS kind, member AS id FROM who
        UNION SELECT w.root, r.target_kind, r.target_id FROM who AS w
        JOIN profile.relation AS r ON r.member = w.member
        WHERE r.target_kind <> 'MEMBER' AND r.valid_from <= $3 AND coalesce(r.valid_to > $3, true)
    )
    SELECT DISTINCT ON (n.root, t.subject_kind, subject_id, t.key, t.value) n.root, t.subject_kind,
        CASE WHEN n.kind = 'MEMBER' THEN n.root ELSE n.id END AS subject_id, t.key, t.value, t.origin,
        t.rule_version, t.valid_from, coalesce(t.valid_to, (t.evidence ->> 'until')::timestamptz) AS valid_to
    FROM named AS n JOIN profile.tag_assignment AS t ON t.subject_kind = n.kind AND t.subject_id = n.id
    WHERE ($4::text IS NULL OR n.kind = $4) AND t.valid_from <= $3 AND coalesce(t.valid_to > $3, true)
    AND coalesce((t.evidence ->> 'until')::timestamptz > $3, true)
    ORDER BY n.root, t.subject_kind, subject_id, t.key, t.value, t.valid_from"""
_GIVEN = _OF_PEOPLE.format(who="SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS g(member, root)")
_NOW = _OF_PEOPLE.format(
    who="SELECT id AS member, root FROM profile.member WHERE root = ANY($1::uuid[]) AND $2::uuid[] IS NULL"
)


async def of_roots(roots: Sequence[UUID], subject: TagSubject | None = None) -> dict[UUID, list[db.Row]]:
    """The tags in force on each person, and on the vehicles and stores tied to the person (or on one of these)."""
    rows = await db.fetch(_NOW, list(roots), None, clock.now(), subject)
    return identities.by_root(roots, rows)


async def of_people(people: Sequence[tuple[UUID, UUID]], at: datetime) -> dict[UUID, list[db.Row]]:
    """The tags in force at an instant on persons (members, each with its root then), their vehicles and stores."""
    rows = await db.fetch(_GIVEN, [member for member, _ in people], [root for _, root in people], at, None)
    return identities.by_root({root for _, root in people}, rows)


async def open_of(subject_kind: TagSubject, subjects: Sequence[UUID]) -> dict[UUID, list[db.Row]]:
    """The tags in force, by root for members and by id for the others."""
    rows = await db.fetch(
        """SELECT coalesce(m.root, t.subject_id) AS subject, t.key, t.value, t.origin, t.valid_from, t.valid_to,
            t.evidence, t.subject_kind
        FROM profile.tag_assignment AS t LEFT JOIN profile.member AS m ON $1 = 'MEMBER' AND m.id = t.subject_id
        WHERE t.subject_kind = $1 AND t.valid_to IS NULL
        AND (t.subject_id = ANY($2) OR t.subject_id IN (SELECT id FROM profile.member WHERE root = ANY($2)))
        AND coalesce((t.evidence ->> 'until')::timestamptz > $3, true)
        ORDER BY t.key, t.value""",
        subject_kind, list(subjects), clock.now(),
    )  # fmt: skip
    found: dict[UUID, list[db.Row]] = {subject: [] for subject in subjects}
    for row in rows:
        found.setdefault(row["subject"], []).append(row)
    return found


async def _subjects(kind: TagSubject, subject_ids: Sequence[UUID]) -> list[UUID]:
    if kind is not TagSubject.MEMBER:
        return sorted(set(subject_ids))
    rows = await db.fetch(
        """SELECT m.id, m.root FROM profile.member AS m JOIN profile.member AS r ON r.id = m.root
        WHERE m.id = ANY($1) AND r.status <> 'ERASED'""",
        list(subject_ids),
    )
    if missing := set(subject_ids).difference(row["id"] for row in rows):
        raise InvalidInput.at("subjectIds", f"No member has the id {sorted(map(str, missing))[0]}.")
    return sorted({row["root"] for row in rows})


async def _open(kind: TagSubject, subjects: Sequence[UUID], key: str, value: str | None) -> list[db.Row]:
    return await db.fetch(
        """SELECT id FROM profile.tag_assignment WHERE subject_kind = $1 AND subject_id = ANY($2) AND key = $3
        AND valid_to IS NULL AND ($4::text IS NULL OR value = $4)""",
        kind, list(subjects), key, value,
    )  # fmt: skip


async def _must_be_manual(kind: TagSubject, subjects: Sequence[UUID], key: str) -> None:
    rule = await db.value(
        """SELECT rule_version FROM profile.tag_assignment WHERE subject_kind = $1 AND subject_id = ANY($2)
        AND key = $3 AND origin = 'RULE' AND valid_to IS NULL LIMIT 1""",
        kind, list(subjects), key,
    )  # fmt: skip
    if rule is not None:
        raise TagManagedByRule(rule)


async def _record(actor: Actor, kind: Any, subject_kind: TagSubject, row: db.Row, **facts: Any) -> None:
    member = row["subject_id"] if subject_kind is TagSubject.MEMBER else None
    await interactions.record(
        actor, kind, (subject_kind, row["subject_id"]), once=row["id"], member=member, **facts
    )


def _check(subject_ids: Sequence[UUID], key: str, value: str) -> None:
    if not 1 <= len(subject_ids) <= MOST_SUBJECTS:
        raise InvalidInput.at("subjectIds", f"Name 1 to {MOST_SUBJECTS} subjects.")
    if not 1 <= len(key.strip()) <= LONGEST:
        raise InvalidInput.at("key", f"A key has 1 to {LONGEST} characters.")
    if len(value) > LONGEST:
        raise InvalidInput.at("value", f"A value has at most {LONGEST} characters.")
