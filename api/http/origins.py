"""Which pages may talk to us: those of the same origin, and the origins of the settings."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from litestar.config.cors import CORSConfig

from domain.settings import settings

HEADERS = [
    "accept",
    "accept-language",
    "authorization",
    "content-type",
    "x-device-id",
    "x-request-id",
    "x-touchpoint",
]


def cors() -> CORSConfig | None:
    """The CORS answers; none when no other origin is allowed."""
    allowed = settings().allowed_origins.split()
    if not allowed:
        return None
    return CORSConfig(
        allow_origins=allowed,
        allow_methods=["GET", "POST", "PUT", "OPTIONS"],
        allow_headers=HEADERS,
        expose_headers=["X-Request-Id", "Retry-After"],
    )


def is_allowed(headers: Mapping[str, str]) -> bool:
    """Whether a WebSocket may be opened from here; without an Origin it is no browser."""
    origin = headers.get("origin")
    if origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower():
        return True
    allowed = settings().allowed_origins.split()
    return "*" in allowed or origin.lower().rstrip("/") in (each.lower().rstrip("/") for each in allowed)
