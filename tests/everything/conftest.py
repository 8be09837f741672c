"""The whole application over HTTP in this process, and a token of every role."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

CODES = {
    "UNAUTHENTICATED", "FORBIDDEN", "BAD_INPUT", "NOT_FOUND", "RATE_LIMITED", "CONFLICT", "IDEMPOTENCY_MISMATCH",
    "COST_LIMIT",
}  # fmt: skip


class Http:
    """Operations as a role, answered as JSON; a status of 500 or an unknown code is a failure."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self._tokens: dict[str, str] = {}

    async def token(self, role: str) -> str:
        """The role's token, made when it is first asked for."""
        from domain import development

        if role not in self._tokens:
            self._tokens[role] = await development.token(role)
        return self._tokens[role]

    async def run(self, role: str, operation: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        import msgspec

        headers = {"content-type": "application/json", "accept-language": "en"}
        if role == "source":
            headers["x-write-key"] = await self.token(role)
        elif role != "visitor":
            headers["authorization"] = f"Bearer {await self.token(role)}"
        body = {"query": operation, "variables": variables or {}}
        answer = await self.client.post("/graphql", content=_json(body), headers=headers)
        assert answer.status_code < 500, f"{answer.status_code}: {operation} {variables} {answer.text[:500]}"
        found = msgspec.json.decode(answer.content)
        for error in found.get("errors", []):
            code = error.get("extensions", {}).get("code")
            assert code in CODES, f"{code}: {error['message']} after {operation} {variables}"
        return found


def _json(body: Any) -> bytes:
    import json

    return json.dumps(body).encode()  # escapes lone surrogates, as a client could


@pytest.fixture(scope="session")
def app():
    """The application, once for all tests: what a test stores is in the database alone."""
    from api.app import create_app

    return create_app(is_standing_alone=False)


@pytest.fixture
async def http(rollback, app):
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://marque.test") as client:
        yield Http(client)
