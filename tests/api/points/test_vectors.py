"""The page's acceptance vectors of the ledger, through the public schema: lots, expiry, holds, reversal and keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain import clock, db
from tests import make


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def test_what_is_left_of_a_lot_is_what_was_not_spent(staff) -> None:
    who = await make.member_id()
    await staff.grant(who, "100")
    await staff.spend(who, "30")
    assert (await staff.wallet(who, "available"))["available"] == "70"
    assert (await staff.of(who, 'lots(wallet: "POINTS") { remaining }'))["lots"] == [{"remaining": "70"}]


async def test_points_that_never_expire_are_spent_last(staff) -> None:
    who = await make.member_id()
    await staff.grant(who, "100")
    await staff.grant(who, "100", expiresAt="2027-01-01T00:00:00Z")
    await staff.spend(who, "100")
    assert (await staff.of(who, "lots { remaining expiresAt }"))["lots"] == [
        {"remaining": "100", "expiresAt": None}
    ]


async def test_a_due_lot_goes_with_the_sweep_and_the_other_stays(staff) -> None:
    who = await make.member_id()
    await staff.grant(who, "100", expiresAt=(clock.now() + timedelta(hours=1)).isoformat())
    await staff.grant(who, "40")
    await staff.pass_time("PT1H")
    assert (await staff.wallet(who, "available"))["available"] == "40"


async def test_what_expires_by_a_day_is_what_will_have_ended_then(staff) -> None:
    who = await make.member_id()
    for amount, until in (("100", "2027-02-01T00:00:00Z"), ("200", "2027-06-01T00:00:00Z"), ("50", None)):
        await staff.grant(who, amount, expiresAt=until)
    found = await staff.wallet(
        who, 'a: expiringBy(time: "2027-03-01T00:00:00Z") b: expiringBy(time: "2027-07-01T00:00:00Z")'
    )
    assert found == {"a": "100", "b": "300"}


async def test_what_ended_in_the_past_expires_as_it_comes(staff) -> None:
    who = await make.member_id()
    past = clock.now() - timedelta(days=2)
    await staff.grant(
        who, "150", occurredAt=past.isoformat(), expiresAt=(past + timedelta(days=1)).isoformat()
    )
    await staff.sweep()
    assert (await staff.wallet(who, "available"))["available"] == "0"
    found = await staff.of(who, "entries(kinds: [EXPIRE]) { nodes { target amount } }")
    assert found["entries"]["nodes"] == [{"target": "EXPIRED", "amount": "150"}]


async def test_a_second_sweep_expires_nothing_more(staff) -> None:
    who = await make.member_id()
    now = clock.now()
    await staff.grant(who, "100", occurredAt=(now - timedelta(days=2)).isoformat(), expiresAt=(now - timedelta(days=1)).isoformat())  # fmt: skip
    await staff.grant(who, "50", expiresAt=(now + timedelta(days=1)).isoformat())
    for _ in range(2):
        await staff.sweep()
    assert (await staff.wallet(who, "available"))["available"] == "50"
    assert await db.value("SELECT count(*) FROM points.journal WHERE kind = 'EXPIRE'") == 1


async def test_a_lot_that_ends_exactly_then_expires(staff) -> None:
    who = await make.member_id()
    until = clock.now() + timedelta(days=1)
    await staff.grant(who, "60", expiresAt=until.isoformat())
    before = await staff.sweep(dryRun=True, asOf=(until - timedelta(microseconds=1)).isoformat())
    assert before["expired"]["lots"] == 0
    exactly = await staff.sweep(dryRun=True, asOf=until.isoformat())
    assert exactly["expired"] == {"lots": 1, "amount": [{"amount": "60"}]}
    assert (await staff.wallet(who, "available"))["available"] == "60"  # a dry run changes nothing
    await staff.set_clock(until)
    assert (await staff.wallet(who, "available"))["available"] == "0"


async def test_holds_end_by_themselves_and_only_the_endless_one_still_captures(staff) -> None:
    who = await make.member_id()
    await staff.grant(who, "100")
    made = [
        (await staff.hold(who, amount, f"h{amount}", expiresInSeconds=600 * times))["hold"]["id"]
        for amount, times in (("10", 0), ("11", 1), ("12", 2), ("13", 3))
    ]
    assert (await staff.wallet(who, "held"))["held"] == "46"
    for held in ("35", "23", "10"):
        await staff.pass_time("PT10M")
        assert (await staff.wallet(who, "held"))["held"] == held
    for late in made[1:]:
        assert (await staff.post("captureHold", holdId=late))["state"] == "EXPIRED"
        assert (await staff.post("voidHold", holdId=late))["state"] == "EXPIRED"
    done = await staff.post("captureHold", holdId=made[0])
    assert done["balances"][0]["available"] == "90"
    assert (await staff.wallet(who, "held available")) == {"held": "0", "available": "90"}


async def test_a_hold_that_names_no_time_lasts_as_the_policy_says(staff) -> None:
    who = await make.member_id()
    await staff.grant(who, "100")
    await staff.policy(holdSeconds=6_000)
    held = await staff.hold(who, "10", "by-policy")
    await staff.pass_time("PT90M")
    assert (await staff.wallet(who, "held"))["held"] == "10"
    await staff.pass_time("PT10M")
    assert (await staff.wallet(who, "held"))["held"] == "0"
    assert (await staff.post("captureHold", holdId=held["hold"]["id"]))["state"] == "EXPIRED"


async def test_a_hold_beyond_the_balance_is_refused(staff) -> None:
    who = await make.member_id()
    await staff.grant(who, "5000")
    answers = [await staff.hold(who, "1000", f"r{number}") for number in range(6)]
    assert [each["__typename"] for each in answers] == ["HoldPointsSuccess"] * 5 + ["InsufficientPoints"]
    assert (answers[5]["balance"], answers[5]["missing"]) == ("0", "1000")


async def test_a_capture_of_a_part_again_does_nothing_more(staff) -> None:
    who = await make.member_id()
    await staff.grant(who, "100")
    held = (await staff.hold(who, "60", "part"))["hold"]["id"]
    part = [{"wallet": "POINTS", "amount": "20"}]
    first = await staff.post("captureHold", holdId=held, amounts=part)
    assert (first["balances"][0]["available"], first["journal"]["kind"]) == ("80", "CAPTURE")
    again = await staff.post("captureHold", holdId=held, amounts=part)
    assert (again["__typename"], again["journal"]) == ("CaptureHoldSuccess", None)
    other = await staff.post("captureHold", holdId=held, amounts=[{"wallet": "POINTS", "amount": "21"}])
    assert other["state"] == "PARTIALLY_CAPTURED"
    more = await staff.hold(who, "10", "more")
    exceeded = await staff.post("captureHold", holdId=more["hold"]["id"], amounts=[{"wallet": "POINTS", "amount": "11"}])  # fmt: skip
    assert (exceeded["held"], exceeded["asked"]) == ("10", "11")
    assert (await staff.wallet(who, "available held")) == {"available": "70", "held": "10"}


async def test_what_was_spent_is_only_reversed_by_force(staff) -> None:
    who = await make.member_id()
    earned = (await staff.grant(who, "100"))["journal"]["id"]
    await staff.spend(who, "100")
    refused = await staff.post("reverseJournal", journalId=earned, reason="wrong")
    assert (refused["__typename"], refused["missing"]) == ("PointsAlreadySpent", "100")
    forced = await staff.post("reverseJournal", journalId=earned, reason="wrong", isForced=True)
    assert forced["balances"][0]["net"] == "-100"
    again = await staff.post("reverseJournal", journalId=earned, reason="wrong")
    assert again["by"] == {"id": forced["journal"]["id"]}


async def test_a_reversal_that_is_only_tried_leaves_nothing(staff) -> None:
    who = await make.member_id()
    earned = (await staff.grant(who, "100"))["journal"]["id"]
    tried = await staff.post("reverseJournal", journalId=earned, reason="wrong", dryRun=True)
    assert (tried["journal"], tried["balances"][0]["net"]) == (None, "0")
    shown = await staff.run(
        "query($id: ID!) { pointsJournal(id: $id) { reversedBy { id } } }",
        {"id": earned},
        actor=staff.operator,
    )
    assert shown["pointsJournal"]["reversedBy"] == []
    assert (await staff.wallet(who, "net"))["net"] == "100"


async def test_a_reversal_is_dated_as_its_posting_if_asked(staff) -> None:
    who = await make.member_id()
    then = clock.now() - timedelta(days=30)
    earned = (await staff.grant(who, "100", occurredAt=then.isoformat()))["journal"]["id"]
    await staff.post("reverseJournal", journalId=earned, reason="wrong", atOccurredTime=True)
    at = (then + timedelta(days=1)).isoformat()
    assert (await staff.wallet(who, f'at(time: "{at}") {{ net }}'))["at"]["net"] == "0"


async def test_a_negative_correction_is_reversed_into_its_lots(staff) -> None:
    who = await make.member_id()
    await staff.grant(who, "100", expiresAt="2040-01-01T00:00:00Z")
    less = await staff.post("adjustPoints", memberId=str(who), amount="-40", reason="wrong")
    done = await staff.post("reverseJournal", journalId=less["journal"]["id"], reason="right after all")
    assert done["balances"][0]["available"] == "100"
    assert (await staff.of(who, "lots { remaining }"))["lots"] == [{"remaining": "100"}]
    nothing = await staff.post("reverseJournal", journalId=done["journal"]["id"], reason="again")
    assert nothing["__typename"] == "NothingToReverse"


async def test_a_posting_of_two_wallets_is_reversed_as_a_whole(staff) -> None:
    who = await make.member_id()
    await staff.do(
        "defineWallet", "", actor=staff.admin, code="CASH", names={"zh": "零", "en": "Cash"}, scale=2
    )
    await staff.grant(who, "10")
    await staff.grant(who, "5.00", "CASH")
    both = [{"wallet": "POINTS", "amount": "10"}, {"wallet": "CASH", "amount": "2.50"}]
    spent = await staff.post("spendPoints", memberId=str(who), amounts=both, reason="test")
    part = await staff.post("reverseJournal", journalId=spent["journal"]["id"], amount="1", reason="x")
    assert part["problems"] == [{"path": "amount"}]
    done = await staff.post("reverseJournal", journalId=spent["journal"]["id"], reason="x")
    assert {b["wallet"]["code"]: b["available"] for b in done["balances"]} == {"POINTS": "10", "CASH": "5.00"}


async def test_one_key_is_one_posting_and_another_body_a_mismatch(staff) -> None:
    who = await make.member_id()
    first = await staff.grant(who, "100", clientMutationId="k")
    again = await staff.grant(who, "100", clientMutationId="k")
    assert again["journal"] == first["journal"]
    said = """mutation($id: ID!) { grantPoints(input: {memberId: $id, amount: "200", reason: "test", clientMutationId: "k"})
        { __typename } }"""
    other = await staff.run(said, {"id": str(who)}, actor=staff.operator)
    assert other.codes == ["IDEMPOTENCY_MISMATCH"]
    assert (await staff.wallet(who, "available seq")) == {"available": "100", "seq": 1}


@pytest.mark.parametrize("mutation", ["grantPoints", "spendPoints"])
async def test_negative_amounts_are_invalid(staff, mutation: str) -> None:
    who = await make.member_id()
    call = staff.grant if mutation == "grantPoints" else staff.spend
    assert (await call(who, "-1"))["__typename"] == "InvalidInput"
    assert await db.value("SELECT count(*) FROM points.journal") == 0


async def test_a_hold_of_two_wallets_ends_once_in_the_sweep(staff) -> None:
    who = await make.member_id()
    await staff.do(
        "defineWallet", "", actor=staff.admin, code="CASH", names={"zh": "零", "en": "Cash"}, scale=2
    )
    await staff.policy(holdSeconds=0)
    await staff.policy("CASH", holdSeconds=30)
    await staff.grant(who, "10")
    await staff.grant(who, "5.00", "CASH")
    both = [{"wallet": "POINTS", "amount": "10"}, {"wallet": "CASH", "amount": "2.50"}]
    ask = "... on HoldPointsSuccess { hold { id expiresAt } }"
    held = await staff.do("holdPoints", ask, memberId=str(who), amounts=both, reason="test", reference="two")
    ends = datetime.fromisoformat(held["hold"]["expiresAt"])  # the shorter of the two policies that end
    assert timedelta(seconds=25) < ends - clock.now() <= timedelta(seconds=30)
    later = (ends + timedelta(seconds=1)).isoformat()
    tried = await staff.sweep(dryRun=True, asOf=later)
    assert (tried["holdsExpired"], tried["expired"]["lots"]) == (1, 0)
    past = (clock.now() - timedelta(days=1)).isoformat()
    assert (await staff.sweep(dryRun=True, asOf=past))["holdsExpired"] == 0
    assert (await staff.wallet(who, "held"))["held"] == "10"
