"""Queues: where reports and items wait, and which of them takes what."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.community.desk_tables import ClaimMode, ReportCategory, SubjectKind
from domain.errors import InvalidInput, NotFound, Problem, VersionConflict
from domain.foundation import ids

LONGEST_NAME = 60
MOST_LISTED = 100


@dataclass(frozen=True)
class Match:
    """What a queue takes; an empty list takes everything."""

    kinds: tuple[SubjectKind, ...] = ()
    categories: tuple[ReportCategory, ...] = ()
    circles: tuple[UUID, ...] = ()

    def takes(self, kind: str, categories: Collection[str], circle: UUID | None) -> bool:
        """``categories`` are those of the report, or of an item's pending reports."""
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.categories or any(category in self.categories for category in categories))
            and (not self.circles or circle in self.circles)
        )


@dataclass(frozen=True)
class Queue:
    id: UUID
    name: str
    position: int
    match: Match
    sla_minutes: int | None
    claim: ClaimMode
    is_enabled: bool
    version: int
    moderators: tuple[UUID, ...] = field(default=())

    @classmethod
    def of(cls, row: db.Row) -> Queue:
        match = Match(
            tuple(SubjectKind(kind) for kind in row["kinds"]),
            tuple(ReportCategory(category) for category in row["categories"]),
            tuple(row["circles"]),
        )
        return cls(
            row["id"], row["name"], row["position"], match, row["sla_minutes"], ClaimMode(row["claim"]),
            row["is_enabled"], row["version"], tuple(row["moderators"]),
        )  # fmt: skip


_SELECT = """SELECT q.*, ARRAY(SELECT m.moderator FROM community.queue_member AS m WHERE m.queue = q.id ORDER BY 1)
    AS moderators FROM community.mod_queue AS q"""


async def listed(*, only_enabled: bool = False) -> list[Queue]:
    """The queues in the order in which they are asked."""
    rows = await db.fetch(
        f"{_SELECT} WHERE q.is_enabled OR NOT $1 ORDER BY q.position, q.created_at, q.name", only_enabled
    )
    return [Queue.of(row) for row in rows]


async def by_ids(wanted: Sequence[UUID]) -> dict[UUID, Queue]:
    """The queues of these ids."""
    rows = await db.fetch(f"{_SELECT} WHERE q.id = ANY($1)", list(wanted))
    return {row["id"]: Queue.of(row) for row in rows}


async def find(queue_id: UUID) -> Queue:
    """One queue, or NOT_FOUND."""
    found = (await by_ids([queue_id])).get(queue_id)
    if found is None:
        raise NotFound()
    return found


async def generation() -> int:
    """Rises with every change of any queue: what found no queue is matched again only then."""
    return await db.value("SELECT coalesce(sum(version), 0)::int FROM community.mod_queue")


async def put(
    actor: Actor,
    *,
    queue_id: UUID | None,
    name: str,
    position: int,
    match: Match,
    sla_minutes: int | None,
    claim: ClaimMode,
    is_enabled: bool,
    moderators: Sequence[UUID],
    expected_version: int | None,
    is_dry_run: bool = False,
) -> Queue:
    """Make a queue, or revise one (``expected_version``). Raises InvalidInput, VersionConflict, NOT_FOUND."""
    if problems := _problems(name, position, match, sla_minutes, moderators):
        raise InvalidInput(problems)
    async with db.transaction():
        before = None
        if queue_id is not None:
            await db.run("SELECT FROM community.mod_queue WHERE id = $1 FOR NO KEY UPDATE", queue_id)
            before = await find(queue_id)
            if expected_version != before.version:
                raise VersionConflict(before.version)
        made = Queue(
            queue_id or ids.new(), name.strip(), position, match, sla_minutes, claim, is_enabled,
            before.version + 1 if before else 1, tuple(sorted(set(moderators))),
        )  # fmt: skip
        if not is_dry_run:
            await _store(made)
            await audit.append(
                actor, "community.queue.put", "mod_queue", made.id, facts={"version": made.version}
            )
    return made


async def _store(queue: Queue) -> None:
    await db.run(
        """INSERT INTO community.mod_queue (id, name, position, kinds, categories, circles, sla_minutes, claim, is_enabled,
            version, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, position = excluded.position, kinds = excluded.kinds,
            categories = excluded.categories, circles = excluded.circles, sla_minutes = excluded.sla_minutes,
            claim = excluded.claim, is_enabled = excluded.is_enabled, version = excluded.version""",
        queue.id, queue.name, queue.position, list(queue.match.kinds), list(queue.match.categories),
        list(queue.match.circles), queue.sla_minutes, queue.claim, queue.is_enabled, queue.version, clock.now(),
    )  # fmt: skip
    await db.run(
        "DELETE FROM community.queue_member WHERE queue = $1 AND moderator <> ALL($2)",
        queue.id, list(queue.moderators),
    )  # fmt: skip
    await db.run_many(
        """INSERT INTO community.queue_member (id, queue, moderator) VALUES ($1, $2, $3)
        ON CONFLICT (queue, moderator) DO NOTHING""",
        [(ids.new(), queue.id, moderator) for moderator in queue.moderators],
    )


def _problems(
    name: str, position: int, match: Match, sla_minutes: int | None, moderators: Sequence[UUID]
) -> list[Problem]:
    found = []
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        found.append(Problem("name", f"Use 1 to {LONGEST_NAME} characters."))
    if not 0 <= position <= 10_000:
        found.append(Problem("position", "Use 0 to 10000."))
    if sla_minutes is not None and not 1 <= sla_minutes <= 525_600:
        found.append(Problem("slaMinutes", "Use 1 to 525600, or nothing."))
    if len(match.circles) > MOST_LISTED or len(moderators) > MOST_LISTED:
        found.append(Problem("match", f"Name at most {MOST_LISTED} circles and moderators."))
    return found
