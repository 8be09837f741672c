"""Who is in a household, what they may take of each other's points, and what was taken. Nothing is locked or written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.foundation.pages import Page
from domain.points import balances, days

_PLACE = """p.id, p.household, p.member, m.root, r.display_name, r.status = 'ACTIVE' AS is_active, t.code AS wallet, t.scale,
    CASE WHEN p.state = 'INVITED' AND p.expires_at <= {now} THEN 'EXPIRED' ELSE p.state END AS state,
    p.monthly_limit, p.created_at AS invited_at, p.expires_at, p.joined_at
    FROM points.household_member AS p JOIN points.household AS h ON h.id = p.household
    JOIN points.wallet_type AS t ON t.id = h.wallet_type
    JOIN profile.member AS m ON m.id = p.member JOIN profile.member AS r ON r.id = m.root"""
#: What was taken of others' points in a time and did not come back, by the person who took it.
_DRAWN = """SELECT s.root, sum(CASE WHEN e.target_part = 'REDEEMED' THEN e.amount ELSE -e.amount END)::bigint AS points
    FROM points.household_draw AS d JOIN profile.member AS s ON s.id = d.member
    JOIN points.household AS h ON h.id = d.household
    CROSS JOIN LATERAL (SELECT d.journal AS id UNION ALL
        SELECT b.id FROM points.journal AS b WHERE b.reverses = d.journal) AS j
    JOIN points.entry AS e ON e.journal = j.id AND 'REDEEMED' IN (e.source_part, e.target_part)
    JOIN points.account AS a ON a.id = e.account AND a.wallet_type = h.wallet_type
    JOIN profile.member AS m ON m.id = a.member
    WHERE d.household = $1 AND d.created_at >= $2 AND d.created_at < $3 AND m.root <> s.root GROUP BY s.root"""


@dataclass(frozen=True)
class Place:
    """Somebody's place in a household (an invitation whose time is over reads EXPIRED); the limit in minor units."""

    id: UUID
    household: UUID
    member: UUID
    root: UUID
    display_name: str | None
    is_active: bool
    wallet: str
    scale: int
    state: str
    monthly_limit: int | None
    invited_at: datetime
    expires_at: datetime | None
    joined_at: datetime | None


@dataclass(frozen=True)
class Household:
    """Who shares which wallet: who has been in it for the longest, the owner, first; each person once."""

    id: UUID
    wallet: str
    scale: int
    places: tuple[Place, ...]

    @property
    def owner(self) -> Place:
        return self.places[0]

    def place_of(self, root: UUID) -> Place | None:
        return next((place for place in self.places if place.root == root), None)


@dataclass(frozen=True)
class Draw:
    """A spend of somebody for which others' points were taken; ``left``: what of them did not come back."""

    id: UUID
    journal: UUID
    root: UUID
    display_name: str | None
    amount: int
    left: int
    at: datetime


@dataclass(frozen=True)
class Drawable:
    """What a person may take now: what the others have, and what is left of the month's limit (None: there is none)."""

    wallet: str
    there: int
    limit_left: int | None

    @property
    def points(self) -> int:
        return self.there if self.limit_left is None else min(self.there, self.limit_left)


async def of_root(root: UUID) -> Household | None:
    """The household in which a person is."""
    rows = await db.fetch(
        f"""SELECT {_PLACE.format(now="$2")} WHERE p.state = 'JOINED' AND p.household IN (
            SELECT q.household FROM points.household_member AS q JOIN profile.member AS n ON n.id = q.member
            WHERE n.root = $1 AND q.state = 'JOINED') ORDER BY p.joined_at, p.id""",
        root, clock.now(),
    )  # fmt: skip
    if not rows:
        return None
    places = tuple(Place(**dict(row)) for row in rows)
    return Household(places[0].household, places[0].wallet, places[0].scale, places)


async def place(place_id: UUID) -> Place | None:
    """A place by its id."""
    rows = await db.fetch(f"SELECT {_PLACE.format(now='$2')} WHERE p.id = $1", place_id, clock.now())
    return Place(**dict(rows[0])) if rows else None


async def invited(household: UUID) -> list[Place]:
    """The open invitations of a household, the oldest first."""
    return await _open("p.household = $2", household)


async def invitations(root: UUID) -> list[Place]:
    """The open invitations to a person, the oldest first."""
    return await _open("m.root = $2", root)


