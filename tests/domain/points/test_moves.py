"""The moves of the ledger on a book in memory, against the model: no database, so thousands of steps are quick."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.foundation import ids
from domain.points import moves
from domain.points.book import Account, Book, Hold, Journal, Leg, Part, Wallet
from domain.points.errors import HoldExceeded, HoldNotOpen, InsufficientPoints
from domain.points.tables import HoldState, JournalKind
from tests.domain.points.model import Model
from tests.domain.points.model_parts import DAY, HOUR, Award, Taking
from tests.domain.points.playing import START

AMOUNT = st.sampled_from([1, 5, 10, 20, 30, 60])
NUMBER = st.integers(0, 9)
HOURS = st.none() | st.integers(1, 5)
MOVE = st.one_of(
    st.tuples(st.just("give"), AMOUNT, HOURS),
    st.tuples(st.just("pend"), AMOUNT, st.integers(1, 3), HOURS, HOURS),
    st.tuples(st.just("spend"), AMOUNT),
    st.tuples(st.just("overspend"), AMOUNT),
    st.tuples(st.just("hold"), AMOUNT, HOURS),
    st.tuples(st.just("capture"), NUMBER, AMOUNT),
    st.tuples(st.just("release"), NUMBER),
    st.tuples(st.just("refund"), NUMBER, AMOUNT),
    st.tuples(st.just("claw"), NUMBER, AMOUNT, st.booleans()),
    st.tuples(st.just("tick"), st.integers(1, 3)),
)
POLICY = st.tuples(
    st.sampled_from(["ALLOW_NEGATIVE", "WITHIN_BALANCE", "ONLY_PENDING"]),
    st.none() | st.integers(0, 40),
    st.integers(0, 1),
)


class Play:
    """One account, in the model and in memory."""

    def __init__(self, refunds: str, limit: int | None, grace: int) -> None:
        self.model = Model(refunds, limit, grace * DAY)
        wallet = Wallet(
            ids.new(),
            "POINTS",
            0,
            True,
            True,
            "UTC",
            {"immediate": True},
            {"never": True},
            refunds,
            limit,
            grace,
            900,
        )
        self.book = Book(START)
        self.account = Account(ids.new(), ids.new(), wallet, is_whole=True)
        self.book.accounts[self.account.id] = self.account
        self.awards: list[tuple[Award, Journal]] = []
        self.takings: list[tuple[Taking, list]] = []
        self.legs: list[Leg] = []

    def step(self, move: str, *said: Any) -> None:
        self.model.now += 20
        self._settle()
        getattr(self, move)(*said)
        self._settle()
        account = self.account
        assert (account.pending, account.available, account.held, account.debt) == self.model.parts(0)
        due = [thing.due for thing in [*self.model.lots, *self.model.holds.values()] if thing.due is not None]
        moves.find_next_due(account)
        assert account.next_due == (self.at(min(due)) if due else None)

    def at(self, moment: int | None) -> datetime | None:
        return None if moment is None else START + timedelta(seconds=moment)

    def _settle(self) -> None:
        self.book.now = START + timedelta(seconds=self.model.now)
        moves.settle(self.book, self.account)
        self.model.settle()

    def _in(self, hours: int | None) -> int | None:
        return None if hours is None else (self.model.now // HOUR + hours) * HOUR

    def _journal(self, kind: JournalKind) -> Journal:
        return self.book.begin(Journal(kind, "TEST", str(ids.new()), self.book.now))

    def give(self, amount: int, lasts: int | None) -> None:
        self._give(amount, ends=self._in(lasts))

    def pend(self, amount: int, starts: int, cancels: int | None, lasts: int | None) -> None:
        self._give(amount, starts=self._in(starts), cancels=self._in(cancels), ends=self._in(lasts))

    def _give(self, amount: int, **more: Any) -> None:
        journal = self._journal(JournalKind.EARN)
        moves.earn(
            self.book, self.account, journal, amount, expires_at=self.at(more["ends"]),
            activates_at=self.at(more.get("starts")), cancel_at=self.at(more.get("cancels")),
        )  # fmt: skip
        self.awards.append((self.model.give(0, amount, **more), journal))

    def spend(self, amount: int) -> None:
        self._spend(amount, moves.spend)

    def overspend(self, amount: int) -> None:
        self._spend(amount, moves.overspend)

    def _spend(self, amount: int, move: Any) -> None:
        journal = self._journal(JournalKind.SPEND)
        if move is moves.spend and self.model.available(0) < amount:
            with pytest.raises(InsufficientPoints) as refused:
                move(self.book, self.account, journal, amount)
            assert refused.value.balance == self.model.available(0) - self.model.debt[0]
            return
        move(self.book, self.account, journal, amount)
        uses = [use for use in self.book.uses if use.journal == journal.id][::-1]
        lots = [[self.account.lots[use.lot], use.amount] for use in uses]
        self.takings.append((self.model.spend(0, amount), lots))

    def hold(self, amount: int, lasts: int | None) -> None:
        if self.model.available(0) < amount:
            return
        ends = self._in(lasts)
        of = Hold(ids.new(), "TEST", "1", self.account.member, HoldState.OPEN, expires_at=self.at(ends))
        leg = moves.hold(self.book, self.account, self._journal(JournalKind.HOLD), of, amount)
        self.legs.append(leg)
        self.model.holds[len(self.legs) - 1] = self.model.hold(0, amount, ends)

    def capture(self, number: int, amount: int) -> None:
        for name in sorted(self.model.holds)[number % (len(self.model.holds) or 1) :][:1]:
            held, leg = self.model.holds[name], self.legs[name]
            journal = self._journal(JournalKind.CAPTURE)
            if amount > held.amount:
                with pytest.raises(HoldExceeded):
                    moves.capture(self.book, self.account, journal, leg, amount)
                return
            moves.capture(self.book, self.account, journal, leg, amount)
            leg.hold.state = HoldState.CAPTURED
            self.model.capture(held, amount)
            assert leg.open == 0
            with pytest.raises(HoldNotOpen):
                moves.must_be_open(leg.hold, self.book.now)

    def release(self, number: int) -> None:
        for name in sorted(self.model.holds)[number % (len(self.model.holds) or 1) :][:1]:
            leg = self.legs[name]
            moves.must_be_open(leg.hold, self.book.now)
            moves.release(self.book, self.account, self._journal(JournalKind.VOID), leg)
            leg.hold.state = HoldState.VOIDED
            self.model.let_go(self.model.holds[name])

    def refund(self, number: int, amount: int) -> None:
        for taking, lots in self.takings[number % (len(self.takings) or 1) :][:1]:
            amount = min(amount, taking.left)
            used = [(lot, missing) for lot, missing in lots if missing]
            moves.refund(self.book, self.account, self._journal(JournalKind.REFUND), used, amount)
            self.model.refund(taking, amount)
            for each in lots:
                part = min(each[1], amount)
                each[1] -= part
                amount -= part

    def claw(self, number: int, amount: int, is_forced: bool) -> None:
        for award, journal in self.awards[number % (len(self.awards) or 1) :][:1]:
            amount = min(amount, award.left)
            own = frozenset([journal.id])
            waived = moves.claw_back(
                self.book,
                self.account,
                self._journal(JournalKind.CLAW_BACK),
                amount,
                own=own,
                is_forced=is_forced,
            )
            assert waived == amount - self.model.claw_back(0, amount, award, is_forced=is_forced)

    def tick(self, hours: int) -> None:
        self.model.now += hours * HOUR


@settings(max_examples=300)
@given(POLICY, st.lists(MOVE, min_size=4, max_size=25))
def test_any_moves_in_memory_leave_what_the_model_says(policy: tuple, steps: list[tuple]) -> None:
    play = Play(*policy)
    for move, *said in steps:
        play.step(move, *said)
    _lots_are_whole(play)
    _entries_follow_one_another(play)


def _lots_are_whole(play: Play) -> None:
    """Per lot: original = remaining + held + used + expired + cancelled; and the account is the sum of its lots."""
    lots, account = play.account.lots.values(), play.account
    assert account.pending == sum(lot.remaining for lot in lots if lot.state == "PENDING")
    assert account.available == sum(lot.remaining for lot in lots if lot.state != "PENDING")
    assert account.held == sum(lot.held for lot in lots) == sum(leg.open for leg in account.legs.values())
    for lot in play.account.lots.values():
        gone = sum(use.amount for use in play.book.uses if use.lot == lot.id and use.kind != "HOLD")
        held = sum(use.amount for use in play.book.uses if use.lot == lot.id and use.kind == "HOLD")
        assert (lot.original, lot.held) == (lot.remaining + lot.held + gone, held)
        assert lot.state != "ACTIVE" or lot.remaining or lot.held
        assert lot.state not in ("CLOSED", "CANCELLED") or not (lot.remaining or lot.held)


def _entries_follow_one_another(play: Play) -> None:
    parts = dict.fromkeys(Part, 0)
    for number, entry in enumerate(play.book.entries, 1):
        parts[Part(entry.source_part)] -= entry.amount
        parts[Part(entry.target_part)] += entry.amount
        after = (entry.pending_after, entry.available_after, entry.held_after, -entry.debt_after)
        assert after == (parts[Part.PENDING], parts[Part.AVAILABLE], parts[Part.HELD], parts[Part.DEBT])
        assert (entry.seq, entry.amount > 0) == (number, True)
    assert play.account.lifetime_earned == -parts[Part.ISSUED] - parts[Part.CLAWED_BACK]
    at = [journal.occurred_at for journal in play.book.journals if journal.kind == JournalKind.EXPIRE]
    assert at == sorted(at)


def test_an_award_ends_as_it_says_itself_else_as_the_wallet_says() -> None:
    play = Play("ALLOW_NEGATIVE", None, 0)
    play.account.wallet = replace(play.account.wallet, expiry={"calendar": ["06-30"]})

    def end(**said: Any) -> datetime | None:
        lot = moves.earn(play.book, play.account, play._journal(JournalKind.EARN), 5, **said)
        assert lot is not None
        return lot.expires_at

    assert end() == datetime(2027, 7, 1, tzinfo=UTC)
    assert end(expiry={"calendar": ["03-31"]}) == datetime(2027, 4, 1, tzinfo=UTC)
    assert end(expiry={"never": True}) is None
    assert end(expires_at=play.at(HOUR)) == START + timedelta(hours=1)
