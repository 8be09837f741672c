"""Who pays for which points: what each funding source (a dealer, a store, the brand) issued and what became of it.

A lot carries its funding source from issue to end, through gifts and merges, so every movement is told apart by the lots
that it made or took from. What concerns no lot (debts, wallets without lots) stands in the row without a source; there
the debts that lots paid are taken off again (``debt_paid``, zero over all sources). Read from entries, lots and their
uses by ``occurred_at``, so a late fact shows up in its own month; a spend told late may take from a lot that came after
it, and the source is then below zero until that lot's month.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from domain import clock, db
from domain.errors import BadInput
from domain.foundation.pages import Page
from domain.points import baskets, periods, wallets

#: The months that one report looks at.
MOST_MONTHS = 36
#: The figures of a row, in minor units. ``expired`` and ``clawed_back`` are net of what came back.
FIGURES = (
    "issued", "redeemed", "returned", "expired", "clawed_back", "adjusted", "imported", "debt_paid",
)  # fmt: skip
#: What of the outstanding a figure changes.
SIGNS = {
    "issued": 1, "redeemed": -1, "returned": 1, "expired": -1, "clawed_back": -1, "adjusted": 1, "imported": 1,
    "debt_paid": -1,
}  # fmt: skip
#: The figures that are told in money too.
VALUED = ("issued", "redeemed", "returned", "expired", "clawed_back", "outstanding")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_BEFORE = ""

#: What each journal moved between the wallet's members and the programme's parts.
_FLOW = """flow AS MATERIALIZED (
    SELECT e.journal, min(CASE WHEN e.occurred_at < $2 THEN '' ELSE to_char(e.occurred_at AT TIME ZONE $4, 'YYYY-MM') END)
            AS month,
        coalesce(sum(e.amount) FILTER (WHERE e.source_part = 'ISSUED'), 0) AS issued,
        coalesce(sum(e.amount) FILTER (WHERE e.target_part = 'ISSUED'), 0) AS unissued,
        coalesce(sum(e.amount) FILTER (WHERE e.target_part = 'REDEEMED'), 0) AS redeemed,
        coalesce(sum(e.amount) FILTER (WHERE e.source_part = 'REDEEMED'), 0) AS returned,
        coalesce(sum(e.amount) FILTER (WHERE e.target_part = 'EXPIRED'), 0) AS expired,
        coalesce(sum(e.amount) FILTER (WHERE e.source_part = 'EXPIRED'), 0) AS reinstated,
        coalesce(sum(e.amount) FILTER (WHERE e.target_part = 'CLAWED_BACK'), 0) AS clawed,
        coalesce(sum(e.amount) FILTER (WHERE e.source_part = 'CLAWED_BACK'), 0) AS unclawed,
        coalesce(sum(e.amount) FILTER (WHERE e.source_part = 'ADJUSTED'), 0) AS added,
        coalesce(sum(e.amount) FILTER (WHERE e.target_part = 'ADJUSTED'), 0) AS removed,
        coalesce(sum(e.amount) FILTER (WHERE e.source_part = 'IMPORTED'), 0) AS brought,
        coalesce(sum(e.amount) FILTER (WHERE e.target_part = 'IMPORTED'), 0) AS unbrought
    FROM points.entry AS e JOIN points.account AS a ON a.id = e.account
    JOIN points.wallet_type AS t ON t.id = a.wallet_type WHERE t.code = $1 AND e.occurred_at < $3 GROUP BY e.journal)"""

#: What each journal did to lots: made them, or took from them. A use pays a debt where the journal moves nothing out of
#: its lot: in the journal that made the lot or gave something back to it, when a lot becomes active, when what a hold
#: keeps is let go, and in a merge, whose undo takes it back; any other use leaves by the part that the journal posts to.
#: A lot that goes on as two neither loses nor makes anything. One statement, so that lots and totals are of one moment.
_SUMS = f"""WITH {_FLOW},
    split AS MATERIALIZED (SELECT l.parent, l.journal, l.id FROM points.lot AS l JOIN points.journal AS j ON j.id = l.journal
        WHERE l.parent IS NOT NULL AND j.kind <> 'REINSTATE'),
    used AS (
        SELECT u.journal, u.kind, u.amount, l.funding_source AS source,
            u.kind = 'USE' AND (j.kind = 'MERGE' OR (u.amount > 0 AND (l.journal = u.journal
                OR j.kind IN ('ACTIVATE', 'VOID') OR (j.kind = 'CAPTURE' AND u.hold IS NULL)
                OR coalesce(f.unclawed, 0) > 0
                OR min(u.amount) FILTER (WHERE u.kind = 'USE') OVER (PARTITION BY u.journal, u.lot) < 0))) AS is_debt
        FROM points.lot_use AS u JOIN points.lot AS l ON l.id = u.lot JOIN points.journal AS j ON j.id = u.journal
        LEFT JOIN flow AS f ON f.journal = j.id
        JOIN points.account AS a ON a.id = l.account JOIN points.wallet_type AS t ON t.id = a.wallet_type
        WHERE t.code = $1 AND j.occurred_at < $3 AND u.kind IN ('USE', 'EXPIRE', 'CANCEL')
            AND NOT (u.kind = 'CANCEL' AND (u.lot, u.journal) IN (SELECT parent, journal FROM split))),
    moved AS (
        SELECT l.journal, l.funding_source AS source, sum(l.original) AS made, 0 AS gone, 0 AS back, 0 AS expired,
            0 AS cancelled, 0 AS debt
        FROM points.lot AS l JOIN points.account AS a ON a.id = l.account
        JOIN points.wallet_type AS t ON t.id = a.wallet_type
        WHERE t.code = $1 AND l.id NOT IN (SELECT id FROM split) GROUP BY 1, 2
        UNION ALL
        SELECT journal, source, 0, coalesce(sum(amount) FILTER (WHERE kind = 'USE' AND amount > 0 AND NOT is_debt), 0),
            coalesce(-sum(amount) FILTER (WHERE kind = 'USE' AND amount < 0), 0),
            coalesce(sum(amount) FILTER (WHERE kind = 'EXPIRE'), 0),
            coalesce(sum(amount) FILTER (WHERE kind = 'CANCEL'), 0), coalesce(sum(amount) FILTER (WHERE is_debt), 0)
        FROM used GROUP BY 1, 2)
    SELECT false AS is_total, f.month, m.source,
        sum(CASE WHEN f.issued > 0 THEN made ELSE 0 END)::bigint AS issued,
        sum(CASE WHEN f.redeemed > 0 THEN gone ELSE 0 END)::bigint AS redeemed,
        sum(CASE WHEN f.returned > 0 THEN made + back ELSE 0 END)::bigint AS returned,
        sum(m.expired - CASE WHEN f.reinstated > 0 THEN made + back ELSE 0 END)::bigint AS expired,
        sum(m.cancelled + CASE WHEN f.clawed > 0 THEN gone ELSE 0 END
            - CASE WHEN f.unclawed > 0 THEN made ELSE 0 END)::bigint AS clawed_back,
        sum(CASE WHEN f.added > 0 THEN made + back ELSE 0 END
            - CASE WHEN f.removed > 0 THEN gone ELSE 0 END)::bigint AS adjusted,
        sum(CASE WHEN f.brought > 0 THEN made + back ELSE 0 END
            - CASE WHEN f.unbrought > 0 THEN gone ELSE 0 END)::bigint AS imported,
        sum(m.debt)::bigint AS debt_paid
    FROM moved AS m JOIN flow AS f ON f.journal = m.journal GROUP BY f.month, m.source
    UNION ALL
    SELECT true, month, NULL, sum(issued - unissued)::bigint, sum(redeemed)::bigint, sum(returned)::bigint,
        sum(expired - reinstated)::bigint, sum(clawed - unclawed)::bigint, sum(added - removed)::bigint,
        sum(brought - unbrought)::bigint, 0::bigint
    FROM flow GROUP BY month"""


@dataclass
class Row:
    """A month of one funding source (None: no source), in minor units.

    ``outstanding`` is what members have of it when the month ends (so far, in the month that runs). ``values`` is the
    worth in minor units of money, each half up, by the policy in force at that moment; None where it names no worth.
    """

    month: str
    source: str | None
    figures: dict[str, int] = field(default_factory=dict)
    outstanding: int = 0
    values: dict[str, int] | None = None
    currency: str = baskets.CURRENCY

    @property
    def key(self) -> tuple[str, str]:
        """Where it stands in the report: by month, then by source, the row without one last."""
        return (self.month, _rank(self.source))


@dataclass(frozen=True)
class Report:
    """The rows of a page (one more than asked tells of more) in points of this scale."""

    scale: int
    rows: list[Row]


async def report(
    wallet: str,
    first: str | None = None,
    last: str | None = None,
    *,
    sources: list[str | None] | None = None,
    page: Page | None = None,
) -> Report:
    """The months ``first`` (this one) to ``last`` (such as 2026-11, in the programme's zone), by month and source.

    The key of a page is that of its rows.
    For each month and figure the rows of all sources sum to the wallet's totals. A month that has not begun is
    BAD_INPUT, and so is a span of more than :data:`MOST_MONTHS`.
    """
    found = await db.one(
        """SELECT t.scale, g.zone FROM points.wallet_type AS t JOIN points.programme AS g ON g.id = t.programme
        WHERE t.code = $1""",
        wallet,
    )
    if found is None:
        raise BadInput(f"There is no wallet {wallet}.")
    zone = found["zone"]
    begin = first if first is not None else clock.now().astimezone(ZoneInfo(zone)).strftime("%Y-%m")
    months = list(_months(_first_day(begin), _first_day(begin if last is None else last), zone))
    until = _midnight(periods.plus(date.fromisoformat(f"{months[-1]}-01"), 1, "MONTH"), zone)
    since = _midnight(date.fromisoformat(f"{months[0]}-01"), zone)
    async with db.over_everybody():
        rows = _told(months, await db.fetch(_SUMS, wallet, since, until, zone))
    shown = [
        row
        for row in sorted(rows, key=lambda row: row.key)
        if (sources is None or row.source in sources)
        and (page is None or page.after is None or row.key > page.after)
    ]
    shown = shown if page is None else shown[: page.limit + 1]
    await _value(wallet, found["scale"], zone, shown)
    return Report(found["scale"], shown)


def _told(months: list[str], found: list[db.Row]) -> list[Row]:
    """One row for each month and source that has something to say; the row without a source takes what no lot knows."""
    moved: dict[tuple[str, str | None], Counter[str]] = {}
    left: dict[str, Counter[str]] = defaultdict(Counter)
    for row in found:
        figures = Counter({name: row[name] for name in FIGURES})
        if row["is_total"]:
            left[row["month"]].update(figures)
        else:
            moved[row["month"], row["source"]] = figures
            left[row["month"]].subtract(figures)
    for month, rest in left.items():
        moved.setdefault((month, None), Counter()).update(rest)
    standing: Counter[str | None] = Counter()
    rows = []
    sources = {source for _, source in moved}
    for month in [_BEFORE, *months]:
        for source in sources:
            figures = moved.get((month, source), Counter())
            standing[source] += sum(sign * figures[name] for name, sign in SIGNS.items())
            if month != _BEFORE and (any(figures.values()) or standing[source]):
                told_of = {name: figures[name] for name in FIGURES}
                rows.append(Row(month, source, told_of, standing[source]))
    return rows


async def _value(wallet: str, scale: int, zone: str, rows: list[Row]) -> None:
    """Say what points are worth, by the policy in force when their month ends (or now)."""
    worth: dict[str, Fraction | None] = {}
    for row in rows:
        if row.month not in worth:
            first = date.fromisoformat(f"{row.month}-01")
            end = _midnight(periods.plus(first, 1, "MONTH"), zone) - timedelta(microseconds=1)
            policy = await wallets.in_force(wallet, min(end, clock.now()))
            said = policy["point_value"] if policy else None
            worth[row.month] = None if said is None else Fraction(Decimal(said))
        each = worth[row.month]
        if each is not None:
            unit = each * 10 ** baskets.digits(row.currency) / 10**scale
            amounts = {**row.figures, "outstanding": row.outstanding}
            row.values = {name: math.floor(amounts[name] * unit + Fraction(1, 2)) for name in VALUED}


def _months(first: date, last: date, zone: str) -> Iterator[str]:
    now = clock.now().astimezone(ZoneInfo(zone)).date()
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    if count < 1:
        raise BadInput("The last month is before the first.")
    if count > MOST_MONTHS:
        raise BadInput(f"Ask for at most {MOST_MONTHS} months.")
    if last > now:
        raise BadInput("Nobody knows the books of the future; ask for months that have begun.")
    for n in range(count):
        yield periods.plus(first, n, "MONTH").strftime("%Y-%m")


def _first_day(month: str) -> date:
    if not _MONTH.fullmatch(month) or month < "0002":
        raise BadInput("Write the month as 2026-11.")
    return date.fromisoformat(f"{month}-01")


def _midnight(day: date, zone: str) -> datetime:
    return periods.midnight(day, zone)


def _rank(source: str | None) -> str:
    """Sources in their order, and none after all of them."""
    return "1" if source is None else f"0{source}"
