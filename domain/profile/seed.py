"""What the profile of every fresh database starts with."""

from __future__ import annotations

from domain import clock, db
from domain.foundation import ids
from domain.profile.definitions import TraitKind, ValueType
from domain.profile.identities import SHIPPED


async def identity_types() -> None:
    """The shipped identity types; those that are there (perhaps revised) stay as they are."""
    await db.run_many(
        """INSERT INTO profile.identity_type (id, name, priority, limit_count, limit_window, is_anonymous, normaliser)
        VALUES ($1, $2, $3, $4, 'EVER', $5, $6) ON CONFLICT DO NOTHING""",
        [
            (ids.named("identity type", t.name), t.name, t.priority, t.limit, t.is_anonymous, t.normaliser)
            for t in SHIPPED
        ],
    )


#: Purposes of a fresh brand; only what the contract itself needs is granted without an answer.
PURPOSES = (
    ("service", "履行服务", "To serve you", True),
    ("marketing", "营销信息", "News and offers", False),
    ("personalisation", "个性化推荐", "Content that fits you", False),
    ("location", "位置信息", "Your location", False),
    ("third_party", "向第三方提供", "Sharing with partners", False),
    ("vehicle.status", "车辆状态数据", "Your car's status", False),
    ("vehicle.location", "车辆位置数据", "Where your car is", False),
    ("vehicle.trips", "行程数据", "Your car's trips", False),
    ("vehicle.diagnostics", "车辆诊断数据", "Your car's diagnostics", False),
    ("vehicle.research", "用于研发的车辆数据", "Car data for research", False),
)


async def consent_purposes() -> None:
    """The shipped purposes of consent; those that are there stay as they are."""
    await db.run_many(
        """INSERT INTO profile.consent_purpose (id, name, zh, en, is_granted_by_default)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING""",
        [(ids.named("consent purpose", name), name, *rest) for name, *rest in PURPOSES],
    )


#: What people say of themselves: (name, type, whether it names a person). The importer's columns carry these names.
TRAITS = (
    ("gender", ValueType.TEXT, False),
    ("birth_on", ValueType.TEXT, True),
    ("birth_year", ValueType.NUMBER, False),
    ("province", ValueType.TEXT, False),
    ("city", ValueType.TEXT, False),
    ("adcode", ValueType.TEXT, False),
    ("interests", ValueType.LIST, False),
)


async def traits() -> None:
    """The shipped traits that members set themselves; those that are there (perhaps revised) stay as they are."""
    await db.run_many(
        """INSERT INTO profile.trait_definition
            (id, name, version, kind, value_type, is_personal, is_self_set, at)
        SELECT $1, $2, 1, $3, $4, $5, true, $6
        WHERE NOT EXISTS (SELECT FROM profile.trait_definition WHERE name = $2) ON CONFLICT DO NOTHING""",
        [
            (ids.named("trait", name), name, TraitKind.DECLARED, value_type, is_personal, clock.now())
            for name, value_type, is_personal in TRAITS
        ],
    )
