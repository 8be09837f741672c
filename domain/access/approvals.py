"""Approvals: what one person asks for and another signs (maker and checker).

An area asks with :func:`ask`; above the threshold the command is stored instead of done, and the function returns the
approval to its caller. Approving runs the same function again, with all its checks, as the maker.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain import clock, db, idempotency
from domain.access import audit, policy, rules, staff
from domain.access.errors import CommandRefused, MakerIsChecker, MakerNotAllowed
from domain.access.rules import ApprovalState
from domain.actor import SYSTEM, Actor, ActorKind
from domain.errors import Forbidden, IllegalTransition, InvalidInput, NotFound, Refusal, VersionConflict
from domain.foundation import ids
from domain.foundation.pages import Page


@dataclass(frozen=True)
class Command:
    """What may need a second person: ``run`` does it (its answer, as JSON values, is kept with the approval).

    ``roles`` may ask for it; ``above`` is the product's threshold in the action's own unit (None: always), which a
    row of ``access.approval_threshold`` replaces.
    """

    action: str
    run: Callable[[Actor, dict[str, Any]], Awaitable[Any]]
    roles: frozenset[str]
    above: Decimal | None = None


class Decision(StrEnum):
    APPROVE = "APPROVE"
    REJECT = "REJECT"
    REQUEST_CHANGES = "REQUEST_CHANGES"


@dataclass(frozen=True)
class Approval:
    """A request for a second person, as its row stands."""

    id: UUID
    action: str
    input: dict[str, Any]
    effects: dict[str, Any]
    amount: Decimal | None
    maker: UUID
    note: str | None
    state: ApprovalState
    requested_at: datetime
    expires_at: datetime
    checker: UUID | None
    decided_at: datetime | None
    decision_note: str | None
    outcome: Any
    version: int

    @classmethod
    def of(cls, row: db.Row) -> Approval:
        plain = {name: row[name] for name in cls.__dataclass_fields__ if name != "state"}
        return cls(**plain, state=ApprovalState(row["state"]))


@dataclass(frozen=True)
class Threshold:
    """From which amount an action needs a second person; ``above`` None is always."""

    action: str
    above: Decimal | None
    is_enabled: bool
    version: int


#: Filled by ``domain/wiring.py`` through :func:`register`.
commands: dict[str, Command] = {}

_signed: ContextVar[Approval | None] = ContextVar("signed", default=None)


def register(command: Command) -> None:
    """Make a command known, so that an approval can run it."""
    commands[command.action] = command


def checker() -> UUID | None:
    """Who signed the command that runs now, if one does."""
    running = _signed.get()
    return running.checker if running else None


async def ask(
    actor: Actor,
    action: str,
    input: dict[str, Any],
    *,
    effects: dict[str, Any] | None = None,
    amount: Decimal | int | None = None,
    note: str | None = None,
) -> Approval | None:
    """None: go on and do it. An approval: stop, change nothing, and return it to the caller.

    Call it in the function's transaction before anything is taken. ``input`` must be what ``Command.run`` needs, as
    JSON values. The same request by the same person, while it waits, is the same approval.
    """
    digest = idempotency.body_hash(input)
    running = _signed.get()
    if running is not None and running.action == action and idempotency.body_hash(running.input) == digest:
        return None
    if not await _needs_second(action, amount):
        return None
    if actor.kind is not ActorKind.STAFF or actor.id is None:
        raise Forbidden("Only staff can ask for an approval.")
    now = clock.now()
    expires_at = now + timedelta(days=(await policy.limits()).approval_days)
    async with db.transaction():
        row = await db.one(
            "INSERT INTO access.approval (id, action, input, input_hash, effects, amount, maker, note, state, "
            "requested_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'REQUESTED', $9, $10) "
            "ON CONFLICT (maker, action, input_hash) WHERE state = 'REQUESTED' DO NOTHING RETURNING *",
            ids.new(), action, db.json(input), digest, db.json(effects or {}), _decimal(amount), actor.id, note, now,
            expires_at,
        )  # fmt: skip
        if row is None:
            waiting = await db.one(
                "SELECT * FROM access.approval WHERE maker = $1 AND action = $2 AND input_hash = $3 "
                "AND state = 'REQUESTED'",
                actor.id, action, digest,
            )  # fmt: skip
            return Approval.of(waiting)
        await audit.append(
            actor, "access.approval.requested", "approval", row["id"], facts={"command": action}
        )
    return Approval.of(row)


async def decide(actor: Actor, approval: UUID, decision: Decision, note: str | None = None) -> Approval:
    """Sign, reject or send back a request. Approving does it, as its maker, in this transaction.

    Refuses MakerIsChecker, IllegalTransition, MakerNotAllowed and, when the command itself refuses, CommandRefused:
    then nothing is changed and the request stays open.
    """
    actor.must_have("approver")
    async with db.transaction():
        found = await _locked(approval)
        if found.maker == actor.id:
            raise MakerIsChecker()
        if decision is not Decision.APPROVE and not (note or "").strip():
            raise InvalidInput.at("note", "Say why.")
        target = _TARGET[decision]
        changed = await _become(found, target, actor, note)
        if decision is Decision.APPROVE:
            changed = await _run(changed)
        await audit.append(
            actor,
            f"access.approval.{target.lower()}",
            "approval",
            approval,
            facts={"command": found.action, "maker": found.maker},
            text={"note": note},
        )
    return changed


async def withdraw(actor: Actor, approval: UUID) -> Approval:
    """Take one's own request back."""
    async with db.transaction():
        found = await _locked(approval)
        if found.maker != actor.id:
            raise Forbidden("Only whoever asked can take it back.")
        changed = await _become(found, ApprovalState.WITHDRAWN, actor, None)
        await audit.append(actor, "access.approval.withdrawn", "approval", approval)
    return changed


