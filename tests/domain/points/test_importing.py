"""Importing entries of a former system."""

import time

import pytest

from domain import db
from domain.foundation.importing import Options, Reject, Report, Row
from domain.points import balances, health, importers
from tests import make


@pytest.fixture(autouse=True)
async def healthy():
    yield
    assert [c for c in await health.check() if not c.holds] == []


async def known() -> tuple:
    member = await make.member_id()
    return member, await db.value("SELECT value_norm FROM profile.identity WHERE member = $1", member)


async def load(rows: list[dict], **extra) -> tuple[dict, list[Reject]]:
    rejects: list[Reject] = []
    report = Report(on_reject=rejects.append)
    given = (Row(number, {"wallet": "POINTS", **row}) for number, row in enumerate(rows, 2))
    await importers.run(given, Options(file="old.csv", extra=extra), report)
    return report.summary(), rejects


async def test_rows_are_posted_in_order_of_time_and_due_lots_expire_on_the_way() -> None:
    member, name = await known()
    rows = [
        {"member": name, "kind": "SPEND", "amount": "80", "occurred_at": "2025-03-01T00:00:00Z"},
        {"member": name, "kind": "EARN", "amount": "50", "occurred_at": "2025-01-02T00:00:00Z",
         "expires_at": "2025-02-01T00:00:00Z"},
        {"member": name, "kind": "OPENING", "amount": "100", "occurred_at": "2025-01-01T00:00:00Z"},
        {"member": name, "kind": "ADJUST", "amount": "-5", "occurred_at": "2025-01-03T00:00:00Z"},
        {"member": name, "kind": "EARN", "amount": "0", "occurred_at": "2025-01-03T00:00:00Z"},
    ]  # fmt: skip
    summary, rejects = await load(rows)
    assert rejects == []
    assert (summary["posted"], summary["empty"]) == (4, 1)
    assert summary["sum POINTS SPEND"] == "80"
    found = await balances.of_wallet(member, "POINTS")
    assert (found.available, found.debt) == (20, 0)  # the adjustment came from the lot that expired first
    assert await db.value("SELECT sum(amount) FROM points.entry WHERE target_part = 'EXPIRED'") == 45


async def test_equal_rows_are_all_posted_and_importing_twice_changes_nothing() -> None:
    member, name = await known()
    rows = [{"member": name, "kind": "EARN", "amount": "10", "occurred_at": "2025-01-01"}] * 3
    assert (await load(rows))[0]["accepted"] == 3
    again = (await load(rows))[0]
    assert (again["accepted"], again["unchanged"]) == (0, 3)
    assert (await balances.of_wallet(member, "POINTS")).available == 30


@pytest.mark.parametrize(("overdraft", "net", "debt", "rejected"), [("refuse", 60, 0, 1), ("debt", 20, 0, 0)])
async def test_a_spend_beyond_the_balance(overdraft: str, net: int, debt: int, rejected: int) -> None:
    member, name = await known()
    rows = [
        {"member": name, "kind": "EARN", "amount": "10", "occurred_at": "2025-01-01"},
        {"member": name, "kind": "SPEND", "amount": "40", "occurred_at": "2025-01-02"},
        {"member": name, "kind": "EARN", "amount": "50", "occurred_at": "2025-01-03"},
    ]
    summary, rejects = await load(rows, overdraft=overdraft)
    assert [reject.reason for reject in rejects] == ["INSUFFICIENT"] * rejected
    found = await balances.of_wallet(member, "POINTS")
    assert (found.net, found.debt) == (net, debt)
    assert summary["members_overdrawn"] == 1 - rejected
    assert summary["members_in_debt"] == 0


async def test_rows_that_cannot_be_read_are_rejected_with_their_reason() -> None:
    _, name = await known()
    row = {"member": name, "kind": "EARN", "amount": "10", "occurred_at": "2025-01-01"}
    bad = [
        ({"amount": "1.5"}, "too_many_digits"), ({"amount": "-1"}, "bad_amount"), ({"amount": "ten"}, "bad_amount"),
        ({"kind": "GIFT"}, "bad_kind"), ({"member": "nobody"}, "unknown_member"), ({"wallet": "GOLD"}, "unknown_wallet"),
        ({"occurred_at": "yesterday"}, "bad_time"), ({"occurred_at": ""}, "missing"),
        ({"occurred_at": "2999-01-01"}, "IMPLAUSIBLE_DATE"), ({"amount": "NaN"}, "bad_amount"),
        ({"amount": "1e30"}, "bad_amount"),
    ]  # fmt: skip
    summary, rejects = await load([{**row, **change} for change, _ in bad])
    assert [reject.reason for reject in rejects] == [reason for _, reason in bad]
    assert summary["accepted"] == 0


async def test_many_rows_are_quick() -> None:
    names = [(await known())[1] for _ in range(50)]
    rows = [
        {"member": names[n % 50], "kind": "SPEND" if n % 5 == 4 else "EARN", "amount": str(10 + n % 7),
         "occurred_at": f"2025-{1 + n % 12:02}-{1 + n % 28:02}"}
        for n in range(4_000)
    ]  # fmt: skip
    started = time.monotonic()
    summary, _ = await load(rows, overdraft="debt")
    assert summary["accepted"] == 4_000
    print(f"{4_000 / (time.monotonic() - started):,.0f} rows/s")
