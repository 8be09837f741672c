"""Awards that wait for an operator: looked at, then released or cancelled, once."""

from __future__ import annotations

from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.errors import IllegalTransition, InvalidInput, NotFound
from domain.foundation.pages import Page
from domain.points import balances, books, ledger, moves
from domain.points.decisions import CANCELLED, HELD, RELEASED
from domain.points.ledger import Posted
from domain.points.tables import LotState

#: What may be decided about a held award.
DECISIONS = {"RELEASE": RELEASED, "CANCEL": CANCELLED}
#: How long a decision that gave nothing is kept.
KEPT_DAYS = 400
_AT_ONCE = 5_000


async def decide(actor: Actor, journal: UUID, decision: str, note: str) -> Posted:
    """Make a held award available now, or take it away; anything that is not held is IllegalTransition.

    A cancelled award stays counted in its caps. Locks: the accounts by id, then the decision's row.
    """
    async with db.transaction():
        if not note.strip() or len(note) > 500:
            raise InvalidInput.at("note", "Say why, in at most 500 characters.")
        target = DECISIONS[decision]
        row = await db.one(
            """SELECT d.id, d.member, d.granted, ARRAY(SELECT j.id FROM points.journal AS j
                WHERE j.kind IN ('EARN', 'CORRECT') AND j.source = 'INTERACTION' AND j.source_id = d.interaction::text
                AND j.rule_version IN (SELECT id FROM points.earn_rule_version WHERE rule = d.rule)) AS journals
            FROM points.earn_decision AS d WHERE d.journal = $1""",
            journal,
        )
        if row is None:
            raise NotFound()
        book = await books.lock([row["member"]], sorted(row["granted"]))
        await books.load_whole(book, book.accounts.values())
        await _become(row["id"], target)
        await books.settle(book)
        moved: dict[str, int] = {}
        for account in book.accounts.values():
            for lot in list(account.lots.values()):
                if lot.state == LotState.PENDING and lot.journal in row["journals"]:
                    moved[account.wallet.code] = moved.get(account.wallet.code, 0) + lot.remaining
                    step = moves.activate if target == RELEASED else moves.cancel
                    step(book, account, lot, book.now).actor = actor.id
        await books.settle(book)
        await books.write(book, actor)
        await audit.append(
            actor, "points.award.decided", "journal", journal, facts={"decision": decision, "moved": moved},
            text={"note": note},
        )  # fmt: skip
        shown = [balances.of_account(account, book.now) for account in book.accounts.values()]
        return ledger.Posted(journal, shown, moved)


async def held(page: Page) -> list[db.Row]:
    """Awards that wait for an operator, the oldest first; key of a page: (created_at, id)."""
    at, last = page.after or (None, None)
    return await db.fetch(
        """SELECT d.id, d.interaction, r.code AS rule, d.outcome, d.reasons, d.desired, d.granted, d.journal,
            d.is_reversed, d.gate, d.occurred_at, d.created_at, m.root
        FROM points.earn_decision AS d JOIN points.earn_rule AS r ON r.id = d.rule
        JOIN profile.member AS m ON m.id = d.member
        WHERE d.gate = 'HELD' AND NOT d.is_reversed AND ($1::timestamptz IS NULL OR (d.created_at, d.id) > ($1, $2::uuid))
        ORDER BY d.created_at, d.id LIMIT $3""",
        at, last, page.limit + 1,
    )  # fmt: skip


async def forget_idle() -> int:
    """Delete decisions that gave nothing, count in no cap and are older than 400 days; answers how many."""
    total = 0
    while gone := await db.run(
        """DELETE FROM points.earn_decision WHERE id IN (SELECT id FROM points.earn_decision
            WHERE journal IS NULL AND windows = '[]' AND outcome = 'REFUSED'
            AND created_at < $1::timestamptz - make_interval(days => $2) LIMIT $3)""",
        clock.now(), KEPT_DAYS, _AT_ONCE,
    ):  # fmt: skip
        total += gone
    return total


async def never() -> None:
    """Forgetting changes nothing that anybody waits for, so the test clock need not stop for it."""


async def _become(decision: UUID, target: str) -> None:
    changed = await db.run(
        "UPDATE points.earn_decision SET gate = $2 WHERE id = $1 AND gate = $3 AND NOT is_reversed",
        decision, target, HELD,
    )  # fmt: skip
    if not changed:
        row = await db.one("SELECT gate, is_reversed FROM points.earn_decision WHERE id = $1", decision)
        assert row is not None
        state = "REVERSED" if row["is_reversed"] else row["gate"] or "AWARDED"
        raise IllegalTransition(state, target, [])
