"""Figures of the whole programme: what was earned, spent and lost in a time, and by whom."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from domain import db
from domain.errors import BadInput


class TotalsGroup(StrEnum):
    NONE = "NONE"
    YEAR = "YEAR"
    MONTH = "MONTH"
    TIER = "TIER"
    KIND = "KIND"


#: What a row is counted under; the zone is the programme's.
_KEYS = {
    TotalsGroup.NONE: "'ALL'",
    TotalsGroup.YEAR: "to_char(e.occurred_at AT TIME ZONE g.zone, 'YYYY')",
    TotalsGroup.MONTH: "to_char(e.occurred_at AT TIME ZONE g.zone, 'YYYY-MM')",
    TotalsGroup.TIER: "coalesce(tier.value #>> '{}', 'NONE')",
    TotalsGroup.KIND: "j.kind",
}

_JOINS = {
    TotalsGroup.TIER: "LEFT JOIN profile.trait_value AS tier ON tier.member = m.root AND tier.name = 'tier'",
    TotalsGroup.KIND: "JOIN points.journal AS j ON j.id = e.journal",
}

_SQL = """WITH counted AS (
        SELECT {key} AS key, m.root, e.amount, e.source_part AS s, e.target_part AS t, e.account, e.seq, e.debt_after
        FROM points.entry AS e JOIN points.account AS a ON a.id = e.account
        JOIN points.wallet_type AS w ON w.id = a.wallet_type JOIN points.programme AS g ON g.id = w.programme
        JOIN profile.member AS m ON m.id = a.member {join}
        WHERE w.code = $1 AND ($2::timestamptz IS NULL OR e.occurred_at >= $2)
        AND ($3::timestamptz IS NULL OR e.occurred_at < $3)),
    last AS (SELECT DISTINCT ON (key, account) key, root, debt_after FROM counted ORDER BY key, account, seq DESC)
    SELECT c.key, {sums}, count(DISTINCT c.root) AS members,
        (SELECT count(DISTINCT l.root) FROM last AS l WHERE l.key = c.key AND l.debt_after > 0) AS in_debt
    FROM counted AS c GROUP BY c.key ORDER BY c.key"""

#: Figure -> (programme part, 1 when the figure counts what leaves the part, -1 when what enters it).
_FIGURES = {
    "earned": ("ISSUED", 1),
    "spent": ("REDEEMED", -1),
    "expired": ("EXPIRED", -1),
    "clawed_back": ("CLAWED_BACK", -1),
    "adjusted": ("ADJUSTED", 1),
    "imported": ("IMPORTED", 1),
}

_SUMS = ", ".join(
    f"coalesce(sum(c.amount * {sign} * ((c.s = '{part}')::int - (c.t = '{part}')::int)), 0)::bigint AS {name}"
    for name, (part, sign) in _FIGURES.items()
)


async def of_wallet(
    wallet: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    by: TotalsGroup = TotalsGroup.NONE,
) -> tuple[int, list[db.Row]]:
    """The wallet's scale and one row a key, in minor units, by ``occurred_at``.

    net = earned + adjusted + imported - spent - expired - clawed_back. ``in_debt`` counts who owed after their last
    movement of that key. Merged members are one.
    """
    scale = await db.value("SELECT scale FROM points.wallet_type WHERE code = $1", wallet)
    if scale is None:
        raise BadInput(f"There is no wallet {wallet}.")
    sql = _SQL.format(key=_KEYS[by], join=_JOINS.get(by, ""), sums=_SUMS)
    return scale, await db.fetch(sql, wallet, since, until)
