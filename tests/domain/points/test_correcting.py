"""Correcting past awards: the differences only, once, whatever else happens meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain import clock, db
from domain.access import approvals
from domain.access.approvals import Approval, Decision
from domain.errors import InvalidInput, NotFound
from domain.points import (
    balances,
    correcting,
    deciding,
    earn_rules,
    health,
    ledger,
    refunds,
    studies,
    wallets,
)
from tests import make
from tests.domain.access.test_approvals import appointed
from tests.domain.points import buying
from tests.domain.points.test_backtesting import (
    END,
    START,
    a_random_brand,
    a_random_past,
    by_member,
    done_rule,
    fact,
    posted,
    tried,
)
from tests.domain.points.test_earning import NOON, REMOVED, RESTORED, cap, compensated, points, settled

OPERATOR = make.staff("operator")


@pytest.fixture(autouse=True)
async def alone(request: pytest.FixtureRequest):
    """Nobody else has to sign; the ledger holds afterwards, and counters are what the decisions used."""
    from domain import wiring

    wiring.start()
    await approvals.set_threshold(OPERATOR, correcting.CORRECT, None, False, 1)
    yield
    assert [found for found in await health.check() if not found.holds] == []
    await counters_are_what_decisions_used()


async def counters_are_what_decisions_used() -> None:
    rows = await db.fetch(
        """SELECT d.windows, d.granted, v.definition FROM points.earn_decision AS d
        JOIN points.earn_rule_version AS v ON v.id = d.rule_version"""
    )
    times: Counter[tuple[str, ...]] = Counter()
    used: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        for *key, number in row["windows"]:
            times[tuple(key)] += 1
            said = row["definition"]["caps"][number]
            if said["measure"] == "POINTS" and said["mode"] == "GROSS":
                used[tuple(key)] += max(0, sum(row["granted"].values()))
    for row in await db.fetch("SELECT * FROM points.counter"):
        key = (row["rule_or_group"], row["scope"], row["subject"], row["window_key"])
        assert row["times"] == times[key], key
        if key[1].endswith("PG"):
            assert row["points"] == used[key], key


async def rule_of(version: UUID) -> UUID:
    return (await earn_rules.one(version)).rule


async def another(version: UUID, since: Any = START, **changed: Any) -> UUID:
    """Another version of the rule, in force from a moment of the past."""
    before = await earn_rules.one(version)
    said = {**before.definition, **changed}
    made = await earn_rules.revise(OPERATOR, before.rule, before.rule_version, said, title="Anew")
    await earn_rules.submit(OPERATOR, made.id)
    await earn_rules.put_in_force(made.id, since)
    return made.id


async def corrected(version: UUID, since: Any = START, until: Any = END) -> dict[str, Any]:
    row = await correcting.correct(OPERATOR, await rule_of(version), since, until)
    while await studies.work_off(correcting.WORK):
        pass
    row = await studies.one(correcting.WORK, row["id"])
    assert (row["state"], row["last_error"]) == ("DONE", None)
    return row["result"]


async def journals() -> int:
    return await db.value("SELECT count(*) FROM points.journal")


def fixed(points: int) -> list[dict[str, Any]]:
    return [{"fixed": {"wallet": "POINTS", "points": points}}]


async def obeys_the_law(seed: int) -> None:
    """After a correction everybody has what the versions in force then give, and a second one finds nothing."""
    dice = random.Random(seed)
    versions = await a_random_brand(dice)
    await a_random_past(dice)
    for version in versions:
        before = await journals()
        assert (await corrected(version))["changed"] == 0, seed  # what was judged right stays
        assert await journals() == before
    old = dice.choice([each for each in versions if "fixed" in (await _definition(each))["effects"][0]])
    changed: dict[str, Any] = {"effects": fixed(dice.randint(1, 15))}
    if dice.random() < 0.5:
        changed["caps"] = [cap(per=dice.choice(["MEMBER", "RULE"]), limit=dice.randint(5, 30), window="WEEK")]
    new = await another(old, **changed)
    others = {each: await posted(each) for each in versions if each != old}
    foretold = by_member(await tried(new))
    tried_dry = await correcting.correct(OPERATOR, await rule_of(new), START, END, is_dry=True)
    done = await corrected(new)
    assert {**tried_dry, "deltas": len(tried_dry["deltas"])} == {**done, "deltas": len(done["deltas"])}
    assert await posted(new) == foretold, seed
    assert {each: await posted(each) for each in others} == others
    before = await journals()
    assert (await corrected(new))["changed"] == 0, seed
    assert await journals() == before


async def _definition(version: UUID) -> dict[str, Any]:
    return (await earn_rules.one(version)).definition


@pytest.mark.parametrize("seed", range(4))
async def test_a_correction_brings_everybody_to_what_the_rules_say(seed: int) -> None:
    await obeys_the_law(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4, 60))
async def test_a_correction_brings_everybody_to_what_the_rules_say_in_many_brands(seed: int) -> None:
    await obeys_the_law(seed)


async def test_facts_of_before_the_rule_earn_once_it_is_in_force_for_them() -> None:
    who = await make.member_id()
    await fact(who)
    await settled()
    version = await done_rule(effects=fixed(7))
    assert await points(who) == 0
    done = await corrected(version)
    assert (done["up"], done["down"], done["members"]) == ({"POINTS": 7}, {}, 1)
    assert await points(who) == 7
    kinds = await db.fetch("SELECT kind, leg IS NOT NULL AS has_leg FROM points.journal")
    assert [tuple(row) for row in kinds] == [("CORRECT", True)]
    told = await db.value(
        "SELECT kind FROM profile.interaction WHERE subject_kind = 'JOURNAL' AND member = $1", who
    )
    assert told == "points.entry.corrected"


async def test_what_is_taken_back_is_posted_now_and_what_is_given_as_of_its_time() -> None:
    less, more = await done_rule(effects=fixed(10)), await done_rule(effects=fixed(10))
    who = await make.member_id()
    await fact(who)
    await settled()
    await another(less, effects=fixed(4))
    await another(more, effects=fixed(13))
    await corrected(less)
    await corrected(more)
    rows = await db.fetch(
        "SELECT occurred_at, reverses FROM points.journal WHERE kind = 'CORRECT' ORDER BY id"
    )
    assert [(row["occurred_at"] == NOON, row["reverses"] is None) for row in rows] == [
        (False, False),
        (True, True),
    ]
    assert await points(who) == 17


async def test_a_removed_post_gives_back_what_was_corrected_and_its_restoration_brings_it_again() -> None:
    version = await done_rule(effects=fixed(10))
    who = await make.member_id()
    done = await fact(who)
    await settled()
    await another(version, effects=fixed(25))
    await corrected(version)
    removal = await compensated(done, who, REMOVED)
    assert await points(who) == 0
    await compensated(removal, who, RESTORED)
    assert await points(who) == 25
    assert (await corrected(version))["changed"] == 0


async def test_a_rule_that_means_somebody_else_now_takes_from_one_and_gives_the_other() -> None:
    version = await done_rule(effects=fixed(10))
    who, author = await make.member_id(), await make.member_id()
    await fact(who, author=str(author))
    assert await points(who) == 10
    await another(version, beneficiary={"property": "author"})
    await corrected(version)
    assert (await points(who), await points(author)) == (0, 10)
    assert (await corrected(version))["changed"] == 0


async def test_points_that_are_spent_become_debt_as_far_as_the_limit_allows() -> None:
    policy = wallets.Policy(pending={"immediate": True}, expiry={"never": True}, debt_limit=4)
    await approvals.set_threshold(OPERATOR, wallets.SET_POLICY, None, False, 1)
    await wallets.set_policy(OPERATOR, "POINTS", policy)
    version = await done_rule(effects=fixed(10))
    who = await make.member_id()
    await fact(who)
    await settled()
    await ledger.spend(OPERATOR, who, {"POINTS": 10}, ledger.by_staff("all of it"))
    await another(version, effects=fixed(1))
    done = await corrected(version)
    assert (done["down"], done["waived"]) == ({"POINTS": 4}, {"POINTS": 5})
    assert await points(who) == -4
    assert (await corrected(version))["changed"] == 0


async def test_a_rule_that_deducts_is_corrected_both_ways() -> None:
    def deducts(points: int) -> list[dict[str, Any]]:
        return [{"deduct": {"wallet": "POINTS", "points": points}}]

    version = await done_rule(effects=fixed(10))
    who = await make.member_id()
    await buying.give(who, 100)
    await fact(who)
    assert await points(who) == 110
    for effects, after in ((deducts(25), 75), (deducts(40), 60), (deducts(5), 95), (fixed(3), 103)):
        version = await another(version, effects=effects)
        assert (await corrected(version))["changed"] == 1
        assert await points(who) == after
        assert (await corrected(version))["changed"] == 0


async def test_a_deduction_of_an_order_refunded_in_part_is_corrected_for_the_part_that_was_kept() -> None:
    version = await buying.rule(effects=[{"deduct": {"wallet": "POINTS", "points": 50}}])
    who, at = await make.member_id(), clock.now() - timedelta(days=1)
    await buying.give(who, 100)
    await buying.buy(who, 6_000, 4_000, paid_at=at)
    await refunds.refund(OPERATOR, "o-1", "first", lines=[("sku-1", 4_000)])
    assert await points(who) == 100 - 30
    await another(version, at - timedelta(days=1), effects=[{"deduct": {"wallet": "POINTS", "points": 100}}])
    until = clock.now()
    await corrected(version, at - timedelta(hours=1), until)
    assert await points(who) == 100 - 60
    assert (await corrected(version, at - timedelta(hours=1), until))["changed"] == 0
    await refunds.refund(OPERATOR, "o-1", "rest")
    assert await points(who) == 100


async def test_an_award_that_an_operator_cancelled_stays_cancelled() -> None:
    version = await done_rule(effects=fixed(10), hold_above=5)
    who = await make.member_id()
    await fact(who)
    await settled()
    (held,) = await db.fetch("SELECT journal FROM points.earn_decision")
    await deciding.decide(OPERATOR, held["journal"], "CANCEL", "fraud")
    await another(version, effects=fixed(20))
    assert (await corrected(version))["changed"] == 0
    assert await points(who) == 0


async def test_a_held_award_is_corrected_and_still_waits() -> None:
    version = await done_rule(effects=fixed(10), hold_above=5)
    who = await make.member_id()
    await fact(who)
    await settled()
    await another(version, effects=fixed(20))
    await corrected(version)
    assert (await balances.of_wallet(who, "POINTS")).pending == 20
    (held,) = await db.fetch("SELECT journal FROM points.earn_decision")
    await deciding.decide(OPERATOR, held["journal"], "RELEASE", "fine")
    assert await points(who) == 20


@pytest.mark.parametrize("after", [30, 300])
async def test_an_order_refunded_in_part_is_corrected_for_the_part_that_was_kept(after: int) -> None:
    version = await buying.rule(100)
    who = await make.member_id()
    at = clock.now() - timedelta(days=1)
    await buying.buy(who, 6_000, 4_000, paid_at=at)
    await refunds.refund(OPERATOR, "o-1", "first", lines=[("sku-1", 4_000)])
    assert await points(who) == 60
    await another(version, at - timedelta(days=1), effects=fixed(after))
    until = clock.now()
    await corrected(version, at - timedelta(hours=1), until)
    assert await points(who) == after * 6 // 10
    assert (await corrected(version, at - timedelta(hours=1), until))["changed"] == 0
    await refunds.refund(OPERATOR, "o-1", "rest")
    assert await points(who) == 0


async def test_a_fact_that_waits_to_be_judged_is_left_to_the_drain() -> None:
    version = await done_rule(effects=fixed(10))
    who = await make.member_id()
    await fact(who)
    assert (await corrected(version))["changed"] == 0
    assert await points(who) == 10


async def test_the_worker_goes_on_where_it_was_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(correcting, "WORK", replace(correcting.WORK, page=2))
    monkeypatch.setattr(studies, "_PAGES_A_TURN", 1)
    people = [await make.member_id() for _ in range(6)]
    version = await done_rule(effects=fixed(10))
    for who in people:
        await fact(who)
    await settled()
    await another(version, effects=fixed(13))
    row = await correcting.correct(OPERATOR, await rule_of(version), START, END)
    assert (row["state"], row["page"]) == ("QUEUED", 0)
    assert [await studies.work_off(correcting.WORK) for _ in range(2)] == [1, 1]  # planned, and a page

    killed = correcting.correction_posting.store

    async def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(correcting.correction_posting, "store", dies)
    with pytest.raises(KeyboardInterrupt):
        await studies.work_off(correcting.WORK)
    monkeypatch.setattr(correcting.correction_posting, "store", killed)
    clock.shift(timedelta(minutes=3))  # the lease is over
    while await studies.work_off(correcting.WORK):
        pass
    row = await studies.one(correcting.WORK, row["id"])
    assert (row["state"], row["page"], row["result"]["changed"]) == ("DONE", 3, 6)
    assert [await points(who) for who in people] == [13] * 6


async def test_a_second_person_signs_what_would_move() -> None:
    await approvals.set_threshold(OPERATOR, correcting.CORRECT, Decimal(0), True, 2)
    version = await done_rule(effects=fixed(10))
    who = await make.member_id()
    await fact(who)
    await settled()
    rule = await rule_of(version)
    nothing = await correcting.correct(OPERATOR, rule, START, END)
    assert nothing["result"]["changed"] == 0  # nothing would move: nobody has to sign
    await another(version, effects=fixed(12))
    maker, before = await appointed("operator"), await journals()
    asked = await correcting.correct(maker, rule, START, END)
    assert isinstance(asked, Approval)
    assert (asked.amount, asked.effects["up"], asked.effects["members"]) == (2, {"POINTS": "2"}, 1)
    assert await journals() == before
    signed = await approvals.decide(await appointed("approver"), asked.id, Decision.APPROVE, None)
    assert signed.outcome["correction"]
    assert await points(who) == 12


async def test_what_cannot_be_corrected_is_refused() -> None:
    version = await done_rule()
    rule, now = await rule_of(version), clock.now()
    for since, until in ((END, START), (START, now + timedelta(days=1)), (START, START)):
        with pytest.raises(InvalidInput):
            await correcting.correct(OPERATOR, rule, since, until)
    with pytest.raises(NotFound):
        await correcting.correct(OPERATOR, version, START, END)


@pytest.mark.commits
async def test_two_at_once_post_the_difference_once() -> None:
    version = await done_rule(effects=fixed(10))
    people = [await make.member_id() for _ in range(3)]
    for who in people:
        await fact(who)
    await settled()
    await another(version, effects=fixed(13))
    rule = await rule_of(version)

    async def go() -> Any:
        return await db.attempt(lambda: correcting.correct(OPERATOR, rule, START, END))

    await asyncio.gather(*(go() for _ in range(4)), return_exceptions=True)
    await corrected(version)
    assert [await points(who) for who in people] == [13] * 3
    assert await db.value("SELECT count(*) FROM points.journal WHERE kind = 'CORRECT'") == 3
