"""The configuration as it stands, as the shapes of a programme file, by code."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from domain import clock, db
from domain.points import amounts, rewards, tiers, wallets
from domain.points.as_code import shapes
from domain.points.as_code.shapes import Condition, Expiry, File, Names, Pending, Period, Policy

_SNAKE = {
    "in_segment": "in_segment", "is_owner": "is_owner", "has_tag": "has_tag", "tier_at_least": "tier_at_least",
    "enrolled_for_days": "enrolled_for_days", "hasTag": "has_tag", "inSegment": "in_segment",
    "tierAtLeast": "tier_at_least", "isOwner": "is_owner", "ownsModel": "owns_model", "touchpoint": "touchpoint",
    "enrolledForDays": "enrolled_for_days",
}  # fmt: skip

_RULES = """SELECT r.code, v.title, v.definition FROM points.earn_rule_version AS v
    JOIN points.earn_rule AS r ON r.id = v.rule
    WHERE v.state IN ('SCHEDULED', 'ACTIVE') AND v.effective_from <= $1
        AND (v.effective_to IS NULL OR v.effective_to > $1) ORDER BY r.code COLLATE "C" """


async def export() -> File:
    """Everything that is in force now."""
    scales = {row["code"]: row["scale"] for row in await wallets.listed()}
    schemes = sorted(await tiers.listed(), key=lambda each: each.code)
    return File(
        marque=1,
        programmes=[
            shapes.Programme(**{name: row[name] for name in shapes.Programme.__struct_fields__})
            for row in await db.fetch("SELECT * FROM points.programme ORDER BY code COLLATE \"C\"")
        ],
        wallets=[await _wallet(row) for row in sorted(await wallets.listed(), key=lambda row: row["code"])],
        tier_schemes=[_scheme(each) for each in schemes],
        benefits=[_benefit(row) for row in await db.fetch(_BENEFITS)],
        earn_rules=[
            rule(row["code"], row["title"], row["definition"], scales)
            for row in await db.fetch(_RULES, clock.now())
        ],
        rewards=sorted(
            (
                _reward(each, scales)
                for each in (
                    await rewards.by_ids([row["id"] for row in await db.fetch("SELECT id FROM points.reward")])
                ).values()
            ),
            key=lambda each: each.code,
        ),
        missions=[
            _mission(row["programme"], row["definition"], scales)
            for row in await db.fetch(
                """SELECT m.definition, g.code AS programme FROM points.mission AS m
                JOIN points.programme AS g ON g.id = m.programme ORDER BY m.code COLLATE "C" """
            )
        ],
        referral_programmes=[
            shapes.ReferralProgramme(**{name: row[name] for name in shapes.ReferralProgramme.__struct_fields__})
            for row in await db.fetch(
                """SELECT p.code AS programme, r.kinds, r.friend_within_days, r.qualify_within_days, r.hold_days
                FROM points.referral_programme AS r JOIN points.programme AS p ON p.id = r.programme ORDER BY p.code COLLATE "C" """
            )
        ],
    )  # fmt: skip


def rule(code: str, title: str, said: dict[str, Any], scales: dict[str, int]) -> shapes.EarnRule:
    """A rule as its definition says it."""
    effects = [_effect(effect, scales) for effect in said["effects"]]
    given = [
        body["wallet"] for effect in said["effects"] for body in effect.values() if body and "wallet" in body
    ]
    scale = scales.get(given[0], 0) if given else 0
    beneficiary = (said.get("beneficiary") or {}).get("property")
    until = said.get("effective_to")
    return shapes.EarnRule(
        code=code,
        title=title,
        kinds=said["kinds"],
        beneficiary=shapes.Beneficiary(property=beneficiary) if beneficiary else None,
        condition=condition(said.get("condition")),
        effects=effects,
        caps=[_cap(cap, scale) for cap in said.get("caps") or []],
        per_event_max=_shown(said.get("per_event_max"), scale),
        hold_above=_shown(said.get("hold_above"), scale),
        device_members_max=said.get("device_members_max"),
        is_stackable=said.get("is_stackable", True),
        priority=said.get("priority") or 0,
        rounding=said.get("rounding") or "FLOOR",
        zone=said.get("zone"),
        hours=[
            shapes.Hours(from_=span["from"], to=span["to"], days=span.get("days") or None)
            for span in said.get("hours") or []
        ],
        cooldown_seconds=said.get("cooldown_seconds"),
        pending=pending(said.get("pending")),
        expiry=expiry(said.get("expiry")),
        activates_on=said.get("activates_on") or None,
        cancel_after=period(said.get("cancel_after")),
        reverses_on=said.get("reverses_on"),
        regrants_on=said.get("regrants_on"),
        effective_to=datetime.fromisoformat(until) if until else None,
        funding_source=said.get("funding_source"),
        follows_vehicle=said.get("follows_vehicle", False),
    )  # fmt: skip


def condition(said: dict[str, Any] | None) -> Condition | None:
    """A condition of a rule, a mission, a tier or a reward."""
    if not said:
        return None
    ((name, value),) = said.items()
    if name in ("all", "any"):
        several: dict[str, Any] = {name: [condition(each) for each in value]}
        return Condition(**several)
    if name == "not":
        return Condition(not_=condition(value))
    if name == "trait":
        return Condition(
            trait=shapes.Test(key=value["key"], op=value["op"], value=_exact(value.get("value")))
        )
    if name == "property":
        return Condition(
            property=shapes.Test(path=value["path"], op=value["op"], value=_exact(value.get("value")))
        )
    if name == "basketAtLeast":
        return Condition(basket_at_least=_money(value))
    return Condition(**{_SNAKE[name]: value})


def period(said: dict[str, Any] | None) -> Period | None:
    if not said:
        return None
    return Period(value=said["value"], unit=said["unit"], round_to=said.get("round_to"))


def pending(said: dict[str, Any] | None) -> Pending | None:
    if not said:
        return None
    return Pending(
        immediate=said.get("immediate"), after=period(said.get("after")), dates=said.get("dates"),
        on_activation=said.get("on_activation"),
    )  # fmt: skip


def expiry(said: dict[str, Any] | None) -> Expiry | None:
    if not said:
        return None
    return Expiry(
        never=said.get("never"), rolling=period(said.get("rolling")), calendar=said.get("calendar"),
        sliding=period(said.get("sliding")),
    )  # fmt: skip


def policy(row: Any, scale: int) -> Policy:
    """A wallet's policy; what is so by default is left out."""
    said_pending, said_expiry = pending(row["pending"]), expiry(row["expiry"])
    gift, pay = row["gift"], row["pay"]
    return Policy(
        pending=None if said_pending == Pending(immediate=True) else said_pending,
        expiry=None if said_expiry == Expiry(never=True) else said_expiry,
        refund_policy=row["refund_policy"],
        debt_limit=_shown(row["debt_limit"], scale),
        refund_grace_days=row["refund_grace_days"],
        reinstate_window=period(row["reinstate_window"]),
        hold_seconds=row["hold_seconds"],
        gift=shapes.Gift(
            minimum=_shown(gift.get("minimum"), scale),
            daily_limit=_shown(gift.get("daily_limit"), scale),
            monthly_limit=_shown(gift.get("monthly_limit"), scale),
            accept_hours=gift.get("accept_hours", 72),
        )
        if gift
        else None,
        pay=shapes.Pay(
            conversion_points=amounts.decimal(pay["points"], scale),
            conversion_amount=shapes.Money(minor_units=pay["money"], currency=pay["currency"]),
            minimum=amounts.decimal(pay["minimum"], scale),
            max_share_percent=pay["max_share_percent"],
        )
        if pay
        else None,
        point_value=None if row["point_value"] is None else Decimal(row["point_value"]),
    )


