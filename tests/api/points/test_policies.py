"""What a wallet's policy says has its effect: when points come, when they go, and whether they may come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain import clock, db
from tests import make

SHANGHAI = ZoneInfo("Asia/Shanghai")


def midnight(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=SHANGHAI).astimezone(UTC)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def ends(staff, who) -> list[datetime | None]:
    lots = (await staff.of(who, "lots { expiresAt }"))["lots"]
    return [moment(lot["expiresAt"]) if lot["expiresAt"] else None for lot in lots]


@pytest.mark.parametrize(
    ("earned", "days", "end"),
    [
        (midnight(2027, 5, 5), ["12-31"], midnight(2028, 1, 1)),
        (midnight(2027, 12, 31), ["12-31"], midnight(2028, 1, 1)),
        (midnight(2028, 1, 1), ["12-31"], midnight(2029, 1, 1)),
        (midnight(2027, 7, 1), ["06-30", "12-31"], midnight(2028, 1, 1)),
        (midnight(2027, 1, 1), ["02-29"], midnight(2027, 3, 1)),
        (midnight(2028, 1, 1), ["02-29"], midnight(2028, 3, 1)),
    ],
)
async def test_calendar_expiry_is_the_end_of_the_next_named_day(staff, earned, days, end) -> None:
    await staff.policy(expiry={"calendar": days})
    who = await make.member_id()
    clock.shift(clock._offset + (earned - clock.now()))
    await staff.grant(who, "10")
    assert await ends(staff, who) == [end]


async def test_sliding_points_live_as_long_as_something_happens(staff) -> None:
    await staff.policy(expiry={"sliding": {"value": 10, "unit": "DAY"}})
    who, start = await make.member_id(), clock.now()
    await staff.grant(who, "100")
    (first,) = await ends(staff, who)
    await staff.set_clock(start + timedelta(days=5))
    await staff.spend(who, "10")
    (second,) = await ends(staff, who)
    assert second - first == timedelta(days=5)
    await staff.set_clock(start + timedelta(days=9))
    await staff.grant(who, "1")
    assert await ends(staff, who) == [second + timedelta(days=4)] * 2
    held = (await staff.hold(who, "20", "h", expiresInSeconds=0))["hold"]["id"]
    await staff.set_clock(start + timedelta(days=12))
    await staff.post("captureHold", holdId=held)
    assert set(await ends(staff, who)) == {second + timedelta(days=7)}
    await staff.set_clock(second + timedelta(days=7) - timedelta(seconds=1))
    assert (await staff.wallet(who, "available"))["available"] == "71"
    await staff.pass_time("PT1S")
    assert (await staff.wallet(who, "available"))["available"] == "0"


async def test_corrections_and_holds_do_not_let_sliding_points_live_longer(staff) -> None:
    await staff.policy(expiry={"sliding": {"value": 10, "unit": "DAY"}})
    who, start = await make.member_id(), clock.now()
    await staff.grant(who, "100")
    before = await ends(staff, who)
    await staff.set_clock(start + timedelta(days=5))
    await staff.post("adjustPoints", memberId=str(who), amount="-5", reason="wrong")
    await staff.hold(who, "20", "h")
    assert await ends(staff, who) == before


async def test_lots_keep_the_policy_under_which_they_came(staff) -> None:
    who, now = await make.member_id(), clock.now()
    await staff.grant(who, "1")
    await staff.policy(expiry={"rolling": {"value": 1, "unit": "YEAR", "roundTo": "MONTH"}})
    await staff.policy(expiry={"never": True}, effectiveFrom=(now + timedelta(days=2)).isoformat())
    await staff.grant(who, "2")
    await staff.set_clock(now + timedelta(days=2))
    await staff.grant(who, "4")
    lots = (await staff.of(who, "lots { original expiresAt }"))["lots"]
    assert {lot["original"]: lot["expiresAt"] is None for lot in lots} == {"1": True, "2": False, "4": True}
    local = now.astimezone(SHANGHAI)
    after = (local.replace(day=1) + timedelta(days=32)).replace(day=1)
    end = next(moment(lot["expiresAt"]) for lot in lots if lot["expiresAt"])
    assert end == midnight(local.year + 1 + (after.year - local.year), after.month, 1)
    listed = await staff.run(
        'query { walletPolicies(wallet: "POINTS") { version expiry { rolling { value unit roundTo } } } }',
        actor=staff.admin,
    )
    assert listed["walletPolicies"] == [
        {"version": 2, "expiry": None},
        {"version": 1, "expiry": {"rolling": {"value": 1, "unit": "YEAR", "roundTo": "MONTH"}}},
    ]


async def test_points_wait_for_the_next_named_day(staff) -> None:
    await staff.policy(pending={"dates": ["01-01", "07-01"]})
    await staff.set_clock(midnight(2027, 6, 30) + timedelta(hours=23))
    who = await make.member_id()
    await staff.grant(who, "10")
    assert (await staff.wallet(who, "pending available")) == {"pending": "10", "available": "0"}
    await staff.pass_time("PT1H")
    assert (await staff.wallet(who, "pending available")) == {"pending": "0", "available": "10"}
    await staff.grant(who, "5")
    waits = await staff.of(who, "lots { activatesAt state }")
    assert [moment(lot["activatesAt"]) for lot in waits["lots"] if lot["state"] == "PENDING"] == [
        midnight(2028, 1, 1)
    ]


async def expired_lot(staff, who, amount: str = "50") -> str:
    await staff.grant(who, amount, expiresAt=(clock.now() + timedelta(hours=1)).isoformat())
    lot = (await staff.of(who, "lots { id }"))["lots"][0]["id"]
    await staff.pass_time("PT1H")
    return lot


async def test_expired_points_come_back_within_the_window_as_a_new_lot(staff) -> None:
    await staff.policy(
        reinstateWindow={"value": 3, "unit": "DAY"}, expiry={"rolling": {"value": 30, "unit": "DAY"}}
    )
    who = await make.member_id()
    lot = await expired_lot(staff, who)
    done = await staff.post("reinstatePoints", lotId=lot, amount="20", reason="he was ill")
    assert (done["journal"]["kind"], done["balances"][0]["available"]) == ("REINSTATE", "20")
    assert await db.value("SELECT parent::text FROM points.lot WHERE remaining = 20") == lot
    assert (await ends(staff, who))[0] > clock.now() + timedelta(days=30)
    rest = await staff.post(
        "reinstatePoints", lotId=lot, amount="999", reason="all of it"
    )  # cut to what is left
    assert rest["balances"][0]["available"] == "50"
    nothing = await staff.post("reinstatePoints", lotId=lot, reason="again")
    assert nothing["__typename"] == "NothingToReverse"
    undone = await staff.post("reverseJournal", journalId=rest["journal"]["id"], reason="no")
    assert undone["balances"][0]["available"] == "20"


async def test_after_the_window_expired_points_stay_expired(staff) -> None:
    await staff.policy(reinstateWindow={"value": 0, "unit": "DAY"})
    who = await make.member_id()
    lot = await expired_lot(staff, who)
    await staff.pass_time("P1D")
    over = await staff.post("reinstatePoints", lotId=lot, reason="late")
    assert over["__typename"] == "ReinstatementOver"
    assert moment(over["until"]) <= clock.now()
    assert (await staff.wallet(who, "available seq")) == {"available": "0", "seq": 2}


async def test_without_a_window_nothing_comes_back(staff) -> None:
    who = await make.member_id()
    lot = await expired_lot(staff, who)
    assert (await staff.post("reinstatePoints", lotId=lot, reason="please"))["until"] is None


async def test_points_that_come_back_pay_debt_first(staff) -> None:
    await staff.policy(reinstateWindow={"value": 1, "unit": "YEAR"})
    who = await make.member_id()
    earned = (await staff.grant(who, "30"))["journal"]["id"]
    await staff.spend(who, "30")
    lot = await expired_lot(staff, who)
    await staff.post("reverseJournal", journalId=earned, reason="wrong", isForced=True)
    done = await staff.post("reinstatePoints", lotId=lot, reason="sorry")
    assert (done["balances"][0]["available"], done["balances"][0]["debt"]) == ("20", "0")


@pytest.mark.parametrize(("grace", "available", "expiries"), [(0, "0", 2), (5, "40", 1)])
async def test_what_comes_back_to_an_expired_lot_lives_for_the_days_of_grace(
    staff, grace: int, available: str, expiries: int
) -> None:
    await staff.policy(refundGraceDays=grace)
    who = await make.member_id()
    await staff.grant(who, "100", expiresAt=(clock.now() + timedelta(hours=1)).isoformat())
    spent = await staff.spend(who, "40")
    await staff.pass_time("PT2H")
    done = await staff.post("reverseJournal", journalId=spent["journal"]["id"], reason="returned")
    assert done["balances"][0]["available"] == available
    found = await staff.of(who, "entries(kinds: [EXPIRE]) { nodes { amount } }")
    assert len(found["entries"]["nodes"]) == expiries
    await staff.pass_time(f"P{grace}D")
    assert (await staff.wallet(who, "available"))["available"] == "0"


NONSENSE = {
    "expiry.calendar.0": {"expiry": {"calendar": ["13-01"]}},
    "expiry.calendar": {"expiry": {"calendar": []}},
    "expiry.sliding.value": {"expiry": {"sliding": {"value": -1, "unit": "DAY"}}},
    "pending.dates.1": {"pending": {"dates": ["01-01", "1-1"]}},
    "reinstateWindow.value": {"reinstateWindow": {"value": 200, "unit": "YEAR"}},
    "debtLimit": {"debtLimit": "-1"},
    "pay.conversionPoints": {"pay": {"conversionPoints": "0", "conversionAmount": {"minorUnits": 1}}},
    "pay.maxSharePercent": {
        "pay": {"conversionPoints": "1", "conversionAmount": {"minorUnits": 1}, "maxSharePercent": 101}
    },
    "pay.minimum": {"pay": {"conversionPoints": "1", "conversionAmount": {"minorUnits": 1}, "minimum": "-1"}},
    "gift.dailyLimit": {"gift": {"dailyLimit": "-1"}},
    "gift.acceptHours": {"gift": {"acceptHours": 0}},
    "pointValue": {"pointValue": "-0.01"},
}


@pytest.mark.parametrize("path", NONSENSE)
async def test_a_policy_with_nonsense_names_it_and_changes_nothing(staff, path: str) -> None:
    answer = await staff.policy(**NONSENSE[path])
    assert [problem["path"] for problem in answer["problems"]] == [path]
    assert await db.value("SELECT count(*) FROM points.wallet_policy") == 0


async def test_a_policy_shows_all_that_was_said(staff) -> None:
    said = {
        "pending": {"after": {"value": 14, "unit": "DAY"}}, "expiry": {"calendar": ["12-31"]}, "debtLimit": "500",
        "refundPolicy": "WITHIN_BALANCE", "refundGraceDays": 7, "holdSeconds": 60, "pointValue": "0.05",
        "reinstateWindow": {"value": 1, "unit": "MONTH"},
        "gift": {"minimum": "10", "dailyLimit": "100", "monthlyLimit": "1000", "acceptHours": 24},
        "pay": {"conversionPoints": "100", "conversionAmount": {"minorUnits": 500}, "minimum": "200", "maxSharePercent": 50},
    }  # fmt: skip
    await staff.policy(**said)
    asked = """query { walletPolicies { pending { after { value unit } } expiry { calendar } debtLimit refundPolicy
        refundGraceDays holdSeconds pointValue reinstateWindow { value unit }
        gift { minimum dailyLimit monthlyLimit acceptHours }
        pay { conversionPoints conversionAmount { minorUnits } minimum maxSharePercent } } }"""
    assert (await staff.run(asked, actor=staff.admin))["walletPolicies"] == [said]
