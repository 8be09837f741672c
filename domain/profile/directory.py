"""The list of members as staff look through it: by what, and in which order. Each order is a keyset on an index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.errors import BadInput
from domain.foundation.pages import Page
from domain.profile import traits
from domain.profile.members import COLUMNS


class MemberOrder(StrEnum):
    NEWEST = "NEWEST"
    LAST_SEEN = "LAST_SEEN"
    LAST_JOINED = "LAST_JOINED"
    NAME = "NAME"


@dataclass(frozen=True)
class Filter:
    """All that are given must hold; times are [since, until)."""

    kind: str | None = None
    status: str | None = None
    number: str | None = None
    name_prefix: str | None = None
    joined_since: datetime | None = None
    joined_until: datetime | None = None
    last_seen_since: datetime | None = None
    last_seen_until: datetime | None = None
    tag: tuple[str, str | None] | None = None
    segment: UUID | None = None
    trait: tuple[str, Any] | None = None


@dataclass(frozen=True)
class _Order:
    """``row`` is what decides the place of the root ``m``: itself, or of its members the one that was seen first (last)."""

    row: str
    expression: str
    direction: str

    @property
    def source(self) -> str:
        if self.row == "m":
            return "profile.member AS m WHERE m.id = m.root"
        before = "<" if "first" in self.expression else ">"
        column = self.expression.removeprefix("o.")
        return f"""profile.member AS o JOIN profile.member AS m ON m.id = o.root
            WHERE NOT EXISTS (SELECT FROM profile.member AS n
                WHERE n.root = o.root AND (n.{column}, n.id) {before} (o.{column}, o.id))"""


_NAME = "coalesce(lower(m.display_name), '') COLLATE \"C\""
_ORDERS = {
    MemberOrder.NEWEST: _Order("o", "o.first_seen_at", "DESC"),
    MemberOrder.LAST_SEEN: _Order("o", "o.last_seen_at", "DESC"),
    MemberOrder.LAST_JOINED: _Order(
        "m", "coalesce(m.joined_at, '0001-01-01 00:00:00+00'::timestamptz)", "DESC"
    ),
    MemberOrder.NAME: _Order("m", _NAME, "ASC"),
}


async def listed(
    page: Page, wanted: Filter | None = None, order: MemberOrder = MemberOrder.NEWEST
) -> list[db.Row]:
    """A page of roots in an order; the key of a row is (order, ``place``, ``place_id``)."""
    chosen = _ORDERS[order]
    conditions, values = _conditions(wanted or Filter(), chosen)
    if page.after is not None:
        if len(page.after) != 3 or page.after[0] != order:
            raise BadInput("This cursor is of another order; start again without `after`.")
        values += page.after[1:]
        sign = "<" if chosen.direction == "DESC" else ">"
        conditions.append(
            f"({chosen.expression}, {chosen.row}.id) {sign} (${len(values) - 1}, ${len(values)}::uuid)"
        )
    held = "".join(f" AND {condition}" for condition in conditions)
    return await db.fetch(
        f"""SELECT {COLUMNS}, {chosen.expression} AS place, {chosen.row}.id AS place_id FROM {chosen.source}{held}
        ORDER BY {chosen.expression} {chosen.direction}, {chosen.row}.id {chosen.direction}
        LIMIT ${len(values) + 1}""",
        *values, page.limit + 1,
    )  # fmt: skip


def _conditions(wanted: Filter, order: _Order) -> tuple[list[str], list[Any]]:
    """Conditions on the root ``m`` with their values; a list without one is read without it."""
    held: list[str] = []
    values: list[Any] = []

    def hold(condition: str, *given: Any) -> None:
        first = len(values)
        values.extend(given)
        held.append(condition.format(*(f"${first + number}" for number in range(1, len(given) + 1))))

    for column in ("kind", "status", "number"):
        if (value := getattr(wanted, column)) is not None:
            hold(f"m.{column} = {{}}", value)
    if wanted.name_prefix is not None:  # a range, so that the index serves any plan
        prefix = wanted.name_prefix.lower()
        hold(f"{_NAME} >= {{}} AND {_NAME} < {{}}", prefix, prefix + chr(0x10FFFF))
    if wanted.joined_since is not None:
        hold("m.joined_at >= {}", wanted.joined_since)
    if wanted.joined_until is not None:
        hold("m.joined_at < {}", wanted.joined_until)
    last_seen = _last_seen(order)
    if wanted.last_seen_since is not None:
        hold(f"{last_seen} >= {{}}", wanted.last_seen_since)
    if wanted.last_seen_until is not None:
        hold(f"{last_seen} < {{}}", wanted.last_seen_until)
    if wanted.tag is not None:
        hold(_TAGGED, *wanted.tag, clock.now())
    if wanted.segment is not None:
        hold(_INSIDE, wanted.segment)
    if wanted.trait is not None:
        name, value = wanted.trait
        hold(_HAS_TRAIT, name, db.json(value))
    return held, values


def _last_seen(order: _Order) -> str:
    if order.expression == "o.last_seen_at":
        return order.expression
    return "(SELECT max(s.last_seen_at) FROM profile.member AS s WHERE s.root = m.id)"


_TAGGED = """m.id IN (SELECT h.root FROM profile.tag_assignment AS t JOIN profile.member AS h ON h.id = t.subject_id
    WHERE t.subject_kind = 'MEMBER' AND t.key = {0} AND t.value = coalesce({1}::text, t.value) AND t.valid_to IS NULL
    AND coalesce((t.evidence ->> 'until')::timestamptz > {2}, true))"""

_INSIDE = """m.id IN (SELECT h.root FROM profile.segment_membership AS s JOIN profile.member AS h ON h.id = s.member
    WHERE s.segment = {} AND s.until_at IS NULL)"""

#: Who has a row of this value at all (by the index), and of these those for whom it stands.
_HAS_TRAIT = f"""m.id IN (SELECT h.root FROM profile.trait_value AS t JOIN profile.member AS h ON h.id = t.member
    WHERE t.name = {{0}} AND jsonb_hash_extended(t.value, 0) = jsonb_hash_extended({{1}}::jsonb, 0))
    AND (SELECT t.value FROM profile.trait_value AS t JOIN profile.member AS h ON h.id = t.member
        WHERE h.root = m.id AND t.name = {{0}} ORDER BY {traits.precedence("m.id")} LIMIT 1) = {{1}}::jsonb"""
