"""What people hear of a decision: the author policy, duration and how to appeal; each reporter the outcome, exactly once.

Nobody is named: neither who decided nor who reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import configuration
from domain.community.desk import kinds, policies, strikes
from domain.community.desk.subjects import Subject
from domain.community.desk_tables import ReportOutcome, SanctionKind
from domain.errors import InvalidInput
from domain.messaging import notices
from domain.messaging.types import NoticeType
from domain.profile import interactions

#: What an author reads about each act, zh and en; acts that are not here are not told.
_DONE = {
    "REMOVE": ("内容已被移除", "was removed"),
    "REMOVE_REPLIES": ("下方的回复已被移除", "lost the replies below it"),
    "REMOVE_ALL": ("全部内容已被移除", "was removed, with everything else you published"),
    "RESTORE": ("内容已恢复", "was restored"),
    "UNHIDE": ("内容已恢复显示", "is shown again"),
    "HIDE": ("内容已被隐藏", "was hidden"),
    "LOCK": ("讨论已关闭", "was closed to replies"),
    "APPROVE": ("内容已通过审核", "was approved"),
    "REJECT_PENDING": ("内容未通过审核", "was not approved"),
    "MASK": ("部分文字已被遮盖", "had words masked"),
    "MARK_AI": ("内容被标注为疑似 AI 生成", "was marked as made with AI"),
    "HAND_TO_SERVICE": ("内容已转交服务团队", "was handed to the service team"),
}
_SANCTIONED = {
    SanctionKind.WARN: ("你收到一次警告", "you were warned"),
    SanctionKind.MUTE: ("你已被禁言", "you were muted"),
    SanctionKind.LIMIT: ("你的内容已被限制传播", "your content is shown to fewer people"),
    SanctionKind.SUSPEND: ("你的账号已被暂停", "your account was suspended"),
    SanctionKind.BAN: ("你的账号已被封禁", "your account was banned"),
    SanctionKind.FREEZE_POINTS: ("你的积分已被冻结", "your points were frozen"),
}
_OUTCOMES = {
    ReportOutcome.UPHELD: ("已成立,我们已作出处理", "was upheld, and we acted on it"),
    ReportOutcome.REJECTED: ("未成立,内容未违反规则", "was not upheld: no rule was broken"),
    ReportOutcome.IGNORED: ("已处理", "was closed"),
}


async def tell_author(
    subject: Subject,
    done: Sequence[str],
    event: UUID,
    *,
    policy_code: str | None = None,
    sanctions: Iterable[Mapping[str, Any]] = (),
    message: str | None = None,
    strike: bool = False,
) -> None:
    """The author hears what was done, by which policy, for how long, and how to appeal; SHADOW is never told.

    ``sanctions`` are the facts of new ones. Without anything to tell nothing is said.
    """
    told = [_DONE[act] for act in done if act in _DONE]
    laid = [each for each in sanctions if each["sanction"] in _SANCTIONED]
    limits = [_SANCTIONED[SanctionKind(each["sanction"])] for each in laid]
    if subject.author is None or not (told or limits or message):
        return
    policy = (await policies.by_codes([policy_code])).get(policy_code) if policy_code else None
    ends = [each["until"] for each in laid]
    until = None if None in ends or not ends else max(datetime.fromisoformat(str(end)) for end in ends)
    days = await configuration.value("appeal.days")
    next_ = await strikes.next_step(subject.author) if strike else None
    zh = ";".join([*(f"你发布的{text}" for text, _ in told), *(text for text, _ in limits)])
    en = "; ".join([*(f"What you published {text}" for _, text in told), *(text for _, text in limits)])
    if policy:
        zh, en = f"{zh}。依据规则:{policy.name_zh}", f"{en}. Policy: {policy.name_en}"
    if until:
        zh, en = f"{zh}。截止 {until:%Y-%m-%d %H:%M} UTC", f"{en}. Until {until:%Y-%m-%d %H:%M} UTC"
    if next_:
        zh = f"{zh}。再累计 {next_.missing} 次违规记分将被处以 {next_.kind}"
        en = f"{en}. {next_.missing} more strikes lead to {next_.kind}"
    if any(act not in ("RESTORE", "UNHIDE", "APPROVE") for act in done) or limits:
        zh, en = f"{zh}。如有异议,可在 {days} 天内申诉", f"{en}. You can appeal within {days} days"
    await notices.send(
        subject.author, NoticeType.MODERATION, subject.ref,
        {
            "outcome_zh": zh, "outcome_en": en, "policy": policy_code, "until_at": until and until.isoformat(),
            "appeal_days": days, "message": message or "", "event": str(event),
        },
        once=event,
    )  # fmt: skip


async def tell_reporters(
    actor: Actor, reports: Sequence[UUID], outcome: ReportOutcome, *, message: str | None = None
) -> int:
    """Tell those who were not told yet; answers how many. One UPDATE decides who tells, so nobody hears it twice.

    The fact stands on the reporter's timeline at each closing; staff who reported hear nothing.
    """
    rows = await db.fetch(
        """UPDATE community.report SET outcome_notified_at = $2 WHERE id = ANY($1) AND outcome_notified_at IS NULL
        RETURNING id, reporter, transition""",
        list(reports), clock.now(),
    )  # fmt: skip
    zh, en = _OUTCOMES[outcome]
    for row in rows:
        if row["reporter"] is not None:
            await notices.send(
                row["reporter"], NoticeType.REPORT_OUTCOME, ("REPORT", row["id"]),
                {"outcome_zh": zh, "outcome_en": en, "outcome": outcome.value, "message": message or ""},
            )  # fmt: skip
    return len(rows)


async def record_closed(actor: Actor, reports: Sequence[UUID], outcome: ReportOutcome) -> None:
    """On the timeline of each reporter: the report was decided. Nobody's name stands there."""
    rows = await db.fetch(
        "SELECT id, reporter, transition FROM community.report WHERE id = ANY($1) ORDER BY seq", list(reports)
    )
    for row in rows:
        await interactions.record(
            actor, kinds.REPORT_CLOSED, ("REPORT", row["id"]), once=f"{row['id']}:{row['transition']}",
            member=row["reporter"], outcome=outcome.value,
        )  # fmt: skip


async def must_name_nobody(texts: Mapping[str, str | None], actor: Actor, reporters: Sequence[UUID]) -> None:
    """Raise InvalidInput for a text to members that names the moderator or a reporter."""
    rows = await db.fetch(
        """SELECT name FROM (
            SELECT m.display_name AS name FROM profile.member AS w JOIN profile.member AS m ON m.id = w.root
                WHERE w.id = ANY($1) OR w.id = $2
            UNION ALL SELECT m.number FROM profile.member AS w JOIN profile.member AS m ON m.id = w.root
                WHERE w.id = ANY($1) OR w.id = $2
            UNION ALL SELECT s.name FROM access.staff AS s WHERE s.id = $2) AS n WHERE length(name) >= 2""",
        list(reporters), actor.id,
    )  # fmt: skip
    for path, text in texts.items():
        if text and any(row["name"].lower() in text.lower() for row in rows):
            raise InvalidInput.at(path, "Name neither who decided nor who reported.")
