"""Reading the desk: items by filter, and what a screen shows beside them, each in one statement for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community.desk import scope as scopes
from domain.community.desk.scope import Scope
from domain.foundation.pages import Page

#: Order -> the columns that sort, with the direction of all of them.
ORDERS: dict[str, tuple[tuple[str, ...], str]] = {
    "SCORE": (("score", "opened_at", "seq"), "DESC"),
    "NEWEST": (("opened_at", "seq"), "DESC"),
    "OLDEST": (("opened_at", "seq"), "ASC"),
    "DUE": (("due", "seq"), "ASC"),
}
_CAST = {"score": "numeric", "opened_at": "timestamptz", "seq": "bigint", "due": "timestamptz"}
#: Items that are never due come after all that are.
_DUE = "coalesce(i.due_at, 'infinity'::timestamptz)"


@dataclass(frozen=True)
class Filter:
    """Which items; None asks for everything. ``states`` None are those that wait."""

    states: Sequence[str] | None = None
    queues: Sequence[UUID] | None = None
    causes: Sequence[str] | None = None
    kinds: Sequence[str] | None = None
    categories: Sequence[str] | None = None
    circles: Sequence[UUID] | None = None
    author: UUID | None = None
    reporter: UUID | None = None
    claimed_by_me: bool | None = None
    overdue: bool | None = None
    min_score: Decimal | None = None
    since: datetime | None = None
    until: datetime | None = None


async def listed(actor: Actor, wanted: Filter, order: str, page: Page) -> list[db.Row]:
    """One page of items; the key of a page is what its order sorts by (:func:`key`)."""
    where, args = _where(actor, await scopes.of(actor), wanted)
    columns, direction = ORDERS[order]
    names = [_DUE if column == "due" else f"i.{column}" for column in columns]
    if page.after is not None:
        marks = ", ".join(f"${len(args) + n}::{_CAST[column]}" for n, column in enumerate(columns, 1))
        where += f" AND ({', '.join(names)}) {'<' if direction == 'DESC' else '>'} ({marks})"
        args += [*page.after]
    sort = ", ".join(f"{name} {direction}" for name in names)
    return await db.fetch(
        f"SELECT i.*, {_DUE} AS due FROM community.review_item AS i WHERE {where} ORDER BY {sort} LIMIT {page.limit + 1}",
        *args,
    )  # fmt: skip


async def count(actor: Actor, wanted: Filter) -> int:
    """How many items there are of a filter."""
    where, args = _where(actor, await scopes.of(actor), wanted)
    return await db.value(f"SELECT count(*) FROM community.review_item AS i WHERE {where}", *args)


def key(row: db.Row, order: str) -> tuple[Any, ...]:
    """Where an item stands in an order."""
    return tuple(row[column] for column in ORDERS[order][0])


async def by_ids(actor: Actor, wanted: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Those of the items that are the moderator's."""
    rows = await db.fetch(
        f"SELECT i.* FROM community.review_item AS i WHERE {scopes.SEES_ITEM} AND i.id = ANY($4)",
        *(await scopes.of(actor)).args, list(wanted),
    )  # fmt: skip
    return {row["id"]: row for row in rows}


