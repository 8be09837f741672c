"""What routes beside GraphQL answer when something goes wrong: the same masking, as plain JSON."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from api import errors
from api.http.answer import RETRY_SECONDS
from domain.errors import Refusal, TopLevel
from domain.foundation import runtime

STATUS = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "BAD_INPUT": 400,
    "CONFLICT": 409,
    "RATE_LIMITED": 429,
}


def answer(request: Request, exc: Exception) -> Response[dict[str, Any]]:
    """One JSON object with a code and a message; what nobody expected is masked and logged once."""
    if isinstance(exc, HTTPException):
        return _body(exc.status_code, "BAD_INPUT", exc.detail, dict(exc.headers or {}))
    if isinstance(exc, TopLevel):
        return _body(STATUS.get(exc.code, 400), exc.code, str(exc))
    if isinstance(exc, Refusal):
        return _body(400, "BAD_INPUT", exc.message("en"))
    request_id = str(request.scope.get("marque_request_id", ""))
    errors.report(exc, request_id)
    is_away = runtime.is_unreachable(exc)
    headers = {"retry-after": str(RETRY_SECONDS)} if is_away else {}
    return _body(503 if is_away else 500, "INTERNAL", errors.MASKED["en"], headers, requestId=request_id)


def _body(
    status: int, code: str, message: str, headers: dict[str, str] | None = None, **facts: Any
) -> Response[dict[str, Any]]:
    return Response({"code": code, "message": message, **facts}, status_code=status, headers=headers)
