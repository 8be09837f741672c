"""The demonstration's year of points."""

from domain import clock, db, wiring
from domain.points import demo, enrolments, health, membership_demo, standing_keeping
from domain.profile import demo as profile_demo


async def test_the_demonstration_is_loaded_once_and_in_order() -> None:
    await profile_demo.load()
    await demo.load()
    entries = await db.value("SELECT count(*) FROM points.entry")
    assert entries > 2_000
    await demo.load()
    assert await db.value("SELECT count(*) FROM points.entry") == entries
    assert [found for found in await health.check() if not found.holds] == []
    for kind in ("EARN", "SPEND", "EXPIRE", "HOLD", "CLAW_BACK", "ADJUST"):
        assert await db.value("SELECT EXISTS (SELECT FROM points.journal WHERE kind = $1)", kind), kind


async def test_the_demonstration_has_members_in_tiers_who_use_benefits_and_trade_points() -> None:
    await wiring.seed_brand()
    await profile_demo.load()
    await demo.load()
    await membership_demo.load()
    await db.run("DELETE FROM profile.pending")  # what the areas make of it is theirs
    while await standing_keeping.judge_due():
        pass
    assert await enrolments.counts("marque", clock.now().date()) == [(None, 192)]
    tiers_ = dict(await enrolments.counts("marque", clock.now().date(), "TIER"))
    assert set(tiers_) >= {"MEMBER", "SILVER", "GOLD"} and sum(tiers_.values()) == 192
    assert await db.value("SELECT count(*) FROM points.benefit_use") == 12
    assert await db.value("SELECT count(DISTINCT reward) FROM points.redemption") == 4
    assert await health.violations() == []
    rows = await db.value("SELECT count(*) FROM profile.interaction")
    await membership_demo.load()
    assert await db.value("SELECT count(*) FROM profile.interaction") == rows
