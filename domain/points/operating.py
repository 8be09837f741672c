"""What staff do with points by hand: grant, adjust, freeze, and who must sign it. Amounts here are decimals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import approvals, audit
from domain.access.approvals import Approval, Command, Threshold
from domain.actor import Actor
from domain.errors import InvalidInput
from domain.foundation import ids
from domain.points import (
    amounts,
    books,
    correcting,
    earn_rules,
    enrolments,
    holds,
    ledger,
    reinstating,
    reversals,
    wallets,
)
from domain.points.balances import Balance
from domain.points.errors import HoldNotOpen
from domain.points.holds import Held
from domain.points.households import drawing
from domain.points.ledger import Posted
from domain.points.tables import HoldState
from domain.profile import members

ADJUST = "points.ADJUST"
_REASON = 500


async def minor_amounts(given: Sequence[tuple[str, Decimal]]) -> dict[str, int]:
    """Amounts by wallet code in minor units; unknown wallets, doubled ones and 0 are InvalidInput."""
    found: dict[str, int] = {}
    for number, (code, amount) in enumerate(given):
        path = f"amounts.{number}"
        if code in found:
            raise InvalidInput.at(f"{path}.wallet", "Name each wallet once.")
        found[code] = amounts.positive(amount, await _scale(code, f"{path}.wallet"), f"{path}.amount")
    if not found:
        raise InvalidInput.at("amounts", "Name at least one amount.")
    return found


async def grant(
    actor: Actor,
    member: UUID,
    wallet: str,
    amount: Decimal,
    *,
    reason: str,
    occurred_at: datetime | None = None,
    activates_at: datetime | None = None,
    expires_at: datetime | None = None,
    reference: str | None = None,
    funding_source: str | None = None,
) -> Posted | Approval:
    """Give points by hand; above the threshold of ADJUST a second person signs first. Refuses NotEnrolled."""
    async with db.transaction():
        points = amounts.positive(amount, await _scale(wallet, "wallet"))
        _must_say(reason)
        _must_be_past(occurred_at)
        if activates_at and expires_at and expires_at <= activates_at:
            raise InvalidInput.at("expiresAt", "Points expire after they become available.")
        await enrolments.must_be_inside(member, wallet, occurred_at or clock.now())
        given = {
            "do": "grant", "member": str(member), "wallet": wallet, "amount": str(amount), "reason": reason,
            "occurred_at": _text(occurred_at), "activates_at": _text(activates_at), "expires_at": _text(expires_at),
            "reference": reference, "funding_source": funding_source,
        }  # fmt: skip
        asked = await approvals.ask(actor, ADJUST, given, effects=_effects(given), amount=amount, note=reason)
        if asked is not None:
            return asked
        posted = await ledger.earn(
            actor, member, wallet, points, ledger.by_staff(reason, reference), at=occurred_at,
            activates_at=activates_at, expires_at=expires_at, funding_source=funding_source,
        )  # fmt: skip
        await _note(actor, "granted", member, posted, reason)
        return posted


async def adjust(
    actor: Actor, member: UUID, wallet: str, amount: Decimal, *, reason: str, reference: str | None = None
) -> Posted | Approval:
    """A signed correction; above the threshold of ADJUST (of its size) a second person signs first."""
    async with db.transaction():
        points = amounts.minor(amount, await _scale(wallet, "wallet"))
        if points == 0:
            raise InvalidInput.at("amount", "Use an amount other than 0.")
        _must_say(reason)
        await members.root_of(member)
        given = {
            "do": "adjust", "member": str(member), "wallet": wallet, "amount": str(amount), "reason": reason,
            "reference": reference,
        }  # fmt: skip
        asked = await approvals.ask(
            actor, ADJUST, given, effects=_effects(given), amount=abs(amount), note=reason
        )
        if asked is not None:
            return asked
        posted = await ledger.adjust(actor, member, wallet, points, ledger.by_staff(reason, reference))
        await _note(actor, "adjusted", member, posted, reason)
        return posted


async def spend(
    actor: Actor,
    member: UUID,
    given: Sequence[tuple[str, Decimal]],
    *,
    reason: str,
    reference: str | None = None,
    occurred_at: datetime | None = None,
    is_up_to: bool = False,
    from_household: bool = False,
) -> Posted:
    """Take points by hand; what the member lacks may be the household's."""
    async with db.transaction():
        wanted = await minor_amounts(given)
        _must_say(reason)
        _must_be_past(occurred_at)
        take = drawing.spend if from_household else ledger.spend
        posted = await take(
            actor, member, wanted, ledger.by_staff(reason, reference), at=occurred_at, is_up_to=is_up_to
        )
        await _note(actor, "spent", member, posted, reason)
        return posted


