"""What must be known before reports are taken, read by one statement whatever their number.

Nothing is locked. The plan, the rules of identities, who left and whose the identities are are all of the same instant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.profile import identities, resolution, suppression
from domain.profile.identities import Named, Rules
from domain.profile.resolution import Given, NoIdentity

#: Stands for the user id of this value if there is one, else for an anonymous id: PostHog's distinct id, and the
#: previous id of an alias.
EITHER = "either"

#: When somebody was last seen is kept this exactly for people who are known already.
SEEN_AGAIN = timedelta(minutes=1)

Claim = tuple[Given, ...]
Key = tuple[str, str]


@dataclass(slots=True)
class Owner:
    """Whose an identity is; stale when it, or its root, was not noted as seen for a while."""

    root: UUID
    is_verified: bool
    is_stale: bool


@dataclass(frozen=True)
class Glance:
    """``named`` are the identities that each claim could mean, ``gone`` those of people who left.

    ``hashes`` has the body hash of each message id that is there already, ``plan`` the id of the tracking plan.
    """

    rules: Rules
    hashes: dict[str, str]
    plan: UUID | None
    named: dict[Claim, list[Named] | NoIdentity]
    gone: set[Key]
    owners: dict[Key, Owner]
    shared: set[Key]


_LOOK = """
SELECT array_agg(m.root ORDER BY n.place) AS roots, array_agg(i.is_verified ORDER BY n.place) AS verified,
    array_agg(least(i.last_seen_at, m.last_seen_at) < $3 ORDER BY n.place) AS stale,
    array_agg(s.id IS NOT NULL ORDER BY n.place) AS shared
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n(type, value, place)
LEFT JOIN profile.identity AS i ON i.type = n.type AND i.value_norm = n.value
LEFT JOIN profile.member AS m ON m.id = i.member
LEFT JOIN profile.shared_device AS s ON s.type = n.type AND s.value_norm = n.value"""

_GLANCE = f"""
SELECT looked.*,
    ({identities.RULES}) AS rules,
    ARRAY(SELECT hash::text FROM profile.suppression WHERE hash = ANY($4::text[])) AS gone,
    (SELECT id FROM profile.tracking_plan WHERE source = $5 ORDER BY version DESC LIMIT 1) AS plan,
    (SELECT array_agg(ARRAY[message_id, body_hash]) FROM profile.message
        WHERE origin = 'REPORTED' AND message_id = ANY($6::text[])) AS kept
FROM ({_LOOK}) AS looked"""

#: The rules as this process read them last, with the text by which a change shows.
_rules: tuple[str, Rules] = ("", Rules({}))


async def at(
    claims: Collection[Claim],
    *,
    message_ids: Collection[str] = (),
    source: UUID | None = None,
    are_ids_checked: bool = True,
) -> Glance:
    """Look once; again only when the rules are not those of the last look.

    What a look began with it also ends with: other requests may read newer rules while it waits.
    """
    global _rules
    while True:
        text, rules = _rules
        named = {claim: _named(claim, rules, are_ids_checked) for claim in claims}
        asked = sorted({n for each in named.values() if not isinstance(each, NoIdentity) for n in each})
        hashes = suppression.by_hash(asked)
        row = await db.one(
            _GLANCE, *_looked_for(asked), list(hashes), source, list(message_ids)
        )  # fmt: skip
        assert row is not None
        if row["rules"] == text:
            break
        _rules = (row["rules"], identities.read(row["rules"]))
    gone = {hashes[hash_] for hash_ in row["gone"]}
    kept = {pair[0]: pair[1] for pair in row["kept"] or ()}
    return Glance(rules, kept, row["plan"], named, gone, *_found(asked, row))


async def owners_of(named: Iterable[Named]) -> tuple[dict[Key, Owner], set[Key]]:
    """Whose these identities are, and which of the others are shared devices."""
    asked = list(named)
    return _found(asked, await db.one(_LOOK, *_looked_for(asked)))


def _named(claim: Claim, rules: Rules, are_ids_checked: bool) -> list[Named] | NoIdentity:
    """Every identity that could be meant; a user id may have been seen as an anonymous id before."""
    given: list[Given] = []
    for type_, value, is_verified in claim:
        if type_ in (EITHER, "user_id"):
            given += [("user_id", value, is_verified), ("anonymous_id", value, False)]
        else:
            given.append((type_, value, is_verified))
    try:
        return resolution.name(given, rules, are_ids_checked=are_ids_checked)
    except NoIdentity as nobody:
        return nobody


def _looked_for(asked: list[Named]) -> tuple[Any, ...]:
    return [n.type for n in asked], [n.value for n in asked], clock.now() - SEEN_AGAIN


def _found(asked: list[Named], row: db.Row) -> tuple[dict[Key, Owner], set[Key]]:
    owners: dict[Key, Owner] = {}
    shared: set[Key] = set()
    columns = (row["roots"] or (), row["verified"] or (), row["stale"] or (), row["shared"] or ())
    for n, root, is_verified, is_stale, is_shared in zip(asked, *columns, strict=True):
        if root is not None:
            owners[n.type, n.value] = Owner(root, is_verified, is_stale)
        elif is_shared:
            shared.add((n.type, n.value))
    return owners, shared
