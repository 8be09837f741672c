"""Importing what is known of members who are here already: identities, relations, consents.

Each row names its member by the external id of the source. A row that is there already, just so, is unchanged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec

from domain import clock, db
from domain.actor import SYSTEM
from domain.errors import NotFound, Problem
from domain.foundation import ids, importing
from domain.foundation.importing import BadValue, Importer, Options, Report, Row
from domain.profile import (
    consents,
    identities,
    interactions,
    kinds,
    members,
    relations,
    resolution,
    suppression,
)
from domain.profile.consents import Answer, ConsentChoice, ConsentState, Told
from domain.profile.identities import Named
from domain.profile.resolution import NoIdentity

BATCH = 500
One = Callable[[Row, UUID, Options], Awaitable[bool]]


def _each(
    one: One, column: str = "external_id"
) -> Callable[[Iterator[Row], Options, Report], Awaitable[None]]:
    """An importer's ``run``: the rows' members are looked up a batch at a time; ``one`` answers whether it is new."""

    async def run(rows: Iterator[Row], options: Options, report: Report) -> None:
        while batch := list(islice(rows, BATCH)):
            async with db.transaction():
                named = {str(row.data.get(column, "")).strip() for row in batch}
                known = await identities.owners(options.identity_type, named)
                left = await who_left(options, named - known.keys())
                for row in batch:
                    external_id = str(row.data.get(column, "")).strip()
                    try:
                        if external_id in left:
                            raise bad("suppressed", column, "names somebody who left")
                        if external_id not in known:
                            raise bad("unknown_member", column, "names no member of this source")
                        is_new = await one(row, known[external_id], options)
                    except BadValue as wrong:
                        report.reject(row, wrong.reason, wrong.problem.path, external_id or None)
                        continue
                    report.accept() if is_new else report.keep()

    return run


async def who_left(options: Options, external_ids: Collection[str]) -> set[str]:
    """Those of the external ids that people who left were known by."""
    wanted = [Named(1, options.identity_type, each) for each in external_ids]
    return {value for _, value in await suppression.among(wanted)}


async def _identity(row: Row, member: UUID, options: Options) -> bool:
    type_, value = needed(row, "type"), needed(row, "value")
    is_verified = _flag(row, "is_verified")
    try:
        named = (await resolution.read([(type_, value, is_verified)]))[0]
    except NoIdentity as nobody:
        raise bad(
            nobody.reason, "type" if nobody.reason == "unknown_identity_type" else "value", "names nobody"
        ) from None
    seen_at = importing.time(row, "first_seen_at", options) or clock.now()
    await resolution.lock([named])
    if await suppression.among([named]):
        raise bad("suppressed", "value", "names somebody who left")
    (root,) = await locked(member)
    owner = await identities.owner(named.type, named.value)
    if owner == root:
        return False
    if owner is not None:
        raise bad("identity_taken", "value", "names another member")
    known = await identities.rules()
    held = (await identities.carried([root], known))[root].add([named.type])
    if held.counted[named.type] > named.limit or held.total > known.most_identities:
        raise bad("limit_reached", "type", f"at most {named.limit} of this type")
    await db.run(
        """INSERT INTO profile.identity (id, type, value_norm, member, is_verified, verified_at, first_seen_at,
            last_seen_at, source) VALUES ($1, $2, $3, $4, $5, CASE WHEN $5 THEN $6::timestamptz END, $6, $6, $7)""",
        ids.new(), named.type, named.value, root, is_verified, seen_at, options.source,
    )  # fmt: skip
    await interactions.record(
        SYSTEM, kinds.IDENTITY_LINKED, ("MEMBER", root), once=f"{named.type}:{named.value}:{seen_at}", member=root,
        at=seen_at, flags=options.flags, source=options.source, type=named.type,
        value=identities.mask(named.type, named.value),
    )  # fmt: skip
    return True


async def _relation(row: Row, member: UUID, options: Options) -> bool:
    kind, role = needed(row, "target_kind").upper(), needed(row, "role").upper()
    if kind not in relations.ROLES or role not in relations.ROLES[kind]:
        raise bad("bad_role", "role", "is no role of this target")
    external_id = needed(row, "target_external_id")
    target = await relations.target_of(kind, external_id, options.identity_type)
    if target is None and kind == "MEMBER" and await who_left(options, [external_id]):
        raise bad("suppressed", "target_external_id", "names somebody who left")
    if target is None:
        raise bad("unknown_target", "target_external_id", "names nothing")
    since = importing.time(row, "valid_from", options) or clock.now()
    until = importing.time(row, "valid_to", options)
    if until is not None and until <= since:
        raise bad("bad_time", "valid_to", "is not after valid_from")
    (root,) = await locked(member)
    overlapping = await relations.overlapping(root, target, role, since, until)
    if overlapping is not None:
        if (overlapping["valid_from"], overlapping["valid_to"]) == (since, until):
            return False
        raise bad("overlaps", "valid_from", "the tie holds at that time already")
    await relations.add(
        SYSTEM,
        root,
        kind,
        target,
        role,
        since,
        until,
        evidence={"import": options.source},
        flags=options.flags,
    )
    return True


async def locked(member: UUID) -> list[UUID]:
    """The root, locked; who was erased since the batch was looked up is rejected."""
    try:
        return await members.lock_living(member)
    except NotFound:
        raise bad("suppressed", "external_id", "names somebody who left") from None


async def _consent(row: Row, member: UUID, options: Options) -> bool:
    state = one_of(ConsentState, row, "state")
    choice = one_of(ConsentChoice, row, "choice") if importing.text(row, "choice") else None
    at = importing.time(row, "at", options)
    if at is None:
        raise bad("missing", "at", "is empty")
    purpose = needed(row, "purpose", 100)
    if purpose not in {each["name"] for each in await consents.purposes()} or consents.is_read_only(purpose):
        raise bad("unknown_purpose", "purpose", "is not declared")
    given = Answer(purpose, importing.text(row, "channel", longest=100), choice, _scopes(row))
    (root,) = await locked(member)
    if await db.value(
        """SELECT EXISTS (SELECT FROM profile.consent_entry AS e JOIN profile.member AS m ON m.id = e.member
            WHERE m.root = $1 AND e.purpose = $2 AND e.channel IS NOT DISTINCT FROM $3 AND e.at = $4 AND e.state = $5)""",
        root, purpose, given.channel, at, state,
    ):  # fmt: skip
        return False
    version = importing.text(row, "policy_version", longest=100)
    told = Told(version, at, {"import": options.source}, tuple(options.flags))
    await consents.note(SYSTEM, root, state, [given], told)
    return True


def _scopes(row: Row) -> tuple[str, ...]:
    """A JSON array, or parts between semicolons."""
    given: Any = row.data.get("scopes") or ""
    if isinstance(given, str) and given.strip().startswith("["):
        try:
            given = msgspec.json.decode(given)
        except ValueError:
            raise bad("bad_json", "scopes", "is no JSON array") from None
    parts = given if isinstance(given, list) else str(given).split(";")
    return tuple(str(part).strip() for part in parts if str(part).strip())


def one_of(kind: Any, row: Row, column: str) -> Any:
    """The cell as a value of the enum; BadValue for any other."""
    given = needed(row, column).upper()
    if given not in kind.__members__:
        raise bad(f"bad_{column}", column, f"is none of {', '.join(kind.__members__)}")
    return kind(given)


def needed(row: Row, column: str, longest: int = 200) -> str:
    """The cell as text; BadValue when it is empty."""
    found = importing.text(row, column, longest=longest)
    if found is None:
        raise bad("missing", column, "is empty")
    return found


def _flag(row: Row, column: str) -> bool:
    return (importing.text(row, column) or "").lower() in ("true", "1", "yes", "t", "y")


def bad(reason: str, path: str, message: str) -> BadValue:
    """Why a row is rejected."""
    return BadValue(reason, Problem(path, message))


ALL = (
    Importer(
        kind="identities",
        help="Further values that name members who are here already.",
        run=_each(_identity),
        columns=("external_id", "type", "value", "is_verified", "first_seen_at"),
        example="marque import identities wechat.csv --source crm",
    ),
    Importer(
        kind="relations",
        help="Ties of members to vehicles, stores and people, with the time for which they hold.",
        run=_each(_relation),
        columns=("external_id", "target_kind", "target_external_id", "role", "valid_from", "valid_to"),
        example="marque import relations advisors.csv --source crm",
    ),
    Importer(
        kind="consents",
        help="Answers to purposes of consent, as they were given.",
        run=_each(_consent),
        columns=("external_id", "purpose", "channel", "state", "choice", "policy_version", "scopes", "at"),
        example="marque import consents consents.csv --source crm",
    ),
)
