"""The chain of hashes over all journals: it shows any posting that was changed or taken out behind Marque's back.

A link's hash is sha256 of the hash before it and the journal's content (ids, kinds, moments and entries; no free text,
which may be erased). A journal waits in ``chain_due`` from its own transaction on, so none that commits late is missed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from domain import clock, db
from domain.foundation.sweeps import Sweep

START = "0" * 64
_AT_ONCE = 500

_TAKE = f"""WITH due AS (
        DELETE FROM points.chain_due WHERE journal IN (
            SELECT journal FROM points.chain_due ORDER BY journal LIMIT {_AT_ONCE} FOR UPDATE SKIP LOCKED)
        RETURNING journal)
    SELECT journal, points.journal_content(journal) AS content FROM due ORDER BY journal"""

_APPEND = """INSERT INTO points.chain_link (seq, prev, hash, journal, created_at)
    SELECT seq, prev, hash, journal, $5 FROM unnest($1::bigint[], $2::text[], $3::text[], $4::uuid[])
        AS n(seq, prev, hash, journal)"""


@dataclass(frozen=True)
class Head:
    """The newest link."""

    seq: int
    hash: str


async def extend() -> int:
    """Link the journals that wait, oldest first; answers how many. Locks the chain until its transaction ends."""
    done = 0
    while linked := await db.attempt(_extend):
        done += linked
    return done


async def head() -> Head | None:
    """The newest link; None while nothing was posted."""
    row = await db.one("SELECT seq, hash FROM points.chain_link ORDER BY seq DESC LIMIT 1")
    return Head(row["seq"], row["hash"]) if row else None


async def next_due() -> datetime | None:
    """Journals are linked at once, not at a moment."""
    return None


def linked(prev: str, content: str) -> str:
    """The hash of a link."""
    return hashlib.sha256((prev + content).encode()).hexdigest()


async def _extend() -> int:
    if not await db.value("SELECT pg_try_advisory_xact_lock(hashtextextended('points.chain_link', 0))"):
        return 0
    rows = await db.fetch(_TAKE)
    if not rows:
        return 0
    last = await head() or Head(0, START)
    hashes = [last.hash]
    for row in rows:
        hashes.append(linked(hashes[-1], row["content"]))
    numbers = list(range(last.seq + 1, last.seq + 1 + len(rows)))
    await db.run(_APPEND, numbers, hashes[:-1], hashes[1:], [row["journal"] for row in rows], clock.now())
    return len(rows)


SWEEP = Sweep("points_chain", extend, next_due)
