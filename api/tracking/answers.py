"""What the doors answer. Bodies of errors have ``code``, ``message`` and ``detail``."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import msgspec

from api import errors
from api.http.answer import RETRY_SECONDS
from api.tracking.reading import Unreadable
from domain.errors import RateLimited, Unauthenticated
from domain.foundation import runtime
from domain.profile.reporting import Counts

JSON = "application/json"
_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response."""

    status: int
    body: bytes
    media_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


def of(value: Any) -> Answer:
    """200 with this value as JSON."""
    return Answer(200, msgspec.json.encode(value))


def stored(counts: Counts) -> Answer:
    """Everything is committed; the numbers sum to the events that were sent."""
    return of(
        {
            "success": True,
            "accepted": counts.accepted,
            "duplicates": counts.duplicates,
            "deadLettered": counts.dead_lettered,
            "suppressed": counts.suppressed,
        }
    )


def pixel() -> Answer:
    """An image of one transparent point."""
    return Answer(200, _PIXEL, "image/gif", {"cache-control": "no-store"})


def flags() -> Answer:
    """No feature is switched on."""
    return of(
        {"flags": {}, "featureFlags": {}, "featureFlagPayloads": {}, "errorsWhileComputingFlags": False}
    )


def wrong_method(allowed: tuple[str, ...]) -> Answer:
    """405 with the methods of this door."""
    answer = _error(405, "BAD_INPUT", "This door has no such method.", f"Send {' or '.join(allowed)}.")
    return Answer(answer.status, answer.body, JSON, {"allow": ", ".join((*allowed, "OPTIONS"))})


def of_failure(exc: Exception, request_id: str) -> Answer:
    """400, 401, 413, 429 or 503; what nobody expected is logged once and answered like a short absence."""
    if isinstance(exc, Unreadable):
        return _error(exc.status, exc.code, str(exc), exc.detail)
    if isinstance(exc, Unauthenticated):
        return _error(401, exc.code, str(exc), "")
    if isinstance(exc, RateLimited):
        detail = f"At most {exc.limit} events a minute."
        return _error(429, exc.code, str(exc), detail, str(exc.retry_after_seconds))
    if not runtime.may_pass_later(exc) or runtime.is_unreachable(exc):
        errors.report(exc, request_id)
    return _error(
        503,
        "UNAVAILABLE",
        "Nothing was stored; send it again later.",
        f"Request {request_id}",
        str(RETRY_SECONDS),
    )


def _error(status: int, code: str, message: str, detail: str, retry_after: str | None = None) -> Answer:
    headers = {"retry-after": retry_after} if retry_after else {}
    body = msgspec.json.encode({"code": code, "message": message, "detail": detail})
    return Answer(status, body, JSON, headers)
