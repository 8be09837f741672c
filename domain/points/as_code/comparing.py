"""What differs between a programme file and the configuration as it stands. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from domain.points.as_code import shapes
from domain.points.as_code.shapes import File, Wallet

#: The sections in the order in which they are brought in, and their names outside.
SECTIONS: dict[str, str] = dict(
    zip(File.__struct_fields__[1:], File.__struct_encode_fields__[1:], strict=True)
)

_JSON = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True)
class Difference:
    """A record that the file has otherwise, or that is not there yet (``before`` None); ``number`` is its place in the file."""

    section: str
    number: int
    before: Any
    after: Any

    @property
    def name(self) -> str:
        """Such as ``earnRules.welcome``."""
        return f"{SECTIONS[self.section]}.{shapes.key(self.after)}"

    @property
    def lines(self) -> list[str]:
        """What differs, field by field; nothing for a new record."""
        if self.before is None:
            return []
        return list(_lines(shapes.plain(self.before), shapes.plain(self.after), ""))


def differences(now: File, then: File) -> list[Difference]:
    """What bringing in ``then`` changes, in the order in which it does."""
    found = []
    for section in SECTIONS:
        there = {shapes.key(entry): entry for entry in getattr(now, section)}
        for number, entry in enumerate(getattr(then, section)):
            before = there.get(shapes.key(entry))
            if isinstance(entry, Wallet) and entry.policy is None and before is not None:
                entry = msgspec.structs.replace(entry, policy=before.policy)
            if before != entry:
                found.append(Difference(section, number, before, entry))
    return found


def left_alone(now: File, then: File) -> list[str]:
    """What is there and not named in the file: it stays."""
    found = []
    for section, name in SECTIONS.items():
        named = {shapes.key(entry) for entry in getattr(then, section)}
        found += [
            f"{name}.{shapes.key(each)}" for each in getattr(now, section) if shapes.key(each) not in named
        ]
    return found


def told(difference: Difference) -> Iterator[str]:
    """A difference for a person to read."""
    if difference.before is None:
        yield f"+ {difference.name}"
        return
    yield f"~ {difference.name}"
    for line in difference.lines:
        yield f"    {line}"


def _lines(before: Any, after: Any, path: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            yield from _lines(before.get(name), after.get(name), f"{path}.{name}".removeprefix("."))
    elif isinstance(before, list) and isinstance(after, list):
        for n in range(max(len(before), len(after))):
            old, new = (each[n] if n < len(each) else None for each in (before, after))
            yield from _lines(old, new, f"{path}.{n}")
    elif before != after:
        yield f"{path}: {_shown(before)} -> {_shown(after)}"


def _shown(value: Any) -> str:
    return "(default)" if value is None else _JSON.encode(value).decode()
