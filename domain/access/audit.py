"""The audit log: what staff did, in a chain of hashes that shows any row changed or taken out.

The chain covers ids, numbers and states. Free text stands beside it and can be erased: the chain carries only its
salted hash.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain import clock, db
from domain.actor import Actor
from domain.foundation import ids
from domain.foundation.pages import Page

_START = "0" * 64
_STEP = 1_000


@dataclass(frozen=True)
class Report:
    """What :func:`verify` found; ``broken_at`` is the first number whose hash does not fit."""

    entry_count: int
    broken_at: int | None

    @property
    def is_ok(self) -> bool:
        return self.broken_at is None


async def append(
    actor: Actor,
    action: str,
    subject_kind: str,
    subject: UUID | None = None,
    *,
    facts: dict[str, Any] | None = None,
    text: dict[str, str | None] | None = None,
) -> int:
    """Add an entry in the caller's transaction; answers its number.

    ``facts`` hold ids, numbers and states, never personal data; ``text`` is free and erasable. Locks the log until
    the transaction ends, so make it the last step of a function.
    """
    words = {key: value for key, value in (text or {}).items() if value}
    salt = secrets.token_hex(16) if words else None
    row: dict[str, Any] = {
        "id": ids.new(),
        "at": clock.now(),
        "actor_kind": str(actor.kind),
        "actor": actor.id,
        "roles": sorted(actor.roles),
        "action": action,
        "subject_kind": subject_kind,
        "subject": subject,
        "facts": msgspec.json.decode(db.json(facts or {})),
        "text_hash": hashlib.sha256((salt + _canonical(words)).encode()).hexdigest() if salt else None,
    }
    return await db.value(
        "SELECT access.append_audit($1, $2, $3, $4, $5)",
        db.json(row),
        *_around_number(row),
        salt,
        words or None,
    )


async def verify() -> Report:
    """Walk the whole chain; reads the log in steps."""
    previous, number = _START, 0
    while True:
        rows = await db.fetch(
            "SELECT number, id, at, actor_kind, actor, roles, action, subject_kind, subject, facts, text_hash, hash "
            "FROM access.audit_entry WHERE number > $1 ORDER BY number LIMIT $2",
            number, _STEP,
        )  # fmt: skip
        for found in rows:
            row = dict(found)
            stated = row.pop("hash")
            if row["number"] != number + 1 or stated != _hash(previous, row):
                return Report(number, number + 1)
            previous, number = stated, number + 1
        if len(rows) < _STEP:
            return Report(number, None)


async def entries(
    page: Page,
    *,
    action: str | None = None,
    actor: UUID | None = None,
    subject: UUID | None = None,
    since: datetime | None = None,
) -> list[db.Row]:
    """Entries, newest first, with their text where it was not erased. Key of a page: (number,)."""
    return await db.fetch(
        """
        SELECT e.*, t.text FROM access.audit_entry e LEFT JOIN access.audit_text t ON t.entry = e.number
        WHERE ($1::bigint IS NULL OR e.number < $1) AND ($2::text IS NULL OR e.action = $2)
          AND ($3::uuid IS NULL OR e.actor = $3) AND ($4::uuid IS NULL OR e.subject = $4)
          AND ($5::timestamptz IS NULL OR e.at >= $5)
        ORDER BY e.number DESC LIMIT $6
        """,
        page.after[0] if page.after else None, action, actor, subject, since, page.limit + 1,
    )  # fmt: skip


async def erase_text(subjects: Iterable[UUID]) -> int:
    """Erase the free text of everything about these subjects; the chain stays whole."""
    return await db.run(
        "DELETE FROM access.audit_text t USING access.audit_entry e WHERE e.number = t.entry AND e.subject = ANY($1)",
        list(subjects),
    )


def _around_number(row: dict[str, Any]) -> tuple[str, str]:
    """The canonical text of a row before and after its number, which is given under the log's lock."""
    before = {name: value for name, value in row.items() if name < "number"}
    after = {name: value for name, value in row.items() if name > "number"}
    return f'{_canonical(before)[:-1]},"number":', f",{_canonical(after)[1:]}"


def _hash(previous: str, row: dict[str, Any]) -> str:
    return hashlib.sha256((previous + _canonical(row)).encode()).hexdigest()


def _canonical(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
