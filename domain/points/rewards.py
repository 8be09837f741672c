"""Rewards (奖品), as staff define them and members see them. A price is signed by a second person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import approvals, audit
from domain.access.approvals import Approval, Command
from domain.actor import Actor
from domain.errors import BadInput, InvalidInput, NotFound, Problem, VersionConflict
from domain.foundation import ids, sealing
from domain.foundation.pages import Page
from domain.points import amounts, eligibility, reward_rules
from domain.points.reward_tables import RewardKind

REWARD_PRICE = "points.REWARD_PRICE"
_PURPOSE = "reward codes"
ORDERS = ("NEWEST", "PRICE")

_SELECT = """SELECT r.*, coalesce(p.prices, '{}') AS prices, coalesce(p.total, 0)::bigint AS total, f.free
    FROM points.reward AS r
    LEFT JOIN LATERAL (SELECT jsonb_object_agg(t.code, p.amount) AS prices, sum(p.amount) AS total
        FROM points.reward_price AS p JOIN points.wallet_type AS t ON t.id = p.wallet_type
        WHERE p.reward = r.id) AS p ON true
    LEFT JOIN LATERAL (SELECT count(*) AS free FROM points.reward_code AS c
        WHERE r.kind = 'CODE' AND c.reward = r.id AND c.redemption IS NULL) AS f ON true"""


@dataclass(frozen=True)
class Reward:
    """A reward as it is: prices in minor units by wallet, ``cash`` in minor units of the currency."""

    id: UUID
    code: str
    kind: str
    names: dict[str, str]
    prices: dict[str, int]
    total: int
    cash: int | None
    currency: str | None
    stock: int | None
    free: int
    per_member_limit: int | None
    condition: dict[str, Any] | None
    opens_at: datetime | None
    closes_at: datetime | None
    version: int
    created_at: datetime

    @property
    def left(self) -> int | None:
        """How many can still be had; None: no limit."""
        if self.kind != RewardKind.CODE:
            return self.stock
        return self.free if self.stock is None else min(self.free, self.stock)

    def is_on_sale(self, at: datetime) -> bool:
        return (self.opens_at is None or self.opens_at <= at) and (
            self.closes_at is None or at < self.closes_at
        )


async def define(actor: Actor, said: dict[str, Any]) -> Reward | Approval:
    """A new reward; its price needs a second person above the threshold of REWARD_PRICE.

    ``said``: code (None: made up), kind, names, prices (minor units by wallet), cash, currency, stock,
    per_member_limit, condition, opens_at and closes_at (ISO 8601), codes (:func:`sealed`).
    """
    async with db.transaction():
        made = ids.new()
        given = {**said, "code": said["code"] or f"R-{made}"}
        await _must_be_sound(given)
        if await db.value("SELECT EXISTS (SELECT FROM points.reward WHERE code = $1)", given["code"]):
            raise InvalidInput.at("code", "Another reward has this code; revise that one.")
        asked = await _ask(actor, {"do": "define", "said": said}, said, None)
        if asked is not None:
            return asked
        await _insert(made, given)
        await audit.append(actor, "points.reward.defined", "reward", made, facts=_facts(given))
        return await one(made)


async def revise(
    actor: Actor, reward: UUID, expected_version: int, said: dict[str, Any], *, keeps_stock: bool = False
) -> Reward | Approval:
    """Let a reward be otherwise from now on; codes are added. Another price is signed like a new one.

    ``keeps_stock`` leaves the stock as it is; else it is what is left from now on. Refuses VersionConflict.
    """
    async with db.transaction():
        if await db.value("SELECT id FROM points.reward WHERE id = $1 FOR NO KEY UPDATE", reward) is None:
            raise NotFound()
        kept = await one(reward)
        if kept.version != expected_version:
            raise VersionConflict(kept.version)
        given = {**said, "code": said["code"] or kept.code}
        if keeps_stock:
            given["stock"] = kept.stock
        await _must_be_sound(given)
        if given["kind"] != kept.kind or given["code"] != kept.code:
            raise InvalidInput.at("kind" if given["kind"] != kept.kind else "code", "This stays as it is.")
        asked_for = {
            "do": "revise", "reward": str(reward), "version": expected_version, "said": said, "keeps_stock": keeps_stock,
        }  # fmt: skip
        asked = await _ask(actor, asked_for, given, kept)
        if asked is not None:
            return asked
        await _change(kept, given)
        await audit.append(actor, "points.reward.revised", "reward", reward, facts=_facts(given))
        return await one(reward)


async def one(reward: UUID) -> Reward:
    """A reward, or NOT_FOUND."""
    found = (await by_ids([reward])).get(reward)
    if found is None:
        raise NotFound()
    return found


async def by_ids(rewards: Sequence[UUID]) -> dict[UUID, Reward]:
    """The rewards of these ids."""
    rows = await db.fetch(f"{_SELECT} WHERE r.id = ANY($1)", list(rewards))
    return {row["id"]: _read(row) for row in rows}


async def by_code(code: str) -> Reward | None:
    """A reward by its code."""
    row = await db.one(f"{_SELECT} WHERE r.code = $1", code)
    return _read(row) if row else None


async def listed(
    page: Page, *, kind: str | None = None, is_on_sale: bool | None = None, order: str = "NEWEST"
) -> list[Reward]:
    """Rewards, the newest or the cheapest first; key of a page: (created_at, id) or (price, id)."""
    last, after = page.after or (None, None)
    if last is not None and isinstance(last, datetime) is not (order == "NEWEST"):
        raise BadInput("This cursor belongs to another order; start again without `after`.")
    where = """($1::text IS NULL OR r.kind = $1) AND ($2::boolean IS NULL OR $2 = (coalesce(r.opens_at <= $3, true)
        AND coalesce(r.closes_at > $3, true)))"""
    if order == "NEWEST":
        where += " AND ($4::timestamptz IS NULL OR (r.created_at, r.id) < ($4, $5::uuid))"
        by = "r.created_at DESC, r.id DESC"
    else:
        where += " AND ($4::bigint IS NULL OR (coalesce(p.total, 0), r.id) > ($4, $5::uuid))"
        by = "coalesce(p.total, 0), r.id"
    rows = await db.fetch(
        f"{_SELECT} WHERE {where} ORDER BY {by} LIMIT $6",
        kind, is_on_sale, clock.now(), last, after, page.limit + 1,
    )  # fmt: skip
    return [_read(row) for row in rows]


def sealed(codes: Sequence[str]) -> list[str]:
    """Codes as ``said`` carries them: an approval keeps what was said, and shows it to more people than the owner."""
    return [sealing.seal(_PURPOSE, code).decode() for code in codes]


async def add_codes(reward: UUID, codes: Sequence[str]) -> set[str]:
    """Codes of a reward that were not there yet; answers those."""
    rows = await db.fetch(
        """INSERT INTO points.reward_code (id, reward, code, redemption, created_at)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::timestamptz[])
        ON CONFLICT (reward, code) DO NOTHING RETURNING code""",
        [ids.new() for _ in codes], [reward for _ in codes], [code.strip() for code in codes],
        [None for _ in codes], [clock.now() for _ in codes],
    )  # fmt: skip
    return {row["code"] for row in rows}


async def put(reward: UUID, said: dict[str, Any]) -> None:
    """Make a reward, or let it be otherwise, without asking anybody (imports, the shipped demonstration)."""
    await _must_be_sound(said)
    kept = (await by_ids([reward])).get(reward)
    if kept is None:
        await _insert(reward, said)
    elif said["kind"] != kept.kind:
        raise InvalidInput.at("kind", "This stays as it is.")
    else:
        await _change(kept, said)


def is_just_so(kept: Reward, said: dict[str, Any]) -> bool:
    """Whether a reward is already what is said of it; a stock that was taken from since is none of it."""
    same = ("kind", "names", "prices", "cash", "currency", "per_member_limit")
    return (
        all(getattr(kept, name) == said[name] for name in same)
        and (kept.opens_at, kept.closes_at) == (_time(said["opens_at"]), _time(said["closes_at"]))
        and (kept.stock is None) is (said["stock"] is None)
    )


def _read(row: db.Row) -> Reward:
    return Reward(**{name: row[name] for name in Reward.__dataclass_fields__})


async def _must_be_sound(said: dict[str, Any]) -> None:
    found = list(reward_rules.problems({**said, "codes": _opened(said["codes"])}))
    spendable = {
        row["code"]: row["is_spendable"]
        for row in await db.fetch("SELECT code, is_spendable FROM points.wallet_type")
    }
    for wallet, amount in said["prices"].items():
        if not spendable.get(wallet):
            found.append(("prices", f"Nothing can be bought with {wallet}."))
        elif not 0 < amount <= amounts.MOST:
            found.append(("prices", "Use amounts above 0."))
    if said["condition"] is not None:
        found += await eligibility.problems(said["condition"], "condition")
    if found:
        raise InvalidInput([Problem(path, message) for path, message in found])


async def _ask(
    actor: Actor, given: dict[str, Any], said: dict[str, Any], kept: Reward | None
) -> Approval | None:
    """Whether a second person has to sign; a price that stays needs nobody."""
    if kept is not None and (kept.prices, kept.cash) == (said["prices"], said["cash"]):
        return None
    worth = await _worth(said["prices"], said["cash"])
    if kept is not None:
        worth = max(worth, await _worth(kept.prices, kept.cash))
    effects = {"code": said["code"], "prices": said["prices"], "before": kept.prices if kept else None}
    return await approvals.ask(actor, REWARD_PRICE, given, effects=effects, amount=worth or None)


async def _worth(prices: dict[str, int], cash: int | None) -> Decimal:
    scales = {
        row["code"]: row["scale"] for row in await db.fetch("SELECT code, scale FROM points.wallet_type")
    }
    points = sum((amounts.decimal(amount, scales[wallet]) for wallet, amount in prices.items()), Decimal(0))
    return points + Decimal(cash or 0) / 100


async def _insert(reward: UUID, said: dict[str, Any]) -> None:
    await db.run(
        """INSERT INTO points.reward (id, code, kind, names, cash, currency, stock, given, per_member_limit, condition,
            opens_at, closes_at, version, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, 1, $12)""",
        reward, said["code"], said["kind"], said["names"], said["cash"], said["currency"], said["stock"],
        said["per_member_limit"], said["condition"], _time(said["opens_at"]), _time(said["closes_at"]), clock.now(),
    )  # fmt: skip
    await _set_prices(reward, said["prices"])
    await add_codes(reward, _opened(said["codes"]))


async def _change(kept: Reward, said: dict[str, Any]) -> None:
    """What was taken of the stock so far and is not back stays counted."""
    await db.run(
        """UPDATE points.reward AS r SET names = $2, cash = $3, currency = $4, per_member_limit = $6, condition = $7,
            opens_at = $8, closes_at = $9, version = version + 1,
            stock = CASE WHEN $5 = stock OR $5 IS NULL AND stock IS NULL THEN stock ELSE $5 END,
            given = CASE WHEN $5 = stock OR $5 IS NULL AND stock IS NULL THEN given ELSE $5 + (
                SELECT count(*) FROM points.redemption AS d
                WHERE d.reward = r.id AND d.took_stock AND NOT d.state = ANY($10)) END
        WHERE id = $1""",
        kept.id, said["names"], said["cash"], said["currency"], said["stock"], said["per_member_limit"],
        said["condition"], _time(said["opens_at"]), _time(said["closes_at"]), sorted(reward_rules.RETURNED),
    )  # fmt: skip
    await db.run("DELETE FROM points.reward_price WHERE reward = $1", kept.id)
    await _set_prices(kept.id, said["prices"])
    await add_codes(kept.id, _opened(said["codes"]))


async def _set_prices(reward: UUID, prices: dict[str, int]) -> None:
    await db.run_many(
        """INSERT INTO points.reward_price (id, reward, wallet_type, amount)
        SELECT $1, $2, id, $4 FROM points.wallet_type WHERE code = $3""",
        [(ids.new(), reward, wallet, amount) for wallet, amount in prices.items()],
    )


def _opened(codes: Sequence[str]) -> list[str]:
    return [sealing.unseal(_PURPOSE, code.encode()) for code in codes]


def _facts(said: dict[str, Any]) -> dict[str, Any]:
    return {name: said[name] for name in ("code", "kind", "prices", "cash", "stock", "per_member_limit")}


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


async def _run(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    if given["do"] == "define":
        done = await define(actor, given["said"])
    else:
        done = await revise(
            actor, UUID(given["reward"]), given["version"], given["said"], keeps_stock=given["keeps_stock"]
        )
    assert isinstance(done, Reward)
    return {"reward": str(done.id)}


#: Shipped: 0, so always.
COMMAND = Command(REWARD_PRICE, _run, frozenset({"operator"}), Decimal(0))
