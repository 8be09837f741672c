"""What waits on the desk of the demonstration brand: a few reports, one that hid a post, a post that was held."""

from __future__ import annotations

from uuid import UUID

from domain import clock, db
from domain.actor import member
from domain.community import review_items, rules, stages
from domain.community.demo import CIRCLES, circle_id
from domain.community.desk import reports, routing
from domain.community.desk_tables import ReportCategory, ReviewCause
from domain.foundation import ids
from domain.profile import demo as people

_C = ReportCategory
#: Number of the post, categories of its reports, a note.
REPORTED = (
    (3, (_C.SPAM, _C.SPAM), "重复发广告"),
    (11, (_C.ABUSE,), "语言攻击其他车主"),
    (27, (_C.ILLEGAL,), "疑似违法改装交易"),
    (42, (_C.OFF_TOPIC,), None),
    (58, (_C.FRAUD, _C.ABUSE), "要求私下转账"),
)
HELD = "低价代充会员,链接见评论区,先到先得。"
FRAUD_QUEUE = ids.named("community", "mod_queue", "demo fraud")


def item_id(number: int) -> UUID:
    """The item of a reported post (0: of the held one), the same in every demonstration."""
    return ids.named("demo review item", number)


async def load() -> None:
    """Let members report, and a post wait; nothing when it is there already, or when the posts are not."""
    if await db.value("SELECT EXISTS (SELECT FROM community.report)"):
        return
    members = await people.members()
    async with db.transaction():
        await _queue()
        for number, categories, note in REPORTED:
            await _report(number, categories, note, members)
        await _hold(members[7])
    await routing.route()


async def _queue() -> None:
    """Fraud is looked at first, within two hours, by who claims it."""
    await db.run(
        """INSERT INTO community.mod_queue (id, name, position, kinds, categories, circles, sla_minutes, claim, is_enabled,
            version, created_at)
        VALUES ($1, '欺诈优先', 10, '{}', '{FRAUD,ILLEGAL}', '{}', 120, 'REQUIRED', true, 1, $2) ON CONFLICT (id) DO NOTHING""",
        FRAUD_QUEUE, clock.now(),
    )  # fmt: skip


async def _report(
    number: int, categories: tuple[ReportCategory, ...], note: str | None, members: list[UUID]
) -> None:
    post = ids.named("demo post", number)
    author = await db.value("SELECT author FROM community.post WHERE id = $1", post)
    if author is None:
        return
    await _item(number, "POST", post, ReviewCause.REPORTED)
    others = [each for each in members if each != author]
    for at, category in enumerate(categories):
        reporter = member(others[(number * 7 + at * 13) % len(others)], touchpoint="ios")
        await reports.file(reporter, post, category, note=note if at == 0 else None)


async def _hold(author: UUID) -> None:
    post = ids.named("demo post", "held")
    await db.run(
        """INSERT INTO community.post (id, author, circle, kind, body, body_format, folded_hash, stage, is_listed, version,
            transition, touchpoint, created_at)
        VALUES ($1, $2, $3, 'MOMENT', $4, 'PLAIN', $5, 'DRAFT', true, 1, 0, 'ios', $6)""",
        post, author, circle_id(CIRCLES[0][0]), HELD, rules.fingerprint(None, HELD), clock.now(),
    )  # fmt: skip
    await _item(0, "POST", post, ReviewCause.HELD)
    await stages.hold(member(author), post, ["WORDS"])


async def _item(number: int, kind: str, subject: UUID, cause: ReviewCause) -> None:
    """The item with its own id, before anything joins it."""
    await db.run(
        """INSERT INTO community.review_item (id, subject_kind, subject, state, cause, causes, reasons, score, version,
            opened_at, created_at)
        VALUES ($1, $2, $3, 'PENDING', $4::text, ARRAY[$4::text], '{}', 0, 1, $5, $5) ON CONFLICT DO NOTHING""",
        item_id(number), kind, subject, cause.value, clock.now(),
    )  # fmt: skip
    assert await review_items.open(kind, subject, cause) == item_id(number)
