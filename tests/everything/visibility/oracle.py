"""Who may see what, from the rows alone and in plain Python: nothing here asks the functions that are under test."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import db
from domain.actor import Actor

_FACTS = ("deleted_at", "removed_by", "hidden_by")


@dataclass
class Oracle:
    """All rows that decide."""

    posts: dict[UUID, Any]
    comments: dict[UUID, Any]
    private: set[UUID]
    roles: dict[tuple[UUID, UUID], str]
    apart: set[frozenset[UUID]]
    shadowed: set[UUID]

    def stands(self, row: Any) -> bool:
        return row["stage"] == "PUBLISHED" and all(row[fact] is None for fact in _FACTS)

    def sees_all(self, actor: Actor, circle: UUID | None) -> bool:
        """Staff who moderate see through everything in their circles."""
        if not actor.is_staff or not actor.has("moderator"):
            return False
        scope = actor.scope_ids("circle")
        return scope is None or str(circle) in scope

    def sees_post(self, actor: Actor, id_: UUID) -> bool:
        post, me = self.posts[id_], None if actor.is_staff else actor.member_id
        if self.sees_all(actor, post["circle"]):
            return True
        role = self.roles.get((post["circle"], me)) if me else None
        if role in ("MODERATOR", "LEAD"):
            return True
        if post["circle"] in self.private and role is None:
            return False
        if me is not None and post["author"] == me:
            return True
        return self.stands(post) and self.meets(me, post["author"])

    def meets(self, me: UUID | None, author: UUID | None) -> bool:
        """Whether somebody's words reach a reader at all."""
        if author is None or author == me:
            return True
        return author not in self.shadowed and frozenset((me, author)) not in self.apart

    def sees_comment(self, actor: Actor, id_: UUID) -> bool:
        comment, me = self.comments[id_], None if actor.is_staff else actor.member_id
        if not self.sees_post(actor, comment["post"]):
            return False
        circle = self.posts[comment["post"]]["circle"]
        if self.sees_all(actor, circle) or (me and self.roles.get((circle, me)) in ("MODERATOR", "LEAD")):
            return True
        if me is not None and comment["author"] == me:
            return True
        return all(self.stands(each) and self.meets(me, each["author"]) for each in self.above(comment))

    def above(self, comment: Any) -> list[Any]:
        """The comment and all that it hangs from."""
        chain = [comment]
        while chain[-1]["parent"] is not None:
            chain.append(self.comments[chain[-1]["parent"]])
        return chain

    def is_gap(self, actor: Actor, id_: UUID) -> bool:
        comment, me = self.comments[id_], None if actor.is_staff else actor.member_id
        post = self.posts[comment["post"]]
        over = post if comment["parent"] is None else self.comments[comment["parent"]]
        if frozenset((comment["author"], over["author"])) not in self.apart or comment["author"] == me:
            return False
        sees_through = self.sees_all(actor, post["circle"]) or (
            me is not None and self.roles.get((post["circle"], me)) in ("MODERATOR", "LEAD")
        )
        return not sees_through

    def counts(self) -> dict[UUID, dict[str, int]]:
        """What everybody may see, counted: the same for every reader."""
        found: dict[UUID, Counter[str]] = {id_: Counter() for id_ in [*self.posts, *self.comments]}
        for comment in self.comments.values():
            chain = self.above(comment)
            if not all(self.stands(each) for each in chain):
                continue
            post = found[comment["post"]]
            post["commentCount"] += 1
            if comment["parent"] is None:
                post["answerCount" if comment["kind"] == "ANSWER" else "rootCommentCount"] += 1
            for over in chain[1:]:
                found[over["id"]]["replyCount"] += 1
        return {id_: dict(counted) for id_, counted in found.items()}


async def read() -> Oracle:
    """The rows as they are."""
    blocks = await db.fetch("SELECT member, blocked FROM community.block")
    places = await db.fetch("SELECT circle, member, role FROM community.circle_member WHERE state = 'ACTIVE'")
    return Oracle(
        posts={row["id"]: row for row in await db.fetch("SELECT * FROM community.post")},
        comments={row["id"]: row for row in await db.fetch("SELECT * FROM community.comment")},
        private={
            row["id"]
            for row in await db.fetch("SELECT id FROM community.circle WHERE visibility = 'PRIVATE'")
        },
        roles={(row["circle"], row["member"]): row["role"] for row in places},
        apart={frozenset((row["member"], row["blocked"])) for row in blocks},
        shadowed={
            row["member"]
            for row in await db.fetch("SELECT member FROM community.sanction WHERE kind = 'SHADOW'")
        },
    )
