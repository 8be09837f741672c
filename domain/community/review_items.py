"""Review items: what waits for a moderator. A subject has one item; whatever comes later joins or reopens it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain import clock, db
from domain.community.desk_tables import ReviewCause, SubjectKind
from domain.foundation import ids

_OPEN = """
INSERT INTO community.review_item AS i (id, subject_kind, subject, state, cause, causes, reasons, queue, score,
    force_review, is_appealed, version, opened_at, created_at)
VALUES ($1, $2, $3, 'PENDING', $4::text, ARRAY[$4::text], $5, $6, 0, $7, $4::text = 'APPEAL', 1, $8, $8)
ON CONFLICT (subject_kind, subject) DO UPDATE SET
    state = 'PENDING',
    cause = CASE WHEN i.state = 'PENDING' THEN i.cause ELSE excluded.cause END,
    causes = CASE WHEN i.state <> 'PENDING' THEN excluded.causes
        WHEN $4::text = ANY(i.causes) THEN i.causes ELSE i.causes || excluded.causes END,
    reasons = CASE WHEN i.state <> 'PENDING' THEN excluded.reasons
        ELSE i.reasons || ARRAY(SELECT r FROM unnest(excluded.reasons) AS r WHERE NOT r = ANY(i.reasons)) END,
    queue = CASE WHEN i.state = 'PENDING' THEN coalesce(excluded.queue, i.queue) ELSE excluded.queue END,
    force_review = excluded.force_review OR (i.state = 'PENDING' AND i.force_review),
    is_appealed = excluded.is_appealed OR (i.state = 'PENDING' AND i.is_appealed),
    version = i.version + CASE WHEN i.state = 'PENDING' AND $4::text = ANY(i.causes)
        AND i.force_review >= excluded.force_review THEN 0 ELSE 1 END,
    claimed_by = CASE WHEN i.state = 'PENDING' THEN i.claimed_by END,
    claimed_at = CASE WHEN i.state = 'PENDING' THEN i.claimed_at END,
    claimed_until = CASE WHEN i.state = 'PENDING' THEN i.claimed_until END,
    due_at = CASE WHEN i.state = 'PENDING' THEN i.due_at END,
    routed = CASE WHEN i.state = 'PENDING' THEN i.routed END,
    decided_by = NULL, decided_at = NULL, decision = NULL,
    opened_at = CASE WHEN i.state = 'PENDING' THEN i.opened_at ELSE excluded.opened_at END
RETURNING id
"""


async def open(
    subject_kind: SubjectKind | str,
    subject_id: UUID,
    cause: ReviewCause | str,
    *,
    queue: UUID | None = None,
    force: bool = False,
    reasons: Sequence[str] = (),
) -> UUID:
    """Let a subject wait for a decision, in the caller's transaction; answers its item.

    An open item is joined: the cause and the reasons are added, and its version rises when that is news. A decided
    one is opened again as a new version. Locks the item's row.
    """
    return await db.value(
        _OPEN,
        ids.new(), SubjectKind(subject_kind).value, subject_id, ReviewCause(cause).value, list(reasons), queue, force,
        clock.now(),
    )  # fmt: skip


async def withdraw(subject_kind: SubjectKind | str, subject_id: UUID) -> bool:
    """Nothing is left to decide (its author took the subject back before anybody reported it); answers whether it was open.

    An item with pending reports stays.
    """
    return bool(
        await db.run(
            """UPDATE community.review_item AS i SET state = 'WITHDRAWN', version = version + 1, claimed_by = NULL,
                claimed_at = NULL, claimed_until = NULL
            WHERE subject_kind = $1 AND subject = $2 AND state = 'PENDING'
            AND NOT EXISTS (SELECT FROM community.report AS r WHERE r.item = i.id AND r.outcome IS NULL)""",
            SubjectKind(subject_kind).value,
            subject_id,
        )
    )


async def score(item: UUID) -> None:
    """Count the item's score anew: the sum of its pending and upheld reports. The caller holds the item's row."""
    await db.run(
        """UPDATE community.review_item SET score = (SELECT coalesce(sum(r.score), 0) FROM community.report AS r
            WHERE r.item = $1 AND (r.outcome IS NULL OR r.outcome = 'UPHELD')) WHERE id = $1""",
        item,
    )
