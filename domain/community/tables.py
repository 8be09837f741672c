"""Tables of the community (schema ``community``).

The counters (``post_stat``, ``comment_stat``, ``stat_delta``) and the generated columns are made by raw SQL in the
migrations. Member columns hold the member that a row was written with; reads go over its root. An author that is null
is a closed account (已注销用户). Order never uses an id: it uses ``feed_seq``, which follows the time.
"""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.reference import LazyTableReference
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.foundation import ids


class CircleKind(StrEnum):
    MODEL = "MODEL"
    CITY = "CITY"
    CLUB = "CLUB"
    TOPIC = "TOPIC"
    OFFICIAL = "OFFICIAL"


class CircleVisibility(StrEnum):
    PUBLIC = "PUBLIC"
    UNLISTED = "UNLISTED"
    PRIVATE = "PRIVATE"


class JoinPolicy(StrEnum):
    OPEN = "OPEN"
    APPROVAL = "APPROVAL"
    INVITE = "INVITE"
    AUTO = "AUTO"


class CirclePosting(StrEnum):
    ANYONE = "ANYONE"
    MEMBERS = "MEMBERS"
    MODERATORS = "MODERATORS"


class CircleApproval(StrEnum):
    NONE = "NONE"
    NEW_MEMBERS = "NEW_MEMBERS"
    ALL = "ALL"


class CircleRole(StrEnum):
    MEMBER = "MEMBER"
    MODERATOR = "MODERATOR"
    LEAD = "LEAD"


class MembershipState(StrEnum):
    INVITED = "INVITED"
    REQUESTED = "REQUESTED"
    ACTIVE = "ACTIVE"
    REJECTED = "REJECTED"
    LEFT = "LEFT"


class MembershipSource(StrEnum):
    MANUAL = "MANUAL"
    AUTO = "AUTO"
    INVITE = "INVITE"
    MERGE = "MERGE"


class PostKind(StrEnum):
    MOMENT = "MOMENT"
    ARTICLE = "ARTICLE"
    VIDEO = "VIDEO"
    POLL = "POLL"
    QUESTION = "QUESTION"
    DRIVE_LOG = "DRIVE_LOG"
    DELIVERY = "DELIVERY"
    EVENT_RECAP = "EVENT_RECAP"


class CommentKind(StrEnum):
    COMMENT = "COMMENT"
    ANSWER = "ANSWER"


class BodyFormat(StrEnum):
    PLAIN = "PLAIN"
    MARKDOWN = "MARKDOWN"
    HTML = "HTML"


class Stage(StrEnum):
    DRAFT = "DRAFT"
    SCHEDULED = "SCHEDULED"
    PENDING = "PENDING"
    PUBLISHED = "PUBLISHED"
    REJECTED = "REJECTED"


class RevisionState(StrEnum):
    APPLIED = "APPLIED"
    PENDING = "PENDING"
    REJECTED = "REJECTED"


class TargetKind(StrEnum):
    POST = "POST"
    COMMENT = "COMMENT"


class ReactionKind(StrEnum):
    LIKE = "LIKE"
    DISLIKE = "DISLIKE"


