"""The moves of the ledger, on a book in memory: what each one posts, and which lots it takes.

Pure. The caller has settled the account first (:func:`settle`), so nothing due is left. Refusals change the book in
memory at most; the caller's transaction is rolled back.
"""

from __future__ import annotations

import heapq
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.foundation import ids
from domain.points import lots, periods, splitting
from domain.points.book import (
    Account,
    Book,
    Hold,
    Journal,
    Leg,
    Lot,
    Part,
    close_if_empty,
    falls_due,
    is_open,
    spending_order,
)
from domain.points.errors import (
    AccountFrozen,
    HoldExceeded,
    HoldNotOpen,
    InsufficientPoints,
    WalletNotSpendable,
)
from domain.points.tables import HoldState, JournalKind, LotState


def earn(
    book: Book,
    account: Account,
    journal: Journal,
    amount: int,
    *,
    source: Part = Part.ISSUED,
    activates_at: datetime | None = None,
    cancel_at: datetime | None = None,
    expires_at: datetime | None = None,
    expiry: dict[str, Any] | None = None,
    waits: bool = False,
    funding_source: str | None = None,
) -> Lot | None:
    """Points come in: as a pending lot until ``activates_at`` (or while it ``waits``), else at once, debt first.

    The expiry is ``expires_at``, or ``expiry`` (the wallet's policy without it) counted from the activation. A wallet
    without lots has no pending part.
    """
    wallet = account.wallet
    expiry = wallet.expiry if expiry is None else expiry
    if not wallet.has_lots:
        _credit(book, account, journal, source, amount)
        return None
    lot = Lot(
        ids.new(), account.id, journal.id, LotState.PENDING, amount, amount, 0, journal.occurred_at,
        activates_at, cancel_at, expires_at, expiry if expires_at is None else None, funding_source,
    )  # fmt: skip
    if waits or (activates_at is not None and activates_at > book.now):
        book.post(journal, account, source, Part.PENDING, amount)
        return book.add_lot(account, lot)
    _activate(book, account, journal, lot, source, activates_at or journal.occurred_at)
    return book.add_lot(account, lot)


def pending_until(account: Account, journal: Journal) -> datetime | None:
    """When what is earned now becomes available by the wallet's policy; None: at once."""
    return periods.pending_of(account.wallet.pending, journal.occurred_at, account.wallet.zone)


def settle(book: Book, account: Account) -> None:
    """Post everything that is due at ``book.now``, in the order of time; each lot and hold is a journal of its own."""
    if not account.is_whole:
        return
    heap: list[tuple[datetime, UUID, Lot | Leg]] = []
    for lot in account.lots.values():
        _push(heap, book.now, lot.due, lot)
    for leg in account.legs.values():
        if leg.open and leg.hold.state in (HoldState.OPEN, HoldState.EXPIRED):
            _push(heap, book.now, leg.hold.expires_at, leg)
    while heap:
        at, _, thing = heapq.heappop(heap)
        if isinstance(thing, Leg):
            _time_out(book, account, thing, at)
            for lot_id in thing.lots:
                _push(heap, book.now, account.lots[lot_id].due, account.lots[lot_id])
        elif thing.due == at:
            for changed in [thing, *_fall_due(book, account, thing, at)]:
                _push(heap, book.now, changed.due, changed)
    find_next_due(account)


def activate(book: Book, account: Account, lot: Lot, at: datetime) -> Journal:
    """A pending lot becomes available by something else than its time."""
    journal = book.begin(Journal(JournalKind.ACTIVATE, "LOT", str(lot.id), at))
    lot.cancel_at = None
    _activate(book, account, journal, lot, Part.PENDING, at)
    falls_due(account, lot.due)
    return journal


def cancel(book: Book, account: Account, lot: Lot, at: datetime) -> Journal:
    """A pending lot is taken away before it was available."""
    journal = book.begin(Journal(JournalKind.CANCEL, "LOT", str(lot.id), at))
    amount, lot.remaining = lot.remaining, 0
    book.post(journal, account, Part.PENDING, Part.CLAWED_BACK, amount)
    book.use(lot, journal, "CANCEL", amount)
    lot.state = LotState.CANCELLED
    return journal