async def expire_due(limit: int = 100) -> int:
    """Let requests that nobody decided in time expire; answers how many."""
    due = await db.fetch(
        "SELECT id FROM access.approval WHERE state = ANY($1) AND expires_at <= $2 ORDER BY expires_at LIMIT $3",
        rules.sources_of(ApprovalState.EXPIRED), clock.now(), limit,
    )  # fmt: skip
    expired = 0
    for row in due:
        async with db.transaction():
            found = await _locked(row["id"])
            if found.expires_at <= clock.now() and rules.may_become(found.state, ApprovalState.EXPIRED):
                await _become(found, ApprovalState.EXPIRED, SYSTEM, None)
                await audit.append(SYSTEM, "access.approval.expired", "approval", found.id)
                expired += 1
    return expired


async def next_due() -> datetime | None:
    """When the next request expires."""
    due: datetime | None = await db.value(
        "SELECT min(expires_at) FROM access.approval WHERE state = ANY($1)",
        rules.sources_of(ApprovalState.EXPIRED),
    )
    return due


async def listed(
    page: Page,
    *,
    states: list[ApprovalState] | None = None,
    action: str | None = None,
    maker: UUID | None = None,
) -> list[Approval]:
    """Approvals, newest first. Key of a page: (requested_at, id)."""
    at, last = page.after or (None, None)
    rows = await db.fetch(
        """
        SELECT * FROM access.approval
        WHERE ($1::timestamptz IS NULL OR (requested_at, id) < ($1, $2::uuid))
          AND ($3::text[] IS NULL OR state = ANY($3)) AND ($4::text IS NULL OR action = $4)
          AND ($5::uuid IS NULL OR maker = $5)
        ORDER BY requested_at DESC, id DESC LIMIT $6
        """,
        at, last, states, action, maker, page.limit + 1,
    )  # fmt: skip
    return [Approval.of(row) for row in rows]


async def by_ids(wanted: list[UUID]) -> dict[UUID, Approval]:
    """The approvals of these ids."""
    rows = await db.fetch("SELECT * FROM access.approval WHERE id = ANY($1)", wanted)
    return {row["id"]: Approval.of(row) for row in rows}


async def thresholds() -> list[Threshold]:
    """What holds for every known action, by name."""
    rows = await db.fetch("SELECT * FROM access.approval_threshold")
    kept = {row["action"]: Threshold(**dict(row)) for row in rows}
    product = {name: Threshold(name, command.above, True, 1) for name, command in commands.items()}
    return [{**product, **kept}[name] for name in sorted({*product, *kept})]


