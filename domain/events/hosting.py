"""Who may run an occurrence, and what a host sees first."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from domain import clock, db
from domain.actor import Actor, ActorKind
from domain.errors import Forbidden


def limits(actor: Actor) -> frozenset[str] | None:
    """The occurrences that a host is limited to; None: all. An empty set: none at all."""
    if actor.kind is ActorKind.SYSTEM or actor.has("operator", "approver"):
        return None
    if not actor.has("host", "scanner"):
        return frozenset()
    named = [actor.scope_ids(kind) for kind in ("occurrence", "event")]
    if named == [None, None]:
        return None
    return frozenset().union(*(scope or frozenset() for scope in named))


def as_ids(limited: frozenset[str]) -> list[UUID]:
    """The ids among the words of a scope; what is no id names nothing."""
    found = []
    for word in sorted(limited):
        with suppress(ValueError):
            found.append(UUID(word))
    return found


def may_host(actor: Actor, occurrence_id: UUID) -> bool:
    """Whether the actor may run this occurrence."""
    limited = limits(actor)
    return limited is None or str(occurrence_id) in limited


def must_host(actor: Actor, occurrence_id: UUID) -> None:
    """FORBIDDEN for everybody who may not run this occurrence."""
    if not may_host(actor, occurrence_id):
        raise Forbidden("You do not host this event.")


@dataclass(frozen=True)
class Home:
    """What needs the host now."""

    pending_review_count: int
    pending_reviews: list[UUID]
    next_occurrences: list[UUID]
    waiting_for_publication: list[UUID]


async def home(actor: Actor, *, most: int = 20) -> Home:
    """Registrations to review (oldest first), what takes place next, and what waits to be published."""
    limited = limits(actor)
    scope = None if limited is None else as_ids(limited)
    now = clock.now()
    reviews = await db.fetch(
        """SELECT r.id, count(*) OVER () AS all_of_them FROM events.registration AS r
        WHERE r.state = 'PENDING_REVIEW' AND ($1::uuid[] IS NULL OR r.occurrence = ANY($1))
        ORDER BY r.registered_at, r.id LIMIT $2""",
        scope, most,
    )  # fmt: skip
    coming = await db.fetch(
        """SELECT id FROM events.occurrence WHERE state IN ('PUBLISHED', 'ONGOING') AND ends_at > $3
        AND ($1::uuid[] IS NULL OR id = ANY($1)) ORDER BY starts_at, id LIMIT $2""",
        scope, most, now,
    )  # fmt: skip
    waiting = await db.fetch(
        """SELECT id FROM events.occurrence WHERE state = 'IN_REVIEW' AND ($1::uuid[] IS NULL OR id = ANY($1))
        ORDER BY starts_at, id LIMIT $2""",
        scope, most,
    )  # fmt: skip
    return Home(
        pending_review_count=reviews[0]["all_of_them"] if reviews else 0,
        pending_reviews=[row["id"] for row in reviews],
        next_occurrences=[row["id"] for row in coming],
        waiting_for_publication=[row["id"] for row in waiting],
    )