def find_next_due(account: Account) -> None:
    """Set the exact next due moment of a whole account."""
    moments = [lot.due for lot in account.lots.values()]
    moments += [leg.hold.expires_at for leg in account.legs.values() if leg.open]
    account.next_due = min((at for at in moments if at is not None), default=None)


def must_be_spendable(account: Account, at: datetime) -> None:
    """WalletNotSpendable or AccountFrozen."""
    if not account.wallet.is_spendable:
        raise WalletNotSpendable(account.wallet.code)
    if account.is_frozen_at(at):
        raise AccountFrozen(account.wallet.code, account.frozen_until)


def spend(book: Book, account: Account, journal: Journal, amount: int, target: Part = Part.REDEEMED) -> None:
    """Take points from the lots in their order, or InsufficientPoints."""
    must_have(account, amount)
    if target is Part.REDEEMED:
        lots.slide(book, account, journal.occurred_at)
    book.post(journal, account, Part.AVAILABLE, target, amount)
    take(book, account, journal, amount)


def overspend(
    book: Book, account: Account, journal: Journal, amount: int, target: Part = Part.REDEEMED
) -> None:
    """Take what there is; the rest is debt (imports with ``--overdraft debt``)."""
    there = min(amount, account.available)
    if target is Part.REDEEMED:
        lots.slide(book, account, journal.occurred_at)
    book.post(journal, account, Part.AVAILABLE, target, there)
    take(book, account, journal, there)
    book.post(journal, account, Part.DEBT, target, amount - there)


def must_have(account: Account, amount: int) -> None:
    if account.available < amount:
        raise InsufficientPoints(account.wallet.code, account.wallet.scale, account.net, amount)


def hold(book: Book, account: Account, journal: Journal, of: Hold, amount: int) -> Leg:
    """Set points aside; the hold reserves its lots."""
    must_have(account, amount)
    leg = Leg(ids.new(), of, account.id, amount)
    book.post(journal, account, Part.AVAILABLE, Part.HELD, amount)
    for lot in spending_order(account.lots.values()) if account.wallet.has_lots else ():
        taken = min(lot.remaining, amount - sum(leg.lots.values()))
        if not taken:
            break
        lot.remaining -= taken
        lot.held += taken
        leg.lots[lot.id] = taken
        book.use(lot, journal, "HOLD", taken, of.id)
    account.legs[leg.id] = book.legs[leg.id] = leg
    falls_due(account, of.expires_at)
    return leg


def must_be_open(of: Hold, now: datetime) -> None:
    if not is_open(of, now):
        raise HoldNotOpen(HoldState.EXPIRED if of.state == HoldState.OPEN else of.state)


def capture(book: Book, account: Account, journal: Journal, leg: Leg, amount: int) -> None:
    """Take an amount of what is held; the rest returns at once."""
    if amount > leg.open:
        raise HoldExceeded(account.wallet.code, account.wallet.scale, leg.open, amount)
    if amount:
        lots.slide(book, account, journal.occurred_at)
    book.post(journal, account, Part.HELD, Part.REDEEMED, amount)
    left = amount
    for lot in _held_lots(account, leg):
        taken = min(leg.lots[lot.id], left)
        left -= taken
        leg.lots[lot.id] -= taken
        lot.held -= taken
        book.use(lot, journal, "HOLD", -taken, leg.hold.id)
        book.use(lot, journal, "USE", taken, leg.hold.id)
        close_if_empty(lot)
    leg.captured += amount
    book.legs[leg.id] = leg
    release(book, account, journal, leg)


def release(book: Book, account: Account, journal: Journal, leg: Leg) -> None:
    """What is still held returns, debt first."""
    amount = leg.open
    if not amount:
        return
    to_debt = _credit(book, account, journal, Part.HELD, amount)
    for lot in _held_lots(account, leg):
        back = leg.lots[lot.id]
        leg.lots[lot.id] = 0
        lot.held -= back
        book.use(lot, journal, "HOLD", -back, leg.hold.id)
        to_debt = _return(book, account, journal, lot, back, to_debt)
    leg.released += amount
    book.legs[leg.id] = leg


