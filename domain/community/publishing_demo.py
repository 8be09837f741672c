"""The demonstration's poll with its votes, a delivery report, and what one member has not published yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from domain import clock, db
from domain.community import demo, kinds
from domain.community import publishing_kinds as own_kinds
from domain.community.tables import BodyFormat, PostKind, Stage
from domain.foundation import ids
from domain.profile import demo as people
from domain.profile import identities, interactions
from domain.profile.interactions import Entry

#: Whose they are: the member whom the playground shows.
AUTHOR = "demo-026"
POLL = ids.named("demo", "poll", "post")
_OPTIONS = ("崇明岛", "莫干山", "千岛湖")
_INSERT = """INSERT INTO community.post (id, author, circle, kind, title, body, body_format, stage, is_listed, version,
    transition, touchpoint, source, external_id, published_at, feed_seq, scheduled_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::varchar, true, 1, 0, 'ios', $9, $10,
    CASE WHEN $8 = 'PUBLISHED' THEN $11::timestamptz END,
    CASE WHEN $8 = 'PUBLISHED' THEN community.feed_seq($11::timestamptz) END, $12, $11::timestamptz)"""


async def load() -> None:
    """Make them; nothing when they are there already."""
    if await db.value("SELECT EXISTS (SELECT FROM community.post WHERE id = $1)", POLL):
        return
    members, now = await people.members(), clock.now()
    author = (await identities.owners(f"user_id:{people.SOURCE}", [AUTHOR]))[AUTHOR]
    voters = [member for member in members if member != author][:24]
    async with db.transaction():
        asked, reported = now - timedelta(hours=2), now - timedelta(days=4)
        await _post(
            "poll",
            author,
            PostKind.POLL,
            "下次自驾去哪里？",
            "周末两天一夜，投票决定。",
            Stage.PUBLISHED,
            asked,
        )
        delivery = "今天终于提车了！" + "外观比照片更好看，座椅舒适，续航也很扎实。" * 18
        await _post(
            "delivery", author, PostKind.DELIVERY, "极光 S7 提车作业", delivery, Stage.PUBLISHED, reported
        )
        due = now + timedelta(days=30)
        await _post("draft", author, PostKind.ARTICLE, "冬季续航记录", "# 第一周\n还没写完", Stage.DRAFT, now)
        await _post(
            "later", author, PostKind.MOMENT, None, "下个月集合，老地方见。", Stage.SCHEDULED, now, due
        )
        entries = [
            Entry(kinds.POST_PUBLISHED, ("POST", ids.named("demo", name, "post")), f"demo {name}", author, at,
                  properties={"kind": kind, "circle": str(demo.circle_id("shanghai"))})
            for name, kind, at in (("poll", "POLL", asked), ("delivery", "DELIVERY", reported))
        ]  # fmt: skip
        entries += [
            Entry(
                own_kinds.POST_DRAFTED,
                ("POST", ids.named("demo", "draft", "post")),
                "demo draft",
                author,
                now,
            ),
            Entry(
                own_kinds.POST_SCHEDULED,
                ("POST", ids.named("demo", "later", "post")),
                "demo later",
                author,
                now,
            ),
        ]
        entries += await _votes(voters, asked)
        entries.sort(key=lambda entry: (str(entry.member), entry.at))
        await interactions.record_many(entries, flags=["historical"], source=people.SOURCE, touchpoint="ios")


async def _post(
    name: str,
    author: UUID,
    kind: PostKind,
    title: str | None,
    body: str,
    stage: Stage,
    at: datetime,
    due: datetime | None = None,
) -> None:
    body_format = BodyFormat.MARKDOWN if kind is PostKind.ARTICLE else BodyFormat.PLAIN
    await db.run(
        _INSERT,
        ids.named("demo", name, "post"), author, demo.circle_id("shanghai"), kind, title, body, body_format, stage,
        people.SOURCE, f"publishing-{name}", at, due,
    )  # fmt: skip


async def _votes(voters: Sequence[UUID], at: datetime) -> list[Entry]:
    """Everybody chose one option, the first ones most."""
    poll = ids.named("demo", "poll")
    options = [ids.named("demo", "option", number) for number in range(len(_OPTIONS))]
    await db.run(
        "INSERT INTO community.poll (id, post, max_choices, closes_at, created_at) VALUES ($1, $2, 1, $3, $4)",
        poll, POLL, at + timedelta(days=30), at,
    )  # fmt: skip
    await db.run(
        """INSERT INTO community.poll_option (id, poll, position, text)
        SELECT i, $3, n, t FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS g(i, t, n)""",
        options, list(_OPTIONS), poll,
    )  # fmt: skip
    ballots = [ids.named("demo", "ballot", number) for number in range(len(voters))]
    await db.run(
        """INSERT INTO community.poll_vote (id, poll, option, ballot, member, created_at)
        SELECT b, $4, o, b, m, $5 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS g(b, o, m)""",
        ballots, [options[number % 5 % 3] for number in range(len(voters))], list(voters), poll, at,
    )  # fmt: skip
    return [
        Entry(own_kinds.POST_VOTED, ("POST", POLL), str(ballot), voter, at, properties={"poll": str(poll)})
        for ballot, voter in zip(ballots, voters, strict=True)
    ]
