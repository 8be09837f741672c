"""Who is in the small community, and what they wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import (
    answers,
    bookmarks,
    circle_roles,
    circles,
    comments,
    moderation,
    posts,
    reactions,
    ties,
)
from domain.community.tables import (
    CircleKind,
    CircleRole,
    CircleVisibility,
    CommentKind,
    JoinPolicy,
    PostKind,
    ReactionKind,
)
from domain.foundation import ids
from tests import make

#: me: the reader at the centre; foe: blocked by me; hater: blocks me; rival: blocked by friend; shadow: shadowed.
NAMES = ("me", "friend", "foe", "hater", "rival", "shadow", "stranger", "keeper")
BOSS = make.staff("moderator", "operator")


@dataclass
class World:
    """People by name, circles by name (None: no circle), and ids of what was written."""

    people: dict[str, Actor] = field(default_factory=dict)
    circles: dict[str, UUID] = field(default_factory=dict)
    posts: list[UUID] = field(default_factory=list)
    comments: list[UUID] = field(default_factory=list)

    def id(self, name: str) -> UUID:
        member = self.people[name].member_id
        assert member is not None
        return member


async def build() -> World:
    """Everybody writes in every circle that he is in, everybody answers everybody, and then the quarrels begin."""
    world = World({name: await make.member_actor(display_name=name, number=f"M-{name}") for name in NAMES})
    await _circles(world)
    for name, actor in world.people.items():
        for place in (None, "open", "ours", "theirs"):
            if place and name not in _IN[place]:
                continue
            world.posts.append(
                await posts.publish(
                    actor, kind=PostKind.QUESTION if name == "me" else PostKind.MOMENT, title=f"{name}?",
                    body=f"{name} in {place}", circle_id=place and world.circles[place],
                    hashtag_names=["cars"],
                )
            )  # fmt: skip
    for post in world.posts:
        if await _author(post) in (world.id("me"), world.id("friend")):
            await _talk(world, post)
    await _fates(world)
    await _quarrels(world)
    return world


_IN = {
    "open": ("friend", "stranger"),
    "ours": ("me", "friend", "foe", "hater", "shadow", "keeper"),
    "theirs": ("friend", "stranger", "keeper", "rival"),
}


async def _circles(world: World) -> None:
    for slug, visibility in (
        ("open", CircleVisibility.PUBLIC), ("ours", CircleVisibility.PRIVATE), ("theirs", CircleVisibility.PRIVATE)
    ):  # fmt: skip
        circle = await circles.create(
            BOSS,
            slug=slug,
            name=slug,
            kind=CircleKind.CLUB,
            visibility=visibility,
            join_policy=JoinPolicy.OPEN,
        )
        world.circles[slug] = circle
        for name in _IN[slug]:
            await circles.join(world.people[name], circle)
        if slug != "open":
            await circle_roles.set_role(BOSS, circle, world.id("keeper"), CircleRole.LEAD)


async def _talk(world: World, post: UUID) -> None:
    """Two threads under each post: one that the shadow begins, one that the rival or the foe begins."""
    place = await db.value(
        "SELECT k.slug FROM community.post AS p JOIN community.circle AS k ON k.id = p.circle WHERE p.id = $1",
        post,
    )
    allowed = [name for name in NAMES if place in (None, "open") or name in _IN[place]]
    for first, *rest in (
        ("shadow", "me"),
        ("foe", "friend", "me"),
        ("rival", "friend"),
        ("friend", "rival", "hater"),
    ):
        if first not in allowed:
            continue
        root = await _say(world, first, post, None)
        for name in rest:
            if name in allowed:
                root = await _say(world, name, post, root)
    await bookmarks.set_bookmark(world.people[allowed[0]], post, True, "all")


async def _say(world: World, name: str, post: UUID, parent: UUID | None) -> UUID:
    said = await comments.publish(
        world.people[name], post, body=f"{name} says {len(world.comments)}", parent_id=parent
    )
    world.comments.append(said)
    return said


async def _fates(world: World) -> None:
    """What may become of a text, each to something of its own; an accepted answer, likes."""
    mine = [post for post in world.posts if await _author(post) == world.id("friend")]
    await posts.delete(world.people["friend"], mine[0])
    await moderation.remove(BOSS, mine[1], reason="spam")
    await db.run("UPDATE community.post SET hidden_by = $2 WHERE id = $1", mine[2], ids.new())
    question = world.posts[0]  # of mine
    answer = await comments.publish(world.people["foe"], question, body="the answer", kind=CommentKind.ANSWER)
    world.comments.append(answer)
    await answers.accept(world.people["me"], answer)
    said = {
        name: [c for c in world.comments if await _author(c, "comment") == world.id(name)] for name in NAMES
    }
    await comments.delete(world.people["friend"], said["friend"][1])
    await moderation.remove(BOSS, said["rival"][1], reason="spam")
    for name in ("stranger", "me"):
        await reactions.set_reaction(world.people[name], answer, ReactionKind.LIKE, True)
    await reactions.set_reaction(world.people["foe"], question, ReactionKind.LIKE, True)


async def _quarrels(world: World) -> None:
    """Follows first, so that the feeds have sources; a follow of a foe stays in the table all the same."""
    for name in NAMES[1:]:
        await ties.set_follow(world.people["me"], world.id(name), True)
    for one, other in (("me", "foe"), ("hater", "me"), ("friend", "rival")):
        await ties.set_block(world.people[one], world.id(other), True)
    for name in ("foe", "hater"):
        await db.run(
            "INSERT INTO community.follow (id, member, followed, created_at) VALUES ($1, $2, $3, $4)",
            ids.new(), world.id("me"), world.id(name), clock.now(),
        )  # fmt: skip
    event = ids.new()
    await db.run(
        """INSERT INTO community.mod_event (id, actor_kind, kind, subject_kind, subject, payload, at)
        VALUES ($1, 'HUMAN', 'SANCTION', 'MEMBER', $2, '{}', $3)""",
        event, world.id("shadow"), clock.now(),
    )  # fmt: skip
    await db.run(
        """INSERT INTO community.sanction (id, member, kind, starts_at, cause, cause_event, holds, created_at)
        VALUES ($1, $2, 'SHADOW', $3, 'RING', $4, '{}', $3)""",
        ids.new(), world.id("shadow"), clock.now(), event,
    )  # fmt: skip


async def _author(target: UUID, table: str = "post") -> UUID:
    return await db.value(f"SELECT author FROM community.{table} WHERE id = $1", target)
