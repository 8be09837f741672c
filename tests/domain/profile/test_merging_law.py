"""Random streams of events, merges, undos and points, compared with a model in plain Python after every step.

What is checked: every root is a root (P1); a merge and its undo together change nothing, whatever happened between
(P4); two identified members are merged only by proof or by staff (P5); a value names one member and a shared device
none (P6); points are conserved over merge and undo (P9).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain import clock, db, wiring
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import balances, ledger
from domain.profile import drain, merges, reports, resolution, traits
from domain.profile.errors import MergeForbidden, MergeNotUndoable
from domain.profile.reports import Report
from domain.profile.resolution import NoIdentity
from tests import make
from tests.domain.profile.model import Model

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = st.sampled_from(
    [(type_, f"{type_}-{n}") for type_ in ("user_id", "anonymous_id", "device_id") for n in range(4)]
    + [("email", f"e{n}@example.com") for n in range(3)]
    + [("phone", f"+861390000000{n}") for n in range(2)]
)
EVENT = st.dictionaries(NAMES, st.booleans(), min_size=1, max_size=3)


def machine(loop: asyncio.AbstractEventLoop) -> type[RuleBasedStateMachine]:
    """The machine, bound to the loop: each example runs in one transaction that is rolled back."""

    class WhoIsWho(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.context = copy_context()
            self.model = Model()
            self.ids: list[UUID] = []
            self.merge_ids: list[UUID] = []
            self.steps = 0
            self.world = db.rolled_back()
            self.do(self.world.__aenter__())

        def teardown(self) -> None:
            self.do(self.world.__aexit__(None, None, None))

        def do(self, call: Any) -> Any:
            return loop.run_until_complete(loop.create_task(call, context=self.context))

        @rule(
            given=EVENT,
            kind=st.sampled_from(["app.opened", "app.bought"]),
            city=st.sampled_from("abc"),
            at=st.integers(0, 50),
        )
        def an_event_comes(self, given: dict, kind: str, city: str, at: int) -> None:
            expected = self.model.resolve(given)
            self.do(self._event(given, kind, city, at, expected))
            if expected is not None:
                self.model.facts[expected][kind] += 1
                self.model.seen[expected] = min(self.model.seen[expected], at)
                self.model.set_trait(expected, "city", at, self.steps, city)

        @precondition(lambda self: len(set(self.model.root)) > 1)
        @rule(data=st.data())
        def staff_merge(self, data: st.DataObject) -> None:
            pair = data.draw(
                st.lists(st.sampled_from(sorted(set(self.model.root))), min_size=2, max_size=2, unique=True)
            )
            winner, loser = self.model.ranked(set(pair))
            before = self.do(self._points(winner)) + self.do(self._points(loser))
            self.merge_ids.append(
                self.do(merges.merge_two(make.staff("operator"), *(self.ids[m] for m in pair), "same"))
            )
            self.model.merge(winner, loser)
            assert self.do(self._points(winner)) == before, "points are conserved"

        @precondition(lambda self: self.model.merges)
        @rule(data=st.data())
        def staff_undo(self, data: st.DataObject) -> None:
            number = data.draw(st.integers(0, len(self.model.merges) - 1))
            merge = self.model.merges[number]
            if not self.model.can_undo(merge):
                with pytest.raises(MergeNotUndoable):
                    self.do(merges.undo(make.staff("operator"), self.merge_ids[number], "they are two"))
                return
            before = self.do(self._points(merge.winner))
            self.do(merges.undo(make.staff("operator"), self.merge_ids[number], "they are two"))
            self.model.undo(merge)
            assert self.do(self._points(merge.winner)) + self.do(self._points(merge.loser)) == before

        @precondition(lambda self: self.model.root)
        @rule(data=st.data(), amount=st.integers(1, 500))
        def points_are_granted(self, data: st.DataObject, amount: int) -> None:
            root = data.draw(st.sampled_from(sorted(set(self.model.root))))
            cause = ledger.Cause("TEST", str(ids.new()))
            self.do(ledger.adjust(make.staff("operator"), self.ids[root], "POINTS", amount, cause))
            self.model.points[root] += amount

        @precondition(lambda self: self.model.root)
        @rule()
        def a_merge_with_itself_is_refused(self) -> None:
            with pytest.raises(MergeForbidden):
                self.do(merges.merge_two(make.staff("operator"), self.ids[0], self.ids[0], "the same"))

        @invariant()
        def the_worlds_are_equal(self) -> None:
            self.do(self._compare())

        async def _event(self, given: dict, kind: str, city: str, at: int, expected: int | None) -> None:
            self.steps += 1
            try:
                found = await resolution.resolve([(*name, proved) for name, proved in given.items()])
            except NoIdentity:
                assert expected is None
                return
            assert expected is not None
            if expected == len(self.ids):
                self.ids.append(found.member)
            assert found.member == self.ids[expected]
            for row in await db.fetch(
                "SELECT id FROM profile.merge WHERE NOT id = ANY($1) ORDER BY id", self.merge_ids
            ):
                self.merge_ids.append(row["id"])
            message_id, when = f"{self.steps:06}", START + timedelta(minutes=at)
            report = Report(message_id, message_id, kind, found.member, when)
            await reports.store(SYSTEM, [report], received_at=clock.now())
            await traits.put(found.member, {"city": city}, at=when, message_id=message_id)
            await drain.drain_all([])

        async def _points(self, root: int) -> int:
            return sum(
                b.available for b in await balances.of_member(self.ids[root]) if b.wallet.code == "POINTS"
            )

        async def _compare(self) -> None:
            model, index = self.model, {member: number for number, member in enumerate(self.ids)}
            rows = await db.fetch("SELECT id, root, status FROM profile.member")
            assert {index[row["id"]]: index[row["root"]] for row in rows} == dict(enumerate(model.root))
            assert all((row["id"] == row["root"]) == (row["status"] == "ACTIVE") for row in rows)
            assert all(model.root[root] == root for root in model.root), "P1 in the model itself"
            owners = await db.fetch("SELECT type, value_norm, member, is_verified FROM profile.identity")
            assert {(r["type"], r["value_norm"]): index[r["member"]] for r in owners} == model.owner
            assert {
                (r["type"], r["value_norm"]) for r in owners if r["is_verified"]
            } == model.verified & model.owner.keys()
            shared = await db.fetch("SELECT type, value_norm FROM profile.shared_device")
            assert {(r["type"], r["value_norm"]) for r in shared} == model.shared
            assert len(self.merge_ids) == len(model.merges)
            await self._compare_folds({self.ids[root]: root for root in set(model.root)})

        async def _compare_folds(self, roots: dict[UUID, int]) -> None:
            """What is folded over the members of a root: counts, traits, points."""
            rows = await db.fetch(
                """SELECT m.root, t.kind, sum(t.count)::int AS n FROM profile.total AS t
                JOIN profile.member AS m ON m.id = t.member WHERE t.kind LIKE 'app.%' AND t.count > 0 GROUP BY 1, 2"""
            )
            counted = {
                root: Counter({r["kind"]: r["n"] for r in rows if r["root"] == root}) for root in roots
            }
            assert counted == {member: self.model.counts_of(root) for member, root in roots.items()}
            held = await traits.of_roots(list(roots))
            for member, root in roots.items():
                assert {t.name: t.value for t in held[member]} == self.model.traits_of(root)
            owned = await balances.of_roots(list(roots))
            for member, root in roots.items():
                assert sum(
                    b.available for b in owned[member] if b.wallet.code == "POINTS"
                ) == self.model.points_of(root)

    return WhoIsWho


def run(loop: asyncio.AbstractEventLoop, examples: int, steps: int) -> None:
    wiring.start()  # every area hears of merges
    quiet = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine(loop), settings=quiet)


def test_who_is_who_agrees_with_the_model(loop: asyncio.AbstractEventLoop) -> None:
    run(loop, examples=200, steps=12)


@pytest.mark.long
def test_who_is_who_agrees_with_the_model_for_long(loop: asyncio.AbstractEventLoop) -> None:
    run(loop, examples=2_000, steps=40)
