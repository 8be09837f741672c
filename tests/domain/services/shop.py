"""Builders of owner services: a store with hours, a test drive and demo cars."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import clock, db
from domain.actor import Actor
from domain.services import calendars, service_types, slots, stores
from domain.services.hours import Rule
from domain.services.tables import ResourceKind, ServiceKind, StoreKind
from tests import make

_number = itertools.count(1)
OPERATOR = make.staff("operator")
ALL_WEEK = frozenset(range(1, 8))


@dataclass(frozen=True)
class Shop:
    """A store that offers test drives."""

    store: UUID
    service: UUID
    cars: list[UUID]
    zone: ZoneInfo

    def at(self, hour: int, minute: int = 0, *, days: int = 1) -> datetime:
        """A local time some days from today, as an instant."""
        today = clock.now().astimezone(self.zone).date()
        local = datetime(today.year, today.month, today.day, hour, minute, tzinfo=self.zone)
        return (local + timedelta(days=days)).astimezone(UTC)

    def day(self, days: int = 1) -> date:
        return self.at(12, days=days).astimezone(self.zone).date()


async def store(
    name: str = "静安店",
    place: tuple[str, str] = ("31.2304", "121.4737"),
    zone: str = "Asia/Shanghai",
    **more: Any,
) -> UUID:
    return await stores.define(
        OPERATOR,
        stores.StoreGiven(
            kind=StoreKind.STORE,
            name=name,
            latitude=Decimal(place[0]),
            longitude=Decimal(place[1]),
            timezone=zone,
            **more,
        ),
    )


async def service(store_ids: list[UUID], **more: Any) -> UUID:
    facts: dict[str, Any] = {
        "code": f"td-{next(_number)}", "kind": ServiceKind.TEST_DRIVE, "name": {"zh": "试驾", "en": "Test drive"},
        "duration_minutes": 60,
    } | more  # fmt: skip
    return await service_types.define(OPERATOR, service_types.Given(store_ids=store_ids, **facts))


async def car(store_id: UUID, name: str, **more: Any) -> UUID:
    return await stores.define_resource(
        OPERATOR,
        stores.ResourceGiven(store=store_id, kind=ResourceKind.DEMO_CAR, name=name, model_code="S7", **more),
    )


async def shop(
    cars: int = 1, *, opens: int = 540, closes: int = 1020, zone: str = "Asia/Shanghai", **more: Any
) -> Shop:
    """A store open every day from 9 to 17, one-hour test drives one after the other, and demo cars."""
    store_id = await store(zone=zone)
    await calendars.set_rules(OPERATOR, store_id, [Rule(ALL_WEEK, opens, closes)])
    offered = await service([store_id], **more)
    units = [await car(store_id, f"S7 {number}") for number in range(1, cars + 1)]
    return Shop(store_id, offered, units, ZoneInfo(zone))


async def free(at: Shop, actor: Actor | None = None, days: int = 1) -> list[str]:
    """The local starts of a day that are free."""
    found = await slots.available(actor or make.visitor(), at.store, at.service, at.day(days), at.day(days))
    return [s.starts_at.astimezone(at.zone).strftime("%H:%M") for s in found[0].slots if s.remaining]


async def appointment(id_: UUID) -> db.Row:
    return await db.one("SELECT * FROM services.appointment WHERE id = $1", id_)


async def count() -> tuple[int, int]:
    return (
        await db.value("SELECT count(*) FROM services.appointment WHERE state <> 'CANCELLED'"),
        await db.value("SELECT count(*) FROM services.service_order"),
    )


@contextmanager
def at_time(now: datetime) -> Iterator[None]:
    """The clock shows ``now`` and goes on from there."""
    clock.shift(now - datetime.now(UTC))
    try:
        yield
    finally:
        clock.shift(timedelta(0))
