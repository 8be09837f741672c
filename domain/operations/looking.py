"""Looking before leaping: who would be in a segment, who is or was, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain import clock, conditions, db
from domain.errors import BadInput, NotFound
from domain.foundation.pages import Page
from domain.operations import judging, segments
from domain.operations.conditions import compiler, reading, tree
from domain.operations.conditions.tree import Condition, Trait, TraitOperator
from domain.operations.tables import Direction
from domain.profile import members, memberships

MOST_SAMPLES = 100
MOST_OVERLAPS = 20


class HistoryMode(StrEnum):
    AS_KNOWN = "AS_KNOWN"
    REPLAY = "REPLAY"


@dataclass(frozen=True)
class Preview:
    """``overlap`` counts by segment how many of the found members are in it now."""

    count: int
    sample: list[UUID]
    overlap: dict[UUID, int]
    evaluated_at: datetime


@dataclass(frozen=True)
class Node:
    """A part of a condition for one member: ``facts`` are what it was decided by, None for parts that combine others."""

    path: str
    kind: str
    truth: bool
    facts: dict[str, Any] | None
    next_flip_at: datetime | None


@dataclass(frozen=True)
class Explanation:
    """Whether the member is in the segment, and why; without nodes for a static segment."""

    is_member: bool
    nodes: list[Node]
    next_flip_at: datetime | None


async def preview(data: Any, *, overlap_with: Sequence[UUID] = (), sample: int = 10) -> Preview:
    """The exact count at this instant, a few members, and how many of them are in other segments."""
    if not 0 <= sample <= MOST_SAMPLES:
        raise BadInput(f"sample must be between 0 and {MOST_SAMPLES}.")
    if len(overlap_with) > MOST_OVERLAPS:
        raise BadInput(f"Compare with at most {MOST_OVERLAPS} segments.")
    overlap_with = list(dict.fromkeys(overlap_with))
    if len(await segments.by_ids(overlap_with)) < len(overlap_with):
        raise NotFound()
    now = clock.now()
    statement = compiler.members_at(await reading.read(data), now)
    wanted, size = len(statement.args) + 1, len(statement.args) + 2
    async with db.over_everybody():
        row = await db.one(
            f"""WITH found AS MATERIALIZED ({statement.sql})
            SELECT (SELECT count(*) FROM found) AS count,
                ARRAY(SELECT root FROM found ORDER BY md5(root::text) LIMIT ${size}) AS sample,
                ARRAY(SELECT (SELECT count(DISTINCT m.root) FROM profile.segment_membership AS s
                    JOIN profile.member AS m ON m.id = s.member JOIN found ON found.root = m.root
                    WHERE s.segment = w.id AND s.until_at IS NULL)
                    FROM unnest(${wanted}::uuid[]) WITH ORDINALITY AS w(id, place) ORDER BY w.place) AS overlap""",
            *statement.args, list(overlap_with), sample,
        )  # fmt: skip
    assert row is not None
    return Preview(row["count"], row["sample"], dict(zip(overlap_with, row["overlap"], strict=True)), now)


async def explain(segment_id: UUID, member_id: UUID, at: datetime | None = None) -> Explanation:
    """The tree of the condition for one member, at an instant.

    Interactions are those known today; traits and tags are the present ones, whatever the instant.
    """
    segment = await segments.by_id(segment_id)
    root = await members.root_of(member_id)
    if segment["condition"] is None:
        return Explanation(await was_inside(segment_id, root, at or clock.now()), [], None)
    condition = await _in_force(segment)
    statement = compiler.explained(condition, root, at or clock.now())
    row = await db.one(statement.sql, *statement.args)
    if row is None:
        raise NotFound()
    nodes = list(_nodes(condition, row))
    return Explanation(nodes[0].truth, nodes, nodes[0].next_flip_at)


async def was_inside(segment_id: UUID, member_id: UUID, at: datetime) -> bool:
    """Whether a member was in the segment at an instant, by the history as it was known."""
    change = await db.value(
        "SELECT change FROM operations.segment_change WHERE segment = $1 AND member = $2 AND at <= $3 "
        "ORDER BY seq DESC LIMIT 1",
        segment_id, await members.root_of(member_id), at,
    )  # fmt: skip
    return bool(change == Direction.ENTERED)


async def is_member(
    segment_id: UUID, member_id: UUID, at: datetime | None, mode: HistoryMode = HistoryMode.AS_KNOWN
) -> bool:
    """Whether a member is, was or (REPLAY: by all that is known today) should have been in the segment."""
    segment, root = await segments.by_id(segment_id), await members.root_of(member_id)
    if mode is HistoryMode.AS_KNOWN or segment["condition"] is None:
        return await was_inside(segment_id, root, at or clock.now())
    judged = await judging.evaluate(await _in_force(segment), {root: at or clock.now()})
    return any(each.holds for each in judged)


async def changes(
    page: Page,
    *,
    segment_id: UUID | None = None,
    member_id: UUID | None = None,
    since: datetime | None = None,
) -> list[db.Row]:
    """A page of entries and exits, newest first."""
    root = None if member_id is None else await members.root_of(member_id)
    at, seq = page.after or (None, None)
    return await db.fetch(
        """SELECT c.id, c.seq, c.segment, c.member, c.change, c.at, c.cause, c.version
        FROM operations.segment_change AS c
        WHERE ($1::uuid IS NULL OR c.segment = $1)
        AND ($2::uuid IS NULL OR c.member IN (SELECT id FROM profile.member WHERE root = $2))
        AND ($3::timestamptz IS NULL OR c.at >= $3)
        AND ($4::timestamptz IS NULL OR (c.at, c.seq) < ($4, $5::bigint))
        ORDER BY c.at DESC, c.seq DESC LIMIT $6""",
        segment_id, root, since, at, seq, page.limit + 1,
    )  # fmt: skip


async def recorded_since(segment_id: UUID, received_at: datetime) -> list[db.Row]:
    """Entries and exits that were recorded at or after an instant (for subscriptions, which skip repeats)."""
    return await db.fetch(
        """SELECT c.id, c.seq, c.segment, c.member, c.change, c.at, c.cause, c.version, i.received_at
        FROM profile.interaction AS i JOIN operations.segment_change AS c
            ON c.segment = $1 AND c.at = i.occurred_at AND c.member = i.member
        WHERE i.subject_kind = 'SEGMENT' AND i.subject_id = $1::text AND i.received_at >= $2
        ORDER BY c.seq LIMIT 500""",
        segment_id, received_at,
    )  # fmt: skip


async def members_of(segment_id: UUID, page: Page, at: datetime | None = None) -> list[db.Row]:
    """A page of the members of a segment, now or at an instant: member, since_at, id."""
    return await memberships.members_of(segment_id, page, at)


async def _in_force(segment: db.Row) -> Condition:
    data = segment["condition"]
    if segment["active_version"] not in (None, segment["version"]):
        data = await db.value(
            "SELECT condition FROM operations.segment_version WHERE segment = $1 AND version = $2",
            segment["id"], segment["active_version"],
        )  # fmt: skip
    return await reading.read(data)


def _nodes(condition: Condition, row: db.Row) -> list[Node]:
    """Every node with its truth, parents first."""
    decided: dict[str, Node] = {}
    for number, (path, leaf) in enumerate(tree.leaves(condition)):
        facts = dict(row[f"facts_{number}"] or {})
        if isinstance(leaf, Trait) and _is_mismatch(leaf, facts.get("value")):
            facts["mismatch"] = True
        decided[path] = Node(path, _name(leaf), row[f"truth_{number}"], facts, row[f"flip_{number}"])
    found = list(tree.nodes(condition))
    for path, node in reversed(found):
        if path not in decided:
            decided[path] = _combined(path, node, decided)
    return [decided[path] for path, _ in found]


def _combined(path: str, node: Condition, decided: dict[str, Node]) -> Node:
    start = f"{path}." if path else ""
    match node:
        case tree.All(parts):
            below = [decided[f"{start}all.{number}"] for number in range(len(parts))]
            truth = all(each.truth for each in below)
        case tree.Any_(parts):
            below = [decided[f"{start}any.{number}"] for number in range(len(parts))]
            truth = any(each.truth for each in below)
        case tree.Not():
            below = [decided[f"{start}not"]]
            truth = not below[0].truth
        case _:
            below, truth = [], True
    flips = [each.next_flip_at for each in below if each.next_flip_at is not None]
    return Node(path, _name(node), truth, None, min(flips, default=None))


def _name(node: Condition) -> str:
    return next(iter(reading.write(node)))


def _is_mismatch(leaf: Trait, value: Any) -> bool:
    """A value that is there but of a kind that this operator never holds for."""
    if value is None:
        return False
    if leaf.op in (TraitOperator.LT, TraitOperator.LTE, TraitOperator.GT, TraitOperator.GTE):
        if conditions.number(leaf.value) is not None:
            return conditions.number(value) is None
        return not isinstance(value, str)
    if leaf.op in _OF_TIME:
        return conditions.instant(value) is None
    return leaf.op in _OF_TEXT and not isinstance(value, str)


_OF_TEXT = frozenset({TraitOperator.STARTS, TraitOperator.ENDS, TraitOperator.MATCHES})
_OF_TIME = frozenset(
    {
        TraitOperator.BEFORE,
        TraitOperator.AFTER,
        TraitOperator.WITHIN_LAST,
        TraitOperator.NOT_WITHIN_LAST,
        TraitOperator.ANNIVERSARY,
    }
)
