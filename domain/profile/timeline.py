"""A person's interactions in the order in which they happened, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from domain import db
from domain.foundation.pages import Page
from domain.profile import catalogue

COLUMNS = """i.id, i.message_id, i.member, m.root, i.kind, i.class, i.occurred_at, i.received_at, i.touchpoint, i.source,
    i.actor_kind, i.actor_id, i.subject_kind, i.subject_id, i.session_key, i.context, i.properties, i.compensates,
    (SELECT c.id FROM profile.interaction AS c WHERE c.compensates = i.id AND profile.counts(c.id)
     ORDER BY c.received_at LIMIT 1) AS compensated_by"""


#: Comes after every row, so that the first page is read by the same index condition as the others.
_BEGINNING = (datetime(9999, 12, 31, tzinfo=UTC), UUID(int=2**128 - 1))


@dataclass(frozen=True)
class Filter:
    """``kind_prefix`` is a kind or the beginning of one; times are [since, until)."""

    kind_prefix: str | None = None
    touchpoint: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def of_root(
    root: UUID, page: Page, wanted: Filter | None = None, *, is_own: bool = False
) -> list[db.Row]:
    """One page of a root's timeline, newest first; ``is_own`` hides what only staff see."""
    wanted = wanted or Filter()
    occurred_at, after = page.after or _BEGINNING
    hidden = [kind.name for kind in catalogue.listed() if kind.is_staff_only] if is_own else []
    # A page of each member by the index, and of these the newest: no member's rows are sorted.
    return await db.fetch(
        f"""SELECT {COLUMNS} FROM profile.member AS m CROSS JOIN LATERAL (
            SELECT * FROM profile.interaction AS i WHERE i.member = m.id
            AND (i.occurred_at, i.id) < ($2, $3)
            AND ($4::text IS NULL OR starts_with(i.kind, $4)) AND ($5::text IS NULL OR i.touchpoint = $5)
            AND ($6::timestamptz IS NULL OR i.occurred_at >= $6) AND ($7::timestamptz IS NULL OR i.occurred_at < $7)
            AND i.kind <> ALL($8) ORDER BY i.occurred_at DESC, i.id DESC LIMIT $9) AS i
        WHERE m.root = $1 ORDER BY i.occurred_at DESC, i.id DESC LIMIT $9""",
        root, occurred_at, after, wanted.kind_prefix, wanted.touchpoint, wanted.since, wanted.until, hidden,
        page.limit + 1,
    )  # fmt: skip


async def by_ids(interaction_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Interactions by id."""
    rows = await db.fetch(
        f"SELECT {COLUMNS} FROM profile.interaction AS i LEFT JOIN profile.member AS m ON m.id = i.member "
        "WHERE i.id = ANY($1)",
        list(interaction_ids),
    )
    return {row["id"]: row for row in rows}


async def since(root: UUID, received_at: datetime, *, is_own: bool = False) -> list[db.Row]:
    """Rows of a root that arrived at or after an instant, oldest first (for subscriptions, which skip repeats)."""
    hidden = [kind.name for kind in catalogue.listed() if kind.is_staff_only] if is_own else []
    return await db.fetch(
        f"""SELECT {COLUMNS} FROM profile.interaction AS i JOIN profile.member AS m ON m.id = i.member
        WHERE i.member = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1)) AND i.received_at >= $2
        AND i.kind <> ALL($3) ORDER BY i.received_at, i.id LIMIT 500""",
        root, received_at, hidden,
    )  # fmt: skip


async def counts(
    kind_prefix: str,
    by: str | None,
    limit: int,
    since_at: datetime | None = None,
    until: datetime | None = None,
) -> list[db.Row]:
    """How many interactions that count there are (``value``, ``n``): by kind, or by a property of the facts.

    Most first; ``value`` is null for facts without the property.
    """
    return await db.fetch(
        """SELECT CASE WHEN $4::text IS NULL THEN kind ELSE properties ->> $4 END AS value, count(*) AS n
        FROM profile.interaction WHERE starts_with(kind, $1)
        AND ($2::timestamptz IS NULL OR occurred_at >= $2) AND ($3::timestamptz IS NULL OR occurred_at < $3)
        AND profile.counts(id) GROUP BY 1 ORDER BY n DESC, value LIMIT $5""",
        kind_prefix, since_at, until, by, limit,
    )  # fmt: skip
