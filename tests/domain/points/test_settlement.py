"""The settlement report: every movement has its payer, and the payers together are the books."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain import clock, db, stepping, wiring
from domain.actor import SYSTEM, member
from domain.errors import BadInput
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.points import gifts, health, holds, ledger, operating, wallets
from domain.points.keeping import liability, settlement, totals
from domain.points.keeping.totals import TotalsGroup
from domain.points.ledger import Cause
from domain.points.policy_rules import Policy
from domain.profile import merges
from tests import make
from tests.domain.points.playing import START, Player
from tests.domain.points.test_ledger_model import Machine, search
from tests.everything.scenarios.people import without_a_second_person

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
async def in_2027():
    wiring.start()
    at(1, 10)
    yield
    assert await health.violations() == []
    clock.shift(timedelta(0))


async def obeys_the_law(wallet: str, first: str, last: str) -> None:
    """The rows of a month sum to its totals and to the liability at its end; a source's are those of its lots."""
    found = await settlement.report(wallet, first, last)
    _, rows = await totals.of_wallet(wallet, by=TotalsGroup.MONTH)
    told = {row["key"]: row for row in rows}
    for month in sorted({row.month for row in found.rows} | {key for key in told if first <= key <= last}):
        of_month = [row for row in found.rows if row.month == month]
        sums = Counter({"outstanding": sum(row.outstanding for row in of_month)})
        for row in of_month:
            sums.update(row.figures)
        whole = told.get(month)
        assert sums["debt_paid"] == 0
        assert (
            sums["issued"], sums["redeemed"] - sums["returned"], sums["expired"], sums["clawed_back"], sums["adjusted"],
            sums["imported"],
        ) == tuple(whole[name] if whole else 0 for name in ("earned", "spent", "expired", "clawed_back", "adjusted", "imported"))  # fmt: skip
        year, number = int(month[:4]), int(month[5:])
        end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=SHANGHAI) - timedelta(microseconds=1)
        at = min(end, clock.now())
        assert sums["outstanding"] == (await liability.report(wallet, at)).outstanding
        lots = {row["source"]: row["left"] for row in await db.fetch(_LEFT, wallet, at)}
        by_source = {row.source: row.outstanding for row in of_month}
        for source in (lots.keys() | by_source.keys()) - {None}:
            assert by_source.get(source, 0) == lots.get(source, 0), (month, source)


#: Late facts may take from lots that came later, so lots and uses are counted each by its own moment.
_LEFT = """SELECT source, sum(moved)::bigint AS left FROM (
        SELECT l.funding_source AS source, l.original AS moved, l.account FROM points.lot AS l WHERE l.occurred_at <= $2
        UNION ALL SELECT l.funding_source, -u.amount, l.account FROM points.lot_use AS u JOIN points.lot AS l ON l.id = u.lot
        JOIN points.journal AS j ON j.id = u.journal
        WHERE u.kind IN ('USE', 'EXPIRE', 'CANCEL') AND j.occurred_at <= $2) AS m
    JOIN points.account AS a ON a.id = m.account JOIN points.wallet_type AS t ON t.id = a.wallet_type
    WHERE t.code = $1 GROUP BY 1"""


async def give(member, amount: int, source: str | None, **more):
    done = await ledger.earn(
        SYSTEM, member, "POINTS", amount, Cause("TEST", ids.new()), funding_source=source, **more
    )
    return done.journal


async def spend(member, amount: int):
    return (await ledger.spend(SYSTEM, member, {"POINTS": amount}, Cause("TEST", ids.new()))).journal


def at(month: int, day: int, hour: int = 0) -> None:
    clock.shift(clock._offset + datetime(2027, month, day, hour, tzinfo=UTC) - clock.now())


async def told(first: str, last: str | None = None) -> dict:
    found = await settlement.report("POINTS", first, last)
    return {
        (row.month, row.source): {name: n for name, n in [*row.figures.items(), ("left", row.outstanding)] if n}
        for row in found.rows
    }  # fmt: skip


