"""A member's data in a file, and leaving, over GraphQL and HTTP."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from domain import clock, db
from domain.access import sessions, step_up
from domain.actor import Actor, ActorKind
from domain.profile import erasure, exports
from domain.settings import settings
from tests import make

EXPORT = """mutation { exportMyData(input: {clientMutationId: "e-1"}) {
  ... on ExportMyDataSuccess { exportJob { id state url } } } }"""
JOB = "query($id: ID!) { exportJob(id: $id) { state url bytes tables { table rows } } }"
ERASE = """mutation($input: EraseMeInput!) { eraseMe(input: $input) { __typename
  ... on EraseMeSuccess { erasure { id state dueAt } } ... on StepUpRequired { methods }
  ... on ErasureRunning { erasure { id } dueAt } } }"""
CANCEL = """mutation { cancelErasure(input: {}) { ... on CancelErasureSuccess { erasure { state } } } }"""
ERASE_MEMBER = """mutation($input: EraseMemberInput!) { eraseMember(input: $input) { __typename
  ... on ApprovalRequired { approval { id action } } } }"""
REPORT = """query($id: ID!) { erasureReport(id: $id) { erasure { state }
  tables { table deleted anonymised kept legalReason } proof { isClean values columns rows findings { column rows } } } }"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(settings(), "exports_dir", tmp_path)
    yield tmp_path
    clock.shift(timedelta(0))


async def signed_in() -> Actor:
    member = await make.member_id()
    tokens = await sessions.open(member=member)
    return Actor(
        kind=ActorKind.MEMBER,
        id=member,
        member_id=member,
        roles=frozenset({"member"}),
        session_id=tokens.session_id,
    )


async def test_a_member_fetches_his_own_data_by_a_signed_link(gql):
    from api.app import create_app

    me, other = await signed_in(), await signed_in()
    job = (await gql(EXPORT, actor=me))["exportMyData"]["exportJob"]
    assert (job["state"], job["url"]) == ("QUEUED", None)
    assert (await gql(EXPORT, actor=me))["exportMyData"]["exportJob"]["id"] == job["id"]
    while await exports.work_off():
        pass
    ready = (await gql(JOB, {"id": job["id"]}, actor=me))["exportJob"]
    assert ready["state"] == "READY" and {"table": "profile.member", "rows": 1} in ready["tables"]
    assert (await gql(JOB, {"id": job["id"]}, actor=other)).codes == ["NOT_FOUND"]
    transport = httpx.ASGITransport(app=create_app(is_standing_alone=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get(ready["url"])
        assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
        assert "profile.member.jsonl" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
        assert "no-store" in answer.headers["cache-control"]
        for bad in (
            ready["url"][:-1] + ("0" if ready["url"][-1] != "0" else "1"),
            ready["url"].replace(".zip", ".exe"),
            "/exports/x.zip?until=1&signature=x",
            "/exports/..%2F..%2Fetc%2Fpasswd.zip?until=1&signature=x",
        ):
            assert (await client.get(bad)).status_code == 404, bad


async def test_leaving_takes_a_proof_and_seven_days_and_is_reported(gql):
    me, staff = await signed_in(), make.staff("analyst")
    assert (await gql(ERASE, {"input": {}}, actor=me))["eraseMe"] == {
        "__typename": "StepUpRequired",
        "methods": ["CODE"],
    }
    await step_up.keep_proof(me, step_up.PIN)
    made = (await gql(ERASE, {"input": {}}, actor=me))["eraseMe"]["erasure"]
    assert made["state"] == "REQUESTED"
    assert (await gql(ERASE, {"input": {}}, actor=me))["eraseMe"]["__typename"] == "ErasureRunning"
    assert (await gql(CANCEL, actor=me))["cancelErasure"]["erasure"]["state"] == "CANCELLED"
    made = (await gql(ERASE, {"input": {}}, actor=me))["eraseMe"]["erasure"]
    assert (await gql(REPORT, {"id": made["id"]}, actor=await signed_in())).codes == ["NOT_FOUND"]
    clock.shift(clock.now() + timedelta(days=7) - datetime.now(UTC))
    while await erasure.work_off():
        pass
    report = (await gql(REPORT, {"id": made["id"]}, actor=staff))["erasureReport"]
    assert report["erasure"]["state"] == "DONE"
    assert report["proof"]["isClean"] and report["proof"]["findings"] == []
    rows = {each["table"]: each for each in report["tables"]}
    assert rows["profile.identity"]["deleted"] == 1 and rows["profile.member"]["anonymised"] == 1


async def test_staff_need_a_second_person(gql):
    me = await signed_in()
    answer = await gql(
        ERASE_MEMBER,
        {"input": {"memberId": str(me.member_id), "reason": "court order"}},
        actor=make.staff("operator"),
    )
    assert answer["eraseMember"]["approval"]["action"] == "profile.member.erase"
    assert await db.value("SELECT count(*) FROM profile.erasure") == 0
    assert (
        await gql(ERASE_MEMBER, {"input": {"memberId": str(me.member_id), "reason": "x"}}, actor=me)
    ).codes == ["FORBIDDEN"]


async def test_what_is_not_ones_own_answers_like_what_is_absent(gql):
    me, other = await make.member_actor(), await make.member_actor()
    theirs = (await gql(EXPORT, actor=other))["exportMyData"]["exportJob"]["id"]
    for absent in (theirs, str(other.id)):
        job = await gql(JOB, {"id": absent}, actor=me)
        assert (job.data, job.codes) == ({"exportJob": None}, ["NOT_FOUND"])
        report = await gql(REPORT, {"id": absent}, actor=me)
        assert (report.data, report.codes) == ({"erasureReport": None}, ["NOT_FOUND"])
