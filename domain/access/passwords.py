"""Slow hashes of what people remember: passwords and PINs (argon2id), off the event loop."""

from __future__ import annotations

import asyncio
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()


async def hashed(secret: str) -> str:
    """The argon2id hash with its parameters."""
    return await asyncio.to_thread(_hasher.hash, secret)


async def fits(kept: str | None, secret: str) -> bool:
    """Whether the secret fits; as slow when nothing is kept, so that the time tells nothing."""
    return await asyncio.to_thread(_fits, kept or _nothing(), secret) and kept is not None


def _fits(kept: str, secret: str) -> bool:
    try:
        return _hasher.verify(kept, secret)
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nothing() -> str:
    return _hasher.hash("nobody has this password")
