"""Policies: what content is moderated for. A revision is a new version; decisions keep the code they followed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.community.desk.errors import PolicyRequired
from domain.errors import InvalidInput, Problem, VersionConflict
from domain.foundation import ids

_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
LONGEST_NAME = 100
MOST_STRIKES = 100
LONGEST_REASON = 1_000


@dataclass(frozen=True)
class Policy:
    """``strikes`` is the severity; ``expires_days`` None: they stay."""

    id: UUID
    code: str
    version: int
    name_zh: str
    name_en: str
    strikes: int
    first_is_warning: bool
    expires_days: int | None
    is_enabled: bool

    @classmethod
    def of(cls, row: db.Row) -> Policy:
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    def name(self, language: str) -> str:
        return self.name_en if language == "en" else self.name_zh


_NEWEST = "SELECT DISTINCT ON (code) * FROM community.policy {where} ORDER BY code, version DESC"


async def listed() -> list[Policy]:
    """Every policy in its present version, by code."""
    return [Policy.of(row) for row in await db.fetch(_NEWEST.format(where=""))]


async def by_codes(codes: Sequence[str]) -> dict[str, Policy]:
    """The present versions of these codes."""
    rows = await db.fetch(_NEWEST.format(where="WHERE code = ANY($1)"), list(codes))
    return {row["code"]: Policy.of(row) for row in rows}


async def by_ids(wanted: Sequence[UUID]) -> dict[UUID, Policy]:
    """Policies in the versions that these ids name."""
    rows = await db.fetch("SELECT * FROM community.policy WHERE id = ANY($1)", list(wanted))
    return {row["id"]: Policy.of(row) for row in rows}


async def named(code: str | None, *, is_required: bool) -> Policy | None:
    """The policy that an act follows. Raises PolicyRequired without one, InvalidInput for one that is not in force."""
    if code is None:
        if is_required:
            raise PolicyRequired()
        return None
    policy = (await by_codes([code])).get(code)
    if policy is None or not policy.is_enabled:
        known = ", ".join(each.code for each in await listed() if each.is_enabled)
        raise InvalidInput.at("policyCode", f"Use one of {known}.")
    return policy


async def check_act(reason: str | None, policy_code: str | None, *, is_required: bool = False) -> None:
    """Raise InvalidInput for an act that names neither a policy in force nor a reason; PolicyRequired where one must be."""
    await named(policy_code, is_required=is_required)
    if policy_code is None and not (reason or "").strip():
        raise InvalidInput.at("reason", "Write something.")
    if len(reason or "") > LONGEST_REASON:
        raise InvalidInput.at("reason", f"Use at most {LONGEST_REASON} characters.")


async def put(
    actor: Actor,
    *,
    code: str,
    name: dict[str, str],
    strikes: int,
    first_is_warning: bool,
    expires_days: int | None,
    is_enabled: bool,
    expected_version: int,
    is_dry_run: bool = False,
) -> Policy:
    """Make a policy (``expected_version`` 0) or revise it. Raises InvalidInput, VersionConflict."""
    if problems := _problems(code, name, strikes, expires_days):
        raise InvalidInput(problems)
    async with db.transaction():
        await db.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"community.policy/{code}")
        newest = await db.value(
            "SELECT coalesce(max(version), 0) FROM community.policy WHERE code = $1", code
        )
        if newest != expected_version:
            raise VersionConflict(newest)
        made = Policy(
            ids.new(), code, newest + 1, name["zh"].strip(), name["en"].strip(), strikes, first_is_warning,
            expires_days, is_enabled,
        )  # fmt: skip
        if not is_dry_run:
            await db.run(
                """INSERT INTO community.policy (id, code, version, name_zh, name_en, strikes, first_is_warning,
                    expires_days, is_enabled, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
                made.id, made.code, made.version, made.name_zh, made.name_en, strikes, first_is_warning, expires_days,
                is_enabled, clock.now(),
            )  # fmt: skip
            await audit.append(
                actor,
                "community.policy.put",
                "policy",
                made.id,
                facts={"code": code, "version": made.version},
            )
    return made


def _problems(code: str, name: dict[str, str], strikes: int, expires_days: int | None) -> list[Problem]:
    found = []
    if not _CODE.fullmatch(code):
        found.append(Problem("code", "Use 2 to 40 of A-Z, 0-9 and _, beginning with a letter."))
    if not all(1 <= len(name[language].strip()) <= LONGEST_NAME for language in ("zh", "en")):
        found.append(Problem("name", f"Use 1 to {LONGEST_NAME} characters."))
    if not 0 <= strikes <= MOST_STRIKES:
        found.append(Problem("severity.strikes", f"Use 0 to {MOST_STRIKES}."))
    if expires_days is not None and not 1 <= expires_days <= 3_650:
        found.append(Problem("severity.expiresDays", "Use 1 to 3650, or nothing."))
    return found
