"""What an act would change: worked out from rows as they stand, before anything is touched.

The same plan is shown as the effects of an available action, is what a dry run answers, and is what is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from domain import clock, db
from domain.community import hashtags, sanctions
from domain.community.desk import content
from domain.community.desk.changes import Change, What, change
from domain.community.desk.errors import SanctionExists
from domain.community.desk.policies import Policy
from domain.community.desk.subjects import Subject
from domain.community.desk_tables import SanctionKind, SubjectKind
from domain.community.tables import TargetKind
from domain.foundation import ids


async def removal(subject: Subject, event: UUID, *, with_replies: bool = False) -> list[Change]:
    """The content (unless it is removed), with all that stands below it, and the acceptance of answers among them."""
    found: list[Change] = []
    if subject.row["removed_by"] is None:
        found.append(change(What.REMOVED, subject.kind, subject.id, None, event))
    if with_replies:
        found += [change(What.REMOVED, "COMMENT", id_, None, event) for id_ in await _below(subject)]
    return await _acceptances(found) + found


async def removal_of_all(member: UUID, circles: Sequence[UUID] | None, event: UUID) -> list[Change]:
    """Everything that a person published and that stands, in these circles (None: everywhere)."""
    mine = "ANY(ARRAY(SELECT o.id FROM profile.member AS m JOIN profile.member AS o ON o.root = m.root WHERE m.id = $1))"
    posts = await db.fetch(
        f"""SELECT id FROM community.post WHERE author = {mine} AND removed_by IS NULL AND stage = 'PUBLISHED'
        AND ($2::uuid[] IS NULL OR circle = ANY($2)) ORDER BY id""",
        member, circles,
    )  # fmt: skip
    comments = await db.fetch(
        f"""SELECT c.id FROM community.comment AS c JOIN community.post AS p ON p.id = c.post WHERE c.author = {mine}
        AND c.removed_by IS NULL AND c.stage = 'PUBLISHED' AND ($2::uuid[] IS NULL OR p.circle = ANY($2)) ORDER BY c.id""",
        member, circles,
    )  # fmt: skip
    found = [change(What.REMOVED, "POST", row["id"], None, event) for row in posts]
    found += [change(What.REMOVED, "COMMENT", row["id"], None, event) for row in comments]
    return await _acceptances(found) + found


def restoration(subject: Subject) -> list[Change]:
    """A removal and a hiding taken back; what its author deleted stays deleted."""
    row = subject.row
    return [
        change(what, subject.kind, subject.id, row[column], None)
        for what, column in ((What.REMOVED, "removed_by"), (What.HIDDEN, "hidden_by"))
        if row[column] is not None
    ]


def hiding(subject: Subject, item: UUID) -> list[Change]:
    """Not seen until somebody decides the item; nothing where it is hidden already."""
    if subject.row["hidden_by"] is not None:
        return []
    return [change(What.HIDDEN, subject.kind, subject.id, None, item)]


def unhiding(subject: Subject, item: UUID) -> list[Change]:
    """What this very item hid, and nothing else."""
    if not subject.is_content or subject.row["hidden_by"] != item:
        return []
    return [change(What.HIDDEN, subject.kind, subject.id, item, None)]


def locking(subject: Subject, event: UUID | None) -> list[Change]:
    """Closed (``event``) or open again (None)."""
    now = subject.row["locked_by"]
    if (now is None) is (event is None):
        return []
    return [change(What.LOCKED, subject.kind, subject.id, now, event)]


async def staging(subject: Subject, to: str) -> list[Change]:
    """What waits for approval becomes PUBLISHED or REJECTED: the content, or an edit of a published one."""
    row, kind = subject.row, TargetKind(subject.kind)
    if row["stage"] == "PENDING":
        return [change(What.STAGE, subject.kind, subject.id, "PENDING", to, held_for=row["held_for"])]
    edit = await content.waiting_edit(kind, subject.id)
    if edit is None:
        return []
    is_post = kind is TargetKind.POST
    before = {
        "title": row["title"] if is_post else None, "body": row["body"], "state": "PENDING",
        "edited_at": row["edited_at"], "hashtags": await hashtags.of(subject.id) if is_post else [],
    }  # fmt: skip
    after = before | {"state": "REJECTED"}
    if to == "PUBLISHED":
        after = before | {
            "state": "APPLIED",
            "body": edit["body"],
            "title": edit["title"] if is_post else None,
        }
    return [change(What.REVISION, subject.kind, subject.id, before, after, revision=edit["revision"])]


async def waits(subject: Subject) -> bool:
    """Whether the content, or an edit of it, waits for approval."""
    return subject.is_content and bool(await staging(subject, "PUBLISHED"))


def masking(subject: Subject, spans: Sequence[tuple[int, int]]) -> list[Change]:
    """Each character of these spans of the body becomes an asterisk; spaces and line ends stay."""
    title = subject.row["title"] if subject.kind is SubjectKind.POST else None
    body = list(subject.row["body"])
    for start, end in spans:
        for at in range(max(start, 0), min(end, len(body))):
            body[at] = body[at] if body[at].isspace() else "*"
    before, after = {"title": title, "body": subject.row["body"]}, {"title": title, "body": "".join(body)}
    if before == after:
        return []
    return [change(What.TEXT, subject.kind, subject.id, before, after, original=before)]


def marking_ai(subject: Subject) -> list[Change]:
    """The post is said to be made with AI."""
    if subject.kind is not SubjectKind.POST or subject.row["ai_suspected"]:
        return []
    return [change(What.AI, subject.kind, subject.id, False, True)]


async def sanction(
    member: UUID,
    kind: SanctionKind,
    *,
    circle: UUID | None,
    until: datetime | None,
    cause: str,
    reason: str | None,
    item: UUID | None = None,
) -> list[Change]:
    """A new sanction. Raises SanctionExists where the same limit is in force at the same place for at least as long."""
    if kind is not SanctionKind.WARN:
        for each in await sanctions.active(member, circle):
            if each.kind is kind and each.circle == circle and _is_as_long(each.until, until):
                raise SanctionExists(each.until)
    return [
        change(
            What.SANCTION,
            "MEMBER",
            ids.new(),
            None,
            "ACTIVE",
            member=member,
            sanction=kind,
            circle=circle,
            until=until,
            cause=cause,
            reason=reason,
            item=item,
        )
    ]


async def lifting(*, item: UUID | None = None, sanction_id: UUID | None = None) -> list[Change]:
    """The end of the sanctions in force that this item caused, or of one."""
    rows = await db.fetch(
        """SELECT * FROM community.sanction WHERE (item = $1 OR id = $2) AND ended_at IS NULL AND member IS NOT NULL
        AND (until IS NULL OR until > $3) ORDER BY id""",
        item, sanction_id, clock.now(),
    )  # fmt: skip
    return [
        change(
            What.SANCTION, "MEMBER", row["id"], "ACTIVE", None,
            sanction=row["kind"],
            **{name: row[name] for name in ("member", "circle", "until", "cause", "reason", "item")},
        )
        for row in rows
    ]  # fmt: skip


async def strike(member: UUID, policy: Policy) -> list[Change]:
    """What an upheld decision under a policy adds: nothing the first time where that is a warning; credit goes down anyway."""
    n = policy.strikes
    if policy.first_is_warning and not await db.value(
        """SELECT EXISTS (SELECT FROM community.strike AS s JOIN profile.member AS m ON m.id = s.member
        WHERE m.root = (SELECT root FROM profile.member WHERE id = $1) AND s.policy = $2 AND s.reversed_by IS NULL)""",
        member, policy.code,
    ):  # fmt: skip
        n = 0
    expires = None if policy.expires_days is None else clock.now() + timedelta(days=policy.expires_days)
    return [
        change(
            What.STRIKE, "MEMBER", ids.new(), None, "COUNTED", member=member, policy=policy.code, n=n,
            credit=policy.strikes, expires_at=expires,
        )
    ]  # fmt: skip


def closing(reports: Sequence[db.Row], outcome: str) -> list[Change]:
    """Pending reports close with an outcome."""
    return [
        change(
            What.REPORT, "REPORT", row["id"], {"state": row["state"], "outcome": row["outcome"]},
            {"state": "CLOSED", "outcome": outcome},
        )
        for row in reports
    ]  # fmt: skip


def decided(item: UUID, state: str, event: UUID) -> Change:
    """The item waits no more."""
    return change(What.ITEM, "ITEM", item, "PENDING", state, decision=event)


async def _below(subject: Subject) -> list[UUID]:
    """Comments under it that are not removed, nearest first."""
    if subject.kind is SubjectKind.POST:
        rows = await db.fetch(
            "SELECT id FROM community.comment WHERE post = $1 AND removed_by IS NULL ORDER BY created_at, id",
            subject.id,
        )
    else:
        rows = await db.fetch(
            """WITH RECURSIVE tree AS (
                SELECT id, removed_by, created_at FROM community.comment WHERE parent = $1
                UNION ALL
                SELECT c.id, c.removed_by, c.created_at FROM tree AS t JOIN community.comment AS c ON c.parent = t.id
            ) SELECT id FROM tree WHERE removed_by IS NULL ORDER BY created_at, id""",
            subject.id,
        )
    return [row["id"] for row in rows]


async def _acceptances(removals: Sequence[Change]) -> list[Change]:
    gone = [one.id for one in removals if one.kind == "COMMENT"]
    rows = await db.fetch(
        "SELECT id, accepted_comment FROM community.post WHERE accepted_comment = ANY($1) ORDER BY id", gone
    )
    return [change(What.ACCEPTED, "POST", row["id"], row["accepted_comment"], None) for row in rows]


def _is_as_long(one: datetime | None, other: datetime | None) -> bool:
    return one is None or (other is not None and one >= other)
