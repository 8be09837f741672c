"""What falls due on accounts by time alone: activations, cancellations, expiries and the end of holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.errors import InvalidInput
from domain.foundation.sweeps import Sweep
from domain.points import (
    announcing,
    backtesting,
    books,
    commerce,
    correcting,
    deciding,
    earn_rules,
    earning,
    engagement,
    following,
    ledger,
    mission_closing,
    moves,
    setbacks,
    settling,
    standing_keeping,
)
from domain.points.keeping import chain
from domain.points.settling import Settled

SWEEP = "points"
_AT_ONCE = 1_000
#: So many accounts are settled in one transaction: enough to share its statements, few enough to be done soon. One
#: transaction after another: two at once are half as fast again, and keep everybody else from a processor.
_TOGETHER = 50


async def settle_due() -> int:
    """Settle the accounts on which something is due, the longest due first; answers how many.

    An account on which somebody else writes just now is settled by them.
    """
    rows = await db.fetch(
        f"""SELECT a.id FROM points.account AS a WHERE a.next_due <= $1 AND NOT a.is_closed
        AND NOT {setbacks.waits(SWEEP, "a.id")} ORDER BY a.next_due, a.id LIMIT $2""",
        clock.now(), _AT_ONCE,
    )  # fmt: skip
    return sum(each.accounts for each in await _settled([row["id"] for row in rows]))


@dataclass
class Swept(Settled):
    """What a sweep posted, or would, in all that falls due by time."""

    tiers_changed: int = 0
    missions_closed: int = 0


async def sweep(wallet: str | None = None, *, is_dry: bool = False, as_of: datetime | None = None) -> Swept:
    """Post all that is due, or only say what would be, as of any moment (then nothing is written).

    What cannot be posted is left for later, and does not keep the rest from its turn.
    """
    if as_of is not None and not is_dry:
        raise InvalidInput.at("asOf", "Only a dry run looks at another moment.")
    known = await db.value("SELECT EXISTS (SELECT FROM points.wallet_type WHERE code = $1)", wallet)
    if wallet is not None and not known:
        raise InvalidInput.at("wallet", f"There is no wallet {wallet}.")
    now = as_of or clock.now()
    swept = Swept()
    last: UUID | None = None
    while due := await _due(now, wallet, last):
        for each in await (_looked_at(due, now) if is_dry else _settled(due)):
            swept.add(each)
        last = due[-1]
    swept.missions_closed = await mission_closing.sweep(wallet, is_dry=is_dry, as_of=as_of)
    swept.tiers_changed = await standing_keeping.sweep(wallet, is_dry=is_dry, as_of=as_of)
    return swept


async def _settled(due: Sequence[UUID]) -> list[Settled]:
    """Settle these accounts, some at a time; one that fails is set back and holds up no other."""
    return await setbacks.together(SWEEP, due, settling.settle, _TOGETHER)


async def _looked_at(due: Sequence[UUID], at: datetime) -> list[Settled]:
    """What settling would post, account by account; nothing is written."""
    found = []
    for account in due:
        for row in await ledger.named([account]):
            book = await books.read([row["member"]], [row["code"]], at)
            for each in book.accounts.values():
                moves.settle(book, each)
            found.append(settling.posted(book))
    return found


async def next_due() -> datetime | None:
    """The earliest moment at which something may be due on an account."""
    return await db.value(
        f"""SELECT min(greatest(a.next_due, b.next_try_at)) FROM points.account AS a {setbacks.join(SWEEP, "a.id")}
        WHERE a.next_due IS NOT NULL AND NOT a.is_closed"""
    )


async def _due(now: datetime, wallet: str | None = None, last: UUID | None = None) -> list[UUID]:
    rows = await db.fetch(
        """SELECT a.id FROM points.account AS a JOIN points.wallet_type AS t ON t.id = a.wallet_type
        WHERE a.next_due <= $1 AND NOT a.is_closed AND ($2::text IS NULL OR t.code = $2)
        AND ($3::uuid IS NULL OR a.id > $3) ORDER BY a.id LIMIT $4""",
        now, wallet, last, _AT_ONCE,
    )  # fmt: skip
    return [row["id"] for row in rows]


SWEEPS = [
    Sweep(SWEEP, settle_due, next_due),
    announcing.SWEEP,
    Sweep("points_rules", earn_rules.turn_due, earn_rules.next_due),
    Sweep("points_awards", earning.judge_due, earning.next_due),
    Sweep("points_decisions", deciding.forget_idle, deciding.never, every_seconds=3600),
    *engagement.SWEEPS,
    commerce.SWEEP,
    following.SWEEP,
    chain.SWEEP,
    backtesting.SWEEP,
    correcting.SWEEP,
]
