"""Trading points for rewards (兑换), and what becomes of a trade.

Locks: the member's root, accounts by id, the redemption, then the stock by one conditional update; codes are taken
past those that others are taking (SKIP LOCKED).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.errors import IllegalTransition, InvalidInput, NotFound
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.points import books, eligibility, kinds, ledger, returning, rewards
from domain.points.amounts import decimal
from domain.points.balances import Balance
from domain.points.errors import RewardLimitReached, RewardNotOnSale, RewardSoldOut
from domain.points.households import drawing
from domain.points.ledger import Cause
from domain.points.reward_rules import EDGES, INSTANT, RETURNED, must_follow
from domain.points.reward_tables import RedemptionState, RewardKind
from domain.points.rewards import Reward
from domain.profile import interactions, members
from domain.profile.catalogue import Kind

_LONGEST = 500
#: One of the stock, if there is one; a reward without a stock of its own always has one.
_TAKE = "UPDATE points.reward SET stock = stock - 1 WHERE id = $1 AND stock > 0"
_GIVE_BACK = "UPDATE points.reward SET stock = stock + 1 WHERE id = $1 AND stock IS NOT NULL"
_TAKE_CODE = """UPDATE points.reward_code SET redemption = $2 WHERE id = (
    SELECT id FROM points.reward_code WHERE reward = $1 AND redemption IS NULL ORDER BY created_at, id LIMIT 1
    FOR UPDATE SKIP LOCKED)"""

_TOLD = {
    RedemptionState.APPROVED: kinds.REWARD_APPROVED,
    RedemptionState.FULFILLED: kinds.REWARD_FULFILLED,
    RedemptionState.REJECTED: kinds.REWARD_REJECTED,
    RedemptionState.CANCELLED: kinds.REWARD_CANCELLED,
    RedemptionState.REFUNDED: kinds.REWARD_REFUNDED,
}


@dataclass(frozen=True)
class Redemption:
    """A trade; prices in minor units by wallet. ``code`` is for the owner's eyes only."""

    id: UUID
    member: UUID
    root: UUID
    reward: UUID
    state: str
    prices: dict[str, int]
    cash: int | None
    currency: str | None
    payment_reference: str | None
    journal: UUID | None
    took_stock: bool
    code: str | None
    tracking: str | None
    note: str | None
    version: int
    created_at: datetime


_SELECT = """SELECT d.id, d.member, m.root, d.reward, d.state, d.prices, d.cash, d.currency, d.payment_reference, d.journal,
    d.took_stock, c.code, d.tracking, d.note, d.version, d.created_at
    FROM points.redemption AS d JOIN profile.member AS m ON m.id = d.member
    LEFT JOIN points.reward_code AS c ON c.redemption = d.id"""


async def redeem(
    actor: Actor,
    reward_id: UUID,
    *,
    payment_reference: str | None = None,
    touchpoint: str | None = None,
    from_household: bool = False,
) -> tuple[Redemption, list[Balance]]:
    """Trade the member's points (and a payment made elsewhere) for a reward; what they lack may be the household's.

    Refuses RewardNotOnSale, RewardSoldOut, RewardLimitReached, NotEligible, InsufficientPoints, AccountFrozen,
    MemberSuspended, NotInHousehold, HouseholdLimitReached; then nothing is changed.
    """
    async with db.transaction():
        (root,) = await members.lock(await members.must_be_active(actor))
        reward = await rewards.one(reward_id)
        reference = await _may_have(root, reward, payment_reference)
        made, now = ids.new(), clock.now()
        posted = None
        if reward.prices:
            cause = Cause("REDEMPTION", made, reason=reward.code)
            spend = drawing.spend if from_household else ledger.spend
            posted = await spend(actor, root, reward.prices, cause)
        is_instant = reward.kind in INSTANT
        stored = await db.run(
            """INSERT INTO points.redemption (id, member, reward, state, prices, cash, currency, payment_reference, journal,
                took_stock, touchpoint, version, created_at, changed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $12) ON CONFLICT (payment_reference) DO NOTHING""",
            made, root, reward.id, RedemptionState.FULFILLED if is_instant else RedemptionState.PENDING, reward.prices,
            reward.cash, reward.currency, reference, posted.journal if posted else None, reward.stock is not None,
            touchpoint or actor.touchpoint, now,
        )  # fmt: skip
        if not stored:  # somebody else was faster with the same payment; the spend is rolled back
            raise _used_before()
        await _take(reward, made)
        found = await one(made)
        await _tell(actor, kinds.REWARD_REDEEMED, found, reward, None)
        if is_instant:
            await _tell(actor, kinds.REWARD_FULFILLED, found, reward, None)
        return found, posted.balances if posted else []


