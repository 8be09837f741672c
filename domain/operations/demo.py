"""The segments of the demonstration brand."""

from __future__ import annotations

import random
from typing import Any

from domain import db
from domain.actor import SYSTEM
from domain.operations import filling, segments
from domain.operations.tables import SegmentKind
from domain.profile import demo as profile_demo


def _did(kind: str, op: str, n: int, last: str) -> dict[str, Any]:
    return {"event": {"kind": kind, "count": {"op": op, "n": n}, "window": {"last": last}}}


#: Key, name, purpose, condition.
DYNAMIC: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "active-posters", "活跃发帖者", "Two posts or more within 30 days: ask them first.",
        _did("community.post.published", "GTE", 2, "P30D"),
    ),
    (
        "weekly-visitors", "近七日来访", "Opened the app within seven days.",
        _did("profile.session.started", "GTE", 1, "P7D"),
    ),
    (
        "going-quiet", "沉默会员", "Came within half a year, but not within 60 days: win them back.",
        {"all": [
            _did("profile.session.started", "GTE", 1, "P180D"),
            _did("profile.session.started", "EQ", 0, "P60D"),
        ]},
    ),
    (
        "young-in-shanghai", "上海年轻人", "Born in 1995 or later, at home in Shanghai: for the city drive.",
        {"all": [
            {"trait": {"name": "city", "op": "EQ", "value": "上海"}},
            {"trait": {"name": "birth_year", "op": "GTE", "value": 1995}},
        ]},
    ),
)  # fmt: skip


async def load() -> None:
    """Save and activate the segments and fill the guest list; nothing when they are there already."""
    if await db.value("SELECT EXISTS (SELECT FROM operations.segment)"):
        return
    async with db.transaction():
        for key, name, purpose, condition in DYNAMIC:
            saved = await segments.save(
                SYSTEM, key=key, name=name, kind=SegmentKind.DYNAMIC, purpose=purpose, condition=condition
            )
            await segments.activate(SYSTEM, saved["id"])
        guests = await segments.save(
            SYSTEM, key="launch-guests", name="新车发布会嘉宾", kind=SegmentKind.STATIC,
            purpose="Invited to the first evening, by hand.",
        )  # fmt: skip
        dice = random.Random("marque demo segments")  # noqa: S311 - an invented guest list, always the same
        await filling.add(SYSTEM, guests["id"], dice.sample(await profile_demo.members(), 24))
