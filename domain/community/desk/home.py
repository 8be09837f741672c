"""A moderator's home: what waits in each queue, what is late, what he holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community.desk import scope as scopes


@dataclass(frozen=True)
class Home:
    """Counts of what is the moderator's; ``queues`` has a row for each queue (``queue`` None: in no queue)."""

    pending: int
    overdue: int
    forced: int
    appealed: int
    claimed_by_me: int
    escalated_reports: int
    assigned_to_me: int
    queues: list[db.Row]


async def of(actor: Actor) -> Home:
    """In two statements, however much waits."""
    args, now = (await scopes.of(actor)).args, clock.now()
    rows = await db.fetch(
        f"""SELECT i.queue, count(*) AS pending, count(*) FILTER (WHERE i.due_at <= $4) AS overdue,
            count(*) FILTER (WHERE i.claimed_until > $4) AS claimed,
            count(*) FILTER (WHERE i.claimed_until > $4 AND i.claimed_by = $5) AS mine,
            count(*) FILTER (WHERE i.force_review) AS forced, count(*) FILTER (WHERE i.is_appealed) AS appealed,
            min(i.opened_at) AS oldest_at, max(i.score) AS highest
        FROM community.review_item AS i WHERE i.state = 'PENDING' AND {scopes.SEES_ITEM} GROUP BY i.queue""",
        *args, now, actor.id,
    )  # fmt: skip
    reports = await db.one(
        f"""SELECT count(*) FILTER (WHERE r.state = 'ESCALATED') AS escalated,
            count(*) FILTER (WHERE r.state = 'ASSIGNED' AND r.assignee = $4) AS assigned
        FROM community.report AS r WHERE r.state IN ('ESCALATED', 'ASSIGNED') AND {scopes.SEES_REPORT}""",
        *args, actor.id,
    )  # fmt: skip
    assert reports is not None

    def total(name: str) -> int:
        return sum(row[name] for row in rows)

    return Home(
        total("pending"), total("overdue"), total("forced"), total("appealed"), total("mine"), reports["escalated"],
        reports["assigned"], rows,
    )  # fmt: skip


async def reported_members(actor: Actor, min_reports: int, since: datetime, limit: int = 100) -> list[db.Row]:
    """People reported (themselves or by what they published) so often since an instant, most first."""
    return await db.fetch(
        f"""SELECT f.person, count(*) AS reports, count(*) FILTER (WHERE f.outcome = 'UPHELD') AS upheld,
            count(*) FILTER (WHERE f.outcome IS NULL) AS pending, count(DISTINCT f.by) AS reporters,
            max(f.created_at) AS last_at
        FROM (SELECT community.author_of(r.subject_kind, r.subject) AS person, r.outcome, r.created_at,
                coalesce(r.reporter, r.staff) AS by
            FROM community.report AS r WHERE r.created_at >= $4 AND {scopes.SEES_REPORT}) AS f
        WHERE f.person IS NOT NULL GROUP BY f.person HAVING count(*) >= $5
        ORDER BY count(*) DESC, max(f.created_at) DESC LIMIT $6""",
        *(await scopes.of(actor)).args, since, min_reports, limit,
    )  # fmt: skip


async def reporter_stats(member: UUID) -> db.Row:
    """What a person reported and what became of it, in one statement."""
    row = await db.one(
        """WITH filed AS (SELECT r.* FROM community.report AS r JOIN profile.member AS m ON m.id = r.reporter
            WHERE m.root = (SELECT root FROM profile.member WHERE id = $1))
        SELECT count(*) FILTER (WHERE subject_kind = 'MEMBER') AS account_reports,
            count(*) FILTER (WHERE subject_kind <> 'MEMBER') AS content_reports,
            count(DISTINCT subject) FILTER (WHERE subject_kind = 'MEMBER') AS reported_accounts,
            count(DISTINCT subject) FILTER (WHERE subject_kind <> 'MEMBER') AS reported_contents,
            (SELECT count(*) FROM (SELECT id FROM community.post WHERE removed_by IS NOT NULL
                AND id IN (SELECT subject FROM filed) UNION ALL SELECT id FROM community.comment
                WHERE removed_by IS NOT NULL AND id IN (SELECT subject FROM filed)) AS c) AS removed_contents,
            (SELECT count(DISTINCT s.member) FROM community.sanction AS s
                WHERE s.item IN (SELECT item FROM filed) AND s.ended_by IS NULL) AS sanctioned_accounts,
            count(*) FILTER (WHERE outcome = 'UPHELD') AS upheld,
            count(*) FILTER (WHERE outcome = 'REJECTED') AS rejected FROM filed""",
        member,
    )
    assert row is not None
    return row
