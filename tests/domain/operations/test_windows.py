"""A member enters and leaves in the very instant; the figures are those of the systems that published them."""

from __future__ import annotations

from datetime import timedelta

from domain import db
from domain.profile import memberships
from tests import make
from tests.domain.operations.conftest import START, changes_of, did, event, segment, settle

WEEK = timedelta(days=7)


async def test_a_member_enters_with_the_third_and_leaves_seven_days_after_the_first(time):
    member = await make.member_id()
    active = await segment(event(n=3, last="P7D"))
    await did(member)
    await time.on(hours=1)
    await did(member)
    await time.on(hours=1)
    assert await changes_of(active) == []
    await did(member)
    await settle()
    assert await changes_of(active) == [("ENTERED", START + timedelta(hours=2))]
    assert await memberships.inside(active, [member]) == {member}
    await time.to(START + WEEK - timedelta(microseconds=1))
    assert await memberships.inside(active, [member]) == {member}
    await time.to(START + WEEK)
    assert await memberships.inside(active, [member]) == set()
    assert (await changes_of(active))[1:] == [("EXITED", START + WEEK)]


async def test_an_exit_carries_the_due_instant_however_late_the_sweep_is(time):
    member = await make.member_id()
    active = await segment(event(last="PT5S"))
    await did(member)
    await settle()
    time.now = START + timedelta(seconds=60)
    await settle()
    assert await changes_of(active) == [("ENTERED", START), ("EXITED", START + timedelta(seconds=5))]


async def test_a_fact_that_comes_before_the_sweep_finds_the_exit_worked_off_first(time):
    member = await make.member_id()
    active = await segment(event(last="PT5S"))
    await did(member)
    await settle()
    time.now = START + timedelta(seconds=8)
    await did(member)
    await settle()
    assert await changes_of(active) == [
        ("ENTERED", START),
        ("EXITED", START + timedelta(seconds=5)),
        ("ENTERED", START + timedelta(seconds=8)),
    ]


async def test_each_change_is_one_interaction_on_the_members_timeline(time):
    member = await make.member_id()
    active = await segment(event(last="PT5S"))
    await did(member)
    await time.on(seconds=6)
    rows = await db.fetch(
        "SELECT kind, occurred_at, properties FROM profile.interaction WHERE member = $1 "
        "AND kind LIKE 'operations.segment.%' ORDER BY occurred_at",
        member,
    )
    assert [(row["kind"], row["occurred_at"]) for row in rows] == [
        ("operations.segment.entered", START),
        ("operations.segment.exited", START + timedelta(seconds=5)),
    ]
    assert {row["properties"]["segment"] for row in rows} == {str(active)}


async def test_posthog_once_in_seven_days_and_once_or_twice(time):
    one, two, three = [await make.member_id() for _ in range(3)]
    await did(one, "app.one", timedelta(days=2))
    await did(two, "app.one", timedelta(days=9))
    recent = await segment(event("app.one", last="P7D"))
    assert await memberships.all_inside(recent) == {one}
    for member, times in ((one, 1), (two, 1), (three, 2)):
        for _ in range(times):
            await did(member, "app.two", timedelta(hours=1))
    either = {"any": [event("app.two", "EQ", 1, "P7D"), event("app.two", "EQ", 2, "P7D")]}
    assert await memberships.all_inside(await segment(either)) == {one, two, three}


async def test_dittofeed_five_seconds_of_silence_and_again(time):
    early, late = await make.member_id(), await make.member_id()
    await did(early, ago=timedelta(seconds=6))
    await did(late, ago=timedelta(seconds=0.1))
    active = await segment(event(last="PT5S"))
    assert await memberships.all_inside(active) == {late}
    await time.on(seconds=6)
    await did(late)
    await settle()
    assert await changes_of(active, late) == [
        ("ENTERED", START),
        ("EXITED", START + timedelta(seconds=4.9)),
        ("ENTERED", START + timedelta(seconds=6)),
    ]
    assert await changes_of(active, early) == []


