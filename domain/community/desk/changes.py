"""A change: one fact about one record, from one value to another. It can be done, and undone while it is in force.

Events keep their changes in ``payload``. Doing and undoing are one function with the two values exchanged, so undoing
goes exactly the way back; what has another value meanwhile was changed by somebody else and stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain import db
from domain.actor import Actor


class What(StrEnum):
    """What changes. Of content: REMOVED, HIDDEN, LOCKED hold who or what did it; the others say themselves."""

    ACCEPTED = "ACCEPTED"
    REMOVED = "REMOVED"
    HIDDEN = "HIDDEN"
    LOCKED = "LOCKED"
    STAGE = "STAGE"
    REVISION = "REVISION"
    TEXT = "TEXT"
    AI = "AI"
    FEATURED = "FEATURED"
    PINNED = "PINNED"
    SANCTION = "SANCTION"
    STRIKE = "STRIKE"
    MUTED_REPORTER = "MUTED_REPORTER"
    REPORT = "REPORT"
    ITEM = "ITEM"


@dataclass(frozen=True)
class Change:
    """``kind`` and ``id`` name the record; ``before`` and ``after`` are JSON values (ids and times as text).

    ``facts`` say what else is needed to do it or to show it, in both directions.
    """

    what: What
    kind: str
    id: UUID
    before: Any
    after: Any
    facts: dict[str, Any]

    @property
    def back(self) -> Change:
        """The way back."""
        return Change(self.what, self.kind, self.id, self.after, self.before, self.facts)

    def stored(self) -> dict[str, Any]:
        return {
            "what": self.what.value, "kind": self.kind, "id": str(self.id), "before": self.before, "after": self.after,
            "facts": self.facts,
        }  # fmt: skip


def change(what: What, kind: str, id: UUID, before: Any, after: Any, **facts: Any) -> Change:
    """A change with its values as JSON."""
    return Change(what, kind, id, _plain(before), _plain(after), {k: _plain(v) for k, v in facts.items()})


def read(payload: dict[str, Any]) -> list[Change]:
    """The changes that an event kept."""
    return [
        Change(
            What(kept["what"]), kept["kind"], UUID(kept["id"]), kept["before"], kept["after"], kept["facts"]
        )
        for kept in payload.get("changes", ())
    ]


async def turn(actor: Actor, changes: Sequence[Change], event: UUID) -> list[Change]:
    """Bring each record from ``before`` to ``after``, as the doing of ``event``; answers those that were not at ``before``.

    In the caller's transaction, which holds the members' roots and the items. Changes of one kind that follow one
    another are done together.
    """
    from domain.community.desk import content, followups, marks  # they name this module's types

    doing = {
        What.ACCEPTED: content.turn_accepted,
        What.STAGE: content.turn_stage,
        What.REVISION: content.turn_revision,
        What.TEXT: content.turn_text,
        What.AI: marks.turn_ai,
        What.FEATURED: marks.turn_featured,
        What.PINNED: marks.turn_pinned,
        What.SANCTION: followups.turn_sanction,
        What.STRIKE: followups.turn_strike,
        What.MUTED_REPORTER: followups.turn_muted,
        What.REPORT: followups.turn_report,
        What.ITEM: followups.turn_item,
    }
    skipped: list[Change] = []
    for run in _runs(changes):
        if run[0].what in content.FACTS:
            skipped += await content.turn_facts(actor, run, event)
            continue
        for one in run:
            if not await doing[one.what](actor, one, event):
                skipped.append(one)
    return skipped


def _runs(changes: Sequence[Change]) -> list[list[Change]]:
    """Neighbours that are alike: of one fact, one kind of record, in one direction."""
    runs: list[list[Change]] = []
    for one in changes:
        last = runs[-1][-1] if runs else None
        if last and (last.what, last.kind, last.before is None) == (one.what, one.kind, one.before is None):
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _plain(value: Any) -> Any:
    """The value as it comes back from jsonb."""
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, StrEnum)):
        return value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    text = db.json(value)
    return text[1:-1] if text.startswith('"') else str(value)
