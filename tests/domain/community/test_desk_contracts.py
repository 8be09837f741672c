"""What other parts of the community build on: open items, and sanctions in force."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import clock, db
from domain.community import review_items, sanctions
from domain.foundation import ids
from tests import make


async def item(id_):
    return await db.one("SELECT * FROM community.review_item WHERE id = $1", id_)


async def test_a_subject_has_one_item_which_later_causes_join_and_reopen():
    subject = ids.new()
    first = await review_items.open("POST", subject, "HELD", reasons=["LINKS"])
    again = await review_items.open("POST", subject, "HELD", reasons=["LINKS", "MEDIA"])
    joined = await review_items.open("POST", subject, "REPORTED", force=True)
    row = await item(first)
    assert first == again == joined
    assert (row["cause"], row["causes"], row["reasons"]) == ("HELD", ["HELD", "REPORTED"], ["LINKS", "MEDIA"])
    assert (row["version"], row["force_review"], row["is_appealed"]) == (2, True, False)

    await db.run("UPDATE community.review_item SET state = 'UPHELD' WHERE id = $1", first)
    assert await review_items.open("POST", subject, "APPEAL") == first
    row = await item(first)
    assert (row["state"], row["cause"], row["causes"], row["version"]) == ("PENDING", "APPEAL", ["APPEAL"], 3)
    assert row["is_appealed"] and not row["force_review"] and row["reasons"] == []
    assert await review_items.open("COMMENT", subject, "HELD") != first


@pytest.fixture
def sanction():
    async def run(member, kind="MUTE", circle=None, starts=-1, until=None, ended=False):
        now, event = clock.now(), ids.new()
        await db.run(
            """INSERT INTO community.mod_event (id, actor_kind, kind, subject_kind, subject, payload, at)
            VALUES ($1, 'HUMAN', 'SANCTION', 'MEMBER', $2, '{}', $3)""",
            event, member, now,
        )  # fmt: skip
        await db.run(
            """INSERT INTO community.sanction (id, member, kind, circle, starts_at, until, cause, cause_event, ended_at,
                created_at) VALUES ($1, $2, $3, $4, $5, $6, 'SPAM', $7, $8, $9)""",
            ids.new(), member, kind, circle, now + timedelta(hours=starts),
            None if until is None else now + timedelta(hours=until), event, now if ended else None, now,
        )  # fmt: skip

    return run


async def test_sanctions_in_force_are_read_by_time_and_place_longest_first(sanction):
    me, circle, other = await make.member_id(), ids.new(), ids.new()
    await sanction(me, "MUTE", until=1)
    await sanction(me, "LIMIT")
    await sanction(me, "MUTE", circle=circle, until=2)
    await sanction(me, "MUTE", circle=other)
    await sanction(me, "BAN", ended=True)
    await sanction(me, "SUSPEND", starts=-2, until=-1)
    await sanction(me, "SHADOW", starts=1)
    await sanction(await make.member_id(), "BAN")
    site = await sanctions.active(me, None)
    assert [(s.kind, s.circle) for s in site] == [("LIMIT", None), ("MUTE", None)]
    inside = await sanctions.active(me, circle)
    assert [(s.kind, s.circle) for s in inside] == [("LIMIT", None), ("MUTE", circle), ("MUTE", None)]
    clock.shift(timedelta(hours=1, minutes=30))
    assert [s.kind for s in await sanctions.active(me)] == ["LIMIT", "SHADOW"]
