"""Importing purchases: exact amounts, each row once, points paid as of their time, rules applied or not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain import db, stepping
from domain.foundation import importing
from domain.foundation.importing import Options, Reject, Report, Row
from domain.points import health, purchase_import, refunds
from tests import make
from tests.domain.points.buying import give, parts, rule


@pytest.fixture(autouse=True)
async def healthy():
    from domain import wiring

    wiring.start()
    yield
    assert await health.violations() == []


async def known() -> tuple[UUID, str]:
    member = await make.member_id()
    return member, await db.value("SELECT value_norm FROM profile.identity WHERE member = $1", member)


async def load(rows: list[dict[str, Any]], **options: Any) -> tuple[dict, list[Reject]]:
    rejects: list[Reject] = []
    report = Report(on_reject=rejects.append)
    given = (Row(number, row) for number, row in enumerate(rows, 2))
    await importing.run(purchase_import.PURCHASES, given, Options(file="orders.csv", **options), report)
    await stepping.settle()
    return report.summary(), rejects


async def test_rows_become_purchases_that_earn_as_of_their_time() -> None:
    await rule(10)
    member, name = await known()
    lines = [
        {"sku": "A", "amount": "10.50", "labels": ["color:red"]},
        {"sku": "B", "amount": 4.5, "quantity": 3},
    ]
    row = {"member": name, "external_id": "o-1", "paid_at": "2025-03-01T00:00:00Z", "currency": "USD",
           "lines": json.dumps(lines), "cash": "12.34"}  # fmt: skip
    summary, rejects = await load([row, {**row, "external_id": "o-2", "lines": ""}])
    assert (summary["accepted"], rejects) == (2, [])
    assert await parts(member) == (0, 20, 0, 0)
    rows = await db.fetch(
        """SELECT p.total, p.cash, p.currency, l.sku, l.amount, l.quantity, l.labels FROM points.purchase AS p
        JOIN points.purchase_line AS l ON l.purchase = p.id ORDER BY p.external_id, l.number"""
    )
    assert [tuple(each) for each in rows] == [
        (1_500, 1_234, "USD", "A", 1_050, 1, ["color:red"]), (1_500, 1_234, "USD", "B", 450, 3, []),
        (1_234, 1_234, "USD", "", 1_234, 1, []),
    ]  # fmt: skip
    assert (
        await db.value("SELECT DISTINCT occurred_at::text FROM points.earn_decision")
        == "2025-03-01 00:00:00+00"
    )


async def test_equal_rows_are_all_taken_and_a_file_again_changes_nothing() -> None:
    await rule(10)
    member, name = await known()
    rows = [{"member": name, "paid_at": "2025-03-01", "cash": "1.00"}] * 3
    assert (await load(rows))[0]["accepted"] == 3
    again = (await load(rows))[0]
    assert (again["accepted"], again["unchanged"]) == (0, 3)
    assert await parts(member) == (0, 30, 0, 0)
    assert await db.value("SELECT count(*) FROM points.purchase") == 3
    changed, rejects = await load([{**rows[0], "cash": "2.00"}])
    assert (changed["accepted"], [each.reason for each in rejects]) == (0, ["reference_taken"])


async def test_without_rules_purchases_earn_nothing_and_a_dry_run_leaves_nothing() -> None:
    await rule(10)
    member, name = await known()
    row = {"member": name, "external_id": "o-1", "paid_at": "2025-03-01", "cash": "1.00"}
    assert (await load([row], dry_run=True))[0]["accepted"] == 1
    assert await db.value("SELECT count(*) FROM points.purchase") == 0
    await load([row], apply_rules=False)
    assert await parts(member) == (0, 0, 0, 0)
    assert await db.value("SELECT count(*) FROM points.purchase") == 1


async def test_points_paid_are_spent_as_of_the_purchase_and_come_back() -> None:
    member, name = await known()
    from datetime import UTC, datetime

    then = datetime(2025, 1, 1, tzinfo=UTC)
    await give(member, 50, at=then, expires_at=then + timedelta(days=90_000))
    rows = [
        {"member": name, "external_id": "late", "paid_at": "2025-03-02", "cash": "1.00", "points_paid": "30"},
        {
            "member": name,
            "external_id": "early",
            "paid_at": "2025-03-01",
            "cash": "1.00",
            "points_paid": "30",
        },
    ]
    summary, rejects = await load(rows)
    assert (summary["accepted"], [(r.reason, r.external_id) for r in rejects]) == (
        1,
        [("INSUFFICIENT", "late")],
    )
    assert await parts(member) == (0, 20, 0, 0)
    spent = await db.one("SELECT occurred_at::date::text AS day FROM points.journal WHERE kind = 'SPEND'")
    assert spent["day"] == "2025-03-01"
    done = await refunds.refund(make.staff("operator"), "early", "r")
    assert done.returned == {"POINTS": 30}
    assert await parts(member) == (0, 50, 0, 0)


async def test_rows_that_cannot_be_read_are_rejected_with_their_reason() -> None:
    _, name = await known()
    row = {"member": name, "paid_at": "2025-01-01", "cash": "1.00"}
    bad = [
        ({"member": "nobody"}, "unknown_member"), ({"paid_at": ""}, "missing"), ({"paid_at": "soon"}, "bad_time"),
        ({"paid_at": "2999-01-01"}, "IMPLAUSIBLE_DATE"), ({"cash": "1.001"}, "too_many_digits"),
        ({"cash": "-1"}, "bad_amount"), ({"cash": "one"}, "bad_amount"), ({"cash": ""}, "missing"),
        ({"cash": "0.5", "currency": "JPY"}, "too_many_digits"), ({"lines": "[{"}, "bad_lines"),
        ({"lines": '{"sku": "A"}'}, "bad_lines"), ({"lines": '[{"sku": "A"}]'}, "bad_lines"),
        ({"lines": '[{"sku": "A", "amount": "0.50"}]'}, "bad_order"), ({"points_paid": "0.5"}, "too_many_digits"),
        ({"points_paid": "-5"}, "bad_amount"), ({"points_wallet": "GOLD"}, "unknown_wallet"),
        ({"external_id": "x" * 201}, "too_long"),
    ]  # fmt: skip
    summary, rejects = await load([{**row, **change} for change, _ in bad])
    assert [reject.reason for reject in rejects] == [reason for _, reason in bad]
    assert summary["accepted"] == 0
    assert await db.value("SELECT count(*) FROM points.purchase") == 0


async def test_an_order_of_one_member_is_never_taken_for_anothers() -> None:
    (member, name), (other, other_name) = await known(), await known()
    row = {"external_id": "o-1", "paid_at": "2025-03-01", "cash": "1.00"}
    assert (await load([{**row, "member": name}]))[0]["accepted"] == 1
    told, rejects = await load([{**row, "member": other_name}])
    assert (told["unchanged"], [each.reason for each in rejects]) == (0, ["reference_taken"])
    assert await db.value("SELECT member FROM points.purchase") == member != other