async def test_each_source_is_charged_for_its_own_lots(in_2027) -> None:
    who = await make.member_id()
    await give(who, 100, "dealer:1", expires_at=datetime(2027, 2, 20, tzinfo=UTC))
    await give(who, 50, "brand")
    spent = await spend(who, 120)
    at(2, 5)
    await ledger.refund(SYSTEM, spent, Cause("TEST", "back"), {"POINTS": 30})
    at(3, 1)
    await stepping.settle()
    assert await told("2027-01", "2027-03") == {
        ("2027-01", "brand"): {"issued": 50, "redeemed": 20, "left": 30},
        ("2027-01", "dealer:1"): {"issued": 100, "redeemed": 100},
        # What was taken last comes back first: 20 of the brand's, then 10 of the dealer's, which expire.
        ("2027-02", "brand"): {"returned": 20, "left": 50},
        ("2027-02", "dealer:1"): {"returned": 10, "expired": 10},
        ("2027-03", "brand"): {"left": 50},
    }
    await obeys_the_law("POINTS", "2027-01", "2027-03")


async def test_a_debt_is_nobodys_until_a_lot_pays_it(in_2027) -> None:
    who = await make.member_id()
    award = await give(who, 100, "dealer:1")
    await spend(who, 80)
    await ledger.claw_back(SYSTEM, who, "POINTS", 100, Cause("TEST", "returned"), of=[award])
    assert await told("2027-01") == {
        ("2027-01", "dealer:1"): {"issued": 100, "redeemed": 80, "clawed_back": 20},
        ("2027-01", None): {"clawed_back": 80, "left": -80},
    }
    at(2, 1)
    await give(who, 90, "brand")
    assert await told("2027-02") == {
        ("2027-02", "brand"): {"issued": 90, "debt_paid": 80, "left": 10},
        ("2027-02", None): {"debt_paid": -80},
    }
    await obeys_the_law("POINTS", "2027-01", "2027-02")


async def test_the_payer_follows_gifts_merges_and_corrections(in_2027) -> None:
    await without_a_second_person(operating.ADJUST)
    one, two, three = [await make.member_id() for _ in range(3)]
    await give(one, 100, "dealer:1")
    staff = make.staff("operator")
    given = await gifts.offer(member(one), two, "POINTS", Decimal(60))
    await gifts.accept(member(two), given.id)
    await spend(two, 10)
    award = await give(three, 30, "store:1")
    await spend(three, 30)
    await ledger.claw_back(SYSTEM, three, "POINTS", 30, Cause("TEST", "gone"), of=[award])
    merge = await merges.merge_two(make.staff("admin"), two, three, "the same person")
    await operating.adjust(staff, one, "POINTS", Decimal(7), reason="kind")
    await operating.adjust(staff, one, "POINTS", Decimal(-2), reason="too kind")
    found = await told("2027-01")
    assert found["2027-01", "dealer:1"] == {"issued": 100, "redeemed": 10, "adjusted": -2, "debt_paid": 30, "left": 58}  # fmt: skip
    assert found["2027-01", "store:1"] == {"issued": 30, "redeemed": 30}
    assert found["2027-01", None] == {"clawed_back": 30, "adjusted": 7, "debt_paid": -30, "left": 7}
    await obeys_the_law("POINTS", "2027-01", "2027-01")
    await merges.undo(make.staff("admin"), merge, "they are two")
    found = await told("2027-01")
    assert found["2027-01", "dealer:1"] == {"issued": 100, "redeemed": 10, "adjusted": -2, "left": 88}
    assert found["2027-01", None] == {"clawed_back": 30, "adjusted": 7, "left": -23}
    await obeys_the_law("POINTS", "2027-01", "2027-01")


async def test_the_rest_of_a_hold_may_pay_a_debt(in_2027) -> None:
    who = await make.member_id()
    award = await give(who, 100, "dealer:1")
    kept = await holds.hold(SYSTEM, who, {"POINTS": 60}, source="TEST", source_id=who, expires_at=None)
    other = await holds.hold(SYSTEM, who, {"POINTS": 40}, source="TEST", source_id=ids.new(), expires_at=None)
    await ledger.claw_back(SYSTEM, who, "POINTS", 100, Cause("TEST", "gone"), of=[award])
    await holds.capture(SYSTEM, kept.id, {"POINTS": 25})
    await holds.void(SYSTEM, other.id)
    assert await told("2027-01") == {
        ("2027-01", "dealer:1"): {"issued": 100, "redeemed": 25, "debt_paid": 75},
        ("2027-01", None): {"clawed_back": 100, "debt_paid": -75, "left": -25},
    }
    await obeys_the_law("POINTS", "2027-01", "2027-01")


async def test_a_wallet_without_lots_has_one_row(in_2027) -> None:
    who = await make.member_id()
    await ledger.earn(SYSTEM, who, "GROWTH", 9, Cause("TEST", ids.new()), funding_source="brand")
    (row,) = (await settlement.report("GROWTH")).rows
    assert (row.month, row.source, row.figures["issued"], row.outstanding) == ("2027-01", None, 9, 9)
    await obeys_the_law("GROWTH", "2027-01", "2027-01")


