"""What the desk of a fresh brand starts with: five policies and one queue."""

from __future__ import annotations

from domain import clock, db
from domain.foundation import ids

#: code, zh, en, strikes, whether the first is a warning, days until a strike expires.
POLICIES = (
    ("SPAM", "垃圾信息", "Spam", 1, True, 90),
    ("ABUSE", "辱骂骚扰", "Abuse", 2, False, 180),
    ("FRAUD", "欺诈", "Fraud", 3, False, 365),
    ("ILLEGAL", "违法违规", "Illegal content", 5, False, None),
    ("OFF_TOPIC", "与主题无关", "Off topic", 1, True, 30),
)
QUEUE = ids.named("community", "mod_queue", "first")


async def sow() -> None:
    """Make them, where they are not there yet."""
    now = clock.now()
    async with db.transaction():
        await db.run_many(
            """INSERT INTO community.policy (id, code, version, name_zh, name_en, strikes, first_is_warning, expires_days,
                is_enabled, created_at)
            VALUES ($1, $2, 1, $3, $4, $5, $6, $7, true, $8) ON CONFLICT (code, version) DO NOTHING""",
            [(ids.named("community", "policy", policy[0], 1), *policy, now) for policy in POLICIES],
        )
        await db.run(
            """INSERT INTO community.mod_queue (id, name, position, kinds, categories, circles, sla_minutes, claim,
                is_enabled, version, created_at)
            VALUES ($1, '审核', 100, '{}', '{}', '{}', 1440, 'OPTIONAL', true, 1, $2) ON CONFLICT (id) DO NOTHING""",
            QUEUE, now,
        )  # fmt: skip
