"""The circle feed (20 posts with author, circle, counts and the reader's likes): what GraphQL costs beside the rows.

One process, one run: the page through the whole HTTP stack of the API (ASGI: token, parsing, limits, resolvers, JSON)
against the same statement fetched by asyncpg and the same bytes encoded by msgspec. CPU of this process per page; the
database's own is the same for both.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

os.environ.setdefault("MARQUE_RATE_LIMITS", "0")
os.environ.setdefault("MARQUE_LOG_LEVEL", "WARNING")

import msgspec

from bench._asking import ask
from domain import clock, db
from domain.access import development
from domain.community.importers import landing
from domain.community.importers.landing import NewComment, NewPost, NewReaction
from domain.community.tables import BodyFormat, CommentKind, PostKind, ReactionKind
from domain.foundation import ids, process
from domain.profile import identities, newcomers
from domain.profile.newcomers import Newcomer

SOURCE = "bench"
CIRCLE = ids.named("bench circle")
PEOPLE, POSTS, PAGES, ROUNDS = 60, 400, 150, 5
TARGET = 12.0
OPERATION = """query Feed($circle: ID!) { circleFeed(circleId: $circle, first: 20) {
  nodes { id kind title body publishedAt author { id name no } circle { id slug name kind }
    likeCount commentCount viewer { hasLiked } }
  pageInfo { hasNextPage endCursor } } }"""


async def main() -> int:
    async with process.opened():
        reader = await _fill()
        from api.app import create_app

        app = create_app(is_standing_alone=False)
        token = await development.token("member", member=reader, scopes=[], name=None)
        body = msgspec.json.encode({"query": OPERATION, "variables": {"circle": str(CIRCLE)}})
        seen: list[str] = []
        mark = db.recorder.set(seen)
        answer = await ask(app, body, token)
        db.recorder.reset(mark)
        statement = next(sql for sql in seen if "ORDER BY p.feed_seq DESC LIMIT" in sql)
        assert db.engine.pool is not None
        async with db.engine.pool.acquire() as connection:
            raw = _raw(connection, statement, reader, _cursor(answer))
            assert answer.startswith((await raw())[:-1]), "both must answer the same bytes"
            return await _compare(lambda: ask(app, body, token), raw, len(answer))


async def _compare(
    stack: Callable[[], Awaitable[bytes]], raw: Callable[[], Awaitable[bytes]], size: int
) -> int:
    for call in (stack, raw):
        await _cpu(call, 30)
    gc.collect()
    gc.freeze()
    figures = [(await _cpu(stack, PAGES), await _cpu(raw, PAGES)) for _ in range(ROUNDS)]
    through, beside = (statistics.median(column) for column in zip(*figures, strict=True))
    ratio = statistics.median(one / other for one, other in figures)
    print(
        f"circle feed, 20 posts, {size:,} bytes: {through * 1e6:,.0f} µs CPU a page through GraphQL over HTTP"
    )
    print(f"its raw limit (asyncpg + msgspec):     {beside * 1e6:,.0f} µs CPU a page")
    print(f"ratio {ratio:.1f}x (target: at most {TARGET:.0f}x)")
    return 0 if ratio <= TARGET else 1


async def _cpu(call: Callable[[], Awaitable[bytes]], pages: int) -> float:
    began = time.process_time()
    for _ in range(pages):
        await call()
    return (time.process_time() - began) / pages


def _cursor(answer: bytes) -> str:
    found = msgspec.json.decode(answer)
    assert "errors" not in found, found
    return found["data"]["circleFeed"]["pageInfo"]["endCursor"]


def _raw(connection: Any, statement: str, reader: UUID, cursor: str) -> Callable[[], Awaitable[bytes]]:
    """The same rows and the same bytes with nothing between them."""
    encode = msgspec.json.Encoder().encode

    async def page() -> bytes:
        rows = await connection.fetch(statement, reader, False, [], CIRCLE, None, 21)
        nodes = [
            {
                "id": str(row["id"]), "kind": row["kind"], "title": row["title"], "body": row["body"],
                "publishedAt": row["published_at"].isoformat(),
                "author": {"id": str(row["author_id"]), "name": row["author_name"], "no": row["author_number"]},
                "circle": {"id": str(row["circle"]), "slug": row["circle_slug"], "name": row["circle_name"],
                           "kind": row["circle_kind"]},
                "likeCount": row["likes"], "commentCount": row["comments"], "viewer": {"hasLiked": row["has_liked"]},
            }
            for row in rows[:20]
        ]  # fmt: skip
        shown = {"nodes": nodes, "pageInfo": {"hasNextPage": len(rows) > 20, "endCursor": cursor}}
        return encode({"data": {"circleFeed": shown}})

    return page


async def _fill() -> UUID:
    """A circle with a past, made once; answers the member who reads it."""
    if await db.value("SELECT EXISTS (SELECT FROM community.circle WHERE id = $1)", CIRCLE):
        return (await _people())[0]
    dice, now = random.Random("feed"), clock.now()
    async with db.transaction():
        await newcomers.add(
            [Newcomer(f"p{n}", now - timedelta(days=400), now, f"Reader {n}") for n in range(PEOPLE)],
            f"user_id:{SOURCE}", SOURCE,
        )  # fmt: skip
        members = await _people()
        await db.run(
            "INSERT INTO community.circle (id, slug, name, kind, visibility, join_policy, posting, version, created_at) "
            "VALUES ($1, 'bench-feed', 'Feed', 'TOPIC', 'PUBLIC', 'OPEN', 'ANYONE', 1, $2)",
            CIRCLE, now,
        )  # fmt: skip
        posts = [
            NewPost(f"{n}", dice.choice(members), PostKind.MOMENT, f"Post {n}", "Something to read. " * 12,
                    BodyFormat.PLAIN, now - timedelta(hours=n), circle=CIRCLE)
            for n in range(POSTS)
        ]  # fmt: skip
        await landing.posts(posts, SOURCE)
        targets = await landing.targets(SOURCE, [post.external_id for post in posts], ("POST",))
        comments = [
            NewComment(f"{n}-{k}", dice.choice(members), CommentKind.COMMENT, "Well said.", BodyFormat.PLAIN, now, t)
            for n, t in targets.items() for k in range(dice.randrange(8))
        ]  # fmt: skip
        await landing.comments_of(comments, SOURCE)
        likes = [
            NewReaction(f"{n}-{member}", t, member, ReactionKind.LIKE, now)
            for n, t in targets.items() for member in dice.sample(members, 12) if member != t.author
        ]  # fmt: skip
        await landing.reactions_of(likes, SOURCE)
    await db.run("ANALYZE")
    return (await _people())[0]


async def _people() -> list[UUID]:
    found = await identities.owners(f"user_id:{SOURCE}", [f"p{n}" for n in range(PEOPLE)])
    return [found[f"p{n}"] for n in range(PEOPLE)]


if __name__ == "__main__":
    import uvloop

    sys.exit(
        asyncio.run(main(), loop_factory=uvloop.new_event_loop)
        if sys.version_info >= (3, 12)
        else uvloop.run(main())
    )