def refund(
    book: Book,
    account: Account,
    journal: Journal,
    used: list[tuple[Lot, int]],
    amount: int,
    source: Part = Part.REDEEMED,
) -> None:
    """A spend comes back into the lots it came from, debt first; ``used`` is what each lot still misses.

    An expired lot gets the policy's days of grace from now; with none it expires again at once. From CLAWED_BACK it is
    a deduction that comes back.
    """
    kind = "CANCEL" if source is Part.CLAWED_BACK else "USE"
    to_debt = _credit(book, account, journal, source, amount)
    bare = amount - min(amount, sum(missing for _, missing in used))  # what became debt came from no lot
    if source is Part.CLAWED_BACK:
        to_debt, bare, amount = _bring(book, account, journal, bare, to_debt), 0, amount - bare
    left = amount
    for lot, missing in used:
        back = min(missing, left)
        if not back:
            continue
        left -= back
        if lot.account == account.id:
            book.use(lot, journal, kind, -back)
        else:
            lot = splitting.again(book, account, journal, lot, back, kind)
        if lot.expires_at is not None and lot.expires_at <= book.now:
            lot.expires_at = book.now + timedelta(days=account.wallet.refund_grace_days)
        to_debt = _return(book, account, journal, lot, back, to_debt)
        account.lots[lot.id] = lot
    _bring(book, account, journal, bare, to_debt)


def claw_back(
    book: Book,
    account: Account,
    journal: Journal,
    amount: int,
    *,
    own: frozenset[UUID] = frozenset(),
    policy: str | None = None,
    is_forced: bool = False,
) -> int:
    """Take back what was given: own pending lots, own remainder, other lots, then debt; answers what is waived.

    ``own`` are the journals whose lots were given for it. ``policy`` overrides the wallet's; forced goes past its
    debt limit.
    """
    policy = policy or account.wallet.refund_policy
    left = amount
    for lot in sorted(account.lots.values(), key=lambda lot: lot.order):
        if left and lot.state == LotState.PENDING and lot.journal in own:
            taken = min(lot.remaining, left)
            left -= taken
            lot.remaining -= taken
            lot.state = LotState.PENDING if lot.remaining else LotState.CANCELLED
            book.post(journal, account, Part.PENDING, Part.CLAWED_BACK, taken)
            book.use(lot, journal, "CANCEL", taken)
    if policy == "ONLY_PENDING":
        return left
    there = min(left, account.available)
    book.post(journal, account, Part.AVAILABLE, Part.CLAWED_BACK, there)
    mine = min(
        there, sum(lot.remaining for lot in spending_order(account.lots.values()) if lot.journal in own)
    )
    take(book, account, journal, mine, "CANCEL", own)
    take(book, account, journal, there - mine, "CANCEL")
    left -= there
    if policy == "WITHIN_BALANCE" and not is_forced:
        return left
    limit = account.wallet.debt_limit
    owed = left if is_forced or limit is None else max(0, min(left, limit - account.debt))
    book.post(journal, account, Part.DEBT, Part.CLAWED_BACK, owed)
    return left - owed


def adjust(book: Book, account: Account, journal: Journal, amount: int, part: Part = Part.ADJUSTED) -> None:
    """A signed correction: more comes in as a lot, less is taken from the lots or refused as InsufficientPoints."""
    if amount > 0:
        earn(book, account, journal, amount, source=part)
    else:
        spend(book, account, journal, -amount, part)


def give(
    book: Book, journal: Journal, source: Account, target: Account, amount: int, lots: list[Lot]
) -> None:
    """What is available moves from one account to another through TRANSIT, debt first; its lots were moved before."""
    book.post(journal, source, Part.AVAILABLE, Part.TRANSIT, amount)
    to_debt = _credit(book, target, journal, Part.TRANSIT, amount)
    for lot in spending_order(lots):
        paid = min(lot.remaining, to_debt)
        to_debt -= paid
        lot.remaining -= paid
        book.use(lot, journal, "USE", paid)
        close_if_empty(lot)


def take(
    book: Book,
    account: Account,
    journal: Journal,
    amount: int,
    kind: str = "USE",
    only: frozenset[UUID] | None = None,
) -> int:
    """Take an amount from the lots in their order (of the journals ``only``); answers it."""
    left = amount if account.wallet.has_lots else 0
    for lot in spending_order(account.lots.values()) if left else ():
        if only is not None and lot.journal not in only:
            continue
        taken = min(lot.remaining, left)
        lot.remaining -= taken
        left -= taken
        book.use(lot, journal, kind, taken)
        close_if_empty(lot)
        if not left:
            break
    assert not left, "the lots hold less than the account says"
    return amount


