"""The community's settings: numbers and switches that staff change, read as of the present.

A setting without a row has its default. A list of five stands for the trust levels 0 to 4; one number stands for all
of them (:func:`at_level`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.community import setting_shapes
from domain.errors import InvalidInput, VersionConflict
from domain.foundation import ids

#: Every key with its default. Legal duties (phone, region of the address) are off until the brand's counsel says so.
DEFAULTS: dict[str, Any] = {
    "rates.enabled": True,
    "rates.post.interval_seconds": [120, 15, 15, 15, 15],
    "rates.comment.interval_seconds": [30, 5, 5, 5, 5],
    "rates.posts.per_day": [20, 20, 30, 40, 60],
    "rates.comments.per_day": [200, 200, 300, 400, 600],
    "rates.likes.per_day": [50, 50, 75, 100, 150],
    "rates.reports.per_day": [20, 20, 30, 40, 60],
    "rates.bookmarks.per_day": [20, 20, 30, 40, 60],
    "rates.edits.per_day": [30, 30, 45, 60, 90],
    "rates.follows.per_day": [400, 400, 600, 800, 1200],
    "rates.first_day.posts": 3,
    "rates.first_day.comments": 10,
    "rates.comments_in_a_row": 3,
    "rates.newcomer.links": 2,
    "duplicate.seconds": 300,
    "edit.window_minutes": [1440, 1440, 43200, 43200, 43200],
    "edit.ninja_seconds": 300,
    "edit.ninja_characters": 100,
    "undo.hours": 24,
    "hold.new_member_count": 0,
    "hold.fast_typer_ms": 3000,
    "hold.links": 10,
    "mentions.most": [2, 10, 10, 10, 10],
    "barriers.phone_required": False,
    "barriers.trust": {
        "MOMENT": 0, "ARTICLE": 0, "VIDEO": 0, "POLL": 0, "QUESTION": 0, "DRIVE_LOG": 0, "DELIVERY": 0,
        "EVENT_RECAP": 0, "COMMENT": 0,
    },
    "region.header": "",
    "delivery.minimum": {"images": 15, "characters": 300, "comments": 10},
    "reactions.is_dislike_on": False,
    "tip.amounts": [[], [1, 5, 10], [1, 5, 10, 50], [1, 5, 10, 50, 100], [1, 5, 10, 50, 100]],
    "tip.per_month": 5,
    "tip.wallet": "POINTS",
    "trust.tl1": {"posts_opened": 5, "read": 30, "minutes": 10, "account_minutes": 10},
    "trust.tl2": {
        "posts_opened": 20, "read": 100, "minutes": 60, "days_visited": 15, "likes_given": 1,
        "likes_received": 1, "threads_replied": 3,
    },
    "trust.tl3": {
        "window_days": 100, "days_visited": 50, "threads_replied": 10, "likes_given": 30, "likes_received": 20,
        "likers": 5, "like_days": 7, "upheld_reports": 5, "keep_share": 0.9, "grace_days": 14,
    },
    "trust.owner_level": 1,
    "hot.weights": {"like": 10, "comment": 20, "bookmark": 30, "tip": 30, "dislike": -10, "owner_factor": 1.2},
    "hotlist.minimum": 5,
    "hotlist.drop_below": 0.3,
    "review.hide_score": 8.33,
    "review.silence_score": 2.5,
    "review.category_bonus": {"SPAM": 0, "ABUSE": 0, "FRAUD": 5, "ILLEGAL": 10, "OFF_TOPIC": 0},
    "ladder": [
        {"strikes": 3, "kind": "MUTE", "days": 7},
        {"strikes": 5, "kind": "SUSPEND", "days": 30},
        {"strikes": 8, "kind": "BAN", "days": None},
    ],
    "appeal.days": 30,
    "inbox.group_hours": 24,
}  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """A setting as it stands: ``version`` 0 is the default; ``effective_from`` is null for it."""

    key: str
    value: Any
    version: int
    effective_from: datetime | None
    default: Any


async def value(key: str) -> Any:
    """What a setting says now."""
    return (await values(key))[key]


async def values(*keys: str) -> dict[str, Any]:
    """What several settings say now, in one statement."""
    assert all(key in DEFAULTS for key in keys), keys
    return {key: found.value for key, found in (await _in_force(keys)).items()}


def at_level(value: Any, level: int) -> Any:
    """The part of a value that holds for a trust level."""
    return value[min(max(level, 0), 4)] if isinstance(value, list) else value


async def listed() -> list[Setting]:
    """All settings, by key."""
    return [found for _, found in sorted((await _in_force(DEFAULTS)).items())]


async def configure(
    actor: Actor,
    key: str,
    value: Any,
    *,
    effective_from: datetime | None = None,
    expected_version: int | None = None,
    reason: str | None = None,
    is_dry_run: bool = False,
) -> Setting:
    """Give a setting a value from now or a later instant on; answers what was written (or would be).

    Several values may wait: each holds from its instant until the next. Locks the key. Raises InvalidInput (an unknown
    key, a value of another shape, the past), VersionConflict.
    """
    if key not in DEFAULTS:
        raise InvalidInput.at("key", "There is no setting with this key.")
    if problems := setting_shapes.problems(DEFAULTS[key], value):
        raise InvalidInput(problems)
    async with db.transaction():
        await db.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"community.setting/{key}")
        now = clock.now()
        if effective_from is not None and effective_from < now:
            raise InvalidInput.at("effectiveFrom", "A setting is not changed in the past.")
        newest = await db.value(
            "SELECT coalesce(max(version), 0) FROM community.community_setting WHERE key = $1", key
        )
        if expected_version is not None and expected_version != newest:
            raise VersionConflict(newest)
        made = Setting(key, value, newest + 1, effective_from or now, DEFAULTS[key])
        if not is_dry_run:
            await db.run(
                """INSERT INTO community.community_setting (id, key, value, version, effective_from, created_at)
                VALUES ($1, $2, $3, $4, $5, $6)""",
                ids.new(), key, db.json(value), made.version, made.effective_from, now,
            )  # fmt: skip
            await audit.append(
                actor, "community.setting.changed", "community_setting",
                facts={"key": key, "value": value, "version": made.version}, text={"reason": reason},
            )  # fmt: skip
    return made


async def _in_force(keys: Iterable[str]) -> dict[str, Setting]:
    """For each key the row that began last; ``version`` is the newest one, waiting values included."""
    wanted = list(keys)
    rows = await db.fetch(
        """SELECT DISTINCT ON (s.key) s.key, s.value, s.effective_from, s.effective_from <= $2 AS has_begun,
            max(s.version) OVER (PARTITION BY s.key) AS version
        FROM community.community_setting AS s WHERE s.key = ANY($1)
        ORDER BY s.key, has_begun DESC, s.effective_from DESC, s.version DESC""",
        wanted, clock.now(),
    )  # fmt: skip
    found = {row["key"]: row for row in rows}
    return {key: _setting(key, found.get(key)) for key in wanted}


def _setting(key: str, row: db.Row | None) -> Setting:
    if row is None:
        return Setting(key, DEFAULTS[key], 0, None, DEFAULTS[key])
    if not row["has_begun"]:  # only values that wait
        return Setting(key, DEFAULTS[key], row["version"], None, DEFAULTS[key])
    return Setting(key, row["value"], row["version"], row["effective_from"], DEFAULTS[key])
