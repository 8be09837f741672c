"""What the shapes of a programme file say to the domain: snake_case, minor units. Paths of problems are the entry's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.errors import InvalidInput, Problem
from domain.points import amounts
from domain.points.as_code import shapes
from domain.points.policy_rules import Policy
from domain.points.standing_types import Tier
from domain.points.tiers import Draft
from domain.profile import catalogue

Scales = Mapping[str, int]
#: What tiers and rewards may ask for.
OF_TIERS = frozenset({"in_segment", "is_owner"})
OF_REWARDS = OF_TIERS | {"has_tag", "tier_at_least", "enrolled_for_days"}


def rule(said: shapes.EarnRule, scales: Scales) -> dict[str, Any]:
    """The definition of an earn rule. It begins when it is published, so it names no beginning of its own."""
    must_know(said.kinds, "kinds")
    for name, kinds in (
        ("activatesOn", said.activates_on),
        ("reversesOn", said.reverses_on),
        ("regrantsOn", said.regrants_on),
    ):
        must_know(kinds or [], name)
    effects = [_effect(each, scales, f"effects.{n}") for n, each in enumerate(said.effects)]
    given = [body["wallet"] for effect in effects for body in effect.values() if "wallet" in body]
    scale = scales.get(given[0], 0) if given else 0
    return {
        "code": said.code,
        "kinds": said.kinds,
        "beneficiary": {"property": said.beneficiary.property} if said.beneficiary else {"actor": True},
        "condition": condition(said.condition, "condition"),
        "effects": effects,
        "caps": [_cap(each, scale, f"caps.{n}.limit") for n, each in enumerate(said.caps)],
        "per_event_max": _minor(said.per_event_max, scale, "perEventMax"),
        "hold_above": _minor(said.hold_above, scale, "holdAbove"),
        "device_members_max": said.device_members_max,
        "is_stackable": said.is_stackable,
        "priority": said.priority,
        "rounding": said.rounding,
        "zone": said.zone,
        "hours": [{"from": span.from_, "to": span.to, "days": span.days} for span in said.hours],
        "cooldown_seconds": said.cooldown_seconds,
        "pending": pending(said.pending),
        "expiry": expiry(said.expiry),
        "activates_on": said.activates_on,
        "cancel_after": period(said.cancel_after),
        "reverses_on": said.reverses_on,
        "regrants_on": said.regrants_on,
        "effective_from": None,
        "effective_to": said.effective_to.isoformat() if said.effective_to else None,
        "funding_source": said.funding_source,
        "follows_vehicle": said.follows_vehicle,
    }


def policy(said: shapes.Policy, scale: int) -> Policy:
    """How a wallet behaves."""
    gift, pay = said.gift, said.pay
    return Policy(
        pending=pending(said.pending) or {"immediate": True},
        expiry=expiry(said.expiry) or {"never": True},
        refund_policy=said.refund_policy,
        debt_limit=_minor(said.debt_limit, scale, "debtLimit"),
        refund_grace_days=said.refund_grace_days,
        hold_seconds=said.hold_seconds,
        reinstate_window=period(said.reinstate_window),
        gift={
            "minimum": _minor(gift.minimum, scale, "gift.minimum"),
            "daily_limit": _minor(gift.daily_limit, scale, "gift.dailyLimit"),
            "monthly_limit": _minor(gift.monthly_limit, scale, "gift.monthlyLimit"),
            "accept_hours": gift.accept_hours,
        }
        if gift
        else {},
        pay={
            "points": amounts.minor(pay.conversion_points, scale, "pay.conversionPoints"),
            "money": pay.conversion_amount.minor_units,
            "currency": pay.conversion_amount.currency,
            "minimum": amounts.minor(pay.minimum, scale, "pay.minimum"),
            "max_share_percent": pay.max_share_percent,
        }
        if pay
        else {},
        point_value=None if said.point_value is None else f"{said.point_value:f}",
    )


def scheme(said: shapes.TierScheme, scales: Scales) -> Draft:
    """A tier scheme."""
    scale = _scale(said.wallet, scales, "wallet")
    return Draft(
        code=said.code,
        wallet=said.wallet,
        basis=said.basis,
        period=period(said.period),
        apply=said.apply,
        expiry=_tier_expiry(said.expiry),
        downgrade=said.downgrade,
        grace=period(said.grace),
        tiers=tuple(
            Tier(
                tier.code,
                amounts.minor(tier.threshold, scale, f"tiers.{n}.threshold"),
                condition(tier.condition, f"tiers.{n}.condition", OF_TIERS),
                tier.keeps,
            )
            for n, tier in enumerate(said.tiers)
        ),
    )


def reward(said: shapes.Reward, scales: Scales, stock: int | None) -> dict[str, Any]:
    """A reward with the stock that it has, or begins with."""
    prices: dict[str, int] = {}
    for n, price in enumerate(said.prices):
        if price.wallet in prices:
            raise InvalidInput.at(f"prices.{n}.wallet", "Name each wallet once.")
        scale = _scale(price.wallet, scales, f"prices.{n}.wallet")
        prices[price.wallet] = amounts.positive(price.amount, scale, f"prices.{n}.amount")
    return {
        "code": said.code,
        "kind": said.kind,
        "names": names(said.names),
        "prices": prices,
        "cash": said.cash.minor_units if said.cash else None,
        "currency": said.cash.currency if said.cash else None,
        "stock": stock,
        "per_member_limit": said.per_member_limit,
        "condition": condition(said.condition, "condition", OF_REWARDS),
        "opens_at": said.opens_at.isoformat() if said.opens_at else None,
        "closes_at": said.closes_at.isoformat() if said.closes_at else None,
        "codes": [],
    }


def mission(said: shapes.Mission, scales: Scales) -> dict[str, Any]:
    """The definition of a mission."""
    return {
        "programme": said.programme,
        "code": said.code,
        "title": names(said.title),
        "kinds": said.kinds,
        "condition": condition(said.condition, "condition"),
        "target": said.target,
        "period": period(said.period),
        "opens_on": _day(said.opens_on),
        "closes_on": _day(said.closes_on),
        "counts_per": said.counts_per,
        "steps": [
            {**_given(step, scales, f"steps.{n}"), "from": _day(step.from_), "to": _day(step.to)}
            for n, step in enumerate(said.steps)
        ],
        "streak": said.streak
        and {
            "days": said.streak.days,
            "rewards": [
                _given(each, scales, f"streak.rewards.{n}") for n, each in enumerate(said.streak.rewards)
            ],
        },
        "recurrence": said.recurrence,
        "pays_next_day": said.pays_next_day,
        "is_kept_after_completion": said.is_kept_after_completion,
        "rewards": [_given(each, scales, f"rewards.{n}") for n, each in enumerate(said.rewards)],
        "badge": said.badge,
        "needs_joining": said.needs_joining,
    }


def names(said: shapes.Names) -> dict[str, str]:
    return {"zh": said.zh, "en": said.en}


def period(said: shapes.Period | None) -> dict[str, Any] | None:
    if said is None:
        return None
    return {"value": said.value, "unit": said.unit, "round_to": said.round_to}


def pending(said: shapes.Pending | None) -> dict[str, Any] | None:
    if said is None:
        return None
    name, value = _one(said, "pending")
    if name == "after":
        return {"after": period(value)}
    return {name: value if name == "dates" else True}


def expiry(said: shapes.Expiry | None) -> dict[str, Any] | None:
    if said is None:
        return None
    name, value = _one(said, "expiry")
    if name in ("rolling", "sliding"):
        return {name: period(value)}
    return {name: value if name == "calendar" else True}


def condition(
    said: shapes.Condition | None, path: str, leaves: frozenset[str] | None = None
) -> dict[str, Any] | None:
    """A condition: of rules and missions by the names of the file; of tiers and rewards, which know only these
    ``leaves``, in snake_case."""
    if said is None:
        return None
    name, value = _one(said, path)
    if leaves is not None and name not in leaves | {"all", "any", "not_"}:
        raise InvalidInput.at(
            f"{path}.{_camel(name)}", f"Use one of {', '.join(sorted(map(_camel, leaves)))}."
        )
    if name == "in_segment" and not _is_id(value):
        raise InvalidInput.at(f"{path}.inSegment", "Name the segment by its id.")
    if name in ("all", "any"):
        return {name: [condition(each, f"{path}.{name}.{n}", leaves) for n, each in enumerate(value)]}
    outside = "not" if name == "not_" else _camel(name)
    if name == "not_":
        return {"not": condition(value, f"{path}.not", leaves)}
    if name in ("trait", "property"):
        at = "key" if name == "trait" else "path"
        other = "path" if name == "trait" else "key"
        if getattr(value, at) is None or getattr(value, other) is not None:
            raise InvalidInput.at(f"{path}.{name}", f"Name the {at}.")
        return {name: {at: getattr(value, at), "op": value.op, "value": _json(value.value)}}
    if name == "basket_at_least":
        return {outside: _money(value)}
    return {name if leaves else outside: value}


def must_know(kinds: Iterable[str], path: str) -> None:
    """Kinds of interactions that there are, or InvalidInput."""
    unknown = [
        Problem(f"{path}.{n}", f"There is no kind {kind}.")
        for n, kind in enumerate(kinds)
        if catalogue.find(kind) is None
    ]
    if unknown:
        raise InvalidInput(unknown)


def _effect(said: shapes.Effect, scales: Scales, path: str) -> dict[str, Any]:
    name, value = _one(said, path)
    path = f"{path}.{_camel(name)}"
    body: dict[str, Any] = {}
    if not isinstance(value, shapes.Multiply):
        body["wallet"] = value.wallet
        scale = _scale(value.wallet, scales, f"{path}.wallet")
    if hasattr(value, "points"):
        body["points"] = amounts.positive(value.points, scale, f"{path}.points")
    if hasattr(value, "lines"):
        body["lines"] = None if value.lines is None else {**vars_of(value.lines)}
    if isinstance(value, shapes.Fixed):
        body["per_unit"] = value.per_unit
    elif isinstance(value, shapes.PerAmount):
        body |= {"per": _money(value.per), "stepping": value.stepping}
    elif isinstance(value, shapes.FromProperty):
        body |= {"path": value.path, "factor": f"{value.factor:f}", "scale": scale}
    elif isinstance(value, shapes.Multiply):
        body |= {
            "factor": f"{value.factor:f}", "includes_fixed": value.includes_fixed, "is_stackable": value.is_stackable,
            "priority": value.priority,
        }  # fmt: skip
    return {name: body}


def vars_of(said: shapes.Shape) -> dict[str, Any]:
    """A shape's fields by their own names."""
    return {name: getattr(said, name) for name in said.__struct_fields__}


