"""Importing members: one row a person, known by the external id of its source."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM
from domain.errors import Problem
from domain.foundation import ids, importing
from domain.foundation.importing import BadValue, Importer, Options, Report, Row
from domain.profile import identities, interactions, kinds, report_rules, suppression, traits
from domain.profile.identities import Named

BATCH = 500
COLUMNS = (
    "external_id",
    "joined_at",
    "number",
    "display_name",
    "phone",
    "email",
    "gender",
    "birth_on",
    "province",
    "city",
    "left_at",
)
_TRAITS = ("gender", "birth_on", "province", "city")


async def run(rows: Iterator[Row], options: Options, report: Report) -> None:
    """Store members in batches, each in one transaction; a known external id is left as it is (unchanged)."""
    while batch := list(islice(rows, BATCH)):
        async with db.transaction():
            await _batch(batch, options, report)


async def external(options: Options, external_ids: set[str]) -> dict[str, UUID]:
    """The members that external ids of the source name."""
    return await identities.owners(options.identity_type, external_ids)


async def _batch(batch: list[Row], options: Options, report: Report) -> None:
    rules = await identities.rules()
    known = await external(options, {str(row.data.get("external_id", "")).strip() for row in batch})
    people = []
    for row in batch:
        try:
            people.append((row, _read(row, options)))
        except BadValue as bad:
            report.reject(row, bad.reason, bad.problem.path, str(row.data.get("external_id") or "") or None)
    left = await suppression.among(n for _, person in people for n in _named(person, options))
    for row, person in people:
        if (options.identity_type, person["external_id"]) in left:
            report.reject(row, "suppressed", "external_id", person["external_id"])
            continue
        person |= {
            column: None
            for column in ("phone", "email")
            if (column, person[column]) in left or (person[column] and rules.is_blocked(person[column]))
        }
        if person["external_id"] in known:
            report.keep()
            continue
        taken = await _taken(person)
        if taken is not None:
            report.reject(row, "identity_taken", taken, person["external_id"])
            continue
        known[person["external_id"]] = await _add(person, options)
        report.accept()


def _read(row: Row, options: Options) -> dict[str, Any]:
    external_id = importing.text(row, "external_id", longest=200)
    if external_id is None:
        raise _bad("missing", "external_id", "is empty")
    phone = importing.text(row, "phone")
    email = importing.text(row, "email")
    return {
        "external_id": external_id,
        "joined_at": importing.time(row, "joined_at", options),
        "left_at": importing.time(row, "left_at", options),
        "number": importing.text(row, "number", longest=50),
        "display_name": importing.text(row, "display_name", longest=100),
        "phone": None if phone is None else _phone(phone),
        "email": None if email is None else _email(email),
        "traits": {
            name.removeprefix("trait."): value
            for name, value in row.data.items()
            if (name in _TRAITS or name.startswith("trait.")) and value not in ("", None)
        },
        "others": report_rules.storable(
            {
                name: value
                for name, value in importing.properties(row, *COLUMNS).items()
                if not name.startswith("trait.") and value is not None
            }
        ),
    }


def _phone(value: str) -> str:
    found = identities.normalise(identities.SHIPPED[1], value)
    if found is None:
        raise _bad("bad_phone", "phone", "is no phone number")
    return found


def _email(value: str) -> str:
    found = identities.normalise(identities.SHIPPED[4], value)
    if found is None:
        raise _bad("bad_email", "email", "is no e-mail address")
    return found


def _named(person: dict[str, Any], options: Options) -> list[Named]:
    """Every identity of a row; those of people who left are not taken again."""
    given = [(options.identity_type, person["external_id"])]
    given += [(column, person[column]) for column in ("phone", "email") if person[column]]
    return [Named(1, type_, value) for type_, value in given]


async def _taken(person: dict[str, Any]) -> str | None:
    """The column whose value names another member already."""
    for column in ("phone", "email"):
        if person[column] and await identities.owner(column, person[column]):
            return column
    if person["number"] and await db.value(
        "SELECT EXISTS (SELECT FROM profile.member WHERE number = $1)", person["number"]
    ):
        return "number"
    return None


async def _add(person: dict[str, Any], options: Options) -> UUID:
    joined_at: datetime = person["joined_at"] or clock.now()
    member_id = ids.new()
    await db.run(
        """INSERT INTO profile.member (id, root, kind, status, number, display_name, zone, locale, joined_at,
            first_seen_at, last_seen_at, version)
        VALUES ($1, $1, 'MEMBER', 'ACTIVE', $2, $3, 'Asia/Shanghai', 'zh-CN', $4, $4, $4, 1)""",
        member_id, person["number"], person["display_name"], joined_at,
    )  # fmt: skip
    named = [(options.identity_type, person["external_id"], 1)]
    named += [(column, person[column], 2) for column in ("phone", "email") if person[column]]
    await db.run(
        """INSERT INTO profile.identity (id, type, value_norm, member, is_verified, first_seen_at, last_seen_at, source)
        SELECT i, t, v, $4, false, $5, $5, $6 FROM unnest($1::uuid[], $2::text[], $3::text[]) AS n(i, t, v)""",
        [ids.new() for _ in named], [n[0] for n in named], [n[1] for n in named], member_id, joined_at,
        options.source,
    )  # fmt: skip
    if person["traits"]:
        await traits.put(member_id, person["traits"], at=joined_at, origin="IMPORT")
    others = {"imported": person["others"]} if person["others"] else {}
    for kind, at, facts in (
        (kinds.MEMBER_JOINED, joined_at, others),
        (kinds.MEMBER_LEFT, person["left_at"], {}),
    ):
        if at is not None:
            await interactions.record(
                SYSTEM, kind, ("MEMBER", member_id), once=member_id, member=member_id, at=at,
                flags=options.flags, source=options.source, **facts,
            )  # fmt: skip
    return member_id


def _bad(reason: str, path: str, message: str) -> BadValue:
    return BadValue(reason, Problem(path, message))


MEMBERS = Importer(
    kind="members",
    help="Members with their external ids; trait.<name> columns become traits, unknown ones properties of the joining.",
    run=run,
    columns=COLUMNS,
    example="marque import members members.csv --source legacy --zone Asia/Shanghai",
)
