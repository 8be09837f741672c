"""Staff, sources, limits and signatures."""

from __future__ import annotations

from domain.access import approvals, sources, staff
from domain.access.sources import Trust
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import operating
from tests import make
from tests.everything.scenarios import CONFIGURES, STAFF_ONLY, Call, changes_nobody, leaves
from tests.everything.scenarios.people import ADMIN, account, asked
from tests.everything.scenarios.signing_in import provided

PASSWORD = "a long enough password"


async def _person(role: str = "operator"):
    return await staff.appoint(SYSTEM, name="Li", email="li@brand.example", role=role)


async def _shop() -> sources.Source:
    return (await sources.register(ADMIN, "shop", "SERVER", Trust.SERVER))[0]


@changes_nobody("appointStaff", STAFF_ONLY)
async def somebody_is_appointed() -> Call:
    return Call(ADMIN, {"name": "Li", "email": "li@brand.example", "role": "moderator"})


@changes_nobody("endStaffRole", STAFF_ONLY)
async def a_role_ends() -> Call:
    person = await _person()
    return Call(ADMIN, {"staffId": str(person.id), "role": "operator"})


@changes_nobody("closeStaffAccount", STAFF_ONLY)
async def an_account_is_closed() -> Call:
    person = await _person()
    return Call(ADMIN, {"staffId": str(person.id), "reason": "has left the brand"})


@changes_nobody("reopenStaffAccount", STAFF_ONLY)
async def an_account_is_opened_again() -> Call:
    person = await _person()
    await staff.close(SYSTEM, person.id, "has left the brand")
    return Call(ADMIN, {"staffId": str(person.id), "reason": "is back again"})


@changes_nobody("setStaffPassword", STAFF_ONLY)
async def a_password_is_set() -> Call:
    person = await _person()
    return Call(ADMIN, {"staffId": str(person.id), "password": PASSWORD})


@changes_nobody("signInAsStaff", STAFF_ONLY, touches="access.subject")
async def staff_sign_in_by_password() -> Call:
    person = await _person()
    await staff.set_password(SYSTEM, person.id, PASSWORD)
    return Call(make.visitor(), {"email": "li@brand.example", "password": PASSWORD})


@changes_nobody("signInAsStaffWithOidc", STAFF_ONLY, touches="access.subject")
async def staff_sign_in_at_a_provider() -> Call:
    await _person()
    return Call(make.visitor(), await provided("STAFF"))


@changes_nobody("defineOidcProvider", CONFIGURES)
async def a_provider_is_defined() -> Call:
    given = {
        "name": "company", "title": "Company", "issuer": "https://id.brand.example", "clientId": "marque",
        "redirectUris": ["https://app.brand.example/back"],
    }  # fmt: skip
    return Call(ADMIN, given)


@changes_nobody("registerSource", STAFF_ONLY)
async def a_shop_may_report() -> Call:
    return Call(ADMIN, {"name": "shop", "kind": "SERVER", "trust": "SERVER"})


@changes_nobody("reviseSource", STAFF_ONLY)
async def a_source_gets_another_kind() -> Call:
    source = await _shop()
    return Call(ADMIN, {"sourceId": str(source.id), "kind": "OTHER", "expectedVersion": source.version})


@changes_nobody("rotateWriteKey", STAFF_ONLY)
async def a_source_gets_another_key() -> Call:
    return Call(ADMIN, {"sourceId": str((await _shop()).id)})


@changes_nobody("disableSource", STAFF_ONLY)
async def a_source_may_report_no_more() -> Call:
    return Call(ADMIN, {"sourceId": str((await _shop()).id)})


@changes_nobody("saveAccessPolicy", CONFIGURES)
async def limits_are_revised() -> Call:
    return Call(ADMIN, {"codeTries": 3, "expectedVersion": 1})


@changes_nobody("setApprovalThreshold", CONFIGURES)
async def large_grants_need_a_second_person() -> Call:
    return Call(ADMIN, {"action": operating.ADJUST, "above": "500", "expectedVersion": 1})


@leaves("decideApproval")
async def a_grant_is_signed() -> Call:
    member = await make.member_id()
    approval = await _grant(member)
    given = {"approvalId": str(approval.id), "decision": "APPROVE"}
    return Call(await account("approver"), given, {member: "points.entry.earned"})


@changes_nobody("decideApproval", "What was asked for does not happen.")
async def a_grant_is_refused() -> Call:
    approval = await _grant(await make.member_id())
    given = {"approvalId": str(approval.id), "decision": "REJECT", "note": "Too much."}
    return Call(await account("approver"), given)


@changes_nobody("withdrawApproval", "What was asked for does not happen.")
async def a_request_is_taken_back() -> Call:
    maker = await account("operator")
    approval = await _grant(await make.member_id(), maker)
    return Call(maker, {"approvalId": str(approval.id)})


async def _grant(member, maker=None) -> approvals.Approval:
    given = {
        "do": "grant", "member": str(member), "wallet": "POINTS", "amount": "5", "reason": "sorry",
        "occurred_at": None, "activates_at": None, "expires_at": None, "reference": str(ids.new()),
        "funding_source": None,
    }  # fmt: skip
    return await asked(maker or await account("operator"), operating.ADJUST, given)