async def reports_by_ids(actor: Actor, wanted: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Reports that are the moderator's to see, or the member's own."""
    rows = await db.fetch(
        f"""SELECT r.* FROM community.report AS r WHERE r.id = ANY($4) AND (({scopes.SEES_REPORT})
            OR r.reporter IN (SELECT o.id FROM profile.member AS m JOIN profile.member AS o ON o.root = m.root
                WHERE m.id = $5))""",
        *(await scopes.of(actor)).args, list(wanted), actor.member_id,
    )  # fmt: skip
    return {row["id"]: row for row in rows}


async def reports_of_items(items: Sequence[UUID]) -> dict[UUID, list[db.Row]]:
    """The reports of items, highest score first."""
    rows = await db.fetch(
        "SELECT * FROM community.report WHERE item = ANY($1) ORDER BY score DESC, seq DESC", list(items)
    )
    return _grouped(rows, "item")


async def own_reports(root: UUID, page: Page) -> list[db.Row]:
    """What a person reported, newest first. Key: (seq,)."""
    return await db.fetch(
        """SELECT r.* FROM community.report AS r JOIN profile.member AS m ON m.id = r.reporter
        WHERE m.root = (SELECT root FROM profile.member WHERE id = $1) AND ($2::bigint IS NULL OR r.seq < $2)
        ORDER BY r.seq DESC LIMIT $3""",
        root, page.after[0] if page.after else None, page.limit + 1,
    )  # fmt: skip


async def activities(reports: Sequence[UUID], page: Page) -> dict[UUID, list[db.Row]]:
    """What was done with reports, oldest first, one page of each. Key: (seq,)."""
    rows = await db.fetch(
        """SELECT a.* FROM unnest($1::uuid[]) AS r(id) CROSS JOIN LATERAL (
            SELECT * FROM community.report_activity AS a WHERE a.report = r.id AND ($2::bigint IS NULL OR a.seq > $2)
            ORDER BY a.seq LIMIT $3) AS a""",
        list(reports), page.after[0] if page.after else None, page.limit + 1,
    )  # fmt: skip
    return _grouped(rows, "report")


async def timeline(item: UUID, page: Page) -> list[db.Row]:
    """What happened around an item, newest first: its events, and what was done with its reports. Key: (at, source, seq)."""
    at, source, seq = page.after or (None, None, None)
    return await db.fetch(
        """WITH happened AS (
            SELECT e.at, 'EVENT' AS source, e.seq, e.id, e.kind, e.actor, e.actor_kind, e.policy, e.reason AS note,
                NULL::text AS from_state, NULL::text AS to_state, NULL::uuid AS report
            FROM community.mod_event AS e WHERE e.item = $1 OR (e.item IS NULL AND e.subject =
                (SELECT subject FROM community.review_item WHERE id = $1))
            UNION ALL
            SELECT a.at, 'REPORT', a.seq, a.id, a.kind, a.actor, a.actor_kind, NULL,
                coalesce(a.internal_note, a.public_note), a.from_state, a.to_state, a.report
            FROM community.report_activity AS a JOIN community.report AS r ON r.id = a.report WHERE r.item = $1
        ) SELECT * FROM happened
        WHERE ($2::timestamptz IS NULL OR (at, source, seq) < ($2, $3::text, $4::bigint))
        ORDER BY at DESC, source DESC, seq DESC LIMIT $5""",
        item, at, source, seq, page.limit + 1,
    )  # fmt: skip


async def similar(actor: Actor, item: db.Row, limit: int) -> list[db.Row]:
    """Other items of the same author, or with the same folded text, newest first."""
    return await db.fetch(
        f"""WITH same AS (
            SELECT p.id FROM community.post AS p WHERE p.id <> $4 AND p.folded_hash IN (
                SELECT folded_hash FROM community.post WHERE id = $4
                UNION SELECT folded_hash FROM community.comment WHERE id = $4)
            UNION SELECT c.id FROM community.comment AS c WHERE c.id <> $4 AND c.folded_hash IN (
                SELECT folded_hash FROM community.post WHERE id = $4
                UNION SELECT folded_hash FROM community.comment WHERE id = $4)
            UNION SELECT p.id FROM community.post AS p JOIN profile.member AS m ON m.id = p.author WHERE m.root = $5
            UNION SELECT c.id FROM community.comment AS c JOIN profile.member AS m ON m.id = c.author WHERE m.root = $5
            UNION SELECT $5::uuid WHERE $5::uuid IS NOT NULL
        ) SELECT i.* FROM community.review_item AS i JOIN same ON same.id = i.subject
        WHERE i.subject <> $4 AND {scopes.SEES_ITEM} ORDER BY i.opened_at DESC, i.seq DESC LIMIT $6""",
        *(await scopes.of(actor)).args, item["subject"],
        await db.value("SELECT community.author_of($1, $2)", item["subject_kind"], item["subject"]), limit,
    )  # fmt: skip


def _where(actor: Actor, scope: Scope, wanted: Filter) -> tuple[str, list[Any]]:
    """The condition on ``i``, with its parameters; the first three are those of the scope."""
    args: list[Any] = [*scope.args]
    parts = [scopes.SEES_ITEM]

    def on(condition: str, value: Any) -> None:
        if value is not None:
            args.append(value)
            parts.append(condition.replace("?", f"${len(args)}"))

    now = clock.now()
    on("i.state = ANY(?)", [*wanted.states] if wanted.states else ["PENDING"])
    on("i.queue = ANY(?)", None if wanted.queues is None else [*wanted.queues])
    on("i.causes && ?::text[]", None if wanted.causes is None else [*wanted.causes])
    on("i.subject_kind = ANY(?)", None if wanted.kinds is None else [*wanted.kinds])
    on(
        "EXISTS (SELECT FROM community.report AS r WHERE r.item = i.id AND r.category = ANY(?))",
        None if wanted.categories is None else [*wanted.categories],
    )
    on(
        "community.circle_of(i.subject_kind, i.subject) = ANY(?::uuid[])",
        None if wanted.circles is None else [*wanted.circles],
    )
    on(
        "community.author_of(i.subject_kind, i.subject) = (SELECT root FROM profile.member WHERE id = ?)",
        wanted.author,
    )
    on(
        """EXISTS (SELECT FROM community.report AS r JOIN profile.member AS m ON m.id = r.reporter
        WHERE r.item = i.id AND m.root = (SELECT root FROM profile.member WHERE id = ?))""",
        wanted.reporter,
    )
    if wanted.claimed_by_me is not None:
        on("(i.claimed_until > ?)", now)
        on("i.claimed_by = ?" if wanted.claimed_by_me else "i.claimed_by <> ?", actor.id)
    if wanted.overdue is not None:
        on("i.due_at <= ?" if wanted.overdue else "(i.due_at IS NULL OR i.due_at > ?)", now)
    on("i.score >= ?", wanted.min_score)
    on("i.opened_at >= ?", wanted.since)
    on("i.opened_at < ?", wanted.until)
    return " AND ".join(parts), args


def _grouped(rows: Sequence[db.Row], by: str) -> dict[UUID, list[db.Row]]:
    found: dict[UUID, list[db.Row]] = {}
    for row in rows:
        found.setdefault(row[by], []).append(row)
    return found
