"""One small scenario for every mutation of the schema: whose world it changes, and what it leaves on their timeline.

You have added a mutation, and the walk (test_interactions_left.py) asks for its scenario. Write an async function in
the file of its area (a new area: a new file here; all are found by themselves). It prepares the least that the call
needs, straight through the domain, and answers the :class:`Call` that succeeds::

    @leaves("assignTag")
    async def a_member_is_tagged() -> Call:
        member = await make.member_id()
        given = {"subjectKind": "MEMBER", "subjectIds": [str(member)], "key": "vip"}
        return Call(make.staff("operator"), given, {member: "profile.tag.assigned"})

The walk runs it through the schema and compares: exactly the named kinds for exactly the named members, nothing more.
Kinds that concern no member stand under ``None``, those of a member whom the call makes under :data:`NEWCOMER`; a kind
that is left twice is named twice. Where the call has several outcomes worth a kind (on and off, post and comment),
write one scenario each: a mutation may have many.

A mutation that changes nobody's world says so, with the reason, and may leave nothing for any member::

    @changes_nobody("saveSegment", CONFIGURES)

Then no row of any table that names members may change either. If one does, the mutation needs an interaction after
all; where that is truly not so, name the table in ``touches=`` and let the reason say why.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.actor import Actor

#: Stands for the member whom the call makes.
NEWCOMER = UUID(int=0)

CONFIGURES = "It revises what staff configure; nobody's world changes until a member acts."
STAFF_ONLY = "It concerns an account of the staff or a source; the audit log keeps it."


@dataclass(frozen=True)
class Call:
    """A call that succeeds: who calls, the input, and the kinds (in one text) that it leaves by member."""

    actor: Actor
    input: Mapping[str, Any]
    leaves: Mapping[UUID | None, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """What prepares and answers the call of a mutation; ``why_none`` is the reason of one that changes nobody's world."""

    mutation: str
    prepare: Callable[[], Awaitable[Call]]
    why_none: str | None = None
    touches: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return f"{self.mutation}: {self.prepare.__name__}"


SCENARIOS: list[Scenario] = []

_Prepare = Callable[[], Awaitable[Call]]


def leaves(mutation: str) -> Callable[[_Prepare], _Prepare]:
    """The scenario of a mutation that changes somebody's world."""

    def register(prepare: _Prepare) -> _Prepare:
        SCENARIOS.append(Scenario(mutation, prepare))
        return prepare

    return register


def changes_nobody(mutation: str, why: str, *, touches: str = "") -> Callable[[_Prepare], _Prepare]:
    """The scenario of a mutation that leaves nothing for any member, and why."""

    def register(prepare: _Prepare) -> _Prepare:
        SCENARIOS.append(Scenario(mutation, prepare, why, frozenset(touches.split())))
        return prepare

    return register


def load() -> list[Scenario]:
    """All scenarios, of every file of this folder, by name."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return sorted(SCENARIOS, key=lambda scenario: scenario.name)
