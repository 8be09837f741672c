"""What the rules of one fact give before any cap, exactly. Pure; fractions of minor units until the one rounding.

Per amount, whole steps ``floor(basis / per) * points`` count (PROPORTIONAL keeps the fraction). The bonus of
multipliers: the lines are grouped by the set of multipliers that match them, and each group adds
``steps(group's basis) * points * (product of the factors - 1)``. Then the sum is rounded once a wallet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor, prod
from typing import Any
from uuid import UUID

from domain.conditions import MISSING, at_path, number
from domain.points import baskets
from domain.points.baskets import Basket
from domain.points.definitions import (
    Deduct,
    Effect,
    Fixed,
    FromProperty,
    LineFilter,
    Multiply,
    PerAmount,
    Version,
)
from domain.profile.interactions import Fact

ROUND: dict[str, Callable[[Fraction], int]] = {
    "FLOOR": floor,
    "HALF_UP": lambda exact: floor(exact + Fraction(1, 2)),
    "CEIL": ceil,
}


@dataclass(frozen=True)
class Times:
    """A multiplier with the rule that it belongs to."""

    rule: Version
    what: Multiply


@dataclass
class Part:
    """What one effect gives: without multipliers, and what they add; minor units of the wallet."""

    wallet: str
    points: Fraction
    bonus: Fraction = Fraction(0)
    lines: list[Fraction] = field(default_factory=list)  # points and bonus by line of the basket
    used: set[int] = field(default_factory=set)  # numbers of the multipliers


@dataclass
class Claim:
    """What one rule gives for a fact: ``desired`` is rounded, by wallet; ``lines`` weighs what each line earned."""

    parts: list[Part]
    desired: dict[str, int] = field(default_factory=dict)
    multipliers: list[dict[str, Any]] = field(default_factory=list)

    def exact(self, wallet: str) -> Fraction:
        return sum((p.points + p.bonus for p in self.parts if p.wallet == wallet), Fraction(0))

    def lines(self, wallet: str) -> list[Fraction]:
        """What each line earned of a wallet; empty without a basket."""
        columns = [part.lines for part in self.parts if part.wallet == wallet and part.lines]
        return [sum(column, Fraction(0)) for column in zip(*columns, strict=True)]


@dataclass(frozen=True)
class _Bought:
    """A basket with the cash of its lines; empty for a fact that is no purchase."""

    basket: Basket | None
    cash: list[int]

    def fitting(self, lines: LineFilter | None) -> list[int]:
        """The numbers of the lines that fit."""
        found = self.basket.lines if self.basket else ()
        return [n for n, line in enumerate(found) if lines is None or lines.fits(line)]


def claims(
    standing: Sequence[Version], multiplying: Sequence[Version], fact: Fact, basket: Basket | None
) -> dict[UUID, Claim]:
    """What each standing rule gives, by version; ``multiplying`` are the rules whose multipliers count."""
    bought = _Bought(basket, baskets.cash_of_lines(basket) if basket else [])
    times = [Times(rule, what) for rule in multiplying for what in rule.multipliers]
    found = {}
    for version in standing:
        effects = [effect for effect in version.effects if not isinstance(effect, Multiply)]
        parts = [_part(effect, fact, bought, times) for effect in effects]
        used = sorted({n for part in parts for n in part.used})
        found[version.id] = Claim(
            parts,
            multipliers=[{"rule": times[n].rule.code, "factor": text(times[n].what.factor)} for n in used],
        )
    _round(standing, found)
    return found


def standing_alone(times: Sequence[Times]) -> list[Times]:
    """Of multipliers that match the same line: all, or the non-stackable one of highest priority (then lowest id)."""
    alone = [each for each in times if not (each.what.is_stackable and each.rule.is_stackable)]
    return [min(alone, key=_rank)] if alone else list(times)


def text(value: Fraction) -> str:
    """A fraction as a decimal text, exact where it has an end within 12 digits."""
    whole = round(value * 10**12)
    digits = f"{abs(whole):013d}"
    shown = f"{digits[:-12]}.{digits[-12:]}".rstrip("0").rstrip(".")
    return f"-{shown}" if whole < 0 else shown


def _rank(times: Times) -> tuple[int, int, UUID]:
    return (-times.what.priority, -times.rule.priority, times.rule.rule)


def _part(effect: Effect, fact: Fact, bought: _Bought, times: Sequence[Times]) -> Part:
    if isinstance(effect, PerAmount):
        return _per_amount(effect, bought, times)
    if isinstance(effect, Fixed):
        return _per_piece(effect, bought, times) if effect.per_unit else _once(effect, bought, times)
    if isinstance(effect, FromProperty):
        return _from_property(effect, fact, bought, times)
    assert isinstance(effect, Deduct)
    return _spread(Part(effect.wallet, Fraction(-effect.points)), bought, bought.fitting(None))


def _per_amount(effect: PerAmount, bought: _Bought, times: Sequence[Times]) -> Part:
    part = Part(effect.wallet, Fraction(0))
    if bought.basket is None or bought.basket.currency != effect.currency:
        return part

    def worth(lines: Iterable[int]) -> Fraction:
        steps = Fraction(sum(bought.cash[n] for n in lines), effect.per)
        return (floor(steps) if effect.is_whole else steps) * Fraction(effect.points)

    return _by_group(part, bought, bought.fitting(effect.lines), bought.cash, worth, times)


def _per_piece(effect: Fixed, bought: _Bought, times: Sequence[Times]) -> Part:
    pieces = [line.quantity for line in bought.basket.lines] if bought.basket else []

    def worth(lines: Iterable[int]) -> Fraction:
        return Fraction(sum(pieces[n] for n in lines) * effect.points)

    fixed = [each for each in times if each.what.includes_fixed]
    part = Part(effect.wallet, Fraction(0))
    return _by_group(part, bought, bought.fitting(effect.lines), pieces, worth, fixed, numbers=times)


def _by_group(
    part: Part,
    bought: _Bought,
    lines: list[int],
    weights: Sequence[int],
    worth: Callable[[Iterable[int]], Fraction],
    times: Sequence[Times],
    *,
    numbers: Sequence[Times] | None = None,
) -> Part:
    """The worth of all the lines, and the bonus of each group of lines that the same multipliers match."""
    part.points = worth(lines)
    part.lines = [Fraction(0)] * len(bought.cash)
    _add(part.lines, lines, weights, part.points)
    groups: dict[tuple[int, ...], list[int]] = {}
    for n in lines:
        assert bought.basket is not None
        line = bought.basket.lines[n]
        matching = standing_alone([t for t in times if t.what.lines is None or t.what.lines.fits(line)])
        groups.setdefault(_numbers(matching, numbers or times), []).append(n)
    for matching_numbers, group in groups.items():
        factor = prod((numbers or times)[n].what.factor for n in matching_numbers)
        bonus = worth(group) * (factor - 1)
        if matching_numbers and worth(group):
            part.used |= set(matching_numbers)
        part.bonus += bonus
        _add(part.lines, group, weights, bonus)
    return part


def _once(effect: Fixed, bought: _Bought, times: Sequence[Times]) -> Part:
    lines = bought.fitting(effect.lines)
    given = effect.points if effect.lines is None or lines else 0
    return _with_fixed_bonus(Part(effect.wallet, Fraction(given)), bought, lines, times)


def _from_property(effect: FromProperty, fact: Fact, bought: _Bought, times: Sequence[Times]) -> Part:
    """What is no number, or is below 0, gives nothing."""
    found = number(property_of(fact, effect.path))
    given = Fraction(0) if found is None or found <= 0 else Fraction(found) * effect.factor
    return _with_fixed_bonus(Part(effect.wallet, given), bought, bought.fitting(None), times)


def _with_fixed_bonus(part: Part, bought: _Bought, lines: list[int], times: Sequence[Times]) -> Part:
    """Fixed points are multiplied by those that include them and match one of the lines (or need none)."""
    bought_lines = [bought.basket.lines[n] for n in lines] if bought.basket else []
    matching = [
        each
        for each in times
        if each.what.includes_fixed
        and (each.what.lines is None or any(each.what.lines.fits(line) for line in bought_lines))
    ]
    matching = standing_alone(matching)
    if part.points and matching:
        part.bonus = part.points * (prod(each.what.factor for each in matching) - 1)
        part.used |= set(_numbers(matching, times))
    return _spread(part, bought, lines)


def _spread(part: Part, bought: _Bought, lines: list[int]) -> Part:
    """Points of the whole order belong to its lines by amount."""
    if bought.basket is not None:
        amounts = [line.amount for line in bought.basket.lines]
        part.lines = [Fraction(0)] * len(amounts)
        _add(part.lines, lines, amounts, part.points + part.bonus)
    return part


def _add(to: list[Fraction], lines: list[int], weights: Sequence[int], amount: Fraction) -> None:
    """Share an amount over lines by weight; the first has it when none weighs anything."""
    total = sum(weights[n] for n in lines)
    for n in lines:
        to[n] += amount * Fraction(weights[n], total) if total else amount * (n == lines[0])


def _numbers(some: Sequence[Times], of: Sequence[Times]) -> tuple[int, ...]:
    return tuple(n for n, each in enumerate(of) if any(each is one for one in some))


def _round(standing: Sequence[Version], found: dict[UUID, Claim]) -> None:
    """Round the sum of a wallet once; what the rounding leaves goes to the rules with the largest remainders."""
    for wallet in sorted({wallet for version in standing for wallet in version.wallets}):
        for mode in ROUND:
            of = [v for v in standing if v.rounding == mode and wallet in v.wallets]
            exact = [found[v.id].exact(wallet) for v in of]
            parts = [floor(each) for each in exact]
            order = sorted(range(len(of)), key=lambda n: (parts[n] - exact[n], n))
            for n in order[: ROUND[mode](sum(exact, Fraction(0))) - sum(parts)]:
                parts[n] += 1
            for version, part in zip(of, parts, strict=True):
                if part:
                    found[version.id].desired[wallet] = part


def property_of(fact: Fact, path: str) -> Any:
    """What stands at a property path (``author`` or ``properties.author``), or MISSING; ``subject.kind`` and ``.id`` too."""
    found = at_path(fact.properties, path.removeprefix("properties."))
    if found is MISSING and path in ("subject.kind", "subject.id"):
        return (fact.subject_kind if path == "subject.kind" else fact.subject_id) or MISSING
    return found
