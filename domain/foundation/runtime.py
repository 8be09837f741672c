"""What a running process asks about its database."""

from __future__ import annotations

from domain import db
from domain.errors import Conflict


def is_unreachable(exc: BaseException | None) -> bool:
    """Whether this exception says that the database cannot be reached just now."""
    return isinstance(exc, db.Unreachable)


def may_pass_later(exc: BaseException | None) -> bool:
    """Whether the same call may pass when it is sent again."""
    return isinstance(exc, (*db.Unreachable, *db.Transient, Conflict))


async def answers() -> bool:
    """Whether the database answers a statement."""
    return bool(await db.value("SELECT true"))
