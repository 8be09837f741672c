"""The one connection pool to Redis. Redis wakes the workers and counts calls; it is never the record."""

from __future__ import annotations

import time

import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool

from domain.foundation import redis_url
from domain.settings import settings

log = structlog.get_logger("marque.redis")

#: While Redis is away it is asked again only so often: callers must not wait for it.
RETRY_SECONDS = 2.0

_pool: ArqRedis | None = None
_is_away = False
_ask_again_at = 0.0


def settings_of(url: str) -> RedisSettings:
    """redis://, rediss://, unix:// or sentinel://host:port,host:port/master."""
    watched = redis_url.watched(url)
    made = RedisSettings(**watched) if watched else RedisSettings.from_dsn(url)
    made.conn_retries, made.conn_timeout = 0, 1
    return made


async def pool() -> ArqRedis | None:
    """The pool, or None while Redis is not set up or away (said once in the log); nobody waits for it twice."""
    if _pool is None and time.monotonic() < _ask_again_at:
        return None
    return await connected()


async def connected() -> ArqRedis | None:
    """The pool, asking even when Redis did not answer a moment ago."""
    global _pool
    url = settings().redis_url
    if _pool is None and url is not None:
        try:
            _pool = await create_pool(settings_of(url.get_secret_value()))
        except Exception as exc:
            went_away(exc)
            return None
        came_back()
    return _pool


def went_away(exc: Exception) -> None:
    """Note that Redis does not answer; only the first time is logged."""
    global _is_away, _ask_again_at
    _ask_again_at = time.monotonic() + RETRY_SECONDS
    if not _is_away:
        _is_away = True
        log.warning("redis does not answer; calls pass uncounted, cron drains", reason=type(exc).__name__)


def came_back() -> None:
    """Note that Redis answers."""
    global _is_away
    if _is_away:
        _is_away = False
        log.info("redis answers again")


async def close() -> None:
    """Close the pool."""
    global _pool, _ask_again_at
    pool_, _pool, _ask_again_at = _pool, None, 0.0
    if pool_ is not None:
        await pool_.aclose()
