"""Types of the community. What a list shows is read with the list; plain attributes cost nothing to resolve."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import nh3
import strawberry
from strawberry import Info

from api import paging
from api.community.enums import (
    CircleApproval,
    CircleKind,
    CirclePosting,
    CircleRole,
    CircleVisibility,
    CommentKind,
    CommentOrder,
    JoinPolicy,
    MembershipState,
    OwnerBadgeStatus,
    PostKind,
    PostState,
)
from api.community.publishing_types import Published
from api.community.ranking_types import NO_RANKING, Ranking
from api.context import Context
from api.fields import Node, arg, field
from api.loaders import load
from api.paging import After, Connection, First
from domain.community import circle_lists, circles, feed, people, standings, tables, threads, viewers
from domain.community.desk import marking

OrderBy = Annotated[CommentOrder, arg("Their order.")]


@strawberry.type(description="How far a member is trusted (成长信任), and the credit (信用分).")
class CommunityStanding:
    trust_level: int = field(
        "The level in force, 0 to 4: the locked one, else the granted, else the computed."
    )
    computed_level: int = field("The level that follows from what the member does.")
    granted_level: int | None = field("A level given by hand.")
    locked_level: int | None = field("A level that was locked by hand.")
    credit: int = field("The credit (信用分); it starts at 100.")
    reports_upheld: int = field("How many of the member's reports were upheld.")
    reports_rejected: int = field("How many of the member's reports were rejected.")
    is_owner: bool = field("Whether the member owns a vehicle now.")
    version: int = field("Rises with every change: `expectedVersion` of setTrustLevel.")

    @classmethod
    def of(cls, found: standings.Standing) -> CommunityStanding:
        return cls(**{name: value for name, value in vars(found).items() if name != "member"})


@strawberry.type(description="That somebody owns a car (车主), or did.")
class OwnerBadge:
    status: OwnerBadgeStatus = field("Whether the car is the member's now.")
    model: str | None = field("The model's code, where it is known.")
    city: str | None = field("The owner's city, where the owner has named it.")


@strawberry.type(description="What the reader has to do with a person.")
class MemberViewer:
    is_following: bool = field("Whether the reader follows them.")
    is_followed_by: bool = field("Whether they follow the reader.")
    is_blocked: bool = field("Whether the reader blocks them.")
    is_muted: bool = field("Whether the reader has muted them.")


@strawberry.type(description="A person as the community shows them; merged members are one person.")
class CommunityMember(Node):
    no: str | None = field("The member number.")
    name: str | None = field("The name shown to others.")
    avatar: str | None = field("The address of the picture.")

    @field("How many people follow them.")
    async def follower_count(self, info: Info) -> int:
        return (await self._figures(info)).follower_count

    @field("Whether they speak for the brand: they run one of its official circles.")
    async def is_official(self, info: Info) -> bool:
        return (await self._figures(info)).is_official

    @field("That they own a car, or did; null for who never did.")
    async def owner_badge(self, info: Info) -> OwnerBadge | None:
        badge = (await self._figures(info)).badge
        if badge is None:
            return None
        return OwnerBadge(status=OwnerBadgeStatus(badge.status), model=badge.model, city=badge.city)

    @field("What the reader has to do with them.")
    async def viewer(self, info: Info) -> MemberViewer:
        eyes = viewers.of(info.context.actor)
        found = await load(
            info, "community.ties", self.id, lambda ids: people.ties(eyes, ids), default=people.Ties()
        )
        return MemberViewer(**vars(found))

    async def _figures(self, info: Info) -> people.Figures:
        return await load(info, "community.figures", self.id, people.figures, default=people.Figures())

    @field("How far the community trusts the member (成长信任), 0 to 4.")
    async def trust_level(self, info: Info) -> int:
        return (await load(info, "community.standing", self.id, standings.of_many)).trust_level

    @field("The whole standing; null for all but the member and the staff.")
    async def standing(self, info: Info) -> CommunityStanding | None:
        if not await viewers.reads_standing(info.context.actor, self.id):
            return None
        return CommunityStanding.of(await load(info, "community.standing", self.id, standings.of_many))

    @classmethod
    def of(cls, row: Any) -> CommunityMember | None:
        if row["author_id"] is None:
            return None
        return cls(
            id=row["author_id"], no=row["author_number"], name=row["author_name"], avatar=row["author_avatar"]
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, CommunityMember | None]:
        found = await people.seen_by_ids(viewers.of(context.actor), ids)
        return {id_: cls.of(row) for id_, row in found.items()}


@strawberry.type(description="Whom the rule of a circle with policy AUTO lets in: any of these.")
class CircleAutoRule:
    models: list[str] = field("Who owns one of these models (codes) now.")
    cities: list[str] = field("Who lives in one of these cities.")


@strawberry.type(description="Somebody's place in a circle.")
class CircleMembership:
    id: UUID = field("The id of the place.")
    member: CommunityMember = field("Who it is.")
    role: CircleRole = field("The role.")
    rank: int = field("Among moderators of one role the lower one stands before the higher.")
    state: MembershipState = field("How the person stands with the circle.")
    since: datetime = field("Since when.")

    @classmethod
    def of(cls, row: Any) -> CircleMembership:
        return cls(
            id=row["id"],
            member=CommunityMember.of(row),
            role=tables.CircleRole(row["role"]),
            rank=row["rank"],
            state=tables.MembershipState(row["state"]),
            since=row["changed_at"],
        )


@strawberry.type(description="The reader's own place in a circle.")
class CircleViewer:
    is_member: bool = field("Whether the reader is in it.")
    role: CircleRole | None = field("The reader's role, while in it.")
    state: MembershipState | None = field("How the reader stands with it; null without any tie.")


@strawberry.type(description="A circle (圈子): a place to publish and talk.")
class Circle(Node):
    slug: str = field("Its name in addresses.")
    name: str = field("Its name.")
    kind: CircleKind = field("What it is about.")
    visibility: CircleVisibility = field("Who sees what is in it.")
    join_policy: JoinPolicy = field("How one joins.")
    posting: CirclePosting = field("Who publishes here.")
    approval: CircleApproval = field("Whose posts wait for a moderator (先审后发).")
    auto_rule: CircleAutoRule | None = field("Whom the policy AUTO lets in; null for other policies.")
    created_at: datetime = field("When it was made.")
    version: int = field("Rises with every change of the record.")

    @field("How many people are in it; null for those who may not see what is in it.")
    async def member_count(self, info: Info) -> int | None:
        return (await self._places(info))["member_count"]

    @field(
        "The people in it: leads first, then moderators, then the latest; empty for those who may not enter."
    )
    async def members(
        self,
        info: Info,
        role: Annotated[CircleRole | None, arg("With this role only.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[CircleMembership]:
        page, eyes = paging.page(first, after), viewers.of(info.context.actor)
        return _places(await circle_lists.members(eyes, self.id, page, role), page)

    @field("Those who ask to join, latest first; empty for those who do not run it.")
    async def join_requests(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[CircleMembership]:
        page = paging.page(first, after)
        return _places(await circle_lists.requests(info.context.actor, self.id, page), page)

    @field("The reader's own place in it.")
    async def viewer(self, info: Info) -> CircleViewer:
        place = await self._places(info)
        state = place["state"] and tables.MembershipState(place["state"])
        is_member = state is tables.MembershipState.ACTIVE
        return CircleViewer(
            is_member=is_member,
            role=tables.CircleRole(place["role"]) if is_member else None,
            state=state,
        )

    async def _places(self, info: Info) -> Any:
        viewer = viewers.of(info.context.actor)
        return await load(info, "circle.places", self.id, lambda ids: circles.places(viewer, ids))

    @classmethod
    def of(cls, row: Any, id: UUID | None = None) -> Circle:
        return cls(
            id=id or row["id"],
            slug=row["circle_slug"],
            name=row["circle_name"],
            kind=_CIRCLE_KINDS[row["circle_kind"]],
            visibility=_VISIBILITIES[row["circle_visibility"]],
            join_policy=_JOIN_POLICIES[row["circle_join_policy"]],
            posting=_POSTINGS[row["circle_posting"]],
            approval=tables.CircleApproval(row["circle_approval"]),
            auto_rule=row["circle_auto_rule"] and CircleAutoRule(**row["circle_auto_rule"]),
            created_at=row["circle_created_at"],
            version=row["circle_version"],
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Circle]:
        found = await circles.by_ids(viewers.of(context.actor), ids)
        return {id_: cls.of(row) for id_, row in found.items()}


@strawberry.type(description="What the reader has to do with a post.")
class PostViewer:
    has_liked: bool = field("Whether the reader likes it.")
    has_bookmarked: bool = field("Whether the reader keeps it.")
    is_muted: bool = field(
        "Whether the reader has muted its author, its circle, the post itself or a word in it."
    )


@strawberry.type(description="A post.")
class Post(Published, Node):
    author: CommunityMember | None = field("Who published it; null for a closed account (已注销用户).")
    circle: Circle | None = field("The circle it is in.")
    kind: PostKind = field("What kind of post it is.")
    state: PostState = field("How it stands.")
    title: str | None = field("Its title.")
    body: str = field("Its text; HTML of imported posts is sanitised.")
    version: int = field("Rises with every edit: `expectedVersion` of editPost.")
    published_at: datetime | None = field("When it was published.")
    edited_at: datetime | None = field("When it was last edited.")
    hashtags: list[str] = field("Its hashtags (话题), without #.")
    like_count: int = field("How many people like it.")
    dislike_count: int = field("How many people do not like it.")
    score: int = field("Likes minus dislikes.")
    comment_count: int = field("Visible comments of every level, answers included.")
    root_comment_count: int = field("Visible comments directly under it, without answers.")
    answer_count: int = field("Visible answers.")
    bookmark_count: int = field("How many people keep it.")
    view_count: int = field("How often it was read.")
    is_locked: bool = field("Whether it is closed to further comments.")
    external_id: str | None = field("Its id in the system it was imported from.")
    viewer: PostViewer = field("What the reader has to do with it.")
    ranking: Ranking = field("Why it is where it is among the hot ones.")
    accepted: strawberry.Private[UUID | None] = None

    @field("Its comments and answers (the roots of the tree).")
    async def comments(
        self, info: Info, order_by: OrderBy = CommentOrder.TOP, first: First = 20, after: After = None
    ) -> Connection[Comment]:
        viewer, page = viewers.of(info.context.actor), paging.page(first, after)

        async def fetch(posts: Sequence[UUID]) -> dict[UUID, Any]:
            return await threads.roots(viewer, posts, page, order_by.value)

        rows = await load(info, f"post.comments {order_by} {first} {after}", self.id, fetch)
        return _thread(rows, page, order_by)

    @field("Whether moderators marked it as excellent (精华).")
    async def is_featured(self, info: Info) -> bool:
        mark = await load(info, "post.marks", self.id, marking.of_posts)
        return mark is not None and mark["featured_at"] is not None

    @field("Until when it is pinned (置顶), in its circle or in the feed of all; null when it is not.")
    async def pinned_until(self, info: Info) -> datetime | None:
        mark = await load(info, "post.marks", self.id, marking.of_posts)
        return None if mark is None else mark["pinned_until"]

    @field("The answer that the asker accepted.")
    async def accepted_answer(self, info: Info) -> Comment | None:
        return None if self.accepted is None else await _comment(info, self.accepted)

    @classmethod
    def of(cls, row: Any, parts: Collection[str] = feed.ALL) -> Post:
        """A post from a row that was read with these parts; the others are not asked for."""
        has_counts, has_viewer = feed.COUNTS in parts, feed.VIEWER in parts
        likes, dislikes = (row["likes"], row["dislikes"]) if has_counts else (0, 0)
        circle = row["circle"] if feed.CIRCLE in parts else None
        return cls(
            id=row["id"],
            author=CommunityMember.of(row) if feed.AUTHOR in parts else None,
            circle=None if circle is None else Circle.of(row, circle),
            kind=_POST_KINDS[row["kind"]],
            state=_STATES[row["state"]],
            title=row["title"],
            body=shown(row),
            version=row["version"],
            published_at=row["published_at"],
            edited_at=row["edited_at"],
            hashtags=row["hashtags"] if feed.HASHTAGS in parts else [],
            like_count=likes,
            dislike_count=dislikes,
            score=likes - dislikes,
            comment_count=row["comments"] if has_counts else 0,
            root_comment_count=row["root_comments"] if has_counts else 0,
            answer_count=row["answers"] if has_counts else 0,
            bookmark_count=row["bookmarks"] if has_counts else 0,
            view_count=row["views"] if has_counts else 0,
            is_locked=row["is_locked"],
            external_id=row["external_id"],
            viewer=PostViewer(
                has_liked=has_viewer and row["has_liked"],
                has_bookmarked=has_viewer and row["has_bookmarked"],
                is_muted=has_viewer and row["is_muted"],
            ),
            ranking=Ranking.of(row) if feed.RANKING in parts else NO_RANKING,
            accepted=row["accepted_comment"],
            **cls.facts(row),
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Post]:
        found = await feed.by_ids(viewers.of(context.actor), ids)
        return {id_: cls.of(row) for id_, row in found.items()}


@strawberry.type(description="What the reader has to do with a comment.")
class CommentViewer:
    has_liked: bool = field("Whether the reader likes it.")
    is_muted: bool = field("Whether the reader has muted its author or a word in it: shown, but folded.")


@strawberry.type(description="A comment, a reply or an answer.")
class Comment(Node):
    kind: CommentKind = field("What it is.")
    author: CommunityMember | None = field(
        "Who wrote it; null for a closed account (已注销用户) and for a gap."
    )
    is_blocked_content: bool = field(
        "Whether it is a gap: its author and the one it is written under are apart, so nobody else sees it."
    )
    body: str = field("Its text; HTML of imported comments is sanitised.")
    state: PostState = field("How it stands.")
    version: int = field("Rises with every edit.")
    published_at: datetime | None = field("When it was published.")
    edited_at: datetime | None = field("When it was last edited.")
    score: int = field("Likes minus dislikes.")
    like_count: int = field("How many people like it.")
    dislike_count: int = field("How many people do not like it.")
    reply_count: int = field("Visible replies below it, of every level.")
    is_locked: bool = field("Whether it is closed to further replies.")
    is_accepted: bool = field("Whether the asker accepted it.")
    external_id: str | None = field("Its id in the system it was imported from.")
    viewer: CommentViewer = field("What the reader has to do with it.")
    post_id: strawberry.Private[UUID]
    root_id: strawberry.Private[UUID | None] = None
    parent_id: strawberry.Private[UUID | None] = None

    @field("The post it is under.")
    async def post(self, info: Info) -> Post:
        return await post(info, self.post_id)

    @field("The comment or answer that begins its thread; null when it is that itself.")
    async def root(self, info: Info) -> Comment | None:
        return None if self.root_id is None else await _comment(info, self.root_id)

    @field("What it replies to; null when it replies to the post.")
    async def reply_to(self, info: Info) -> Comment | None:
        return None if self.parent_id is None else await _comment(info, self.parent_id)

    @field("Everything below it, flat.")
    async def replies(
        self, info: Info, order_by: OrderBy = CommentOrder.OLDEST, first: First = 20, after: After = None
    ) -> Connection[Comment]:
        viewer, page = viewers.of(info.context.actor), paging.page(first, after)

        async def fetch(roots: Sequence[UUID]) -> dict[UUID, Any]:
            return await threads.replies(viewer, roots, page, order_by.value)

        rows = await load(info, f"comment.replies {order_by} {first} {after}", self.id, fetch)
        return _thread(rows, page, order_by)

    @classmethod
    def of(cls, row: Any) -> Comment:
        return cls(
            id=row["id"],
            kind=_COMMENT_KINDS[row["kind"]],
            author=CommunityMember.of(row),
            body=shown(row),
            state=_STATES[row["state"]],
            version=row["version"],
            published_at=row["published_at"],
            edited_at=row["edited_at"],
            score=row["likes"] - row["dislikes"],
            like_count=row["likes"],
            dislike_count=row["dislikes"],
            reply_count=row["replies"],
            is_locked=row["is_locked"],
            is_accepted=row["is_accepted"],
            external_id=row["external_id"],
            is_blocked_content=row["is_gap"],
            viewer=CommentViewer(has_liked=row["has_liked"], is_muted=row["is_muted"]),
            post_id=row["post"],
            root_id=row["root"],
            parent_id=row["parent"],
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Comment]:
        found = await threads.by_ids(viewers.of(context.actor), ids)
        return {id_: cls.of(row) for id_, row in found.items()}


def shown(row: Any) -> str:
    """The text as it may be shown: HTML was kept as it came and is sanitised here."""
    return nh3.clean(row["body"]) if row["body_format"] == "HTML" else row["body"]


async def post(info: Info, post_id: UUID) -> Post:
    """The post, read together with the others that are asked for in the same tick."""
    return await load(info, "post", post_id, lambda ids: Post.load(ids, info.context))


async def _comment(info: Info, comment_id: UUID) -> Comment | None:
    return await load(info, "comment", comment_id, lambda ids: Comment.load(ids, info.context))


def _places(rows: list[Any], page: Any) -> Connection[CircleMembership]:
    return paging.connection(
        rows,
        page,
        key=lambda row: (row["place"], row["changed_at"], row["id"]),
        nodes=[CircleMembership.of(row) for row in rows],
    )


def _thread(rows: list[Any] | None, page: Any, order: CommentOrder) -> Connection[Comment]:
    rows = rows or []
    return paging.connection(
        rows,
        page,
        key=lambda row: threads.key(row, order.value),
        nodes=[Comment.of(row) for row in rows],
    )


_POST_KINDS = {kind.value: kind for kind in tables.PostKind}
_COMMENT_KINDS = {kind.value: kind for kind in tables.CommentKind}
_STATES = {state.value: state for state in PostState}
_CIRCLE_KINDS = {kind.value: kind for kind in tables.CircleKind}
_VISIBILITIES = {visibility.value: visibility for visibility in tables.CircleVisibility}
_JOIN_POLICIES = {policy.value: policy for policy in tables.JoinPolicy}
_POSTINGS = {posting.value: posting for posting in tables.CirclePosting}
