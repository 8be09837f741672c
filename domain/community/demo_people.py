"""The demonstration's people among themselves: who follows, blocks and mutes whom, what they keep, and private circles."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from domain import db
from domain.actor import ActorKind
from domain.community import kinds, people_kinds, stats
from domain.community.importers.landing import NewPost
from domain.community.tables import BodyFormat, PostKind
from domain.foundation import ids
from domain.profile import demo as people
from domain.profile.interactions import Entry

FOUNDERS = ids.named("demo circle", "founders")
OWNERS = ids.named("demo circle", "owners-aurora-x")
_FOLDERS = ("自驾路线", "用车技巧", None)
_TALK = (
    ("首批车主专属活动筹备", "下个月的共创日,大家想聊哪些话题?"),
    ("内测版本反馈", "新版语音助手在嘈杂环境里识别更准了。"),
    ("Notes from the founders' dinner", "Thank you all for coming; the recordings follow next week."),
)


async def circles(members: Sequence[UUID], now: datetime) -> list[Entry]:
    """A private circle of founders with somebody who waits, and one that owners of a model are in by rule."""
    made_at = now - timedelta(days=300)
    await db.run(
        """INSERT INTO community.circle (id, slug, name, kind, visibility, join_policy, posting, approval, auto_rule,
            auto_due_at, version, source, external_id, created_at)
        VALUES ($1, 'founders', '创始车主', 'CLUB', 'PRIVATE', 'APPROVAL', 'MEMBERS', 'NONE', NULL, NULL, 1, $3,
                'founders', $4),
            ($2, 'owners-aurora-x', '极光 X 车主', 'MODEL', 'PUBLIC', 'AUTO', 'MEMBERS', 'NEW_MEMBERS', $5, $6, 1, $3,
                'owners-aurora-x', $4)""",
        FOUNDERS, OWNERS, people.SOURCE, made_at, {"models": ["AURORA-X"], "cities": []}, now,
    )  # fmt: skip
    rows = [
        (ids.new(), member, "LEAD" if n == 0 else "MEMBER", "ACTIVE" if n < 12 else "REQUESTED",
         now - timedelta(days=200 - n))
        for n, member in enumerate(members[:14])
    ]  # fmt: skip
    await db.run(
        """INSERT INTO community.circle_member
            (id, circle, member, role, rank, state, source, transition, created_at, changed_at)
        SELECT i, $6, m, r, 0, s, 'MANUAL', 1, at, at
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[]) AS g(i, m, r, s, at)""",
        *(list(column) for column in zip(*rows, strict=True)), FOUNDERS,
    )  # fmt: skip
    return [
        Entry(
            kinds.CIRCLE_JOINED if state == "ACTIVE" else kinds.CIRCLE_REQUESTED, ("CIRCLE", FOUNDERS), f"{i}:1",
            member, at, ActorKind.MEMBER, member,
        )
        for i, member, _, state, at in rows
    ]  # fmt: skip


def posts(members: Sequence[UUID], now: datetime) -> list[NewPost]:
    """What the founders tell each other."""
    return [
        NewPost(
            external_id=f"founders-{number}", author=members[number], kind=PostKind.ARTICLE, title=title, body=body,
            body_format=BodyFormat.PLAIN, circle=FOUNDERS, at=now - timedelta(days=5 * number + 2), hashtags=(),
            views=40,
        )
        for number, (title, body) in enumerate(_TALK)
    ]  # fmt: skip


async def ties(
    dice: random.Random, members: Sequence[UUID], kept: Sequence[UUID], now: datetime
) -> list[Entry]:
    """Follows (some people have many followers), a few blocks and mutes, and posts that people keep."""
    weights = [1 / (n + 3) for n in range(len(members))]
    pairs = {
        (member, other)
        for member in members
        for other in dice.choices(members, weights, k=dice.randint(2, 12))
        if member != other
    }
    blocks = {(members[-1], members[-2]), (members[-3], members[-1])}
    pairs -= blocks | {(other, one) for one, other in blocks}
    follows = [
        (ids.new(), one, other, now - timedelta(days=dice.uniform(1, 300))) for one, other in sorted(pairs)
    ]
    entries = [
        Entry(
            people_kinds.MEMBER_FOLLOWED, ("MEMBER", other), i, one, at, ActorKind.MEMBER, one,
            properties={"followed": str(other)},
        )
        for i, one, other, at in await _insert("follow", "followed", follows)
    ]  # fmt: skip
    await stats.add((other, "followers", 1) for _, _, other, _ in follows)
    shut = [(ids.new(), one, other, now - timedelta(days=20)) for one, other in sorted(blocks)]
    entries += [
        Entry(
            people_kinds.MEMBER_BLOCKED, ("MEMBER", other), i, one, at, ActorKind.MEMBER, one,
            properties={"blocked": str(other)},
        )
        for i, one, other, at in await _insert("block", "blocked", shut)
    ]  # fmt: skip
    return entries + await _mutes(members, now) + await _bookmarks(dice, members, kept, now)


async def _insert(
    table: str, column: str, rows: Sequence[tuple[UUID, UUID, UUID, datetime]]
) -> Sequence[tuple[UUID, UUID, UUID, datetime]]:
    await db.run(
        f"""INSERT INTO community.{table} (id, member, {column}, created_at, source)
        SELECT *, $5 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[])""",
        *(list(one) for one in zip(*rows, strict=True)), people.SOURCE,
    )  # fmt: skip
    return rows


async def _mutes(members: Sequence[UUID], now: datetime) -> list[Entry]:
    rows = [
        (ids.new(), members[3], "KEYWORD", "剧透"),
        (ids.new(), members[4], "MEMBER", str(members[9])),
        (ids.new(), members[5], "CIRCLE", str(FOUNDERS)),
    ]
    at = now - timedelta(days=3)
    await db.run(
        """INSERT INTO community.mute (id, member, kind, value, created_at)
        SELECT *, $5 FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])""",
        *(list(column) for column in zip(*rows, strict=True)), at,
    )  # fmt: skip
    return [
        Entry(
            people_kinds.MUTE_SET, None if kind == "KEYWORD" else (kind, value), i, member, at, ActorKind.MEMBER,
            member, properties={"kind": kind, "until": None},
        )
        for i, member, kind, value in rows
    ]  # fmt: skip


async def _bookmarks(
    dice: random.Random, members: Sequence[UUID], kept: Sequence[UUID], now: datetime
) -> list[Entry]:
    rows = [
        (ids.new(), member, post, dice.choice(_FOLDERS), now - timedelta(days=dice.uniform(0, 60)))
        for member in members
        for post in dice.sample(kept, dice.randint(0, 4))
    ]
    await db.run(
        """INSERT INTO community.bookmark (id, member, post, folder, created_at, source)
        SELECT *, $6 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[])""",
        *(list(column) for column in zip(*rows, strict=True)), people.SOURCE,
    )  # fmt: skip
    await stats.add((post, "bookmarks", 1) for _, _, post, _, _ in rows)
    return [
        Entry(people_kinds.POST_BOOKMARKED, ("POST", post), i, member, at, ActorKind.MEMBER, member)
        for i, member, post, _, at in rows
    ]
