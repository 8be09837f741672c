"""Reading plain attributes directly answers exactly what the ordinary path answers, errors included."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
import strawberry
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.context import Context
from api.execution import Execution
from api.fields import CONFIG, field, query
from api.permissions import ANYONE, can
from domain.foundation import ids
from tests import make


@strawberry.enum
class Colour(Enum):
    RED = "red"


@strawberry.type
class Thing:
    id: UUID
    name: str
    note: str | None
    number: int
    share: Decimal
    at: datetime
    colour: Colour
    is_new: bool
    words: list[str]

    @strawberry.field
    def shout(self) -> str:
        return self.name.upper()


GOOD = {
    "id": ids.named("thing"), "name": "a", "note": None, "number": 3, "share": Decimal("1.50"),
    "at": datetime(2026, 1, 1, tzinfo=UTC), "colour": Colour.RED, "is_new": True, "words": ["x"],
}  # fmt: skip
QUERY = "{ thing { id name alias: name note number share at colour isNew words shout __typename } other { name } }"


def schema(execution: type, given: dict[str, Any]) -> strawberry.Schema:
    @strawberry.type
    class Query:
        @strawberry.field
        async def thing(self) -> Thing | None:
            made = Thing.__new__(Thing)
            for name, value in given.items():
                setattr(made, name, value)
            return made

        @strawberry.field
        async def other(self) -> Thing | None:
            return Thing(**GOOD)

    return strawberry.Schema(Query, config=CONFIG, execution_context_class=execution)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"note": "n"},
        {"name": None},
        {"name": 5},
        {"name": ValueError("stored")},
        {"number": "three"},
        {"number": 2**40},
        {"share": "x"},
        {"colour": "green"},
        {"at": None},
        {"id": None},
        {"is_new": "yes"},
        {"words": None},
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_both_paths_answer_the_same(changed):
    answers = []
    for execution in (StrawberryGraphQLCoreExecutionContext, Execution):
        result = await schema(execution, GOOD | changed).execute(QUERY)
        answers.append((result.data, [error.formatted for error in result.errors or []]))
    assert answers[0] == answers[1]


async def test_a_missing_attribute_is_the_same_error():
    given = {name: value for name, value in GOOD.items() if name != "number"}
    results = [
        await schema(execution, given).execute("{ thing { number } }")
        for execution in (StrawberryGraphQLCoreExecutionContext, Execution)
    ]
    assert [error.formatted for error in results[0].errors] == [
        error.formatted for error in results[1].errors
    ]
    assert results[0].data == results[1].data == {"thing": None}


@strawberry.type(description="Something.")
class Sealed:
    secret: str | None = field("For operators.", who=can("operator"))


@strawberry.type(description="What can be read.")
class SealedQuery:
    @query("It.", who=ANYONE)
    async def sealed(self) -> Sealed:
        return Sealed(secret="hidden")


async def test_a_guarded_attribute_is_never_read_past_its_guard():
    schema = strawberry.Schema(query=SealedQuery, config=CONFIG, execution_context_class=Execution)
    visitor, operator = Context(actor=make.visitor()), Context(actor=make.staff("operator"))
    refused = await schema.execute("{ sealed { secret } }", context_value=visitor)
    assert refused.data == {"sealed": {"secret": None}} and refused.errors
    shown = await schema.execute("{ sealed { secret } }", context_value=operator)
    assert shown.data == {"sealed": {"secret": "hidden"}}
