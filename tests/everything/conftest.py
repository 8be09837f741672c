"""The whole application over HTTP in this process, and a token of every role."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.permissions import ROLES

CODES = {
    "UNAUTHENTICATED", "FORBIDDEN", "BAD_INPUT", "NOT_FOUND", "RATE_LIMITED", "CONFLICT", "IDEMPOTENCY_MISMATCH",
    "COST_LIMIT",
}  # fmt: skip


class Http:
    """Operations as a role, answered as JSON; a status of 500 or an unknown code is a failure."""

    def __init__(self, client: httpx.AsyncClient, tokens: dict[str, str]) -> None:
        self.client = client
        self.tokens = tokens

    async def run(self, role: str, operation: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        import msgspec

        headers = {"content-type": "application/json", "accept-language": "en"}
        if role == "source":
            headers["x-write-key"] = self.tokens[role]
        elif role != "visitor":
            headers["authorization"] = f"Bearer {self.tokens[role]}"
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


@pytest.fixture
async def http(rollback):
    from api.app import create_app
    from domain import development, wiring

    await wiring.seed_brand()
    tokens = {role: await development.token(role) for role in ROLES if role != "visitor"}
    transport = httpx.ASGITransport(app=create_app(is_standing_alone=False), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://marque.test") as client:
        yield Http(client, tokens)
