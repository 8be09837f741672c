"""What the counters of caps must say: the sum of the decisions that count in them. Counters are kept while judging
(:mod:`domain.points.capping`); here they are found anew, when people part again and when the books are checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain import db

#: A decision's counters stand in its ``windows``; under a member's cap the subject begins with who the decision was
#: about, whom a merge may have given another root since. A NET cap counts what is not taken back, a GROSS one all.
_COUNTED = """SELECT w ->> 0 AS rule_or_group, w ->> 1 AS scope, replace(w ->> 2, d.member::text, m.root::text) AS subject,
        w ->> 3 AS window_key, count(*) AS times,
        coalesce(sum(g.granted) FILTER (WHERE w ->> 1 LIKE '%:PG'), 0)::bigint AS granted,
        coalesce(sum(g.desired) FILTER (WHERE w ->> 1 LIKE '%:PN' AND NOT d.is_reversed), 0)::bigint AS raw_points,
        max((v.definition -> 'caps' -> coalesce((w ->> 4)::int, 0) ->> 'limit')::bigint) AS most
    FROM points.earn_decision AS d JOIN profile.member AS m ON m.id = d.member
    JOIN points.earn_rule_version AS v ON v.id = d.rule_version
    CROSS JOIN LATERAL jsonb_array_elements(d.windows) AS w
    CROSS JOIN LATERAL (SELECT
        greatest(0, (SELECT sum(value::bigint) FROM jsonb_each_text(d.granted))) AS granted,
        (SELECT sum(value::bigint) FROM jsonb_each_text(d.desired)) AS desired) AS g
    WHERE {where} GROUP BY 1, 2, 3, 4"""

#: The rules or groups of counters that say something else than the decisions do.
WRONG = f"""SELECT coalesce(c.rule_or_group, n.rule_or_group) FROM points.counter AS c
    FULL JOIN ({_COUNTED.format(where="d.windows <> '[]'")}) AS n USING (rule_or_group, scope, subject, window_key)
    WHERE coalesce(c.times, 0) <> coalesce(n.times, 0) OR coalesce(c.raw_points, 0) <> coalesce(n.raw_points, 0)
        OR (scope LIKE '%:PG' AND coalesce(c.points, 0) <> coalesce(n.granted, 0))"""


async def anew(roots: Sequence[UUID]) -> None:
    """Find the counters of these people's own caps anew: after a merge is undone, to each what each has used.

    The caller has locked the roots.
    """
    await db.run(
        "DELETE FROM points.counter WHERE starts_with(scope, 'MEMBER') AND left(subject, 36) = ANY($1)",
        [str(root) for root in roots],
    )
    await db.run(
        f"""INSERT INTO points.counter (rule_or_group, scope, subject, window_key, times, points, raw_points)
        SELECT rule_or_group, scope, subject, window_key, times,
            CASE WHEN scope LIKE '%:PN' THEN least(raw_points, most) ELSE granted END, raw_points
        FROM ({_COUNTED.format(where="d.windows <> '[]' AND m.root = ANY($1)")}) AS n
        WHERE starts_with(scope, 'MEMBER')""",
        list(roots),
    )
