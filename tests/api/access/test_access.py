"""Staff, sources, approvals and the audit log through GraphQL."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain import db
from domain.access import approvals, audit, staff
from domain.access.approvals import Command
from domain.actor import SYSTEM
from tests import make

APPOINT = """mutation ($input: AppointStaffInput!) { appointStaff(input: $input) { __typename
    ... on AppointStaffSuccess { account { id email roles { role scope } } } ... on InvalidInput { problems { path } } } }"""
REGISTER = """mutation ($input: RegisterSourceInput!) { registerSource(input: $input) { __typename
    ... on RegisterSourceSuccess { writeKey source { id name scopes writeKeyHint } }
    ... on InvalidInput { problems { path } } } }"""
DECIDE = """mutation ($input: DecideApprovalInput!) { decideApproval(input: $input) { __typename
    ... on DecideApprovalSuccess { approval { state outcome maker { name } checker { name } } } } }"""
LIST = "query ($filter: ApprovalFilter) { approvals(filter: $filter) { nodes { id action state amount input } } }"


@pytest.fixture
def command():
    """A command that anybody may look at: it answers what it was given."""

    async def run(actor, given):
        return {"maker": str(actor.id), "given": given}

    approvals.register(Command("test.echo", run, frozenset({"operator"}), above=Decimal(100)))
    yield
    del approvals.commands["test.echo"]


async def appointed(role: str, email: str):
    account = await staff.appoint(SYSTEM, name=email.split("@")[0], email=email, role=role)
    return await staff.actor_of(account.id)


async def test_an_admin_appoints_staff_and_it_is_in_the_audit_log(gql):
    admin = make.staff("admin")
    given = {"name": "Li", "email": "li@brand.example", "role": "moderator", "scopes": ["circle:1"]}
    found = (await gql(APPOINT, {"input": given}, actor=admin))["appointStaff"]
    assert found["account"]["roles"] == [{"role": "moderator", "scope": "circle:1"}]
    log = await gql(
        "{ auditEntries { nodes { number action actorId facts } } auditReport { isOk entryCount } }",
        actor=admin,
    )
    assert log["auditEntries"]["nodes"][0]["action"] == "access.staff.appointed"
    assert log["auditEntries"]["nodes"][0]["actorId"] == str(admin.id)
    assert log["auditReport"] == {"isOk": True, "entryCount": 1}


async def test_a_role_that_does_not_exist_is_named_with_its_path(gql):
    given = {"name": "Li", "email": "li@brand.example", "role": "king"}
    found = (await gql(APPOINT, {"input": given}, actor=make.staff("admin")))["appointStaff"]
    assert found == {"__typename": "InvalidInput", "problems": [{"path": "role"}]}
    assert await db.value("SELECT count(*) FROM access.staff WHERE email IS NOT NULL") == 0


@pytest.mark.parametrize("role", ["operator", "moderator", "approver"])
async def test_only_an_admin_manages_staff(gql, role):
    given = {"name": "Li", "email": "li@brand.example", "role": "admin"}
    assert (await gql(APPOINT, {"input": given}, actor=make.staff(role))).codes == ["FORBIDDEN"]
    assert (await gql("{ staff { nodes { id } } }", actor=make.staff(role))).codes == ["FORBIDDEN"]


async def test_a_write_key_is_shown_once(gql):
    admin = make.staff("admin")
    given = {"input": {"name": "shop", "kind": "SERVER", "trust": "SERVER", "clientMutationId": "x"}}
    found = (await gql(REGISTER, given, actor=admin))["registerSource"]
    assert found["writeKey"].startswith("wk_") and found["writeKey"].endswith(found["source"]["writeKeyHint"])
    assert (await gql(REGISTER, given, actor=admin)).codes == ["CONFLICT"]
    rows = str([dict(row) for row in await db.fetch("SELECT * FROM access.source")])
    assert found["writeKey"] not in rows
    listed = await gql("{ sources { name isEnabled trust } }", actor=make.staff("analyst"))
    assert listed["sources"] == [{"name": "shop", "isEnabled": True, "trust": "SERVER"}]


async def test_an_apps_key_gets_no_money_scope(gql):
    given = {"name": "app", "kind": "APP", "trust": "CLIENT", "scopes": ["tracking", "commerce"]}
    found = (await gql(REGISTER, {"input": given}, actor=make.staff("admin")))["registerSource"]
    assert found == {"__typename": "InvalidInput", "problems": [{"path": "scopes"}]}


async def test_a_request_is_signed_by_another_person_and_done_as_its_maker(gql, command):
    maker, checker = (
        await appointed("operator", "maker@b.example"),
        await appointed("approver", "checker@b.example"),
    )
    asked = await approvals.ask(maker, "test.echo", {"n": 1}, amount=500)
    seen = (await gql(LIST, {"filter": {"states": ["REQUESTED"]}}, actor=checker))["approvals"]["nodes"]
    assert seen == [
        {
            "id": str(asked.id),
            "action": "test.echo",
            "state": "REQUESTED",
            "amount": "500",
            "input": {"n": 1},
        }
    ]
    decide = {"input": {"approvalId": str(asked.id), "decision": "APPROVE"}}
    done = (await gql(DECIDE, decide, actor=checker))["decideApproval"]
    assert done["approval"] == {
        "state": "APPROVED", "outcome": {"maker": str(maker.id), "given": {"n": 1}},
        "maker": {"name": "maker"}, "checker": {"name": "checker"},
    }  # fmt: skip
    assert (await gql(DECIDE, decide, actor=checker))["decideApproval"]["__typename"] == "IllegalTransition"
    assert (await audit.verify()).is_ok


async def test_staff_who_are_no_approvers_see_only_their_own_requests(gql, command):
    maker, other = (
        await appointed("operator", "maker@b.example"),
        await appointed("operator", "other@b.example"),
    )
    await approvals.ask(maker, "test.echo", {"n": 1}, amount=500)
    assert len((await gql(LIST, {}, actor=maker))["approvals"]["nodes"]) == 1
    assert (await gql(LIST, {}, actor=other))["approvals"]["nodes"] == []


async def test_a_list_of_requests_costs_a_fixed_number_of_statements(gql, command):
    checker = await appointed("approver", "checker@b.example")

    async def statements() -> int:
        import asyncio

        seen = db.recorder.set([])
        await gql("{ approvals(first: 50) { nodes { maker { name } checker { name } } } }", actor=checker)
        await asyncio.sleep(0)
        count = len(db.recorder.get())
        db.recorder.reset(seen)
        return count

    await approvals.ask(await appointed("operator", "a@b.example"), "test.echo", {"n": 1}, amount=500)
    one = await statements()
    for number in range(5):
        await approvals.ask(
            await appointed("operator", f"m{number}@b.example"), "test.echo", {"n": number}, amount=500
        )
    assert await statements() == one == 2


async def test_limits_are_revised_with_their_version(gql):
    save = """mutation ($input: SaveAccessPolicyInput!) { saveAccessPolicy(input: $input) { __typename
        ... on SaveAccessPolicySuccess { policy { codeTries codeSeconds version } }
        ... on VersionConflict { current } ... on InvalidInput { problems { path } } } }"""
    admin = make.staff("admin")
    found = (await gql(save, {"input": {"expectedVersion": 1, "codeTries": 3}}, actor=admin))[
        "saveAccessPolicy"
    ]
    assert found["policy"] == {"codeTries": 3, "codeSeconds": 300, "version": 2}
    stale = await gql(save, {"input": {"expectedVersion": 1, "codeTries": 4}}, actor=admin)
    assert stale["saveAccessPolicy"] == {"__typename": "VersionConflict", "current": 2}
    wrong = await gql(save, {"input": {"expectedVersion": 2, "codesPerPhoneDay": 0}}, actor=admin)
    assert wrong["saveAccessPolicy"] == {
        "__typename": "InvalidInput",
        "problems": [{"path": "codesPerPhoneDay"}],
    }


async def test_staff_sign_in_by_password_and_set_their_own(gql):
    account = await staff.appoint(SYSTEM, name="Li", email="li@brand.example", role="operator")
    await staff.set_password(SYSTEM, account.id, "a long enough password")
    sign_in = """mutation ($input: SignInAsStaffInput!) { signInAsStaff(input: $input) { __typename
        ... on SignInAsStaffSuccess { tokens { accessToken } } } }"""
    good = {"input": {"email": "LI@brand.example", "password": "a long enough password"}}
    assert (await gql(sign_in, good))["signInAsStaff"]["__typename"] == "SignInAsStaffSuccess"
    bad = {"input": {"email": "li@brand.example", "password": "a long enough passwort"}}
    assert (await gql(sign_in, bad))["signInAsStaff"]["__typename"] == "WrongPassword"
    own = """mutation ($input: SetStaffPasswordInput!) { setStaffPassword(input: $input) { __typename } }"""
    other = make.staff("operator")
    given = {"input": {"staffId": str(account.id), "password": "another long password"}}
    assert (await gql(own, given, actor=other)).codes == ["FORBIDDEN"]
    me = await staff.actor_of(account.id)
    assert (await gql(own, given, actor=me))["setStaffPassword"]["__typename"] == "SetStaffPasswordSuccess"
