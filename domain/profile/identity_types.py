"""What staff configure about identities: the types, the brand's blocked values, and how much one person may carry."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.errors import InvalidInput, Problem, VersionConflict
from domain.foundation import ids
from domain.profile import identities, plan_rules
from domain.profile.identities import Rules

MOST_BLOCKED = 1_000
#: The most that a policy may allow; more would make a single merge too large.
MOST = {"mostMerges": 1_000, "mostIdentities": 10_000, "mostTraits": 1_000}

_NAME = re.compile(r"[a-z][a-z0-9_]{1,49}")
#: What never names a person: cars change owners, stores and addresses serve many.
_NEVER = frozenset({"vin", "plate", "store", "store_id", "engine_number", "ip", "ip_address", "either"})


class IdentityWindow(StrEnum):
    EVER = "EVER"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"


class IdentityNormaliser(StrEnum):
    TRIM = "TRIM"
    PHONE = "PHONE"
    EMAIL = "EMAIL"


@dataclass(frozen=True)
class Draft:
    """A type to define; ``pattern`` is a regular expression that a normalised value must match as a whole."""

    name: str
    priority: int
    limit_count: int
    limit_window: IdentityWindow = IdentityWindow.EVER
    is_anonymous: bool = False
    normaliser: IdentityNormaliser = IdentityNormaliser.TRIM
    pattern: str | None = None


async def listed() -> list[db.Row]:
    """The types in force, the strongest first."""
    return await db.fetch(
        "SELECT * FROM profile.identity_type WHERE valid_to IS NULL ORDER BY priority, name"
    )


async def history(name: str) -> list[db.Row]:
    """Every version of a type, the newest first."""
    return await db.fetch("SELECT * FROM profile.identity_type WHERE name = $1 ORDER BY version DESC", name)


async def define(actor: Actor, draft: Draft, expected_version: int | None) -> db.Row:
    """Define a type (no expected version) or revise it from now on; answers the version in force.

    Refuses VersionConflict. What a value of a type means (normal form, anonymous or not) stays once there are values.
    """
    _check(draft)
    async with db.transaction():
        await db.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", f"identity type {draft.name}")
        last = await db.one(
            "SELECT * FROM profile.identity_type WHERE name = $1 AND valid_to IS NULL", draft.name
        )
        if (last["version"] if last else None) != expected_version:
            raise VersionConflict(last["version"] if last else 0)
        if last is not None:
            await _must_keep_its_meaning(draft, last)
        now = clock.now()
        await db.run(
            "UPDATE profile.identity_type SET valid_to = $2 WHERE name = $1 AND valid_to IS NULL",
            draft.name, now,
        )  # fmt: skip
        row = await db.one(
            """INSERT INTO profile.identity_type (id, name, priority, limit_count, limit_window, is_anonymous,
                normaliser, pattern, version, valid_from)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING *""",
            ids.new(), draft.name, draft.priority, draft.limit_count, draft.limit_window, draft.is_anonymous,
            draft.normaliser, draft.pattern, (last["version"] if last else 0) + 1, now,
        )  # fmt: skip
        assert row is not None
        await audit.append(
            actor, "profile.identity_type.defined", "IDENTITY_TYPE", row["id"],
            facts={
                "name": draft.name, "version": row["version"], "priority": draft.priority,
                "limit": f"{draft.limit_count} {draft.limit_window}", "pattern": draft.pattern,
            },
        )  # fmt: skip
    return row


async def save_policy(
    actor: Actor,
    expected_version: int,
    *,
    blocked_values: Sequence[str] | None = None,
    most_merges: int | None = None,
    most_identities: int | None = None,
    most_traits: int | None = None,
) -> Rules:
    """Revise which values name nobody and how much one person may carry; what is None stays. Refuses VersionConflict.

    Values that name somebody already go on doing so; they are blocked from now on.
    """
    async with db.transaction():
        await db.run("SELECT pg_advisory_xact_lock(hashtextextended('identity policy', 1))")
        found = await identities.rules()
        if found.version != expected_version:
            raise VersionConflict(found.version)
        saved = replace(
            found,
            blocked=found.blocked if blocked_values is None else _listed(blocked_values),
            most_merges=found.most_merges if most_merges is None else most_merges,
            most_identities=found.most_identities if most_identities is None else most_identities,
            most_traits=found.most_traits if most_traits is None else most_traits,
            version=found.version + 1,
        )
        _check_policy(saved)
        await db.run(
            """INSERT INTO profile.identity_policy (id, blocked_values, most_merges, most_identities, most_traits, version)
            VALUES (1, $1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET blocked_values = excluded.blocked_values,
                most_merges = excluded.most_merges, most_identities = excluded.most_identities,
                most_traits = excluded.most_traits, version = excluded.version""",
            list(saved.blocked), saved.most_merges, saved.most_identities, saved.most_traits, saved.version,
        )  # fmt: skip
        await audit.append(
            actor, "profile.identity_policy.saved", "IDENTITY_POLICY",
            facts={
                "version": saved.version, "blockedValues": len(saved.blocked), "mostMerges": saved.most_merges,
                "mostIdentities": saved.most_identities, "mostTraits": saved.most_traits,
            },
        )  # fmt: skip
    return saved


def _check(draft: Draft) -> None:
    problems = []
    if not _NAME.fullmatch(draft.name):
        problems.append(
            Problem("name", "Use 2 to 50 characters a-z, 0-9 and _; a family has no colon in its name.")
        )
    if draft.name in _NEVER:
        problems.append(Problem("name", "This never names a person: use a relation."))
    if not 1 <= draft.priority <= 99:
        problems.append(Problem("priority", "Use 1 (the strongest) to 99."))
    if not 1 <= draft.limit_count <= 1_000:
        problems.append(Problem("limitCount", "Use 1 to 1000."))
    if draft.pattern is not None and not (draft.pattern and plan_rules.is_safe(draft.pattern)):
        problems.append(
            Problem(
                "pattern", "Use a regular expression of up to 200 characters, without nested repetitions."
            )
        )
    if problems:
        raise InvalidInput(problems)


async def _must_keep_its_meaning(draft: Draft, last: db.Row) -> None:
    """Stored values are in the normal form of their time; another one would not find them again."""
    changed = [
        path
        for path, column in (("normaliser", "normaliser"), ("isAnonymous", "is_anonymous"))
        if getattr(draft, column) != last[column]
    ]
    if not changed:
        return
    is_shipped = any(each.name == draft.name for each in identities.SHIPPED)
    if is_shipped or await db.value(
        "SELECT EXISTS (SELECT FROM profile.identity WHERE split_part(type, ':', 1) = $1)", draft.name
    ):
        raise InvalidInput(
            [Problem(path, "This stays as it is: people are known by such values.") for path in changed]
        )


def _listed(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({value.strip() for value in values}))


def _check_policy(saved: Rules) -> None:
    problems = [
        Problem(path, f"Use 1 to {MOST[path]}.")
        for path, value in (
            ("mostMerges", saved.most_merges),
            ("mostIdentities", saved.most_identities),
            ("mostTraits", saved.most_traits),
        )
        if not 1 <= value <= MOST[path]
    ]
    if len(saved.blocked) > MOST_BLOCKED or any(not 1 <= len(each) <= 200 for each in saved.blocked):
        problems.append(Problem("blockedValues", f"List up to {MOST_BLOCKED} values of 1 to 200 characters."))
    if problems:
        raise InvalidInput(problems)
