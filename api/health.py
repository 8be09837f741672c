"""Whether this process lives, whether Marque is ready, and its metrics."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Any

from litestar import MediaType, Request, Response, get

from api import metrics, redis
from domain.foundation import heartbeat, migrations, runtime
from domain.profile import drain
from domain.settings import settings

PART_SECONDS = 3.0
WORKER_SILENT_SECONDS = 30.0
LAG_SECONDS = 15 * 60
_is_migrated = False

Part = dict[str, Any]


@get("/health/live", sync_to_thread=False)
def live() -> dict[str, str]:
    """This process answers."""
    return {"status": "ok"}


@get("/health/ready")
async def ready() -> Response[dict[str, Any]]:
    """Every part that Marque needs, each with its state; 503 while one is not ready."""
    parts = dict(
        zip(PARTS, await asyncio.gather(*(_checked(check) for check in PARTS.values())), strict=True)
    )
    is_ready = all(part["ok"] for part in parts.values())
    body = {"status": "ready" if is_ready else "not ready", "parts": parts}
    return Response(body, status_code=200 if is_ready else 503, headers={"cache-control": "no-store"})


@get("/metrics", media_type=MediaType.TEXT)
async def prometheus(request: Request) -> Response[bytes]:
    """Metrics for Prometheus; from this machine, or with the token of the settings."""
    if not _may_read(request):
        return Response(b"Use the metrics token.\n", status_code=401, headers={"www-authenticate": "Bearer"})
    return Response(
        metrics.exposition(), headers={"content-type": "text/plain; version=0.0.4; charset=utf-8"}
    )


async def _database() -> Part:
    return {"ok": await runtime.answers()}


async def _redis() -> Part:
    pool = await redis.connected()
    if pool is None:
        return {"ok": False, "reason": "does not answer"}
    await pool.ping()
    return {"ok": True}


async def _migrations() -> Part:
    global _is_migrated
    if _is_migrated:  # a running version ships no new ones
        return {"ok": True, "pending": 0}
    left = await migrations.pending()
    _is_migrated = not left
    return {"ok": not left, "pending": len(left)}


async def _worker() -> Part:
    age = await heartbeat.age("worker")
    if age is None:
        return {"ok": False, "reason": "no worker has reported yet"}
    return {"ok": age < WORKER_SILENT_SECONDS, "secondsSinceHeartbeat": round(age, 1)}


async def _drain() -> Part:
    lag = await drain.lag()
    # A moved test clock makes every waiting row look old at once.
    is_late = lag.oldest_seconds > LAG_SECONDS and not settings().test_clock
    return {
        "ok": not is_late,
        "pending": lag.pending,
        "oldestSeconds": lag.oldest_seconds,
        "overdue": lag.overdue,
        "setAside": lag.set_aside,
    }


PARTS: dict[str, Callable[[], Awaitable[Part]]] = {
    "database": _database,
    "redis": _redis,
    "migrations": _migrations,
    "worker": _worker,
    "drain": _drain,
}


async def _checked(check: Callable[[], Awaitable[Part]]) -> Part:
    try:
        async with asyncio.timeout(PART_SECONDS):
            return await check()
    except Exception as exc:
        return {"ok": False, "reason": type(exc).__name__}


def _may_read(request: Request) -> bool:
    token = settings().metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token is not None and secrets.compare_digest(given.encode(), token.get_secret_value().encode()):
        return True
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False
