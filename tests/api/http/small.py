"""A schema with one field for each thing that can happen, to test the transport without any area."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import strawberry

from domain.errors import Forbidden, InvalidInput, RateLimited


@strawberry.type
class Item:
    name: str = "汽车"


@strawberry.type
class Items:
    nodes: list[Item]


@strawberry.type
class Query:
    @strawberry.field
    async def hello(self, name: str = "世界") -> str:
        return f"你好,{name}"

    @strawberry.field
    async def items(self, first: int = 20) -> Items:
        return Items(nodes=[Item() for _ in range(min(first, 100))])

    @strawberry.field
    async def nested(self, first: int = 20) -> list[Query]:
        return [Query()]

    @strawberry.field
    async def one(self) -> Query:
        return Query()

    @strawberry.field
    async def boom(self) -> str | None:
        raise RuntimeError("the phone number is 13800000000")

    @strawberry.field
    async def lost(self) -> str | None:
        raise ConnectionRefusedError("no postgres")

    @strawberry.field
    async def forbidden(self) -> str | None:
        raise Forbidden("Not for you.")

    @strawberry.field
    async def limited(self) -> str | None:
        raise RateLimited(7, 10)

    @strawberry.field
    async def refused(self) -> str | None:
        raise InvalidInput.at("name", "Too long.")

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.sleep(30)
        return "late"


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def change(self) -> str:
        return "changed"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int = 3) -> AsyncIterator[int]:
        for number in range(to):
            yield number
            await asyncio.sleep(0)

    @strawberry.subscription
    async def endless(self) -> AsyncIterator[int]:
        while True:
            yield 1
            await asyncio.sleep(3600)

    @strawberry.subscription
    async def broken(self) -> AsyncIterator[int]:
        yield 1
        raise RuntimeError("the phone number is 13800000000")


schema = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)
