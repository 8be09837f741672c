"""The stores of the demonstration brand, its demo cars, and a year of test drives."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import clock, db
from domain.actor import SYSTEM
from domain.actor import member as member_actor
from domain.foundation import ids
from domain.garage.demo import MODELS
from domain.profile import demo, interactions, traits
from domain.services import booking, calendars, kinds, rules, service_types, stores
from domain.services.hours import Rule
from domain.services.tables import ResourceKind, ServiceKind, StoreKind

SOURCE = "demo"
ZONE = "Asia/Shanghai"
PAST = 60
UPCOMING = 12
_STORES = (
    ("shanghai", "Marque 上海静安体验店", "31.228400", "121.449500", "310000", "上海", "南京西路 1601 号"),
    ("beijing", "Marque 北京亦庄服务中心", "39.796800", "116.505600", "110000", "北京", "荣华南路 12 号"),
    ("shenzhen", "Marque Shenzhen Bay", "22.517300", "113.947200", "440300", "深圳", "科苑南路 2666 号"),
)
_STEPS = (
    ("REQUESTED", -2880), ("CONFIRMED", -2870), ("LICENCE_VERIFIED", -8), ("AGREEMENT_SIGNED", -4), ("DRIVING", 0),
    ("RETURNED", 48), ("COMPLETED", 55),
)  # fmt: skip


@dataclass(frozen=True)
class _Place:
    store: UUID
    cars: list[db.Row]


async def load() -> None:
    """Make the stores and their test drives; nothing when they are there already."""
    if await db.value("SELECT EXISTS (SELECT FROM services.store WHERE source = $1)", SOURCE):
        return
    dice = random.Random("marque demo services")  # noqa: S311 - invented drives, the same ones every time
    people = await demo.members()
    async with db.transaction():
        places = [await _place(number) for number in range(len(_STORES))]
        drive = await service_types.define(SYSTEM, _drive([place.store for place in places]))
        for number, person in enumerate(people[60 : 60 + PAST]):
            await _past(places[number % len(places)], drive, person, number, dice)
        for number, person in enumerate(people[140 : 140 + UPCOMING]):
            await _upcoming(places[number % len(places)], drive, person, number)


def _drive(store_ids: list[UUID]) -> service_types.Given:
    return service_types.Given(
        store_ids=store_ids, code="test-drive", kind=ServiceKind.TEST_DRIVE, name={"zh": "预约试驾", "en": "Test drive"},
        duration_minutes=60, step_minutes=60, notice_minutes=60, buffer_minutes=0, cancel_minutes=120,
        horizon={"kind": "ROLLING", "days": 30, "unit": "CALENDAR"}, limits={"DAY": 1, "MONTH": 4},
    )  # fmt: skip


async def _place(number: int) -> _Place:
    code, name, latitude, longitude, adcode, city, address = _STORES[number]
    given = stores.StoreGiven(
        kind=StoreKind.STORE, name=name, latitude=Decimal(latitude), longitude=Decimal(longitude), timezone=ZONE,
        adcode=adcode, city=city, address=address, external_id=code,
    )  # fmt: skip
    store = await stores.define(SYSTEM, given, source=SOURCE)
    weekdays, weekend = frozenset(range(1, 6)), frozenset({6, 7})
    await calendars.set_rules(SYSTEM, store, [Rule(weekdays, 600, 1260), Rule(weekend, 540, 1320)])
    for model, title in MODELS:
        await stores.define_resource(
            SYSTEM, stores.ResourceGiven(store, ResourceKind.DEMO_CAR, f"{title} 试驾车", model_code=model)
        )
    return _Place(store, (await stores.resources_of([store]))[store])


async def _upcoming(place: _Place, drive: UUID, person: UUID, number: int) -> None:
    day = clock.now().astimezone(ZoneInfo(ZONE)) + timedelta(days=1 + number // 3)
    start = day.replace(hour=11 + number % 6, minute=0, second=0, microsecond=0)
    wish = booking.Wish(resource=place.cars[number % len(place.cars)]["id"], note="想体验智能驾驶")
    await booking.book(member_actor(person, touchpoint="ios"), place.store, drive, start, wish)


async def _past(place: _Place, drive: UUID, person: UUID, number: int, dice: random.Random) -> None:
    """A test drive that went well: its order, appointment, steps, and an interaction for each step."""
    day = clock.now().astimezone(ZoneInfo(ZONE)) - timedelta(days=340 - number * 5)
    start = day.replace(hour=dice.randint(11, 18), minute=0, second=0, microsecond=0).astimezone(UTC)
    car, order = place.cars[number % len(place.cars)], ids.new()
    is_closed = start < clock.now() - timedelta(days=15)
    steps = [(name, start + timedelta(minutes=after)) for name, after in _STEPS]
    steps += [("CLOSED", steps[-1][1] + timedelta(days=14))] if is_closed else []
    serial = await db.value("SELECT nextval('services.order_number')")
    await db.run(
        """INSERT INTO services.service_order (id, number, kind, letter, state, step, member, store, details, due_at,
            touchpoint, created_at, completed_at, version)
        VALUES ($1, $2, 'TEST_DRIVE', 'BUY', $3, $4, $5, $6, $7, $8, 'mini_program', $9, $10, $11)""",
        order, f"TD{start:%y%m%d}{serial}", "CLOSED" if is_closed else "COMPLETED", steps[-1][0], person, place.store,
        {"modelCode": car["model_code"], "note": None}, start, steps[0][1], steps[6][1], len(steps),
    )  # fmt: skip
    await db.run(
        """INSERT INTO services.appointment (id, service_order, store, service_type, member, starts_at, ends_at, during,
            resource, resource_number, state, created_at, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, tstzrange($6, $7), $8, $9, 'DONE', $10, 4)""",
        ids.new(), order, place.store, drive, person, start, start + timedelta(hours=1), car["id"], car["number"],
        steps[0][1],
    )  # fmt: skip
    await _history(order, place.store, person, steps)
    await traits.declare(person, "purchase_stage", "TEST_DRIVEN")


async def _history(order: UUID, store: UUID, person: UUID, steps: list[tuple[str, datetime]]) -> None:
    before = None
    for sequence, (name, at) in enumerate(steps, start=1):
        await db.run(
            """INSERT INTO services.order_step (id, service_order, sequence, from_step, to_step, actor_kind, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)""",
            ids.new(), order, sequence, before, name, "MEMBER" if sequence < 3 else "STAFF", at,
        )  # fmt: skip
        await interactions.record(
            SYSTEM, kinds.OF_STEP[ServiceKind.TEST_DRIVE, name], ("SERVICE_ORDER", order), once=f"{order}:{sequence}",
            member=person, at=at, flags=("historical",), letter=rules.LETTER[ServiceKind.TEST_DRIVE],
            kind=ServiceKind.TEST_DRIVE, store=str(store), vehicle=None, order=str(order),
        )  # fmt: skip
        before = name
