"""The members of the demonstration brand: 200 invented people, the same ones every time."""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID

from domain import clock, db
from domain.actor import member as member_actor
from domain.foundation import ids
from domain.profile import identities, interactions, kinds

SOURCE = "demo"
TYPE = f"user_id:{SOURCE}"
COUNT = 200

_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = ("子涵", "雨桐", "浩然", "欣怡", "宇轩", "思远", "佳琪", "明哲", "晓峰", "若曦", "俊杰", "雅婷", "志远", "梦洁", "天佑")  # fmt: skip
_ENGLISH = (
    "Alex",
    "Bella",
    "Chris",
    "Daisy",
    "Ethan",
    "Fiona",
    "Grace",
    "Henry",
    "Iris",
    "Jack",
    "Kelly",
    "Leo",
)
_CITIES = (("310000", "上海"), ("110000", "北京"), ("440100", "广州"), ("440300", "深圳"), ("330100", "杭州"), ("510100", "成都"))  # fmt: skip
_TOUCHPOINTS = ("ios", "android", "mini_program", "head_unit", "website")


async def load() -> None:
    """Make the members with their traits and a year of sessions; nothing when they are there already."""
    if await db.value("SELECT EXISTS (SELECT FROM profile.identity WHERE type = $1)", TYPE):
        return
    dice = random.Random("marque demo")  # noqa: S311 - invented people, the same ones every time
    async with db.transaction():
        for number in range(1, COUNT + 1):
            await _person(number, dice)


async def members() -> list[UUID]:
    """The demonstration's members, demo-001 first."""
    found = await identities.owners(TYPE, [external_id(number) for number in range(1, COUNT + 1)])
    return [found[name] for name in sorted(found)]


def external_id(number: int) -> str:
    """demo-001 to demo-200."""
    return f"demo-{number:03}"


async def _person(number: int, dice: random.Random) -> None:
    now = clock.now()
    member_id = ids.named("demo member", number)
    joined_at = now - timedelta(days=dice.randint(10, 700), minutes=dice.randint(0, 1400))
    name = dice.choice(_ENGLISH) if dice.random() < 0.15 else dice.choice(_FAMILY) + dice.choice(_GIVEN)
    adcode, city = dice.choice(_CITIES)
    await db.run(
        """INSERT INTO profile.member (id, root, kind, status, number, display_name, zone, locale, joined_at,
            first_seen_at, last_seen_at, version)
        VALUES ($1, $1, 'MEMBER', 'ACTIVE', $2, $3, 'Asia/Shanghai', $4, $5, $5, $6, 1)""",
        member_id, f"M{number:06}", name, "en" if name.isascii() else "zh-CN", joined_at, now,
    )  # fmt: skip
    await db.run_many(
        """INSERT INTO profile.identity (id, type, value_norm, member, is_verified, first_seen_at, last_seen_at, source)
        VALUES ($1, $2, $3, $4, $5, $6, $6, $7)""",
        [
            (ids.new(), TYPE, external_id(number), member_id, False, joined_at, SOURCE),
            (ids.new(), "user_id", external_id(number), member_id, True, joined_at, SOURCE),
            (ids.new(), "email", f"demo{number:03}@example.com", member_id, True, joined_at, SOURCE),
        ],
    )
    traits = {"city": city, "adcode": adcode, "birth_year": dice.randint(1965, 2004)}
    await db.run_many(
        """INSERT INTO profile.trait_value (id, member, name, value, at, since_at, origin)
        VALUES ($1, $2, $3, $4, $5, $5, 'IMPORT')""",
        [(ids.new(), member_id, name, db.json(value), joined_at) for name, value in traits.items()],
    )
    actor = member_actor(member_id, touchpoint=dice.choice(_TOUCHPOINTS))
    await interactions.record(
        actor, kinds.MEMBER_JOINED, ("MEMBER", member_id), once=member_id, at=joined_at, flags=["historical"]
    )
    for visit in range(dice.randint(0, 8)):
        at = max(joined_at, now - timedelta(days=min(dice.expovariate(1 / 45), 360)))
        await interactions.record(
            actor, kinds.SESSION_STARTED, ("MEMBER", member_id), once=f"{member_id}:{visit}", at=at,
            flags=["historical"],
        )  # fmt: skip
