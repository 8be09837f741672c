"""Looking back: rules that became live or stricter are looked for in what is published already.

A look back only opens review items (cause RESCAN); it removes nothing. What somebody has decided since its last edit is
left in peace. It goes on in steps, so that a kill loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from domain import clock, db
from domain.community import review_items
from domain.community.desk_tables import ReviewCause
from domain.community.screening import ruleset
from domain.community.screening.matcher import Matcher
from domain.foundation import ids
from domain.foundation.sweeps import Sweep

#: How far back it looks, and how many texts a step takes.
DAYS = 30
STEP = 200


async def ask_for(rules: Sequence[UUID]) -> UUID | None:
    """Let these rules be looked for, in the caller's transaction; answers the look back, None for no rules."""
    if not rules:
        return None
    rescan, now = ids.new(), clock.now()
    await db.run(
        """INSERT INTO community.word_rescan (id, rules, since, until, reached, state, scanned, hits, due_at, created_at)
        VALUES ($1, $2, $3, $4, extract(epoch FROM $3::timestamptz)::bigint * 1000000000, 'DUE', 0, 0, $4, $4)""",
        rescan, list(rules), now - timedelta(days=DAYS), now,
    )  # fmt: skip
    return rescan


async def work_off() -> int:
    """Take one step of the oldest look back that nobody else works on; answers how many texts it read, at least 1."""
    async with db.transaction():
        rescan = await db.one(
            """SELECT id, rules, until, reached FROM community.word_rescan WHERE state = 'DUE' AND due_at <= $1
            ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED""",
            clock.now(),
        )
        if rescan is None:
            return 0
        texts = await _texts(rescan)
        matcher = await _matcher(rescan["rules"])
        hits = 0
        for text in texts:
            hits += await _judge(matcher, text)
        is_done = len(texts) < STEP
        await db.run(
            """UPDATE community.word_rescan SET reached = coalesce($2, reached), scanned = scanned + $3, hits = hits + $4,
                state = $5, ended_at = $6 WHERE id = $1""",
            rescan["id"], texts[-1]["feed_seq"] if texts else None, len(texts), hits,
            "DONE" if is_done else "DUE", clock.now() if is_done else None,
        )  # fmt: skip
    return max(len(texts), 1)


async def next_due() -> datetime | None:
    """When the next look back is due."""
    return await db.value("SELECT min(due_at) FROM community.word_rescan WHERE state = 'DUE'")


async def _matcher(rules: Sequence[UUID]) -> Matcher:
    """The rules as they are now, those that were switched off since left out."""
    rows = await db.fetch(
        "SELECT * FROM community.word_rule WHERE (id = ANY($1) OR kind = 'ALLOW') AND mode = 'LIVE'", rules
    )
    return Matcher(ruleset.RuleSet.of(ruleset.made(row) for row in rows))


async def _texts(rescan: db.Row) -> list[db.Row]:
    """The next visible posts and comments, in the order of their publication."""
    return await db.fetch(
        """(SELECT 'POST' AS kind, p.id, p.circle, p.title, p.body, p.body_format, p.edited_at, p.feed_seq
            FROM community.post AS p WHERE p.is_visible AND p.published_at <= $1 AND p.feed_seq > $2
            ORDER BY p.feed_seq LIMIT $3)
        UNION ALL
        (SELECT 'COMMENT', c.id, p.circle, NULL, c.body, c.body_format, c.edited_at, c.feed_seq
            FROM community.comment AS c JOIN community.post AS p ON p.id = c.post
            WHERE c.is_visible AND c.published_at <= $1 AND c.feed_seq > $2
            ORDER BY c.feed_seq LIMIT $3)
        ORDER BY feed_seq LIMIT $3""",
        rescan["until"], rescan["reached"], STEP,
    )  # fmt: skip


async def _judge(matcher: Matcher, text: db.Row) -> int:
    """Open an item for a text that is hit, unless somebody decided it since its last edit."""
    has_tags = text["body_format"] != "PLAIN"
    hits = matcher.hits(text["body"], text["circle"], has_tags=has_tags).live
    if text["title"]:
        hits += matcher.hits(text["title"], text["circle"], has_tags=has_tags).live
    if not hits:
        return 0
    is_decided = await db.value(
        """SELECT EXISTS (SELECT FROM community.review_item WHERE subject_kind = $1 AND subject = $2
        AND state NOT IN ('PENDING', 'WITHDRAWN') AND decided_at > coalesce($3, '-infinity'::timestamptz))""",
        text["kind"], text["id"], text["edited_at"],
    )  # fmt: skip
    if is_decided:
        return 0
    await review_items.open(text["kind"], text["id"], ReviewCause.RESCAN, reasons=("WORDS",))
    return 1


SWEEP = Sweep("community.word rescans", work_off, next_due, every_seconds=5)
