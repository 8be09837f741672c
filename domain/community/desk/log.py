"""Reading what moderation did, and finding anything by what somebody has at hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import db
from domain.actor import Actor
from domain.community.desk import scope as scopes
from domain.errors import InvalidInput
from domain.foundation.pages import Page
from domain.profile import members

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
LONGEST_LOOKUP = 500
MOST_FOUND = 20
#: Events a moderator of circles sees: of contents in them, and of sanctions in them.
_SEES = """($1::boolean OR community.circle_of(e.subject_kind, e.subject) = ANY($2::uuid[]) OR EXISTS (
    SELECT FROM community.sanction AS s WHERE s.cause_event = e.id AND s.circle = ANY($2::uuid[])))"""


@dataclass(frozen=True)
class Filter:
    """Which events; None asks for all. ``is_top`` leaves the children of decisions out."""

    kinds: Sequence[str] | None = None
    actor: UUID | None = None
    subject: UUID | None = None
    item: UUID | None = None
    policy: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    is_top: bool | None = None


async def listed(actor: Actor, wanted: Filter, page: Page) -> list[db.Row]:
    """One page of events, newest first. Key: (seq,)."""
    scope = await scopes.of(actor)
    args: list[Any] = [scope.sees_all, list(scope.circles)]
    parts = [_SEES]

    def on(condition: str, value: Any) -> None:
        if value is not None:
            args.append(value)
            parts.append(condition.replace("?", f"${len(args)}"))

    on("e.kind = ANY(?)", None if wanted.kinds is None else [*wanted.kinds])
    on("e.actor = ?", wanted.actor)
    on("e.subject = ?", wanted.subject)
    on("e.item = ?", wanted.item)
    on("e.policy = ?", wanted.policy)
    on("e.at >= ?", wanted.since)
    on("e.at < ?", wanted.until)
    on("e.seq < ?", page.after[0] if page.after else None)
    if wanted.is_top:
        parts.append("e.parent IS NULL")
    return await db.fetch(
        f"""SELECT e.*, b.id AS reverted_by FROM community.mod_event AS e
        LEFT JOIN community.mod_event AS b ON b.reverts = e.id
        WHERE {" AND ".join(parts)} ORDER BY e.seq DESC LIMIT {page.limit + 1}""",
        *args,
    )  # fmt: skip


async def by_ids(actor: Actor, wanted: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Those of the events that the moderator may see."""
    scope = await scopes.of(actor)
    rows = await db.fetch(
        f"""SELECT e.*, b.id AS reverted_by FROM community.mod_event AS e
        LEFT JOIN community.mod_event AS b ON b.reverts = e.id WHERE {_SEES} AND e.id = ANY($3)""",
        scope.sees_all, list(scope.circles), list(wanted),
    )  # fmt: skip
    return {row["id"]: row for row in rows}


async def children(parents: Sequence[UUID]) -> dict[UUID, list[db.Row]]:
    """The events of single actions, in their order."""
    rows = await db.fetch(
        """SELECT e.*, b.id AS reverted_by FROM community.mod_event AS e
        LEFT JOIN community.mod_event AS b ON b.reverts = e.id WHERE e.parent = ANY($1) ORDER BY e.seq""",
        list(parents),
    )
    found: dict[UUID, list[db.Row]] = {}
    for row in rows:
        found.setdefault(row["parent"], []).append(row)
    return found


async def find(actor: Actor, anything: str) -> list[tuple[str, UUID]]:
    """Records that a text may mean, as (kind, id): an id, a link with one, a member number, an id of an import, an address.

    Who may see them is for the reader to check. Raises InvalidInput for nothing to look for.
    """
    text = anything.strip()
    if not 1 <= len(text) <= LONGEST_LOOKUP:
        raise InvalidInput.at("anything", f"Use 1 to {LONGEST_LOOKUP} characters.")
    named = [UUID(each) for each in _UUID.findall(text)]
    rows = await db.fetch(
        """SELECT 'POST' AS kind, id FROM community.post WHERE id = ANY($1) OR external_id = $2
        UNION SELECT 'COMMENT', id FROM community.comment WHERE id = ANY($1) OR external_id = $2
        UNION SELECT 'REPORT', id FROM community.report WHERE id = ANY($1)
        UNION SELECT 'REVIEW_ITEM', id FROM community.review_item WHERE id = ANY($1) OR subject = ANY($1)
        UNION SELECT 'MOD_EVENT', id FROM community.mod_event WHERE id = ANY($1)
        UNION SELECT 'CIRCLE', id FROM community.circle WHERE id = ANY($1) OR slug = lower($2)
        UNION SELECT 'MEMBER', root FROM profile.member WHERE id = ANY($1) OR number = $2
        UNION SELECT 'MEMBER', m.root FROM profile.identity AS i JOIN profile.member AS m ON m.id = i.member
            WHERE i.type LIKE 'user_id%' AND i.value_norm = $2""",
        named, text,
    )  # fmt: skip
    return sorted((row["kind"], row["id"]) for row in rows)[:MOST_FOUND]


async def person(member_id: UUID) -> UUID:
    """The root behind a member id, or NOT_FOUND."""
    return await members.root_of(member_id)
