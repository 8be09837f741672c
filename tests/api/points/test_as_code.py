"""The programme as code through GraphQL."""

from __future__ import annotations

from domain import db
from tests import make

ASK = """... on ImportProgrammeSuccess { leftAlone changes { kind name lines needsApproval approvals { id action } } }
    ... on InvalidInput { problems { path message } }"""
EXPORT = "{ programmeExport }"


async def exported(staff) -> str:
    return (await staff.run(EXPORT, actor=staff.operator))["programmeExport"]


async def test_an_export_is_edited_tried_and_brought_in(staff) -> None:
    before = await exported(staff)
    edited = before.replace("requiresEnrolment: true\n", "").replace("zone: Asia/Shanghai\n", "zone: UTC\n")
    tried = await staff.do("importProgramme", ASK, actor=staff.admin, text=edited, dryRun=True)
    told = {"kind": "CHANGED", "name": "programmes.marque", "lines": ['zone: "Asia/Shanghai" -> "UTC"'], "needsApproval": False, "approvals": []}  # fmt: skip
    assert (tried["changes"], tried["leftAlone"], await exported(staff)) == ([told], [], before)
    done = await staff.do("importProgramme", ASK, actor=staff.admin, text=edited)
    assert (done["changes"], await exported(staff)) == ([told], edited)
    again = await staff.do("importProgramme", ASK, actor=staff.admin, text=edited)
    assert again["changes"] == []


async def test_what_waits_for_a_second_person_is_said_so(staff) -> None:
    await db.run("UPDATE access.approval_threshold SET is_enabled = true WHERE action = 'points.SET_POLICY'")
    text = "marque: 1\nwallets:\n- {code: POINTS, programme: marque, names: {zh: 积分, en: Points}, policy: {refundGraceDays: 2}}\n"
    tried = await staff.do("importProgramme", ASK, actor=staff.admin, text=text, dryRun=True)
    assert [(c["needsApproval"], c["approvals"]) for c in tried["changes"]] == [(True, [])]
    done = await staff.do("importProgramme", ASK, actor=staff.admin, text=text)
    (change,) = done["changes"]
    assert [each["action"] for each in change["approvals"]] == ["points.SET_POLICY"]
    assert "refundGraceDays" not in await exported(staff)


async def test_a_bad_file_is_told_with_path_and_line(staff) -> None:
    before = await exported(staff)
    text = (
        before
        + "missions:\n- {programme: marque, code: m, title: {zh: a, en: b}, kinds: [no.such], target: 1}\n"
    )
    said = await staff.do("importProgramme", ASK, actor=staff.admin, text=text)
    line = text.count("\n")
    assert said["problems"] == [{"path": "missions.0.kinds.0", "message": f"line {line}: There is no kind no.such."}]  # fmt: skip
    assert await exported(staff) == before


async def test_only_an_admin_brings_a_file_in(staff) -> None:
    said = 'mutation { importProgramme(input: {text: "marque: 1"}) { __typename } }'
    assert (await staff.run(said, actor=staff.operator)).codes == ["FORBIDDEN"]
    assert (await staff.run(EXPORT, actor=await make.member_actor())).codes == ["FORBIDDEN"]
