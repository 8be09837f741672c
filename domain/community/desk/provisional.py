"""What reports do by themselves before anybody decided: hide what many or trusted people report, silence a newcomer.

All of it is undone when the item is rejected, because its cause is kept.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM
from domain.community import configuration, locks, sanctions, standings
from domain.community.desk import acts, content, plans, subjects
from domain.community.desk.subjects import Subject
from domain.community.desk_tables import ReportCategory, SanctionKind
from domain.community.tables import TargetKind
from domain.foundation import ids

SILENCED = timedelta(hours=24)
FEWEST_REPORTERS = 3
TRUSTED_LEVEL = 3


async def judge(item: UUID, subject: Subject, category: ReportCategory, level: int) -> None:
    """Judge an item after a report by somebody of this level; the caller holds the item and the author's root.

    Hidden from a score of 8.33 on (data). SPAM of a newcomer reported by a trusted member is hidden at once, and the
    item has to be looked at. A newcomer is silenced for a day from 2.50 (data) by three people on.
    """
    row = await db.one(
        """SELECT i.score, (SELECT count(DISTINCT coalesce(m.root, r.staff)) FROM community.report AS r
            LEFT JOIN profile.member AS m ON m.id = r.reporter
            WHERE r.item = i.id AND (r.outcome IS NULL OR r.outcome = 'UPHELD')) AS reporters
        FROM community.review_item AS i WHERE i.id = $1""",
        item,
    )
    assert row is not None
    said = await configuration.values("review.hide_score", "review.silence_score")
    author_level = None if subject.author is None else (await standings.of(subject.author)).trust_level
    is_plain = category is ReportCategory.SPAM and level >= TRUSTED_LEVEL and author_level == 0
    if is_plain:
        await db.run(
            "UPDATE community.review_item SET force_review = true, version = version + 1 "
            "WHERE id = $1 AND NOT force_review",
            item,
        )
    if subject.is_content and (is_plain or row["score"] >= _number(said["review.hide_score"])):
        await _hide(item, subject)
    if (
        subject.author is not None
        and author_level == 0
        and row["reporters"] >= FEWEST_REPORTERS
        and row["score"] >= _number(said["review.silence_score"])
    ):
        await _silence(item, subject, subject.author, category)


async def _hide(item: UUID, subject: Subject) -> None:
    await locks.claim(subject.id)
    await content.hold(TargetKind(subject.kind), [subject.id])
    planned = plans.hiding(await subjects.find(subject.id, subject.kind), item)
    if planned:
        await acts.perform(SYSTEM, "HIDE", subject.ref, planned, id=ids.new(), item=item)


async def _silence(item: UUID, subject: Subject, author: UUID, category: ReportCategory) -> None:
    """Once an item, and not beside a longer silence."""
    until = clock.now() + SILENCED
    if any(each.kind is SanctionKind.MUTE and each.circle is None for each in await sanctions.active(author)):
        return
    if await db.value("SELECT EXISTS (SELECT FROM community.sanction WHERE item = $1)", item):
        return
    planned = await plans.sanction(
        author, SanctionKind.MUTE, circle=None, until=until, cause=category.value, reason=None, item=item
    )
    await acts.perform(
        SYSTEM, "SANCTION", ("MEMBER", author), planned, id=ids.new(), item=item, policy=category.value
    )


def _number(value: float) -> Decimal:
    return Decimal(str(value))
