"""GraphQL without HTTP: ``await gql(query, variables, actor=...)``."""

from __future__ import annotations

from typing import Any

import pytest

from domain.actor import Actor
from tests import make


class Answer:
    """What an operation answered: ``data`` and ``errors`` with their codes."""

    def __init__(self, result: Any) -> None:
        self.data = result.data
        self.errors = result.errors or []

    def __getitem__(self, name: str) -> Any:
        assert not self.errors, self.errors
        return self.data[name]

    @property
    def codes(self) -> list[str]:
        """The codes of domain errors, in order (the HTTP layer puts them into ``extensions.code``)."""
        return [getattr(error.original_error, "code", "BAD_INPUT") for error in self.errors]


@pytest.fixture
def gql():
    """Run an operation as an actor (a visitor by default), in English."""
    from api.context import Context
    from api.schema import schema

    async def run(
        operation: str,
        variables: dict[str, Any] | None = None,
        *,
        actor: Actor | None = None,
        language: str = "en",
    ) -> Answer:
        context = Context(actor=actor or make.visitor(), language=language, request_id="test")
        return Answer(await schema.execute(operation, variable_values=variables, context_value=context))

    return run
