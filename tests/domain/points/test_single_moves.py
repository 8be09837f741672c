"""Moves that the search in memory does not make: pending lots by hand, time-outs, gifts, corrections. Pure, by figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.foundation import ids
from domain.points import moves
from domain.points.book import Account, Book, Hold, Journal, Leg, Lot, Part, Wallet
from domain.points.errors import (
    AccountFrozen,
    HoldExceeded,
    HoldNotOpen,
    InsufficientPoints,
    WalletNotSpendable,
)
from domain.points.tables import HoldState, JournalKind

NOW = datetime(2027, 3, 1, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
WALLET = Wallet(
    ids.new(),
    "POINTS",
    2,
    True,
    True,
    "UTC",
    {"immediate": True},
    {"never": True},
    "ALLOW_NEGATIVE",
    None,
    0,
    900,
)


def account(**more: Any) -> Account:
    return Account(ids.new(), ids.new(), replace(WALLET, **more), is_whole=True)


def journal(book: Book, kind: JournalKind = JournalKind.EARN, at: datetime = NOW) -> Journal:
    return book.begin(Journal(kind, "TEST", str(ids.new()), at))


def earn(book: Book, of: Account, amount: int, **more: Any) -> Lot:
    lot = moves.earn(book, of, journal(book), amount, **more)
    assert lot is not None
    return lot


def entries(book: Book, of: Journal) -> list[tuple[str, str, int]]:
    return [(e.source_part, e.target_part, e.amount) for e in book.entries if e.journal == of.id]


def uses(book: Book, of: Journal) -> list[tuple[Any, str, int]]:
    return [(use.lot, use.kind, use.amount) for use in book.uses if use.journal == of.id]


def parts(of: Account) -> tuple[int, int, int, int]:
    return of.pending, of.available, of.held, of.debt


def hold(book: Book, of: Account, amount: int, ends: datetime | None) -> Leg:
    kept = Hold(ids.new(), "TEST", "1", of.member, HoldState.OPEN, expires_at=ends)
    return moves.hold(book, of, journal(book, JournalKind.HOLD), kept, amount)


def test_what_an_award_says_of_itself_stands_in_its_lot() -> None:
    book, one = Book(NOW), account(expiry={"sliding": {"value": 1, "unit": "DAY"}})
    at_once = earn(book, one, 5, activates_at=NOW, funding_source="dealer:1", expires_at=NOW + HOUR)
    assert (at_once.account, at_once.state, at_once.funding_source) == (one.id, "ACTIVE", "dealer:1")
    assert (at_once.expires_at, at_once.expiry, at_once.activates_at) == (NOW + HOUR, None, NOW)
    later = earn(book, one, 5, activates_at=NOW + HOUR, cancel_at=NOW + 2 * HOUR)
    assert (later.state, later.due, later.expires_at, parts(one)) == (
        "PENDING",
        NOW + HOUR,
        None,
        (5, 5, 0, 0),
    )
    assert one.next_due == NOW + HOUR
    past = earn(book, one, 5, activates_at=NOW - HOUR)
    assert (past.activates_at, past.occurred_at, past.original) == (NOW - HOUR, NOW, 5)


def test_a_pending_lot_that_is_cancelled_by_hand() -> None:
    book, one = Book(NOW), account()
    lot = earn(book, one, 40, waits=True)
    done = moves.cancel(book, one, lot, NOW + HOUR)
    assert (done.kind, done.source, done.source_id, done.occurred_at) == (
        "CANCEL",
        "LOT",
        str(lot.id),
        NOW + HOUR,
    )
    assert done in book.journals
    assert (lot.state, lot.remaining, parts(one)) == ("CANCELLED", 0, (0, 0, 0, 0))
    assert entries(book, done) == [("PENDING", "CLAWED_BACK", 40)]
    assert uses(book, done) == [(lot.id, "CANCEL", 40)]


def test_a_pending_lot_that_is_released_by_hand_pays_debt_and_lives_from_then() -> None:
    book, one = Book(NOW), account(expiry={"rolling": {"value": 1, "unit": "DAY"}})
    lot = earn(book, one, 40, waits=True, cancel_at=NOW + 9 * HOUR)
    one.debt, one.next_due = 15, None
    done = moves.activate(book, one, lot, NOW + HOUR)
    assert (done.kind, done.source, done.source_id, done.occurred_at) == (
        "ACTIVATE",
        "LOT",
        str(lot.id),
        NOW + HOUR,
    )
    assert done in book.journals
    assert entries(book, done) == [("PENDING", "DEBT", 15), ("PENDING", "AVAILABLE", 25)]
    assert uses(book, done) == [(lot.id, "USE", 15)]
    assert (lot.state, lot.remaining, lot.cancel_at, lot.activates_at) == ("ACTIVE", 25, None, NOW + HOUR)
    assert lot.expires_at == one.next_due == datetime(2027, 3, 3, tzinfo=UTC)
    assert lot.expiry is None


def test_what_lives_on_with_each_use_keeps_how_long() -> None:
    sliding = {"sliding": {"value": 1, "unit": "DAY"}}
    book, one = Book(NOW), account(expiry=sliding)
    lot = earn(book, one, 40)
    assert (lot.expiry, lot.expires_at) == (sliding, datetime(2027, 3, 3, tzinfo=UTC))
    later = NOW + timedelta(days=1)
    book.now = later
    moves.spend(book, one, journal(book, JournalKind.SPEND, later), 5)
    assert lot.expires_at == datetime(2027, 3, 4, tzinfo=UTC)
    last = later + timedelta(days=1)
    moves.spend(book, one, journal(book, JournalKind.ADJUST, last), 5, Part.ADJUSTED)
    moves.overspend(book, one, journal(book, JournalKind.ADJUST, last), 5, Part.IMPORTED)
    assert lot.expires_at == datetime(2027, 3, 4, tzinfo=UTC)
    moves.overspend(book, one, journal(book, JournalKind.IMPORT, last), 5)
    assert lot.expires_at == datetime(2027, 3, 5, tzinfo=UTC)
    leg = hold(book, one, 10, None)
    moves.capture(book, one, journal(book, JournalKind.CAPTURE, last + timedelta(days=1)), leg, 0)
    assert lot.expires_at == datetime(2027, 3, 5, tzinfo=UTC)
    leg = hold(book, one, 10, None)
    moves.capture(book, one, journal(book, JournalKind.CAPTURE, last + timedelta(days=1)), leg, 1)
    assert (lot.expires_at, lot.remaining) == (datetime(2027, 3, 6, tzinfo=UTC), 19)


def test_a_hold_whose_time_is_over_is_a_journal_of_its_own() -> None:
    book, one = Book(NOW), account()
    lot = earn(book, one, 40, expires_at=NOW + HOUR)
    leg = hold(book, one, 30, NOW + 2 * HOUR)
    forever = hold(book, one, 10, None)
    moves.find_next_due(one)
    assert (one.next_due, parts(one)) == (NOW + 2 * HOUR, (0, 0, 40, 0))
    book.now = NOW + 3 * HOUR
    moves.settle(book, one)
    void, expire = book.journals[-2:]
    assert (void.kind, void.source, void.source_id, void.occurred_at, void.leg) == (
        "VOID", "HOLD", str(leg.hold.id), NOW + 2 * HOUR, f"timeout:{one.id}",
    )  # fmt: skip
    assert (leg.hold.state, leg.hold.resolved_at, book.holds) == (
        "EXPIRED",
        NOW + 2 * HOUR,
        {leg.hold.id: leg.hold},
    )
    assert entries(book, void) == [("HELD", "AVAILABLE", 30)]
    assert (expire.kind, entries(book, expire)) == ("EXPIRE", [("AVAILABLE", "EXPIRED", 30)])
    assert (lot.remaining, lot.held, forever.open, parts(one)) == (0, 10, 10, (0, 0, 10, 0))
    with pytest.raises(HoldNotOpen) as refused:
        moves.must_be_open(leg.hold, book.now)
    assert refused.value.state == "EXPIRED"
    late = Hold(ids.new(), "TEST", "1", one.member, HoldState.OPEN, expires_at=book.now)
    with pytest.raises(HoldNotOpen) as refused:
        moves.must_be_open(late, book.now)
    assert refused.value.state == "EXPIRED"
    late.state = HoldState.VOIDED
    with pytest.raises(HoldNotOpen) as refused:
        moves.must_be_open(late, book.now)
    assert refused.value.state == "VOIDED"


def test_what_a_hold_keeps_of_which_lots_and_what_is_captured_of_it() -> None:
    book, one = Book(NOW), account()
    first, second, third = (
        earn(book, one, amount, expires_at=NOW + n * HOUR) for n, amount in ((5, 10), (6, 20), (7, 30))
    )
    one.next_due = None
    leg = hold(book, one, 25, NOW + HOUR)
    assert (leg.account, leg.amount, leg.lots, one.next_due) == (
        one.id,
        25,
        {first.id: 10, second.id: 15},
        NOW + HOUR,
    )
    assert (one.legs, book.legs) == ({leg.id: leg}, {leg.id: leg})
    assert [(use.lot, use.hold, use.kind, use.amount) for use in book.uses] == [
        (first.id, leg.hold.id, "HOLD", 10), (second.id, leg.hold.id, "HOLD", 15),
    ]  # fmt: skip
    assert [(lot.remaining, lot.held) for lot in (first, second, third)] == [(0, 10), (5, 15), (30, 0)]
    with pytest.raises(HoldExceeded) as refused:
        moves.capture(book, one, journal(book), leg, 26)
    said = refused.value
    assert (said.wallet, said.scale, said.held, said.asked) == ("POINTS", 2, 25, 26)
    taken = journal(book, JournalKind.CAPTURE)
    moves.capture(book, one, taken, leg, 12)
    assert entries(book, taken) == [("HELD", "REDEEMED", 12), ("HELD", "AVAILABLE", 13)]
    assert [(use.lot, use.hold, use.kind, use.amount) for use in book.uses if use.journal == taken.id] == [
        (first.id, leg.hold.id, "HOLD", -10), (first.id, leg.hold.id, "USE", 10),
        (second.id, leg.hold.id, "HOLD", -2), (second.id, leg.hold.id, "USE", 2),
        (second.id, leg.hold.id, "HOLD", -13),
    ]  # fmt: skip
    assert [(lot.remaining, lot.held, lot.state) for lot in (first, second)] == [
        (0, 0, "CLOSED"),
        (18, 0, "ACTIVE"),
    ]
    assert (leg.captured, leg.released, leg.open, leg.lots) == (12, 13, 0, {first.id: 0, second.id: 0})
    moves.release(book, one, done := journal(book, JournalKind.VOID), leg)
    assert (entries(book, done), leg.released) == ([], 13)
    whole = hold(book, one, 5, None)
    moves.capture(book, one, journal(book, JournalKind.CAPTURE), whole, 5)
    assert (whole.captured, whole.released, parts(one)) == (5, 0, (0, 43, 0, 0))
    assert book.legs[whole.id] is whole
    back = hold(book, one, 10, None)
    one.debt, one.available = 4, 0
    void = journal(book, JournalKind.VOID)
    moves.release(book, one, void, back)
    assert uses(book, void) == [(second.id, "HOLD", -10), (second.id, "USE", 4)]


def test_a_hold_on_a_wallet_without_lots_looks_at_none() -> None:
    book, one = Book(NOW), account(has_lots=False)
    one.available = 10
    leg = hold(book, one, 4, None)
    moves.capture(book, one, journal(book, JournalKind.CAPTURE), leg, 1)
    assert (leg.lots, book.uses, parts(one)) == ({}, [], (0, 9, 0, 0))


def test_what_a_claw_back_takes_first() -> None:
    book, one = Book(NOW), account(debt_limit=30)
    other = earn(book, one, 10, expires_at=NOW + HOUR)
    award = journal(book)
    own = moves.earn(book, one, award, 20)
    waiting = moves.earn(book, one, award, 8, waits=True)
    foreign = earn(book, one, 7, waits=True)
    assert own is not None and waiting is not None
    done = journal(book, JournalKind.CLAW_BACK)
    assert moves.claw_back(book, one, done, 30, own=frozenset({award.id})) == 0
    assert entries(book, done) == [("PENDING", "CLAWED_BACK", 8), ("AVAILABLE", "CLAWED_BACK", 22)]
    assert uses(book, done) == [(waiting.id, "CANCEL", 8), (own.id, "CANCEL", 20), (other.id, "CANCEL", 2)]
    assert [(lot.remaining, lot.state) for lot in (waiting, own, other, foreign)] == [
        (0, "CANCELLED"), (0, "CLOSED"), (8, "ACTIVE"), (7, "PENDING"),
    ]  # fmt: skip
    assert moves.claw_back(book, one, journal(book), 9, policy="ONLY_PENDING") == 9
    assert moves.claw_back(book, one, journal(book), 9, policy="WITHIN_BALANCE") == 1
    assert parts(one) == (7, 0, 0, 0)
    assert moves.claw_back(book, one, journal(book), 9, policy="WITHIN_BALANCE", is_forced=True) == 0
    assert moves.claw_back(book, one, journal(book), 25) == 4  # up to the limit of 30
    assert moves.claw_back(book, one, journal(book), 2, is_forced=True) == 0
    assert moves.claw_back(book, one, journal(book), 2) == 2
    assert parts(one) == (7, 0, 0, 32)
    half = journal(book)
    again = moves.earn(book, one, half, 6, waits=True)
    assert again is not None
    assert moves.claw_back(book, one, journal(book), 4, own=frozenset({half.id}), policy="ONLY_PENDING") == 0
    assert (again.remaining, again.state) == (2, "PENDING")


def test_a_refund_fills_the_lots_in_the_order_given_and_what_came_from_none_is_a_lot() -> None:
    book, one = Book(NOW), account(refund_grace_days=2)
    first, second = (earn(book, one, amount, expires_at=NOW + n * HOUR) for n, amount in ((1, 10), (48, 20)))
    moves.overspend(book, one, journal(book, JournalKind.IMPORT), 34)
    assert (parts(one), first.state, second.state) == ((0, 0, 0, 4), "CLOSED", "CLOSED")
    book.now = NOW + 2 * HOUR
    done = journal(book, JournalKind.REFUND, book.now)
    moves.refund(book, one, done, [(second, 20), (first, 10)], 26)
    assert entries(book, done) == [("REDEEMED", "DEBT", 4), ("REDEEMED", "AVAILABLE", 22)]
    assert uses(book, done) == [(second.id, "USE", -20), (second.id, "USE", 4), (first.id, "USE", -6)]
    assert (second.remaining, second.state, second.expires_at) == (16, "ACTIVE", NOW + 48 * HOUR)
    assert (first.remaining, first.state, first.expires_at) == (6, "ACTIVE", book.now + 48 * HOUR)
    rest = journal(book, JournalKind.REFUND, book.now)
    moves.refund(book, one, rest, [(first, 4)], 8)
    (made,) = (lot for lot in one.lots.values() if lot.journal == rest.id)
    assert (made.original, made.remaining, made.state, made.expires_at) == (4, 4, "ACTIVE", None)
    assert (made.account, made.occurred_at, parts(one)) == (one.id, book.now, (0, 30, 0, 0))


def test_a_deduction_that_comes_back_is_no_use_and_what_became_debt_is_a_lot() -> None:
    book, one = Book(NOW), account()
    lot = earn(book, one, 10)
    moves.claw_back(book, one, journal(book), 14)
    assert (parts(one), lot.state, one.lifetime_earned) == ((0, 0, 0, 4), "CLOSED", -4)
    done = journal(book, JournalKind.REFUND)
    moves.refund(book, one, done, [(lot, 10)], 14, Part.CLAWED_BACK)
    (made,) = (each for each in one.lots.values() if each.journal == done.id)
    assert entries(book, done) == [("CLAWED_BACK", "DEBT", 4), ("CLAWED_BACK", "AVAILABLE", 10)]
    assert uses(book, done) == [(made.id, "USE", 4), (lot.id, "CANCEL", -10)]
    assert [(each.original, each.remaining, each.state) for each in (made, lot)] == [
        (4, 0, "CLOSED"),
        (10, 10, "ACTIVE"),
    ]


def test_what_comes_back_of_a_lot_that_is_somebody_elses_now_is_a_lot_of_its_own() -> None:
    book, one, other = Book(NOW), account(), account()
    theirs, empty, own = (
        earn(book, other, 10, funding_source="dealer:1"),
        earn(book, one, 3),
        earn(book, one, 7),
    )
    moves.spend(book, one, journal(book, JournalKind.SPEND), 10)
    done = journal(book, JournalKind.REFUND)
    moves.refund(book, one, done, [(empty, 0), (theirs, 5), (own, 7)], 12)
    (made,) = (each for each in one.lots.values() if each.journal == done.id)
    assert (made.account, made.parent, made.original, made.remaining) == (one.id, theirs.id, 5, 5)
    assert (made.funding_source, theirs.remaining, own.remaining, parts(one)) == (
        "dealer:1",
        10,
        7,
        (0, 12, 0, 0),
    )
    assert uses(book, done) == [(theirs.id, "USE", -5), (theirs.id, "CANCEL", 5), (own.id, "USE", -7)]
    moves.refund(book, one, last := journal(book), [(theirs, 2)], 2, Part.CLAWED_BACK)
    assert uses(book, last) == [(theirs.id, "CANCEL", -2), (theirs.id, "CANCEL", 2)]


def test_an_overdraft_takes_what_there_is_and_the_rest_is_debt() -> None:
    book, one = Book(NOW), account()
    earn(book, one, 10)
    done = journal(book, JournalKind.IMPORT)
    moves.overspend(book, one, done, 14, Part.IMPORTED)
    assert entries(book, done) == [("AVAILABLE", "IMPORTED", 10), ("DEBT", "IMPORTED", 4)]
    more = journal(book, JournalKind.IMPORT)
    moves.overspend(book, one, more, 3)
    assert entries(book, more) == [("DEBT", "REDEEMED", 3)]


def test_a_gift_moves_lots_and_pays_the_debt_of_who_gets_it() -> None:
    book, giver, receiver = Book(NOW), account(), account()
    lots = [earn(book, giver, amount, expires_at=NOW + n * HOUR) for n, amount in ((2, 10), (1, 20), (3, 30))]
    receiver.debt = 25
    done = journal(book, JournalKind.GIFT)
    moves.give(book, done, giver, receiver, 60, lots)
    assert entries(book, done) == [
        ("AVAILABLE", "TRANSIT", 60), ("TRANSIT", "DEBT", 25), ("TRANSIT", "AVAILABLE", 35),
    ]  # fmt: skip
    assert uses(book, done) == [(lots[1].id, "USE", 20), (lots[0].id, "USE", 5)]
    assert [(lot.remaining, lot.state) for lot in lots] == [(5, "ACTIVE"), (0, "CLOSED"), (30, "ACTIVE")]
    assert (parts(giver), parts(receiver)) == ((0, 0, 0, 0), (0, 35, 0, 0))


def test_a_correction_up_is_a_lot_and_down_is_taken_or_refused() -> None:
    book, one = Book(NOW), account()
    up, down, import_ = (journal(book, JournalKind.ADJUST) for _ in range(3))
    moves.adjust(book, one, up, 30)
    moves.adjust(book, one, down, -10)
    moves.adjust(book, one, import_, -1, Part.IMPORTED)
    assert entries(book, up) == [("ADJUSTED", "AVAILABLE", 30)]
    assert entries(book, down) == [("AVAILABLE", "ADJUSTED", 10)]
    assert entries(book, import_) == [("AVAILABLE", "IMPORTED", 1)]
    assert one.lifetime_earned == 0
    with pytest.raises(InsufficientPoints) as refused:
        moves.adjust(book, one, journal(book), -20)
    said = refused.value
    assert (said.wallet, said.scale, said.balance, said.price) == ("POINTS", 2, 19, 20)


def test_who_may_spend() -> None:
    one = account()
    moves.must_be_spendable(one, NOW)
    one.is_frozen, one.frozen_until = True, NOW + HOUR
    with pytest.raises(AccountFrozen) as refused:
        moves.must_be_spendable(one, NOW)
    assert (refused.value.wallet, refused.value.until) == ("POINTS", NOW + HOUR)
    moves.must_be_spendable(one, NOW + HOUR)
    one.wallet = replace(one.wallet, is_spendable=False, code="GROWTH")
    with pytest.raises(WalletNotSpendable) as never:
        moves.must_be_spendable(one, NOW + HOUR)
    assert never.value.wallet == "GROWTH"


def test_when_what_is_earned_becomes_available_by_the_policy() -> None:
    book, one = Book(NOW), account(pending={"after": {"value": 2, "unit": "DAY"}}, zone="Asia/Shanghai")
    assert moves.pending_until(one, journal(book)) == datetime(2027, 3, 3, 16, tzinfo=UTC)
    assert moves.pending_until(account(), journal(book)) is None


def test_a_wallet_without_lots_has_no_pending_part_and_no_lot() -> None:
    book, one = Book(NOW), account(has_lots=False)
    one.debt = 3
    done = journal(book)
    assert moves.earn(book, one, done, 10, activates_at=NOW + HOUR, waits=True) is None
    assert entries(book, done) == [("ISSUED", "DEBT", 3), ("ISSUED", "AVAILABLE", 7)]
    spent = journal(book, JournalKind.SPEND)
    moves.spend(book, one, spent, 4)
    assert moves.claw_back(book, one, journal(book), 5) == 0
    assert (parts(one), one.lots, book.uses) == ((0, 0, 0, 2), {}, [])
    moves.refund(book, one, journal(book), [], 4)
    assert (parts(one), one.lots) == ((0, 2, 0, 0), {})


def test_an_account_that_is_not_whole_is_not_settled() -> None:
    book, one = Book(NOW), account()
    earn(book, one, 10, expires_at=NOW + HOUR)
    one.is_whole, book.now = False, NOW + 2 * HOUR
    moves.settle(book, one)
    assert parts(one) == (0, 10, 0, 0)
    one.is_whole = True
    moves.settle(book, one)
    expire = book.journals[-1]
    assert (expire.kind, expire.source, expire.leg, parts(one)) == (
        "EXPIRE",
        "LOT",
        str(one.seq),
        (0, 0, 0, 0),
    )