async def decide(
    actor: Actor,
    redemption: UUID,
    target: RedemptionState,
    *,
    note: str | None = None,
    tracking: str | None = None,
) -> tuple[Redemption, list[Balance]]:
    """Staff approve, reject or fulfil a redemption; a rejection gives everything back. Refuses IllegalTransition."""
    actor.must_have("operator")
    return await _follow(actor, redemption, target, note, tracking)


async def cancel(actor: Actor, redemption: UUID, note: str | None = None) -> tuple[Redemption, list[Balance]]:
    """The owner or staff call it off before it is fulfilled; points and stock come back."""
    found = await one(redemption)
    if not actor.has("operator") and (
        actor.member_id is None or await members.root_of(actor.member_id) != found.root
    ):
        raise NotFound()
    return await _follow(actor, redemption, RedemptionState.CANCELLED, note, None)


async def refund(actor: Actor, redemption: UUID, note: str | None = None) -> tuple[Redemption, list[Balance]]:
    """Staff take a fulfilled reward back; points and stock come back, a code that was shown does not."""
    actor.must_have("operator")
    return await _follow(actor, redemption, RedemptionState.REFUNDED, note, None)


async def one(redemption: UUID) -> Redemption:
    """A redemption, or NOT_FOUND."""
    found = await by_ids([redemption])
    if not found:
        raise NotFound()
    return found[0]


async def by_ids(redemptions: Sequence[UUID]) -> list[Redemption]:
    """The redemptions of these ids."""
    rows = await db.fetch(f"{_SELECT} WHERE d.id = ANY($1)", list(redemptions))
    return [Redemption(**dict(row)) for row in rows]


async def of_root(root: UUID, page: Page) -> list[Redemption]:
    """A person's redemptions, newest first; key of a page: (created_at, id)."""
    at, last = page.after or (None, None)
    rows = await db.fetch(
        f"""{_SELECT} WHERE d.member IN (SELECT id FROM profile.member WHERE root = $1)
        AND ($2::timestamptz IS NULL OR (d.created_at, d.id) < ($2, $3::uuid))
        ORDER BY d.created_at DESC, d.id DESC LIMIT $4""",
        root, at, last, page.limit + 1,
    )  # fmt: skip
    return [Redemption(**dict(row)) for row in rows]


async def _may_have(root: UUID, reward: Reward, payment_reference: str | None) -> str | None:
    """All checks that need no lock but the root's; answers the payment's reference."""
    if not reward.is_on_sale(clock.now()):
        raise RewardNotOnSale(reward.opens_at, reward.closes_at)
    if reward.left == 0:
        raise RewardSoldOut()
    if reward.per_member_limit is not None:
        had = await db.value(
            """SELECT count(*) FROM points.redemption AS d JOIN profile.member AS m ON m.id = d.member
            WHERE m.root = $1 AND d.reward = $2 AND NOT d.state = ANY($3)""",
            root, reward.id, sorted(RETURNED),
        )  # fmt: skip
        if had >= reward.per_member_limit:
            raise RewardLimitReached(reward.per_member_limit)
    await eligibility.must_meet(root, reward.condition)
    reference = (payment_reference or "").strip() or None
    if (reference is None) is (reward.cash is not None):
        problem = "Name the payment of the cash part." if reward.cash else "This reward costs no cash."
        raise InvalidInput.at("paymentReference", problem)
    if reference is not None and await db.value(
        "SELECT EXISTS (SELECT FROM points.redemption WHERE payment_reference = $1)", reference
    ):
        raise _used_before()
    return reference


