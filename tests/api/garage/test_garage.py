"""The garage as clients see it."""

from __future__ import annotations

from api.auth import actor_from
from domain import db
from domain.access import sessions
from domain.garage import bindings, claims
from domain.garage.tables import EndedReason, Proof
from tests import make
from tests.domain.garage.test_bindings import PAPERS, owner_of, registered, some_vin

BIND = """mutation($input: BindVehicleInput!) { bindVehicle(input: $input) { __typename
  ... on BindVehicleSuccess { binding { id state vinClaimed version vehicle { id } } }
  ... on InvalidVin { problem } ... on TooManyClaims { availableAt } ... on Refusal { message }
  ... on InvalidInput { problems { path } } } }"""
DECIDE = """mutation($input: DecideBindingInput!) { decideBinding(input: $input) { __typename
  ... on DecideBindingSuccess { binding { state isFirstOwner vehicle { vin } } }
  ... on VersionConflict { current } ... on IllegalTransition { from to allowed }
  ... on ApprovalRequired { approval { id state } } } }"""
MINE = "{ myVehicles { role vehicle { id vin modelCode } binding { state } } }"


def wish(vin: str, **more: object) -> dict:
    return {"input": {"vin": vin, "proof": {"document": {"engineNumber": "E1", "realName": "张三"}}, **more}}


async def test_a_claim_is_made_decided_and_shown(gql):
    text, actor, operator = await registered(), await make.member_actor(), make.staff("operator")
    made = (await gql(BIND, wish(text, clientMutationId="a"), actor=actor))["bindVehicle"]["binding"]
    assert (made["state"], made["vehicle"], made["vinClaimed"]) == ("VERIFYING", None, text)
    again = (await gql(BIND, wish(text, clientMutationId="a"), actor=actor))["bindVehicle"]["binding"]
    assert again["id"] == made["id"]
    assert await db.value("SELECT count(*) FROM garage.claim_attempt") == 1
    queue = await gql("{ bindingReviews { nodes { id vinClaimed papers { realName } } } }", actor=operator)
    node = queue["bindingReviews"]["nodes"][0]
    assert (node["vinClaimed"], node["papers"]["realName"]) == ("*" * 11 + text[-6:], "张三")
    stale = {"input": {"id": made["id"], "decision": "APPROVE", "expectedVersion": 9}}
    assert (await gql(DECIDE, stale, actor=operator))["decideBinding"] == {
        "__typename": "VersionConflict", "current": 1,
    }  # fmt: skip
    right = {"input": {"id": made["id"], "decision": "APPROVE", "expectedVersion": 1}}
    decided = (await gql(DECIDE, right, actor=operator))["decideBinding"]["binding"]
    assert (decided["state"], decided["isFirstOwner"], decided["vehicle"]["vin"][-6:]) == (
        "ACTIVE",
        True,
        text[-6:],
    )
    mine = (await gql(MINE, actor=actor))["myVehicles"]
    assert [(m["role"], m["vehicle"]["vin"], m["vehicle"]["modelCode"]) for m in mine] == [
        ("OWNER", text, "S7")
    ]


async def test_the_role_owner_follows_from_a_binding_in_force(gql):
    actor, owned = await owner_of(await registered())
    opened = await sessions.open(member=actor.member_id)
    headers = {"authorization": f"Bearer {opened.access_token}"}
    owner, _ = await actor_from(headers, None)
    assert owner.roles == {"member", "owner"}
    car = "{ myVehicles { vehicle { binding { id state } } } }"
    shown = (await gql(car, actor=owner))["myVehicles"][0]["vehicle"]["binding"]
    assert shown == {"id": str(owned), "state": "ACTIVE"}
    await bindings.unbind(owner, owned, EndedReason.SOLD)
    assert (await actor_from(headers, None))[0].roles == {"member"}


async def test_staffs_word_waits_for_a_second_person(gql):
    made = await claims.claim(await make.member_actor(), await registered(), PAPERS)
    asked = {
        "input": {
            "id": str(made),
            "decision": "APPROVE",
            "expectedVersion": 1,
            "proof": "STAFF",
            "reason": "known",
        }
    }
    answer = (await gql(DECIDE, asked, actor=make.staff("operator")))["decideBinding"]
    assert (answer["__typename"], answer["approval"]["state"]) == ("ApprovalRequired", "REQUESTED")