async def set_threshold(
    actor: Actor, action: str, above: Decimal | None, is_enabled: bool, expected_version: int
) -> Threshold:
    """Revise from which amount an action needs a second person (None: always), or switch that off."""
    if action not in commands:
        raise InvalidInput.at("action", "No command has this name.")
    if above is not None and above < 0:
        raise InvalidInput.at("above", "Use 0 or more.")
    async with db.transaction():
        await db.run(
            "INSERT INTO access.approval_threshold (action, above) VALUES ($1, $2) ON CONFLICT (action) DO NOTHING",
            action, commands[action].above,
        )  # fmt: skip
        row = await db.one(
            "UPDATE access.approval_threshold SET above = $2, is_enabled = $3, version = version + 1 "
            "WHERE action = $1 AND version = $4 RETURNING *",
            action, above, is_enabled, expected_version,
        )  # fmt: skip
        if row is None:
            raise VersionConflict(
                await db.value("SELECT version FROM access.approval_threshold WHERE action = $1", action)
            )
        await audit.append(
            actor,
            "access.threshold.set",
            "approval_threshold",
            facts={"command": action, "above": above, "is_enabled": is_enabled},
        )
    return Threshold(**dict(row))


_TARGET = {
    Decision.APPROVE: ApprovalState.APPROVED,
    Decision.REJECT: ApprovalState.REJECTED,
    Decision.REQUEST_CHANGES: ApprovalState.CHANGES_REQUESTED,
}


async def _needs_second(action: str, amount: Decimal | int | None) -> bool:
    row = await db.one("SELECT above, is_enabled FROM access.approval_threshold WHERE action = $1", action)
    if row is not None and not row["is_enabled"]:
        return False
    above = row["above"] if row is not None else commands[action].above
    return above is None or amount is None or Decimal(amount) > above


async def _locked(approval: UUID) -> Approval:
    row = await db.one("SELECT * FROM access.approval WHERE id = $1 FOR UPDATE", approval)
    if row is None:
        raise NotFound()
    return Approval.of(row)


async def _become(found: Approval, target: ApprovalState, actor: Actor, note: str | None) -> Approval:
    """One compare-and-set along an edge; an expired request only expires."""
    now = clock.now()
    is_late = found.expires_at <= now and target is not ApprovalState.EXPIRED
    row = await db.one(
        "UPDATE access.approval SET state = $2, checker = $3, decided_at = $4, decision_note = $5, "
        "version = version + 1 WHERE id = $1 AND state = ANY($6) AND NOT $7 RETURNING *",
        found.id, target, None if target in _BY_NOBODY else actor.id, now, note, rules.sources_of(target), is_late,
    )  # fmt: skip
    if row is None:
        state = (
            ApprovalState.EXPIRED
            if is_late and rules.may_become(found.state, ApprovalState.EXPIRED)
            else found.state
        )
        raise IllegalTransition(state, target, sorted(rules.APPROVAL_EDGES[state]))
    return Approval.of(row)


_BY_NOBODY = (ApprovalState.EXPIRED, ApprovalState.WITHDRAWN)


def _why(refusal: Refusal) -> str:
    """The command's own sentence; of an input that cannot be accepted, each problem with its path."""
    if isinstance(refusal, InvalidInput):
        return " ".join(f"{problem.path}: {problem.message}" for problem in refusal.problems)
    return str(refusal)


async def _run(approval: Approval) -> Approval:
    command = commands.get(approval.action)
    if command is None:
        raise CommandRefused(code="UnknownCommand", reason="No command has this name any more.")
    maker = await staff.actor_of(approval.maker)
    if maker is None or not maker.has(*command.roles):
        raise MakerNotAllowed()
    with _signing(approval):
        try:
            outcome = await command.run(maker, approval.input)
        except Refusal as refusal:  # raised again at once: everything is rolled back
            raise CommandRefused(code=type(refusal).__name__, reason=_why(refusal)) from refusal
    row = await db.one(
        "UPDATE access.approval SET outcome = $2 WHERE id = $1 RETURNING *", approval.id, db.json(outcome)
    )
    return Approval.of(row)


@contextmanager
def _signing(approval: Approval) -> Iterator[None]:
    token = _signed.set(approval)
    try:
        yield
    finally:
        _signed.reset(token)


def _decimal(amount: Decimal | int | None) -> Decimal | None:
    return None if amount is None else Decimal(amount)