def _cap(said: shapes.Cap, scale: int, path: str) -> dict[str, Any]:
    limit = amounts.positive(said.limit, scale if said.measure == "POINTS" else 0, path)
    return {**vars_of(said), "limit": limit}


def _tier_expiry(said: shapes.TierExpiry | None) -> dict[str, Any]:
    if said is None:
        return {"none": True}
    name, value = _one(said, "expiry")
    if name == "fixed":
        return {name: period(value)}
    if name == "end_of_period":
        return {name: vars_of(value)}
    return {name: value if name == "calendar" else True}


def _given(said: shapes.Given | shapes.Step, scales: Scales, path: str) -> dict[str, Any]:
    scale = _scale(said.wallet, scales, f"{path}.wallet")
    return {"wallet": said.wallet, "points": amounts.positive(said.points, scale, f"{path}.points")}


def _one(said: shapes.Shape, path: str) -> tuple[str, Any]:
    """The one thing that is said."""
    given = [(name, value) for name, value in vars_of(said).items() if value is not None]
    is_choice = isinstance(said, shapes.Pending | shapes.Expiry | shapes.TierExpiry)
    if len(given) != 1 or (is_choice and given[0][1] is False):
        raise InvalidInput.at(path, "Say exactly one thing.")
    return given[0]


def _scale(wallet: str, scales: Scales, path: str) -> int:
    if wallet not in scales:
        raise InvalidInput.at(path, f"There is no wallet {wallet}.")
    return scales[wallet]


def _minor(amount: Decimal | None, scale: int, path: str) -> int | None:
    return None if amount is None else amounts.minor(amount, scale, path)


def _money(said: shapes.Money) -> dict[str, Any]:
    return {"minor_units": said.minor_units, "currency": said.currency}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _json(value: Any) -> Any:
    """A condition's value as JSON keeps it: a number with a point is one."""
    if isinstance(value, Decimal):
        return float(value)
    return [_json(each) for each in value] if isinstance(value, list) else value


def _is_id(said: str) -> bool:
    try:
        return bool(UUID(said))
    except ValueError:
        return False


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
