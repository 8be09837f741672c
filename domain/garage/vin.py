"""Vehicle identification numbers: normal form, check digit, model year. Pure functions over text and a WMI's rules.

ISO 3779 / FMVSS 565 (49 CFR 565.15). The maintained library (vininfo) knows one rule for all makers. Here it is data of
the WMI which makers use the check digit, what the last positions may be and how the 30-year cycle is told apart.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum

from domain.garage.tables import CheckDigitPolicy, VehicleClass

WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_FORM = re.compile(r"[0-9A-HJ-NPR-Z]{17}")
_VALUE = {digit: int(digit) for digit in "0123456789"} | dict(
    zip(
        "ABCDEFGHJKLMNPRSTUVWXYZ",
        (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9),
        strict=True,
    )
)
#: Position 10 from 1980 on; the cycle is 30 years long.
_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"
_FIRST_YEAR = 1980
_CYCLE = 30
_NORTH_AMERICA = ("US", "CA", "MX")
_LIGHT = (VehicleClass.CAR, VehicleClass.LIGHT_TRUCK)


class CheckDigit(StrEnum):
    VALID = "VALID"
    INVALID = "INVALID"
    NOT_USED = "NOT_USED"


class VinProblem(StrEnum):
    LENGTH = "LENGTH"
    CHARACTERS = "CHARACTERS"
    CHECK_DIGIT = "CHECK_DIGIT"
    POSITION = "POSITION"


@dataclass(frozen=True)
class Maker:
    """What the WMI table says of a VIN's maker."""

    code: str
    maker: str
    country: str
    vehicle_class: VehicleClass
    check_digit: CheckDigitPolicy
    has_numeric_end: bool = False


@dataclass(frozen=True)
class Decoding:
    """What a VIN says of itself. ``problem`` is why it is not accepted; ``warnings`` do not refuse."""

    vin: str
    is_well_formed: bool
    is_acceptable: bool
    check_digit: CheckDigit
    expected_digit: str | None = None
    wmi: str | None = None
    maker: str | None = None
    country: str | None = None
    model_year: int | None = None
    model_year_candidates: list[int] = field(default_factory=list)
    problem: VinProblem | None = None
    warnings: list[str] = field(default_factory=list)
    is_check_ok: bool | None = None  # as a vehicle keeps it: null where the maker does not use the digit


def normalise(text: str) -> str:
    """Upper case ASCII without blanks and hyphens; full-width characters become half-width."""
    return re.sub(r"[\s\-‐-―−]", "", unicodedata.normalize("NFKC", text)).upper()


def problem_of_form(vin: str) -> VinProblem | None:
    """Why a normalised text cannot be a VIN. I, O and Q are never guessed to be 1 and 0."""
    if len(vin) != 17:
        return VinProblem.LENGTH
    return None if _FORM.fullmatch(vin) else VinProblem.CHARACTERS


def expected_digit(vin: str) -> str:
    """The check digit of position 9, from the other sixteen."""
    rest = sum(_VALUE[char] * weight for char, weight in zip(vin, WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def codes_of(vin: str) -> tuple[str, ...]:
    """The WMI codes to look for, longest first: a 9 in position 3 continues in positions 12 to 14."""
    return (vin[:3] + vin[11:14], vin[:3]) if vin[2] == "9" else (vin[:3],)


def policy_of(vin: str, maker: Maker | None) -> CheckDigitPolicy:
    """Whether the check digit must match; an unknown maker follows its region (North America and China require it)."""
    if maker is not None:
        return maker.check_digit
    return CheckDigitPolicy.REQUIRED if vin[0] in "12345L" else CheckDigitPolicy.NOT_USED


def year_candidates(vin: str) -> list[int]:
    """Both years that position 10 can mean; none for I, O, Q, U, Z and 0."""
    if vin[9] not in _YEARS:
        return []
    first = _FIRST_YEAR + _YEARS.index(vin[9])
    return [first, first + _CYCLE]


def model_year(vin: str, maker: Maker | None) -> int | None:
    """The year that position 7 decides, only for light vehicles of North America (digit: before 2010)."""
    candidates = year_candidates(vin)
    if (
        not candidates
        or maker is None
        or maker.country not in _NORTH_AMERICA
        or maker.vehicle_class not in _LIGHT
    ):
        return None
    return candidates[0] if vin[6].isdigit() else candidates[1]


def decode(text: str, makers: dict[str, Maker]) -> Decoding:
    """Everything that a VIN says of itself; ``makers`` are the known WMIs by code."""
    vin = normalise(text)
    problem = problem_of_form(vin)
    if problem is not None:
        return Decoding(vin[:40], False, False, CheckDigit.NOT_USED, problem=problem)
    maker = next((makers[code] for code in codes_of(vin) if code in makers), None)
    policy = policy_of(vin, maker)
    digit, problem, warnings = _judge_digit(vin, policy)
    candidates = year_candidates(vin)
    if not candidates:
        warnings.append("Position 10 names no model year.")
    if not vin[13:].isdigit():
        if maker is not None and maker.has_numeric_end:
            problem = problem or VinProblem.POSITION
        else:
            warnings.append("There is a letter among the last four positions.")
    return Decoding(
        vin=vin,
        is_well_formed=True,
        is_acceptable=problem is None,
        check_digit=digit,
        expected_digit=expected_digit(vin),
        wmi=maker.code if maker else vin[:3],
        maker=maker.maker if maker else None,
        country=maker.country if maker else None,
        model_year=model_year(vin, maker),
        model_year_candidates=candidates,
        problem=problem,
        warnings=warnings,
        is_check_ok=digit is CheckDigit.VALID if policy is CheckDigitPolicy.REQUIRED else None,
    )


def _judge_digit(vin: str, policy: CheckDigitPolicy) -> tuple[CheckDigit, VinProblem | None, list[str]]:
    """VALID and INVALID are told whatever the policy; only REQUIRED refuses."""
    is_required = policy is CheckDigitPolicy.REQUIRED
    if vin[8] == expected_digit(vin):
        return CheckDigit.VALID, None, []
    if is_required:
        return CheckDigit.INVALID, VinProblem.CHECK_DIGIT, []
    if vin[8] in "0123456789X":
        return CheckDigit.INVALID, None, ["The check digit does not match; this maker does not use it."]
    return CheckDigit.NOT_USED, None, []
