"""What conditions may name: kinds that are declared, traits that an area writes or somebody has."""

from __future__ import annotations

from typing import Any

from domain import db
from domain.errors import Problem
from domain.operations.conditions.tree import Condition, Trait, leaves
from domain.profile import catalogue

#: Traits that areas keep, with the beginnings of the kinds that go along with their changes.
WRITTEN_BY: dict[str, tuple[str, ...]] = {
    "vehicle.models": ("garage.",),
    "vehicle.count": ("garage.",),
    "owner.since": ("garage.",),
    "purchase_stage": ("services.",),
    "home_store": ("services.", "profile."),
    "tier": ("points.",),
    "community.circles": ("community.",),
    "community.trust_level": ("community.",),
    "events.attended_count": ("events.",),
}
#: Every other trait comes with an interaction that carries it (an identify call), or with one of these.
REPORTED_BY = ("profile.",)

#: A segment that counted its own changes would feed itself.
_OWN = "operations."


def kind(given: Any) -> str | Problem:
    """The full name of a kind or of a prefix (``community.*``); without a dot it is a reported one."""
    if not isinstance(given, str) or not 1 <= len(given) <= 200:
        return Problem("kind", "Name a kind of interaction, as in community.post.published or community.*")
    if given.endswith("*"):
        return _prefix(given)
    name = given if "." in given else f"app.{given}"
    if name.startswith(_OWN):
        return Problem("kind", "What segments cause themselves cannot be counted here.")
    if "*" in name or catalogue.find(name) is None:
        return Problem("kind", f"No interaction of kind “{given}” is known.")
    return name


def _prefix(given: str) -> str | Problem:
    prefix = given[:-1]
    if "." not in prefix or "*" in prefix:
        return Problem("kind", "A prefix names at least an area, as in community.*")
    if prefix.startswith(_OWN):
        return Problem("kind", "What segments cause themselves cannot be counted here.")
    if not prefix.startswith("app.") and not any(k.name.startswith(prefix) for k in catalogue.listed()):
        return Problem("kind", f"No interaction of a kind that begins with “{prefix}” is known.")
    return given


async def unknown_traits(condition: Condition) -> list[Problem]:
    """Traits that no area writes and nobody has."""
    named = {leaf.name for _, leaf in leaves(condition) if isinstance(leaf, Trait)} - WRITTEN_BY.keys()
    if not named:
        return []
    rows = await db.fetch(
        """SELECT name FROM unnest($1::text[]) AS n(name)
        WHERE EXISTS (SELECT FROM profile.trait_value AS t WHERE t.name = n.name)""",
        sorted(named),
    )
    unknown = named.difference(row["name"] for row in rows)
    return [
        Problem(f"{path}.trait.name" if path else "trait.name", f"No trait “{leaf.name}” is known.")
        for path, leaf in leaves(condition)
        if isinstance(leaf, Trait) and leaf.name in unknown
    ]


def may_change(trait: str, kind: str) -> bool:
    """Whether an interaction of this kind may go along with a change of the trait."""
    return kind.startswith(WRITTEN_BY.get(trait, REPORTED_BY))
