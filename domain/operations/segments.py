"""Segments (人群): saving, activating, pausing, archiving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.errors import IllegalTransition, InvalidInput, NotFound, VersionConflict
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.operations import changes, dependencies, judging, rules
from domain.operations.conditions import compiler, reading
from domain.operations.conditions.tree import Condition
from domain.operations.errors import KeyTaken
from domain.operations.sweeping import RECHECK_AFTER
from domain.operations.tables import SegmentKind, SegmentState
from domain.profile import memberships

COLUMNS = (
    "s.id, s.key, s.name, s.kind, s.state, s.purpose, s.condition, s.version, s.active_version, s.saved_at, "
    "s.activated_at"
)


@dataclass(frozen=True)
class Filter:
    """``text`` is the beginning of a key or a part of a name."""

    states: Sequence[str] | None = None
    kinds: Sequence[str] | None = None
    text: str | None = None


@dataclass(frozen=True)
class Moved:
    """What an activation (or its dry run) does: how many enter and leave."""

    segment: db.Row
    entered: int
    exited: int


async def by_ids(segment_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Segments by id."""
    rows = await db.fetch(
        f"SELECT {COLUMNS} FROM operations.segment AS s WHERE s.id = ANY($1)", list(segment_ids)
    )
    return {row["id"]: row for row in rows}


async def by_id(segment_id: UUID) -> db.Row:
    """The segment, or NOT_FOUND."""
    found = (await by_ids([segment_id])).get(segment_id)
    if found is None:
        raise NotFound()
    return found


async def listed(page: Page, wanted: Filter | None = None) -> list[db.Row]:
    """A page of segments, the last saved first."""
    wanted = wanted or Filter()
    saved_at, after = page.after or (None, None)
    return await db.fetch(
        f"""SELECT {COLUMNS} FROM operations.segment AS s
        WHERE ($1::text[] IS NULL OR s.state = ANY($1)) AND ($2::text[] IS NULL OR s.kind = ANY($2))
        AND ($3::text IS NULL OR starts_with(s.key, $3) OR strpos(lower(s.name), lower($3)) > 0)
        AND ($4::timestamptz IS NULL OR (s.saved_at, s.id) < ($4, $5::uuid))
        ORDER BY s.saved_at DESC, s.id DESC LIMIT $6""",
        wanted.states, wanted.kinds, wanted.text, saved_at, after, page.limit + 1,
    )  # fmt: skip


async def save(
    actor: Actor,
    *,
    key: str,
    name: str,
    kind: SegmentKind,
    condition: Any = None,
    purpose: str = "",
    segment_id: UUID | None = None,
    expected_version: int | None = None,
) -> db.Row:
    """Make a segment, or save the next version of one; what is in force changes only with its activation.

    A static segment has nothing to compute and is active at once.
    """
    rules.must_be_named(key, name, purpose)
    rules.must_fit(kind, condition)
    read = None if condition is None else await reading.read(condition)
    async with db.transaction():
        before = None if segment_id is None else await _held(segment_id)
        if before is not None:
            _must_be_revisable(before, kind, expected_version)
        try:
            row = await _write(before, key, name.strip(), kind, purpose, read)
        except db.UniqueViolation:
            raise KeyTaken(key) from None
        await _write_version(actor, row)
        await audit.append(
            actor, "operations.segment.saved", "SEGMENT", row["id"], facts={"version": row["version"]}
        )
    return row


async def activate(
    actor: Actor, segment_id: UUID, *, include_existing: bool = False, dry_run: bool = False
) -> Moved:
    """Bring the newest version into force: whoever meets it now enters, whoever does not leaves.

    What the first look finds is marked ``historical``, so that no journey starts for it, unless ``include_existing``.
    """
    async with db.transaction():
        row = await _held(segment_id)
        rules.must_become(
            row["state"], SegmentState.ACTIVE, has_newer_version=row["active_version"] != row["version"]
        )
        condition, now = await _condition_of(row), clock.now()
        judged = await _everybody(condition, now)
        holding = {root for root, (holds, _) in judged.items() if holds}
        inside = await memberships.all_inside(segment_id)
        entered, exited = sorted(holding - inside), sorted(inside - holding)
        if dry_run:
            return Moved(row, len(entered), len(exited))
        is_dynamic = row["kind"] == SegmentKind.DYNAMIC
        row = await _become_active(row, now, now + RECHECK_AFTER if is_dynamic else None)
        await dependencies.replace(segment_id, condition if is_dynamic else None)
        await changes.apply(
            segment_id, row["key"], row["version"], cause="activation", actor=actor,
            entered=[(root, now) for root in entered], exited=[(root, now) for root in exited],
            flags=() if include_existing else ("historical",),
        )  # fmt: skip
        await db.run("DELETE FROM operations.timer WHERE subject = $1", segment_id)
        if is_dynamic:
            await judging.set_timers(segment_id, {root: at for root, (_, at) in judged.items() if at})
        await audit.append(
            actor, "operations.segment.activated", "SEGMENT", segment_id,
            facts={"version": row["version"], "entered": len(entered), "exited": len(exited)},
        )  # fmt: skip
    return Moved(row, len(entered), len(exited))


