"""Owner services as clients see them: from defining a store to a completed test drive."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from domain import clock, db
from tests import make
from tests.domain.services.shop import Shop, shop

OPERATOR = make.staff("operator")
BOOK = """mutation($input: BookAppointmentInput!) { bookAppointment(input: $input) { __typename
  ... on BookAppointmentSuccess { appointment { id startsAt state version resource { kind name } store { name }
    serviceType { name } order { number } }
    order { id number letter state step allowedSteps details { ... on TestDriveDetails { modelCode note } } version } }
  ... on SlotTaken { alternatives } ... on AlreadyBooked { appointment { id } } ... on TooSoon { earliest }
  ... on Refusal { message } } }"""
ADVANCE = """mutation($input: AdvanceServiceOrderInput!) { advanceServiceOrder(input: $input) { __typename
  ... on AdvanceServiceOrderSuccess { order { step state history { sequence to by } evidence { kind value } } }
  ... on IllegalTransition { from to allowed } ... on EvidenceMissing { required } ... on VersionConflict { current } } }"""
SLOTS = """query($store: ID!, $type: ID!, $from: Date!, $to: Date!) {
  availableSlots(storeId: $store, serviceTypeId: $type, from: $from, to: $to) {
    date timezone slots { startsAt state remaining waiting } } }"""


def wish(at: Shop, hour: int, **more: object) -> dict[str, Any]:
    facts = {"storeId": str(at.store), "serviceTypeId": str(at.service), "startsAt": at.at(hour).isoformat()}
    return {"input": facts | more}


async def test_staff_define_a_store_and_a_member_books_in_it(gql):
    define = """mutation($input: DefineStoreInput!) { defineStore(input: $input) { __typename
      ... on DefineStoreSuccess { store { id version } } ... on InvalidInput { problems { path } } } }"""
    facts = {
        "kind": "STORE",
        "name": "静安店",
        "latitude": 31.2304,
        "longitude": 121.4737,
        "timezone": "Asia/Shanghai",
    }
    made = (await gql(define, {"input": facts}, actor=OPERATOR))["defineStore"]["store"]
    bad = (await gql(define, {"input": facts | {"timezone": "Nowhere"}}, actor=OPERATOR))["defineStore"]
    assert bad["problems"] == [{"path": "timezone"}]
    hours = """mutation($input: SetCalendarInput!) { setCalendar(input: $input) { __typename
      ... on SetCalendarSuccess { store { version calendar { rules { weekdays opens closes } } } affectedAppointments { id } }
      ... on InvalidInput { problems { path } } ... on VersionConflict { current } } }"""
    rule = {"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "09:00", "closes": "24:00"}
    wrong = {"input": {"storeId": made["id"], "rules": [rule | {"closes": "24:30"}]}}
    assert (await gql(hours, wrong, actor=OPERATOR))["setCalendar"]["problems"] == [
        {"path": "rules.0.closes"}
    ]
    right = {"input": {"storeId": made["id"], "rules": [rule], "expectedVersion": 1}}
    done = (await gql(hours, right, actor=OPERATOR))["setCalendar"]
    assert done["store"] == {"version": 2, "calendar": {"rules": [rule]}}
    service = """mutation($input: DefineServiceTypeInput!) { defineServiceType(input: $input) { __typename
      ... on DefineServiceTypeSuccess { serviceType { id name } } ... on InvalidInput { problems { path } } } }"""
    drive = {
        "storeIds": [made["id"]], "code": "drive", "kind": "TEST_DRIVE", "name": {"zh": "试驾", "en": "Test drive"},
        "durationMinutes": 60, "horizon": {"kind": "ROLLING", "days": 14},
    }  # fmt: skip
    limits = {"input": drive | {"limits": {"day": 9, "month": 5}}}
    assert (await gql(service, limits, actor=OPERATOR))["defineServiceType"]["problems"] == [
        {"path": "limits"}
    ]
    plain = await gql(service, {"input": drive | {"code": "plain", "name": "Test drive"}}, actor=OPERATOR)
    assert plain["defineServiceType"]["serviceType"]["name"] == "Test drive"
    assert (await gql(service, {"input": drive | {"name": {"zh": "试驾"}}}, actor=OPERATOR)).codes == [
        "BAD_INPUT"
    ]
    offered = (await gql(service, {"input": drive}, actor=OPERATOR))["defineServiceType"]["serviceType"]
    assert offered["name"] == "Test drive"
    unit = """mutation($input: DefineResourceInput!) { defineResource(input: $input) {
      ... on DefineResourceSuccess { resource { id kind } } } }"""
    car = {"input": {"storeId": made["id"], "kind": "DEMO_CAR", "name": "沪A·S7", "modelCode": "S7"}}
    assert (await gql(unit, car, actor=OPERATOR))["defineResource"]["resource"]["kind"] == "DEMO_CAR"
    tomorrow = str((clock.now() + timedelta(days=1, hours=8)).date())
    found = await gql(SLOTS, {"store": made["id"], "type": offered["id"], "from": tomorrow, "to": tomorrow})
    day = found["availableSlots"][0]
    assert (len(day["slots"]), day["timezone"], day["slots"][0]["state"]) == (
        15,
        "Asia/Shanghai",
        "AVAILABLE",
    )
    input_ = {"storeId": made["id"], "serviceTypeId": offered["id"], "startsAt": day["slots"][0]["startsAt"]}
    booked = (await gql(BOOK, {"input": input_}, actor=await make.member_actor()))["bookAppointment"]
    assert booked["__typename"] == "BookAppointmentSuccess"
    assert (await gql(define, {"input": facts}, actor=await make.member_actor())).codes == ["FORBIDDEN"]


async def test_a_booking_answers_appointment_and_order_and_the_same_again(gql):
    at, actor = await shop(), await make.member_actor()
    asked = wish(at, 10, note="两人", clientMutationId="b")
    first = (await gql(BOOK, asked, actor=actor))["bookAppointment"]
    assert first["appointment"]["resource"] == {"kind": "DEMO_CAR", "name": "S7 1"}
    assert first["appointment"]["order"]["number"] == first["order"]["number"]
    assert (first["order"]["letter"], first["order"]["state"], first["order"]["step"]) == (
        "BUY", "SCHEDULED", "CONFIRMED",
    )  # fmt: skip
    assert first["order"]["allowedSteps"] == ["LICENCE_VERIFIED", "CANCELLED", "NO_SHOW"]
    assert first["order"]["details"] == {"modelCode": "S7", "note": "两人"}
    assert (await gql(BOOK, asked, actor=actor))["bookAppointment"] == first
    again = (await gql(BOOK, wish(at, 10), actor=actor))["bookAppointment"]
    assert again["appointment"]["id"] == first["appointment"]["id"]
    taken = (await gql(BOOK, wish(at, 10), actor=await make.member_actor()))["bookAppointment"]
    assert (taken["__typename"], len(taken["alternatives"])) == ("SlotTaken", 3)
    assert await db.value("SELECT count(*) FROM services.service_order") == 1


async def test_an_advisor_works_an_order_within_the_scope(gql):
    at, actor = await shop(), await make.member_actor()
    booked = (await gql(BOOK, wish(at, 10), actor=actor))["bookAppointment"]
    order, advisor = booked["order"]["id"], make.staff("advisor", scopes=(f"store:{at.store}",))
    stranger = make.staff("advisor", scopes=("store:0190f000-0000-7000-8000-000000000000",))

    def step(to: str, *evidence: dict[str, Any]) -> dict[str, Any]:
        return {"input": {"serviceOrderId": order, "to": to, "evidence": list(evidence)}}

    assert (await gql(ADVANCE, step("DRIVING"), actor=advisor))["advanceServiceOrder"] == {
        "__typename": "IllegalTransition", "from": "CONFIRMED", "to": "DRIVING",
        "allowed": ["LICENCE_VERIFIED", "CANCELLED", "NO_SHOW"],
    }  # fmt: skip
    assert (await gql(ADVANCE, step("LICENCE_VERIFIED"), actor=stranger)).codes == ["FORBIDDEN"]
    assert (await gql(ADVANCE, step("LICENCE_VERIFIED"), actor=actor)).codes == ["FORBIDDEN"]
    await gql(ADVANCE, step("LICENCE_VERIFIED", {"kind": "LICENCE"}), actor=advisor)
    await gql(ADVANCE, step("AGREEMENT_SIGNED"), actor=advisor)
    missing = (await gql(ADVANCE, step("DRIVING"), actor=advisor))["advanceServiceOrder"]
    assert missing == {"__typename": "EvidenceMissing", "required": ["AGREEMENT", "ODOMETER"]}
    shown = ({"kind": "AGREEMENT"}, {"kind": "ODOMETER", "value": {"km": 1200}})
    done = (await gql(ADVANCE, step("DRIVING", *shown), actor=advisor))["advanceServiceOrder"]["order"]
    assert [s["by"] for s in done["history"]] == ["MEMBER", "MEMBER", "STAFF", "STAFF", "STAFF"]
    assert done["evidence"][-1] == {"kind": "ODOMETER", "value": {"km": 1200}}
    ask, wanted = (
        "query($id: ID!) { serviceOrder(id: $id) { number customer { displayName } } }",
        {"id": order},
    )
    assert (await gql(ask, wanted, actor=actor))["serviceOrder"]["number"] == booked["order"]["number"]
    assert (await gql(ask, wanted, actor=await make.member_actor())).codes == ["NOT_FOUND"]
    assert (await gql(ask, wanted, actor=stranger)).codes == ["FORBIDDEN"]
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await gql(node, wanted, actor=stranger)).codes == ["NOT_FOUND"]


async def test_members_see_what_was_shown_for_their_own_order_and_a_reading_may_be_a_bare_number(gql):
    at, actor = await shop(), await make.member_actor()
    booked = (await gql(BOOK, wish(at, 10), actor=actor))["bookAppointment"]
    advisor = make.staff("advisor", scopes=(f"store:{at.store}",))
    shown = [{"kind": "LICENCE"}, {"kind": "AGREEMENT"}, {"kind": "ODOMETER", "value": 1200}]
    for to, evidence in (
        ("LICENCE_VERIFIED", shown[:1]),
        ("AGREEMENT_SIGNED", shown[1:2]),
        ("DRIVING", shown[2:]),
    ):
        step = {"input": {"serviceOrderId": booked["order"]["id"], "to": to, "evidence": evidence}}
        done = (await gql(ADVANCE, step, actor=advisor))["advanceServiceOrder"]
        assert done["__typename"] == "AdvanceServiceOrderSuccess"
    ask = "query($id: ID!) { serviceOrder(id: $id) { evidence { kind value } advisor { name } } }"
    mine = (await gql(ask, {"id": booked["order"]["id"]}, actor=actor))["serviceOrder"]
    assert mine["evidence"][-1] == {"kind": "ODOMETER", "value": {"km": 1200}}


async def test_holding_moving_cancelling_and_confirming(gql):
    at, actor = await shop(needs_confirmation=True), await make.member_actor()
    hold = """mutation($input: HoldSlotInput!) { holdSlot(input: $input) {
      ... on HoldSlotSuccess { hold { id expiresAt } } } }"""
    held = (await gql(hold, wish(at, 9), actor=actor))["holdSlot"]["hold"]
    assert held["expiresAt"]
    booked = (await gql(BOOK, wish(at, 9, holdId=held["id"]), actor=actor))["bookAppointment"]["appointment"]
    assert (booked["state"], booked["resource"]) == ("REQUESTED", None)
    confirm = """mutation($input: ConfirmAppointmentInput!) { confirmAppointment(input: $input) { __typename
      ... on ConfirmAppointmentSuccess { appointment { state resource { name } version } } } }"""
    given = {"input": {"appointmentId": booked["id"], "expectedVersion": booked["version"]}}
    done = (await gql(confirm, given, actor=make.staff("advisor")))["confirmAppointment"]["appointment"]
    assert (done["state"], done["resource"]) == ("BOOKED", {"name": "S7 1"})
    move = """mutation($input: RescheduleAppointmentInput!) { rescheduleAppointment(input: $input) { __typename
      ... on RescheduleAppointmentSuccess { appointment { startsAt order { changes { field after } } } }
      ... on OutsideHours { message } } }"""
    late = {"input": {"appointmentId": booked["id"], "startsAt": at.at(20).isoformat()}}
    assert (await gql(move, late, actor=actor))["rescheduleAppointment"]["__typename"] == "OutsideHours"
    later = {"input": {"appointmentId": booked["id"], "startsAt": at.at(14).isoformat()}}
    moved = (await gql(move, later, actor=actor))["rescheduleAppointment"]["appointment"]
    assert moved["order"]["changes"] == [{"field": "startsAt", "after": at.at(14).isoformat()}]
    cancel = """mutation($input: CancelAppointmentInput!) { cancelAppointment(input: $input) { __typename
      ... on CancelAppointmentSuccess { refundPoints appointment { state order { state } } } ... on IllegalTransition { from } } }"""
    given = {"input": {"appointmentId": booked["id"]}}
    assert (await gql(cancel, given, actor=await make.member_actor())).codes == ["NOT_FOUND"]
    ended = (await gql(cancel, given, actor=actor))["cancelAppointment"]["appointment"]
    assert ended == {"state": "CANCELLED", "order": {"state": "CANCELLED"}}
    assert (await gql(cancel, given, actor=actor))["cancelAppointment"]["from"] == "CANCELLED"


async def test_lists_take_a_fixed_number_of_statements(gql):
    at = await shop(cars=4)
    ask = """{ serviceOrders(first: 20, orderBy: OLDEST) { nodes { number step customer { displayName } store { name }
      appointment { startsAt resource { name } serviceType { name } } history { to } } } }"""

    async def statements() -> int:
        seen: list[str] = []
        token = db.recorder.set(seen)
        answer = await gql(ask, actor=make.staff("advisor"))
        db.recorder.reset(token)
        assert answer["serviceOrders"]["nodes"]
        return len(seen)

    await gql(BOOK, wish(at, 9), actor=await make.member_actor())
    await statements()  # the driver looks at types once
    few = await statements()
    for hour in range(10, 16):
        await gql(BOOK, wish(at, hour), actor=await make.member_actor())
    assert await statements() == few == 12


async def test_an_advisors_home_the_day_and_ones_own_orders(gql):
    at, actor = await shop(), await make.member_actor()
    await gql(BOOK, wish(at, 10), actor=actor)
    advisor = make.staff("advisor", scopes=(f"store:{at.store}",))
    home = "{ advisorHome { today { store { name } windows { startsAt } } waiting { number } running { number } } }"
    assert len((await gql(home, actor=advisor))["advisorHome"]["today"]) == 1
    day = """query($s: ID!, $on: Date!) { storeDay(storeId: $s, on: $on) { appointments { state order { number } }
      resources { name } } }"""
    found = (await gql(day, {"s": str(at.store), "on": str(at.day())}, actor=advisor))["storeDay"]
    assert [a["state"] for a in found["appointments"]] == ["BOOKED"]
    mine = "{ myServiceOrders(filter: {states: [SCHEDULED]}) { nodes { step } pageInfo { hasNextPage } } }"
    assert (await gql(mine, actor=actor))["myServiceOrders"]["nodes"] == [{"step": "CONFIRMED"}]
    assert (await gql(home, actor=actor)).codes == ["FORBIDDEN"]
    health = (await gql("{ servicesHealth { isHealthy orderCount } }", actor=OPERATOR))["servicesHealth"]
    assert health == {"isHealthy": True, "orderCount": 1}


async def test_stores_near_and_their_hours(gql):
    at = await shop()
    ask = """{ storesNear(latitude: 39.9042, longitude: 116.4074) { countWithin nodes { distanceKm store { name } } } }"""
    found = (await gql(ask))["storesNear"]
    assert found == {"countWithin": 1, "nodes": [{"distanceKm": 1067.312, "store": {"name": "静安店"}}]}
    hours = """query($id: ID!, $d: Date!) { store(id: $id) { openWindows(from: $d, to: $d) { startsAt endsAt }
      serviceTypes { code } } }"""
    opened = (await gql(hours, {"id": str(at.store), "d": str(at.day())}))["store"]
    assert opened["openWindows"] == [{"startsAt": at.at(9).isoformat(), "endsAt": at.at(17).isoformat()}]
    assert len(opened["serviceTypes"]) == 1
    assert (await gql("{ storesNear(latitude: 91, longitude: 0) { countWithin } }")).codes == ["BAD_INPUT"]
    missing = await gql(hours, {"id": "nothing", "d": str(at.day())})
    assert missing.codes == ["NOT_FOUND"]
    wide = {"store": str(at.store), "type": str(at.service), "from": str(at.day()), "to": str(at.day(40))}
    assert (await gql(SLOTS, wide)).codes == ["BAD_INPUT"]