async def test_the_worth_is_that_of_the_policy_when_the_month_ends(in_2027) -> None:
    await without_a_second_person(wallets.SET_POLICY)
    who = await make.member_id()
    await give(who, 101, "brand")
    assert [row.values for row in (await settlement.report("POINTS", "2027-01")).rows] == [None]
    policy = Policy(pending={"immediate": True}, expiry={"never": True}, point_value="0.015")
    await wallets.set_policy(make.staff("admin"), "POINTS", policy, datetime(2027, 1, 20, tzinfo=UTC))
    at(2, 2)
    one, two = (await settlement.report("POINTS", "2027-01", "2027-02")).rows
    assert (one.values["issued"], one.values["outstanding"], two.values["issued"]) == (152, 152, 0)
    assert two.values["outstanding"] == 152


async def test_pages_of_the_report_are_the_report(in_2027) -> None:
    who = await make.member_id()
    for name in ("b", "a", None, "é", "数"):
        await give(who, 1, name)
    at(2, 2)
    whole = [row.key for row in (await settlement.report("POINTS", "2027-01", "2027-02")).rows]
    assert len(whole) == 10 and whole == sorted(whole)
    seen, after = [], None
    while True:
        rows = (await settlement.report("POINTS", "2027-01", "2027-02", page=Page(limit=3, after=after))).rows
        seen += [row.key for row in rows[:3]]
        if len(rows) <= 3:
            break
        after = seen[-1]
    assert seen == whole
    only = (await settlement.report("POINTS", "2027-02", sources=["a", None])).rows
    assert [row.source for row in only] == ["a", None]


@pytest.mark.parametrize(
    "span",
    [("2027-13", None), ("", "2027-01"), ("2027-01", "2026-12"), ("2027-02", None), ("0000-01", None),
     ("9999-12", None), ("2023-01", "2027-01"), ("２０２７-01", None)],
)  # fmt: skip
async def test_a_span_that_makes_no_sense_is_refused(in_2027, span) -> None:
    with pytest.raises(BadInput):
        await settlement.report("POINTS", *span)


class Funded(Player):
    """Plays with payers: awards are nobody's, a dealer's and the brand's in turn; in the end everything has its payer."""

    async def look(self, is_swept: bool) -> None:
        """The model is compared elsewhere."""

    async def _give(self, who: int, amount: int, **more: Any) -> None:
        self.model.awards[self.name] = self.model.give(self.model.root(who), amount, **more)
        done = await ledger.earn(
            SYSTEM, self.members[who], "POINTS", amount, self._cause(), expires_at=self.at(more["ends"]),
            activates_at=self.at(more.get("starts")), cancel_at=self.at(more.get("cancels")), waits=more.get("waits", False),
            funding_source=(None, "dealer:1", "brand")[self.name % 3],
        )  # fmt: skip
        self.ids[self.name] = done.journal

    async def _told_the_same(self) -> None:
        now = clock.now().astimezone(SHANGHAI)
        before = (START - timedelta(days=31)).astimezone(SHANGHAI)
        await obeys_the_law("POINTS", before.strftime("%Y-%m"), now.strftime("%Y-%m"))


class Payers(Machine):
    """Every move of two people, with payers."""

    player_type = Funded


async def test_any_moves_are_told_apart_by_payer() -> None:
    await search(30, 8, Payers)


@pytest.mark.long
@pytest.mark.timeout(3_600)
async def test_many_more_moves_are_told_apart_by_payer() -> None:
    await search(300, 50, Payers)


async def test_a_lot_that_a_parting_splits_stays_with_its_payer(in_2027) -> None:
    one, two = await make.member_id(), await make.member_id()
    for who, amount, payer in ((one, 10, "dealer:1"), (two, 15, "dealer:2")):
        await give(who, amount, payer)
    merge = await merges.merge_two(make.staff("admin"), one, two, "the same person", winner=one)
    await holds.hold(SYSTEM, one, {"POINTS": 20}, source="TEST", source_id=one, expires_at=None)
    await merges.undo(make.staff("admin"), merge, "they are two")
    assert await told("2027-01") == {
        ("2027-01", "dealer:1"): {"issued": 10, "left": 10},
        ("2027-01", "dealer:2"): {"issued": 15, "left": 15},
    }
    await obeys_the_law("POINTS", "2027-01", "2027-01")
