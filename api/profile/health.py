"""Whether the profile is well: what could not be taken, and the counters of its invariants."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.access.types import Source
from api.fields import Json, Node, field
from api.profile.interactions import source_of


@strawberry.type(description="Something that was sent and could not be taken.")
class DeadLetter(Node):
    row: strawberry.Private[Any]
    reason: str = field("Why, as a short word.")
    path: str | None = field("Where in the body.")
    raw: Json = field("The body as it came.")
    received_at: datetime = field("When it came.")
    replayed_at: datetime | None = field("When it was taken after all.")

    @field("Who sent it; null for members and imports, and for readers who may not know sources.")
    async def source(self, info: Info) -> Source | None:
        return await source_of(info, self.row["source"])

    @classmethod
    def of(cls, row: Any) -> DeadLetter:
        return cls(
            id=row["id"],
            row=row,
            reason=row["reason"],
            path=row["path"],
            raw=row["body"],
            received_at=row["received_at"],
            replayed_at=row["replayed_at"],
        )


@strawberry.input(description="Which dead letters.")
class DeadLetterFilter:
    source: UUID | None = field("Only what this source sent.", name="sourceId", default=None)
    reason: str | None = field("Only those with this reason, its short word.", default=None)
    since: datetime | None = field("Only what came from then on (inclusive).", default=None)
    until: datetime | None = field("Only what came until then (exclusive).", default=None)
    is_open: bool = field("False: those replayed or discarded.", default=True)


@strawberry.type(description="Counters of the profile's invariants.")
class ProfileHealth:
    pending_count: int = field("Interactions that wait for the drain.")
    oldest_pending_seconds: int = field("Age of the oldest of them, in seconds.")
    dead_letter_count: int = field("Open dead letters.")
    broken_roots: int = field("Members whose root is no root; 0 when all is well.")
    aggregate_drift: int = field("Totals that differ from the log; 0 when all is well.")
    overdue_pending_count: int = field("Interactions that wait for more than 60 s; 0 when all is well.")
    erased_left: int = field("Rows that still say something of people who left; 0 when all is well.")
    erasure_findings: int = field("Erasures whose proof found a value of the person; 0 when all is well.")
    audit_chain_ok: bool = field("Whether no line of the audit log was changed, added or taken away.")
