"""A year of points of the demonstration brand, the same every time: earned, spent, held, expired and in debt."""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID

from domain import db
from domain.actor import SYSTEM
from domain.points import books, community_rule, engagement_demo, moves, study_demo
from domain.points.book import Account, Book, Hold, Journal, Part
from domain.points.tables import HoldState, JournalKind
from domain.profile import demo as profile_demo

#: Reason, from and to how many points, and who pays for them.
_EARNED = (
    ("签到 · Daily check-in", 5, 20, None),
    ("试驾 · Test drive", 200, 300, "dealer:shanghai-01"),
    ("保养 · Maintenance visit", 80, 160, "store:hangzhou-02"),
    ("活动签到 · Came to an event", 50, 120, "brand"),
    ("推荐购车 · Referred a friend", 500, 1_500, "brand"),
)
_SPENT = (
    ("商城:车模 · Shop: model car", 300),
    ("商城:咖啡券 · Shop: coffee", 30),
    ("活动报名 · Event ticket", 100),
    ("洗车券 · Car wash", 60),
)
_TOGETHER = 25


async def load() -> None:
    """Publish the community's earn rules and post the history; nothing when it is there already."""
    await community_rule.publish()
    if await db.value("SELECT EXISTS (SELECT FROM points.journal WHERE source = 'DEMO')"):
        return
    dice = random.Random("marque demo points")  # noqa: S311 - an invented history, the same every time
    members = await profile_demo.members()
    for start in range(0, len(members), _TOGETHER):
        await _history(members[start : start + _TOGETHER], dice)
    await engagement_demo.load(members)
    await study_demo.load()


async def _history(members: list[UUID], dice: random.Random) -> None:
    async with db.transaction():
        book = await books.lock(members, ["GROWTH", "POINTS"])
        await books.load_whole(book, book.accounts.values())
        now = book.now
        for number, member in enumerate(sorted({account.member for account in book.accounts.values()})):
            points, growth = book.of(member, "POINTS"), book.of(member, "GROWTH")
            days = sorted(dice.sample(range(3, 360), dice.randrange(4, 24)), reverse=True)
            for days_ago in days:
                book.now = now - timedelta(days=days_ago, minutes=dice.randrange(600))
                moves.settle(book, points)
                _one(book, points, growth, dice)
            book.now = now
            moves.settle(book, points)
            _present(book, points, number, dice)
        await books.settle(book)
        await books.write(book, SYSTEM, flags=["historical", "no_rules"])


def _one(book: Book, points: Account, growth: Account, dice: random.Random) -> None:
    reason, price = dice.choice(_SPENT)
    if points.available > price and dice.random() < 0.4:
        moves.spend(book, points, _journal(book, JournalKind.SPEND, points, reason), price)
        return
    reason, low, high, payer = dice.choice(_EARNED)
    amount = dice.randrange(low, high + 1, 5)
    lasts = dice.choice((90, 180, 365, None))
    until = None if lasts is None else book.now + timedelta(days=lasts)
    earned = _journal(book, JournalKind.EARN, points, reason)
    moves.earn(book, points, earned, amount, expires_at=until, funding_source=payer)
    moves.earn(book, growth, _journal(book, JournalKind.EARN, growth, reason), max(1, amount // 10))


def _present(book: Book, points: Account, number: int, dice: random.Random) -> None:
    """Some members have pending points, some an open hold, a few are in debt."""
    if number % 5 == 0:
        pending = _journal(book, JournalKind.EARN, points, "订单返积分 · Points for an order")
        moves.earn(
            book, points, pending, dice.randrange(50, 500, 10), activates_at=book.now + timedelta(days=14)
        )
    if number % 7 == 0 and points.available >= 50:
        held = _journal(book, JournalKind.HOLD, points, "活动报名待支付 · Registration to be paid")
        of = Hold(
            held.id,
            "DEMO",
            str(held.id),
            points.member,
            HoldState.OPEN,
            held.reason,
            book.now + timedelta(days=7),
        )
        book.holds[of.id] = of
        moves.hold(book, points, held, of, 50)
    if number % 20 == 3:
        taken = _journal(book, JournalKind.CLAW_BACK, points, "退货扣回 · Order returned")
        moves.claw_back(book, points, taken, points.available + 120)
    if number % 11 == 0:
        fixed = _journal(book, JournalKind.ADJUST, points, "客服补偿 · Service goodwill")
        moves.adjust(book, points, fixed, 100, Part.ADJUSTED)


def _journal(book: Book, kind: JournalKind, account: Account, reason: str) -> Journal:
    return book.begin(
        Journal(
            kind,
            "DEMO",
            f"{account.id}:{account.seq + 1}",
            book.now,
            leg=str(len(book.journals)),
            reason=reason,
        )
    )
