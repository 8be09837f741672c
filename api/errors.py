"""How an exception is shown: with a code of the public contract, or masked and logged once."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import structlog
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension

from domain.errors import Refusal, TopLevel
from domain.foundation import runtime
from domain.settings import settings

log = structlog.get_logger("marque.api")

# strawberry logs every error with a traceback, the clients' mistakes too; this module decides instead.
logging.getLogger("strawberry.execution").disabled = True

MASKED = {
    "zh-CN": "服务出了点问题,请稍后再试;如需帮助,请提供请求编号。",
    "en": "Something went wrong on our side; try again later, or give the request id to support.",
}


class Masked(SchemaExtension):
    """Shows the errors of streamed results; single results are shown by :mod:`api.http.run`."""

    def on_stream_result(self, result: Any) -> Iterator[None]:
        if result.errors:
            context = self.execution_context.context
            result.errors = shown(result.errors, context.request_id, context.language)
        yield


def shown(errors: Iterable[GraphQLError], request_id: str, language: str = "zh-CN") -> list[GraphQLError]:
    """The errors as the caller may see them; what nobody expected is logged here, once, with its traceback."""
    logged: set[int] = set()
    return [_shown(error, request_id, language, logged) for error in errors]


def code_of(error: GraphQLError) -> str:
    """The code of the public contract that an error is shown with."""
    original = cause(error)
    if isinstance(original, TopLevel):
        return original.code
    if isinstance(original, Refusal):
        return "BAD_INPUT"
    if isinstance(original, GraphQLError):
        return (original.extensions or {}).get("code") or "BAD_INPUT"
    # A variable that could not be read has nodes and no path: the exception is the scalar's, the mistake the caller's.
    return "BAD_INPUT" if error.path is None and error.nodes else "INTERNAL"


def is_away(errors: Iterable[GraphQLError] | None) -> bool:
    """Whether the database could not be reached."""
    return any(runtime.is_unreachable(cause(error)) for error in errors or ())


def cause(error: BaseException) -> BaseException:
    """The exception behind the wrappers that GraphQL puts around it."""
    while isinstance(error, GraphQLError) and error.original_error is not None:
        error = error.original_error
    return error


def _shown(error: GraphQLError, request_id: str, language: str, logged: set[int]) -> GraphQLError:
    original, code = cause(error), code_of(error)
    if code == "INTERNAL" and not isinstance(original, GraphQLError | TopLevel):
        if id(original) not in logged:
            logged.add(id(original))
            report(original, request_id)
        return _copy(error, MASKED.get(language, MASKED["en"]), {"code": code, "requestId": request_id})
    message, facts = error.message, dict(error.extensions or {})
    if isinstance(original, TopLevel):
        message, facts = str(original), original.facts
    elif isinstance(original, Refusal):
        message = original.message(language)
        if problems := getattr(original, "problems", None):
            facts = {"problems": [{"path": each.path, "message": each.message} for each in problems]}
    return _copy(error, message, {"code": code, **facts})


def report(exc: BaseException, request_id: str) -> None:
    """Log an exception that nobody expected; a database that is away takes one line and no traceback."""
    if runtime.is_unreachable(exc):
        log.error("database unreachable", request_id=request_id, reason=type(exc).__name__)
        return
    log.error("unexpected exception", request_id=request_id, exc_info=exc)
    hook = _hook(settings().sentry_hook)
    if hook is not None:
        hook(exc)


@lru_cache(1)
def _hook(path: str) -> Callable[[BaseException], Any] | None:
    if not path:
        return None
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def _copy(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
