"""Vehicles and who may call them their own."""

from __future__ import annotations

from domain.garage import claims
from tests import make
from tests.domain.garage.test_bindings import PAPERS, owner_of, registered, some_vin
from tests.everything.scenarios import CONFIGURES, Call, changes_nobody, leaves
from tests.everything.scenarios.people import OPERATOR


@changes_nobody("registerVehicles", CONFIGURES)
async def the_brand_delivers_a_car() -> Call:
    return Call(make.source(), {"vehicles": [{"vin": some_vin(), "modelCode": "S7"}]})


@leaves("bindVehicle")
async def a_member_claims_a_car() -> Call:
    me = await make.member_actor()
    proof = {"document": {"engineNumber": "E1", "realName": "张三"}}
    given = {"vin": await registered(), "proof": proof}
    return Call(me, given, {me.member_id: "garage.vehicle.claimed"})


@leaves("decideBinding")
async def a_claim_is_approved() -> Call:
    me = await make.member_actor()
    claim = await claims.claim(me, await registered(), PAPERS)
    given = {"id": str(claim), "decision": "APPROVE", "expectedVersion": 1}
    return Call(OPERATOR, given, {me.member_id: "garage.vehicle.bound"})


@leaves("decideBinding")
async def a_claim_is_rejected() -> Call:
    me = await make.member_actor()
    claim = await claims.claim(me, await registered(), PAPERS)
    given = {"id": str(claim), "decision": "REJECT", "expectedVersion": 1, "reason": "another name"}
    return Call(OPERATOR, given, {me.member_id: "garage.vehicle.rejected"})


@leaves("unbindVehicle")
async def an_owner_has_sold_the_car() -> Call:
    me, binding = await owner_of(await registered())
    given = {"bindingId": str(binding), "reason": "SOLD"}
    return Call(me, given, {me.member_id: "garage.vehicle.unbound"})
