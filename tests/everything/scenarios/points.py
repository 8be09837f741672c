"""Points: what staff do with them by hand, wallets, and the life of an earn rule."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain import clock, db, wiring
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import (
    correcting,
    earn_rules,
    earning,
    enrolments,
    holds,
    ledger,
    operating,
    reversals,
    sweeps,
    wallets,
)
from domain.profile import drain, interactions
from domain.profile.catalogue import Kind
from tests import make
from tests.everything.scenarios import CONFIGURES, Call, changes_nobody, leaves
from tests.everything.scenarios.people import ADMIN, OPERATOR, with_points, without_a_second_person

TEN = [{"wallet": "POINTS", "amount": "10"}]
RULE = {
    "code": "checkup", "title": "A check-up", "kinds": ["app.checkup"],
    "effects": [{"fixed": {"wallet": "POINTS", "points": "10"}}],
}  # fmt: skip


@leaves("grantPoints")
async def points_are_given_as_an_excuse() -> Call:
    one = await make.member_id()
    await without_a_second_person(operating.ADJUST)
    given = {"memberId": str(one), "amount": "10", "reason": "sorry"}
    return Call(OPERATOR, given, {one: "points.entry.earned"})


@leaves("adjustPoints")
async def a_balance_is_corrected() -> Call:
    me = await with_points()
    await without_a_second_person(operating.ADJUST)
    given = {"memberId": str(me.member_id), "amount": "-10", "reason": "a mistake"}
    return Call(OPERATOR, given, {me.member_id: "points.entry.adjusted"})


@leaves("spendPoints")
async def points_are_spent_at_a_counter() -> Call:
    me = await with_points()
    given = {"memberId": str(me.member_id), "amounts": TEN, "reason": "coffee"}
    return Call(OPERATOR, given, {me.member_id: "points.entry.spent"})


@leaves("holdPoints")
async def points_are_set_aside() -> Call:
    me = await with_points()
    given = {"memberId": str(me.member_id), "amounts": TEN, "reason": "coffee", "reference": "order-1"}
    return Call(OPERATOR, given, {me.member_id: "points.entry.held"})


async def _held() -> tuple[UUID, UUID]:
    me = await with_points()
    held = await holds.hold(
        SYSTEM, me.member_id, {"POINTS": 10}, source="TEST", source_id=ids.new(), expires_at=None
    )
    return me.member_id, held.id


@leaves("captureHold")
async def points_set_aside_are_taken() -> Call:
    one, held = await _held()
    return Call(OPERATOR, {"holdId": str(held)}, {one: "points.entry.captured"})


@leaves("voidHold")
async def points_set_aside_are_given_back() -> Call:
    one, held = await _held()
    return Call(OPERATOR, {"holdId": str(held)}, {one: "points.entry.released"})


@leaves("reverseJournal")
async def a_posting_is_taken_back() -> Call:
    one = await make.member_id()
    earned = await ledger.earn(SYSTEM, one, "POINTS", 10, ledger.Cause("TEST", ids.new()))
    await without_a_second_person(reversals.REVERSE)
    given = {"journalId": str(earned.journal), "reason": "a mistake"}
    return Call(OPERATOR, given, {one: "points.entry.reversed"})


@leaves("freezePoints")
async def an_account_is_frozen() -> Call:
    me = await with_points()
    given = {"memberId": str(me.member_id), "reason": "fraud is suspected"}
    return Call(OPERATOR, given, {me.member_id: "points.account.frozen"})


@leaves("unfreezePoints")
async def a_frozen_account_is_opened() -> Call:
    me = await with_points()
    await operating.freeze(OPERATOR, me.member_id, None, reason="fraud", until=None, is_frozen=True)
    given = {"memberId": str(me.member_id), "reason": "it was none"}
    return Call(OPERATOR, given, {me.member_id: "points.account.unfrozen"})


@leaves("sweepPoints")
async def points_whose_time_is_over_expire() -> Call:
    one, now = await make.member_id(), clock.now()
    soon = now + timedelta(seconds=5)
    await ledger.earn(SYSTEM, one, "POINTS", 10, ledger.Cause("TEST", ids.new()), expires_at=soon)
    clock.shift(timedelta(seconds=10))
    return Call(ADMIN, {}, {one: "points.entry.expired"})


_POLICY = wallets.Policy(
    pending={"immediate": True},
    expiry={"never": True},
    reinstate_window={"value": 3, "unit": "DAY"},
)


@leaves("reinstatePoints")
async def points_that_expired_come_back() -> Call:
    await without_a_second_person(wallets.SET_POLICY)
    await without_a_second_person(operating.ADJUST)
    await wallets.set_policy(ADMIN, "POINTS", _POLICY)
    one = await make.member_id()
    soon = clock.now() + timedelta(seconds=5)
    await ledger.earn(SYSTEM, one, "POINTS", 10, ledger.Cause("TEST", ids.new()), expires_at=soon)
    clock.shift(timedelta(seconds=10))
    await sweeps.settle_due()
    lot = await db.value(
        "SELECT l.id FROM points.lot AS l JOIN points.account AS a ON a.id = l.account WHERE a.member = $1",
        one,
    )
    return Call(OPERATOR, {"lotId": str(lot), "reason": "he was ill"}, {one: "points.entry.reinstated"})


@changes_nobody("defineProgramme", CONFIGURES)
async def a_programme_is_defined() -> Call:
    return Call(ADMIN, {"code": "club", "zone": "Asia/Shanghai"})


@leaves("enrol")
async def a_member_joins_a_programme() -> Call:
    me = await make.member_actor()
    return Call(me, {}, {me.member_id: "points.enrolment.started"})


@leaves("leaveProgramme")
async def a_member_leaves_a_programme() -> Call:
    me = await make.member_actor()
    await enrolments.enrol(me, None, "marque")
    return Call(me, {}, {me.member_id: "points.enrolment.ended"})


@changes_nobody("defineWallet", CONFIGURES)
async def a_wallet_is_defined() -> Call:
    return Call(ADMIN, {"code": "CASH", "names": {"zh": "零钱", "en": "Cash"}, "scale": 2})


@changes_nobody("setWalletPolicy", CONFIGURES)
async def a_wallet_gets_a_policy() -> Call:
    await without_a_second_person(wallets.SET_POLICY)
    return Call(ADMIN, {"wallet": "POINTS", "refundGraceDays": 3})


@changes_nobody("setPointsApproval", CONFIGURES)
async def grants_need_a_second_person() -> Call:
    return Call(ADMIN, {"action": "ADJUST", "threshold": "100"})


@changes_nobody("draftEarnRule", CONFIGURES)
async def a_rule_is_drafted() -> Call:
    return Call(OPERATOR, {"rule": RULE})


async def _drafted() -> earn_rules.RuleVersion:
    definition = {
        "code": "checkup", "kinds": ["app.checkup"], "effects": [{"fixed": {"wallet": "POINTS", "points": 10}}],
    }  # fmt: skip
    return await earn_rules.draft(OPERATOR, definition, title="A check-up")


@changes_nobody("reviseEarnRule", CONFIGURES)
async def a_rule_is_revised() -> Call:
    made = await _drafted()
    return Call(OPERATOR, {"ruleId": str(made.rule), "expectedVersion": 1, "rule": RULE})


@changes_nobody("submitEarnRule", CONFIGURES)
async def a_rule_is_handed_in() -> Call:
    return Call(OPERATOR, {"versionId": str((await _drafted()).id)})


@changes_nobody("publishEarnRule", CONFIGURES)
async def a_rule_comes_into_force() -> Call:
    made = await _drafted()
    await earn_rules.submit(OPERATOR, made.id)
    await without_a_second_person(earn_rules.PUBLISH)
    return Call(OPERATOR, {"versionId": str(made.id)})


@changes_nobody("retireEarnRule", CONFIGURES)
async def a_rule_ends() -> Call:
    made = await _drafted()
    await earn_rules.submit(OPERATOR, made.id)
    await without_a_second_person(earn_rules.PUBLISH)
    await earn_rules.publish(OPERATOR, made.id)
    return Call(OPERATOR, {"versionId": str(made.id)})


@changes_nobody("returnEarnRule", CONFIGURES)
async def a_rule_goes_back_to_its_maker() -> Call:
    made = await _drafted()
    await earn_rules.submit(OPERATOR, made.id)
    return Call(OPERATOR, {"versionId": str(made.id)})


@leaves("decideAward")
async def a_large_award_is_released() -> Call:
    one = await make.member_id()
    definition = {
        "code": "jackpot", "kinds": ["app.won"], "effects": [{"fixed": {"wallet": "POINTS", "points": 10}}],
        "hold_above": 9,
    }  # fmt: skip
    made = await earn_rules.draft(OPERATOR, definition, title="A jackpot")
    await earn_rules.submit(OPERATOR, made.id)
    await earn_rules.put_in_force(made.id, clock.now() - timedelta(days=1))
    won = await interactions.record(SYSTEM, Kind("app.won", "", ""), None, once=ids.new(), member=one)
    (award,) = await earning.judge_now(won)
    given = {"journalId": str(award.journal), "decision": "RELEASE", "note": "a real winner"}
    return Call(OPERATOR, given, {one: "points.entry.activated"})


@changes_nobody("backtestEarnRule", "It only looks; nobody has a point more or less.")
async def a_draft_is_tried_on_the_past() -> Call:
    one = await make.member_id()
    await interactions.record(
        SYSTEM,
        Kind("app.checkup", "", ""),
        None,
        once=ids.new(),
        member=one,
        at=clock.now() - timedelta(days=1),
    )
    since = clock.now() - timedelta(days=2)
    return Call(OPERATOR, {"versionId": str((await _drafted()).id), "from": since.isoformat()})


@leaves("correctAwards")
async def a_rule_earns_for_what_was_before_it() -> Call:
    one, other = await make.member_id(), await make.member_id()
    yesterday = clock.now() - timedelta(days=1)
    await interactions.record(
        SYSTEM, Kind("app.checkup", "", ""), None, once=ids.new(), member=one, at=yesterday
    )
    await interactions.record(
        SYSTEM, Kind("app.other", "", ""), None, once=ids.new(), member=other, at=yesterday
    )
    await drain.drain_all(wiring.reactions)
    made = await _drafted()
    await earn_rules.submit(OPERATOR, made.id)
    await earn_rules.put_in_force(made.id, yesterday - timedelta(days=1))
    await without_a_second_person(correcting.CORRECT)
    given = {"ruleId": str(made.rule), "from": (yesterday - timedelta(hours=1)).isoformat()}
    return Call(OPERATOR, given, {one: "points.entry.corrected"})


@changes_nobody("setRedemptionEstimate", CONFIGURES)
async def what_will_be_redeemed_is_estimated() -> Call:
    deferred = {"minorUnits": 9_000, "currency": "CNY"}
    return Call(
        ADMIN, {"wallet": "POINTS", "cohort": "2026-11", "deferred": deferred, "expectedPoints": "9700"}
    )


@changes_nobody("importProgramme", CONFIGURES)
async def a_programme_is_brought_in() -> Call:
    await without_a_second_person(wallets.SET_POLICY)
    text = "marque: 1\nprogrammes:\n- {code: club, zone: UTC}\nwallets:\n- code: MILES\n  programme: club\n"
    return Call(
        ADMIN, {"text": f"{text}  names: {{zh: 里程, en: Miles}}\n  policy: {{refundGraceDays: 3}}\n"}
    )
