"""Telling members 30 and 7 days ahead what will expire (``points.expiry.announced``); nothing is posted.

An account knows when its next announcement is due; it is worked out under the account's lock, so what was spent by then
is not announced. What comes in later than that moment is not told about afterwards.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from domain import clock, db
from domain.actor import ActorKind
from domain.foundation.sweeps import Sweep
from domain.points import books, kinds, ledger, lots, setbacks
from domain.points.amounts import decimal
from domain.points.book import Account
from domain.profile import interactions

_SWEEP = "points_expiries"
_AT_ONCE = 200


async def announce_due() -> int:
    """Announce what is due, oldest first, one transaction an account; answers how many accounts were looked at."""
    rows = await db.fetch(
        f"""SELECT a.id FROM points.account AS a WHERE a.announce_due <= $1 AND NOT a.is_closed
        AND NOT {setbacks.waits(_SWEEP, "a.id")} ORDER BY a.announce_due, a.id LIMIT $2""",
        clock.now(), _AT_ONCE,
    )  # fmt: skip
    return await setbacks.each(_SWEEP, [row["id"] for row in rows], _announce)


async def next_due() -> datetime | None:
    """When the next account has something to announce."""
    return await db.value(
        f"""SELECT min(greatest(a.announce_due, b.next_try_at)) FROM points.account AS a
        {setbacks.join(_SWEEP, "a.id")} WHERE a.announce_due IS NOT NULL AND NOT a.is_closed"""
    )


async def _announce(account_id: UUID) -> None:
    named = await ledger.named([account_id])
    if not named:
        return
    book = await books.lock([named[0]["member"]], [named[0]["code"]], makes=False)
    account = book.accounts.get(account_id)
    if account is None or account.announce_due is None or account.announce_due > book.now:
        return  # told by another process, or merged meanwhile
    await books.load_whole(book, [account])
    await books.settle(book)
    await books.write(book)
    ends = lots.ending(account.lots.values(), account.wallet.zone, book.now)
    await interactions.record_many(
        [
            _entry(account, day, end, amount, ahead)
            for day, (end, amount) in sorted(ends.items())
            if (ahead := lots.announced(end, account.announce_due, book.now)) is not None
        ]
    )
    await db.run(
        "UPDATE points.account SET announce_due = $2 WHERE id = $1",
        account.id, lots.next_announcement([end for end, _ in ends.values()], book.now),
    )  # fmt: skip


def _entry(account: Account, day: date, end: datetime, amount: int, ahead: int) -> interactions.Entry:
    return interactions.Entry(
        kinds.EXPIRY_ANNOUNCED, ("ACCOUNT", account.id), once=f"{day}:{ahead}", member=account.member,
        at=end - timedelta(days=ahead), actor_kind=ActorKind.SYSTEM,
        properties={
            "wallet": account.wallet.code, "amount": str(decimal(amount, account.wallet.scale)),
            "expires_at": end.isoformat(), "expires_on": day.isoformat(), "days": ahead,
        },
    )  # fmt: skip


SWEEP = Sweep(_SWEEP, announce_due, next_due)
