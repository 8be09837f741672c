"""Wallet types and their policies, as staff define them. A policy is never edited: the newest in force counts."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import approvals, audit
from domain.access.approvals import Approval, Command
from domain.actor import Actor
from domain.errors import InvalidInput, Problem
from domain.foundation import ids
from domain.points import policy_rules
from domain.points.errors import WalletFrozen
from domain.points.policy_rules import Policy

SET_POLICY = "points.SET_POLICY"
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,29}")


async def define(
    actor: Actor,
    *,
    programme: str,
    code: str,
    names: dict[str, str],
    scale: int,
    is_spendable: bool,
    has_lots: bool,
) -> UUID:
    """Make a wallet, or change one by its code; once it has entries, scale and lots stay: WalletFrozen."""
    async with db.transaction():
        of = await db.value("SELECT id FROM points.programme WHERE code = $1", programme)
        _check(of, code, names, scale)
        kept = await db.one("SELECT * FROM points.wallet_type WHERE code = $1 FOR UPDATE", code)
        if kept is not None:
            same = (kept["programme"], kept["scale"], kept["has_lots"]) == (of, scale, has_lots)
            if not same and await _is_used(kept["id"]):
                raise WalletFrozen(code)
        wallet = await db.value(
            """INSERT INTO points.wallet_type (id, programme, code, names, scale, is_spendable, has_lots, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (code) DO UPDATE SET programme = excluded.programme,
                names = excluded.names, scale = excluded.scale, is_spendable = excluded.is_spendable,
                has_lots = excluded.has_lots RETURNING id""",
            ids.new(), of, code, names, scale, is_spendable, has_lots, clock.now(),
        )  # fmt: skip
        await audit.append(
            actor, "points.wallet.defined", "wallet", wallet,
            facts={"code": code, "scale": scale, "is_spendable": is_spendable, "has_lots": has_lots},
        )  # fmt: skip
        return wallet


async def set_policy(
    actor: Actor, code: str, policy: Policy, effective_from: datetime | None = None
) -> UUID | Approval:
    """Let a wallet behave so from a moment on (now); above the threshold of SET_POLICY a second person signs."""
    async with db.transaction():
        wallet = await db.value("SELECT id FROM points.wallet_type WHERE code = $1 FOR UPDATE", code)
        problems = [Problem("wallet", f"There is no wallet {code}.")] if wallet is None else []
        problems += policy_rules.problems(policy)
        if problems:
            raise InvalidInput(problems)
        given = {
            "wallet": code, **vars(policy), "effective_from": effective_from.isoformat() if effective_from else None,
        }  # fmt: skip
        asked = await approvals.ask(actor, SET_POLICY, given, effects=given)
        if asked is not None:
            return asked
        made = ids.new()
        await db.run(
            """INSERT INTO points.wallet_policy (id, wallet_type, version, effective_from, pending, expiry, refund_policy,
                debt_limit, refund_grace_days, reinstate_window, hold_seconds, gift, pay, point_value, created_at)
            SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
            FROM points.wallet_policy WHERE wallet_type = $2""",
            made, wallet, effective_from or clock.now(), policy.pending, policy.expiry, policy.refund_policy,
            policy.debt_limit, policy.refund_grace_days, policy.reinstate_window, policy.hold_seconds, policy.gift,
            policy.pay, None if policy.point_value is None else db.json(policy.point_value), clock.now(),
        )  # fmt: skip
        await audit.append(actor, "points.policy.set", "wallet", wallet, facts={"policy": str(made), **given})
        return made


async def in_force(code: str, at: datetime | None = None) -> db.Row | None:
    """The policy row of a wallet that counts at a moment (now); None before the first one."""
    return await db.one(
        """SELECT p.* FROM points.wallet_policy AS p JOIN points.wallet_type AS t ON t.id = p.wallet_type
        WHERE t.code = $1 AND p.effective_from <= $2 ORDER BY p.effective_from DESC, p.version DESC LIMIT 1""",
        code, at or clock.now(),
    )  # fmt: skip


async def listed() -> list[db.Row]:
    """All wallet types with their programme, in the order in which they were made."""
    return await db.fetch(
        """SELECT t.id, t.code, t.names, t.scale, t.is_spendable, t.has_lots, g.code AS programme
        FROM points.wallet_type AS t JOIN points.programme AS g ON g.id = t.programme ORDER BY t.created_at, t.code"""
    )


async def policies(policy_ids: list[UUID]) -> dict[UUID, db.Row]:
    """Policies with their wallet's code and scale."""
    rows = await db.fetch(
        """SELECT p.*, t.code, t.scale FROM points.wallet_policy AS p
        JOIN points.wallet_type AS t ON t.id = p.wallet_type WHERE p.id = ANY($1)""",
        policy_ids,
    )
    return {row["id"]: row for row in rows}


async def policies_of(code: str) -> list[UUID]:
    """All policies of a wallet, the newest version first."""
    rows = await db.fetch(
        """SELECT p.id FROM points.wallet_policy AS p JOIN points.wallet_type AS t ON t.id = p.wallet_type
        WHERE t.code = $1 ORDER BY p.version DESC""",
        code,
    )
    return [row["id"] for row in rows]


async def _is_used(wallet: UUID) -> bool:
    return await db.value(
        """SELECT EXISTS (SELECT FROM points.entry AS e JOIN points.account AS a ON a.id = e.account
        WHERE a.wallet_type = $1)""",
        wallet,
    )


def _check(programme: UUID | None, code: str, names: dict[str, str], scale: int) -> None:
    problems = []
    if programme is None:
        problems.append(Problem("programme", "There is no programme of this code."))
    if not _CODE.fullmatch(code):
        problems.append(Problem("code", "Use 1 to 30 of A-Z, 0-9 and _, beginning with a letter."))
    for language, name in names.items():
        if not 1 <= len(name.strip()) <= 60:
            problems.append(Problem(f"names.{language}", "Use 1 to 60 characters."))
    if not 0 <= scale <= 4:
        problems.append(Problem("scale", "Use 0 to 4 digits after the point."))
    if problems:
        raise InvalidInput(problems)


async def _run(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    since = given["effective_from"]
    policy = Policy(**{name: given[name] for name in Policy.__dataclass_fields__})
    done = await set_policy(actor, given["wallet"], policy, datetime.fromisoformat(since) if since else None)
    return {"policy": str(done)}


#: Shipped: 0, so always.
COMMAND = Command(SET_POLICY, _run, frozenset({"admin"}), Decimal(0))
