"""The index of search: one folded document a post. A trigger notes every post whose words changed; this works it off.

A search works off what it finds noted before it looks, so what was published is found at once; the sweep does the rest
(an import). A killed worker leaves the notes.
"""

from __future__ import annotations

from datetime import datetime

from domain import clock, db
from domain.community import search_rules
from domain.community.folding import fold
from domain.foundation.sweeps import Sweep

#: How many posts a search indexes itself; more are an import, and the worker's.
AT_ONCE = 200


async def work_off(most: int = 2_000) -> int:
    """Index what is noted, oldest first; answers how many. A note whose cause is not committed is left for later."""
    async with db.transaction():
        rows = await db.fetch(
            """DELETE FROM community.search_due WHERE post IN (
                SELECT post FROM community.search_due ORDER BY at, post LIMIT $1 FOR UPDATE SKIP LOCKED)
            RETURNING post""",
            most,
        )
        if not rows:
            return 0
        texts = await db.fetch(
            "SELECT id, title, body, body_format FROM community.post WHERE id = ANY($1) AND published_at IS NOT NULL ORDER BY id",
            [row["post"] for row in rows],
        )
        found = []
        for row in texts:
            title, body = (
                fold(row["title"] or ""),
                fold(search_rules.text_of(row["body"], row["body_format"])),
            )
            found.append((row["id"], title, body, search_rules.tokens(f"{title} {body}")))
        await db.run_many(
            """INSERT INTO community.search_doc (post, title, body, tokens)
            VALUES ($1, $2, $3, array_to_tsvector($4::text[]))
            ON CONFLICT (post) DO UPDATE SET title = excluded.title, body = excluded.body, tokens = excluded.tokens""",
            found,
        )
        return len(rows)


async def catch_up() -> None:
    """Index what was noted a moment ago, before a search."""
    if await db.value("SELECT EXISTS (SELECT FROM community.search_due)"):
        await work_off(AT_ONCE)


async def next_due() -> datetime | None:
    """When something was noted."""
    return await db.value("SELECT min(at) FROM community.search_due")


async def note_all() -> int:
    """Note every published post: the index is made anew (after a change of the folding)."""
    return await db.run(
        """INSERT INTO community.search_due (post, at) SELECT id, $1 FROM community.post WHERE published_at IS NOT NULL
        ON CONFLICT (post) DO UPDATE SET at = excluded.at""",
        clock.now(),
    )


SWEEP = Sweep("community.search", work_off, next_due)
