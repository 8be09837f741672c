"""Everything wrong with an earn rule's definition; paths are those of ``EarnRuleInput``. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from domain.conditions import number
from domain.errors import Problem
from domain.points import amounts, matching, periods
from domain.points.baskets import money
from domain.points.definitions import PER, ROUNDINGS, STEPPINGS, WINDOWS

DEEPEST = 10
MOST = 50  # of kinds, effects, caps, names in a filter's list times ten
LONGEST_PATH = 200
#: A multiplier or factor beyond this is a slip.
LARGEST_FACTOR = Decimal(1_000_000)
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")

Said = Mapping[str, Any]
Found = Iterator[tuple[str, str]]


def problems(said: Said, wallets: Mapping[str, bool]) -> list[Problem]:
    """What is wrong; ``wallets`` are the known ones, and whether they have lots."""
    return [Problem(_camel(path), message) for path, message in _problems(said, wallets)]


def _problems(said: Said, wallets: Mapping[str, bool]) -> Found:
    if not str(said.get("code") or "").strip() or len(said["code"]) > 100:
        yield "code", "Name the rule, in at most 100 characters."
    yield from _kinds(said, "kinds", needed=True)
    for name in ("activates_on", "reverses_on", "regrants_on"):
        yield from _kinds(said, name)
    yield from _beneficiary(said.get("beneficiary"))
    yield from _effects(said.get("effects") or [], wallets)
    yield from _caps(said)
    yield from _limits(said)
    if said.get("condition"):
        yield from _condition(said["condition"], "condition", 0)
    yield from _times(said)
    yield from _waiting(said, wallets)


def _kinds(said: Said, name: str, *, needed: bool = False) -> Found:
    kinds = said.get(name) or []
    if needed and not kinds:
        yield name, "Name at least one kind of interaction."
    if len(kinds) > MOST:
        yield name, f"Use at most {MOST} kinds."
    for n, kind in enumerate(kinds):
        if not str(kind).strip():
            yield f"{name}.{n}", "Name the kind."


def _beneficiary(said: Said | None) -> Found:
    if said is not None and "property" in said and not _is_path(said["property"]):
        yield "beneficiary.property", "Name the property by its path, such as properties.author."


def _effects(effects: list[Said], wallets: Mapping[str, bool]) -> Found:
    if not effects:
        yield "effects", "Say what the rule gives."
    if len(effects) > MOST:
        yield "effects", f"Use at most {MOST} effects."
    for n, effect in enumerate(effects):
        given = {name: body for name, body in effect.items() if body is not None}
        if len(given) != 1 or next(iter(given)) not in _EFFECTS:
            yield f"effects.{n}", "Say exactly one thing."
            continue
        ((name, body),) = given.items()
        path = f"effects.{n}.{name}"
        if name != "multiply" and body.get("wallet") not in wallets:
            yield f"{path}.wallet", f"There is no wallet {body.get('wallet')}."
        yield from _EFFECTS[name](body, path)
        yield from _lines(body.get("lines"), f"{path}.lines")


def _points(body: Said, path: str) -> Found:
    if not isinstance(body.get("points"), int) or not 0 < body["points"] <= amounts.MOST:
        yield f"{path}.points", "Use an amount above 0."


def _per_amount(body: Said, path: str) -> Found:
    yield from _points(body, path)
    if not money(body.get("per")):
        yield f"{path}.per", "Use an amount of money above 0."
    if body.get("stepping", "WHOLE") not in STEPPINGS:
        yield f"{path}.stepping", f"Use one of {', '.join(STEPPINGS)}."


def _from_property(body: Said, path: str) -> Found:
    if not _is_path(body.get("path")):
        yield f"{path}.path", "Name the property by its path."
    yield from _factor(body.get("factor", "1"), f"{path}.factor")


def _multiply(body: Said, path: str) -> Found:
    yield from _factor(body.get("factor"), f"{path}.factor")


def _factor(said: Any, path: str) -> Found:
    found = number(said)
    if found is None or not 0 < found <= LARGEST_FACTOR or not found.is_finite():
        yield path, "Use a number above 0."


_EFFECTS = {
    "fixed": _points, "deduct": _points, "per_amount": _per_amount, "from_property": _from_property,
    "multiply": _multiply,
}  # fmt: skip


def _lines(said: Said | None, path: str) -> Found:
    for name, names in (said or {}).items():
        if name == "is_delivery_excluded" or not names:
            continue
        if len(names) > MOST * 10:
            yield f"{path}.{name}", f"Use at most {MOST * 10} of them."
        if any(not str(each).strip() for each in names):
            yield f"{path}.{name}", "Leave no entry empty."


def _caps(said: Said) -> Found:
    caps = said.get("caps") or []
    if len(caps) > MOST:
        yield "caps", f"Use at most {MOST} caps."
    for n, cap in enumerate(caps):
        if not 0 < cap["limit"] <= amounts.MOST:
            yield f"caps.{n}.limit", "Use a limit above 0."
        for name, known in (("per", PER), ("window", WINDOWS), ("measure", ("TIMES", "POINTS"))):
            if cap[name] not in known:
                yield f"caps.{n}.{name}", f"Use one of {', '.join(known)}."
        if cap.get("mode") == "NET" and (cap["measure"] != "POINTS" or cap.get("on_excess") == "REFUSE"):
            yield f"caps.{n}.mode", "A NET cap measures POINTS and cuts."
        if cap.get("group") is not None and not cap["group"].strip():
            yield f"caps.{n}.group", "Name the group, or leave it out."
        if _counter(cap) in [_counter(other) for other in caps[:n]]:
            yield f"caps.{n}", "An earlier cap of this rule counts in the same counter: say it once."
    given = _wallets(said)
    if any(cap["measure"] == "POINTS" for cap in caps) and len(given) != 1:
        yield "caps", "A rule with a cap on points gives points of exactly one wallet."
    if any(cap.get("mode") == "NET" for cap in caps) and len(caps) > 1:
        yield "caps", "A NET cap stands alone."


def _counter(cap: Said) -> tuple[Any, ...]:
    """What two caps of a rule share a counter by (:meth:`domain.points.definitions.Cap.key`)."""
    return (cap.get("group"), cap["per"], cap["window"], cap["measure"], cap.get("mode") or "GROSS")


def _limits(said: Said) -> Found:
    for name in ("per_event_max", "hold_above"):
        if said.get(name) is not None and said[name] < 0:
            yield name, "Use an amount of at least 0."
        if said.get(name) is not None and len(_wallets(said)) > 1:
            yield name, "A rule with such a limit gives points of one wallet."
    most = said.get("device_members_max")
    if most is not None and most < 1:
        yield "device_members_max", "Use at least 1."
    cooldown = said.get("cooldown_seconds")
    if cooldown is not None and not 0 < cooldown <= 366 * 86_400:
        yield "cooldown_seconds", "Use 1 second to 366 days."
    if said.get("rounding") and said["rounding"] not in ROUNDINGS:
        yield "rounding", f"Use one of {', '.join(ROUNDINGS)}."


def _times(said: Said) -> Found:
    if said.get("zone") and said["zone"] not in available_timezones():
        yield "zone", f"{said['zone']} is no IANA zone."
    for n, span in enumerate(said.get("hours") or []):
        for name in ("from", "to"):
            if not isinstance(span.get(name), str) or not _TIME.fullmatch(span[name]):
                yield f"hours.{n}.{name}", "Write the time as HH:MM."
        if any(not 1 <= day <= 7 for day in span.get("days") or []):
            yield f"hours.{n}.days", "Days are 1 (Monday) to 7 (Sunday)."
    since, until = said.get("effective_from"), said.get("effective_to")
    if since and until and until <= since:
        yield "effective_to", "The rule ends before it begins."


def _waiting(said: Said, wallets: Mapping[str, bool]) -> Found:
    pending, picks = said.get("pending") or {}, said.get("activates_on") or []
    yield from _period(pending.get("after"), "pending.after")
    yield from _month_days(pending, "dates", "pending.dates")
    expiry = said.get("expiry") or {}
    for name in ("rolling", "sliding"):
        yield from _period(expiry.get(name), f"expiry.{name}")
    yield from _month_days(expiry, "calendar", "expiry.calendar")
    yield from _period(said.get("cancel_after"), "cancel_after")
    if pending.get("on_activation") and not picks:
        yield "activates_on", "Name what the award waits for."
    if picks and any(pending.get(name) for name in ("immediate", "after", "dates")):
        yield "pending", "What waits for a fact has no other time."
    if said.get("cancel_after") and not picks:
        yield "cancel_after", "Only what waits for a fact can be cancelled."
    is_net = any(cap.get("mode") == "NET" for cap in said.get("caps") or [])
    waits = picks or said.get("hold_above") is not None or said.get("device_members_max") is not None
    if waits and is_net:
        yield "caps", "A NET cap and an award that waits exclude one another."
    if said.get("follows_vehicle") and any(not wallets.get(wallet, True) for wallet in _wallets(said)):
        yield "follows_vehicle", "A wallet without lots has nothing that could follow."
    if waits and any(not wallets.get(wallet, True) for wallet in _wallets(said)):
        yield "effects", "A wallet without lots has nothing that waits."


def _period(said: Said | None, path: str) -> Found:
    if said is None:
        return
    if said.get("unit") not in periods.UNITS or not 0 <= said.get("value", -1) <= 36_600:
        yield path, "Use a length of 0 to 36,600 units."


def _month_days(said: Said, name: str, path: str) -> Found:
    if said.get(name) is None:
        return
    if not said[name] or len(said[name]) > 20:
        yield path, "Name 1 to 20 days."
    for n, day in enumerate(said[name]):
        if not periods.is_month_day(day):
            yield f"{path}.{n}", "Write a day of the year as MM-DD."


def _condition(condition: Said, path: str, depth: int) -> Found:
    if len(condition) != 1:
        yield path, "Say exactly one thing."
        return
    if depth > DEEPEST:
        yield path, f"Nest conditions at most {DEEPEST} deep."
        return
    ((name, said),) = condition.items()
    if name in ("all", "any"):
        if not said:
            yield f"{path}.{name}", "Name at least one condition."
        for n, each in enumerate(said):
            yield from _condition(each, f"{path}.{name}.{n}", depth + 1)
    elif name == "not":
        yield from _condition(said, f"{path}.not", depth + 1)
    elif name not in matching.LEAVES:
        yield f"{path}.{name}", "There is no such condition."
    else:
        yield from _leaf(name, said, f"{path}.{name}")


def _leaf(name: str, said: Any, path: str) -> Found:
    if name in ("property", "trait"):
        at = "path" if name == "property" else "key"
        if not _is_path(said.get(at)):
            yield f"{path}.{at}", "Leave no part of it empty."
        if said.get("op") not in matching.OPERATORS:
            yield f"{path}.op", f"Use one of {', '.join(matching.OPERATORS)}."
        elif said["op"] == "IN" and not isinstance(said.get("value"), list):
            yield f"{path}.value", "Name a list."
    elif name == "basketAtLeast":
        if money(said) is None:
            yield path, "Use an amount of money of at least 0."
    elif name == "enrolledForDays":
        if not 0 <= said <= 36_600:
            yield path, "Use 0 to 36,600 days."
    elif name == "inSegment":
        if not _is_id(said):
            yield path, "Name the segment by its id."
    elif name != "isOwner" and not str(said or "").strip():
        yield path, "Leave it not empty."


def _wallets(said: Said) -> set[str]:
    bodies = [
        body
        for effect in said.get("effects") or []
        for name, body in effect.items()
        if body and name != "multiply"
    ]
    return {body.get("wallet") for body in bodies}


def _is_path(said: Any) -> bool:
    return (
        isinstance(said, str) and len(said) <= LONGEST_PATH and all(part.strip() for part in said.split("."))
    )


def _is_id(said: Any) -> bool:
    try:
        return bool(UUID(str(said)))
    except ValueError:
        return False


def _camel(path: str) -> str:
    return re.sub("_([a-z])", lambda found: found[1].upper(), path)
