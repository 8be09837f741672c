"""Undoing an event exactly: what it (with its children) changed and what is still in force, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain import db
from domain.actor import Actor
from domain.community.desk import changes, events, outcomes, policies, subjects, trial
from domain.community.desk import scope as scopes
from domain.community.desk.changes import Change, What, change
from domain.community.desk.errors import AlreadyReverted
from domain.community.desk.scope import Scope
from domain.community.desk_tables import SubjectKind
from domain.errors import NotFound
from domain.foundation import ids
from domain.profile import members

_CONTENT = ("POST", "COMMENT")


@dataclass(frozen=True)
class Reverted:
    """``event`` undid ``undone`` (None for a dry run); ``skipped`` was changed by somebody else meanwhile and stays."""

    of: UUID
    event: UUID | None
    undone: tuple[Change, ...]
    skipped: tuple[Change, ...]


async def revert(actor: Actor, event_id: UUID, reason: str, *, is_dry_run: bool = False) -> Reverted:
    """Undo an event with its children, the last change first. What was told stays told.

    Locks: the event against others who revert it, the members' roots, the items, then each record. Raises NOT_FOUND
    (also outside of the moderator's circles), AlreadyReverted, RankTooLow, InvalidInput.
    """
    await policies.check_act(reason, None)

    async def call() -> Reverted:
        async with db.transaction():
            return await _revert(actor, event_id, reason)

    done = await trial.run(call, is_dry_run=is_dry_run)
    return Reverted(event_id, None, done.undone, done.skipped) if is_dry_run else done


async def back(actor: Actor, event_id: UUID, reason: str) -> Reverted:
    """The same for a caller who has judged by himself that the actor may (a granted appeal); joins his transaction."""
    event = await _event(event_id)
    planned = await _planned(event)
    await _lock(planned)
    return await _undo(actor, event, planned, reason)


async def _revert(actor: Actor, event_id: UUID, reason: str) -> Reverted:
    event = await _event(event_id)
    planned = await _planned(event)
    scope = await scopes.of(actor)
    circle = await _must_be_in_scope(scope, event, planned)
    await scopes.must_outrank(
        actor, await db.value("SELECT community.author_of($1, $2)", event["subject_kind"], event["subject"]), circle
    )  # fmt: skip
    await _lock(planned)
    return await _undo(actor, event, planned, reason)


async def _event(event_id: UUID) -> db.Row:
    """The event, which nobody else reverts meanwhile."""
    await db.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"community.mod_event/{event_id}")
    event = await db.one("SELECT * FROM community.mod_event WHERE id = $1", event_id)
    if event is None:
        raise NotFound()
    by = await db.value("SELECT id FROM community.mod_event WHERE reverts = $1", event_id)
    if by is not None:
        raise AlreadyReverted(by)
    return event


async def _planned(event: db.Row) -> list[Change]:
    """The ways back, the last change first: the parent's own, which came last, then its children's."""
    rows = await db.fetch(
        "SELECT * FROM community.mod_event WHERE id = $1 OR parent = $1 ORDER BY (id = $1) DESC, seq DESC",
        event["id"],
    )
    found = []
    for row in rows:
        kept = changes.read(row["payload"]) or await _of_former(row)
        found += [one.back for one in reversed(kept)]
    return found


async def _of_former(event: db.Row) -> list[Change]:
    """What events hold in force that came without their changes (imported history)."""
    found = []
    for table in ("post", "comment"):
        rows = await db.fetch(
            f"""SELECT id, removed_by = $1 AS is_removed, locked_by = $1 AS is_locked FROM community.{table}
            WHERE id = $2 AND (removed_by = $1 OR locked_by = $1)""",
            event["id"], event["subject"],
        )  # fmt: skip
        for row in rows:
            what = What.REMOVED if row["is_removed"] else What.LOCKED
            found.append(change(what, table.upper(), row["id"], None, event["id"]))
    return found


async def _must_be_in_scope(scope: Scope, event: db.Row, planned: Sequence[Change]) -> UUID | None:
    """Raise NOT_FOUND when anything that would be undone is not the moderator's; answers the event's circle."""
    circle = await db.value("SELECT community.circle_of($1, $2)", event["subject_kind"], event["subject"])
    if scope.sees_all:
        return circle
    touched = {one.id for one in planned if one.kind in _CONTENT}
    rows = await db.fetch(
        """SELECT circle FROM community.post WHERE id = ANY($1) UNION
        SELECT p.circle FROM community.comment AS c JOIN community.post AS p ON p.id = c.post WHERE c.id = ANY($1)""",
        list(touched),
    )
    places: set[UUID | None] = {row["circle"] for row in rows}
    for one in planned:
        if one.what is What.SANCTION:
            places.add(UUID(one.facts["circle"]) if one.facts["circle"] else None)
    if event["subject_kind"] in _CONTENT:
        places.add(circle)
    if not places or not all(scope.holds(place) for place in places):
        raise NotFound()
    return circle or next((place for place in places), None)


async def _lock(planned: Sequence[Change]) -> None:
    people = {UUID(one.facts["member"]) for one in planned if one.facts.get("member")}
    reports = [one.id for one in planned if one.what is What.REPORT]
    rows = await db.fetch("SELECT DISTINCT reporter, item FROM community.report WHERE id = ANY($1)", reports)
    people |= {row["reporter"] for row in rows if row["reporter"]}
    if people:
        await members.lock(*people)
    items = {one.id for one in planned if one.what is What.ITEM} | {row["item"] for row in rows}
    await db.run(
        "SELECT FROM community.review_item WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
        [item for item in items if item],
    )


async def _undo(actor: Actor, event: db.Row, planned: Sequence[Change], reason: str) -> Reverted:
    """Tried first to learn what is not in force any more; the event that stays names only what it undid."""

    async def attempt(undoing: Sequence[Change]) -> tuple[UUID, list[Change]]:
        made = await events.note(
            actor, "REVERT", (event["subject_kind"], event["subject"]), id=ids.new(), item=event["item"],
            policy=event["policy"], reason=reason, reverts=event["id"],
            payload={"changes": [one.stored() for one in undoing]},
        )  # fmt: skip
        return made, await changes.turn(actor, undoing, made)

    _, skipped = await trial.run(lambda: attempt(planned), is_dry_run=True)
    undone = [one for one in planned if one not in skipped]
    made, left = await attempt(undone)
    assert not left, f"in force a moment ago: {left}"
    await _tell(event, undone, made)
    return Reverted(event["id"], made, tuple(undone), tuple(skipped))


async def _tell(event: db.Row, undone: Sequence[Change], made: UUID) -> None:
    """The author hears that the content stands again."""
    is_back = any(one.what in (What.REMOVED, What.HIDDEN) and one.after is None for one in undone)
    if is_back and event["subject_kind"] in (*_CONTENT, SubjectKind.MEMBER):
        subject = await subjects.find(event["subject"], event["subject_kind"])
        await outcomes.tell_author(subject, ["RESTORE"], made)
