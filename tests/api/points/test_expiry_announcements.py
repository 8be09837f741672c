"""What expires is announced 30 and 7 days ahead, each at its own moment, once, and only what is still there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import clock, db
from domain.points import announcing
from domain.profile import merges
from tests import make
from tests.api.points.conftest import Staff

SHANGHAI = ZoneInfo("Asia/Shanghai")


def midnight(days: int) -> datetime:
    """The start of the local day so many days from now."""
    return datetime.combine(
        clock.now().astimezone(SHANGHAI) + timedelta(days=days), datetime.min.time(), SHANGHAI
    )


async def told(who: UUID) -> list[tuple[str, int, str, datetime]]:
    """(amount, days, day, when), in the order of time."""
    rows = await db.fetch(
        """SELECT properties AS p, occurred_at FROM profile.interaction WHERE member = $1
        AND kind = 'points.expiry.announced' ORDER BY occurred_at, id""",
        who,
    )
    return [
        (row["p"]["amount"], row["p"]["days"], row["p"]["expires_on"], row["occurred_at"]) for row in rows
    ]


async def granted(staff: Staff, who: UUID, amount: str, until: datetime | None) -> dict[str, Any]:
    return await staff.grant(who, amount, expiresAt=until.isoformat() if until else None)


async def test_each_day_is_announced_at_its_own_moments_in_order(staff: Staff) -> None:
    who, other = await make.member_id(), await make.member_id()
    first, second = midnight(60), midnight(70)
    for amount, until in (("100", first), ("20", first + timedelta(hours=5)), ("30", second), ("7", None)):
        await granted(staff, who, amount, until)
    await granted(staff, other, "5", first + timedelta(days=1))
    await staff.set_clock(first - timedelta(days=30, seconds=1))
    assert await told(who) == []
    await staff.set_clock(second + timedelta(days=1))
    on_first, on_second = first.date().isoformat(), second.date().isoformat()
    assert await told(who) == [
        ("120", 30, on_first, first - timedelta(days=30)), ("30", 30, on_second, second - timedelta(days=30)),
        ("120", 7, on_first, first - timedelta(days=7)), ("30", 7, on_second, second - timedelta(days=7)),
    ]  # fmt: skip
    assert [days for _, days, _, _ in await told(other)] == [30, 7]
    assert await announcing.next_due() is None


async def test_what_is_spent_before_is_not_announced_and_what_is_near_only_once(staff: Staff) -> None:
    who, until = await make.member_id(), midnight(40)
    await granted(staff, who, "100", until)
    await staff.set_clock(until - timedelta(days=29))
    await staff.spend(who, "60")
    await granted(staff, who, "5", until)  # inside the thirty days: told of with the rest, seven days ahead
    await granted(staff, who, "1", until - timedelta(days=25))  # four days ahead it is known
    await staff.set_clock(until - timedelta(days=6))
    assert [(amount, days) for amount, days, _, _ in await told(who)] == [("100", 30), ("45", 7)]
    spent = await make.member_id()
    later = midnight(20)
    await granted(staff, spent, "10", later)
    await staff.spend(spent, "10")
    await staff.set_clock(later)
    assert await told(spent) == []


async def test_a_worker_that_was_away_announces_the_nearest_alone(staff: Staff) -> None:
    who, until = await make.member_id(), midnight(40)
    await granted(staff, who, "100", until)
    clock.shift(until - timedelta(days=3) - datetime.now(UTC))
    assert (await announcing.announce_due(), await announcing.announce_due()) == (1, 0)
    assert [(amount, days) for amount, days, _, _ in await told(who)] == [("100", 7)]


async def test_after_a_merge_the_root_is_told_once(staff: Staff) -> None:
    one, two, until = await make.member_id(), await make.member_id(), midnight(40)
    await granted(staff, one, "10", until)
    await granted(staff, two, "5", until)
    await staff.set_clock(until - timedelta(days=20))
    merge = await merges.merge_two(staff.admin, one, two, "one person")
    root = await db.value("SELECT winner FROM profile.merge WHERE id = $1", merge)
    await staff.set_clock(until - timedelta(days=1))
    assert [(amount, days) for amount, days, _, _ in await told(root)][1:] == [("15", 7)]
    assert {len(await told(one)), len(await told(two))} == {1, 2}