async def hold(
    actor: Actor,
    member: UUID,
    given: Sequence[tuple[str, Decimal]],
    *,
    reason: str,
    reference: str,
    expires_in_seconds: int | None = None,
) -> Held:
    """Hold points by hand, for the policy's time (0: without end); the reference holds once."""
    async with db.transaction():
        wanted = await minor_amounts(given)
        _must_say(reason)
        if not reference.strip():
            raise InvalidInput.at("reference", "Name a reference.")
        seconds = await _hold_seconds(wanted) if expires_in_seconds is None else expires_in_seconds
        if not 0 <= seconds <= 10 * 366 * 86_400:
            raise InvalidInput.at("expiresInSeconds", "Use 0 (without end) to ten years.")
        return await holds.hold(
            actor, member, wanted, source="STAFF", source_id=ids.new(), reason=reason, reference=reference,
            expires_at=clock.now() + timedelta(seconds=seconds) if seconds else None,
        )  # fmt: skip


async def void(actor: Actor, hold_id: UUID) -> Held:
    """Let a hold go by hand; one that was resolved otherwise, or whose time is over, is HoldNotOpen."""
    async with db.transaction():
        held = await holds.void(actor, hold_id)
        if held.state != HoldState.VOIDED:
            raise HoldNotOpen(held.state)
        return held


async def reinstate(
    actor: Actor, lot: UUID, *, reason: str, amount: Decimal | None = None
) -> Posted | Approval:
    """What expired comes back; above the threshold of ADJUST a second person signs first."""
    return await reinstating.reinstate(actor, lot, ADJUST, reason=reason, amount=amount)


async def freeze(
    actor: Actor, member: UUID, wallet: str | None, *, reason: str, until: datetime | None, is_frozen: bool
) -> list[Balance]:
    """Freeze a member's wallets, or let them go again."""
    async with db.transaction():
        _must_say(reason)
        if wallet is not None:
            await _scale(wallet, "wallet")
        if until is not None and until <= clock.now():
            raise InvalidInput.at("until", "Use a time in the future.")
        found = await ledger.freeze(actor, member, wallet, until=until, is_frozen=is_frozen)
        await audit.append(
            actor, f"points.account.{'frozen' if is_frozen else 'unfrozen'}", "member", member,
            facts={"wallet": wallet, "until": _text(until)}, text={"reason": reason},
        )  # fmt: skip
        return found


async def set_approval(actor: Actor, action: str, threshold: Decimal | None) -> Threshold:
    """From which amount an action of points needs a second person (0: always, None: never)."""
    async with db.transaction():
        name = f"points.{action}"
        now = next((t for t in await approvals.thresholds() if t.action == name), None)
        if now is None:
            raise InvalidInput.at("action", "No command of points has this name.")
        return await approvals.set_threshold(
            actor, name, threshold if threshold is not None else now.above, threshold is not None, now.version
        )


async def _hold_seconds(wanted: dict[str, int]) -> int:
    """The shortest time that the policies of these wallets give a hold; 0: without end."""
    found = [await books.wallet(code) for code in wanted]
    return min((wallet.hold_seconds for wallet in found if wallet and wallet.hold_seconds), default=0)


async def _run(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    if given["do"] == "reinstate":
        back = await reinstating.run(actor, ADJUST, given)
        assert isinstance(back, Posted)
        return {"journal": str(back.journal)}
    member, amount = UUID(given["member"]), Decimal(given["amount"])
    if given["do"] == "grant":
        done = await grant(
            actor, member, given["wallet"], amount, reason=given["reason"], reference=given["reference"],
            occurred_at=_time(given["occurred_at"]), activates_at=_time(given["activates_at"]),
            expires_at=_time(given["expires_at"]), funding_source=given["funding_source"],
        )  # fmt: skip
    else:
        done = await adjust(
            actor, member, given["wallet"], amount, reason=given["reason"], reference=given["reference"]
        )
    assert isinstance(done, Posted)
    return {"journal": str(done.journal)}


#: Shipped: 0, so always.
COMMANDS = [
    Command(ADJUST, _run, frozenset({"operator"}), Decimal(0)),
    earn_rules.COMMAND,
    reversals.COMMAND,
    wallets.COMMAND,
    correcting.COMMAND,
]


async def _scale(code: str, path: str) -> int:
    scale = await db.value("SELECT scale FROM points.wallet_type WHERE code = $1", code)
    if scale is None:
        raise InvalidInput.at(path, f"There is no wallet {code}.")
    return scale


def _must_say(reason: str) -> None:
    if not reason.strip() or len(reason) > _REASON:
        raise InvalidInput.at("reason", f"Say why, in at most {_REASON} characters.")


def _must_be_past(at: datetime | None) -> None:
    if at is not None and at > clock.now():
        raise InvalidInput.at("occurredAt", "It has happened already: use a time that is not in the future.")


def _effects(given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ("do", "member", "wallet", "amount")}


async def _note(actor: Actor, done: str, member: UUID, posted: Posted, reason: str) -> None:
    await audit.append(
        actor, f"points.entry.{done}", "member", member, facts={"journal": str(posted.journal), "moved": posted.moved},
        text={"reason": reason},
    )  # fmt: skip


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
