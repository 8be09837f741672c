"""What an earn rule says, read from its definition.

A definition is JSON with the fields of ``EarnRuleInput`` in snake_case; points are minor units of their wallet, money is
``{"minor_units", "currency"}``, factors are decimal texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any
from uuid import UUID

from domain.conditions import MISSING, at_path
from domain.points import baskets, periods
from domain.points.baskets import DELIVERY, Line
from domain.profile.interactions import Fact

ZONE = "Asia/Shanghai"
PER = ("MEMBER", "MEMBER_SUBJECT", "DEVICE", "RULE")
WINDOWS = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "EVER")
ROUNDINGS = ("FLOOR", "HALF_UP", "CEIL")
STEPPINGS = ("WHOLE", "PROPORTIONAL")


@dataclass(frozen=True)
class LineFilter:
    """Which lines of a basket an effect is about; each list that is given must fit. Labels are ``key:value``."""

    skus: frozenset[str] = frozenset()
    not_skus: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    not_labels: frozenset[str] = frozenset()
    is_delivery_excluded: bool = False

    @classmethod
    def of(cls, said: dict[str, Any] | None) -> LineFilter | None:
        if not said:
            return None
        names = ("skus", "not_skus", "labels", "not_labels")
        lists = {name: frozenset(said.get(name) or ()) for name in names}
        return cls(**lists, is_delivery_excluded=bool(said.get("is_delivery_excluded")))

    def fits(self, line: Line) -> bool:
        return (
            (not self.skus or line.sku in self.skus)
            and line.sku not in self.not_skus
            and (not self.labels or bool(line.labels & self.labels))
            and not line.labels & self.not_labels
            and not (self.is_delivery_excluded and line.kind == DELIVERY)
        )


@dataclass(frozen=True)
class Fixed:
    """So many points: once (when any line fits the filter), or for each piece of the lines that fit."""

    wallet: str
    points: int
    lines: LineFilter | None = None
    per_unit: bool = False


@dataclass(frozen=True)
class PerAmount:
    """``points`` for each ``per`` of the cash paid for the lines that fit; PROPORTIONAL counts broken steps too."""

    wallet: str
    points: int
    per: int
    currency: str
    is_whole: bool = True
    lines: LineFilter | None = None


@dataclass(frozen=True)
class FromProperty:
    """The number at a property path, times ``factor``: minor units of the wallet for one."""

    wallet: str
    path: str
    factor: Fraction


@dataclass(frozen=True)
class Multiply:
    """What the matching lines earn by amount, times ``factor``; fixed points too when ``includes_fixed``."""

    factor: Fraction
    lines: LineFilter | None = None
    includes_fixed: bool = False
    is_stackable: bool = True
    priority: int = 0


@dataclass(frozen=True)
class Deduct:
    """So many points less."""

    wallet: str
    points: int


Effect = Fixed | PerAmount | FromProperty | Multiply | Deduct


@dataclass(frozen=True)
class Cap:
    """At most ``limit`` TIMES or POINTS a window.

    GROSS: what was granted counts, and a reversal does not give room back. CUT grants what is left, REFUSE nothing.
    NET: within the window ``posted = min(limit, sum of raw plus and minus)``, compensated facts left out; each fact
    posts the difference, so the order in which facts are drained does not matter.
    """

    per: str
    window: str
    measure: str
    limit: int
    on_excess: str = "CUT"
    mode: str = "GROSS"
    group: str | None = None

    def key(self, rule: UUID, member: UUID, fact: Fact, zone: str) -> tuple[str, str, str, str] | None:
        """The counter (rule or group, scope, subject, window) that a fact uses; None when it names no subject."""
        subject: str | None = str(member)
        if self.per == "MEMBER_SUBJECT":
            subject = f"{member}/{fact.subject_kind}/{fact.subject_id}" if fact.subject_id else None
        elif self.per == "DEVICE":
            subject = device_of(fact)
        elif self.per == "RULE":
            subject = ""
        if subject is None:
            return None
        scope = f"{self.per[:10]}:{self.measure[0]}{self.mode[0]}"
        return (self.group or str(rule), scope, subject, periods.window(fact.occurred_at, zone, self.window))


@dataclass(frozen=True)
class Version:
    """A rule version, read. ``beneficiary`` is a property path; None: the fact's own member."""

    id: UUID
    rule: UUID
    code: str
    priority: int
    kinds: frozenset[str]
    beneficiary: str | None
    condition: dict[str, Any] | None
    effects: tuple[Effect, ...]
    caps: tuple[Cap, ...]
    per_event_max: int | None = None
    hold_above: int | None = None
    device_members_max: int | None = None
    is_stackable: bool = True
    rounding: str = "FLOOR"
    zone: str = ZONE
    hours: tuple[dict[str, Any], ...] = ()
    cooldown: int = 0  # seconds
    pending: dict[str, Any] | None = None  # None: the wallet's policy
    expiry: dict[str, Any] | None = None  # None: the wallet's policy
    activates_on: frozenset[str] = frozenset()
    cancel_after: dict[str, Any] | None = None
    reverses_on: frozenset[str] | None = None  # None: removals by a moderator
    regrants_on: frozenset[str] | None = None  # None: restorations
    funding_source: str | None = None
    wallets: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, row: Any) -> Version:
        """From a row of id, rule, code, priority and definition."""
        said = row["definition"]
        effects = tuple(effect_of(effect) for effect in said["effects"])
        return cls(
            id=row["id"],
            rule=row["rule"],
            code=row["code"],
            priority=row["priority"],
            kinds=_kinds(said["kinds"]),
            beneficiary=(said.get("beneficiary") or {}).get("property"),
            condition=said.get("condition"),
            effects=effects,
            caps=tuple(Cap(**cap) for cap in said.get("caps") or ()),
            is_stackable=said.get("is_stackable", True),
            rounding=said.get("rounding") or "FLOOR",
            zone=said.get("zone") or ZONE,
            hours=tuple(said.get("hours") or ()),
            cooldown=said.get("cooldown_seconds") or 0,
            activates_on=frozenset(said.get("activates_on") or ()),
            reverses_on=_set(said.get("reverses_on")),
            regrants_on=_set(said.get("regrants_on")),
            wallets=tuple(sorted({e.wallet for e in effects if not isinstance(e, Multiply)})),
            **{name: said.get(name) for name in _PLAIN},
        )

    @property
    def is_gated(self) -> bool:
        """Whether what it gives waits for a later fact about the same subject."""
        return bool(self.activates_on)

    @property
    def is_whole(self) -> bool:
        """Whether all that it gives by itself is whole minor units: nothing to round, and nothing that it multiplies."""
        return all(
            isinstance(effect, Fixed | Deduct) or (isinstance(effect, PerAmount) and effect.is_whole)
            for effect in self.effects
        )

    @property
    def multipliers(self) -> list[Multiply]:
        return [effect for effect in self.effects if isinstance(effect, Multiply)]


