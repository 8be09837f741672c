"""What a posting works on, in memory: locked accounts with their lots and holds, and what has been posted so far.

Pure: no await, no clock. :mod:`domain.points.moves` changes a book, :mod:`domain.points.ledger` reads and writes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.foundation import ids
from domain.points.tables import HoldState, JournalKind, LotState

FOREVER = datetime.max.replace(tzinfo=UTC)


class Part(StrEnum):
    """Where points are: the first four belong to a member, the others to the programme."""

    PENDING = "PENDING"
    AVAILABLE = "AVAILABLE"
    HELD = "HELD"
    DEBT = "DEBT"
    ISSUED = "ISSUED"
    REDEEMED = "REDEEMED"
    EXPIRED = "EXPIRED"
    CLAWED_BACK = "CLAWED_BACK"
    ADJUSTED = "ADJUSTED"
    TRANSIT = "TRANSIT"
    IMPORTED = "IMPORTED"


@dataclass(frozen=True, slots=True)
class Wallet:
    """A wallet type with the policy in force."""

    id: UUID
    code: str
    scale: int
    is_spendable: bool
    has_lots: bool
    zone: str
    pending: dict[str, Any]
    expiry: dict[str, Any]
    refund_policy: str
    debt_limit: int | None
    refund_grace_days: int
    hold_seconds: int


@dataclass(slots=True)
class Lot:
    id: UUID
    account: UUID
    journal: UUID
    state: str
    original: int
    remaining: int
    held: int
    occurred_at: datetime
    activates_at: datetime | None = None
    cancel_at: datetime | None = None
    expires_at: datetime | None = None
    expiry: dict[str, Any] | None = None
    funding_source: str | None = None
    parent: UUID | None = None

    @property
    def order(self) -> tuple[datetime, datetime, UUID]:
        """Lots are spent by this: those that expire first, then the older, then the lower id."""
        return (self.expires_at or FOREVER, self.occurred_at, self.id)

    @property
    def due(self) -> datetime | None:
        """When something happens to it by time alone."""
        if self.state == LotState.PENDING:
            return min((at for at in (self.activates_at, self.cancel_at) if at), default=None)
        return self.expires_at if self.state == LotState.ACTIVE and self.remaining else None


@dataclass(slots=True)
class Hold:
    id: UUID
    source: str
    source_id: str
    member: UUID
    state: str
    reason: str | None = None
    expires_at: datetime | None = None
    resolved_at: datetime | None = None


@dataclass(slots=True)
class Leg:
    """What a hold keeps of one account; ``lots`` says of which lots."""

    id: UUID
    hold: Hold
    account: UUID
    amount: int
    captured: int = 0
    released: int = 0
    lots: dict[UUID, int] = field(default_factory=dict)

    @property
    def open(self) -> int:
        return self.amount - self.captured - self.released


@dataclass(slots=True)
class Account:
    """One member's wallet. ``is_whole`` says that all open lots and holds are loaded, so its next due moment is exact.

    ``slides``: it has stored lots whose end moves with each earning or spending, so it is always loaded whole.
    """

    id: UUID
    member: UUID
    wallet: Wallet
    pending: int = 0
    available: int = 0
    held: int = 0
    debt: int = 0
    lifetime_earned: int = 0
    seq: int = 0
    is_frozen: bool = False
    frozen_until: datetime | None = None
    next_due: datetime | None = None
    announce_due: datetime | None = None
    is_whole: bool = False
    slides: bool = False
    lots: dict[UUID, Lot] = field(default_factory=dict)
    legs: dict[UUID, Leg] = field(default_factory=dict)

    @property
    def net(self) -> int:
        return self.available - self.debt

    def is_frozen_at(self, at: datetime) -> bool:
        """Whether nothing may be spent at this moment."""
        return self.is_frozen and (self.frozen_until is None or at < self.frozen_until)


@dataclass(slots=True)
class Journal:
    """One posting and its business key (kind, source, source_id, rule_version, leg)."""

    kind: JournalKind
    source: str
    source_id: str
    occurred_at: datetime
    rule_version: UUID | None = None
    leg: str | None = None
    reason: str | None = None
    actor: UUID | None = None
    approval: UUID | None = None
    reverses: UUID | None = None
    is_full: bool = False
    reference: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=ids.new)


@dataclass(slots=True)
class Entry:
    id: UUID
    journal: UUID
    account: UUID
    seq: int
    source_part: str
    target_part: str
    amount: int
    pending_after: int
    available_after: int
    held_after: int
    debt_after: int
    occurred_at: datetime

    @property
    def effect(self) -> int:
        """The change of ``available - debt``."""
        spendable = (Part.AVAILABLE, Part.DEBT)
        return self.amount * ((self.target_part in spendable) - (self.source_part in spendable))


@dataclass(slots=True)
class Use:
    id: UUID
    lot: UUID
    journal: UUID
    hold: UUID | None
    kind: str
    amount: int


@dataclass(slots=True)
class Book:
    """Accounts as they are now, and everything posted since they were read."""

    now: datetime
    accounts: dict[UUID, Account] = field(default_factory=dict)
    journals: list[Journal] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    lots: dict[UUID, Lot] = field(default_factory=dict)  # new or changed
    holds: dict[UUID, Hold] = field(default_factory=dict)
    legs: dict[UUID, Leg] = field(default_factory=dict)
    touched: set[UUID] = field(default_factory=set)  # accounts to be written

    def of(self, member: UUID, wallet: str) -> Account:
        """The account of a member and a wallet code."""
        return next(a for a in self.accounts.values() if a.member == member and a.wallet.code == wallet)

    def begin(self, journal: Journal) -> Journal:
        self.journals.append(journal)
        return journal

    def post(self, journal: Journal, account: Account, source: Part, target: Part, amount: int) -> None:
        """Move an amount from one part to another; nothing for 0."""
        if amount == 0:
            return
        assert amount > 0, amount
        _add(account, source, -amount)
        _add(account, target, amount)
        if source in (Part.ISSUED, Part.CLAWED_BACK):
            account.lifetime_earned += amount
        elif target is Part.CLAWED_BACK:
            account.lifetime_earned -= amount
        account.seq += 1
        self.touched.add(account.id)
        self.entries.append(
            Entry(
                ids.new(), journal.id, account.id, account.seq, source, target, amount,
                account.pending, account.available, account.held, account.debt, journal.occurred_at,
            )
        )  # fmt: skip

    def use(self, lot: Lot, journal: Journal, kind: str, amount: int, hold: UUID | None = None) -> None:
        """Note what happened to a lot; nothing for 0."""
        if amount:
            self.uses.append(Use(ids.new(), lot.id, journal.id, hold, kind, amount))
            self.lots[lot.id] = lot

    def add_lot(self, account: Account, lot: Lot) -> Lot:
        account.lots[lot.id] = lot
        self.lots[lot.id] = lot
        falls_due(account, lot.due)
        return lot

    def effects(self) -> dict[UUID, dict[UUID, dict[str, int]]]:
        """Per journal, member and wallet code, the change of available - debt (0 counts as touched)."""
        found: dict[UUID, dict[UUID, dict[str, int]]] = {}
        for entry in self.entries:
            account = self.accounts[entry.account]
            of_member = found.setdefault(entry.journal, {}).setdefault(account.member, {})
            of_member[account.wallet.code] = of_member.get(account.wallet.code, 0) + entry.effect
        return found


def falls_due(account: Account, at: datetime | None) -> None:
    """Keep ``next_due`` no later than this moment."""
    if at is not None and (account.next_due is None or at < account.next_due):
        account.next_due = at


def spending_order(lots: Iterable[Lot]) -> list[Lot]:
    """Active lots that still have something, in the order in which they are spent."""
    return sorted(
        (lot for lot in lots if lot.state == LotState.ACTIVE and lot.remaining), key=lambda lot: lot.order
    )


def close_if_empty(lot: Lot) -> None:
    """A lot used up is CLOSED; one that got something back is open again."""
    if lot.state in (LotState.ACTIVE, LotState.CLOSED):
        lot.state = LotState.ACTIVE if lot.remaining or lot.held else LotState.CLOSED


def is_open(hold: Hold, now: datetime) -> bool:
    return hold.state == HoldState.OPEN and (hold.expires_at is None or now < hold.expires_at)


def _add(account: Account, part: Part, amount: int) -> None:
    if part is Part.AVAILABLE:
        account.available += amount
    elif part is Part.PENDING:
        account.pending += amount
    elif part is Part.HELD:
        account.held += amount
    elif part is Part.DEBT:
        account.debt -= amount
