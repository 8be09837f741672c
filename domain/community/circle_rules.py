"""What a circle may be called, and whom the rule of a circle with policy AUTO lets in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import db
from domain.community.tables import JoinPolicy
from domain.errors import InvalidInput, Problem
from domain.profile import traits

LONGEST_NAME = 60
MOST_NAMES = 200
LONGEST_VALUE = 60
#: What the rule asks for: traits that garage and the member keep.
MODELS, CITY = "vehicle.models", "city"

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,59}")


@dataclass(frozen=True)
class AutoRule:
    """Who owns one of these models now, or lives in one of these cities."""

    models: Sequence[str] = ()
    cities: Sequence[str] = ()

    def stored(self) -> dict[str, list[str]]:
        return {"models": list(self.models), "cities": list(self.cities)}


def check(slug: str, name: str, join_policy: JoinPolicy, rule: AutoRule | None) -> None:
    """Raise InvalidInput for a circle that cannot be addressed or named, or whose policy and rule do not fit."""
    problems = []
    if not _SLUG.fullmatch(slug):
        problems.append(Problem("slug", "Use 2 to 60 of a-z, 0-9 and -, beginning with a letter or digit."))
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        problems.append(Problem("name", f"Use 1 to {LONGEST_NAME} characters."))
    if (rule is not None) is not (join_policy is JoinPolicy.AUTO):
        problems.append(Problem("autoRule", "The policy AUTO, and no other, takes a rule."))
    if rule is not None:
        values = [*rule.models, *rule.cities]
        if not 1 <= len(values) <= MOST_NAMES or not all(
            1 <= len(v.strip()) <= LONGEST_VALUE for v in values
        ):
            problems.append(
                Problem(
                    "autoRule", f"Name 1 to {MOST_NAMES} models or cities of 1 to {LONGEST_VALUE} characters."
                )
            )
    if problems:
        raise InvalidInput(problems)


def fits(rule: dict[str, Any] | None, held: dict[str, Any]) -> bool:
    """Whether a person with these traits is let in by a stored rule."""
    if not rule:
        return False
    models = held.get(MODELS) or []
    return bool(set(rule["models"]).intersection(models)) or held.get(CITY) in rule["cities"]


async def lets_in(root: UUID, circle: db.Row) -> bool:
    """Whether the circle's rule lets this person in now."""
    if circle["circle_join_policy"] != JoinPolicy.AUTO:
        return False
    return fits(circle["circle_auto_rule"], await traits.values_of(root, [MODELS, CITY]))
