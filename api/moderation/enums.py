"""Enums of moderation."""

from __future__ import annotations

from enum import StrEnum

from api.fields import enum
from domain.community import desk_tables as tables
from domain.community.desk import actions, changes, deciding


class NoteAudience(StrEnum):
    INTERNAL = "INTERNAL"
    REPORTER = "REPORTER"
    SUBJECT = "SUBJECT"


class ReviewOrder(StrEnum):
    SCORE = "SCORE"
    NEWEST = "NEWEST"
    OLDEST = "OLDEST"
    DUE = "DUE"


class PinScope(StrEnum):
    CIRCLE = "CIRCLE"
    SITE = "SITE"


class ModActorKind(StrEnum):
    HUMAN = "HUMAN"
    RULE = "RULE"
    MODEL = "MODEL"
    IMPORT = "IMPORT"


SubjectKind = enum(
    tables.SubjectKind,
    "What is reported or reviewed.",
    name="ReviewSubjectKind",
    POST="A post.",
    COMMENT="A comment, a reply or an answer.",
    MEMBER="A person.",
    MEDIA="A picture or a video.",
)
ReportCategory = enum(
    tables.ReportCategory,
    "What is wrong with it; criticism of the brand is none.",
    SPAM="Advertising and noise (垃圾信息).",
    ABUSE="Insults and harassment (辱骂骚扰).",
    FRAUD="Deception (欺诈).",
    ILLEGAL="Against the law (违法违规).",
    OFF_TOPIC="In the wrong place (与主题无关).",
)
ReportState = enum(
    tables.ReportState,
    "Where a report stands.",
    OPEN="It waits, in no queue.",
    ESCALATED="It was lifted above its queue.",
    QUEUED="It waits in a queue.",
    ASSIGNED="A moderator works on it.",
    CLOSED="It was decided.",
)
ReportOutcome = enum(
    tables.ReportOutcome,
    "What became of a report.",
    UPHELD="It was right.",
    REJECTED="No rule was broken.",
    IGNORED="Closed without a judgement.",
)
ReviewState = enum(
    tables.ReviewState,
    "Where a review item stands.",
    PENDING="It waits.",
    UPHELD="The rules were broken.",
    REJECTED="They were not.",
    IGNORED="Closed without a judgement.",
    WITHDRAWN="There is nothing left to decide.",
)
ReviewCause = enum(
    tables.ReviewCause,
    "Why something waits for a moderator.",
    REPORTED="Somebody reported it.",
    HELD="Screening held it before it was published.",
    RULE="A rule marked it.",
    MEDIA="A picture has to be looked at.",
    RESCAN="A rule that came later would hold it.",
    APPEAL="Its author appeals.",
    QA="A second look, for quality.",
)
ClaimMode = enum(
    tables.ClaimMode,
    "Whether an item has to be claimed before it is decided.",
    OPTIONAL="No.",
    REQUIRED="Yes.",
)
SanctionKind = enum(
    tables.SanctionKind,
    "A limit on a member.",
    WARN="A warning; it limits nothing.",
    MUTE="No publishing, commenting and reacting (禁言).",
    LIMIT="Kept out of hot lists, search and suggestions (降权).",
    SUSPEND="Signed out for a while.",
    BAN="Signed out.",
    FREEZE_POINTS="Points cannot be spent.",
    SHADOW="Seen by nobody else and not told; for rings, 14 days at most, signed by two others.",
)
Verdict = enum(
    deciding.Verdict,
    "A judgement on the reports, apart from what is done.",
    UPHOLD="The rules were broken.",
    REJECT="They were not: what the item hid is shown again.",
    IGNORE="No judgement.",
)
ReviewActionKind = enum(
    actions.ActionKind,
    "What is done with a subject.",
    REMOVE="Remove the content.",
    REMOVE_REPLIES="Remove all that stands below it.",
    RESTORE="Take a removal or a hiding back.",
    HIDE="Hide it.",
    LOCK="Close it to additions.",
    APPROVE="Publish what waits for approval.",
    REJECT_PENDING="Do not publish it.",
    MASK="Put asterisks over parts of the text.",
    WARN="Warn the author.",
    SANCTION="Limit the author.",
    REMOVE_ALL="Remove everything that the author published here.",
    HAND_TO_SERVICE="Let the service team care for a complaint.",
    MARK_AI="Mark it as made with AI.",
)
EffectKind = enum(
    changes.What,
    "Which fact changes.",
    name="EffectKind",
    ACCEPTED="Which answer is accepted.",
    REMOVED="Whether it is removed.",
    HIDDEN="Whether it is hidden.",
    LOCKED="Whether it is closed.",
    STAGE="Its stage.",
    REVISION="What becomes of an edit that waits.",
    TEXT="Its text.",
    AI="Whether it is marked as made with AI.",
    FEATURED="Whether it is featured.",
    PINNED="Whether it is pinned.",
    SANCTION="A sanction of the author.",
    STRIKE="Strikes and credit of the author.",
    MUTED_REPORTER="Whether the reports of a member count.",
    REPORT="A report's state.",
    ITEM="The review item's state.",
)
enum(
    NoteAudience,
    "Whom a note is for.",
    INTERNAL="Moderators.",
    REPORTER="Who reported.",
    SUBJECT="Whose content it is.",
)
enum(
    ReviewOrder,
    "The order of review items.",
    SCORE="Highest score first, then newest.",
    NEWEST="Newest first.",
    OLDEST="Oldest first.",
    DUE="First due first.",
)
enum(PinScope, "Where a post is pinned.", CIRCLE="In its circle.", SITE="In the feed of all.")
enum(
    ModActorKind,
    "Who acted.",
    HUMAN="A person.",
    RULE="A rule.",
    MODEL="A model.",
    IMPORT="It came with imported history.",
)
