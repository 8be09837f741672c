"""The ledger's invariants, each one statement that finds what breaks it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain import clock, db
from domain.points import counting
from domain.points.keeping import chain, statements

_SAMPLES = 10
_GIVING = ("ISSUED", "IMPORTED", "ADJUSTED", "REDEEMED", "EXPIRED", "CLAWED_BACK")
_LINES = tuple(statements.LINES)

#: Per part: what entries bring in minus what they take out ($n is unused where a check needs no time).
_SUM = """SELECT account,
    sum(amount * ((target_part = 'PENDING')::int - (source_part = 'PENDING')::int)) AS pending,
    sum(amount * ((target_part = 'AVAILABLE')::int - (source_part = 'AVAILABLE')::int)) AS available,
    sum(amount * ((target_part = 'HELD')::int - (source_part = 'HELD')::int)) AS held,
    -sum(amount * ((target_part = 'DEBT')::int - (source_part = 'DEBT')::int)) AS debt,
    count(*) AS seq FROM points.entry GROUP BY account"""

#: Code -> a query of the ids that break it; $1 is the moment before which everything due must be done.
CHECKS: dict[str, str] = {
    "I1": """SELECT j.id FROM points.journal AS j LEFT JOIN points.entry AS e ON e.journal = j.id
        GROUP BY j.id HAVING count(e.id) = 0 OR sum(e.amount * ((e.target_part = 'TRANSIT')::int
            - (e.source_part = 'TRANSIT')::int)) <> 0""",
    "I2": """SELECT t.id FROM points.entry AS e JOIN points.account AS a ON a.id = e.account
        JOIN points.wallet_type AS t ON t.id = a.wallet_type GROUP BY t.id
        HAVING sum(e.amount * ((e.target_part = 'TRANSIT')::int - (e.source_part = 'TRANSIT')::int)) <> 0""",
    "I3": f"""SELECT a.id FROM points.account AS a LEFT JOIN ({_SUM}) AS s ON s.account = a.id
        WHERE (a.pending, a.available, a.held, a.debt, a.seq) IS DISTINCT FROM (coalesce(s.pending, 0)::bigint,
            coalesce(s.available, 0)::bigint, coalesce(s.held, 0)::bigint, coalesce(s.debt, 0)::bigint,
            coalesce(s.seq, 0)::bigint)""",
    "I4": """SELECT a.id FROM points.account AS a JOIN points.wallet_type AS t ON t.id = a.wallet_type
        LEFT JOIN (SELECT account, sum(remaining) FILTER (WHERE state = 'PENDING') AS pending,
            sum(remaining) FILTER (WHERE state <> 'PENDING') AS available, sum(held) AS held
            FROM points.lot GROUP BY account) AS l ON l.account = a.id
        LEFT JOIN (SELECT account, sum(amount - captured - released) AS held FROM points.hold_leg GROUP BY account) AS h
            ON h.account = a.id
        WHERE a.held <> coalesce(h.held, 0) OR (t.has_lots AND (a.pending <> coalesce(l.pending, 0)
            OR a.available <> coalesce(l.available, 0) OR a.held <> coalesce(l.held, 0)))""",
    "I5": """SELECT id FROM points.account WHERE least(pending, available, held, debt) < 0
        OR (debt > 0 AND available > 0)""",
    "I6": """SELECT l.id FROM points.lot AS l LEFT JOIN (SELECT lot,
            sum(amount) FILTER (WHERE kind IN ('USE', 'EXPIRE', 'CANCEL')) AS gone,
            sum(amount) FILTER (WHERE kind = 'HOLD') AS held FROM points.lot_use GROUP BY lot) AS u ON u.lot = l.id
        WHERE l.original <> l.remaining + l.held + coalesce(u.gone, 0) OR l.held <> coalesce(u.held, 0)
            OR (l.state IN ('CLOSED', 'CANCELLED') AND l.remaining + l.held > 0)""",
    # A replay of all entries, one after the other: each account's parts as the running sums say, gapless.
    "I7": """SELECT id FROM (SELECT id, account, pending_after, available_after, held_after, debt_after,
            sum(amount * ((target_part = 'PENDING')::int - (source_part = 'PENDING')::int)) OVER w AS pending,
            sum(amount * ((target_part = 'AVAILABLE')::int - (source_part = 'AVAILABLE')::int)) OVER w AS available,
            sum(amount * ((target_part = 'HELD')::int - (source_part = 'HELD')::int)) OVER w AS held,
            -sum(amount * ((target_part = 'DEBT')::int - (source_part = 'DEBT')::int)) OVER w AS debt
            FROM points.entry WINDOW w AS (PARTITION BY account ORDER BY seq)) AS r
        WHERE (pending_after, available_after, held_after, debt_after) <> (pending, available, held, debt)""",
    "I8": """SELECT id FROM (SELECT id, seq, row_number() OVER (PARTITION BY account ORDER BY seq) AS n
        FROM points.entry) AS r WHERE seq <> n""",
    "I9": """SELECT r.reverses FROM points.journal AS r
        LEFT JOIN (SELECT journal, sum(amount) AS moved FROM points.entry GROUP BY journal) AS m ON m.journal = r.id
        WHERE r.reverses IS NOT NULL GROUP BY r.reverses
        HAVING count(*) FILTER (WHERE r.is_full) > 1
            OR sum(m.moved) > (SELECT sum(amount) FROM points.entry WHERE journal = r.reverses)
        UNION ALL SELECT (array_agg(id))[1] FROM points.journal
        GROUP BY kind, source, source_id, rule_version, leg HAVING count(*) > 1""",
    # What was put into a stock, less what was taken and is not back; a code belongs to one redemption of its reward.
    # The counter of a cap says what its decisions add up to.
    "I10": f"""SELECT r.id::text FROM points.reward AS r WHERE r.stock <> r.given - (SELECT count(*) FROM points.redemption AS d
            WHERE d.reward = r.id AND d.took_stock AND d.state NOT IN ('REJECTED', 'CANCELLED', 'REFUNDED'))
        UNION ALL SELECT c.id::text FROM points.reward_code AS c JOIN points.redemption AS d ON d.id = c.redemption
        WHERE d.reward <> c.reward
        UNION ALL SELECT wrong.id FROM ({counting.WRONG}) AS wrong(id)""",
    "I12": """SELECT id FROM points.lot WHERE remaining > 0 AND (
            (state = 'PENDING' AND least(activates_at, cancel_at) < $1) OR (state = 'ACTIVE' AND expires_at < $1))
        UNION ALL SELECT h.id FROM points.hold AS h WHERE state = 'OPEN' AND expires_at < $1""",
    # The chain of hashes, link by link; and journals that are neither linked nor waiting for it.
    "I13": f"""SELECT journal AS id FROM (SELECT journal, seq, prev, hash, lag(hash, 1, '{chain.START}') OVER w AS before,
            row_number() OVER w AS n, points.journal_content(journal) AS content FROM points.chain_link
            WINDOW w AS (ORDER BY seq)) AS l
        WHERE seq <> n OR prev <> before OR hash <> encode(sha256(convert_to(prev || content, 'UTF8')), 'hex')
        UNION ALL SELECT j.id FROM points.journal AS j LEFT JOIN points.chain_link AS l ON l.journal = j.id
            LEFT JOIN points.chain_due AS d ON d.journal = j.id
            WHERE l.journal IS NULL AND d.journal IS NULL""",
    "I14": """SELECT j.id FROM (SELECT DISTINCT e.journal AS id, a.member FROM points.entry AS e
            JOIN points.account AS a ON a.id = e.account) AS j
        LEFT JOIN profile.interaction AS i ON i.subject_kind = 'JOURNAL' AND i.subject_id = j.id::text
            AND i.member = j.member AND starts_with(i.kind, 'points.')
        GROUP BY j.id, j.member HAVING count(i.id) <> 1""",
    # What members have and owe is what the programme gave out less what it took back; nothing stays in transit.
    "I15": f"""SELECT t.id FROM points.wallet_type AS t
        LEFT JOIN (SELECT wallet_type, sum(pending + available + held - debt) AS owed FROM points.account GROUP BY 1)
            AS a ON a.wallet_type = t.id
        LEFT JOIN (SELECT a.wallet_type, sum(e.amount * ((e.source_part IN {_GIVING})::int
                - (e.target_part IN {_GIVING})::int)) AS given FROM points.entry AS e
            JOIN points.account AS a ON a.id = e.account GROUP BY 1) AS e ON e.wallet_type = t.id
        WHERE coalesce(a.owed, 0) <> coalesce(e.given, 0)""",
    # Every movement of what a member has is on a line of a statement, and the lines of all months are the balance.
    "I16": f"""SELECT a.id FROM points.account AS a JOIN points.entry AS e ON e.account = a.id
        GROUP BY a.id HAVING a.available + a.held - a.debt <> sum(e.amount * (
            (e.source_part IN {_LINES} AND e.target_part IN {statements.OWN})::int
            - (e.target_part IN {_LINES} AND e.source_part IN {statements.OWN})::int))""",
}


@dataclass(frozen=True)
class Check:
    """What an invariant's look found: how many rows break it, and a few of their ids."""

    code: str
    holds: bool
    violations: int
    samples: tuple[str, ...]
    checked_at: datetime


async def check(codes: list[str] | None = None) -> list[Check]:
    """Look at these invariants (all of them without a list), in one snapshot each."""
    return [await _check(code) for code in CHECKS if codes is None or code in codes]


async def violations() -> list[str]:
    """One sentence for each invariant that does not hold."""
    return [
        f"{found.code}: {found.violations} violations, such as {', '.join(found.samples[:3])}"
        for found in await check()
        if not found.holds
    ]


async def _check(code: str) -> Check:
    now = clock.now()
    rows = await db.fetch(
        f"SELECT id::text, count(*) OVER () AS violations FROM ({CHECKS[code]}) AS found(id) "
        f"WHERE $1::timestamptz IS NOT NULL LIMIT {_SAMPLES}",
        now - timedelta(seconds=60),
    )
    violations = rows[0]["violations"] if rows else 0
    return Check(code, not rows, violations, tuple(row["id"] for row in rows), now)
