"""How an earn rule's input becomes the definition that the domain keeps: snake_case, amounts in minor units."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from api.money import MoneyInput
from api.points.baskets import LabelInput, label_text
from api.points.inputs import (
    BeneficiaryInput,
    CapInput,
    EarnPendingInput,
    EarnRuleInput,
    EffectInput,
    FactConditionInput,
    HoursInput,
    LineFilterInput,
)
from api.points.policies import PeriodInput, WalletExpiryInput
from domain.errors import InvalidInput, Problem
from domain.points import amounts, reading
from domain.profile import catalogue

_DEEPEST = 10


async def definition(rule: EarnRuleInput) -> dict[str, Any]:
    """The definition of a rule; unknown kinds and wallets, and amounts that these cannot keep, are InvalidInput."""
    scales = await reading.scales()
    _must_know([*rule.kinds], "kinds")
    for name in ("activates_on", "reverses_on", "regrants_on"):
        _must_know(getattr(rule, name) or [], name)
    effects = [_effect(effect, scales, f"rule.effects.{n}") for n, effect in enumerate(rule.effects)]
    given = [body["wallet"] for effect in effects for body in effect.values() if "wallet" in body]
    scale = scales.get(given[0], 0) if given else 0
    return {
        "code": rule.code.strip(),
        "kinds": rule.kinds,
        "beneficiary": _beneficiary(rule.beneficiary),
        "condition": _condition(rule.condition) if rule.condition else None,
        "effects": effects,
        "caps": [_cap(cap, scale, f"rule.caps.{n}.limit") for n, cap in enumerate(rule.caps)],
        "per_event_max": _limit(rule.per_event_max, scale, "perEventMax"),
        "hold_above": _limit(rule.hold_above, scale, "holdAbove"),
        "device_members_max": rule.device_members_max,
        "is_stackable": rule.is_stackable,
        "priority": rule.priority,
        "rounding": rule.rounding.value,
        "zone": rule.zone,
        "hours": [_hours(span) for span in rule.hours],
        "cooldown_seconds": rule.cooldown_seconds,
        "pending": _pending(rule.pending),
        "expiry": _expiry(rule.expiry),
        "activates_on": rule.activates_on,
        "cancel_after": _period(rule.cancel_after),
        "reverses_on": rule.reverses_on,
        "regrants_on": rule.regrants_on,
        "effective_from": rule.effective_from.isoformat() if rule.effective_from else None,
        "effective_to": rule.effective_to.isoformat() if rule.effective_to else None,
        "funding_source": rule.funding_source,
        "follows_vehicle": rule.follows_vehicle,
    }


def _must_know(kinds: Sequence[str], name: str) -> None:
    first, *rest = name.split("_")
    path = first + "".join(part.title() for part in rest)
    unknown = [(n, kind) for n, kind in enumerate(kinds) if catalogue.find(kind) is None]
    if unknown:
        raise InvalidInput([Problem(f"rule.{path}.{n}", f"There is no kind {kind}.") for n, kind in unknown])


def _effect(effect: EffectInput, scales: dict[str, int], path: str) -> dict[str, Any]:
    name, said = next(
        (name, some.value)
        for name in ("fixed", "per_amount", "from_property", "multiply", "deduct")
        if (some := getattr(effect, name)) is not None
    )
    path = f"{path}.{''.join((name.split('_')[0], *(part.title() for part in name.split('_')[1:])))}"
    if said is None:
        raise InvalidInput.at(path, "Say what the rule gives.")
    body: dict[str, Any] = {}
    if hasattr(said, "wallet"):
        if said.wallet not in scales:
            raise InvalidInput.at(f"{path}.wallet", f"There is no wallet {said.wallet}.")
        body["wallet"] = said.wallet
    if hasattr(said, "points"):
        body["points"] = amounts.positive(said.points, scales[said.wallet], f"{path}.points")
    if hasattr(said, "lines"):
        body["lines"] = _lines(said.lines)
    if name == "fixed":
        body["per_unit"] = said.per_unit
    elif name == "per_amount":
        body |= {"per": money(said.per), "stepping": said.stepping.value}
    elif name == "from_property":
        body |= {"path": said.path, "factor": str(said.factor), "scale": scales[said.wallet]}
    elif name == "multiply":
        body |= {
            "factor": str(said.factor), "includes_fixed": said.includes_fixed, "is_stackable": said.is_stackable,
            "priority": said.priority,
        }  # fmt: skip
    return {name: body}


def money(said: MoneyInput) -> dict[str, Any]:
    """Money as definitions and facts keep it."""
    return {"minor_units": said.minor_units, "currency": said.currency}


def _lines(said: LineFilterInput | None) -> dict[str, Any] | None:
    def texts(labels: Sequence[LabelInput]) -> list[str]:
        return [label_text(label) for label in labels]

    if said is None:
        return None
    return {
        "skus": said.skus, "not_skus": said.not_skus, "labels": texts(said.labels),
        "not_labels": texts(said.not_labels), "is_delivery_excluded": said.is_delivery_excluded,
    }  # fmt: skip


def _cap(cap: CapInput, scale: int, path: str) -> dict[str, Any]:
    return {
        "per": cap.per.value,
        "window": cap.window.value,
        "measure": cap.measure.value,
        "limit": amounts.positive(cap.limit, scale if cap.measure.value == "POINTS" else 0, path),
        "on_excess": cap.on_excess.value,
        "mode": cap.mode.value,
        "group": cap.group,
    }


def _limit(limit: Decimal | None, scale: int, name: str) -> int | None:
    return None if limit is None else amounts.minor(limit, scale, f"rule.{name}")


def _beneficiary(said: BeneficiaryInput | None) -> dict[str, Any]:
    if said is not None and said.property is not None:
        return {"property": said.property.value or ""}
    return {"actor": True}


def _hours(said: HoursInput) -> dict[str, Any]:
    return {"from": said.from_, "to": said.to, "days": said.days}


def _pending(said: EarnPendingInput | None) -> dict[str, Any] | None:
    if said is None:
        return None
    if said.after is not None:
        return {"after": _period(said.after.value)}
    if said.dates is not None:
        return {"dates": said.dates.value or []}
    return {"on_activation": True} if said.on_activation is not None else {"immediate": True}


def _expiry(said: WalletExpiryInput | None) -> dict[str, Any] | None:
    if said is None:
        return None
    if said.calendar is not None:
        return {"calendar": said.calendar.value or []}
    for name in ("rolling", "sliding"):
        if (period := getattr(said, name)) is not None:
            return {name: _period(period.value)}
    return {"never": True}


def _period(said: PeriodInput | None) -> dict[str, Any] | None:
    if said is None:
        return None
    rounded = said.round_to.value if said.round_to else None
    return {"value": said.value, "unit": said.unit.value, "round_to": rounded}


def _condition(said: FactConditionInput, path: str = "rule.condition", depth: int = 0) -> dict[str, Any]:
    if depth > _DEEPEST:
        raise InvalidInput.at(path, f"Nest conditions at most {_DEEPEST} deep.")
    name, value = next(
        (name, some.value) for name in _LEAVES if (some := getattr(said, _FIELDS.get(name, name))) is not None
    )
    if value is None:
        raise InvalidInput.at(f"{path}.{name}", "Say what must hold.")
    if name in ("all", "any"):
        return {name: [_condition(each, f"{path}.{name}.{n}", depth + 1) for n, each in enumerate(value)]}
    if name == "not":
        return {name: _condition(value, f"{path}.not", depth + 1)}
    if name in ("trait", "property"):
        at = "key" if name == "trait" else "path"
        return {name: {at: getattr(value, at), "op": value.op.value, "value": _plain(value.value)}}
    if isinstance(value, MoneyInput):
        return {name: money(value)}
    return {name: str(value) if isinstance(value, UUID) else value}


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


_FIELDS = {
    "not": "not_", "hasTag": "has_tag", "inSegment": "in_segment", "tierAtLeast": "tier_at_least", "isOwner": "is_owner", "ownsModel": "owns_model",
    "enrolledForDays": "enrolled_for_days", "basketAtLeast": "basket_at_least",
}  # fmt: skip
_LEAVES = (
    "all", "any", "not", "hasTag", "inSegment", "tierAtLeast", "isOwner", "ownsModel", "trait", "property", "touchpoint",
    "enrolledForDays", "basketAtLeast",
)  # fmt: skip


def condition_of(said: FactConditionInput, path: str) -> dict[str, Any]:
    """A condition as the domain keeps it; ``path`` is where it stands in the caller's input."""
    return _condition(said, path)


def period_of(said: PeriodInput | None) -> dict[str, Any] | None:
    """A period as the domain keeps it."""
    return _period(said)
