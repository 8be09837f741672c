"""The kinds of interactions: every area declares its own in its ``kinds.py``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Kind:
    """A dotted name with its title in both languages.

    ``schema`` is the JSON Schema of the properties; ``is_personal`` says that they name a person; members do not see
    ``is_staff_only`` rows on their own timeline. ``sum_of`` are dotted paths into the properties: the first that leads to
    an amount is what aggregates add up. Changing it, or ``is_personal``, asks for a migration that counts the log anew.
    ``is_once_for_all``: the key of an occurrence names it whatever its subject, so two areas never tell it twice.
    """

    name: str
    zh: str
    en: str
    schema: dict[str, Any] = field(default_factory=dict, hash=False)
    is_personal: bool = False
    is_staff_only: bool = False
    sum_of: tuple[str, ...] = ()
    is_once_for_all: bool = False

    @property
    def area(self) -> str:
        return self.name.split(".", 1)[0]


#: What apps and shops call the amount of an event, the most exact word first.
AMOUNTS = ("revenue", "value", "amount")

_kinds: dict[str, Kind] = {}


def declare(
    name: str,
    *,
    zh: str,
    en: str,
    schema: dict[str, Any] | None = None,
    is_personal: bool = False,
    is_staff_only: bool = False,
    sum_of: str | None = None,
    is_once_for_all: bool = False,
) -> Kind:
    """Declare a kind; each name once."""
    assert name not in _kinds, f"{name} is declared twice"
    sums = (sum_of,) if sum_of else ()
    _kinds[name] = Kind(name, zh, en, schema or {}, is_personal, is_staff_only, sums, is_once_for_all)
    return _kinds[name]


def find(name: str) -> Kind | None:
    """The declared kind, or the open kind that every ``app.*`` name is."""
    if name in _kinds:
        return _kinds[name]
    if name.startswith("app."):
        title = name.removeprefix("app.")
        return Kind(name, zh=title, en=title, sum_of=AMOUNTS)
    return None


def listed(area: str | None = None) -> list[Kind]:
    """All declared kinds in order of their names."""
    return [kind for name, kind in sorted(_kinds.items()) if area in (None, kind.area)]
