"""Whether a member may have a reward now, and if not, every reason with what would help.

A condition is one of ``all``, ``any``, ``not`` over conditions, ``tier_at_least`` (a tier's code), ``in_segment``,
``is_owner``, ``has_tag``, ``enrolled_for_days``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import clock, db
from domain.errors import Ineligibility, NotEligible
from domain.points import enrolments, periods, standing_conditions, standings, tiers
from domain.profile import members

_DEEPEST = 5


async def must_meet(root: UUID, condition: dict[str, Any] | None) -> None:
    """Refuse NotEligible with every reason."""
    found = await reasons(root, condition)
    if found:
        raise NotEligible(found)


async def reasons(root: UUID, condition: dict[str, Any] | None) -> list[Ineligibility]:
    """Why a root does not meet a condition; alternatives share a group."""
    if condition is None:
        return []
    ((name, said),) = condition.items()
    if name == "all":
        return [reason for each in said for reason in await reasons(root, each)]
    if name == "any":
        found = [await reasons(root, each) for each in said]
        return [] if any(not each for each in found) else [_of_group(r) for each in found for r in each]
    if name == "not":
        return (
            []
            if await reasons(root, said)
            else [_reason("EXCLUDED", "不适用于当前会员。", "This is not for you.")]
        )
    return await _LEAVES[name](root, said)


async def problems(condition: dict[str, Any], path: str, depth: int = 0) -> list[tuple[str, str]]:
    """Everything wrong with a condition."""
    if len(condition) != 1 or depth > _DEEPEST:
        return [(path, f"Say exactly one thing, at most {_DEEPEST} deep.")]
    ((name, said),) = condition.items()
    if name in ("all", "any"):
        if not said:
            return [(f"{path}.{name}", "Name at least one condition.")]
        found = []
        for number, each in enumerate(said):
            found += await problems(each, f"{path}.{name}.{number}", depth + 1)
        return found
    if name == "not":
        return await problems(said, f"{path}.not", depth + 1)
    if name not in _LEAVES:
        return [(path, f"Use one of {', '.join(sorted(_LEAVES))}.")]
    return [problem async for problem in _leaf_problems(name, said, path)]


async def _leaf_problems(name: str, said: Any, path: str) -> AsyncIterator[tuple[str, str]]:
    if name == "tier_at_least" and not any(scheme.now.tier(said) for scheme in await tiers.listed()):
        yield f"{path}.tierAtLeast", f"No scheme has a tier {said}."
    if name == "enrolled_for_days" and not 0 <= said <= 36_600:
        yield f"{path}.enrolledForDays", "Use 0 or more days."


async def _tier(root: UUID, wanted: str) -> list[Ineligibility]:
    for scheme in await tiers.listed():
        if scheme.now.tier(wanted) is None:
            continue
        standing = await standings.of_root(root, scheme)
        if scheme.now.rank(standing.tier) >= scheme.now.rank(wanted):
            return []
        return [
            _reason("TIER_TOO_LOW", f"需要等级 {wanted}。", f"This needs the tier {wanted}.", "REACH_TIER", wanted, standing.tier)
        ]  # fmt: skip
    return [_reason("TIER_TOO_LOW", f"需要等级 {wanted}。", f"This needs the tier {wanted}.", "NONE", wanted)]


async def _segment(root: UUID, wanted: str) -> list[Ineligibility]:
    if await _holds(root, {"in_segment": wanted}):
        return []
    return [_reason("NOT_IN_SEGMENT", "仅限部分会员。", "This is for a certain group of members.")]


async def _owner(root: UUID, wanted: bool) -> list[Ineligibility]:
    if await _holds(root, {"is_owner": wanted}):
        return []
    if wanted:
        return [_reason("NOT_OWNER", "仅限车主。", "This is for owners.", "BIND_VEHICLE")]
    return [_reason("IS_OWNER", "仅限非车主。", "This is for members without a vehicle.")]


async def _holds(root: UUID, condition: dict[str, Any]) -> bool:
    known = await standing_conditions.history(await members.ids_of(root), [condition])
    return known.holds(condition, clock.now())


async def _tag(root: UUID, wanted: str) -> list[Ineligibility]:
    has = await db.value(
        """SELECT EXISTS (SELECT FROM profile.tag_assignment AS t JOIN profile.member AS m ON m.id = t.subject_id
        WHERE t.subject_kind = 'MEMBER' AND m.root = $1 AND t.key = $2 AND t.valid_from <= $3
        AND (t.valid_to IS NULL OR t.valid_to > $3))""",
        root, wanted, clock.now(),
    )  # fmt: skip
    return [] if has else [_reason("TAG_MISSING", "仅限部分会员。", "This is for certain members.")]


async def _enrolled(root: UUID, days: int) -> list[Ineligibility]:
    enrolment = (await enrolments.present([root])).get(root)
    if enrolment is None:
        return [_reason("NOT_ENROLLED", "请先加入会员计划。", "Join the programme first.")]
    from_ = enrolment.joined_on + timedelta(days=days)
    if clock.now().astimezone(ZoneInfo(enrolment.zone)).date() >= from_:
        return []
    at = periods.midnight(from_, enrolment.zone)
    return [
        Ineligibility(
            "ENROLLED_TOO_SHORT", f"需入会满 {days} 天。", "WAIT_UNTIL", str(days), None, at,
            en=f"This needs {days} days in the programme.",
        )
    ]  # fmt: skip


_LEAVES: dict[str, Any] = {
    "tier_at_least": _tier,
    "in_segment": _segment,
    "is_owner": _owner,
    "has_tag": _tag,
    "enrolled_for_days": _enrolled,
}


def _reason(
    code: str, zh: str, en: str, step: str = "NONE", required: str | None = None, actual: str | None = None
) -> Ineligibility:
    return Ineligibility(code, zh, step, required, actual, en=en)


def _of_group(reason: Ineligibility) -> Ineligibility:
    return Ineligibility(**{**vars(reason), "group": reason.group or "ANY"})
