"""Refusals of the domain as members of result unions: one type per meaning, shared by all areas."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import strawberry
from graphql import GraphQLUnionType
from strawberry import Info

from domain import errors
from domain.access.errors import MemberSuspended as MemberSuspendedRaised
from domain.points import amounts
from domain.points.errors import AccountFrozen as AccountFrozenRaised
from domain.points.errors import InsufficientPoints as InsufficientPointsRaised

T = TypeVar("T")

#: What each refusal of the domain is published as, with the function that makes it.
published_as: list[tuple[type[errors.Refusal], str, Callable[[Any, Info], Any]]] = []


@strawberry.interface(description="Why a mutation did not do its work. Nothing was changed.")
class Refusal:
    message: str = strawberry.field(description="For the person, in the language of the request.")


def refusal(source: type[errors.Refusal], description: str | None = None) -> Any:
    """Publish a domain refusal as a GraphQL type: its fields are read from the exception by name.

    The type may define ``of(exc, message)`` where a fact needs another shape.
    """

    def publish(cls: type[T]) -> type[T]:
        published: Any = strawberry.type(
            cls, description=description or (source.__doc__ or "").strip().split("\n")[0]
        )
        names = [f.name for f in dataclasses.fields(published) if f.name != "message"]

        def convert(exc: errors.Refusal, info: Info) -> Any:
            message = exc.message(info.context.language)
            if hasattr(published, "of"):
                return published.of(exc, message)
            return published(message=message, **{name: getattr(exc, name) for name in names})

        published_as.append((source, published.__strawberry_definition__.name, convert))
        return published

    return publish


def member_of(union: GraphQLUnionType, raised: errors.Refusal, info: Info) -> Any:
    """The refusal as a member of a result union; None where the union has no type for it.

    Not by the schema's own handlers of exceptions: it asks each of them about each field while it is built, which made
    up a fifth of the time that a start takes.
    """
    names = {member.name for member in union.types}
    return next(
        (
            convert(raised, info)
            for source, name, convert in published_as
            if isinstance(raised, source) and name in names
        ),
        None,
    )


@strawberry.type(description="One thing wrong with an input.")
class InputProblem:
    path: str = strawberry.field(description="Where: dotted, in the input's own names.")
    message: str = strawberry.field(description="What is wrong.")


@refusal(errors.InvalidInput)
class InvalidInput(Refusal):
    problems: list[InputProblem] = strawberry.field(description="Every problem found.")


@refusal(errors.IllegalTransition)
class IllegalTransition(Refusal):
    from_: str = strawberry.field(name="from", description="The present state.")
    to: str = strawberry.field(description="The state that was asked for.")
    allowed: list[str] = strawberry.field(description="The states that may follow the present one.")


@refusal(errors.HoldExpired)
class HoldExpired(Refusal):
    pass


@refusal(errors.VersionConflict)
class VersionConflict(Refusal):
    current: int = strawberry.field(description="The record's present version: read it again, then decide.")


@strawberry.type(description="One reason why not, and what the member can do about it.")
class Ineligibility:
    code: str = strawberry.field(description="The reason's name, stable for programs.")
    message: str = strawberry.field(description="The reason for a person.")
    next_step: str = strawberry.field(description="What would help, NONE if nothing.")
    required: str | None = strawberry.field(description="What is asked for, where it can be said.")
    actual: str | None = strawberry.field(description="What the member has.")
    available_at: datetime | None = strawberry.field(description="From when it may hold.")
    group: str | None = strawberry.field(description="Reasons of one group are alternatives.")

    @classmethod
    def of(cls, reason: errors.Ineligibility, language: str) -> Ineligibility:
        facts = {name: value for name, value in vars(reason).items() if name not in ("message", "en")}
        message = reason.en if language == "en" and reason.en else reason.message
        return cls(message=message, **facts)


@strawberry.type(description="Whether something may be, and if not, every reason.")
class Eligibility:
    is_allowed: bool = strawberry.field(description="True iff there is no reason.")
    reasons: list[Ineligibility] = strawberry.field(description="Every condition that fails, in order.")


@refusal(errors.NotEligible)
class NotEligible(Refusal):
    found: strawberry.Private[list[errors.Ineligibility]]

    @strawberry.field(description="Every condition that fails.")
    def reasons(self, info: Info) -> list[Ineligibility]:
        return [Ineligibility.of(reason, info.context.language) for reason in self.found]

    @classmethod
    def of(cls, exc: errors.NotEligible, message: str) -> NotEligible:
        return cls(message=message, found=exc.reasons)


@refusal(MemberSuspendedRaised)
class MemberSuspended(Refusal):
    until: datetime | None = strawberry.field(description="Until when, if that is known.")


@refusal(InsufficientPointsRaised)
class InsufficientPoints(Refusal):
    wallet: str = strawberry.field(description="The wallet's code.")
    balance: Decimal = strawberry.field(description="What the member can spend now.")
    price: Decimal = strawberry.field(description="What is asked for.")
    missing: Decimal = strawberry.field(description="The difference.")

    @classmethod
    def of(cls, exc: InsufficientPointsRaised, message: str) -> InsufficientPoints:
        found = {
            name: amounts.decimal(getattr(exc, name), exc.scale) for name in ("balance", "price", "missing")
        }
        return cls(message=message, wallet=exc.wallet, **found)


@refusal(AccountFrozenRaised)
class AccountFrozen(Refusal):
    wallet: str = strawberry.field(description="The wallet's code.")
    until: datetime | None = strawberry.field(description="Until when, if that is known.")
