"""Reads for screens: entries, journals, lots and decisions of a person, over all members merged into one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain import db
from domain.foundation.pages import Page
from domain.points import books, moves
from domain.points.book import Lot, Wallet
from domain.points.tables import LotState

_ENTRY = """e.id, e.seq, e.journal, t.code, t.scale, e.source_part, e.target_part, e.amount, e.pending_after,
    e.available_after, e.held_after, e.debt_after, e.occurred_at, j.kind, j.reason,
    (SELECT m.root FROM profile.member AS m WHERE m.id = a.member) AS root
    FROM points.entry AS e JOIN points.journal AS j ON j.id = e.journal JOIN points.account AS a ON a.id = e.account
    JOIN points.wallet_type AS t ON t.id = a.wallet_type"""


async def entries(
    root: UUID,
    page: Page,
    *,
    wallet: str | None = None,
    kinds: Sequence[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[db.Row]:
    """Entries, newest first; key of a page: (occurred_at, id)."""
    at, last = page.after or (None, None)
    return await db.fetch(
        f"""SELECT {_ENTRY} WHERE a.member IN (SELECT id FROM profile.member WHERE root = $1)
        AND ($2::text IS NULL OR t.code = $2) AND ($3::text[] IS NULL OR j.kind = ANY($3))
        AND ($4::timestamptz IS NULL OR e.occurred_at >= $4) AND ($5::timestamptz IS NULL OR e.occurred_at < $5)
        AND ($6::timestamptz IS NULL OR (e.occurred_at, e.id) < ($6, $7::uuid))
        ORDER BY e.occurred_at DESC, e.id DESC LIMIT $8""",
        root, wallet, list(kinds) if kinds is not None else None, since, until, at, last, page.limit + 1,
    )  # fmt: skip


async def entries_of(journals: Sequence[UUID]) -> dict[UUID, list[db.Row]]:
    """The entries of journals, in their order."""
    found: dict[UUID, list[db.Row]] = {journal: [] for journal in journals}
    for row in await db.fetch(
        f"SELECT {_ENTRY} WHERE e.journal = ANY($1) ORDER BY e.account, e.seq", list(journals)
    ):
        found[row["journal"]].append(row)
    return found


async def journals(journal_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Journals with the members they touched and what reverses them."""
    rows = await db.fetch(
        """SELECT j.*, r.code AS rule, ARRAY(SELECT DISTINCT m.root FROM points.entry AS e
                JOIN points.account AS a ON a.id = e.account JOIN profile.member AS m ON m.id = a.member
                WHERE e.journal = j.id) AS roots,
            ARRAY(SELECT o.id FROM points.journal AS o WHERE o.reverses = j.id ORDER BY o.id) AS reversed_by,
            EXISTS (SELECT FROM points.entry AS e WHERE e.journal = j.id AND e.source_part = 'DEBT') AS creates_debt,
            (SELECT coalesce(jsonb_object_agg(t.code, t.scale), '{}') FROM points.wallet_type AS t
                WHERE j.facts->'waived' ? t.code OR t.id IN (SELECT a.wallet_type FROM points.entry AS e
                    JOIN points.account AS a ON a.id = e.account WHERE e.journal = j.id)) AS scales
        FROM points.journal AS j LEFT JOIN points.earn_rule_version AS v ON v.id = j.rule_version
        LEFT JOIN points.earn_rule AS r ON r.id = v.rule WHERE j.id = ANY($1)""",
        list(journal_ids),
    )
    return {row["id"]: row for row in rows}


async def by_reference(reference: str) -> UUID | None:
    """The journal that carries a reference."""
    return await db.value("SELECT id FROM points.journal WHERE reference = $1", reference)


async def lots(root: UUID, wallet: str | None, *, only_open: bool) -> list[tuple[Wallet, Lot]]:
    """A person's lots in the order of spending, as a sweep now would leave them."""
    book = await books.read([root], [wallet] if wallet else None)
    if not only_open:
        await books.load_closed(book)
    for account in book.accounts.values():
        moves.settle(book, account)
    found = [(a.wallet, lot) for a in book.accounts.values() for lot in a.lots.values()]
    shown = [
        (w, lot) for w, lot in found if not only_open or lot.state in (LotState.PENDING, LotState.ACTIVE)
    ]
    return sorted(shown, key=lambda pair: (pair[0].code, pair[1].order))


async def decisions(
    root: UUID, page: Page, *, outcome: str | None = None, interaction: UUID | None = None
) -> list[db.Row]:
    """Why facts earned or not, newest first; key of a page: (occurred_at, id)."""
    at, last = page.after or (None, None)
    return await db.fetch(
        """SELECT d.id, d.interaction, r.code AS rule, d.outcome, d.reasons, d.desired, d.granted, d.journal,
            d.is_reversed, d.gate, d.occurred_at FROM points.earn_decision AS d JOIN points.earn_rule AS r ON r.id = d.rule
        WHERE d.member IN (SELECT id FROM profile.member WHERE root = $1) AND ($2::text IS NULL OR d.outcome = $2)
        AND ($3::uuid IS NULL OR d.interaction = $3)
        AND ($4::timestamptz IS NULL OR (d.occurred_at, d.id) < ($4, $5::uuid))
        ORDER BY d.occurred_at DESC, d.id DESC LIMIT $6""",
        root, outcome, interaction, at, last, page.limit + 1,
    )  # fmt: skip


async def scales() -> dict[str, int]:
    """The scale of every wallet, by code."""
    return {row["code"]: row["scale"] for row in await db.fetch("SELECT code, scale FROM points.wallet_type")}


async def counted(root: UUID, wallet: str, parts: Sequence[str], until: datetime, most: int) -> list[db.Row]:
    """The newest entries that move one of these parts, until a moment."""
    return await db.fetch(
        f"""SELECT {_ENTRY} WHERE a.member IN (SELECT id FROM profile.member WHERE root = $1) AND t.code = $2
        AND ((e.source_part = ANY($3)) <> (e.target_part = ANY($3))) AND e.occurred_at <= $4
        ORDER BY e.occurred_at DESC, e.id DESC LIMIT $5""",
        root, wallet, list(parts), until, most,
    )  # fmt: skip
