"""Stores, where they are, and what they must say of themselves."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain import db
from domain.errors import InvalidInput, VersionConflict
from domain.services import geo, stores
from domain.services.tables import Datum, StoreKind, StoreStatus
from tests.domain.services.shop import OPERATOR, car, store


async def near(latitude: float, longitude: float, **options: object) -> list[tuple[str, Decimal]]:
    found, _ = await stores.near(latitude, longitude, **options)
    return [(each.store["name"], each.distance_km) for each in found]


async def test_distances_are_great_circles() -> None:
    await store("北京", ("39.9042", "116.4074"))
    assert await near(31.2304, 121.4737) == [("北京", Decimal("1067.312"))]


async def test_the_antimeridian_and_the_poles_are_no_border() -> None:
    await store("东", ("0", "-179.9"))
    await store("极", ("89.9", "10"))
    assert await near(0, 179.9, within_km=30) == [("东", Decimal("22.239"))]
    assert [name for name, _ in await near(89.9, -170, within_km=100)] == ["极"]


async def test_nearest_first_then_by_external_id_within_the_radius() -> None:
    await store("远", ("31.9", "121.4"), external_id="3")
    await store("乙", ("31.3", "121.5"), external_id="2")
    await store("甲", ("31.3", "121.5"), external_id="1")
    await store("筹建", ("31.2304", "121.4737"), external_id="0", status=StoreStatus.PLANNED)
    assert [name for name, _ in await near(31.2304, 121.4737)] == ["甲", "乙", "远"]
    assert [name for name, _ in await near(31.2304, 121.4737, first=1)] == ["甲"]
    found, within = await stores.near(31.2304, 121.4737, within_km=20, first=1)
    assert (len(found), within) == (1, 2)
    assert await near(31.2304, 121.4737, kinds=[StoreKind.PARTNER]) == []
    assert len(await near(31.2304, 121.4737, statuses=None)) == 4


async def test_chinese_coordinates_are_stored_as_wgs84() -> None:
    shown = geo.from_wgs84(31.2304, 121.4737, Datum.BD09)
    made = await store("百度", (str(round(shown[0], 6)), str(round(shown[1], 6))), datum=Datum.BD09)
    row = (await stores.by_ids([made]))[made]
    assert geo.distance_km(31.2304, 121.4737, float(row["latitude"]), float(row["longitude"])) < 0.01
    assert row["input_datum"] == "BD09"


async def test_a_store_must_make_sense() -> None:
    with pytest.raises(InvalidInput) as refused:
        await store(" ", ("91", "181"), zone="Mars/Base", country="CHN", stall_count=-1)
    assert [p.path for p in refused.value.problems] == [
        "timezone", "name", "latitude", "longitude", "country", "stallCount",
    ]  # fmt: skip
    assert await db.value("SELECT count(*) FROM services.store") == 0


async def test_revising_needs_the_version_that_was_read() -> None:
    made = await store("旧名")
    given = stores.StoreGiven(StoreKind.STORE, "新名", Decimal(31), Decimal(121), "Asia/Shanghai")
    with pytest.raises(VersionConflict):
        await stores.define(OPERATOR, given, store=made, expected_version=7)
    await stores.define(OPERATOR, given, store=made, expected_version=1)
    row = (await stores.by_ids([made]))[made]
    assert (row["name"], row["version"], row["external_id"]) == ("新名", 2, str(made))


async def test_a_unit_has_one_name_in_its_store() -> None:
    at = await store()
    await car(at, "S7 1")
    with pytest.raises(InvalidInput):
        await car(at, "S7 1")
