"""What each call of the ledger answers, stores beside the entries, and leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import health, ledger, settling, wallets
from domain.points.errors import AlreadyReversed, InsufficientPoints, NothingToReverse
from domain.points.ledger import Cause
from tests import make
from tests.domain.points.buying import give, parts
from tests.domain.points.test_arithmetic import fact

DAY = timedelta(days=1)
STAFF = make.staff("admin")


@pytest.fixture(autouse=True)
async def healthy():
    yield
    clock.shift(timedelta(0))
    assert await health.violations() == []


@pytest.fixture
async def miles() -> str:
    """A second wallet to spend from, with lots."""
    await wallets.define(
        STAFF, programme="marque", code="MILES", names={"en": "Miles", "zh": "里程"}, scale=0, is_spendable=True,
        has_lots=True,
    )  # fmt: skip
    return "MILES"


async def journal(id_: UUID | None) -> db.Row:
    found = await db.one("SELECT * FROM points.journal WHERE id = $1", id_)
    assert found is not None
    return found


async def sources(id_: UUID | None) -> list[tuple[str, str, int]]:
    rows = await db.fetch("SELECT * FROM points.entry WHERE journal = $1 ORDER BY account, seq", id_)
    return [(row["source_part"], row["target_part"], row["amount"]) for row in rows]


async def spend(member: UUID, **amounts: int) -> UUID | None:
    return (await ledger.spend(SYSTEM, member, amounts, Cause("TEST", ids.new()))).journal


async def test_what_a_cause_says_stands_in_the_journal() -> None:
    member, at = await make.member_id(), clock.now() - DAY
    version, approval = ids.new(), ids.new()
    cause = Cause("ORDER", "A-1", None, "second", "a reason", "R-1", facts={"said": 1})
    row = await journal((await ledger.earn(STAFF, member, "POINTS", 5, cause, at=at)).journal)
    assert (row["kind"], row["source"], row["source_id"], row["leg"]) == ("EARN", "ORDER", "A-1", "second")
    assert (row["reason"], row["reference"], row["actor"], row["occurred_at"]) == (
        "a reason",
        "R-1",
        STAFF.id,
        at,
    )
    assert row["facts"] == {"said": 1}
    by_hand = ledger.by_staff("why", "R-2", approval)
    assert (by_hand.source, by_hand.reason, by_hand.reference, by_hand.approval) == (
        "STAFF",
        "why",
        "R-2",
        approval,
    )
    assert by_hand.source_id != ledger.by_staff("why").source_id
    made = Cause("X", 1, version, approval=approval).journal(SYSTEM, row["kind"], at)
    assert (made.rule_version, made.approval, made.source_id) == (version, approval, "1")


async def test_what_is_told_of_a_posting_names_who_did_it_and_what_caused_it() -> None:
    member, cause = await make.member_id(), replace(fact(), depth=2, flags=frozenset({"no_messages"}))
    await ledger.earn(STAFF, member, "POINTS", 5, Cause("TEST", 1, fact=cause, flags=["no_rules"]))
    told = await db.one(
        "SELECT i.*, p.flags FROM profile.interaction AS i JOIN profile.pending AS p ON p.interaction = i.id "
        "WHERE i.kind = 'points.entry.earned'"
    )
    assert told is not None
    assert (told["actor_kind"], told["actor_id"], told["member"]) == (STAFF.kind, STAFF.id, member)
    assert (told["cause_id"], told["depth"]) == (cause.id, 3)
    assert sorted(told["flags"]) == ["no_messages", "no_rules"]


async def test_an_award_carries_what_is_said_of_it() -> None:
    member, now = await make.member_id(), clock.now()
    posted = await ledger.earn(
        SYSTEM, member, "POINTS", 5, Cause("TEST", 1), at=now - DAY, waits=True, cancel_at=now + DAY,
        expires_at=now + 9 * DAY, funding_source="dealer:1",
    )  # fmt: skip
    assert (posted.moved, [each.pending for each in posted.balances]) == ({"POINTS": 5}, [5])
    lot = await db.one("SELECT * FROM points.lot")
    assert (lot["state"], lot["cancel_at"], lot["expires_at"]) == ("PENDING", now + DAY, now + 9 * DAY)
    assert (lot["occurred_at"], lot["funding_source"], lot["activates_at"]) == (now - DAY, "dealer:1", None)


async def test_spending_tells_what_was_taken_of_each_wallet(miles: str) -> None:
    member, at = await make.member_id(), clock.now() - DAY
    assert (await ledger.spend(SYSTEM, member, {"POINTS": 3}, Cause("TEST", 0), is_up_to=True)).moved == {
        "POINTS": 0
    }
    for wallet, amount in (("POINTS", 10), (miles, 4)):
        await ledger.earn(SYSTEM, member, wallet, amount, Cause("TEST", wallet))
    with pytest.raises(InsufficientPoints) as refused:
        await spend(member, POINTS=1, MILES=5)
    assert (refused.value.wallet, refused.value.balance) == (miles, 4)
    posted = await ledger.spend(
        SYSTEM, member, {"POINTS": 7, miles: 9}, Cause("TEST", 2), at=at, is_up_to=True
    )
    assert (posted.moved, posted.waived) == ({"POINTS": 7, miles: 4}, {})
    assert {each.wallet.code: each.available for each in posted.balances} == {"POINTS": 3, miles: 0}
    assert (await journal(posted.journal))["occurred_at"] == at
    assert sorted(await sources(posted.journal)) == [
        ("AVAILABLE", "REDEEMED", 4),
        ("AVAILABLE", "REDEEMED", 7),
    ]
    only = await ledger.spend(SYSTEM, member, {"POINTS": 1, miles: 1}, Cause("TEST", 3), is_up_to=True)
    assert await sources(only.journal) == [("AVAILABLE", "REDEEMED", 1)]


async def test_a_refund_of_one_wallet_leaves_the_other_and_the_last_part_is_marked_full(miles: str) -> None:
    member = await make.member_id()
    for wallet in ("POINTS", miles):
        await ledger.earn(SYSTEM, member, wallet, 10, Cause("TEST", wallet))
    spent = await spend(member, POINTS=6, MILES=5)
    assert spent is not None
    back = await ledger.refund(SYSTEM, spent, Cause("TEST", 1), {miles: 5})
    assert (back.moved, await parts(member)) == ({"POINTS": 0, miles: 5}, (0, 4, 0, 0))
    at = clock.now() - DAY
    rest = await ledger.refund(STAFF, spent, Cause("TEST", 2), at=at)
    assert (rest.moved, await parts(member)) == ({"POINTS": 6}, (0, 10, 0, 0))
    told = [await journal(each.journal) for each in (back, rest)]
    assert [(row["kind"], row["reverses"], row["is_full"]) for row in told] == [
        ("REFUND", spent, False), ("REFUND", spent, True),
    ]  # fmt: skip
    assert (told[1]["occurred_at"], told[1]["actor"]) == (at, STAFF.id)
    with pytest.raises(AlreadyReversed) as refused:
        await ledger.refund(SYSTEM, spent, Cause("TEST", 3))
    assert refused.value.by == rest.journal
    assert await ledger.not_refunded(spent) == {}


async def test_what_took_nothing_cannot_be_refunded_and_a_correction_returns_whence_it_came() -> None:
    member = await make.member_id()
    earned = await give(member, 10)
    assert earned is not None
    with pytest.raises(NothingToReverse):
        await ledger.refund(SYSTEM, earned, Cause("TEST", 1))
    down = await ledger.adjust(STAFF, member, "POINTS", -4, Cause("TEST", 2))
    assert (down.moved, [each.available for each in down.balances]) == ({"POINTS": -4}, [6])
    assert await sources(down.journal) == [("AVAILABLE", "ADJUSTED", 4)]
    assert down.journal is not None
    assert await ledger.not_refunded(down.journal) == {"POINTS": 4}
    up = await ledger.refund(SYSTEM, down.journal, Cause("TEST", 3))
    assert await sources(up.journal) == [("ADJUSTED", "AVAILABLE", 4)]


async def test_a_claw_back_names_what_it_reverses_and_says_what_it_waived() -> None:
    member, at = await make.member_id(), clock.now() - DAY
    first, second = await give(member, 10), await give(member, 20)
    assert first is not None and second is not None
    await spend(member, POINTS=25)

    async def claw(amount: int, *of: UUID, **more: object) -> ledger.Posted:
        return await ledger.claw_back(
            STAFF, member, "POINTS", amount, Cause("TEST", ids.new()), of=of, policy="WITHIN_BALANCE", **more
        )

    part = await claw(10, first, at=at)
    assert (part.moved, part.waived) == ({"POINTS": 5}, {"POINTS": 5})
    row = await journal(part.journal)
    assert (row["kind"], row["reverses"], row["occurred_at"]) == ("CLAW_BACK", first, at)
    assert (row["actor"], row["facts"]) == (STAFF.id, {"waived": {"POINTS": 5}})
    nothing = await claw(20, second)
    assert (nothing.journal, nothing.moved, nothing.waived) == (None, {}, {"POINTS": 20})
    assert [each.net for each in nothing.balances] == [0]
    assert await db.value("SELECT count(*) FROM points.journal WHERE kind = 'CLAW_BACK'") == 1
    both = await claw(7, first, second, is_forced=True)
    row = await journal(both.journal)
    assert (row["reverses"], row["facts"], both.moved, both.waived) == (
        None,
        {},
        {"POINTS": 7},
        {"POINTS": 0},
    )
    assert await parts(member) == (0, 0, 0, 7)
    assert (await journal((await claw(1, is_forced=True)).journal))["reverses"] is None


async def frozen(member: UUID) -> dict[str, tuple[bool, datetime | None]]:
    rows = await db.fetch(
        "SELECT t.code, a.is_frozen, a.frozen_until FROM points.account AS a "
        "JOIN points.wallet_type AS t ON t.id = a.wallet_type WHERE a.member = $1",
        member,
    )
    return {row["code"]: (row["is_frozen"], row["frozen_until"]) for row in rows}


async def told(member: UUID) -> list[tuple[str, dict]]:
    rows = await db.fetch(
        "SELECT kind, properties, subject_kind, subject_id FROM profile.interaction WHERE member = $1 "
        "AND kind IN ('points.account.frozen', 'points.account.unfrozen') ORDER BY id",
        member,
    )
    assert {(row["subject_kind"], row["subject_id"]) for row in rows} <= {("MEMBER", str(member))}
    return [(row["kind"].rsplit(".", 1)[1], row["properties"]) for row in rows]


async def test_freezing_one_wallet_or_all_of_them_is_told_once() -> None:
    member, until = await make.member_id(), clock.now() + DAY
    await give(member, 10)
    shown = await ledger.freeze(STAFF, member, "POINTS", until=until)
    assert {each.wallet.code: each.is_frozen for each in shown} == {"GROWTH": False, "POINTS": True}
    assert await frozen(member) == {"POINTS": (True, until)}
    await ledger.freeze(STAFF, member, "POINTS", until=until)
    assert await told(member) == [("frozen", {"wallet": "POINTS", "until": until.isoformat()})]
    shown = await ledger.freeze(STAFF, member, None)
    assert await frozen(member) == {"GROWTH": (True, None), "POINTS": (True, None)}
    assert {each.wallet.code: each.is_frozen for each in shown} == {"GROWTH": True, "POINTS": True}
    await ledger.freeze(STAFF, member, "POINTS", until=until, is_frozen=False)
    assert await frozen(member) == {"GROWTH": (True, None), "POINTS": (False, None)}
    assert [(kind, said.get("wallet"), said.get("until")) for kind, said in (await told(member))[1:]] == [
        ("frozen", None, None), ("unfrozen", "POINTS", None),
    ]  # fmt: skip


async def test_settling_some_accounts_touches_no_other_and_makes_none(miles: str) -> None:
    one, two = await make.member_id(), await make.member_id()
    soon = clock.now() + DAY
    for member, wallet in ((one, "POINTS"), (one, miles), (two, "POINTS")):
        await ledger.earn(SYSTEM, member, wallet, 10, Cause("TEST", ids.new()), expires_at=soon)
    await ledger.earn(SYSTEM, two, "GROWTH", 5, Cause("TEST", ids.new()))
    rows = await db.fetch(
        "SELECT a.id, a.member, t.code FROM points.account AS a JOIN points.wallet_type AS t ON t.id = a.wallet_type"
    )
    accounts = {(row["member"], row["code"]): row["id"] for row in rows}
    clock.shift(2 * DAY)
    done = await settling.settle([accounts[one, "POINTS"]])
    assert (done.accounts, done.expired_lots, done.expired) == (1, 1, {"POINTS": 10})
    assert await db.value("SELECT occurred_at FROM points.journal WHERE kind = 'EXPIRE'") == soon
    assert (await settling.settle([accounts[one, "POINTS"], accounts[two, "GROWTH"]])).accounts == 0
    assert await db.value("SELECT count(*) FROM points.account") == len(accounts)
    assert [(row["member"], row["code"]) for row in await ledger.named([accounts[one, miles]])] == [
        (one, miles)
    ]
    await db.run("UPDATE points.account SET is_closed = true WHERE member = $1", two)
    assert await ledger.named([accounts[two, "POINTS"]]) == []
    assert (await settling.settle([accounts[two, "POINTS"]])).accounts == 0
    await db.run("UPDATE points.account SET is_closed = false WHERE member = $1", two)
    assert (await settling.settle([accounts[two, "POINTS"], accounts[one, miles]])).expired_lots == 2
    assert await db.value("SELECT sum(available)::int FROM points.account") == 5
