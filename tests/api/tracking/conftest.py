"""A client of the tracking doors, in the test's own loop and transaction, with a source of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from api.app import create_app
from domain import db
from domain.access import sources
from domain.access.sources import Source, Trust
from tests import make


@dataclass
class Door:
    """The doors with the key of one source; answers are JSON."""

    client: httpx.AsyncClient
    source: Source
    key: str

    async def post(self, path: str, body: Any, *, status: int = 200, **options: Any) -> dict[str, Any]:
        """Post with the key as Basic user; anything but ``status`` is a failure."""
        options.setdefault("auth", (self.key, ""))
        sent = {"content": body} if isinstance(body, bytes) else {"json": body}
        answer = await self.client.post(path, **sent, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def track(self, **event: Any) -> dict[str, Any]:
        """One track call."""
        return await self.post("/v1/track", {"event": "Opened", **event})


@pytest.fixture
async def client():
    app = create_app(is_standing_alone=False)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 4))
    async with httpx.AsyncClient(transport=transport, base_url="http://marque.test") as client:
        yield client


@pytest.fixture
async def door(client) -> Door:
    source, key = await sources.register(make.staff("admin"), "backend", "SERVER", Trust.SERVER)
    return Door(client, source, key)


@pytest.fixture
async def app_door(client) -> Door:
    """A source that stands in an app, where anybody can read its key."""
    source, key = await sources.register(
        make.staff("admin"), "website", "WEB", Trust.CLIENT, allowed_origins=["https://shop.example"]
    )
    return Door(client, source, key)


async def stored() -> list[db.Row]:
    """What was reported, in the order of its storing."""
    return await db.fetch(
        "SELECT i.*, m.root FROM profile.interaction AS i LEFT JOIN profile.member AS m ON m.id = i.member "
        "WHERE i.origin = 'REPORTED' ORDER BY i.id"
    )


async def letters() -> list[db.Row]:
    """The dead letters."""
    return await db.fetch("SELECT * FROM profile.dead_letter ORDER BY id")


async def root(type_: str, value: str) -> Any:
    """The root that an identity names."""
    return await db.value(
        "SELECT m.root FROM profile.identity AS i JOIN profile.member AS m ON m.id = i.member "
        "WHERE i.type = $1 AND i.value_norm = $2",
        type_, value,
    )  # fmt: skip


async def traits_of(member: Any) -> dict[str, Any]:
    """The trait values of a root."""
    from domain.profile import traits

    return await traits.values_of(member)


def counts(accepted: int = 0, duplicates: int = 0, dead: int = 0) -> dict[str, Any]:
    """The answer of a door that stored these."""
    return {
        "success": True, "accepted": accepted, "duplicates": duplicates, "deadLettered": dead, "suppressed": 0,
    }  # fmt: skip