async def pause(actor: Actor, segment_id: UUID) -> db.Row:
    """Nobody enters or leaves until it is activated again."""
    async with db.transaction():
        await _held(segment_id)
        return await _stop(actor, segment_id, SegmentState.PAUSED)


async def archive(actor: Actor, segment_id: UUID) -> db.Row:
    """The end of a segment: everybody leaves."""
    async with db.transaction():
        row, now = await _held(segment_id), clock.now()
        rules.must_become(row["state"], SegmentState.ARCHIVED)
        inside = sorted(await memberships.all_inside(segment_id))
        await changes.apply(
            segment_id, row["key"], row["active_version"] or row["version"], cause="archive", actor=actor,
            entered=[], exited=[(root, now) for root in inside], flags=("historical",),
        )  # fmt: skip
        return await _stop(actor, segment_id, SegmentState.ARCHIVED)


async def _stop(actor: Actor, segment_id: UUID, target: SegmentState) -> db.Row:
    row = await by_id(segment_id)
    rules.must_become(row["state"], target)
    await db.run(
        "UPDATE operations.segment SET state = $2, recheck_at = NULL WHERE id = $1", segment_id, target.value
    )
    await dependencies.replace(segment_id, None)
    await db.run("DELETE FROM operations.timer WHERE subject = $1", segment_id)
    await audit.append(actor, f"operations.segment.{target.value.lower()}", "SEGMENT", segment_id)
    return await by_id(segment_id)


async def _held(segment_id: UUID) -> db.Row:
    """The segment, held against whoever judges it: they take FOR KEY SHARE."""
    row = await db.one(
        f"SELECT {COLUMNS} FROM operations.segment AS s WHERE s.id = $1 FOR UPDATE", segment_id
    )
    if row is None:
        raise NotFound()
    return row


def _must_be_revisable(before: db.Row, kind: SegmentKind, expected_version: int | None) -> None:
    if before["state"] == SegmentState.ARCHIVED:
        raise IllegalTransition(before["state"], SegmentState.DRAFT.value, [])
    if expected_version is None:
        raise InvalidInput.at("expectedVersion", "Say which version you have read.")
    if expected_version != before["version"]:
        raise VersionConflict(before["version"])
    if kind != before["kind"]:
        raise InvalidInput.at("kind", "The kind of a segment stays as it is.")


async def _write(
    before: db.Row | None, key: str, name: str, kind: SegmentKind, purpose: str, read: Condition | None
) -> db.Row:
    condition = None if read is None else reading.write(read)
    if before is None:
        is_static = kind is SegmentKind.STATIC
        state = SegmentState.ACTIVE if is_static else SegmentState.DRAFT
        segment_id = ids.new()
        await db.run(
            """INSERT INTO operations.segment
                (id, key, name, kind, state, purpose, condition, version, active_version, saved_at, activated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, CASE WHEN $8::int IS NOT NULL THEN $9::timestamptz END)""",
            segment_id, key, name, kind.value, state.value, purpose, condition, 1 if is_static else None, clock.now(),
        )  # fmt: skip
        return await by_id(segment_id)
    # A version that only renames is in force at once.
    await db.run(
        """UPDATE operations.segment SET key = $2, name = $3, purpose = $4, saved_at = $5, version = version + 1,
            active_version = CASE WHEN active_version = version AND $6 THEN version + 1 ELSE active_version END,
            condition = $7 WHERE id = $1""",
        before["id"], key, name, purpose, clock.now(), condition == before["condition"], condition,
    )  # fmt: skip
    return await by_id(before["id"])


async def _write_version(actor: Actor, row: db.Row) -> None:
    await db.run(
        """INSERT INTO operations.segment_version (id, segment, version, condition, saved_at, saved_by)
        VALUES ($1, $2, $3, $4, $5, $6)""",
        ids.new(), row["id"], row["version"], row["condition"], row["saved_at"], actor.id,
    )  # fmt: skip


async def _condition_of(row: db.Row) -> Condition:
    if row["kind"] == SegmentKind.STATIC:
        raise IllegalTransition(
            row["state"],
            SegmentState.ACTIVE.value,
            [each.value for each in rules.EDGES[SegmentState(row["state"])]],
        )
    return await reading.read(row["condition"])


async def _everybody(condition: Condition, now: datetime) -> dict[UUID, tuple[bool, datetime | None]]:
    statement = compiler.everybody_at(condition, now)
    async with db.over_everybody():
        rows = await db.fetch(statement.sql, *statement.args)
    return {row["root"]: (row["holds"], row["flip_at"]) for row in rows}


async def _become_active(row: db.Row, now: datetime, recheck_at: datetime | None) -> db.Row:
    await db.run(
        """UPDATE operations.segment SET state = 'ACTIVE', active_version = version, activated_at = $2, recheck_at = $3
        WHERE id = $1""",
        row["id"], now, recheck_at,
    )  # fmt: skip
    return await by_id(row["id"])
