"""Tests of events may shift the clock; the next one starts at the present."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import clock


@pytest.fixture(autouse=True)
def steady_clock():
    yield
    clock.shift(timedelta(0))
