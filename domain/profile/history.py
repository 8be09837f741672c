"""A person as of an instant, and their sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import db
from domain.foundation.pages import Page
from domain.profile import memberships, tags, traits
from domain.profile.traits import Trait

#: Longer or larger ones are somebody's mistake: shown, and left out of figures.
LONGEST_SESSION = "24 hours"
MOST_ROWS = 10_000


@dataclass(frozen=True)
class Snapshot:
    """What was known of a person at an instant: by the time at which it happened, whenever it was learned."""

    at: datetime
    root: UUID
    traits: list[Trait]
    tags: list[db.Row]
    segments: list[db.Row]
    stages: list[db.Row]


#: The root that a member had at $2: of the merges that held then, the latest that moved it.
_ROOT_THEN = """coalesce((SELECT g.winner FROM profile.merge AS g WHERE g.moved @> ARRAY[x.id] AND g.at <= $2
    AND coalesce(g.undone_at > $2, true) ORDER BY g.at DESC, g.id DESC LIMIT 1), x.id)"""


async def snapshot(member_id: UUID, at: datetime) -> Snapshot:
    """The person behind a member id, as of an instant."""
    return (await snapshots([member_id], at))[member_id]


async def snapshots(member_ids: Sequence[UUID], at: datetime) -> dict[UUID, Snapshot]:
    """The persons behind these member ids, as of an instant, in a fixed number of statements."""
    roots = {
        row["id"]: row["root"]
        for row in await db.fetch(
            f"SELECT x.id, {_ROOT_THEN} AS root FROM profile.member AS x WHERE x.id = ANY($1)",
            list(member_ids), at,
        )
    }  # fmt: skip
    people = await _people(sorted(set(roots.values())), at)
    had = await traits.as_of(people, at)
    tagged = await tags.of_people(people, at)
    inside = await memberships.then(people, at)
    stages = await memberships.stages_then(people, at)
    return {
        member: Snapshot(at, root, had[root], tagged[root], inside[root], stages[root])
        for member, root in roots.items()
    }


async def _people(roots: Sequence[UUID], at: datetime) -> list[memberships.Then]:
    """The members that stood under these roots at an instant, each with its root."""
    rows = await db.fetch(
        f"""SELECT * FROM (SELECT x.id, {_ROOT_THEN} AS root FROM profile.member AS x
            WHERE x.id = ANY($1) OR x.id IN (SELECT unnest(moved) FROM profile.merge WHERE winner = ANY($1))) AS p
        WHERE root = ANY($1)""",
        list(roots), at,
    )  # fmt: skip
    return [(row["id"], row["root"]) for row in rows]


async def sessions(root: UUID, page: Page) -> list[db.Row]:
    """A person's sessions, newest first: rows of one client session key; without a key a pause of more than 30
    minutes on the same touchpoint begins another one."""
    at, after = page.after or (None, None)
    return await db.fetch(
        f"""WITH acts AS (
            SELECT id, occurred_at, touchpoint, session_key, session_key IS NULL AS is_loose FROM profile.interaction
            WHERE member = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1))
            AND (class = 'REPORTED' OR actor_kind = 'MEMBER')
        ), marked AS (
            SELECT *, CASE WHEN is_loose AND coalesce(occurred_at - lag(occurred_at) OVER w > interval '30 minutes', true)
                THEN 1 ELSE 0 END AS begins
            FROM acts WINDOW w AS (PARTITION BY is_loose, touchpoint ORDER BY occurred_at, id)
        ), numbered AS (
            SELECT *, CASE WHEN is_loose THEN sum(begins) OVER (PARTITION BY is_loose, touchpoint ORDER BY occurred_at, id)
                END AS number FROM marked
        ), rolled AS (
            SELECT (array_agg(id ORDER BY occurred_at, id))[1] AS id, session_key,
                (array_agg(touchpoint ORDER BY occurred_at, id))[1] AS touchpoint, min(occurred_at) AS started_at,
                max(occurred_at) AS ended_at, count(*)::int AS interactions
            FROM numbered GROUP BY session_key, number, CASE WHEN is_loose THEN touchpoint END
        )
        SELECT *, (ended_at - started_at > interval '{LONGEST_SESSION}' OR interactions > {MOST_ROWS}) AS is_quarantined
        FROM rolled WHERE $2::timestamptz IS NULL OR (started_at, id) < ($2, $3::uuid)
        ORDER BY started_at DESC, id DESC LIMIT $4""",
        root, at, after, page.limit + 1,
    )  # fmt: skip
