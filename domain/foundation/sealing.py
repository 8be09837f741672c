"""Values that stand encrypted in the database: only this installation opens them, and only for the same purpose."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.fernet import Fernet

from domain.foundation import secrets


def seal(purpose: str, value: Any) -> bytes:
    """The value as a token."""
    return _box(purpose).encrypt(msgspec.json.encode(value))


def unseal(purpose: str, token: bytes) -> Any:
    """What was sealed for this purpose."""
    return msgspec.json.decode(_box(purpose).decrypt(token))


@lru_cache(maxsize=16)
def _box(purpose: str) -> Fernet:
    key = hmac.new(secrets.key(), f"seal.{purpose}".encode(), hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))
