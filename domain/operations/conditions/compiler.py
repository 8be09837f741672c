"""From the tree to SQL: everybody at one instant, or single roots each at its own, with the next flip.

Each leaf becomes a common table expression with at most one row a root, joined to the roots; the tree becomes a
boolean expression over them. An interaction counts while ``now - last < occurred_at <= now`` and nothing that itself
counts compensates it. ``flip_at`` is the earliest instant after now at which a leaf can change without new input.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain.operations.conditions import leaves, tree
from domain.operations.conditions.drafts import Draft, Statement
from domain.operations.conditions.leaves import Compiled
from domain.operations.conditions.tree import All, Any_, Condition, Event, Everyone, Not, Tag, Trait

_LIVING = "m.id = m.root AND m.status <> 'ERASED'"


def members_at(condition: Condition, now: datetime) -> Statement:
    """The roots for whom the condition holds at ``now`` (column ``root``)."""
    draft = Draft(now="$1::timestamptz", args=[now], roots="", with_flips=False)
    truth = _truth(condition, draft)
    return _statement(
        draft,
        f"SELECT m.id AS root FROM profile.member AS m {_all(draft)} WHERE {_LIVING} AND {truth}",
        _MOMENT,
    )


def everybody_at(condition: Condition, now: datetime) -> Statement:
    """Every root that the condition holds for, or will have to be looked at again: root, holds, flip_at."""
    draft = Draft(now="$1::timestamptz", args=[now], roots="")
    select = _judged(condition, draft, f"profile.member AS m {{joins}} WHERE {_LIVING}")
    return _statement(
        draft, f"SELECT * FROM ({select}) AS judged WHERE holds OR flip_at IS NOT NULL", _MOMENT
    )


def single(condition: Condition, roots: Sequence[UUID], ats: Sequence[datetime]) -> Statement:
    """Each of these roots at its own instant: root, holds, flip_at. Ids that are no living root have no row."""
    draft = Draft(now="a.now", args=[list(roots), list(ats)], roots="JOIN asked AS a ON a.root = w.root")
    select = _judged(
        condition, draft, f"asked AS a JOIN profile.member AS m ON m.id = a.root {{joins}} WHERE {_LIVING}"
    )
    return _statement(draft, select, _ASKED)


def explained(condition: Condition, root: UUID, at: datetime) -> Statement:
    """One row: per leaf ``truth_N``, ``flip_N`` and ``facts_N``, in the order of the leaves."""
    draft = Draft(now="a.now", args=[[root], [at]], roots="JOIN asked AS a ON a.root = w.root")
    columns = []
    for number, leaf in enumerate(leaf for _, leaf in tree.leaves(condition)):
        made = leaves.compile_leaf(leaf, draft)
        columns += [
            f"{made.truth} AS truth_{number}",
            f"{_capped(made.flip, draft)} AS flip_{number}",
            f"{made.facts} AS facts_{number}",
        ]
    listed = ", ".join(columns or ["true AS none"])
    return _statement(
        draft,
        f"SELECT {listed} FROM asked AS a JOIN profile.member AS m ON m.id = a.root {_all(draft)}",
        _ASKED,
    )


#: Binds the instant also where no leaf looks at the time.
_MOMENT = "moment AS (SELECT $1::timestamptz AS now)"
_ASKED = "asked AS (SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) AS a(root, now))"


def _judged(condition: Condition, draft: Draft, source: str) -> str:
    flips: list[str] = []
    truth = _truth(condition, draft, flips)
    flip = f"least({', '.join(flips)})" if flips else "NULL::timestamptz"
    joined = source.format(joins=_all(draft))
    return f"SELECT m.id AS root, {truth} AS holds, {flip} AS flip_at FROM {joined}"


def _truth(condition: Condition, draft: Draft, flips: list[str] | None = None) -> str:
    match condition:
        case All(parts):
            return "(" + " AND ".join([_truth(part, draft, flips) for part in parts] or ["true"]) + ")"
        case Any_(parts):
            return "(" + " OR ".join([_truth(part, draft, flips) for part in parts] or ["false"]) + ")"
        case Not(part):
            return f"(NOT {_truth(part, draft, flips)})"
        case Everyone():
            return "true"
        case Event() | Trait() | Tag():
            made: Compiled = leaves.compile_leaf(condition, draft)
            if flips is not None and made.flip is not None:
                flips.append(_capped(made.flip, draft))
            return f"({made.truth})"


def _capped(flip: str | None, draft: Draft) -> str:
    """Only what lies ahead and within the reach of a calendar."""
    if flip is None:
        return "NULL::timestamptz"
    return f"(SELECT f FROM (SELECT {flip} AS f) AS n WHERE f > {draft.now} AND f < '9000-01-01Z')"


def _all(draft: Draft) -> str:
    return " ".join(draft.joins)


def _statement(draft: Draft, select: str, *first: str) -> Statement:
    tables = ", ".join((*first, *draft.tables))
    return Statement(f"WITH {tables} {select}" if tables else select, tuple(draft.args))