async def _wallet(row: db.Row) -> shapes.Wallet:
    found = await wallets.in_force(row["code"])
    plain = {name: row[name] for name in ("code", "programme", "scale", "is_spendable", "has_lots")}
    return shapes.Wallet(
        names=Names(**row["names"]), policy=policy(found, row["scale"]) if found else None, **plain
    )


def _scheme(known: tiers.Known) -> shapes.TierScheme:
    now = known.now
    ((name, said),) = now.expiry.items()
    ends: Any = said
    if name == "fixed":
        ends = period(said)
    elif name == "end_of_period":
        ends = shapes.EndOfPeriod(next=said["next"], plus_days=said["plus_days"])
    return shapes.TierScheme(
        code=known.code,
        wallet=known.wallet,
        basis=now.basis,
        period=period(now.period),
        apply=now.apply,
        expiry=None if name == "none" else shapes.TierExpiry(**{name: ends}),
        downgrade=now.downgrade,
        grace=period(now.grace),
        tiers=[
            shapes.Tier(
                code=tier.code,
                threshold=amounts.decimal(tier.threshold, known.scale),
                condition=condition(tier.condition),
                keeps=tier.keeps,
            )
            for tier in now.tiers
        ],
    )


_BENEFITS = """SELECT s.code AS scheme, t.code AS tier, b.code, b.names, b.quantity, b.period
    FROM points.benefit AS b JOIN points.tier AS t ON t.id = b.tier JOIN points.tier_scheme AS s ON s.id = t.scheme
    ORDER BY s.code COLLATE "C", t.rank, b.code COLLATE "C" """


