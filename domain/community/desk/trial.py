"""Dry runs: the same work, done and taken back, so that what it would change is exactly what it would change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from domain import db

T = TypeVar("T")


class _TakenBack(Exception):
    """Ends a dry run."""


async def run(call: Callable[[], Awaitable[T]], *, is_dry_run: bool) -> T:
    """The answer of ``call``; of a dry run nothing stays. Refusals are raised either way."""
    if not is_dry_run:
        return await call()
    answers: list[T] = []
    try:
        async with db.transaction(), db.savepoint():
            answers.append(await call())
            raise _TakenBack
    except _TakenBack:
        return answers[0]