_PLAIN = (
    "per_event_max", "hold_above", "device_members_max", "pending", "expiry", "cancel_after", "funding_source",
)  # fmt: skip


def effect_of(effect: dict[str, Any]) -> Effect:
    """An effect as it is read: exactly one of the five."""
    ((name, said),) = ((name, said) for name, said in effect.items() if said is not None)
    lines = LineFilter.of(said.get("lines"))
    if name == "fixed":
        return Fixed(said["wallet"], said["points"], lines, bool(said.get("per_unit")))
    if name == "per_amount":
        per = said["per"]
        is_whole = said.get("stepping", "WHOLE") == "WHOLE"
        currency = per.get("currency") or baskets.CURRENCY
        return PerAmount(said["wallet"], said["points"], per["minor_units"], currency, is_whole, lines)
    if name == "from_property":
        factor = Fraction(said.get("factor") or "1") * 10 ** said.get("scale", 0)
        return FromProperty(said["wallet"], said["path"], factor)
    if name == "multiply":
        return Multiply(
            Fraction(said["factor"]), lines, bool(said.get("includes_fixed")), said.get("is_stackable", True),
            said.get("priority") or 0,
        )  # fmt: skip
    return Deduct(said["wallet"], said["points"])


def device_of(fact: Fact) -> str | None:
    """The device that a fact came from."""
    device = at_path(fact.context, "device.id")
    return None if device is MISSING else str(device)


def _kinds(named: Iterable[str]) -> frozenset[str]:
    """What a rule listens to: an order is the same fact whether staff record it or a source reports it."""
    found = frozenset(named)
    return found | baskets.TOLD_BY if found & baskets.TOLD_BY else found


def _set(names: list[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)