def _activate(
    book: Book, account: Account, journal: Journal, lot: Lot, source: Part, at: datetime
) -> list[Lot]:
    """A lot becomes available; answers the others that live on because of it."""
    moved = lots.slide(book, account, at)
    amount = lot.remaining
    to_debt = _credit(book, account, journal, source, amount)
    lot.remaining = amount - to_debt
    lot.state = LotState.ACTIVE
    lot.activates_at = at
    if lot.expires_at is None and lot.expiry:
        lot.expires_at = periods.expiry_of(lot.expiry, at, account.wallet.zone)
    if not (lot.expiry and lot.expiry.get("sliding")):
        lot.expiry = None
    book.use(lot, journal, "USE", to_debt)
    book.lots[lot.id] = lot
    close_if_empty(lot)
    return moved


def _credit(book: Book, account: Account, journal: Journal, source: Part, amount: int) -> int:
    """Into the account, debt first; answers what paid debt."""
    to_debt = min(account.debt, amount)
    book.post(journal, account, source, Part.DEBT, to_debt)
    book.post(journal, account, source, Part.AVAILABLE, amount - to_debt)
    return to_debt


def _return(book: Book, account: Account, journal: Journal, lot: Lot, back: int, to_debt: int) -> int:
    """An amount comes back to a lot, of which the first ``to_debt`` is used at once; answers what of it is left."""
    paid = min(back, to_debt)
    lot.remaining += back - paid
    book.use(lot, journal, "USE", paid)
    book.lots[lot.id] = lot
    close_if_empty(lot)
    falls_due(account, lot.due)
    return to_debt - paid


def _bring(book: Book, account: Account, journal: Journal, amount: int, to_debt: int) -> int:
    """An amount that came from no lot comes back as one; answers what is left of the debt it paid."""
    if not amount or not account.wallet.has_lots:
        return to_debt
    lot = Lot(ids.new(), account.id, journal.id, LotState.CLOSED, amount, 0, 0, journal.occurred_at)
    book.add_lot(account, lot)
    return _return(book, account, journal, lot, amount, to_debt)


def _held_lots(account: Account, leg: Leg) -> list[Lot]:
    return sorted(
        (account.lots[lot_id] for lot_id, amount in leg.lots.items() if amount), key=lambda lot: lot.order
    )


def _push(heap: list, now: datetime, at: datetime | None, thing: Lot | Leg) -> None:
    if at is not None and at <= now:
        heapq.heappush(heap, (at, thing.id, thing))


def _fall_due(book: Book, account: Account, lot: Lot, at: datetime) -> list[Lot]:
    """Post what time does to a lot; answers other lots whose end it moved."""
    if lot.state == LotState.PENDING and lot.activates_at == at:
        journal = book.begin(Journal(JournalKind.ACTIVATE, "LOT", str(lot.id), at))
        return _activate(book, account, journal, lot, Part.PENDING, at)
    amount, lot.remaining = lot.remaining, 0
    if lot.state == LotState.PENDING:
        journal = book.begin(Journal(JournalKind.CANCEL, "LOT", str(lot.id), at))
        book.post(journal, account, Part.PENDING, Part.CLAWED_BACK, amount)
        book.use(lot, journal, "CANCEL", amount)
        lot.state = LotState.CANCELLED
        return []
    # Nothing expires before it came: a lot that was given with its time over already, or that ended while pending.
    at = max(at, lot.occurred_at, lot.activates_at or at)
    # A lot may expire again after something came back to it; the number of the entry tells the times apart.
    journal = book.begin(Journal(JournalKind.EXPIRE, "LOT", str(lot.id), at, leg=str(account.seq + 1)))
    book.post(journal, account, Part.AVAILABLE, Part.EXPIRED, amount)
    book.use(lot, journal, "EXPIRE", amount)
    close_if_empty(lot)
    return []


def _time_out(book: Book, account: Account, leg: Leg, at: datetime) -> None:
    leg.hold.state = HoldState.EXPIRED
    leg.hold.resolved_at = at
    book.holds[leg.hold.id] = leg.hold
    journal = book.begin(Journal(JournalKind.VOID, "HOLD", str(leg.hold.id), at, leg=f"timeout:{account.id}"))
    release(book, account, journal, leg)
