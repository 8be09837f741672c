"""Tips (赞赏): points given for a post, for good; only moderation takes them back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import clock, db
from domain.actor import Actor
from domain.community import authors, barriers, configuration, locks, viewers
from domain.community import publishing_kinds as kinds
from domain.community.authors import Author
from domain.community.errors import TipBarrier, TipNotAllowed
from domain.errors import NotFound
from domain.foundation import ids
from domain.points import amounts, gifts, reversals
from domain.profile import interactions, members

#: Months of tips are those of the brand's home.
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Tipped:
    """A tip was given; so many more may be given to the author this month."""

    post: UUID
    tip: UUID
    remaining: int


async def tip(actor: Actor, post_id: UUID, amount: int) -> Tipped:
    """Give one of the amounts that the member's trust level offers to a post's author, in one transaction with the points.

    Locks the member's root, the post against its removal, then both accounts. Raises TipNotAllowed, InsufficientPoints,
    AccountFrozen, NOT_FOUND.
    """
    async with db.transaction():
        (root,) = await members.lock(actor.must_be_member())
        author = await authors.of(actor, root)
        await locks.share(post_id)
        post = await _post(actor, post_id)
        said = await configuration.values("tip.amounts", "tip.per_month", "tip.wallet")
        given = await _given_this_month(author.root, post["author"])
        reasons = await _barriers(author, post, amount, said["tip.amounts"], given >= said["tip.per_month"])
        if reasons:
            raise TipNotAllowed(reasons)
        tip_id = ids.new()
        scale = await db.value("SELECT scale FROM points.wallet_type WHERE code = $1", said["tip.wallet"])
        gift = await gifts.tip(
            actor, author.root, post["author"], said["tip.wallet"],
            amounts.positive(Decimal(amount), scale or 0), source="community.tip", source_id=tip_id,
            subject=("POST", str(post_id)),
        )  # fmt: skip
        await db.run(
            """INSERT INTO community.tip (id, post, member, author, amount, gift, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)""",
            tip_id, post_id, author.root, post["author"], amount, gift.id, clock.now(),
        )  # fmt: skip
        await interactions.record(
            actor, kinds.POST_TIPPED, ("POST", post_id), once=tip_id, member=author.root,
            tip=str(tip_id), amount=str(amount), wallet=said["tip.wallet"], author=str(post["author"]),
        )  # fmt: skip
    return Tipped(post_id, tip_id, said["tip.per_month"] - given - 1)


async def take_back(actor: Actor, tip_id: UUID, event: UUID, reason: str) -> bool:
    """Return a tip to who gave it, for an act of moderation, in its transaction; False where it was returned already.

    What the author has spent of it becomes debt. Raises NOT_FOUND.
    """
    row = await db.one(
        """UPDATE community.tip AS t SET reversed_by = $2 WHERE id = $1 AND reversed_by IS NULL
        RETURNING t.post, t.member, t.gift, t.amount""",
        tip_id, event,
    )  # fmt: skip
    if row is None:
        if not await db.value("SELECT EXISTS (SELECT FROM community.tip WHERE id = $1)", tip_id):
            raise NotFound()
        return False
    journal = await db.value("SELECT journal FROM points.gift WHERE id = $1", row["gift"])
    await reversals.take_back(actor, journal, reason)
    given = await db.value(
        """SELECT id FROM profile.interaction WHERE subject_kind = 'POST' AND subject_id = $1 AND kind = $2
        AND properties->>'tip' = $3 LIMIT 1""",
        str(row["post"]), kinds.POST_TIPPED.name, str(tip_id),
    )  # fmt: skip
    await interactions.record(
        actor, kinds.POST_UNTIPPED, ("POST", row["post"]), once=tip_id, member=row["member"], compensates=given,
        amount=str(row["amount"]), event=str(event),
    )  # fmt: skip
    return True


async def _post(actor: Actor, post_id: UUID) -> db.Row:
    row = await db.one(
        f"""SELECT p.id, p.circle, a.id AS author, a.status FROM community.post AS p
        LEFT JOIN profile.member AS w ON w.id = p.author LEFT JOIN profile.member AS a ON a.id = w.root
        WHERE p.id = $4 AND p.is_visible AND {viewers.SEES_POST}""",
        *viewers.of(actor).args, post_id,
    )  # fmt: skip
    if row is None:
        raise NotFound()
    return row


async def _barriers(
    author: Author, post: db.Row, amount: int, offered: object, is_full: bool
) -> list[TipBarrier]:
    by_level = isinstance(offered, list) and any(isinstance(each, list) for each in offered)
    mine = configuration.at_level(offered, author.level) if by_level else offered
    found = []
    status = await db.value("SELECT status FROM profile.member WHERE id = $1", author.root)
    if status != "ACTIVE" or await barriers.silencing(author.root, post["circle"]):
        found.append(TipBarrier.SANCTIONED)
    if post["author"] is None or post["status"] != "ACTIVE":
        found.append(TipBarrier.NO_AUTHOR)
    if post["author"] == author.root:
        found.append(TipBarrier.OWN_POST)
    if not mine:
        found.append(TipBarrier.TRUST_TOO_LOW)
    elif isinstance(mine, list) and amount not in mine:
        found.append(TipBarrier.AMOUNT_NOT_OFFERED)
    if is_full:
        found.append(TipBarrier.LIMIT_OF_MONTH)
    return found


async def _given_this_month(root: UUID, author: UUID | None) -> int:
    """Tips of the person to the author in the local month; those taken back do not count."""
    if author is None:
        return 0
    return await db.value(
        """SELECT count(*) FROM community.tip AS t WHERE t.created_at >= $3 AND t.reversed_by IS NULL
        AND t.member = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1))
        AND t.author = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $2))""",
        root, author, month_start(clock.now()),
    )  # fmt: skip


def month_start(now: datetime) -> datetime:
    """When the local month began."""
    return now.astimezone(ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
