"""What other areas call: tell a member something, take it back, bring it back — inside their own transaction.

Nothing leaves here: a row is written, and the worker delivers it after the commit. So a rolled-back caller has sent
nothing, and no lock of the recipient is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.foundation import ids
from domain.messaging.tables import Channel
from domain.messaging.types import NOTICES, NoticeType

_INSERT = """
INSERT INTO messaging.message (id, idempotency_key, member, type, category, tag, channel, state, actor, subject_kind,
    subject_id, target_kind, target_id, facts, cause, is_silent, tries, requested_at, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'QUEUED', $8, $9, $10, $11, $12, $13, $14, $15, 0, $16, $16)
ON CONFLICT (idempotency_key) DO NOTHING RETURNING id
"""


async def send(
    member: UUID,
    type: NoticeType,
    subject: tuple[str, object] | None,
    facts: Mapping[str, Any] | None = None,
    *,
    once: object | None = None,
    actor: UUID | None = None,
    target: tuple[str, object] | None = None,
    channels: Sequence[Channel] | None = None,
    cause: UUID | None = None,
) -> UUID | None:
    """Tell a member something once the caller commits; answers the inbox message, or None for one that is there already.

    ``subject`` is what happened (a comment), ``target`` what it is about and groups by (the post; absent: the
    subject), ``actor`` the member who did it: nobody is told of his own deeds. ``once`` makes a repeated call the
    same notice (absent: its type and subject). ``facts`` are the variables of the type's words: ids, numbers, times
    and sentences, never names. ``channels`` replaces those of the type; a push follows from the inbox by itself.
    """
    if actor is not None and await _is_same_person(member, actor):
        return None
    notice = NOTICES[type]
    subject_kind, subject_id = _pair(subject)
    target_kind, target_id = _pair(target or subject)
    key = f"{type}:{member}:{subject_kind}:{subject_id}:{'' if once is None else once}"
    first: UUID | None = None
    for channel in channels or notice.channels:
        if channel is Channel.PUSH and channels is None:
            continue  # a push announces what stands in the inbox
        made = await db.value(
            _INSERT,
            ids.new(), f"{key}:{channel}", member, type, notice.category, notice.tag, channel, actor, subject_kind,
            subject_id, target_kind, target_id, dict(facts or {}), cause, False, clock.now(),
        )  # fmt: skip
        first = first or made
    return first


async def withdraw(
    subject: tuple[str, object], *, actor: UUID | None = None, type: NoticeType | None = None
) -> int:
    """Take back what was told of a subject, or about it (of an actor, of a type); answers how many notices.

    Only notices of SERVICE: what had to be said stays said.
    """
    return await _mark(subject, actor, type, is_back=False)


async def withdraw_between(one: UUID, other: UUID) -> int:
    """Take back what each of two people was told of the other's deeds, for good; answers how many notices."""
    return await db.run(
        """UPDATE messaging.message SET withdrawn_at = $3 WHERE id IN (
            SELECT s.id FROM messaging.message AS s JOIN profile.member AS m ON m.id = s.member
            JOIN profile.member AS a ON a.id = s.actor
            WHERE s.member = ANY(ARRAY(SELECT id FROM profile.member WHERE root IN (
                SELECT root FROM profile.member WHERE id IN ($1, $2))))
            AND a.root IN (SELECT root FROM profile.member WHERE id IN ($1, $2)) AND a.root <> m.root
            AND s.withdrawn_at IS NULL AND s.category = 'SERVICE' ORDER BY s.id FOR UPDATE OF s)""",
        one, other, clock.now(),
    )  # fmt: skip


async def restore(
    subject: tuple[str, object], *, actor: UUID | None = None, type: NoticeType | None = None
) -> int:
    """Bring back what :func:`withdraw` took, without ringing again; answers how many notices."""
    return await _mark(subject, actor, type, is_back=True)


async def _mark(
    subject: tuple[str, object], actor: UUID | None, type: NoticeType | None, *, is_back: bool
) -> int:
    kind, id_ = _pair(subject)
    changed = (
        "withdrawn_at = NULL, is_silent = true, state = 'QUEUED', skip_reason = NULL, due_at = $5"
        if is_back
        else "withdrawn_at = $5"
    )
    return await db.run(
        f"""UPDATE messaging.message SET {changed} WHERE id IN (
            SELECT id FROM messaging.message WHERE {"channel = 'INBOX' AND withdrawn_at IS NOT NULL" if is_back else "withdrawn_at IS NULL"}
            AND ((subject_kind = $1 AND subject_id = $2) OR (target_kind = $1 AND target_id = $2))
            AND ($3::uuid IS NULL OR actor IN (SELECT o.id FROM profile.member AS m
                JOIN profile.member AS o ON o.root = m.root WHERE m.id = $3))
            AND ($4::text IS NULL OR type = $4) AND category = 'SERVICE' ORDER BY id FOR UPDATE)""",
        kind, id_, actor, type, clock.now(),
    )  # fmt: skip


async def _is_same_person(one: UUID, other: UUID) -> bool:
    return one == other or bool(
        await db.value("SELECT count(DISTINCT root) = 1 FROM profile.member WHERE id = ANY($1)", [one, other])
    )


def _pair(subject: tuple[str, object] | None) -> tuple[str | None, str | None]:
    return (subject[0], str(subject[1])) if subject else (None, None)
