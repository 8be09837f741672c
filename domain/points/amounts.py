"""Between minor units (integers, inside) and decimal amounts (outside). No float on any path."""

from __future__ import annotations

from decimal import Decimal

from domain.errors import InvalidInput, Problem

#: What a bigint column and a sum of many of them can keep.
MOST = 10**15


def decimal(minor: int, scale: int) -> Decimal:
    """Minor units as a decimal with exactly ``scale`` digits."""
    return Decimal(minor).scaleb(-scale)


def minor(amount: Decimal, scale: int, path: str = "amount") -> int:
    """A decimal as minor units; more digits than the scale, or more than can be kept, is InvalidInput."""
    found = exact(amount, scale)
    if found is None:
        raise InvalidInput([Problem(path, f"Use at most {scale} digits after the point.")])
    if abs(found) > MOST:
        raise InvalidInput([Problem(path, "This amount is too large.")])
    return found


def positive(amount: Decimal, scale: int, path: str = "amount") -> int:
    """The same for an amount that must be more than 0."""
    found = minor(amount, scale, path)
    if found <= 0:
        raise InvalidInput([Problem(path, "Use an amount above 0.")])
    return found


def exact(amount: Decimal, scale: int) -> int | None:
    """Minor units, or None when the amount has more digits than the scale."""
    if not amount.is_finite() or amount.adjusted() > 40:
        return None
    scaled = amount.scaleb(scale)
    return int(scaled) if scaled == scaled.to_integral_value() else None
