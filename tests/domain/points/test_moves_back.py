"""What is taken back, comes back, is owed, given or corrected, in memory: by figures."""

from __future__ import annotations

import pytest

from domain.points import moves
from domain.points.book import Book, Part
from domain.points.errors import InsufficientPoints
from domain.points.tables import JournalKind
from tests.domain.points.moving import HOUR, NOW, account, earn, entries, journal, parts, uses


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
    assert all(book.lots[each] is one.lots[each] for each in one.lots)
    rest = journal(book, JournalKind.REFUND, book.now)
    one.next_due, first.expires_at = None, book.now
    moves.refund(book, one, rest, [(first, 4)], 8)
    assert one.next_due == first.expires_at == book.now + 48 * HOUR
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
    assert uses(book, down) == [(next(iter(one.lots)), "USE", 10)]
    little = journal(book, JournalKind.ADJUST)
    moves.adjust(book, one, little, 1)
    assert entries(book, little) == [("ADJUSTED", "AVAILABLE", 1)]
    moves.adjust(book, one, journal(book, JournalKind.ADJUST), -1)
    with pytest.raises(InsufficientPoints) as refused:
        moves.adjust(book, one, journal(book), -20)
    said = refused.value
    assert (said.wallet, said.scale, said.balance, said.price) == ("POINTS", 2, 19, 20)
