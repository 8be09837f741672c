"""Being in a programme: members join and leave it, on local days of the programme's zone.

A person is in a programme on the days from ``joined_on`` until before ``left_on``. Enrolments keep the member they
were written with and are read over the root, so after a merge the older one stands.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import clock, db
from domain.actor import Actor
from domain.errors import InvalidInput
from domain.foundation import ids
from domain.points import kinds, periods, programmes, tiers
from domain.points.errors import AlreadyEnrolled, NotEnrolled
from domain.profile import interactions, members
from domain.profile.catalogue import Kind

GROUPS = ("NONE", "TIER", "PROMOTION", "SOURCE")
_LONGEST = 100
_DAY = timedelta(days=1)

_COLUMNS = """e.id, e.member, m.root, p.code AS programme, p.zone, e.number, e.joined_on, e.left_on, e.source,
    e.promotion FROM points.enrolment AS e JOIN points.programme AS p ON p.id = e.programme
    JOIN profile.member AS m ON m.id = e.member"""
#: Of two open ones (of a merge) the older stands, then the lower id.
_OLDEST = "ORDER BY e.joined_on, e.id"


@dataclass(frozen=True)
class Enrolment:
    """A person's time in a programme; ``left_on`` is the first day outside."""

    id: UUID
    member: UUID
    root: UUID
    programme: str
    zone: str
    number: str
    joined_on: date
    left_on: date | None
    source: str
    promotion: str | None


async def enrol(
    actor: Actor,
    member_id: UUID | None,
    programme: str,
    *,
    number: str | None = None,
    joined_on: date | None = None,
    promotion: str | None = None,
) -> Enrolment:
    """Join a programme, today or (staff only) on another day; without a number one is given.

    Refuses AlreadyEnrolled. Locks the root.
    """
    async with db.transaction():
        of = await programmes.named(programme)
        today = clock.now().astimezone(ZoneInfo(of["zone"])).date()
        _check(actor, today, number, joined_on, promotion)
        (root,) = await members.lock(_whose(actor, member_id))
        since = joined_on or today
        overlapping = await db.value(
            f"""SELECT e.id FROM (SELECT {_COLUMNS}) AS e WHERE e.root = $1 AND e.programme = $2
            AND (e.left_on IS NULL OR e.left_on > $3) {_OLDEST} LIMIT 1""",
            root, programme, since,
        )  # fmt: skip
        if overlapping is not None:
            raise AlreadyEnrolled(overlapping)
        made = ids.new()
        number = number.strip() if number else await _free_number(of["id"])
        if await holder(of["id"], number) is not None:
            raise InvalidInput.at("number", "Another enrolment has this number.")
        source = actor.touchpoint or actor.kind.value.lower()
        await add(made, root, of["id"], number, since, None, source, promotion)
        found = await one(made)
        await _record(actor, kinds.ENROLMENT_STARTED, found, since, today)
        return found


async def leave(
    actor: Actor, member_id: UUID | None, programme: str, *, left_on: date | None = None
) -> Enrolment:
    """Leave a programme, today or (staff only) on another day: the first day outside.

    Refuses NotEnrolled. Locks the root. What was earned stays.
    """
    async with db.transaction():
        of = await programmes.named(programme)
        today = clock.now().astimezone(ZoneInfo(of["zone"])).date()
        if left_on is not None and (left_on > today or (not actor.is_staff and left_on != today)):
            raise InvalidInput.at("leftOn", "Use a day that is not in the future; only staff use a past one.")
        (root,) = await members.lock(_whose(actor, member_id))
        found = await listed(root, programme, only_open=True)
        if not found:
            raise NotEnrolled(programme)
        until = left_on or today
        if any(until < each.joined_on for each in found):
            raise InvalidInput.at("leftOn", "Nobody leaves before joining.")
        await db.run(
            "UPDATE points.enrolment SET left_on = $2 WHERE id = ANY($1)", [each.id for each in found], until
        )
        left = await one(found[0].id)
        await _record(actor, kinds.ENROLMENT_ENDED, left, until, today)
        return left


async def one(enrolment: UUID) -> Enrolment:
    """An enrolment by its id."""
    row = await db.one(f"SELECT {_COLUMNS} WHERE e.id = $1", enrolment)
    assert row is not None
    return Enrolment(**dict(row))