def _used_before() -> InvalidInput:
    return InvalidInput.at("paymentReference", "This payment was used before.")


async def _take(reward: Reward, redemption: UUID) -> None:
    """One of the codes and of the stock, the last locks of a redemption; RewardSoldOut when others were faster."""
    if reward.kind == RewardKind.CODE and not await db.run(_TAKE_CODE, reward.id, redemption):
        raise RewardSoldOut()
    if reward.stock is not None and not await db.run(_TAKE, reward.id):
        raise RewardSoldOut()


async def _follow(
    actor: Actor, redemption: UUID, target: RedemptionState, note: str | None, tracking: str | None
) -> tuple[Redemption, list[Balance]]:
    """One step: a compare-and-set along an edge, with what comes back."""
    for path, text in (("note", note), ("tracking", tracking)):
        if text is not None and len(text) > _LONGEST:
            raise InvalidInput.at(path, f"Use at most {_LONGEST} characters.")
    async with db.transaction():
        before = await one(redemption)
        (root,) = await members.lock(before.member)
        before = await one(redemption)
        must_follow(before.state, target)
        is_back = target in RETURNED
        if is_back and before.journal is not None:
            await books.lock([root, *await returning.payers(before.journal)], sorted(before.prices))
        await _become(before, target, actor, note, tracking)
        found: list[Balance] = []
        if is_back:
            found = await _return(actor, before, note)
        after = await one(redemption)
        await _tell(actor, _TOLD[target], after, await rewards.one(after.reward), before)
        if actor.is_staff:
            await audit.append(
                actor, f"points.redemption.{target.lower()}", "redemption", redemption,
                facts={"reward": after.reward}, text={"note": note},
            )  # fmt: skip
        return after, found


async def _become(
    before: Redemption, target: str, actor: Actor, note: str | None, tracking: str | None
) -> None:
    changed = await db.run(
        """UPDATE points.redemption SET state = $3, note = coalesce($4, note), tracking = coalesce($5, tracking),
            decided_by = $6, changed_at = $7, version = version + 1 WHERE id = $1 AND state = $2""",
        before.id, before.state, target, note, tracking, actor.id, clock.now(),
    )  # fmt: skip
    if not changed:
        now = (await one(before.id)).state
        raise IllegalTransition(now, target, sorted(EDGES[now]))


async def _return(actor: Actor, before: Redemption, note: str | None) -> list[Balance]:
    """The points into the lots that they came from, and one to the stock."""
    found: list[Balance] = []
    if before.journal is not None:
        cause = Cause("REDEMPTION", before.id, leg="return", reason=note)
        posted = await ledger.refund(actor, before.journal, cause)
        found = [each for each in posted.balances if each.member == before.root]
    if before.took_stock:
        await db.run(_GIVE_BACK, before.reward)
    return found


async def _tell(actor: Actor, kind: Kind, of: Redemption, reward: Reward, before: Redemption | None) -> None:
    """What is given back compensates the trade; ``before`` is None for the trade itself."""
    compensates = None
    if before is not None and of.state in RETURNED:
        traded = await interactions.find_compensated(kinds.REWARD_REDEEMED, ("REDEMPTION", of.id))
        compensates = traded[0] if traded else None
    scales = {
        row["code"]: row["scale"] for row in await db.fetch("SELECT code, scale FROM points.wallet_type")
    }
    await interactions.record(
        actor, kind, ("REDEMPTION", of.id), once=f"{of.id}:{of.version}", member=of.root, compensates=compensates,
        reward=reward.code, names=reward.names, reward_kind=reward.kind, is_instant=reward.kind in INSTANT,
        prices={wallet: str(decimal(amount, scales[wallet])) for wallet, amount in of.prices.items()},
        cash=of.cash, currency=of.currency,
    )  # fmt: skip
