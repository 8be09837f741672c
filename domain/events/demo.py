"""The events of the demonstration brand: a year of gatherings, some of them still to come."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import clock, db
from domain.actor import SYSTEM
from domain.actor import member as member_actor
from domain.capacity import taking
from domain.capacity.rules import Purpose, State
from domain.events import changes, funds, kinds, occurrences, offers, registering
from domain.events.drafts import AskedQuestion, OccurrenceDraft, TierDraft
from domain.events.registering import Person, Wanted
from domain.events.rules import OccurrenceKind, Price, RefundPolicy, RefundStep, RegistrationState
from domain.foundation import ids
from domain.profile import demo, interactions

SOURCE = "demo"
_POLICY = RefundPolicy(steps=(RefundStep(72, 100), RefundStep(24, 50)), flat_fee_points=10)


@dataclass(frozen=True)
class _Plan:
    """An occurrence by the days from now until it starts, and how many of its places are asked for."""

    days: int
    hour: int
    hours: int
    kind: OccurrenceKind
    title: str
    summary: str
    place: str
    city: str
    capacity: int | None
    tiers: tuple[TierDraft, ...]
    asked: int


def _free(name: str = "普通票", **options: object) -> TierDraft:
    return TierDraft(name=name, max_party=4, **options)  # type: ignore[arg-type]


def _paid(name: str, points: int, **options: object) -> TierDraft:
    return TierDraft(
        name=name, max_party=4, price_options=(Price(points),), refund_policy=_POLICY, **options  # type: ignore[arg-type]
    )  # fmt: skip


_K = OccurrenceKind
_PLANS = (
    _Plan(-330, 9, 8, _K.TRIP, "初春千岛湖自驾", "沿湖 160 公里,两顿农家菜。", "千岛湖广场", "330100", 40, (_free(),), 18),
    _Plan(-265, 10, 6, _K.TRACK_DAY, "Track Morning: First Laps", "Instructors, helmets and coffee.", "Tianma Circuit",
          "310000", 24, (_free("Driver"), _free("Guest", capacity=8)), 14),
    _Plan(-200, 19, 3, _K.GATHERING, "仲夏夜车友烧烤", "带上家人,我们准备炭火。", "世纪公园 3 号门", "310000", 60, (_free(),), 30),
    _Plan(-140, 14, 2, _K.WORKSHOP, "新手保养课堂", "轮胎、雨刮、玻璃水,一次学会。", "北京亦庄服务中心", "110000", 16, (_free(),), 12),
    _Plan(-75, 9, 30, _K.TEST_DRIVE_TOUR, "Aurora X Test-Drive Tour", "Three routes, two hours each.", "Shenzhen Bay",
          "440300", 80, (_free("Morning", capacity=40), _free("Afternoon", capacity=40)), 34),
    _Plan(-20, 20, 2, _K.ONLINE, "车机 5.0 线上发布会", "产品经理现场答疑。", "直播间", "310000", None, (_free(),), 40),
    _Plan(4, 20, 3, _K.GATHERING, "周五夜跑与咖啡", "外滩集合,慢速 5 公里。", "外滩源", "310000", 30, (_free(),), 22),
    _Plan(9, 9, 9, _K.TRACK_DAY, "天马赛道体验日", "含教练与保险,积分报名。", "天马赛车场", "310000", 12,
          (_paid("车手", 300, capacity=8), _free("观众")), 16),
    _Plan(15, 10, 3, _K.WORKSHOP, "Battery Care Workshop", "What keeps range up in winter.", "Guangzhou Service Centre",
          "440100", 20, (_paid("Seat", 50),), 12),
    _Plan(23, 8, 32, _K.TRIP, "川西雪山自驾五日", "领队审核,车况需达标。", "成都体验店", "510100", 10, (
        _paid("双人同行", 500, needs_approval=True, questions=(
            AskedQuestion("altitude", "是否有高原驾驶经验?", is_required=True, choices=("有", "没有")),)),), 9),
    _Plan(40, 14, 4, _K.GATHERING, "Family Day in the Park", "Games, food trucks, a small museum of models.",
          "Century Park", "310000", 150, (_free("Family"),), 25),
    _Plan(75, 10, 2, _K.DROP, "Aurora GT 限量模型发售", "限量 50 台,每人一台。", "线上", "310000", 50,
          (TierDraft(name="限量版", price_options=(Price(800),), max_per_member=1,
                     sale_starts_at=None),), 8),
)  # fmt: skip


async def load() -> None:
    """Make the occurrences and registrations for them; nothing when they are there already.

    What is past was free and is written with its own dates; what is to come is registered for as members do it.
    """
    if await db.value("SELECT EXISTS (SELECT FROM events.occurrence WHERE source = $1)", SOURCE):
        return
    people = await demo.members()
    dice = random.Random("marque demo events")  # noqa: S311 - invented people, the same ones every time
    for number, plan in enumerate(_PLANS, start=1):
        occurrence = await _announce(number, plan)
        coming = dice.sample(people, min(plan.asked, len(people)))
        for person in coming:
            await (_came if plan.days < 0 else _register)(occurrence, plan, person, dice)
    await _close_the_past()


async def _announce(number: int, plan: _Plan) -> UUID:
    local = (clock.now() + timedelta(days=plan.days)).astimezone(ZoneInfo("Asia/Shanghai"))
    starts_at = local.replace(hour=plan.hour, minute=0, second=0, microsecond=0)
    async with db.transaction():
        occurrence = await occurrences.draft(
            SYSTEM,
            OccurrenceDraft(
                title=plan.title, summary=plan.summary, kind=plan.kind, starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=plan.hours), timezone="Asia/Shanghai", city_adcode=plan.city,
                place=plan.place, capacity=plan.capacity, tiers=plan.tiers,
            ),
        )  # fmt: skip
        published_at = min(clock.now(), starts_at - timedelta(days=30))
        await db.run(
            """UPDATE events.occurrence SET state = 'PUBLISHED', published_at = $2, drafted_at = $2, source = $3,
                external_id = $4 WHERE id = $1""",
            occurrence, published_at, SOURCE, f"demo-event-{number:02}",
        )  # fmt: skip
        await interactions.record(
            SYSTEM, kinds.OCCURRENCE_PUBLISHED, ("OCCURRENCE", occurrence), once=occurrence, member=None,
            at=published_at, flags=["historical"],
        )  # fmt: skip
    return occurrence


async def _came(occurrence: UUID, plan: _Plan, person: UUID, dice: random.Random) -> None:
    """A registration of the past: made some days before, now and then cancelled again."""
    tier = dice.choice((await offers.tiers_of([occurrence]))[occurrence])
    party = dice.choice((1, 1, 2, 3))
    left = tier.availability.available
    is_cancelled = dice.random() < 0.1
    before = timedelta(days=dice.randint(2, 25), minutes=dice.randint(0, 1_400))
    if left is not None and left < party:
        return
    starts_at = await db.value("SELECT starts_at FROM events.occurrence WHERE id = $1", occurrence)
    actor = member_actor(person, touchpoint=dice.choice(("ios", "android", "mini_program")))
    async with db.transaction():
        registration = ids.new()
        hold = await taking.take(
            {pool.id: party for pool in tier.pools}, purpose=Purpose.REGISTRATION, member=person,
            subject=("REGISTRATION", registration), state=State.TAKEN,
        )  # fmt: skip
        columns = {
            "id": registration, "occurrence": occurrence, "tier": tier.id, "member": person, "party_size": party,
            "hold": hold, "price": {"points": 0, "cash": 0, "optionId": None},
            "refund_policy": tier.row["refund_policy"], "answers": {},
        }  # fmt: skip
        at = starts_at - before
        row = await changes.begin(actor, columns, RegistrationState.CONFIRMED, at=at, flags=["historical"])
        await _attendees(registration, person, party)
        if is_cancelled:
            await taking.release(hold)
            await changes.step(
                actor, row, RegistrationState.CANCELLED, reason="行程冲突", at=at + timedelta(days=1)
            )


async def _register(occurrence: UUID, plan: _Plan, person: UUID, dice: random.Random) -> None:
    """A registration for what is to come, through the front door; who has no points does not ask."""
    tier = dice.choice((await offers.tiers_of([occurrence]))[occurrence])
    party = dice.choice((1, 1, 2)) if tier.row["max_party"] > 1 else 1
    left, price = tier.availability, tier.options[0].price.times(party)
    if left.state != "AVAILABLE" or (left.available is not None and left.available < party):
        return
    if price.points and await funds.available(person) < price.points:
        return
    answers = {question["id"]: question["choices"][0] for question in tier.row["questions"]}
    wanted = Wanted(
        occurrence, tier.id, party, attendees=(Person("同行"),) if party > 1 else (), answers=answers,
        campaign=dice.choice((None, "spring", "app-banner")),
    )  # fmt: skip
    await registering.register(member_actor(person, touchpoint=dice.choice(("ios", "android"))), wanted)


async def _attendees(registration: UUID, person: UUID, party: int) -> None:
    await db.run_many(
        "INSERT INTO events.attendee (id, registration, number, member) VALUES ($1, $2, $3, $4)",
        [
            (ids.new(), registration, number, person if number == 1 else None)
            for number in range(1, party + 1)
        ],
    )


async def _close_the_past() -> None:
    now: datetime = clock.now()
    await db.run(
        "UPDATE events.occurrence SET state = 'ENDED' WHERE source = $1 AND state = 'PUBLISHED' AND ends_at <= $2",
        SOURCE, now,
    )  # fmt: skip
