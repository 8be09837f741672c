"""Who left is not to be known again by accident: later reports that name nobody else are answered and not kept.

Only hashes are kept, salted with the installation's secret. A fresh proof of an identity (signing in by its phone)
lifts its suppression: that person begins anew, as somebody else.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from domain import clock, db
from domain.foundation import ids, secrets
from domain.profile.identities import Named

Key = tuple[str, str]


def hashed(type_: str, value: str) -> str:
    """The salted hash of a normalised identity."""
    return hmac.new(secrets.key(), f"suppression:{type_}:{value}".encode(), hashlib.sha256).hexdigest()


async def add(keys: Iterable[Key], reason: str) -> int:
    """Suppress identities (type, normalised value); answers how many are new."""
    wanted = sorted(set(keys))
    return await db.run(
        """INSERT INTO profile.suppression (id, type, hash, since_at, reason)
        SELECT i, t, h, $4, $5 FROM unnest($1::uuid[], $2::text[], $3::text[]) AS g(i, t, h)
        ON CONFLICT (hash) DO NOTHING""",
        [ids.new() for _ in wanted], [type_ for type_, _ in wanted], [hashed(*key) for key in wanted], clock.now(),
        reason,
    )  # fmt: skip


async def among(named: Iterable[Named]) -> set[Key]:
    """Those of the identities that are suppressed; one statement."""
    hashes = by_hash(named)
    if not hashes:
        return set()
    rows = await db.fetch("SELECT hash FROM profile.suppression WHERE hash = ANY($1)", list(hashes))
    return {hashes[row["hash"]] for row in rows}


def by_hash(named: Iterable[Named]) -> dict[str, Key]:
    """The identities by their salted hashes."""
    return {hashed(n.type, n.value): (n.type, n.value) for n in named}


async def is_suppressed(named: Collection[Named]) -> bool:
    """Whether nobody but people who left is named."""
    return bool(named) and len(await among(named)) == len({(n.type, n.value) for n in named})


async def lift(named: Iterable[Named]) -> int:
    """Whoever has just proved these identities may be known by them again; answers how many were suppressed."""
    return await db.run(
        "DELETE FROM profile.suppression WHERE hash = ANY($1)", [hashed(n.type, n.value) for n in named]
    )


@dataclass(frozen=True)
class Left:
    """What is left of identities once the suppressed ones are gone."""

    usable: list[Named]
    is_suppressed: bool


async def without(named: list[Named]) -> Left:
    """The identities that may name somebody; proved ones are lifted."""
    gone = await among(named)
    proved = [n for n in named if n.is_verified and (n.type, n.value) in gone]
    if proved:
        await lift(proved)
        gone -= {(n.type, n.value) for n in proved}
    usable = [n for n in named if (n.type, n.value) not in gone]
    return Left(usable, is_suppressed=bool(gone) and not usable)
