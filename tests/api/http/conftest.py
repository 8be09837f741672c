"""A client of the small schema, in the test's own loop and transaction."""

from __future__ import annotations

import httpx
import pytest

from api.app import create_app
from tests.api.http import small


@pytest.fixture
async def client():
    app = create_app(small.schema, is_standing_alone=False)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 4))
    async with httpx.AsyncClient(transport=transport, base_url="http://marque.test") as client:
        yield client
