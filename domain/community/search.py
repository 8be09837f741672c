"""Searching posts: exactly the visible ones whose folded title and body contain every term."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.community import feed, mutes, rules, search_index, search_rules, viewers
from domain.community.folding import fold
from domain.community.viewers import Viewer
from domain.errors import InvalidInput, NotFound, VersionConflict
from domain.foundation import ids
from domain.foundation.pages import Page

#: After so many days a hit weighs half.
HALF_LIFE_DAYS = 180

#: log2 of (3 x hits in the title + hits in the body, 10 at most) x 0.5^(age / 180 days), with the age counted from 1970:
#: the same order at any moment, so a page can go on from where the last one ended.
_RELEVANCE = f"""round((log(2, (SELECT 3 * sum(regexp_count(sd.title, t)) + least(sum(regexp_count(sd.body, t)), 10)
    FROM unnest($6::text[]) AS t)::numeric) + extract(epoch FROM p.published_at) / {86_400 * HALF_LIFE_DAYS})::numeric, 7)"""
#: Who is kept out of searches by a moderator (LIMIT, on the site or in the post's circle) is not found.
_LIMITED = """EXISTS (SELECT FROM profile.member AS a JOIN profile.member AS o ON o.root = a.root
    JOIN community.sanction AS s ON s.member = o.id WHERE a.id = p.author AND s.kind = 'LIMIT' AND s.ended_at IS NULL
    AND s.starts_at <= $12 AND (s.until IS NULL OR s.until > $12) AND (s.circle IS NULL OR s.circle = p.circle))"""


@dataclass(frozen=True)
class Filter:
    """Where to look; None: everywhere. ``since`` and ``until`` (exclusive) are times of publication."""

    circle: UUID | None = None
    author: UUID | None = None
    kinds: Sequence[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    hashtag: str | None = None


async def posts(
    viewer: Viewer,
    query: str,
    page: Page,
    where: Filter | None = None,
    *,
    is_newest: bool = False,
    parts: Collection[str] = feed.ALL,
) -> list[db.Row]:
    """One page, the most relevant or the newest first; key of a page: (relevance as text or None, feed_seq).

    Muted and blocked people's, what the reader may not see, and who is kept out of searches are left out. Raises
    InvalidInput for a query that asks for nothing or too much.
    """
    where = where or Filter()
    sought = search_rules.terms(query, await _synonyms())
    await search_index.catch_up()
    relevance, last = page.after or (None, None)
    order = "p.feed_seq DESC" if is_newest else "relevance DESC, p.feed_seq DESC"
    key = (
        "($13::text IS NULL AND ($14::bigint IS NULL OR p.feed_seq < $14))"
        if is_newest
        else f"($14::bigint IS NULL OR ({_RELEVANCE}, p.feed_seq) < ($13::text::numeric, $14))"
    )
    column = "NULL::numeric AS relevance" if is_newest else f"{_RELEVANCE} AS relevance"
    return await db.fetch(
        f"""{feed.select(parts, column)} JOIN community.search_doc AS sd ON sd.post = p.id
        WHERE sd.tokens @@ $4::text::tsquery
        AND NOT EXISTS (SELECT FROM unnest($5::text[]) AS t WHERE sd.title !~ t AND sd.body !~ t)
        AND cardinality($6::text[]) > 0 AND p.is_visible AND p.is_listed
        AND ($7::uuid IS NULL OR p.circle = $7)
        AND ($8::uuid IS NULL OR p.author IN (SELECT o.id FROM profile.member AS a
            JOIN profile.member AS o ON o.root = a.root WHERE a.id = $8))
        AND ($9::text[] IS NULL OR p.kind = ANY($9))
        AND ($10::timestamptz IS NULL OR p.published_at >= $10) AND ($11::timestamptz IS NULL OR p.published_at < $11)
        AND ($15::text IS NULL OR EXISTS (SELECT FROM community.post_hashtag AS ph
            JOIN community.hashtag AS h ON h.id = ph.hashtag WHERE ph.post = p.id AND h.name = $15))
        AND {key} AND {viewers.SEES_POST} AND NOT {mutes.MUTED_IN_FEEDS} AND NOT {_LIMITED}
        ORDER BY {order} LIMIT $16""",
        *viewer.args,
        " & ".join(f"({each.query})" for each in sought),
        [each.pattern for each in sought if not each.is_decided],
        [each.pattern for each in sought],
        where.circle, where.author, list(where.kinds) if where.kinds is not None else None, where.since, where.until,
        clock.now(), relevance, last, rules.hashtag(where.hashtag) if where.hashtag else None, page.limit + 1,
    )  # fmt: skip


async def synonyms(page: Page) -> list[db.Row]:
    """The sets of words that mean the same, newest first; key of a page: (created_at, id)."""
    at, last = page.after or (None, None)
    return await db.fetch(
        """SELECT * FROM community.search_synonym WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid))
        ORDER BY created_at DESC, id DESC LIMIT $3""",
        at, last, page.limit + 1,
    )  # fmt: skip


async def synonyms_by_ids(set_ids: Sequence[UUID]) -> list[db.Row]:
    """Sets by id."""
    return await db.fetch("SELECT * FROM community.search_synonym WHERE id = ANY($1)", list(set_ids))


async def put_synonyms(
    actor: Actor,
    words: Sequence[str],
    *,
    set_id: UUID | None = None,
    expected_version: int = 0,
    is_active: bool = True,
) -> db.Row:
    """Make or revise a set of words that mean the same to a search. Refuses InvalidInput, VersionConflict."""
    folded = list(dict.fromkeys(filter(None, map(fold, words))))
    if not 2 <= len(folded) <= 20 or any(" " in word or len(word) > search_rules.LONGEST for word in folded):
        raise InvalidInput.at("words", "2 to 20 different words without blanks.")
    async with db.transaction():
        if set_id is None:
            row = await db.one(
                """INSERT INTO community.search_synonym (id, words, is_active, version, created_at)
                VALUES ($1, $2, $3, 1, $4) RETURNING *""",
                ids.new(), folded, is_active, clock.now(),
            )  # fmt: skip
        else:
            row = await db.one(
                """UPDATE community.search_synonym SET words = $2, is_active = $3, version = version + 1
                WHERE id = $1 AND version = $4 RETURNING *""",
                set_id, folded, is_active, expected_version,
            )  # fmt: skip
            if row is None:
                current = await db.value("SELECT version FROM community.search_synonym WHERE id = $1", set_id)
                if current is None:
                    raise NotFound()
                raise VersionConflict(current)
        assert row is not None
        await audit.append(
            actor, "community.synonyms.put", "search_synonym", row["id"], facts={"words": folded}
        )
        return row


async def _synonyms() -> list[list[str]]:
    return [
        row["words"] for row in await db.fetch("SELECT words FROM community.search_synonym WHERE is_active")
    ]