def _benefit(row: db.Row) -> shapes.Benefit:
    plain = {name: row[name] for name in ("scheme", "tier", "code", "quantity")}
    return shapes.Benefit(names=Names(**row["names"]), period=period(row["period"]), **plain)


def _effect(effect: dict[str, Any], scales: dict[str, int]) -> shapes.Effect:
    ((name, said),) = ((name, said) for name, said in effect.items() if said is not None)
    made: dict[str, Any] = {"lines": _lines(said.get("lines"))} if name in _WITH_LINES else {}
    if "wallet" in said:
        made["wallet"] = said["wallet"]
    if "points" in said:
        made["points"] = amounts.decimal(said["points"], scales[said["wallet"]])
    if name == "fixed":
        made["per_unit"] = bool(said.get("per_unit"))
    elif name == "per_amount":
        made |= {"per": _money(said["per"]), "stepping": said.get("stepping", "WHOLE")}
    elif name == "from_property":
        made |= {"path": said["path"], "factor": Decimal(said.get("factor") or "1")}
    elif name == "multiply":
        made |= {
            "factor": Decimal(said["factor"]), "includes_fixed": bool(said.get("includes_fixed")),
            "is_stackable": said.get("is_stackable", True), "priority": said.get("priority") or 0,
        }  # fmt: skip
    return shapes.Effect(**{name: EFFECTS[name](**made)})


EFFECTS: dict[str, Any] = {
    "fixed": shapes.Fixed, "per_amount": shapes.PerAmount, "from_property": shapes.FromProperty,
    "multiply": shapes.Multiply, "deduct": shapes.Deduct,
}  # fmt: skip
_WITH_LINES = ("fixed", "per_amount", "multiply")


def _lines(said: dict[str, Any] | None) -> shapes.Lines | None:
    found = shapes.Lines(**{name: value for name, value in (said or {}).items() if value})
    return None if found == shapes.Lines() else found


def _cap(cap: dict[str, Any], scale: int) -> shapes.Cap:
    limit = amounts.decimal(cap["limit"], scale if cap["measure"] == "POINTS" else 0)
    plain = {name: value for name, value in cap.items() if name != "limit" and value is not None}
    return shapes.Cap(limit=limit, **plain)


def _reward(found: rewards.Reward, scales: dict[str, int]) -> shapes.Reward:
    return shapes.Reward(
        code=found.code,
        kind=found.kind,
        names=Names(**found.names),
        prices=[
            shapes.Amount(wallet=wallet, amount=amounts.decimal(points, scales[wallet]))
            for wallet, points in sorted(found.prices.items())
        ],
        cash=None
        if found.cash is None
        else shapes.Money(minor_units=found.cash, currency=found.currency or "CNY"),
        is_limited=found.stock is not None,
        per_member_limit=found.per_member_limit,
        condition=condition(found.condition),
        opens_at=found.opens_at,
        closes_at=found.closes_at,
    )


def _mission(programme: str, said: dict[str, Any], scales: dict[str, int]) -> shapes.Mission:
    streak = said.get("streak")
    plain = {name: said[name] for name in _MISSION if said.get(name) is not None}
    return shapes.Mission(
        programme=programme,
        title=Names(**said["title"]),
        condition=condition(said.get("condition")),
        period=period(said.get("period")),
        opens_on=_day(said.get("opens_on")),
        closes_on=_day(said.get("closes_on")),
        steps=[
            shapes.Step(
                from_=_day(step.get("from")),
                to=_day(step.get("to")),
                wallet=step["wallet"],
                points=amounts.decimal(step["points"], scales[step["wallet"]]),
            )
            for step in said.get("steps") or []
        ],
        streak=shapes.Streak(
            days=streak["days"], rewards=[_given(each, scales) for each in streak["rewards"]]
        )
        if streak
        else None,
        rewards=[_given(each, scales) for each in said.get("rewards") or []],
        **plain,
    )


_MISSION = (
    "code", "kinds", "target", "counts_per", "recurrence", "pays_next_day", "is_kept_after_completion", "badge",
    "needs_joining",
)  # fmt: skip


def _given(said: dict[str, Any], scales: dict[str, int]) -> shapes.Given:
    wallet = said["wallet"]
    return shapes.Given(wallet=wallet, points=amounts.decimal(said["points"], scales[wallet]))


def _money(said: dict[str, Any]) -> shapes.Money:
    return shapes.Money(minor_units=said["minor_units"], currency=said.get("currency") or "CNY")


def _shown(minor: int | None, scale: int) -> Decimal | None:
    return None if minor is None else amounts.decimal(minor, scale)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _exact(value: Any) -> Any:
    """JSON's numbers with a point as decimals, as the file reads them."""
    if isinstance(value, float):
        return Decimal(str(value))
    return [_exact(each) for each in value] if isinstance(value, list) else value
