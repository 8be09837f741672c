"""The API: its routes, what it opens at start and closes at the end."""

from __future__ import annotations

import copy
import gc
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar
from strawberry import Schema

from api import errors, health, limits, media_files, metrics, nudge, privacy, redis
from api.http import failures, graphql, headers, origins
from api.playground import page
from api.tracking import front
from domain import wiring
from domain.foundation import logs, process, production


class Operation(metrics.Observed, limits.Limits, errors.Masked, nudge.Nudge):
    """What surrounds every operation; one extension, because each costs time of its own."""


def create_app(
    schema: Schema | None = None, *, is_standing_alone: bool = True, routes: Iterable[Any] = ()
) -> Litestar:
    """The application for a schema; ``is_standing_alone`` is false when somebody else opened the database."""
    if schema is None:
        from api.schema import schema as published

        schema = published
    logs.configure()
    wiring.start()
    served = copy.copy(schema)
    served.extensions = (Operation, *schema.extensions)
    app = Litestar(
        route_handlers=[
            graphql.endpoint(served),
            health.live,
            health.ready,
            health.prometheus,
            *page.ROUTES,
            privacy.download,
            *media_files.ROUTES,
            *routes,
        ],
        middleware=[headers.guarded],
        exception_handlers={Exception: failures.answer},
        cors_config=origins.cors(),
        lifespan=[_opened] if is_standing_alone else [],
        logging_config=None,
        openapi_config=None,
    )
    app.asgi_handler = front.before(app.asgi_handler)
    return app


@asynccontextmanager
async def _opened(_: Litestar) -> AsyncIterator[None]:
    production.must_be_fit()
    async with process.opened():
        _settle()
        try:
            yield
        finally:
            await nudge.settled()
            await redis.close()


def _settle() -> None:
    """What exists now lives as long as the process: the collector need not look at it again."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)


def __getattr__(name: str) -> Any:
    """``api.app:app``, made when a server asks for it."""
    if name == "app":
        globals()["app"] = create_app()
        return globals()["app"]
    raise AttributeError(name)
