"""The invariants of the ledger in one statement, and a fingerprint of everything that the area of points has stored."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from domain import clock, db
from domain.points import health

#: I12 holds after a sweep only.
AFTER_A_SWEEP = frozenset({"I12"})


async def broken(*, is_swept: bool = False) -> dict[str, list[str]]:
    """Code -> ids of what breaks it; empty when all is well."""
    without = frozenset() if is_swept else AFTER_A_SWEEP
    found: dict[str, list[str]] = {}
    for row in await db.fetch(_all(without), clock.now() - timedelta(seconds=60)):
        found.setdefault(row["code"], []).append(row["id"])
    return found


@cache
def _all(without: frozenset[str]) -> str:
    parts = [
        f"SELECT '{code}' AS code, {code}.id::text AS id FROM ({sql}) AS {code}(id)"
        for code, sql in health.CHECKS.items()
        if code not in without
    ]
    return "\nUNION ALL ".join(parts) + "\nUNION ALL SELECT '', '' WHERE $1::timestamptz IS NULL"


async def fingerprint() -> str:
    """Changes with every row that is added, changed or taken out (sequences and settings aside)."""
    return str(await db.one(await _fingerprint()))


_kept: list[str] = []


async def _fingerprint() -> str:
    if not _kept:
        tables = await db.fetch(
            """SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'points'
            UNION ALL SELECT unnest(ARRAY['profile.interaction', 'profile.pending', 'profile.message',
                'profile.total', 'access.audit_entry'])"""
        )
        sums = [
            f"(SELECT count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {row['name']} AS t)"
            for row in tables
        ]
        _kept.append("SELECT " + ", ".join(sums))
    return _kept[0]
