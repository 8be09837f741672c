"""Standings that go on from checkpoints are those of a walk from the beginning, whatever comes late or is changed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain import clock, db, wiring
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import ledger, standing_keeping, standings, tiers
from domain.points import standing_checkpoints as checkpoints
from domain.points.errors import InsufficientPoints
from domain.points.ledger import Cause
from domain.points.standing_types import Tier
from domain.points.tiers import Draft, Known
from domain.profile import members, memberships, merges
from tests import make

MONTH = {"value": 1, "unit": "MONTH"}
EXPIRIES: list[dict[str, Any]] = [
    {"none": True}, {"immediate": True}, {"fixed": {"value": 12, "unit": "DAY"}}, {"calendar": ["06-30", "12-31"]},
    {"end_of_period": {"next": True, "plus_days": 3}},
]  # fmt: skip


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    wiring.start()
    yield
    clock.shift(timedelta(0))


class Life:
    """Two people, one scheme and what happens to them, by the dice."""

    def __init__(self, seed: int) -> None:
        self.dice, self.passed = random.Random(seed), timedelta(0)
        self.basis = self.dice.choice(["BALANCE", "EARNED_IN_PERIOD"])
        self.segment, self.version, self.resumed = ids.new(), 0, 0
        self.people: list[UUID] = []
        self.awards: list[tuple[UUID, UUID]] = []
        self.merge: UUID | None = None

    async def begin(self) -> None:
        self.people = [await make.member_id() for _ in range(2)]
        await self.revise()

    async def step(self) -> None:
        moves = [self.earn] * 6 + [self.judge] * 6 + [self.tick] * 5 + [
            self.spend, self.claw_back, self.floor, self.segments, self.segments, self.segments, self.join_or_part,
            self.join_or_part,
        ]  # fmt: skip
        if self.dice.random() < 0.06:
            await self.revise()
        await self.dice.choice(moves)()

    async def tick(self) -> None:
        self.passed += timedelta(hours=self.dice.choice([1, 5, 24, 24 * 7, 24 * 25]))
        clock.shift(self.passed)

    async def earn(self) -> None:
        late = timedelta(hours=self.dice.choice([0, 0, 0, 0, 2, 30, 24 * 40]))
        who = self.dice.choice(self.people)
        posted = await ledger.earn(
            SYSTEM, who, "POINTS", self.dice.randint(1, 15), Cause("TEST", ids.new()), at=clock.now() - late
        )
        assert posted.journal is not None
        self.awards.append((who, posted.journal))

    async def spend(self) -> None:
        try:
            async with db.transaction():
                await ledger.spend(
                    SYSTEM, self.dice.choice(self.people), {"POINTS": 7}, Cause("TEST", ids.new())
                )
        except InsufficientPoints:
            return

    async def claw_back(self) -> None:
        if self.awards:
            who, journal = self.awards.pop()
            await ledger.claw_back(SYSTEM, who, "POINTS", 1, Cause("TEST", ids.new()), of=[journal])

    async def floor(self) -> None:
        tier = self.dice.choice([None, "A", "B"])
        until = (
            clock.now() + timedelta(days=self.dice.randint(1, 20))
            if tier and self.dice.random() < 0.5
            else None
        )
        await standing_keeping.set_floor(
            make.staff("operator"), self.dice.choice(self.people), "CLUB", tier, until
        )

    async def segments(self) -> None:
        """They enter or leave, now or long ago."""
        at = clock.now() - timedelta(hours=self.dice.choice([0, 50, 24 * 30]))
        who = await self.root(self.dice.choice(self.people))
        if self.dice.random() < 0.6:
            await memberships.open(self.segment, 1, [(who, at)], "TEST")
        else:
            await memberships.close(self.segment, [(who, at)])

    async def join_or_part(self) -> None:
        staff = make.staff("admin")
        outside = {await self.root(each) for each in self.people}  # nobody defined the segment itself
        await memberships.close(self.segment, [(root, clock.now()) for root in outside])
        if self.merge is None:
            self.merge = await merges.merge_two(staff, *self.people, "one person")
        else:
            await merges.undo(staff, self.merge, "they are two")
            self.merge = None

    async def revise(self) -> None:
        first, second = self.dice.randint(5, 15), self.dice.randint(20, 40)
        condition = self.dice.choice([None, {"in_segment": str(self.segment)}])
        draft = Draft(
            "CLUB", "POINTS", self.basis, self.dice.choice([MONTH, {"value": 1, "unit": "WEEK"}]), "IMMEDIATELY",
            self.dice.choice(EXPIRIES), self.dice.choice(["FULL", "ONE_STEP"]),
            self.dice.choice([None, {"value": 2, "unit": "DAY"}]),
            (Tier("A", first), Tier("B", second, condition), Tier("C", second + 30)),
        )  # fmt: skip
        await tiers.define(make.staff("operator"), draft, self.version or None)
        self.version += 1

    async def root(self, who: UUID) -> UUID:
        return await db.value("SELECT root FROM profile.member WHERE id = $1", who)

    async def judge(self) -> None:
        """What was told is what the whole history says."""
        (scheme,) = await tiers.listed()
        async with db.transaction():
            (root,) = await members.lock(self.dice.choice(self.people))
            await standing_keeping.judge(root, scheme)
        whole = await standings.walked(root, scheme, clock.now())
        told = await standing_keeping._told(root, scheme, checkpoints.ALWAYS)
        assert set(told) == {standing_keeping._key(change) for change in whole.changes}

    async def looked_at(self) -> None:
        (scheme,) = await tiers.listed()
        for root in {await self.root(each) for each in self.people}:
            for moment in (clock.now(), self.some_moment()):
                await self.agrees(root, scheme, moment)

    def some_moment(self) -> datetime:
        return clock.now() + timedelta(hours=self.dice.randint(-24 * 45, 24 * 45))

    async def agrees(self, root: UUID, scheme: Known, at: datetime) -> None:
        whole, way = await standings.walked(root, scheme, at), await standings.resumed(root, scheme, at)
        self.resumed += way.since is not None
        here = [(w.shown, w.state, w.counted(at), w.number, w.forecast()) for w in (whole, way.walk)]
        assert here[0] == here[1]
        since = way.since or checkpoints.ALWAYS
        assert way.walk.changes == [change for change in whole.changes if change.at > since]


async def lived(seed: int, steps: int = 25) -> int:
    """Live and look after each step; answers how many looks went on from a checkpoint."""
    clock.shift(timedelta(0))
    life = Life(seed)
    await life.begin()
    for _ in range(steps):
        await life.step()
        await life.looked_at()
    return life.resumed


async def lives(seeds: range) -> int:
    """Each in a database of its own, so to speak."""
    found = 0
    for seed in seeds:
        try:
            async with db.transaction():
                found += await lived(seed)
                raise _Over
        except _Over:
            pass
        except AssertionError as problem:
            raise AssertionError(f"seed {seed}") from problem
    return found


class _Over(Exception):
    pass


async def test_a_look_from_a_checkpoint_sees_what_a_look_at_everything_sees() -> None:
    assert await lives(range(6)) > 100


@pytest.mark.long
async def test_many_more_looks_see_the_same() -> None:
    assert await lives(range(6, 200)) > 4_000


async def test_without_the_digest_the_past_changes_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "digest", lambda *said: "")
    with pytest.raises(AssertionError, match="seed 2"):
        await lives(range(2, 3))


async def test_a_judgement_reads_only_what_came_since_and_keeps_few_checkpoints() -> None:
    await tiers.define(
        make.staff("operator"),
        Draft(
            "CLUB", "POINTS", "BALANCE", None, "IMMEDIATELY", {"none": True}, "FULL", None, (Tier("A", 50),)
        ),
    )
    (scheme,) = await tiers.listed()
    who = await make.member_id()
    ends = []
    for day in range(80):
        clock.shift(timedelta(days=day))
        await ledger.earn(SYSTEM, who, "POINTS", 1, Cause("TEST", ids.new()))
        await standing_keeping.judge(who, scheme)
        ends.append(clock.now())
    way = await standings.resumed(who, scheme, clock.now())
    assert len(way.walk.inputs) == 0
    assert way.since is not None
    assert way.walk.shown.tier == "A"
    assert way.walk.counted(clock.now()) == 80
    assert 3 <= len(way.checkpoints) <= 4
    late = await standings.resumed(who, scheme, ends[-2])
    assert late.since is not None
    assert late.walk.counted(ends[-2]) == 79
    await ledger.earn(SYSTEM, who, "POINTS", 1, Cause("TEST", ids.new()), at=ends[-1] - timedelta(hours=3))
    found = await standings.resumed(who, scheme, clock.now())
    assert found.since is not None
    assert found.since < way.since
    assert found.walk.counted(clock.now()) == 81
