"""Helpers of the access tests."""

from __future__ import annotations

import pytest

from domain import clock, db


async def code_sent_to(phone: str) -> str:
    """The newest code that the recording adapter keeps for a phone."""
    body = await db.value(
        "SELECT body FROM foundation.recorded_send WHERE recipient = $1 ORDER BY at DESC, id DESC LIMIT 1",
        phone,
    )
    return body["code"]


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 1_000_000:06}"


@pytest.fixture(autouse=True)
def steady_clock():
    """Tests may shift the clock; the next one starts at the present."""
    yield
    clock.shift(clock.timedelta(0))