async def test_dittofeed_never_in_five_seconds(time):
    active = await segment(event(op="EQ", n=0, last="PT5S"))
    one, two = await make.member_id(), await make.member_id()
    await did(one, "app.unrelated")
    await did(two, ago=timedelta(seconds=0.1))
    await settle()
    assert await memberships.all_inside(active) == {one}
    await time.on(seconds=11)
    assert await memberships.all_inside(active) == {one, two}
    assert await changes_of(active, two) == [("ENTERED", START + timedelta(seconds=4.9))]


async def test_dittofeed_created_within_the_last_minute(time):
    member = await make.member_id()
    await _set_trait(member, "createdAt", (START - timedelta(seconds=0.1)).isoformat())
    active = await segment({"trait": {"name": "createdAt", "op": "WITHIN_LAST", "duration": "PT60S"}})
    assert await memberships.all_inside(active) == {member}
    await time.on(minutes=20)
    assert await memberships.all_inside(active) == set()
    assert (await changes_of(active))[-1] == ("EXITED", START + timedelta(seconds=59.9))


async def test_unomi_three_days_ago_in_ten_days(time):
    member = await make.member_id()
    await did(member, ago=timedelta(days=3))
    assert await memberships.all_inside(await segment(event(last="P10D"))) == {member}


async def test_a_late_row_counts_from_when_it_happened(time):
    member = await make.member_id()
    active = await segment(event(n=2, last="P7D"))
    await did(member)
    await time.on(days=1)
    await did(member, ago=timedelta(days=6))
    await settle()
    assert await changes_of(active) == [("ENTERED", START + timedelta(days=1))]
    await time.on(days=3)
    assert (await changes_of(active))[1:] == [("EXITED", START + timedelta(days=2))]


async def test_a_row_from_the_future_counts_at_its_time(time):
    member = await make.member_id()
    active = await segment(event(last="PT5S"))
    await did(member, ago=-timedelta(seconds=10))
    await settle()
    assert await changes_of(active) == []
    await time.on(seconds=30)
    assert await changes_of(active) == [
        ("ENTERED", START + timedelta(seconds=10)),
        ("EXITED", START + timedelta(seconds=15)),
    ]


async def test_what_is_compensated_lets_the_member_leave_and_its_restoration_lets_them_return(time):
    member = await make.member_id()
    active = await segment(event(last="P7D"))
    first = await did(member)
    await settle()
    removal = await did(member, "app.removed", compensates=first)
    await settle()
    assert await memberships.all_inside(active) == set()
    await did(member, "app.restored", compensates=removal)
    await settle()
    assert [change for change, _ in await changes_of(active)] == ["ENTERED", "EXITED", "ENTERED"]


async def test_a_compensation_on_anothers_timeline_is_judged_by_the_sweep(time):
    member, moderator = await make.member_id(), await make.member_id()
    active = await segment(event(last="P7D"))
    first = await did(member)
    await settle()
    await did(moderator, "app.removed", compensates=first)
    await settle()
    assert await memberships.all_inside(active) == set()


async def test_kinds_match_by_prefix_and_properties_by_filters(time):
    one, two = await make.member_id(), await make.member_id()
    condition = event(
        "app.order.*", where=[{"path": "amount", "op": "GTE", "value": 100}, {"path": "car.model", "op": "EQ", "value": "E7"}]
    )  # fmt: skip
    active = await segment(condition)
    await did(one, "app.order.paid", amount="100.00", car={"model": "E7"})
    await did(two, "app.order.paid", amount="99.99", car={"model": "E7"})
    await did(two, "app.orders", amount="100.00", car={"model": "E7"})
    await settle()
    assert await memberships.all_inside(active) == {one}


async def _set_trait(member, name, value):
    from domain.profile import traits

    await traits.put(member, {name: value}, at=START)
