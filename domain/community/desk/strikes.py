"""Strikes: what upheld decisions add up to, and the step of the ladder that they suggest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.community import configuration


@dataclass(frozen=True)
class Step:
    """A step of the ladder; ``missing`` strikes lead to it. ``days`` None: for good."""

    strikes: int
    kind: str
    days: int | None
    missing: int


async def count(member: UUID) -> int:
    """The person's strikes that are neither expired nor reversed."""
    return (await counts([member])).get(member, 0)


async def counts(member_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The same of several, in one statement; who has none is not there."""
    rows = await db.fetch(
        """SELECT w.id, sum(s.n)::int AS n FROM profile.member AS w JOIN profile.member AS m ON m.root = w.root
        JOIN community.strike AS s ON s.member = m.id
        WHERE w.id = ANY($1) AND s.reversed_by IS NULL AND (s.expires_at IS NULL OR s.expires_at > $2) GROUP BY w.id""",
        list(member_ids), clock.now(),
    )  # fmt: skip
    return {row["id"]: row["n"] for row in rows}


async def next_step(member: UUID) -> Step | None:
    """The next step of the ladder; None above the last."""
    now, steps = await count(member), await _steps()
    return next((_step(each, now) for each in steps if each["strikes"] > now), None)


async def suggested(member: UUID, more: int = 0) -> Step | None:
    """The step that the strikes have reached (``more`` would be added); None below the first. Nobody is sanctioned by it."""
    now, steps = await count(member) + more, await _steps()
    return next((_step(each, now) for each in reversed(steps) if each["strikes"] <= now), None)


async def _steps() -> list[dict[str, Any]]:
    return sorted(await configuration.value("ladder"), key=lambda each: each["strikes"])


def _step(found: dict[str, Any], now: int) -> Step:
    strikes = found["strikes"]
    return Step(strikes, found["kind"], found["days"], max(strikes - now, 0))