async def owners(households: Sequence[UUID]) -> dict[UUID, Place]:
    """The owner of each household that has anybody."""
    rows = await db.fetch(
        f"""SELECT DISTINCT ON (p.household) {_PLACE.format(now="$2")} WHERE p.household = ANY($1) AND p.state = 'JOINED'
        ORDER BY p.household, p.joined_at, p.id""",
        list(households), clock.now(),
    )  # fmt: skip
    return {row["household"]: Place(**dict(row)) for row in rows}


async def drawn(of: Household) -> tuple[dict[UUID, int], datetime]:
    """What each person took of the others' points in this month and was not given back, and when the next one begins."""
    row = await db.one(
        """SELECT g.zone, g.day_starts_at FROM points.household AS h JOIN points.wallet_type AS t ON t.id = h.wallet_type
        JOIN points.programme AS g ON g.id = t.programme WHERE h.id = $1""",
        of.id,
    )  # fmt: skip
    assert row is not None
    first = days.day_of(clock.now(), row["zone"], row["day_starts_at"]).replace(day=1)
    since = days.start_of(first, row["zone"], row["day_starts_at"])
    until = days.start_of(days.next_month(first), row["zone"], row["day_starts_at"])
    found = {each["root"]: each["points"] for each in await db.fetch(_DRAWN, of.id, since, until)}
    return {place.root: max(0, found.get(place.root, 0)) for place in of.places}, until


async def drawable(root: UUID) -> Drawable | None:
    """What a person may take of the others' points now; None for somebody in no household."""
    of = await of_root(root)
    mine = of.place_of(root) if of else None
    if of is None or mine is None:
        return None
    found = {
        each: next(b for b in shown if b.wallet.code == of.wallet)
        for each, shown in (await balances.of_roots([place.root for place in of.places])).items()
    }
    there = sum(
        found[place.root].available
        for place in of.places
        if place.root != root and place.is_active and not found[place.root].is_frozen
    )
    if found[root].debt or not mine.is_active:
        there = 0
    return Drawable(of.wallet, there, limit_left(mine, (await drawn(of))[0][root]))


def limit_left(place: Place, drawn: int) -> int | None:
    """What is left of a month's limit of which so much was taken."""
    return None if place.monthly_limit is None else max(0, place.monthly_limit - drawn)


async def draws(household: UUID, page: Page) -> list[Draw]:
    """Spends that took others' points, newest first; key of a page: (at, id)."""
    at, last = page.after or (None, None)
    rows = await db.fetch(
        """SELECT d.id, d.journal, m.root, r.display_name, d.amount, d.created_at AS at, (d.amount - least(d.amount, (
            SELECT coalesce(sum(e.amount), 0) FROM points.journal AS b JOIN points.entry AS e ON e.journal = b.id
            JOIN points.account AS a ON a.id = e.account JOIN profile.member AS o ON o.id = a.member
            WHERE b.reverses = d.journal AND e.source_part = 'REDEEMED' AND o.root <> m.root)))::bigint AS left
        FROM points.household_draw AS d JOIN profile.member AS m ON m.id = d.member
        JOIN profile.member AS r ON r.id = m.root WHERE d.household = $1
        AND ($2::timestamptz IS NULL OR (d.created_at, d.id) < ($2, $3::uuid))
        ORDER BY d.created_at DESC, d.id DESC LIMIT $4""",
        household, at, last, page.limit + 1,
    )  # fmt: skip
    return [Draw(**dict(row)) for row in rows]


async def are_together(one: Sequence[UUID], other: Sequence[UUID]) -> bool:
    """Whether two people, each by all their member ids, are in one household or are tied as family."""
    return await db.value(
        """SELECT EXISTS (SELECT FROM points.household_member AS p JOIN points.household_member AS q
            ON q.household = p.household WHERE p.member = ANY($1) AND q.member = ANY($2)
            AND p.state = 'JOINED' AND q.state = 'JOINED')
        OR EXISTS (SELECT FROM profile.relation WHERE target_kind = 'MEMBER' AND role = 'FAMILY' AND valid_from <= $3
            AND coalesce(valid_to > $3, true) AND ((member = ANY($1) AND target_id = ANY($2))
                OR (member = ANY($2) AND target_id = ANY($1))))""",
        list(one), list(other), clock.now(),
    )  # fmt: skip


async def _open(where: str, of: UUID) -> list[Place]:
    rows = await db.fetch(
        f"""SELECT {_PLACE.format(now="$1")} WHERE p.state = 'INVITED' AND p.expires_at > $1 AND {where}
        ORDER BY p.created_at, p.id""",
        clock.now(), of,
    )  # fmt: skip
    return [Place(**dict(row)) for row in rows]
