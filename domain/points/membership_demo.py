"""The membership of the demonstration brand, the same every time: who joined when, tiers with benefits, rewards, trades."""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID

from domain import actor as actors
from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import balances, benefits, enrolments, redeeming, rewards, standing_keeping, tiers
from domain.points.standing_types import Tier
from domain.points.tiers import Draft
from domain.profile import demo as profile_demo

_TIERS = (Tier("MEMBER", 0), Tier("SILVER", 60), Tier("GOLD", 150), Tier("PLATINUM", 400))
_YEAR = {"value": 1, "unit": "YEAR", "round_to": None}
_BENEFITS = (
    ("SILVER", "WASH", {"zh": "免费洗车", "en": "Free car wash"}, 2, {"value": 1, "unit": "MONTH"}),
    ("GOLD", "WASH", {"zh": "免费洗车", "en": "Free car wash"}, 4, {"value": 1, "unit": "MONTH"}),
    ("GOLD", "LOUNGE", {"zh": "机场贵宾厅", "en": "Airport lounge"}, 2, {"value": 1, "unit": "YEAR"}),
    ("PLATINUM", "WASH", {"zh": "免费洗车", "en": "Free car wash"}, None, None),
    ("PLATINUM", "LOUNGE", {"zh": "机场贵宾厅", "en": "Airport lounge"}, 6, {"value": 1, "unit": "YEAR"}),
)
_REWARDS = (
    ("MODEL-CAR", "GOODS", {"zh": "1:18 车模", "en": "Model car, 1:18"}, 300, 40, None),
    ("COFFEE", "CODE", {"zh": "咖啡券", "en": "Coffee voucher"}, 30, None, None),
    ("CAR-WASH", "SERVICE", {"zh": "洗车一次", "en": "One car wash"}, 60, None, None),
    ("WALLPAPER", "DIGITAL", {"zh": "限定壁纸", "en": "Exclusive wallpaper"}, 10, None, {"tier_at_least": "SILVER"}),
)  # fmt: skip
_PROMOTIONS = (None, None, "新车主礼 · New owners", "2025 春季 · Spring 2025")
_CODES = 60
_SHOWN = 12


async def load() -> None:
    """Set the programme up and let everybody join; nothing when it is there already."""
    if await db.value("SELECT EXISTS (SELECT FROM points.tier_scheme)"):
        return
    dice = random.Random("marque demo membership")  # noqa: S311 - invented, the same every time
    people = await profile_demo.members()
    async with db.transaction():
        await _set_up()
        await _enrol(people, dice)
    for member in people[20 : 20 + _SHOWN]:
        await _live(member, dice)


async def _set_up() -> None:
    await tiers.define(
        SYSTEM,
        Draft("CLUB", "GROWTH", "BALANCE", None, "IMMEDIATELY", {"fixed": _YEAR}, "ONE_STEP", None, _TIERS),
    )
    for tier, code, names, quantity, period in _BENEFITS:
        await benefits.define(
            SYSTEM, scheme="CLUB", tier=tier, code=code, names=names, quantity=quantity, period=period
        )
    for code, kind, names, points, stock, condition in _REWARDS:
        said = {
            "code": code, "kind": kind, "names": names, "prices": {"POINTS": points}, "cash": None, "currency": None,
            "stock": stock, "per_member_limit": 5, "condition": condition, "opens_at": None, "closes_at": None,
            "codes": rewards.sealed([f"CAFE-{number:04}" for number in range(_CODES)] if kind == "CODE" else []),
        }  # fmt: skip
        await rewards.put(ids.named("demo reward", code), said)


async def _enrol(people: list[UUID], dice: random.Random) -> None:
    programme = await db.value("SELECT id FROM points.programme WHERE code = 'marque'")
    today = clock.now().date()
    for number, member in enumerate(people):
        joined = today - timedelta(days=dice.randrange(10, 1_100))
        left = joined + timedelta(days=dice.randrange(200)) if number % 25 == 24 else None
        await enrolments.add(
            ids.named("demo enrolment", member), member, programme, f"VA{number:06}", joined,
            min(left, today) if left else None, dice.choice(("app", "store", "wechat")), dice.choice(_PROMOTIONS),
        )  # fmt: skip


async def _live(member: UUID, dice: random.Random) -> None:
    """A guest of honour: a floor under the tier, a benefit used, and something traded when there are points for it."""
    me = actors.member(member, touchpoint="app")
    await standing_keeping.set_floor(SYSTEM, member, "CLUB", "GOLD")
    await benefits.use(SYSTEM, member, "WASH", f"visit-{dice.randrange(10_000)}")
    balance = await balances.of_wallet(member, "POINTS")
    for code, _, _, points, _, _ in _REWARDS:
        if balance is not None and balance.available >= points:
            await redeeming.redeem(me, ids.named("demo reward", code))
            balance = await balances.of_wallet(member, "POINTS")
