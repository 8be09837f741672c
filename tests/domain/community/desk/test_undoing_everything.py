"""Invariants 4 to 7, 9 and 12 over random acts of moderators: reverting every event returns the state byte for byte."""

from __future__ import annotations

import random
from uuid import UUID

import asyncpg
import pytest

from domain import db
from domain.community import comments, moderation, posts, standings
from domain.community.desk import deciding, marking, reports, reverting, sanctioning
from domain.community.desk.actions import ActionKind, Asked
from domain.community.desk.deciding import Decision, Verdict
from domain.community.desk.sanctioning import Ask
from domain.community.desk_tables import ReportCategory, SanctionKind
from domain.community.tables import CircleKind, PostKind
from domain.errors import NotFound, Refusal
from tests import make
from tests.domain.community.desk.test_deciding import _state

MODERATOR = make.staff("moderator")
ACTS = 25


class World:
    """A few people, posts and comments in a circle, and a die."""

    def __init__(self, seed: int) -> None:
        self.die = random.Random(seed)
        self.people: list = []
        self.contents: list[UUID] = []
        self.posts: list[UUID] = []

    async def build(self) -> None:
        from domain.community import circles

        place = await circles.create(make.staff("admin"), slug="walk", name="Walk", kind=CircleKind.CLUB)
        for number in range(4):
            person = await make.member_actor()
            await standings.set_level(make.staff("admin"), person.member_id, 3, reason="for the walk")
            self.people.append(person)
            self.posts.append(
                await posts.publish(person, kind=PostKind.MOMENT, body=f"post {number}", circle_id=place)
            )
        self.contents = list(self.posts)
        for number, person in enumerate(self.people):
            above = None if number % 2 == 0 else self.contents[-1]
            self.contents.append(
                await comments.publish(person, self.posts[0], body=f"comment {number}", parent_id=above)
            )
        for target in (*self.posts[:2], self.contents[-1]):
            for person in self.people:
                try:
                    async with db.transaction():
                        await reports.file(person, target, ReportCategory.ABUSE)
                except (Refusal, NotFound):
                    continue

    async def act(self) -> bool:
        """One act at random; whether it was done."""
        try:
            async with db.transaction():
                await self.die.choice(
                    [self.remove, self.restore, self.lock, self.feature, self.pin, self.sanction, self.decide]
                )()
        except (Refusal, NotFound):
            return False
        return True

    def content(self) -> UUID:
        return self.die.choice(self.contents)

    async def remove(self) -> None:
        with_replies = self.die.random() < 0.5
        await moderation.remove(MODERATOR, self.content(), reason="walk", with_replies=with_replies)

    async def restore(self) -> None:
        await moderation.restore(MODERATOR, self.content(), reason="walk")

    async def lock(self) -> None:
        await moderation.lock(MODERATOR, self.content(), reason="walk", is_on=self.die.random() < 0.6)

    async def feature(self) -> None:
        await marking.feature(MODERATOR, self.die.choice(self.posts), is_on=self.die.random() < 0.6)

    async def pin(self) -> None:
        await marking.pin(MODERATOR, self.die.choice(self.posts), is_on=self.die.random() < 0.6)

    async def sanction(self) -> None:
        kinds = [kind for kind in SanctionKind if kind is not SanctionKind.SHADOW]
        member = self.die.choice(self.people).member_id
        ask = Ask(member, self.die.choice(kinds), reason="walk", remove_content=self.die.random() < 0.2)
        await sanctioning.lay(MODERATOR, ask)

    async def decide(self) -> None:
        rows = await db.fetch(
            "SELECT id, version FROM community.review_item WHERE state = 'PENDING' ORDER BY seq"
        )
        if not rows:
            raise NotFound()
        item = self.die.choice(rows)
        kinds = [k for k in ActionKind if k not in (ActionKind.APPROVE, ActionKind.REJECT_PENDING)]
        asked = []
        for kind in self.die.sample(kinds, self.die.randint(0, 2)):
            laid = SanctionKind.MUTE if kind is ActionKind.SANCTION else None
            asked.append(Asked(kind, sanction=laid, spans=((0, 3),) if kind is ActionKind.MASK else ()))
        decision = Decision(self.die.choice(list(Verdict)), self.die.choice(["ABUSE", "SPAM"]), asked)
        await deciding.decide(MODERATOR, item["id"], item["version"], decision)


async def _walk(seed: int) -> None:
    world = World(seed)
    await world.build()
    before, first = await _state(), await db.value("SELECT coalesce(max(seq), 0) FROM community.mod_event")
    done = sum([await world.act() for _ in range(ACTS)])
    assert done >= 5
    await _holds()
    events = await db.fetch(
        """SELECT id FROM community.mod_event WHERE seq > $1 AND parent IS NULL AND kind <> 'REVERT'
        ORDER BY seq DESC""",
        first,
    )
    assert len(events) == done
    for event in events:
        undone = await reverting.revert(MODERATOR, event["id"], "back")
        assert undone.skipped == ()
    assert await _state() == before
    await _holds()


async def _holds() -> None:
    """What is true at any time."""
    assert not await db.fetch(
        """SELECT i.id FROM community.review_item AS i WHERE i.score <> (SELECT coalesce(sum(r.score), 0)
        FROM community.report AS r WHERE r.item = i.id AND (r.outcome IS NULL OR r.outcome = 'UPHELD'))"""
    ), "the score of an item is the sum of its pending and upheld reports"
    assert not await db.fetch(
        """SELECT r.id FROM community.report AS r WHERE r.state = 'CLOSED' AND r.reporter IS NOT NULL
        AND 1 <> (SELECT count(*) FROM messaging.message AS m WHERE m.type = 'REPORT_OUTCOME'
            AND m.channel = 'INBOX' AND m.subject_id = r.id::text)"""
    ), "each closed report has exactly one notice"
    assert not await db.fetch(
        """SELECT id FROM community.post WHERE (removed_by IS NOT NULL AND removed_by NOT IN
            (SELECT id FROM community.mod_event)) OR (hidden_by IS NOT NULL AND hidden_by NOT IN
            (SELECT item FROM community.mod_event WHERE kind = 'HIDE'))"""
    ), "every removal and every hiding has its event"
    assert not await db.fetch(
        """SELECT id FROM community.report WHERE outcome IS NULL AND item IN
        (SELECT id FROM community.review_item WHERE state <> 'PENDING')"""
    ), "nothing pending hides in a decided item"


@pytest.mark.parametrize("seed", range(4))
async def test_reverting_every_event_returns_the_state(seed):
    await _walk(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 160))
async def test_reverting_every_event_returns_the_state_often(seed):
    await _walk(seed)


@pytest.mark.parametrize("statement", ["UPDATE", "DELETE", "TRUNCATE"])
async def test_what_moderation_did_is_never_changed(statement):
    author = await make.member_actor()
    id_ = await posts.publish(author, kind=PostKind.MOMENT, body="text")
    await reports.file(await make.member_actor(), id_, ReportCategory.ABUSE)
    await moderation.remove(MODERATOR, id_, reason="spam")
    for table, column in (("mod_event", "reason"), ("report_activity", "internal_note")):
        sql = {
            "UPDATE": f"UPDATE community.{table} SET {column} = 'x'",
            "DELETE": f"DELETE FROM community.{table}",
            "TRUNCATE": f"TRUNCATE community.{table} CASCADE",
        }[statement]
        with pytest.raises(asyncpg.RaiseError):
            async with db.transaction():
                await db.run(sql)
