"""Gifts: a member offers points to another, who accepts or declines them; tips are gifts accepted at once.

What is offered is held (source GIFT) until it is resolved. Locks: both members' accounts by id, then the gift by one
conditional UPDATE. Only staff take an accepted gift back (:mod:`domain.points.reversals`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM, Actor
from domain.errors import IllegalTransition, InvalidInput, NotFound, Problem
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.points import amounts, balances, books, days, giving, holds, moves, setbacks, wallets
from domain.points import engagement_kinds as kinds
from domain.points.balances import Balance
from domain.points.book import Account, Book, Leg
from domain.points.engagement_errors import GiftLimitReached
from domain.points.engagement_tables import GiftState
from domain.points.ledger import Cause
from domain.points.tables import HoldState, JournalKind
from domain.profile import interactions, members
from domain.profile.catalogue import Kind

ACCEPT_HOURS = 72
LONGEST_MESSAGE = 200
SWEEP = "points_gifts"
_AT_ONCE = 200

#: The life of a gift.
EDGES: dict[str, frozenset[str]] = {
    GiftState.OFFERED: frozenset({GiftState.ACCEPTED, GiftState.DECLINED, GiftState.EXPIRED}),
    GiftState.ACCEPTED: frozenset(),
    GiftState.DECLINED: frozenset(),
    GiftState.EXPIRED: frozenset(),
}

_GIFT = """g.id, g.sender, g.recipient, s.root AS sender_root, r.root AS recipient_root, s.display_name AS sender_name,
    r.display_name AS recipient_name, t.code AS wallet, t.scale, g.amount, g.message, g.subject_kind, g.subject_id,
    CASE WHEN g.state = 'OFFERED' AND g.expires_at <= {now} THEN 'EXPIRED' ELSE g.state END AS state, g.is_tip,
    g.journal, g.created_at AS offered_at, g.expires_at, g.resolved_at
    FROM points.gift AS g JOIN points.wallet_type AS t ON t.id = g.wallet_type
    JOIN profile.member AS s ON s.id = g.sender JOIN profile.member AS r ON r.id = g.recipient"""


@dataclass(frozen=True)
class Gift:
    """A gift as it stands now (one whose time is over reads EXPIRED); amount in minor units."""

    id: UUID
    sender: UUID
    recipient: UUID
    sender_root: UUID
    recipient_root: UUID
    sender_name: str | None
    recipient_name: str | None
    wallet: str
    scale: int
    amount: int
    message: str | None
    subject_kind: str | None
    subject_id: str | None
    state: str
    is_tip: bool
    journal: UUID | None
    offered_at: datetime
    expires_at: datetime | None
    resolved_at: datetime | None


async def offer(
    actor: Actor,
    recipient_id: UUID,
    wallet: str,
    amount: Decimal,
    *,
    message: str | None = None,
    subject: tuple[str, str] | None = None,
) -> Gift:
    """Offer points to another member; they are held until the gift is resolved.

    Refuses GiftLimitReached, InsufficientPoints, AccountFrozen, WalletNotSpendable.
    """
    async with db.transaction():
        sender = await members.must_be_active(actor)
        recipient = await _receiver(sender, recipient_id)
        if message is not None and not 1 <= len(message.strip()) <= LONGEST_MESSAGE:
            raise InvalidInput.at("message", f"Use 1 to {LONGEST_MESSAGE} characters.")
        book = await books.lock([sender], [wallet])
        (account,) = book.accounts.values()
        said = await _policy(wallet)
        minor = amounts.positive(amount, account.wallet.scale)
        if minor < (said.get("minimum") or 0):
            least = amounts.decimal(said["minimum"], account.wallet.scale)
            raise InvalidInput([Problem("amount", f"Give at least {least}.")])
        moves.must_be_spendable(account, book.now)
        await _must_be_within_limits(account, minor, said, book.now)
        made = ids.new()
        until = book.now + timedelta(hours=said.get("accept_hours") or ACCEPT_HOURS)
        await holds.hold(
            actor, sender, {wallet: minor}, source="GIFT", source_id=made, expires_at=until, reason="gift"
        )
        await _add(made, sender, recipient, account, minor, message, subject, expires_at=until)
        gift = await one(made)
        await _record(actor, kinds.GIFT_OFFERED, gift)
        return gift


async def accept(actor: Actor, gift_id: UUID) -> Gift:
    """The recipient takes the gift: what was held moves over. Resolved once, else IllegalTransition."""
    async with db.transaction():
        gift = await _to_me(actor, gift_id)
        book, leg = await _locked(gift, gift.recipient_root)
        journal = Cause("GIFT", gift.id, reason="gift").journal(actor, JournalKind.GIFT, book.now)
        await _turn(gift, GiftState.ACCEPTED, journal.id)
        if leg is None or leg.hold.state != HoldState.OPEN:  # staff let the hold go
            raise IllegalTransition(GiftState.EXPIRED, GiftState.ACCEPTED, [])
        giver, receiver = book.accounts[leg.account], book.of(gift.recipient_root, gift.wallet)
        if giver is receiver:  # merged into one person since
            raise IllegalTransition(gift.state, GiftState.ACCEPTED, [GiftState.DECLINED, GiftState.EXPIRED])
        giving.hand_over_held(book, book.begin(journal), giver, receiver, leg)
        await books.settle(book)
        await books.write(book, actor)
        gift = await one(gift_id)
        await _record(actor, kinds.GIFT_ACCEPTED, gift)
        return gift


async def decline(actor: Actor, gift_id: UUID) -> Gift:
    """The recipient does not want the gift: what was held returns to the sender."""
    async with db.transaction():
        gift = await _to_me(actor, gift_id)
        _, leg = await _locked(gift)
        await _turn(gift, GiftState.DECLINED)
        if leg is not None:
            await holds.void(actor, leg.hold.id)
        gift = await one(gift_id)
        await _record(actor, kinds.GIFT_DECLINED, gift)
        return gift


async def tip(
    actor: Actor,
    sender: UUID,
    recipient: UUID,
    wallet: str,
    amount: int,
    *,
    source: str,
    source_id: object,
    subject: tuple[str, str] | None = None,
    message: str | None = None,
) -> Gift:
    """Give points at once, in the caller's transaction; ``amount`` in minor units, the limits are the caller's.

    No role is asked. The same cause again answers the first gift. Refuses InsufficientPoints, AccountFrozen,
    WalletNotSpendable.
    """
    async with db.transaction():
        if amount <= 0:
            raise InvalidInput.at("amount", "Use an amount above 0.")
        payer = await members.root_of(sender)
        payee = await _receiver(payer, recipient)
        book = await books.lock([payer, payee], [wallet])
        reference = f"{source}:{source_id}"
        known = await db.value("SELECT id FROM points.gift WHERE reference = $1", reference)
        if known is not None:
            return await one(known)
        giver, receiver = book.of(payer, wallet), book.of(payee, wallet)
        await books.load_first(book, giver, amount)
        await books.load_first(book, receiver, 0)
        await books.settle(book)
        moves.must_be_spendable(giver, book.now)
        moves.must_have(giver, amount)
        journal = book.begin(Cause("TIP", reference, reason="tip").journal(actor, JournalKind.GIFT, book.now))
        giving.hand_over(book, journal, giver, receiver, amount)
        await books.settle(book)
        await books.write(book, actor)
        made = ids.new()
        await _add(
            made, payer, payee, giver, amount, message, subject, journal=journal.id, reference=reference
        )
        gift = await one(made)
        await _record(actor, kinds.GIFT_ACCEPTED, gift)
        return gift


async def expire_due() -> int:
    """Gifts that nobody accepted in time are EXPIRED, one transaction each; answers how many."""
    rows = await db.fetch(
        f"""SELECT g.id FROM points.gift AS g WHERE g.state = 'OFFERED' AND g.expires_at <= $1
        AND NOT {setbacks.waits(SWEEP, "g.id")} ORDER BY g.expires_at, g.id LIMIT $2""",
        clock.now(), _AT_ONCE,
    )  # fmt: skip
    return await setbacks.each(SWEEP, [row["id"] for row in rows], _expire)


async def next_due() -> datetime | None:
    """When the next gift expires."""
    return await db.value(
        f"""SELECT min(greatest(g.expires_at, b.next_try_at)) FROM points.gift AS g {setbacks.join(SWEEP, "g.id")}
        WHERE g.state = 'OFFERED'"""
    )


async def one(gift_id: UUID) -> Gift:
    """A gift, or NOT_FOUND."""
    found = await by_ids([gift_id])
    if not found:
        raise NotFound()
    return found[0]


async def by_ids(gifts: Sequence[UUID]) -> list[Gift]:
    """The gifts of these ids."""
    rows = await db.fetch(f"SELECT {_GIFT.format(now='$2')} WHERE g.id = ANY($1)", list(gifts), clock.now())
    return [Gift(**dict(row)) for row in rows]


async def of_member(root: UUID, page: Page) -> list[Gift]:
    """What a person gave and was given, newest first; key of a page: (offered_at, id)."""
    at, last = page.after or (None, None)
    rows = await db.fetch(
        f"""SELECT {_GIFT.format(now="$2")} WHERE (s.root = $1 OR r.root = $1)
        AND ($3::timestamptz IS NULL OR (g.created_at, g.id) < ($3, $4::uuid))
        ORDER BY g.created_at DESC, g.id DESC LIMIT $5""",
        root, clock.now(), at, last, page.limit + 1,
    )  # fmt: skip
    return [Gift(**dict(row)) for row in rows]


async def balances_of(actor: Actor, gift: Gift) -> list[Balance]:
    """The acting member's balance of the gift's wallet."""
    found = await balances.of_wallet(actor.must_be_member(), gift.wallet)
    return [found] if found else []


async def _expire(gift_id: UUID) -> None:
    gift = await one(gift_id)
    book, _ = await _locked(gift)
    await books.write(book)  # what was held has returned
    if await db.run(
        "UPDATE points.gift SET state = 'EXPIRED', resolved_at = expires_at WHERE id = $1 AND state = 'OFFERED'",
        gift_id,
    ):
        await _record(SYSTEM, kinds.GIFT_EXPIRED, await one(gift_id), gift.expires_at)


async def _receiver(sender: UUID, recipient_id: UUID) -> UUID:
    """The root of an active member who is somebody else."""
    row = await members.by_id(recipient_id)
    if row is None:
        raise NotFound()
    if row["id"] == sender:
        raise InvalidInput.at("recipientId", "Nobody gives to themselves.")
    if (row["kind"], row["status"]) != ("MEMBER", "ACTIVE"):
        raise InvalidInput.at("recipientId", "This person cannot be given points.")
    return row["id"]


async def _policy(wallet: str) -> dict[str, int]:
    policy = await wallets.in_force(wallet)
    return policy["gift"] if policy else {}


async def _must_be_within_limits(account: Account, amount: int, said: dict[str, int], now: datetime) -> None:
    """What is offered or accepted counts by the local day and month of the offer; what came back does not."""
    row = await db.one(
        "SELECT g.zone, g.day_starts_at FROM points.programme AS g JOIN points.wallet_type AS t ON t.programme = g.id "
        "WHERE t.id = $1",
        account.wallet.id,
    )
    assert row is not None
    local = row["zone"], row["day_starts_at"]
    today = days.day_of(now, *local)
    for name, since, until in (
        ("daily_limit", today, today + timedelta(days=1)),
        ("monthly_limit", today.replace(day=1), days.next_month(today)),
    ):
        limit = said.get(name)
        if limit is None:
            continue
        given = await db.value(
            """SELECT coalesce(sum(g.amount), 0)::bigint FROM points.gift AS g
            JOIN profile.member AS m ON m.id = g.sender WHERE m.root = $1 AND g.wallet_type = $2 AND NOT g.is_tip
            AND g.created_at >= $3 AND g.created_at < $4
            AND (g.state = 'ACCEPTED' OR (g.state = 'OFFERED' AND g.expires_at > $5))""",
            account.member, account.wallet.id, days.start_of(since, *local), days.start_of(until, *local), now,
        )  # fmt: skip
        if given + amount > limit:
            raise GiftLimitReached(limit, account.wallet.scale, days.start_of(until, *local))


async def _add(
    gift: UUID,
    sender: UUID,
    recipient: UUID,
    account: Account,
    amount: int,
    message: str | None,
    subject: tuple[str, str] | None,
    *,
    expires_at: datetime | None = None,
    journal: UUID | None = None,
    reference: str | None = None,
) -> None:
    now = clock.now()
    is_tip = reference is not None
    await db.run(
        """INSERT INTO points.gift (id, sender, recipient, wallet_type, amount, message, subject_kind, subject_id, state,
            is_tip, reference, journal, expires_at, resolved_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)""",
        gift, sender, recipient, account.wallet.id, amount, message.strip() if message else None,
        *(subject or (None, None)), GiftState.ACCEPTED if is_tip else GiftState.OFFERED, is_tip, reference, journal,
        expires_at, now if is_tip else None, now,
    )  # fmt: skip


async def _to_me(actor: Actor, gift_id: UUID) -> Gift:
    me = await members.must_be_active(actor)
    gift = await one(gift_id)
    if gift.recipient_root != me:
        raise NotFound()
    return gift


async def _locked(gift: Gift, *others: UUID) -> tuple[Book, Leg | None]:
    """The account of the gift's hold and those of others, locked by id and settled; and what is held."""
    hold = await db.one(
        """SELECT h.id, a.member FROM points.hold AS h JOIN points.hold_leg AS l ON l.hold = h.id
        JOIN points.account AS a ON a.id = l.account WHERE h.source = 'GIFT' AND h.source_id = $1""",
        str(gift.id),
    )
    assert hold is not None
    book = await books.lock([hold["member"], *others], [gift.wallet])
    accounts = list(book.accounts.values())
    for account in accounts:
        await books.load_first(book, account, 0)
    await books.load_legs(book, accounts, hold["id"])
    legs = [leg for account in accounts for leg in account.legs.values() if leg.hold.id == hold["id"]]
    await books.load_lots(book, [lot for leg in legs for lot in leg.lots])
    await books.settle(book)
    return book, next((leg for leg in legs if leg.open), None)


