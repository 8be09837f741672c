"""Queries of the garage."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.fields import arg, query
from api.garage.types import Binding, GarageHealth, MyVehicle, Vehicle, VinDecoding
from api.paging import After, Connection, First
from api.permissions import ANYONE, MEMBER, SIGNED_IN, can
from domain.errors import BadInput, NotFound
from domain.garage import claims, overview, vehicles
from domain.profile import members

REVIEWS = can("operator", "approver")
LONGEST = 100


@strawberry.type
class GarageQuery:
    @query("The vehicles that the signed-in member has a right to, the first bound first.", who=MEMBER)
    async def my_vehicles(self, info: Info) -> list[MyVehicle]:
        rows = await overview.of_member(await members.root_of(info.context.actor.must_be_member()))
        cars = await vehicles.by_ids([row["vehicle"] for row in rows])
        return [
            MyVehicle(
                role=Binding.of(row).role,
                since=row["valid_from"],
                vehicle=Vehicle.of(cars[row["vehicle"]]),
                binding=Binding.of(row),
            )
            for row in rows
        ]

    @query("A vehicle that the caller has a right to.", who=SIGNED_IN)
    async def vehicle(self, info: Info, id: Annotated[UUID, arg("The vehicle's id.")]) -> Vehicle | None:
        found = await Vehicle.load([id], info.context)
        if id not in found:
            raise NotFound()
        return found[id]

    @query("What a VIN says of itself. It proves nothing about its owner.", who=ANYONE)
    async def decode_vin(self, vin: Annotated[str, arg("The VIN, however it is written.")]) -> VinDecoding:
        if len(vin) > LONGEST:
            raise BadInput(f"vin: Use at most {LONGEST} characters.")
        return VinDecoding.of(await claims.decode(vin))

    @query("The signed-in member's bindings and claims, newest first.", who=MEMBER)
    async def my_bindings(self, info: Info, first: First = 20, after: After = None) -> Connection[Binding]:
        page = paging.page(first, after)
        root = await members.root_of(info.context.actor.must_be_member())
        rows = await overview.all_of_member(root, page)
        return _connection(rows, page)

    @query("Claims that wait for a decision, oldest first.", who=REVIEWS)
    async def binding_reviews(self, first: First = 20, after: After = None) -> Connection[Binding]:
        page = paging.page(first, after)
        return _connection(await overview.reviews(page), page)

    @query("Whether the garage's invariants hold.", who=can("operator", "analyst"))
    async def garage_health(self) -> GarageHealth:
        return GarageHealth.of(await overview.health())


def _connection(rows: list, page: paging.Page) -> Connection[Binding]:
    return paging.connection(
        rows,
        page,
        key=lambda row: (row["claimed_at"], row["id"]),
        nodes=[Binding.of(row) for row in rows[: page.limit]],
    )
