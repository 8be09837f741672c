"""The demonstration brand's garage and stores."""

from __future__ import annotations

from domain import db
from domain.garage import demo as garage_demo
from domain.garage import overview as garage
from domain.profile import demo as people
from domain.services import demo, health


async def test_the_demonstration_has_cars_stores_and_test_drives() -> None:
    for load in (people.load, garage_demo.load, demo.load, garage_demo.load, demo.load):
        await load()
    assert (await garage.health()).violations == []
    assert (await health.check()).violations == []
    counts = await db.one(
        """SELECT (SELECT count(*) FROM garage.binding WHERE state = 'ACTIVE') AS owners,
        (SELECT count(*) FROM services.store) AS stores, (SELECT count(*) FROM services.service_order) AS orders"""
    )
    assert tuple(counts.values()) == (80, 3, 72)
