"""Moves that the search in memory does not make: pending lots by hand, what time does, holds. Pure, by figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.foundation import ids
from domain.points import moves
from domain.points.book import Book, Hold, Part
from domain.points.errors import (
    AccountFrozen,
    HoldExceeded,
    HoldNotOpen,
    WalletNotSpendable,
)
from domain.points.tables import HoldState, JournalKind
from tests.domain.points.moving import HOUR, NOW, account, earn, entries, hold, journal, parts, uses


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


def test_what_time_does_to_lots_is_a_journal_of_each_at_its_moment() -> None:
    book, one = Book(NOW), account(expiry={"rolling": {"value": 1, "unit": "DAY"}})
    starts = earn(book, one, 10, activates_at=NOW + HOUR)
    stops = earn(book, one, 20, activates_at=NOW + 9 * HOUR, cancel_at=NOW + 2 * HOUR)
    ends = earn(book, one, 30, expires_at=NOW + 3 * HOUR)
    never = earn(book, one, 5, waits=True, expires_at=NOW + HOUR)
    book.journals.clear()
    book.now = NOW + 3 * HOUR
    moves.settle(book, one)
    assert [(each.kind, each.source, each.source_id, each.occurred_at) for each in book.journals] == [
        ("ACTIVATE", "LOT", str(starts.id), NOW + HOUR), ("CANCEL", "LOT", str(stops.id), NOW + 2 * HOUR),
        ("EXPIRE", "LOT", str(ends.id), NOW + 3 * HOUR),
    ]  # fmt: skip
    activate, cancel, expire = book.journals
    assert (entries(book, activate), uses(book, activate)) == ([("PENDING", "AVAILABLE", 10)], [])
    assert (entries(book, cancel), uses(book, cancel)) == (
        [("PENDING", "CLAWED_BACK", 20)],
        [(stops.id, "CANCEL", 20)],
    )
    assert (entries(book, expire), uses(book, expire)) == (
        [("AVAILABLE", "EXPIRED", 30)],
        [(ends.id, "EXPIRE", 30)],
    )
    assert [lot.state for lot in (starts, stops, ends, never)] == ["ACTIVE", "CANCELLED", "CLOSED", "PENDING"]
    assert (starts.activates_at, starts.expires_at) == (NOW + HOUR, datetime(2027, 3, 3, tzinfo=UTC))
    assert set(book.lots) == set(one.lots) and all(book.lots[each] is one.lots[each] for each in one.lots)
    assert one.next_due == starts.expires_at


def test_nothing_expires_before_it_came_or_began() -> None:
    book, one = Book(NOW), account()
    came = earn(book, one, 10, expires_at=NOW - HOUR)
    began = earn(book, one, 20, activates_at=NOW + 2 * HOUR, expires_at=NOW + HOUR)
    late = earn(book, one, 5, activates_at=NOW + HOUR, expires_at=NOW + 3 * HOUR)
    old = earn(book, one, 5, activates_at=NOW - 2 * HOUR, expires_at=NOW - HOUR)
    book.now = NOW + 4 * HOUR
    moves.settle(book, one)
    ends = {each.source_id: each.occurred_at for each in book.journals if each.kind == JournalKind.EXPIRE}
    assert ends == {
        str(came.id): NOW,
        str(old.id): NOW,
        str(began.id): NOW + 2 * HOUR,
        str(late.id): NOW + 3 * HOUR,
    }


def test_what_becomes_available_lets_the_others_live_on() -> None:
    sliding = {"sliding": {"value": 1, "unit": "DAY"}}
    book, one = Book(NOW), account(expiry=sliding)
    lot = earn(book, one, 10)
    later = earn(book, one, 5, activates_at=NOW + timedelta(days=1))
    own = earn(book, one, 5, activates_at=NOW + timedelta(days=1), expires_at=NOW + timedelta(days=9))
    book.now = NOW + timedelta(days=1)
    moves.settle(book, one)
    assert lot.expires_at == later.expires_at == datetime(2027, 3, 4, tzinfo=UTC)
    assert (own.expires_at, own.expiry) == (NOW + timedelta(days=9), None)


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
    freed = hold(book, one, 5, None)
    book.legs.clear()
    moves.release(book, one, journal(book, JournalKind.VOID), freed)
    assert book.legs == {freed.id: freed}
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
