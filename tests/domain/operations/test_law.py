"""The law: set statement = single statement = evaluation over the raw rows in Python = stored membership."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import clock, conditions, db
from domain.actor import SYSTEM
from domain.conditions import Operator
from domain.operations import health, judging, looking
from domain.operations.conditions import comparing, compiler, operands, reading
from domain.operations.conditions import tree as conditions_tree
from domain.profile import memberships, merges, tags, traits
from domain.profile.tags import TagSubject
from tests import make
from tests.domain.operations import oracle
from tests.domain.operations.conftest import START, did, segment, settle

KINDS = ("app.a", "app.b", "app.a.b")
TEXTS = (
    "x",
    "xy",
    "",
    "10",
    "10.0",
    "1e1",
    "2030-01-01",
    "2029-12-31T20:00:00+08:00",
    "黄河",
    "a\nb",
    " 10",
    "١٢",
)
NUMBERS = (0, 10, -1, 2.5, 10.0)
TRAITS = ("colour", "score", "born")
LENGTHS = ("PT5S", "PT1M", "PT90S", "P1D")


def leaf(dice: random.Random) -> dict[str, Any]:
    """A random leaf."""
    chosen = dice.random()
    if chosen < 0.6:
        return {"event": event(dice)}
    if chosen < 0.7:
        tag = {"key": dice.choice(("vip", "new"))}
        return {"tag": tag if dice.random() < 0.5 else tag | {"value": dice.choice(("a", "b"))}}
    return {"trait": trait(dice)}


def event(dice: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = {"kind": dice.choice((*KINDS, "app.a*", "app.*"))}
    op = dice.choice(("EQ", "NE", "LT", "LTE", "GT", "GTE"))
    made["count"] = {"op": op, "n": dice.randint(1 if op == "LT" else 0, 3)}
    made["window"] = {"last": dice.choice(LENGTHS)} if dice.random() < 0.8 else {"ever": True}
    if dice.random() < 0.3:
        made["where"] = [
            {"path": dice.choice(("p", "q.r", "l.0"))} | comparison(dice, list(Operator.__members__))
        ]
    return made


def trait(dice: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = {"name": dice.choice(TRAITS)}
    chosen = dice.random()
    if chosen < 0.2:
        made |= {
            "op": dice.choice(("WITHIN_LAST", "NOT_WITHIN_LAST", "CHANGED_IN")),
            "duration": dice.choice(LENGTHS),
        }
    elif chosen < 0.3:
        made |= {"op": "HELD_FOR", "duration": dice.choice(LENGTHS), "value": dice.choice((*TEXTS, *NUMBERS))}
    elif chosen < 0.4:
        made |= {"op": "ANNIVERSARY", "value": dice.choice((0, 1, 30, 366))}
    else:
        made |= comparison(dice, list(Operator.__members__))
    return made | ({"orMissing": True} if dice.random() < 0.2 else {})


def comparison(dice: random.Random, ops: list[str]) -> dict[str, Any]:
    op = dice.choice([op for op in ops if op not in ("WITHIN_LAST", "NOT_WITHIN_LAST")])
    if op in ("IN", "NOT_IN"):
        return {"op": op, "values": dice.sample([*TEXTS, *NUMBERS, True, False], 3)}
    if op in ("EXISTS", "MISSING"):
        return {"op": op}
    if op == "MATCHES":
        return {"op": op, "value": dice.choice((r"\d+", "x.?", "(a|b|\\d)*", "[^x]{1,3}", "a.b"))}
    if op in ("BEFORE", "AFTER"):
        return {"op": op, "value": dice.choice(("2030-01-01", "2029-12-31T12:00:00Z"))}
    if op in ("LT", "LTE", "GT", "GTE"):
        return {"op": op, "value": dice.choice((*NUMBERS, "10", "2030-01-01"))}
    if op in ("STARTS", "ENDS"):
        return {"op": op, "value": dice.choice(TEXTS)}
    return {"op": op, "value": dice.choice((*TEXTS, *NUMBERS, True))}


def tree(dice: random.Random, depth: int = 3) -> dict[str, Any]:
    """A random condition."""
    chosen = dice.random()
    if depth == 0 or chosen < 0.45:
        return leaf(dice)
    if chosen < 0.6:
        return {"not": tree(dice, depth - 1)}
    if chosen < 0.63:
        return {"everyone": True}
    return {dice.choice(("all", "any")): [tree(dice, depth - 1) for _ in range(dice.randint(0, 3))]}


def fact(dice: random.Random) -> Any:
    scalar = dice.choice((*TEXTS, *NUMBERS, True, False, None))
    return scalar if dice.random() < 0.8 else dice.sample([*TEXTS, *NUMBERS, True], 2)


class Story:
    """A random stream: what members do, are and become, while the clock moves."""

    def __init__(self, dice: random.Random, time: Any) -> None:
        self.dice, self.time, self.done = dice, time, []

    async def begin(self) -> None:
        self.members = [
            await make.member_id(zone=zone) for zone in ("Asia/Shanghai", "America/New_York", "UTC", "UTC")
        ]
        for member in self.members:
            await traits.put(
                member,
                {
                    name: fact(self.dice)
                    for name in TRAITS
                    if member == self.members[0] or self.dice.random() < 0.7
                },
                at=START,
            )
            await did(member, "app.begin")

    async def go_on(self) -> None:
        member, chosen = self.dice.choice(self.members), self.dice.random()
        if chosen < 0.5:
            ago = timedelta(seconds=self.dice.choice((0, 0, 0, 1, 4.9, 5, 60, 3600, -3, -61)))
            properties = {"p": fact(self.dice), "q": {"r": fact(self.dice)}, "l": [fact(self.dice)]}
            self.done.append((member, await did(member, self.dice.choice(KINDS), ago, **properties)))
        elif chosen < 0.6 and self.done:
            owner, target = self.dice.choice(self.done)
            self.done.append(
                (owner, await did(self.dice.choice((owner, member)), "app.removed", compensates=target))
            )
        elif chosen < 0.7:
            at = clock.now() - timedelta(seconds=self.dice.choice((0, 0, 30)))
            name, value = self.dice.choice(TRAITS), fact(self.dice)
            await traits.put(member, {name: value}, at=at, message_id=str(self.dice.random()))
            await did(member, "app.identify", traits={name: value})
        elif chosen < 0.8:
            until = (
                clock.now() + timedelta(seconds=self.dice.choice((4, 70)))
                if self.dice.random() < 0.5
                else None
            )
            key, value = self.dice.choice(("vip", "new")), self.dice.choice(("", "a", "b"))
            if self.dice.random() < 0.6:
                await tags.assign(SYSTEM, TagSubject.MEMBER, [member], key, value, valid_to=until)
            else:
                await tags.remove(SYSTEM, TagSubject.MEMBER, [member], key)
        elif chosen < 0.85:
            await self._merge_or_part()
        else:
            await self.time.on(seconds=self.dice.choice((0.1, 1, 4.9, 5, 61, 90, 86_400)))

    async def _merge_or_part(self) -> None:
        await settle()
        merge = await db.value(
            "SELECT id FROM profile.merge WHERE undone_at IS NULL ORDER BY at DESC, id DESC LIMIT 1"
        )
        if merge and self.dice.random() < 0.5:
            await merges.undo(SYSTEM, merge, "test")
            return
        one, two = self.dice.sample(self.members, 2)
        roots = await db.fetch("SELECT DISTINCT root FROM profile.member WHERE id = ANY($1)", [one, two])
        if len(roots) == 2:
            await merges.merge_two(SYSTEM, one, two, "test")


async def compare(data: Any, active: UUID) -> None:
    """All four sides of the law at this instant."""
    condition, now, world = await reading.read(data), clock.now(), await oracle.look()
    expected = oracle.everybody(condition, world, now)
    many = compiler.members_at(condition, now)
    assert {row["root"] for row in await db.fetch(many.sql, *many.args)} == expected, "set"
    everybody = {row["root"]: row for row in await db.fetch(*_flat(compiler.everybody_at(condition, now)))}
    assert {root for root, row in everybody.items() if row["holds"]} == expected, "activation"
    roots = set(world.root.values())
    single = {each.root: each for each in await judging.evaluate(condition, dict.fromkeys(roots, now))}
    assert {root for root, each in single.items() if each.holds} == expected, "single"
    assert {root: each.flip_at for root, each in single.items() if each.flip_at} == {
        root: row["flip_at"] for root, row in everybody.items() if row["flip_at"]
    }
    assert await memberships.all_inside(active) == expected, "membership"
    assert (await looking.preview(data)).count == len(expected)
    for root in roots:
        explained = await looking.explain(active, root)
        assert (explained.is_member, explained.next_flip_at) == (root in expected, single[root].flip_at), (
            "explanation"
        )


def _flat(statement: compiler.Statement) -> tuple[Any, ...]:
    return statement.sql, *statement.args


async def tell(seed: int, time: Any, steps: int = 25) -> None:
    dice = random.Random(seed)
    story = Story(dice, time)
    await story.begin()
    running = []
    while len(running) < 3:
        data = tree(dice)
        _, problems = reading.parse(data)
        assert not problems, problems
        running.append((data, await segment(data)))
    for step in range(steps):
        await story.go_on()
        if step % 5 == 4:
            await settle()
            for data, active in running:
                await compare(data, active)
    late = tree(dice)
    await compare(late, await segment(late))
    found = await health.check()
    assert (found.segment_drift, found.broken_histories, found.overdue_timers) == (0, 0, 0)


@pytest.mark.parametrize("seed", range(12))
async def test_set_single_python_and_membership_agree(seed, time):
    await tell(seed, time)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1_000, 1_200))
async def test_set_single_python_and_membership_agree_at_length(seed, time):
    await tell(seed, time, steps=60)


async def test_every_operator_says_the_same_in_sql_and_in_python():
    dice = random.Random(7)
    cases = [(fact(dice), comparison(dice, list(Operator.__members__))) for _ in range(1_500)]
    await _agree(cases)


TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=12)
SCALAR = st.one_of(
    TEXT,
    st.sampled_from(TEXTS),
    st.integers(-(10**12), 10**12),
    st.booleans(),
    st.decimals(-(10**9), 10**9, places=3).map(str),
    st.datetimes().map(lambda at: at.isoformat()),
    st.dates().map(str),
)
SIMPLE = st.sampled_from(
    ("EQ", "NE", "CONTAINS", "NOT_CONTAINS", "IN", "NOT_IN", "LT", "GTE", "BEFORE", "STARTS", "ENDS")
)


def cases() -> list[tuple[Any, dict[str, Any]]]:
    """Values that hypothesis invents, with comparisons that the reader accepts."""
    found: list[tuple[Any, dict[str, Any]]] = []

    @settings(max_examples=400, deadline=None, database=None, derandomize=True)
    @given(st.one_of(SCALAR, st.lists(SCALAR, max_size=3)), SIMPLE, SCALAR, SCALAR)
    def invent(value: Any, op: str, wanted: Any, other: Any) -> None:
        body = (
            {"op": op, "values": [wanted, other]} if op in ("IN", "NOT_IN") else {"op": op, "value": wanted}
        )
        if isinstance(operands.of_filter({"path": "p", **body}), conditions_tree.Filter):
            found.append((value, body))

    invent()
    return found


async def test_every_operator_agrees_on_invented_values():
    await _agree(cases())


async def _agree(cases: list[tuple[Any, dict[str, Any]]]) -> None:
    for value, given_ in cases:
        args: list[Any] = []

        def bind(argument: Any, cast: str, args: list[Any] = args) -> str:
            args.append(argument)
            return f"${len(args)}::{cast}"

        wanted = tuple(given_["values"]) if "values" in given_ else given_.get("value")
        fact_ = bind(db.json(value), "jsonb")
        said = await db.value(f"SELECT {comparing.holds(fact_, given_['op'], wanted, bind)}", *args)
        expected = conditions.holds(value, Operator(given_["op"]), wanted)
        assert said is expected, (value, given_)
