"""The worker's settings: ``arq workers.main.WorkerSettings``."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from typing import Any

from arq import cron, func
from arq.connections import RedisSettings

from domain.foundation import logs, process, production, redis_url
from domain.settings import settings
from workers import interactions, sweeps

EVERY_SECOND = set(range(60))
EVERY_FIVE_SECONDS = set(range(0, 60, 5))


async def start(context: dict[str, Any]) -> None:
    """Open what the jobs need, and report for duty at once."""
    production.must_be_fit()
    logs.configure()
    logging.getLogger("arq").setLevel(logging.WARNING)  # a line per job per second tells nobody anything
    stack = AsyncExitStack()
    await stack.enter_async_context(process.opened())
    context["stack"] = stack
    await sweeps.beat(context)
    await sweeps.keep_house(context)


async def stop(context: dict[str, Any]) -> None:
    """Give it back."""
    await context["stack"].aclose()


def _redis() -> RedisSettings:
    url = settings().redis_url
    if url is None:
        raise RuntimeError("MARQUE_REDIS_URL is not set: start the worker with `marque up`, or set it.")
    watched = redis_url.watched(url.get_secret_value())
    found = RedisSettings(**watched) if watched else RedisSettings.from_dsn(url.get_secret_value())
    found.conn_retries, found.conn_retry_delay = 60, 1
    return found


class WorkerSettings:
    """Several workers may run; each job may be run twice and killed anywhere."""

    functions = [func(interactions.drain, name="drain", keep_result=0, max_tries=1)]
    cron_jobs = [
        # Every worker runs these by itself: a job id shared by all would stay taken for its whole time-out after a
        # worker was killed, and nothing would be drained until then. In one process a running call keeps others out.
        cron(interactions.drain, second=EVERY_SECOND, unique=False, timeout=60),
        cron(sweeps.sweep, second=EVERY_SECOND, unique=False, timeout=120),
        cron(sweeps.beat, second=EVERY_FIVE_SECONDS, unique=False),
        cron(sweeps.keep_house, minute=7, second=0, timeout=300),
        cron(sweeps.examine, hour=3, minute=17, second=0, timeout=3_600, max_tries=1),
    ]
    on_startup = start
    on_shutdown = stop
    redis_settings = _redis()
    job_timeout = 60
    max_jobs = 8
    poll_delay = 0.1
    keep_result = 0
    allow_abort_jobs = False
    health_check_interval = 10
