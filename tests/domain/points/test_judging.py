"""How awards live: caps of every kind, cool-downs, picks, holds, what takes them back and what gives them again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain import clock, db, stepping
from domain.actor import SYSTEM
from domain.errors import IllegalTransition, InvalidInput, NotFound
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.points import balances, deciding, earn_rules, health, reading
from domain.profile import catalogue, interactions, reporting
from domain.profile.catalogue import Kind
from domain.profile.report_rules import Item
from domain.profile.reporting import Outcome, Reporter
from tests import make
from tests.domain.points.test_earning import (
    NOON,
    REMOVED,
    RESTORED,
    cap,
    compensated,
    liked,
    points,
    posted,
    rule,
    settled,
)
from tests.domain.points.test_merging import merged

DELETED = catalogue.find("community.post.deleted") or Kind("community.post.deleted", "", "")
PICKED = Kind("app.picked", "", "")
OPERATOR = make.staff("operator")


@pytest.fixture(autouse=True)
async def healthy():
    yield
    assert [found for found in await health.check() if not found.holds] == []


async def done(
    member: UUID, at: datetime = NOON, *, subject: tuple[str, object] | None = None, **said: Any
) -> UUID:
    """A fact of the app."""
    return await interactions.record(
        SYSTEM, Kind("app.done", "", ""), subject, once=ids.new(), member=member, at=at, **said
    )


async def reported(member: UUID, device: str | None = None) -> None:
    """The same fact as a device tells of it."""
    name = await db.value("SELECT value_norm FROM profile.identity WHERE member = $1", member)
    item = Item(
        kind="done", message_id=str(ids.new()), identities=(("user_id", name),), occurred_at=NOON,
        context={"device": {"id": device}} if device else {},
    )  # fmt: skip
    assert await reporting.take(Reporter(make.source()), [item]) == [Outcome.ACCEPTED]


async def done_rule(**said: Any) -> UUID:
    return await rule(kinds=["app.done"], **said)


async def decision(fact: UUID, member: UUID) -> db.Row:
    (row,) = await reading.decisions(member, Page(10), interaction=fact)
    return row


async def pending(member: UUID) -> int:
    await settled()
    return (await balances.of_wallet(member, "POINTS")).pending


@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [
        ("DAY", timedelta(hours=11), timedelta(hours=12)),
        ("WEEK", timedelta(hours=11), timedelta(hours=12)),  # the first of March 2026 is a Sunday
        ("MONTH", timedelta(days=30), timedelta(days=31)),
        ("QUARTER", timedelta(days=30), timedelta(days=31)),
        ("YEAR", timedelta(days=305), timedelta(days=306)),
        ("EVER", timedelta(days=9_000), None),
    ],
)
async def test_windows_are_those_of_the_rules_zone(
    window: str, inside: timedelta, outside: timedelta | None
) -> None:
    await done_rule(caps=[cap(window=window, limit=10)], zone="Asia/Shanghai")
    who = await make.member_id()
    await done(who)
    await done(who, NOON + inside)
    assert await points(who) == 10
    if outside is not None:
        await done(who, NOON + outside)
        assert await points(who) == 20


async def test_a_cap_on_a_subject_counts_each_subject(  # one award a post, ten points a day
) -> None:
    await done_rule(caps=[cap(per="MEMBER_SUBJECT", measure="TIMES", limit=1), cap(measure="TIMES", limit=2)])
    who = await make.member_id()
    for subject in ("a", "a", "b", "b", "c"):
        await done(who, subject=("POST", subject))
    assert await points(who) == 20


async def test_a_cap_on_a_device_counts_all_its_members() -> None:
    await done_rule(caps=[cap(per="DEVICE", measure="TIMES", limit=1)])
    one, other = await make.member_id(), await make.member_id()
    await reported(one, "phone")
    await reported(other, "phone")
    await reported(other, "tablet")
    await reported(other)  # without a device there is nothing to count
    assert (await points(one), await points(other)) == (10, 20)


async def test_a_cap_on_the_rule_counts_everybody() -> None:
    await done_rule(caps=[cap(per="RULE", limit=15)])
    one, other = await make.member_id(), await make.member_id()
    await done(one)
    await points(one)
    await done(other)
    assert (await points(one), await points(other)) == (10, 5)


async def test_rules_of_one_group_share_a_cap_although_their_limits_differ() -> None:
    await done_rule(caps=[cap(group="both", limit=15)], priority=1)
    await done_rule(caps=[cap(group="both", limit=18)])
    who = await make.member_id()
    await done(who)
    assert await points(who) == 18
    await done(who)
    assert await points(who) == 18


async def test_a_multiplier_obeys_its_own_cap() -> None:
    per = {"wallet": "POINTS", "points": 1, "per": {"minor_units": 100, "currency": "CNY"}}
    await done_rule(effects=[{"per_amount": per}])
    await done_rule(effects=[{"multiply": {"factor": "2"}}], caps=[cap(measure="TIMES", limit=1)])
    who = await make.member_id()
    for _ in range(2):
        await done(who, amount=1000)
    assert await points(who) == 20 + 10
    rows = await db.fetch(
        "SELECT outcome, multipliers FROM points.earn_decision ORDER BY outcome, multipliers"
    )
    assert [row["outcome"] for row in rows] == ["AWARDED", "AWARDED", "AWARDED", "REFUSED"]
    assert sum(bool(row["multipliers"]) for row in rows) == 1


async def test_a_rule_that_stands_alone_does_so_for_another_beneficiary_too() -> None:
    said = {"kinds": ["community.reaction.set"], "beneficiary": {"property": "author"}, "is_stackable": False}
    await rule(**said, effects=[{"fixed": {"wallet": "POINTS", "points": 50}}], priority=5)
    await rule(**said, effects=[{"fixed": {"wallet": "POINTS", "points": 200}}], priority=20)
    author = await make.member_id()
    await liked(str(author), None)
    assert await points(author) == 200


async def test_a_cool_down_holds_in_both_directions_of_time() -> None:
    await done_rule(cooldown_seconds=60)
    who = await make.member_id()
    facts = [await done(who, NOON + timedelta(seconds=seconds)) for seconds in (0, 59, 60, 30)]
    assert await points(who) == 20
    late = await done(who, NOON - timedelta(seconds=59))
    assert await points(who) == 20
    reasons = (await decision(late, who))["reasons"]
    assert [reason["code"] for reason in reasons] == ["COOLDOWN"]
    assert [(await decision(fact, who))["outcome"] for fact in facts] == [
        "AWARDED", "REFUSED", "AWARDED", "REFUSED",
    ]  # fmt: skip


async def test_a_cool_down_holds_within_one_import() -> None:
    await done_rule(cooldown_seconds=60)
    who = await make.member_id()
    for seconds in (0, 10, 61):
        await done(who, NOON + timedelta(seconds=seconds), flags=["historical"])
    assert await points(who) == 20


async def test_rules_that_ended_or_have_not_begun_leave_their_reason() -> None:
    over = await done_rule()
    await earn_rules.retire(SYSTEM, over)
    later = await earn_rules.draft(
        SYSTEM, {**(await earn_rules.one(over)).definition, "code": "later"}, title="Later"
    )
    await earn_rules.submit(SYSTEM, later.id)
    await earn_rules.put_in_force(later.id, datetime(2099, 1, 1, tzinfo=UTC))
    who = await make.member_id()
    fact = await done(who, clock.now())
    assert await points(who) == 0
    rows = await reading.decisions(who, Page(10), interaction=fact)
    assert sorted(row["reasons"][0]["code"] for row in rows) == ["NOT_YET_IN_FORCE", "RULE_RETIRED"]


async def test_a_pick_makes_the_award_available() -> None:
    await done_rule(activates_on=["app.picked"], cancel_after={"value": 7, "unit": "DAY"})
    author = await make.member_id()
    today = clock.now()
    picked, passed = [await done(author, today, subject=("POST", name)) for name in ("picked", "passed")]
    assert (await points(author), await pending(author)) == (0, 20)
    for _ in range(2):
        await interactions.record(SYSTEM, PICKED, ("POST", "picked"), once=ids.new(), member=author)
    assert (await points(author), await pending(author)) == (10, 10)
    assert (await decision(picked, author))["gate"] == "OPENED"
    assert (await decision(passed, author))["gate"] == "WAITING"


async def test_without_a_pick_in_time_the_award_is_cancelled_and_nothing_is_owed_for_it() -> None:
    await done_rule(activates_on=["app.picked"], cancel_after={"value": 7, "unit": "DAY"})
    author = await make.member_id()
    fact = await done(author, clock.now() - timedelta(days=9), subject=("POST", "late"))
    assert (await points(author), await pending(author)) == (0, 0)
    await interactions.record(SYSTEM, PICKED, ("POST", "late"), once=ids.new(), member=author)
    assert await points(author) == 0
    await compensated(fact, author)
    assert await points(author) == 0


@pytest.mark.parametrize("is_swept", [True, False])
async def test_a_pick_that_is_told_late_but_came_in_time_gives_the_award_again(is_swept: bool) -> None:
    await done_rule(activates_on=["app.picked"], cancel_after={"value": 7, "unit": "DAY"})
    author, start = await make.member_id(), clock.now()
    fact = await done(author, start, subject=("POST", "late"))
    assert await pending(author) == 10
    clock.shift(timedelta(days=9))
    if is_swept:
        await stepping.settle()
        assert (await points(author), await pending(author)) == (0, 0)
    for days in (-1, 8):  # before the post, and when its time was over
        at = start + timedelta(days=days)
        await interactions.record(SYSTEM, PICKED, ("POST", "late"), once=ids.new(), member=author, at=at)
        assert await points(author) == 0
    for _ in range(2):
        at = start + timedelta(days=6)
        await interactions.record(SYSTEM, PICKED, ("POST", "late"), once=ids.new(), member=author, at=at)
        assert (await points(author), await pending(author)) == (10, 0)
    assert (await decision(fact, author))["gate"] == "OPENED"
    removal = await compensated(fact, author)
    assert await points(author) == 0
    await compensated(removal, author, RESTORED)
    assert await points(author) == 10


async def test_an_award_that_was_undone_after_its_time_is_given_again_when_the_pick_was_in_time() -> None:
    await done_rule(activates_on=["app.picked"], cancel_after={"value": 7, "unit": "DAY"})
    author, start = await make.member_id(), clock.now()
    fact = await done(author, start, subject=("POST", "late"))
    assert await pending(author) == 10
    clock.shift(timedelta(days=9))
    removal = await compensated(fact, author)  # nothing is left of it: its time was over
    assert (await points(author), await pending(author)) == (0, 0)
    at = start + timedelta(days=6)
    await interactions.record(SYSTEM, PICKED, ("POST", "late"), once=ids.new(), member=author, at=at)
    assert await points(author) == 0
    await compensated(removal, author, RESTORED)
    assert await points(author) == 10


async def test_a_pick_that_is_known_before_the_fact_opens_the_award_at_once() -> None:
    await done_rule(activates_on=["app.picked"])
    author = await make.member_id()
    today = clock.now()
    await interactions.record(SYSTEM, PICKED, ("POST", "early"), once=ids.new(), member=author, at=today)
    await done(author, today, subject=("POST", "early"))
    assert (await points(author), await pending(author)) == (10, 0)


async def test_a_pick_by_another_member_opens_the_authors_award() -> None:
    await done_rule(activates_on=["app.picked"])
    author, reader = await make.member_id(), await make.member_id()
    await done(author, clock.now(), subject=("POST", "good"))
    assert await pending(author) == 10
    await interactions.record(SYSTEM, PICKED, ("POST", "good"), once=ids.new(), member=reader)
    assert (await points(author), await points(reader)) == (10, 0)


async def test_an_award_taken_back_while_it_waits_waits_again_when_it_is_given_again() -> None:
    await done_rule(activates_on=["app.picked"])
    author = await make.member_id()
    fact = await done(author, clock.now(), subject=("POST", "it"))
    removal = await compensated(fact, author)
    assert (await points(author), await pending(author)) == (0, 0)
    await compensated(removal, author, RESTORED)
    assert (await points(author), await pending(author)) == (0, 10)
    await interactions.record(SYSTEM, PICKED, ("POST", "it"), once=ids.new(), member=author)
    assert (await points(author), await pending(author)) == (10, 0)


async def test_a_large_award_waits_until_it_is_released_once() -> None:
    await done_rule(hold_above=9)
    who = await make.member_id()
    fact = await done(who)
    assert (await points(who), await pending(who)) == (0, 10)
    (held,) = await deciding.held(Page(10))
    assert (held["interaction"], held["root"]) == (fact, who)
    assert [reason["code"] for reason in held["reasons"]] == ["HELD_FOR_REVIEW"]
    with pytest.raises(InvalidInput):
        await deciding.decide(OPERATOR, held["journal"], "RELEASE", " ")
    with pytest.raises(NotFound):
        await deciding.decide(OPERATOR, ids.new(), "RELEASE", "fine")
    await deciding.decide(OPERATOR, held["journal"], "RELEASE", "fine")
    assert (await points(who), await pending(who)) == (10, 0)
    for again in ("RELEASE", "CANCEL"):
        with pytest.raises(IllegalTransition) as refused:
            await deciding.decide(OPERATOR, held["journal"], again, "again")
        assert refused.value.from_ == "RELEASED"
    assert await deciding.held(Page(10)) == []
    assert await points(who) == 10


async def test_a_cancelled_award_stays_counted_and_is_not_taken_back_a_second_time() -> None:
    await done_rule(hold_above=9, caps=[cap(limit=10)])
    who = await make.member_id()
    fact = await done(who)
    await settled()
    (held,) = await deciding.held(Page(10))
    await deciding.decide(OPERATOR, held["journal"], "CANCEL", "a fraud")
    assert (await points(who), await pending(who)) == (0, 0)
    await done(who)
    removal = await compensated(fact, who)
    assert await points(who) == 0
    await compensated(removal, who, RESTORED)
    assert (await points(who), await pending(who)) == (0, 0)


async def test_an_award_that_does_not_wait_cannot_be_decided() -> None:
    await done_rule()
    who = await make.member_id()
    fact = await done(who)
    assert await points(who) == 10
    with pytest.raises(IllegalTransition):
        await deciding.decide(OPERATOR, (await decision(fact, who))["journal"], "CANCEL", "no")
    assert await points(who) == 10


async def test_the_third_member_on_a_device_waits() -> None:
    await done_rule(device_members_max=2)
    members = [await make.member_id() for _ in range(3)]
    for member in members:
        await reported(member, "kiosk")
        await reported(member, f"own-{member}")
    assert [(await points(member), await pending(member)) for member in members] == [
        (20, 0),
        (20, 0),
        (10, 10),
    ]
    (held,) = await deciding.held(Page(10))
    assert held["reasons"] == [{"code": "DEVICE_SHARED", "limit": 2, "actual": 3}]


async def test_by_default_a_removal_takes_back_and_the_authors_own_deletion_does_not() -> None:
    await rule()
    author = await make.member_id()
    fact = await posted(author)
    deletion = await compensated(fact, author, DELETED)
    assert await points(author) == 10
    removal = await compensated(fact, author, REMOVED)
    assert await points(author) == 0
    await compensated(removal, author, RESTORED)
    assert await points(author) == 10  # what the author deleted does not matter
    await compensated(deletion, author, RESTORED)
    assert await points(author) == 10


async def test_only_named_kinds_take_back_and_give_again() -> None:
    await rule(reverses_on=["community.post.deleted"], regrants_on=["community.post.undeleted"])
    author = await make.member_id()
    fact = await posted(author)
    await compensated(fact, author, REMOVED)
    assert await points(author) == 10
    deletion = await compensated(fact, author, DELETED)
    assert await points(author) == 0
    await compensated(deletion, author, RESTORED)
    assert await points(author) == 0  # it counts again, but not by a kind that gives again


async def test_a_fact_from_before_a_merge_is_taken_back_from_the_joined_cap() -> None:
    await rule(caps=[cap(mode="NET")])
    one, other = await make.member_id(), await make.member_id()
    facts = [await posted(one) for _ in range(3)]
    late = await posted(other)
    assert (await points(one), await points(other)) == (25, 10)
    _, winner, _ = await merged(one, other)
    await compensated(late, winner)
    assert await points(winner) == 25
    await compensated(facts[0], winner)
    assert await points(winner) == 20


async def test_pending_and_expiry_of_the_rule_stand_before_the_wallets() -> None:
    await done_rule(
        pending={"after": {"value": 1, "unit": "DAY", "round_to": None}},
        expiry={"rolling": {"value": 1, "unit": "MONTH", "round_to": None}}, zone="Asia/Shanghai",
    )  # fmt: skip
    who = await make.member_id()
    await done(who, clock.now())
    assert (await points(who), await pending(who)) == (0, 10)
    ((_, lot),) = await reading.lots(who, "POINTS", only_open=True)
    assert lot.activates_at is not None
    assert timedelta(days=1) < lot.activates_at - clock.now() <= timedelta(days=2)
    assert lot.expiry == {"rolling": {"value": 1, "unit": "MONTH", "round_to": None}}


async def test_decisions_that_gave_nothing_go_after_400_days_and_others_stay() -> None:
    net = cap(mode="NET", limit=10)
    await done_rule(caps=[net], condition={"property": {"path": "good", "op": "EQ", "value": True}})
    who = await make.member_id()
    facts = [await done(who, good=good) for good in (False, True, True)]
    assert await points(who) == 10
    await db.run(
        "UPDATE points.earn_decision SET created_at = $1", clock.now() - timedelta(days=400, seconds=-60)
    )
    assert await deciding.forget_idle() == 0
    await db.run("UPDATE points.earn_decision SET created_at = $1", clock.now() - timedelta(days=401))
    assert await deciding.forget_idle() == 1
    assert await reading.decisions(who, Page(10), interaction=facts[0]) == []
    assert len(await reading.decisions(who, Page(10))) == 2  # the third gave nothing, but its cap counts it


async def test_a_version_taken_back_lets_the_one_before_it_go_on() -> None:
    first = await done_rule()
    found = await earn_rules.one(first)
    other = {**found.definition, "effects": [{"fixed": {"wallet": "POINTS", "points": 7}}]}
    second = await earn_rules.revise(SYSTEM, found.rule, 1, other, title="Less")
    await earn_rules.submit(SYSTEM, second.id)
    await earn_rules.put_in_force(second.id, clock.now() + timedelta(days=1))
    assert (await earn_rules.one(first)).effective_to is not None
    assert (await earn_rules.send_back(SYSTEM, second.id)).state == "DRAFT"
    assert (await earn_rules.one(first)).effective_to is None
    with pytest.raises(IllegalTransition) as refused:
        await earn_rules.put_in_force(second.id)
    assert (refused.value.from_, refused.value.to) == ("DRAFT", "SCHEDULED")
