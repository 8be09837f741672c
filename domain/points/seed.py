"""What points of every fresh database start with: one programme with two wallets."""

from __future__ import annotations

from datetime import timedelta

from domain import clock, db
from domain.foundation import ids

_WALLETS = (
    ("POINTS", {"zh": "积分", "en": "Points"}, True, True),
    ("GROWTH", {"zh": "成长值", "en": "Growth"}, False, False),
)


async def programme() -> None:
    """Programme ``marque`` (no enrolment needed) with POINTS and GROWTH; what is there stays as it is."""
    now = clock.now()
    async with db.transaction():
        await db.run(
            """INSERT INTO points.programme (id, code, zone, day_starts_at, requires_enrolment, created_at)
            VALUES ($1, 'marque', 'Asia/Shanghai', 0, false, $2) ON CONFLICT (code) DO NOTHING""",
            ids.named("programme", "marque"), now,
        )  # fmt: skip
        for number, (code, names, is_spendable, has_lots) in enumerate(_WALLETS):
            await db.run(
                """INSERT INTO points.wallet_type (id, programme, code, names, scale, is_spendable, has_lots, created_at)
                SELECT $1, id, $2, $3, 0, $4, $5, $6 FROM points.programme WHERE code = 'marque'
                ON CONFLICT (code) DO NOTHING""",
                ids.named("wallet", code), code, names, is_spendable, has_lots, now + timedelta(microseconds=number),
            )  # fmt: skip
