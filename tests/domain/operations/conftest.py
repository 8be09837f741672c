"""What the tests of operations share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain import clock, db, wiring
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.operations import segments, sweeping
from domain.operations.tables import SegmentKind
from domain.profile import catalogue, drain, interactions
from tests import make

START = datetime(2030, 1, 1, tzinfo=UTC)


class Clock:
    """A clock that stands still unless it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = START
        monkeypatch.setattr(clock, "now", lambda: self.now)

    async def to(self, at: datetime) -> None:
        """Move on, stopping at each due instant of segments as the test clock does."""
        await settle()
        while (due := await sweeping.next_due()) is not None and due <= at:
            self.now = max(self.now, due)
            await settle()
        self.now = at
        await settle()

    async def on(self, **length: float) -> None:
        await self.to(self.now + timedelta(**length))


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    yield Clock(monkeypatch)


async def settle() -> None:
    """Drain and sweep until nothing is due."""
    while await drain.drain_all(wiring.reactions) + await sweeping.sweep():
        pass


async def did(
    member: UUID,
    kind: str = "app.test",
    ago: timedelta = timedelta(0),
    *,
    compensates: UUID | None = None,
    **properties: object,
) -> UUID:
    """A member did something; answers the interaction."""
    found = catalogue.find(kind)
    assert found is not None
    return await interactions.record(
        SYSTEM, found, None, once=ids.new(), member=member, at=clock.now() - ago, compensates=compensates,
        **properties,
    )  # fmt: skip


async def segment(condition: object, key: str | None = None) -> UUID:
    """An active dynamic segment."""
    row = await segments.save(
        make.staff("operator"), key=key or f"s-{ids.new()}", name="Test", kind=SegmentKind.DYNAMIC,
        condition=condition,
    )  # fmt: skip
    await segments.activate(make.staff("operator"), row["id"])
    return row["id"]


async def changes_of(segment_id: UUID, member: UUID | None = None) -> list[tuple[str, datetime]]:
    rows = await db.fetch(
        "SELECT change, at FROM operations.segment_change WHERE segment = $1 AND ($2::uuid IS NULL OR member = $2) "
        "ORDER BY seq",
        segment_id, member,
    )  # fmt: skip
    return [(row["change"], row["at"]) for row in rows]


def event(
    kind: str = "app.test", op: str = "GTE", n: int = 1, last: str | None = None, **more: object
) -> dict:
    window = {"last": last} if last else {"ever": True}
    return {"event": {"kind": kind, "count": {"op": op, "n": n}, "window": window, **more}}