async def by_ids(enrolments: Sequence[UUID]) -> list[Enrolment]:
    """The enrolments of these ids."""
    rows = await db.fetch(f"SELECT {_COLUMNS} WHERE e.id = ANY($1)", list(enrolments))
    return [Enrolment(**dict(row)) for row in rows]


async def listed(root: UUID, programme: str | None = None, *, only_open: bool = False) -> list[Enrolment]:
    """A person's enrolments, the oldest first."""
    rows = await db.fetch(
        f"""SELECT {_COLUMNS} WHERE m.root = $1 AND ($2::text IS NULL OR p.code = $2)
        AND (NOT $3 OR e.left_on IS NULL) {_OLDEST}""",
        root, programme, only_open,
    )  # fmt: skip
    return [Enrolment(**dict(row)) for row in rows]


async def present(roots: Sequence[UUID]) -> dict[UUID, Enrolment]:
    """The enrolment in which each person is: the oldest that is open."""
    rows = await db.fetch(
        f"""SELECT DISTINCT ON (m.root) {_COLUMNS} WHERE m.root = ANY($1) AND e.left_on IS NULL
        ORDER BY m.root, e.joined_on, e.id""",
        list(roots),
    )
    return {row["root"]: Enrolment(**dict(row)) for row in rows}


async def outside(roots: Collection[UUID], wallets: Collection[str], at: datetime) -> dict[UUID, str]:
    """Those roots that may not earn in one of these wallets at a moment, with the programme that asks for it."""
    rows = await db.fetch(
        """SELECT r.root, p.code FROM points.programme AS p, unnest($1::uuid[]) AS r(root)
        WHERE p.requires_enrolment
        AND EXISTS (SELECT FROM points.wallet_type AS t WHERE t.programme = p.id AND t.code = ANY($2))
        AND NOT EXISTS (SELECT FROM points.enrolment AS e JOIN profile.member AS m ON m.id = e.member
            WHERE m.root = r.root AND e.programme = p.id AND e.joined_on <= ($3 AT TIME ZONE p.zone)::date
            AND (e.left_on IS NULL OR e.left_on > ($3 AT TIME ZONE p.zone)::date))""",
        list(roots), list(wallets), at,
    )  # fmt: skip
    return {row["root"]: row["code"] for row in rows}


async def barred(
    awards: Sequence[tuple[UUID, UUID, datetime, Collection[str]]],
) -> set[tuple[UUID, UUID]]:
    """Of awards (fact, root, moment, wallets) the (fact, root) that a programme refuses for want of an enrolment."""
    if not await db.value("SELECT EXISTS (SELECT FROM points.programme WHERE requires_enrolment)"):
        return set()
    asked = [(fact, root, at, wallet) for fact, root, at, wallets in awards for wallet in wallets]
    if not asked:
        return set()
    columns: list[list[Any]] = [list(column) for column in zip(*asked, strict=True)]
    rows = await db.fetch(
        """SELECT DISTINCT a.fact, a.root FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[])
            AS a(fact, root, at, wallet)
        JOIN points.wallet_type AS t ON t.code = a.wallet
        JOIN points.programme AS p ON p.id = t.programme AND p.requires_enrolment
        WHERE NOT EXISTS (SELECT FROM points.enrolment AS e JOIN profile.member AS m ON m.id = e.member
            WHERE m.root = a.root AND e.programme = p.id AND e.joined_on <= (a.at AT TIME ZONE p.zone)::date
            AND (e.left_on IS NULL OR e.left_on > (a.at AT TIME ZONE p.zone)::date))""",
        *columns,
    )
    return {(row["fact"], row["root"]) for row in rows}


async def must_be_inside(member: UUID, wallet: str, at: datetime) -> None:
    """Refuse NotEnrolled where the wallet's programme asks for an enrolment at that moment and there is none."""
    root = await members.root_of(member)
    missing = await outside([root], [wallet], at)
    if missing:
        raise NotEnrolled(missing[root])


