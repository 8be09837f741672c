"""How a field is declared: with its description and who may call it. One way for every area.

A mutation takes exactly one ``input``; its permission, the check of its texts, idempotency by ``clientMutationId``,
the transaction and its retry are done here, so a resolver is one domain call.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Annotated, Any, NewType
from uuid import UUID

import strawberry
from graphql import GraphQLID, GraphQLScalarType, get_named_type, is_union_type
from strawberry import Info
from strawberry.extensions import FieldExtension
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition
from strawberry.types.unset import UNSET

from api import outcome, refusals
from api.permissions import Who
from domain import errors, idempotency
from domain.errors import BadInput, Problem
from domain.errors import InvalidInput as InvalidInputRaised
from domain.foundation import ids

LONGEST_TEXT = 100_000

Json = JSON
Duration = NewType("Duration", str)
BilingualText = NewType("BilingualText", dict[str, str])


def _id(value: Any) -> UUID:
    """A text that is no UUID names nothing; it becomes an id that no record has."""
    try:
        return UUID(str(value))
    except ValueError:
        return ids.named("no such id", value)


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool | float):
        raise ValueError("Write the number as a string, so that it stays exact.")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("This is not a number; write one such as 12.50.") from None
    if not number.is_finite() or len(str(value)) > 40:
        raise ValueError("This is not a number that can be kept exactly.")
    return number


def _bilingual(value: Any) -> dict[str, str]:
    """``{zh, en}``; one text alone stands for both."""
    if isinstance(value, str):
        return {"zh": value, "en": value}
    if (
        isinstance(value, dict)
        and set(value) == {"zh", "en"}
        and all(isinstance(t, str) for t in value.values())
    ):
        return value
    raise ValueError("Write a text, or {zh, en}.")


def _id_scalar() -> GraphQLScalarType:
    """The built-in ID with UUIDs on our side; graphql-core lets nobody else be *made* with that name."""
    scalar = GraphQLScalarType(name="Id", serialize=str, parse_value=_id, description=GraphQLID.description)
    scalar.name = "ID"
    return scalar


SCALARS = {
    UUID: ScalarDefinition(
        name="ID",
        description=GraphQLID.description,
        specified_by_url=None,
        serialize=str,
        parse_value=_id,
        parse_literal=None,
        implementation=_id_scalar(),
        origin=UUID,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="An exact decimal number, written as a string.",
        serialize=lambda value: format(value, "f"),
        parse_value=_decimal,
    ),
    Duration: strawberry.scalar(
        name="Duration",
        description="A length of time in ISO 8601, exact: P7D is 604,800 s.",
        serialize=str,
        parse_value=str,
    ),
    BilingualText: strawberry.scalar(
        name="BilingualText",
        description="A text in Chinese and English, `{zh, en}`; one text alone stands for both.",
        serialize=dict,
        parse_value=_bilingual,
    ),
}

CONFIG = StrawberryConfig(scalar_map=SCALARS)


@strawberry.interface(description="A record with an id of its own, which `node(id:)` reads again.")
class Node:
    id: UUID = strawberry.field(description="The record's id (UUID).")


@strawberry.input(description="What every mutation's input carries.")
class Input:
    client_mutation_id: str | None = strawberry.field(
        default=None,
        description="Up to 64 characters, yours: the same id and input answer the first result again.",
    )


def field(description: str, **options: Any) -> Any:
    """A field of an output type, or (as a decorator) a resolved one."""
    who = options.pop("who", None)
    extensions = [Guard(who)] if who else []
    return strawberry.field(description=description, extensions=extensions, **options)


def arg(description: str) -> Any:
    """The description of an argument, inside ``Annotated``."""
    return strawberry.argument(description=description)


def query(description: str, *, who: Who, **options: Any) -> Any:
    """A field of Query; the resolver is async."""
    return strawberry.field(description=description, extensions=[Guard(who)], **options)


def mutation(description: str, *, who: Who, is_transactional: bool = True) -> Any:
    """A field of Mutation. ``is_transactional=False`` for work that opens several transactions of its own."""
    return strawberry.mutation(description=description, extensions=[Do(who, is_transactional)])


def subscription(description: str, *, who: Who) -> Any:
    """A field of Subscription; the guard runs before the stream opens."""
    return strawberry.subscription(description=description, extensions=[StreamGuard(who)])


def result(name: str, success: type, *others: type) -> Any:
    """The result union of a mutation: its success, InvalidInput, and the refusals that can really happen."""
    members: Any = success
    for member in (refusals.InvalidInput, *others):
        members = members | member
    return Annotated[
        members, strawberry.union(f"{name}Result", description=f"What {name[0].lower()}{name[1:]} answers.")
    ]


def enum(cls: type[Enum], description: str, *, name: str | None = None, **values: str) -> Any:
    """Publish an enum of the domain (under another ``name`` if given); each value is described by its name."""
    published: Any = strawberry.enum(cls, name=name, description=description)
    for value in published.__strawberry_definition__.values:
        value.description = values[value.name]
    return published


class Guard(FieldExtension):
    """Lets only the named roles in."""

    def __init__(self, who: Who) -> None:
        self.who = who

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        self.who.must_admit(info.context.actor)
        return next_(source, info, **kwargs)

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        self.who.must_admit(info.context.actor)
        for problem in _problems(kwargs, ""):
            raise BadInput(f"{problem.path}: {problem.message}")
        return await next_(source, info, **kwargs)


class StreamGuard(Guard):
    """The same for a subscription, whose resolver is an async generator."""

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        self.who.must_admit(info.context.actor)
        return next_(source, info, **kwargs)

    resolve_async = resolve  # type: ignore[assignment]


class Do(FieldExtension):
    """Permission, text checks, idempotency and the transaction of a mutation; its refusals become its result."""

    def __init__(self, who: Who, is_transactional: bool) -> None:
        self.who = who
        self.is_transactional = is_transactional

    def apply(self, field: Any) -> None:
        for argument in field.arguments:
            argument.description = argument.description or "What to do."

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        try:
            return await self._done(next_, source, info, **kwargs)
        except errors.Refusal as raised:
            union = get_named_type(info._raw_info.return_type)
            answer = refusals.member_of(union, raised, info) if is_union_type(union) else None
            if answer is None:
                raise
            return answer

    async def _done(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        actor = info.context.actor
        self.who.must_admit(actor)
        given = kwargs["input"]
        problems = list(_problems(given, ""))
        if problems:
            raise InvalidInputRaised(problems)

        async def call() -> Any:
            return await next_(source, info, **kwargs)

        if not self.is_transactional:
            return await call()
        return await idempotency.once(
            actor,
            info.field_name,
            given.client_mutation_id,
            plain(given),
            call,
            store=outcome.store,
            load=lambda kept: outcome.load(kept, info),
        )


def plain(value: Any) -> Any:
    """An input as JSON values, to tell one body from another."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.name != "client_mutation_id"
        }
    if isinstance(value, strawberry.Some):
        return {"some": plain(value.value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, UUID | Decimal | datetime) or not isinstance(value, str | int | float | bool):
        return None if value is None or value is UNSET else str(value)
    return value


def _problems(value: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, Enum):
        return
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            yield Problem(path, f"Use at most {LONGEST_TEXT} characters.")
        if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\r\t" for char in value):
            yield Problem(path, "Remove the control characters.")
    elif isinstance(value, datetime):
        if value.tzinfo is None:
            yield Problem(path, "Write the time with its offset, such as 2026-01-31T09:00:00Z.")
    elif isinstance(value, strawberry.Some):
        yield from _problems(value.value, path)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _problems(item, f"{path}.{number}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _problems(str(key), f"{path}.{key}" if path else str(key))
            yield from _problems(item, f"{path}.{key}" if path else str(key))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for each in dataclasses.fields(value):
            name = _camel(each.name)
            yield from _problems(getattr(value, each.name), f"{path}.{name}" if path else name)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
