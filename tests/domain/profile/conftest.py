"""What the profile's searches share."""

from __future__ import annotations

import asyncio

import pytest


@pytest.fixture
async def loop(untouched) -> asyncio.AbstractEventLoop:
    """The loop that the pool belongs to, for searches that run many examples in one test."""
    return asyncio.get_running_loop()
