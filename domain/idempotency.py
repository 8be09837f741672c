"""One mutation, once: the outcome is kept in the transaction that did the work."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from domain import clock, db
from domain.actor import Actor
from domain.errors import Conflict, IdempotencyMismatch, InvalidInput
from domain.foundation import ids

T = TypeVar("T")

MAX_KEY = 64

_RUNNING = "The same call is still running."
#: The lock and the look in one statement.
_LOCKED = """SELECT l.is_free, k.body_hash, k.outcome
    FROM (SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS is_free) AS l
    LEFT JOIN foundation.idempotency_key AS k ON k.actor = $2 AND k.mutation = $3 AND k.key = $4"""


def body_hash(body: Any) -> str:
    """sha256 over the body's JSON with sorted keys."""
    return hashlib.sha256(db.json(_sorted(body)).encode()).hexdigest()


async def once(
    actor: Actor,
    mutation: str,
    key: str | None,
    body: Any,
    call: Callable[[], Awaitable[T]],
    *,
    store: Callable[[T], Any],
    load: Callable[[Any], Awaitable[T]],
) -> T:
    """Run ``call`` in one transaction, or answer what it answered before under the same key.

    Locks: an advisory lock on (actor, mutation, key), tried and never waited for. Raises Conflict while the same key
    runs, IdempotencyMismatch for another body. A refusal rolls everything back and is not kept, so a retry is judged
    anew. ``store`` turns the result into what is kept (ids, never secrets), ``load`` reads it again.
    """
    if key is None:
        return await db.attempt(call)
    if not 1 <= len(key) <= MAX_KEY:
        raise InvalidInput.at("clientMutationId", f"Use 1 to {MAX_KEY} characters.")
    digest = body_hash(body)

    async def run() -> T:
        kept = await db.one(_LOCKED, f"{actor.key}/{mutation}/{key}", actor.key, mutation, key)
        assert kept is not None
        if not kept["is_free"]:
            raise Conflict(_RUNNING)
        if kept["body_hash"] is not None:
            if kept["body_hash"] != digest:
                raise IdempotencyMismatch("This clientMutationId was used before with another input.")
            return await load(kept["outcome"])
        result = await call()
        is_kept = await db.run(
            "INSERT INTO foundation.idempotency_key (id, actor, mutation, key, body_hash, outcome, created_at) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (actor, mutation, key) DO NOTHING",
            ids.new(), actor.key, mutation, key, digest, db.json(store(result)), clock.now(),
        )  # fmt: skip
        if not is_kept:  # the same call ended between our look and our lock
            raise Conflict(_RUNNING)
        return result

    return await db.attempt(run)


async def forget(older_than: timedelta = timedelta(hours=48)) -> int:
    """Drop keys that no client will repeat any more (kept 24 h at least); answers how many."""
    return await db.run(
        "DELETE FROM foundation.idempotency_key WHERE created_at < $1", clock.now() - older_than
    )


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value
