"""A due row that always fails keeps no other row of its sweep from its turn, and is tried again later."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from domain import clock, db, stepping, wiring
from domain.foundation import ids
from domain.points import gifts, mission_closing, referrals, setbacks, standing_keeping, sweeps
from tests import make
from tests.domain.points.test_referrals import offered, pair
from tests.everything.scenarios.people import with_points


@pytest.fixture(autouse=True)
async def registered():
    wiring.start()
    yield
    clock.shift(timedelta(0))


async def broken_gift() -> UUID:
    """A gift without its hold, which falls due before all others."""
    me, friend, made = await make.member_id(), await make.member_id(), ids.new()
    await db.run(
        """INSERT INTO points.gift (id, sender, recipient, wallet_type, amount, state, is_tip, expires_at, created_at)
        SELECT $1, $2, $3, id, 5, 'OFFERED', false, $4, $4 FROM points.wallet_type WHERE code = 'POINTS'""",
        made, me, friend, clock.now() - timedelta(days=1),
    )  # fmt: skip
    return made


async def tries(sweep: str) -> list[int]:
    rows = await db.fetch("SELECT tries FROM points.setback WHERE sweep = $1 ORDER BY subject", sweep)
    return [row["tries"] for row in rows]


async def test_a_gift_that_cannot_expire_lets_the_others_expire() -> None:
    broken = await broken_gift()
    giver, friend = await with_points(), await make.member_actor()
    gift = await gifts.offer(giver, friend.member_id, "POINTS", Decimal(10))
    clock.shift(timedelta(hours=73))
    assert await gifts.expire_due() == 1
    assert (await gifts.one(gift.id)).state == "EXPIRED"
    assert await db.value("SELECT state FROM points.gift WHERE id = $1", broken) == "OFFERED"
    assert await tries(gifts.SWEEP) == [1]
    assert (await gifts.expire_due(), await tries(gifts.SWEEP)) == (0, [1])  # it waits
    later = await gifts.next_due()
    assert clock.now() < later < clock.now() + timedelta(seconds=3)
    clock.shift(timedelta(hours=73, seconds=3))
    assert (await gifts.expire_due(), await tries(gifts.SWEEP)) == (0, [2])
    assert await gifts.next_due() > clock.now() + timedelta(seconds=6)
    await db.run("UPDATE points.gift SET state = 'DECLINED' WHERE id = $1", broken)
    assert await gifts.next_due() is None


async def test_a_referral_that_cannot_turn_lets_the_others_turn_and_turns_once_it_can() -> None:
    await offered(qualify_within_days=1)
    _, _, good = await pair()
    _, _, other = await pair()
    stranger = ids.new()
    await db.run(
        "UPDATE points.referral SET advocate = $2, due_at = due_at - interval '1 hour' WHERE id = $1",
        other.id, stranger,
    )  # fmt: skip
    clock.shift(timedelta(days=1, seconds=5))
    await stepping.settle()
    assert (await referrals.one(good.id)).state == "EXPIRED"
    assert await tries(referrals.SWEEP) == [1]
    await db.run("UPDATE points.referral SET advocate = $2 WHERE id = $1", other.id, good.advocate)
    clock.shift(timedelta(days=1, seconds=10))
    await stepping.settle()
    assert ((await referrals.one(other.id)).state, await tries(referrals.SWEEP)) == ("EXPIRED", [])


@pytest.mark.parametrize(
    ("run", "sweep", "subject"),
    [
        (sweeps.settle_due, "points", "SELECT a.id::text FROM points.account AS a"),
        (
            standing_keeping.judge_due,
            "tiers",
            "SELECT d.scheme || ':' || d.member FROM points.standing_due AS d",
        ),
        (
            mission_closing.close_due,
            "points_missions",
            "SELECT p.mission || ':' || p.member FROM points.mission_progress AS p",
        ),
    ],
)
async def test_rows_that_wait_are_left_out_of_the_other_sweeps(run, sweep: str, subject: str) -> None:
    scheme, mission, me = ids.new(), ids.new(), await with_points()
    past = clock.now() - timedelta(hours=1)
    await db.run("UPDATE points.account SET next_due = $1", past)
    await db.run(
        "SET LOCAL session_replication_role = replica"
    )  # rows of a scheme and a mission that are gone
    await db.run(
        """INSERT INTO points.standing_due (id, scheme, member, is_historical, created_at)
        VALUES ($1, $2, $3, false, $4)""",
        ids.new(), scheme, me.member_id, past,
    )  # fmt: skip
    await db.run(
        """INSERT INTO points.mission_progress (id, mission, member, round, version, starts_on, ends_at, target, counted,
            state, reached, streak, turns, created_at) VALUES ($1, $2, $3, 1, 1, now(), $4, 1, '[]', 'OPEN', 0, 0, 0, $4)""",
        ids.new(), mission, me.member_id, past,
    )  # fmt: skip
    for given in await db.fetch(subject):
        await setbacks._set_back(sweep, given[0], ValueError("not today"))
    assert await tries(sweep) == [1]
    assert await run() == 0
    assert await tries(sweep) == [1]
