"""ISO 8601 durations that are exact: weeks, days, hours, minutes, seconds; never months or years."""

from __future__ import annotations

import re
from datetime import timedelta

LONGEST = timedelta(days=36_500)
_ISO = re.compile(
    r"P(?:(?P<weeks>[0-9]{1,5})W)?(?:(?P<days>[0-9]{1,6})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,7})H)?(?:(?P<minutes>[0-9]{1,9})M)?(?:(?P<seconds>[0-9]{1,11}(?:\.[0-9]{1,6})?)S)?)?"
)


def read(text: object) -> timedelta | None:
    """The length, or None for what is no exact duration, is not longer than nothing, or longer than 100 years."""
    found = _ISO.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    given = {unit: part for unit, part in found.groupdict().items() if part is not None}
    whole, _, rest = given.pop("seconds", "0").partition(".")
    length = timedelta(
        **{unit: int(part) for unit, part in given.items()},
        seconds=int(whole),
        microseconds=int((rest + "000000")[:6]),
    )
    return length if timedelta(0) < length <= LONGEST else None


def write(length: timedelta) -> str:
    """The shortest usual form: P7D, PT5S, P1DT12H."""
    micros = length.microseconds
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{micros:06d}".rstrip("0") if micros else ""
    clock = "".join(
        (
            f"{hours}H" if hours else "",
            f"{minutes}M" if minutes else "",
            f"{seconds}{fraction}S" if seconds or micros else "",
        )
    )
    return f"P{f'{length.days}D' if length.days else ''}{f'T{clock}' if clock else ''}"