async def counts(programme: str, on: date, group: str = "NONE") -> list[tuple[str | None, int]]:
    """How many people are in the programme on a day, all together or by what the group says, in order of its key.

    A person counts once, by the enrolment that is the oldest of those that hold on that day.
    """
    of = await programmes.asked(programme)
    keys = {"PROMOTION": "promotion", "SOURCE": "source"}
    rows = await db.fetch(
        """SELECT DISTINCT ON (m.root) m.root, e.promotion, e.source FROM points.enrolment AS e
        JOIN profile.member AS m ON m.id = e.member
        WHERE e.programme = $1 AND e.joined_on <= $2 AND (e.left_on IS NULL OR e.left_on > $2)
        ORDER BY m.root, e.joined_on, e.id""",
        of["id"], on,
    )  # fmt: skip
    if group == "NONE":
        return [(None, len(rows))]
    if group == "TIER":
        names = await _tiers(
            [row["root"] for row in rows], programme, periods.midnight(on + _DAY, of["zone"])
        )
    else:
        names = [row[keys[group]] for row in rows]
    found: dict[str | None, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return sorted(found.items(), key=lambda pair: (pair[0] is None, pair[0] or ""))


async def add(
    enrolment: UUID,
    member: UUID,
    programme: UUID,
    number: str,
    joined_on: date,
    left_on: date | None,
    source: str,
    promotion: str | None,
) -> None:
    """The row itself, for whoever has checked it."""
    await db.run(
        """INSERT INTO points.enrolment (id, member, programme, number, joined_on, left_on, source, promotion, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        enrolment, member, programme, number, joined_on, left_on, source, promotion, clock.now(),
    )  # fmt: skip


async def holder(programme: UUID, number: str) -> UUID | None:
    """The enrolment that carries a number."""
    return await db.value(
        "SELECT id FROM points.enrolment WHERE programme = $1 AND number = $2", programme, number
    )


async def _tiers(roots: list[UUID], programme: str, before: datetime) -> list[str | None]:
    """In which tier of the programme's oldest scheme each root stood, as it was told."""
    scheme = next((each for each in await tiers.listed() if each.programme == programme), None)
    if scheme is None:
        return [None for _ in roots]
    rows = await db.fetch(
        """SELECT DISTINCT ON (member) member, after FROM points.standing_change
        WHERE scheme = $1 AND member = ANY($2) AND undone_at IS NULL AND at < $3 ORDER BY member, at DESC, id DESC""",
        scheme.id, roots, before,
    )  # fmt: skip
    stood: dict[UUID, str | None] = await _floors(roots, scheme.id, before)
    stood |= {row["member"]: row["after"] for row in rows}
    base = next((tier.code for tier in scheme.now.tiers[:1] if scheme.now.is_base(tier.code)), None)
    return [stood.get(root, base) for root in roots]


async def _floors(roots: list[UUID], scheme: UUID, before: datetime) -> dict[UUID, str | None]:
    """The floors in force then: what is known of standings that wait to be judged (after an import)."""
    rows = await db.fetch(
        """SELECT DISTINCT ON (member) member, tier, until_at FROM points.standing_fact
        WHERE scheme = $1 AND member = ANY($2) AND kind = 'FLOOR' AND at < $3 ORDER BY member, at DESC, id DESC""",
        scheme, roots, before,
    )  # fmt: skip
    return {
        row["member"]: row["tier"]
        for row in rows
        if row["tier"] and (row["until_at"] is None or row["until_at"] >= before)
    }


async def _free_number(programme: UUID) -> str:
    """Twelve digits that nobody in the programme has."""
    while True:
        number = f"{ids.new().int % 10**12:012}"
        if await holder(programme, number) is None:
            return number


def _whose(actor: Actor, member_id: UUID | None) -> UUID:
    if member_id is not None and member_id != actor.member_id:
        actor.must_have("operator")
        return member_id
    return actor.must_be_member()


def _check(
    actor: Actor, today: date, number: str | None, joined_on: date | None, promotion: str | None
) -> None:
    if joined_on is not None and (joined_on > today or (not actor.is_staff and joined_on != today)):
        raise InvalidInput.at("joinedOn", "Use a day that is not in the future; only staff use a past one.")
    if number is not None and not actor.is_staff:
        raise InvalidInput.at("number", "Only staff give a number; leave it out to get one.")
    for path, text in (("number", number), ("promotion", promotion)):
        if text is not None and not 1 <= len(text.strip()) <= _LONGEST:
            raise InvalidInput.at(path, f"Use 1 to {_LONGEST} characters.")


async def _record(actor: Actor, kind: Kind, of: Enrolment, on: date, today: date) -> None:
    """Today's steps happen now, those of another day at its start."""
    await interactions.record(
        actor, kind, ("ENROLMENT", of.id), once=f"{of.id}:{of.left_on}", member=of.root,
        at=clock.now() if on == today else periods.midnight(on, of.zone),
        programme=of.programme, number=of.number, promotion=of.promotion,
    )  # fmt: skip
