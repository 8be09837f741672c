"""Personal data of bindings at rest: plate, engine number and real name stand encrypted in the database."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.fernet import Fernet

from domain.foundation import secrets


def seal(value: Any) -> bytes:
    """The value as a token that only this installation opens."""
    return _box().encrypt(msgspec.json.encode(value))


def unseal(token: bytes) -> Any:
    """What was sealed."""
    return msgspec.json.decode(_box().decrypt(token))


def keyed_hash(value: str) -> str:
    """A hash that cannot be looked up without this installation's secret."""
    return hmac.new(secrets.key(), value.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=1)
def _box() -> Fernet:
    key = hmac.new(secrets.key(), b"garage.seal", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))