async def _turn(gift: Gift, state: GiftState, journal: UUID | None = None) -> None:
    """OFFERED becomes this state, once and in time, or IllegalTransition."""
    turned = await db.run(
        """UPDATE points.gift SET state = $2, journal = $3, resolved_at = $4
        WHERE id = $1 AND state = 'OFFERED' AND expires_at > $4""",
        gift.id, state, journal, clock.now(),
    )  # fmt: skip
    if not turned:
        now = (await one(gift.id)).state
        raise IllegalTransition(now, state, sorted(EDGES[now]))


async def _record(actor: Actor, kind: Kind, gift: Gift, at: datetime | None = None) -> None:
    """One interaction for each of the two, naming the other."""
    sides = (
        ("SENDER", gift.sender_root, gift.recipient_root),
        ("RECIPIENT", gift.recipient_root, gift.sender_root),
    )
    await interactions.record_many(
        [
            interactions.Entry(
                kind, ("GIFT", gift.id), once=role, member=member, at=at, actor_kind=actor.kind, actor_id=actor.id,
                properties={
                    "role": role, "other": str(other), "wallet": gift.wallet, "is_tip": gift.is_tip,
                    "amount": str(amounts.decimal(gift.amount, gift.scale)),
                    "subject_kind": gift.subject_kind, "subject_id": gift.subject_id,
                },
            )
            for role, member, other in sides
        ],
        touchpoint=actor.touchpoint,
    )  # fmt: skip
