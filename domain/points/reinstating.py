"""Points that expired come back by hand, within the time that the wallet's policy gives for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain import db
from domain.access import approvals, audit
from domain.access.approvals import Approval
from domain.actor import Actor
from domain.errors import InvalidInput, NotFound
from domain.points import amounts, ledger, moves, periods, wallets
from domain.points.book import Book, Part
from domain.points.errors import NothingToReverse, ReinstatementOver
from domain.points.ledger import Posted
from domain.points.tables import JournalKind


@dataclass(frozen=True)
class _Expired:
    """What of a lot expired and is not back yet, and when it expired last."""

    left: int
    at: datetime
    funding_source: str | None


async def reinstate(
    actor: Actor, lot: UUID, action: str, *, reason: str, amount: Decimal | None = None
) -> Posted | Approval:
    """What expired of a lot (all of it, or at most ``amount``) is available again, debt first.

    It comes as a new lot linked to the old one, which expires by the policy in force, counted from now. Refuses
    NothingToReverse when nothing is left to come back and ReinstatementOver when the policy's window is over. Above the
    threshold of ``action`` a second person signs.
    """
    async with db.transaction():
        row = await db.one(
            """SELECT a.member, t.code, t.scale, g.zone FROM points.lot AS l JOIN points.account AS a ON a.id = l.account
            JOIN points.wallet_type AS t ON t.id = a.wallet_type JOIN points.programme AS g ON g.id = t.programme
            WHERE l.id = $1""",
            lot,
        )
        if row is None:
            raise NotFound()
        if not reason.strip() or len(reason) > 500:
            raise InvalidInput.at("reason", "Say why, in at most 500 characters.")
        wanted = None if amount is None else amounts.positive(amount, row["scale"])
        book, (account,) = await ledger.opened(row["member"], [row["code"]], None)
        found = await _expired(book, lot)
        await _must_be_in_time(row["code"], row["zone"], found.at, book.now)
        points = found.left if wanted is None else min(wanted, found.left)
        given = {
            "do": "reinstate", "lot": str(lot), "reason": reason, "amount": None if amount is None else str(amount),
        }  # fmt: skip
        shown = amounts.decimal(points, row["scale"])
        effects = {
            "do": "reinstate", "member": str(account.member), "wallet": row["code"], "amount": str(shown),
        }  # fmt: skip
        asked = await approvals.ask(actor, action, given, effects=effects, amount=shown, note=reason)
        if asked is not None:
            return asked
        cause = ledger.by_staff(reason)
        journal = book.begin(cause.journal(actor, JournalKind.REINSTATE, book.now))
        back = moves.earn(
            book, account, journal, points, source=Part.EXPIRED, funding_source=found.funding_source
        )
        if back is not None:
            back.parent = lot
        posted = await ledger.closed(book, actor, cause, journal, {row["code"]: points})
        await audit.append(
            actor, "points.entry.reinstated", "lot", lot, facts={"journal": str(posted.journal)},
            text={"reason": reason},
        )  # fmt: skip
        return posted


async def run(actor: Actor, action: str, given: dict[str, Any]) -> Posted | Approval:
    """The command that an approval runs again."""
    amount = given["amount"]
    return await reinstate(
        actor, UUID(given["lot"]), action, reason=given["reason"],
        amount=None if amount is None else Decimal(amount),
    )  # fmt: skip


async def _expired(book: Book, lot: UUID) -> _Expired:
    """Under the account's lock; what the settling of this very posting let expire counts too."""
    row = await db.one(
        """SELECT l.funding_source, coalesce(sum(u.amount), 0)::bigint AS gone, max(j.occurred_at) AS at,
            (SELECT coalesce(sum(original), 0) FROM points.lot AS c JOIN points.journal AS o ON o.id = c.journal
                WHERE c.parent = l.id AND o.kind = 'REINSTATE')::bigint AS back
        FROM points.lot AS l LEFT JOIN points.lot_use AS u ON u.lot = l.id AND u.kind = 'EXPIRE'
        LEFT JOIN points.journal AS j ON j.id = u.journal WHERE l.id = $1 GROUP BY l.id""",
        lot,
    )
    assert row is not None
    moments = {journal.id: journal.occurred_at for journal in book.journals}
    just = [use for use in book.uses if use.lot == lot and use.kind == "EXPIRE"]
    at = max([moments[use.journal] for use in just] + ([row["at"]] if row["at"] else []), default=None)
    left = row["gone"] + sum(use.amount for use in just) - row["back"]
    if at is None or left <= 0:
        raise NothingToReverse()
    return _Expired(left, at, row["funding_source"])


async def _must_be_in_time(code: str, zone: str, at: datetime, now: datetime) -> None:
    policy = await wallets.in_force(code, now)
    window = policy["reinstate_window"] if policy else None
    until = periods.end(at, zone, window) if window else None
    if until is None or until <= now:
        raise ReinstatementOver(code, until)
