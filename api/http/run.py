"""One run of the schema within its time, its errors shown or masked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from graphql import GraphQLError
from strawberry import Schema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from api import errors
from api.http.answer import RETRY_SECONDS, Answer
from api.http.failures import STATUS
from domain.settings import settings

READ_ONLY = (OperationType.QUERY,)
ONE_ANSWER = (OperationType.QUERY, OperationType.MUTATION)


async def run(
    schema: Schema,
    query: str,
    variables: dict[str, Any] | None,
    operation_name: str | None,
    context: Any,
    allowed: Iterable[OperationType] = ONE_ANSWER,
) -> Answer:
    """Execute a query or mutation and answer what the caller may see."""
    try:
        async with asyncio.timeout(settings().execution_timeout_seconds):
            result = await schema.execute(query, variables, context, None, operation_name, allowed)
        raw, data, extensions = result.errors or [], result.data, result.extensions
    except CannotGetOperationTypeError as exc:
        raw, data, extensions = [GraphQLError(exc.as_http_error_reason())], None, None
    except InvalidOperationTypeError as exc:
        reason = "Subscriptions need a WebSocket." if exc.operation_type is OperationType.SUBSCRIPTION else ""
        return Answer(
            errors=errors.shown(
                [GraphQLError(reason or "GET serves queries only; send a POST.")], context.request_id
            ),
            is_executed=False,
            status=405 if not reason else 400,
            headers={"allow": "POST"} if not reason else {},
        )
    except TimeoutError:
        return _timed_out(context)
    answer = Answer(
        data=data,
        errors=errors.shown(raw, context.request_id, context.language),
        extensions=extensions,
        is_executed=data is not None or any(error.path is not None for error in raw),
    )
    if errors.is_away(raw):
        answer.status, answer.headers = 503, {"retry-after": str(RETRY_SECONDS)}
    return answer


def refusal(exc: Exception, request_id: str, language: str = "zh-CN") -> Answer:
    """The answer when a request is turned away before it runs: bad token, too many calls, database away."""
    raw = GraphQLError(str(exc), original_error=exc)
    shown = errors.shown([raw], request_id, language)
    code = errors.code_of(shown[0])
    answer = Answer(errors=shown, is_executed=False, status=STATUS.get(code, 500))
    if code == "RATE_LIMITED":
        answer.headers["retry-after"] = str((shown[0].extensions or {}).get("retryAfterSeconds", 1))
    elif code == "UNAUTHENTICATED":
        answer.headers["www-authenticate"] = "Bearer"
    elif errors.is_away([raw]):
        answer.status, answer.headers = 503, {"retry-after": str(RETRY_SECONDS)}
    return answer


def _timed_out(context: Any) -> Answer:
    errors.log.warning("operation timed out", request_id=context.request_id)
    seconds = settings().execution_timeout_seconds
    late = GraphQLError(
        f"This took longer than {seconds:g} s and was stopped.",
        extensions={"code": "INTERNAL", "requestId": context.request_id},
    )
    return Answer(errors=[late], is_executed=False, status=503, headers={"retry-after": str(RETRY_SECONDS)})