class Circle(Table, schema="community"):
    """A place to publish and talk: of a model, a city, a club, a topic, or the brand's own.

    ``approval`` says whose posts wait for a moderator (先审后发). ``auto_rule`` is whom the policy AUTO lets in:
    ``{models, cities}``; ``auto_due_at`` is set while members are still to be judged by it, those after
    ``auto_after``.
    """

    id = UUID(primary_key=True, default=ids.new)
    slug = Varchar(length=60, null=False, default=None, unique=True)
    name = Varchar(length=60, null=False, default=None)
    kind = Varchar(length=10, null=False, default=None, choices=CircleKind)
    visibility = Varchar(length=10, null=False, default="PUBLIC", choices=CircleVisibility)
    join_policy = Varchar(length=10, null=False, default="OPEN", choices=JoinPolicy)
    posting = Varchar(length=10, null=False, default="ANYONE", choices=CirclePosting)
    approval = Varchar(length=12, null=False, default="NONE", choices=CircleApproval)
    auto_rule = JSONB(null=True, default=None)
    auto_due_at = Timestamptz(null=True, default=None)
    auto_after = UUID(null=True, default=None)
    merged_into = UUID(null=True, default=None)
    version = Integer(null=False, default=1)
    source = Text(null=True, default=None)
    external_id = Text(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_external_circle_once = Unique(["source", "external_id"])
    a_slug_is_lower_case = Check("slug ~ '^[a-z0-9][a-z0-9-]*$'")


class CircleMember(Table, schema="community"):
    """A member's place in a circle; who left keeps the row, so that no rule adds them again.

    A place that ended with source AUTO was ended by the rule itself, which may open it again.
    """

    id = UUID(primary_key=True, default=ids.new)
    circle = ForeignKey(Circle, null=False, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None, index=True)
    role = Varchar(length=10, null=False, default="MEMBER", choices=CircleRole)
    rank = SmallInt(null=False, default=0)
    state = Varchar(length=10, null=False, default=None, choices=MembershipState)
    source = Varchar(length=10, null=False, default="MANUAL", choices=MembershipSource)
    transition = Integer(null=False, default=1)
    created_at = Timestamptz(null=False, default=None)
    changed_at = Timestamptz(null=False, default=None)

    a_member_has_one_place = Unique(["circle", "member"])


class ModEvent(Table, schema="community"):
    """What moderation did, once and for all; a trigger refuses change and removal [raw]."""

    id = UUID(primary_key=True, default=ids.new)
    parent = UUID(null=True, default=None, index=True)
    actor = UUID(null=True, default=None)
    actor_kind = Varchar(length=10, null=False, default=None)
    kind = Varchar(length=20, null=False, default=None)
    subject_kind = Varchar(length=10, null=False, default=None)
    subject = UUID(null=False, default=None, index=True)
    policy = Text(null=True, default=None)
    reason = Text(null=True, default=None)
    payload = JSONB(null=False, default=None)
    reverts = UUID(null=True, default=None, unique=True)
    source = Text(null=True, default=None)
    external_id = Text(null=True, default=None)
    at = Timestamptz(null=False, default=None)

    each_external_act_once = Unique(["source", "external_id"])


class Post(Table, schema="community"):
    """Something published. ``is_visible`` is generated from the stage and the three facts against it [raw].

    ``feed_seq`` orders feeds: it follows ``published_at`` and is unique. ``body`` is kept as it came; HTML is
    sanitised when it is read. ``folded_hash`` tells repeated texts of one member. ``accepted_external`` is the external
    id of an accepted answer that was not imported yet. ``submitted_at`` is when its author sent it off (null while it is
    a draft, and for imported ones): rates count it. ``held_for`` says why it waits. ``purged_at`` is when the text of a
    deleted post was wiped. ``vehicle`` and ``event_id`` are records of other areas, without a foreign key.
    """

    id = UUID(primary_key=True, default=ids.new)
    author = UUID(null=True, default=None)
    circle = ForeignKey(Circle, null=True, on_delete=OnDelete.restrict)
    kind = Varchar(length=12, null=False, default=None, choices=PostKind)
    title = Varchar(length=300, null=True, default=None)
    body = Text(null=False, default=None)
    body_format = Varchar(length=8, null=False, default="PLAIN", choices=BodyFormat)
    folded_hash = BigInt(null=True, default=None)
    stage = Varchar(length=10, null=False, default=None, choices=Stage)
    is_listed = Boolean(null=False, default=True)
    held_for = Array(base_column=Text(), null=False, default=[])
    scheduled_at = Timestamptz(null=True, default=None)
    submitted_at = Timestamptz(null=True, default=None)
    published_at = Timestamptz(null=True, default=None)
    feed_seq = BigInt(null=True, default=None, unique=True)
    edited_at = Timestamptz(null=True, default=None)
    version = Integer(null=False, default=1)
    transition = Integer(null=False, default=0)
    deleted_at = Timestamptz(null=True, default=None)
    purged_at = Timestamptz(null=True, default=None)
    removed_by = ForeignKey(ModEvent, null=True, on_delete=OnDelete.restrict)
    locked_by = ForeignKey(ModEvent, null=True, on_delete=OnDelete.restrict)
    hidden_by = UUID(null=True, default=None)
    vehicle = UUID(null=True, default=None)
    event_id = UUID(null=True, default=None)
    ip_region = Text(null=True, default=None)
    ai_declared = Boolean(null=False, default=False)
    ai_suspected = Boolean(null=False, default=False)
    compose_ms = Integer(null=True, default=None)
    accepted_comment = UUID(null=True, default=None)
    accepted_external = Text(null=True, default=None)
    touchpoint = Text(null=True, default=None)
    licence = Text(null=True, default=None)
    source = Text(null=True, default=None)
    external_id = Text(null=True, default=None)
    source_type = Text(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_external_post_once = Unique(["source", "external_id"])
    what_is_published_has_its_place = Check(
        "stage <> 'PUBLISHED' OR (published_at IS NOT NULL AND feed_seq IS NOT NULL)"
    )


class PostRevision(Table, schema="community"):
    """A text that a post had or may get; kept from the first edit on, the first text being revision 1.

    ``is_shown`` is false for small corrections right after the last shown text. ``hashtags`` is what a pending revision
    would set (null: as they are).
    """

    id = UUID(primary_key=True, default=ids.new)
    post = ForeignKey(Post, null=False, on_delete=OnDelete.restrict)
    revision = Integer(null=False, default=None)
    title = Varchar(length=300, null=True, default=None)
    body = Text(null=False, default=None)
    hashtags = Array(base_column=Text(), null=True, default=None)
    state = Varchar(length=10, null=False, default=None, choices=RevisionState)
    is_shown = Boolean(null=False, default=True)
    created_at = Timestamptz(null=False, default=None)

    each_revision_once = Unique(["post", "revision"])


class Comment(Table, schema="community"):
    """A comment or an answer in a post's tree; the API shows two levels: roots, and all below one as ``replies``.

    ``root`` and ``parent`` are null for a root. ``is_visible`` says that it and all above it stand; it is judged anew
    for the whole tree under its root whenever one of the facts changes.
    """

    id = UUID(primary_key=True, default=ids.new)
    post = ForeignKey(Post, null=False, on_delete=OnDelete.restrict)
    root: ForeignKey = ForeignKey(
        LazyTableReference("Comment", app_name="community"), null=True, on_delete=OnDelete.restrict
    )
    parent: ForeignKey = ForeignKey(
        LazyTableReference("Comment", app_name="community"),
        null=True,
        on_delete=OnDelete.restrict,
        index=True,
    )
    author = UUID(null=True, default=None)
    kind = Varchar(length=8, null=False, default=None, choices=CommentKind)
    body = Text(null=False, default=None)
    body_format = Varchar(length=8, null=False, default="PLAIN", choices=BodyFormat)
    folded_hash = BigInt(null=True, default=None)
    stage = Varchar(length=10, null=False, default=None, choices=Stage)
    is_visible = Boolean(null=False, default=None)
    held_for = Array(base_column=Text(), null=False, default=[])
    published_at = Timestamptz(null=True, default=None)
    feed_seq = BigInt(null=True, default=None, unique=True)
    edited_at = Timestamptz(null=True, default=None)
    version = Integer(null=False, default=1)
    transition = Integer(null=False, default=0)
    deleted_at = Timestamptz(null=True, default=None)
    purged_at = Timestamptz(null=True, default=None)
    removed_by = ForeignKey(ModEvent, null=True, on_delete=OnDelete.restrict)
    locked_by = ForeignKey(ModEvent, null=True, on_delete=OnDelete.restrict)
    hidden_by = UUID(null=True, default=None)
    touchpoint = Text(null=True, default=None)
    licence = Text(null=True, default=None)
    source = Text(null=True, default=None)
    external_id = Text(null=True, default=None)
    source_type = Text(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_external_comment_once = Unique(["source", "kind", "external_id"])
    a_root_has_neither_root_nor_parent = Check("(root IS NULL) = (parent IS NULL)")
    an_answer_is_a_root = Check("kind <> 'ANSWER' OR parent IS NULL")


class Reaction(Table, schema="community"):
    """A like or a dislike; ``member`` is null for an anonymous imported one. One row per member and target [raw].

    ``voided_by`` names the merge that made it the second reaction of one person: it does not count while it stands.
    """

    id = UUID(primary_key=True, default=ids.new)
    target_kind = Varchar(length=8, null=False, default=None, choices=TargetKind)
    target = UUID(null=False, default=None)
    member = UUID(null=True, default=None)
    kind = Varchar(length=8, null=False, default=None, choices=ReactionKind)
    voided_by = UUID(null=True, default=None)
    source = Text(null=True, default=None)
    external_id = Text(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_external_reaction_once = Unique(["source", "external_id"])


class Hashtag(Table, schema="community"):
    """A hashtag (话题) by its folded name."""

    id = UUID(primary_key=True, default=ids.new)
    name = Text(null=False, default=None, unique=True)
    source = Text(null=True, default=None)
    external_id = Text(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)


class PostHashtag(Table, schema="community"):
    """A post under a hashtag, in the order in which its author wrote them."""

    id = UUID(primary_key=True, default=ids.new)
    post = ForeignKey(Post, null=False, on_delete=OnDelete.restrict)
    hashtag = ForeignKey(Hashtag, null=False, on_delete=OnDelete.restrict, index=True)
    position = SmallInt(null=False, default=None)

    each_hashtag_once_a_post = Unique(["post", "hashtag"])
