"""Enums of the community."""

from __future__ import annotations

from enum import Enum, StrEnum

from api.fields import enum
from domain.community import errors, people_tables, tables


class CommentOrder(StrEnum):
    TOP = "TOP"
    NEWEST = "NEWEST"
    OLDEST = "OLDEST"


class FeedOrder(StrEnum):
    NEWEST = "NEWEST"
    HOT = "HOT"
    FEATURED = "FEATURED"


class PostState(StrEnum):
    DRAFT = "DRAFT"
    SCHEDULED = "SCHEDULED"
    PENDING = "PENDING"
    PUBLISHED = "PUBLISHED"
    REJECTED = "REJECTED"
    DELETED = "DELETED"
    REMOVED = "REMOVED"
    HIDDEN = "HIDDEN"


class ContentKind(StrEnum):
    POST = "POST"
    ANSWER = "ANSWER"
    COMMENT = "COMMENT"


class ContentOrder(StrEnum):
    SCORE = "SCORE"
    NEWEST = "NEWEST"
    COMMENTS = "COMMENTS"


class CircleOrder(StrEnum):
    NAME = "NAME"
    MEMBERS = "MEMBERS"
    NEWEST = "NEWEST"


class OwnerBadgeStatus(StrEnum):
    CURRENT = "CURRENT"
    FORMER = "FORMER"


class PeriodUnit(Enum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


PostKind = enum(
    tables.PostKind,
    "What kind of post it is.",
    MOMENT="A short post (动态).",
    ARTICLE="A longer text with a title.",
    VIDEO="A video.",
    POLL="A vote among options.",
    QUESTION="A question that is answered.",
    DRIVE_LOG="A report of a trip.",
    DELIVERY="A new owner's report (提车作业).",
    EVENT_RECAP="A report of a gathering.",
)
enum(
    PostState,
    "How a post or a comment stands; the first that holds of REMOVED, DELETED, HIDDEN, else its stage.",
    DRAFT="Being written.",
    SCHEDULED="Will be published at a set time.",
    PENDING="Waits for approval.",
    PUBLISHED="Published.",
    REJECTED="Not approved.",
    DELETED="Its author deleted it.",
    REMOVED="A moderator removed it.",
    HIDDEN="Hidden until a moderator decides.",
)
enum(
    OwnerBadgeStatus,
    "Whether an owner's badge is of a car owned now.",
    CURRENT="Owns the car now.",
    FORMER="Owned one, and does no more.",
)
MuteKind = enum(
    people_tables.MuteKind,
    "What is muted.",
    MEMBER="All that a member writes.",
    CIRCLE="All that is in a circle.",
    KEYWORD="All that holds a word.",
    THREAD="What happens under a post: its notices.",
)
CommentKind = enum(
    tables.CommentKind,
    "What kind of comment it is.",
    COMMENT="A comment or a reply.",
    ANSWER="An answer to a question.",
)
ReactionKind = enum(
    tables.ReactionKind,
    "How somebody reacts.",
    LIKE="Likes it.",
    DISLIKE="Does not like it; offered only where the brand switched it on.",
)
CircleKind = enum(
    tables.CircleKind,
    "What a circle (圈子) is about.",
    MODEL="A model.",
    CITY="A city.",
    CLUB="A club.",
    TOPIC="A topic.",
    OFFICIAL="The brand's own.",
)
CircleVisibility = enum(
    tables.CircleVisibility,
    "Who sees what is in a circle.",
    PUBLIC="Everybody.",
    UNLISTED="Everybody who has the link.",
    PRIVATE="Its members only.",
)
JoinPolicy = enum(
    tables.JoinPolicy,
    "How one joins a circle.",
    OPEN="At once.",
    APPROVAL="By asking.",
    INVITE="By invitation only.",
    AUTO="By the circle's own rule.",
)
CirclePosting = enum(
    tables.CirclePosting,
    "Who publishes in a circle.",
    ANYONE="Every member of the app.",
    MEMBERS="Members of the circle.",
    MODERATORS="Its moderators only.",
)
CircleApproval = enum(
    tables.CircleApproval,
    "Whose posts in a circle wait for a moderator (先审后发).",
    NONE="Nobody's.",
    NEW_MEMBERS="Those of people who have published little yet.",
    ALL="Everybody's but the moderators'.",
)
enum(
    CircleOrder,
    "The order of circles.",
    NAME="By name.",
    MEMBERS="Most people first.",
    NEWEST="Newest first.",
)
CircleRole = enum(
    tables.CircleRole,
    "A person's role in a circle.",
    MEMBER="A member.",
    MODERATOR="A moderator.",
    LEAD="A lead (圈主).",
)
MembershipState = enum(
    tables.MembershipState,
    "How a person stands with a circle.",
    INVITED="Was invited, and may join whatever the circle's policy.",
    REQUESTED="Asked to join.",
    ACTIVE="Is in it.",
    REJECTED="Was not let in.",
    LEFT="Left it.",
)
PostingBarrier = enum(
    errors.PostingBarrier,
    "Why somebody may not publish, comment or react.",
    PHONE_UNVERIFIED="A verified phone number is needed first.",
    SANCTIONED="The membership is suspended, or a sanction is in force.",
    TRUST_TOO_LOW="This takes a higher trust level.",
    BLOCKED="One of the two has blocked the other.",
    CIRCLE_NOT_JOINED="The circle has to be joined first.",
    CIRCLE_MEMBERS_ONLY="Only the circle's members may, and it cannot be joined by asking.",
    CIRCLE_READ_ONLY="Only the circle's moderators publish here.",
    CLOSED_QUESTION="The question is closed.",
)
TipBarrier = enum(
    errors.TipBarrier,
    "Why a post cannot be tipped.",
    OWN_POST="It is one's own.",
    NO_AUTHOR="Its author has closed the account.",
    AMOUNT_NOT_OFFERED="The amount is not among those that the trust level offers.",
    TRUST_TOO_LOW="The trust level offers no tips.",
    LIMIT_OF_MONTH="The author was tipped as often as a month allows.",
    SANCTIONED="A sanction is in force.",
)
enum(
    CommentOrder,
    "The order of comments.",
    TOP="Best first, by the lower bound of their likes (Wilson, 80 %).",
    NEWEST="Newest first.",
    OLDEST="Oldest first.",
)
enum(
    FeedOrder,
    "The order of a feed.",
    NEWEST="Newest first.",
    HOT="What most people engage with, weighed against its age.",
    FEATURED="Only what moderators marked as excellent (精华), the last chosen first.",
)
enum(ContentKind, "What a row of a staff list is.", POST="A post.", ANSWER="An answer.", COMMENT="A comment.")
enum(
    ContentOrder,
    "The order of a staff list; equal ones oldest first.",
    SCORE="Highest score first (likes minus dislikes).",
    NEWEST="Newest first.",
    COMMENTS="Most comments directly under it first.",
)
enum(
    PeriodUnit,
    "A length of the calendar.",
    DAY="Days.",
    WEEK="Weeks (from Monday).",
    MONTH="Months.",
    YEAR="Years.",
)
JoinDecision = enum(
    Enum("JoinDecision", {"APPROVE": "APPROVE", "REJECT": "REJECT"}),
    "What becomes of a wish to join.",
    APPROVE="The member is let in.",
    REJECT="The member is turned down, and may ask again.",
)
