"""The demonstration's community: circles of models, cities and clubs, and a year of posts, comments and likes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain import clock, db
from domain.actor import ActorKind
from domain.community import demo_people, kinds
from domain.community import demo_texts as texts
from domain.community.importers import landing
from domain.community.importers.landing import NewComment, NewPost, NewReaction, Target
from domain.community.tables import BodyFormat, CircleKind, CommentKind, PostKind, ReactionKind
from domain.foundation import ids
from domain.profile import demo as people
from domain.profile import interactions
from domain.profile.interactions import Entry

POSTS = 320
SPAN = timedelta(days=360)

CIRCLES = (
    ("aurora-s7", "极光 S7 车友圈", CircleKind.MODEL),
    ("tern-e5", "燕鸥 E5 车友圈", CircleKind.MODEL),
    ("kestrel-m3", "Kestrel M3 owners", CircleKind.MODEL),
    ("shanghai", "上海", CircleKind.CITY),
    ("beijing", "北京", CircleKind.CITY),
    ("guangzhou", "广州", CircleKind.CITY),
    ("camping", "露营俱乐部", CircleKind.CLUB),
    ("track-days", "Track days", CircleKind.CLUB),
    ("charging", "充电与续航", CircleKind.TOPIC),
    ("official", "官方公告", CircleKind.OFFICIAL),
)


@dataclass(frozen=True)
class _Scene:
    """What the invention draws from: the dice, the present, the members, and who is in which circle."""

    dice: random.Random
    now: datetime
    members: Sequence[UUID]
    joined: dict[UUID, list[UUID]]


def circle_id(slug: str) -> UUID:
    """The id of a demonstration circle."""
    return ids.named("demo circle", slug)


async def load() -> None:
    """Make the circles and what happened in them; nothing when they are there already."""
    if await db.value("SELECT EXISTS (SELECT FROM community.circle WHERE id = $1)", circle_id(CIRCLES[0][0])):
        return
    members = await people.members()
    dice = random.Random("marque community")  # noqa: S311 - an invented community, the same one every time
    async with db.transaction():
        scene = _Scene(dice, clock.now(), members, _places(dice, members))
        entries = [*await _make_circles(scene), *await demo_people.circles(members, scene.now)]
        posts = sorted([*_posts(scene), *demo_people.posts(members, scene.now)], key=lambda post: post.at)
        entries += await landing.posts(posts, people.SOURCE)
        targets = await landing.targets(people.SOURCE, [p.external_id for p in posts], ("POST",))
        entries += await _talk(scene, [post for post in posts if post.circle in scene.joined], targets)
        open_ = [targets[post.external_id].id for post in posts if post.circle in scene.joined]
        entries += await demo_people.ties(dice, members, open_, scene.now)
        entries.sort(key=lambda entry: (str(entry.member), entry.at))
        await interactions.record_many(entries, flags=["historical"], source=people.SOURCE, touchpoint="ios")


def _places(dice: random.Random, members: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    return {circle_id(slug): dice.sample(members, dice.randint(25, 70)) for slug, _, _ in CIRCLES}


async def _make_circles(scene: _Scene) -> list[Entry]:
    made_at = scene.now - timedelta(days=400)
    await db.run(
        """INSERT INTO community.circle (id, slug, name, kind, visibility, join_policy, posting, version, source,
            external_id, created_at)
        SELECT i, s, n, k, 'PUBLIC', 'OPEN', CASE k WHEN 'OFFICIAL' THEN 'MODERATORS' ELSE 'ANYONE' END, 1, $5, s, $6
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS g(i, s, n, k)""",
        [circle_id(slug) for slug, _, _ in CIRCLES], [slug for slug, _, _ in CIRCLES],
        [name for _, name, _ in CIRCLES], [kind for _, _, kind in CIRCLES], people.SOURCE, made_at,
    )  # fmt: skip
    rows = [
        (ids.new(), circle, member, "LEAD" if n == 0 else "MODERATOR" if n == 1 else "MEMBER",
         scene.now - timedelta(days=scene.dice.uniform(1, 390)))
        for circle, members in scene.joined.items()
        for n, member in enumerate(members)
    ]  # fmt: skip
    await db.run(
        """INSERT INTO community.circle_member
            (id, circle, member, role, rank, state, source, transition, created_at, changed_at)
        SELECT i, c, m, r, 0, 'ACTIVE', 'MANUAL', 1, at, at
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[]) AS g(i, c, m, r, at)""",
        *(list(column) for column in zip(*rows, strict=True)),
    )
    return [
        Entry(kinds.CIRCLE_JOINED, ("CIRCLE", c), f"{i}:1", m, at, ActorKind.MEMBER, m)
        for i, c, m, _, at in rows
    ]


def _posts(scene: _Scene) -> list[NewPost]:
    dice = scene.dice
    found = []
    for number in range(POSTS):
        slug = dice.choice([slug for slug, _, kind in CIRCLES if kind is not CircleKind.OFFICIAL])
        kind = dice.choices(
            (PostKind.MOMENT, PostKind.QUESTION, PostKind.DRIVE_LOG, PostKind.DELIVERY, PostKind.ARTICLE),
            (50, 20, 15, 8, 7),
        )[0]
        title, body = texts.post(dice, kind, slug)
        found.append(
            NewPost(
                external_id=f"post-{number}", id=ids.named("demo post", number), author=dice.choice(scene.joined[circle_id(slug)]), kind=kind,
                title=title, body=body, body_format=BodyFormat.PLAIN, circle=circle_id(slug),
                at=scene.now - SPAN * dice.random() ** 1.3, hashtags=texts.hashtags(dice, kind),
                views=int(dice.paretovariate(1.1) * 40) % 20_000,
            )
        )  # fmt: skip
    return sorted([*found, *_announcements(scene)], key=lambda post: post.at)


def _announcements(scene: _Scene) -> list[NewPost]:
    lead = scene.joined[circle_id("official")][0]
    return [
        NewPost(
            external_id=f"announcement-{number}", author=lead, kind=PostKind.ARTICLE, title=title, body=body,
            body_format=BodyFormat.PLAIN, circle=circle_id("official"),
            at=scene.now - timedelta(days=30 * number + 3), hashtags=("公告",), views=3_000 - 150 * number,
        )
        for number, (title, body) in enumerate(texts.ANNOUNCEMENTS)
    ]  # fmt: skip


async def _talk(scene: _Scene, posts: list[NewPost], targets: dict[str, Target]) -> list[Entry]:
    """Comments and answers, replies to some of them, and likes of all."""
    roots = [comment for post in posts for comment in _comments(scene, post, targets[post.external_id])]
    entries = await landing.comments_of(roots, people.SOURCE)
    written = await landing.targets(people.SOURCE, [c.external_id for c in roots], ("ANSWER", "COMMENT"))
    replies = [
        NewComment(
            f"{comment.external_id}-reply", comment.under.author, CommentKind.COMMENT, texts.reply(scene.dice),
            BodyFormat.PLAIN, _after(scene, comment.at), written[comment.external_id],
        )
        for comment in roots if scene.dice.random() < 0.35
    ]  # fmt: skip
    entries += await landing.comments_of(replies, people.SOURCE)
    likes = [like for post in posts for like in _likes(scene, targets[post.external_id], post.at, 0.02, 0.15)]
    likes += [like for c in roots for like in _likes(scene, written[c.external_id], c.at, 0.0, 0.02)]
    return entries + await landing.reactions_of(likes, people.SOURCE)


def _comments(scene: _Scene, post: NewPost, target: Target) -> list[NewComment]:
    dice = scene.dice
    is_question = post.kind == PostKind.QUESTION
    return [
        NewComment(
            external_id=f"{post.external_id}-{number}", author=dice.choice(scene.members),
            kind=CommentKind.ANSWER if is_question and number < 2 else CommentKind.COMMENT,
            body=texts.answer(dice) if is_question and number < 2 else texts.comment(dice),
            body_format=BodyFormat.PLAIN, at=_after(scene, post.at), under=target,
        )
        for number in range(min(int(dice.expovariate(1 / 2.6)), 14))
    ]  # fmt: skip


def _likes(scene: _Scene, target: Target, at: datetime, least: float, most: float) -> list[NewReaction]:
    """Likes by members other than the author, within weeks of the post."""
    number = int(len(scene.members) * scene.dice.uniform(least, most) ** 1.4 / 0.5)
    return [
        NewReaction(f"{target.id}:{member}", target, member, ReactionKind.LIKE, _after(scene, at))
        for member in scene.dice.sample(scene.members, min(number, len(scene.members)))
        if member != target.author
    ]


def _after(scene: _Scene, at: datetime) -> datetime:
    return min(at + timedelta(hours=scene.dice.expovariate(1 / 30)), scene.now - timedelta(minutes=1))