async def test_refusals_are_typed(gql):
    actor = await make.member_actor()
    bad = (await gql(BIND, wish("123"), actor=actor))["bindVehicle"]
    assert (bad["__typename"], bad["problem"]) == ("InvalidVin", "LENGTH")
    empty = await gql(BIND, {"input": {"vin": some_vin(), "proof": {}}}, actor=actor)
    assert empty.codes == ["BAD_INPUT"]
    for _ in range(5):
        await gql(BIND, wish(some_vin()), actor=actor)
    many = (await gql(BIND, wish(some_vin()), actor=actor))["bindVehicle"]
    assert many["__typename"] == "TooManyClaims" and many["availableAt"]
    assert (await gql(BIND, wish(some_vin()))).codes == ["UNAUTHENTICATED"]


async def test_a_vehicle_one_has_no_right_to_is_not_found(gql):
    text = await registered()
    owner, binding = await owner_of(text)
    id_ = await db.value("SELECT id FROM garage.vehicle WHERE vin = $1", text)
    ask, wanted = "query($id: ID!) { vehicle(id: $id) { vin } }", {"id": str(id_)}
    assert (await gql(ask, wanted, actor=owner))["vehicle"]["vin"] == text
    other = await make.member_actor()
    assert (await gql(ask, wanted, actor=other)).codes == ["NOT_FOUND"]
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await gql(node, {"id": str(binding)}, actor=other)).codes == ["NOT_FOUND"]
    assert (await gql(node, {"id": str(binding)}, actor=owner))["node"]["id"] == str(binding)
    unbind = """mutation($input: UnbindVehicleInput!) { unbindVehicle(input: $input) {
        ... on UnbindVehicleSuccess { binding { state endedReason } } } }"""
    given = {"input": {"bindingId": str(binding), "reason": "SOLD"}}
    assert (await gql(unbind, given, actor=other)).codes == ["NOT_FOUND"]
    ended = (await gql(unbind, given, actor=owner))["unbindVehicle"]["binding"]
    assert (ended["state"], ended["endedReason"]) == ("ENDED", "SOLD")
    assert (await gql(ask, wanted, actor=owner)).codes == ["NOT_FOUND"]


async def test_decoding_tells_digit_policy_and_years(gql):
    ask = """query($vin: String!) { decodeVin(vin: $vin) { vin isAcceptable checkDigit expectedDigit modelYear
        modelYearCandidates problem maker } }"""
    found = (await gql(ask, {"vin": "JT2AE09W5P0038539"}))["decodeVin"]
    assert (found["checkDigit"], found["expectedDigit"], found["isAcceptable"]) == ("INVALID", "4", True)
    found = (await gql(ask, {"vin": " 1hgcm82633a004352 "}))["decodeVin"]
    assert (found["vin"], found["checkDigit"], found["maker"]) == ("1HGCM82633A004352", "VALID", "Honda")
    found = (await gql(ask, {"vin": "1M8GDM9AXKP042788"}))["decodeVin"]
    assert found["modelYearCandidates"] == [1989, 2019]
    assert (await gql(ask, {"vin": "I" * 17}))["decodeVin"]["problem"] == "CHARACTERS"
    assert (await gql(ask, {"vin": "1" * 200})).codes == ["BAD_INPUT"]


async def test_sources_and_operators_register_vehicles(gql):
    ask = """mutation($input: RegisterVehiclesInput!) { registerVehicles(input: $input) {
        ... on RegisterVehiclesSuccess { accepted unchanged rejected { index problem } } } }"""
    text = some_vin()
    given = {"input": {"vehicles": [{"vin": text, "modelCode": "S7"}, {"vin": "x"}]}}
    expected = {"accepted": 1, "unchanged": 0, "rejected": [{"index": 1, "problem": "LENGTH"}]}
    assert (await gql(ask, given, actor=make.source()))["registerVehicles"] == expected
    assert (await gql(ask, given, actor=await make.member_actor())).codes == ["FORBIDDEN"]
    health = (await gql("{ garageHealth { isHealthy vehicleCount } }", actor=make.staff("operator")))[
        "garageHealth"
    ]
    assert health == {"isHealthy": True, "vehicleCount": 1}


async def test_my_vehicles_take_a_fixed_number_of_statements(gql):
    async def statements(count: int) -> int:
        actor = await make.member_actor()
        for _ in range(count):
            await bindings.bind(make.staff("operator"), actor.member_id, await registered(), Proof.IMPORT)
        seen: list[str] = []
        token = db.recorder.set(seen)
        assert len((await gql(MINE, actor=actor))["myVehicles"]) == count
        db.recorder.reset(token)
        return len(seen)

    assert await statements(1) == await statements(5) == 3
