"""The programme as code through GraphQL."""

from __future__ import annotations

import pytest

from api.points.enrolments import DefineProgrammeInput
from api.points.inputs import (
    CapInput,
    EarnPendingInput,
    EarnRuleInput,
    EffectInput,
    FactConditionInput,
    HoursInput,
    LineFilterInput,
)
from api.points.mission_inputs import MissionInput, MissionStepInput, MissionStreakInput
from api.points.policies import SetWalletPolicyInput, WalletGiftInput, WalletPayInput
from api.points.referrals import DefineReferralProgrammeInput
from api.points.rewards import DefineRewardInput
from api.points.tiers import DefineBenefitInput, SchemeTierInput, TierExpiryInput, TierSchemeInput
from api.points.wallets import DefineWalletInput
from domain import db
from domain.points.as_code import shapes
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


async def test_what_makes_no_sense_in_a_file_is_named_by_its_path(staff) -> None:
    before = await exported(staff)
    cap = "{per: MEMBER, window: DAY, measure: TIMES, limit: 1}"
    twice = f"earnRules:\n- {{code: r, title: R, kinds: [app.x], effects: [{{fixed: {{wallet: POINTS, points: 1}}}}], caps: [{cap}, {cap}]}}\n"
    leaf = "tierSchemes:\n- {code: s, wallet: POINTS, basis: BALANCE, tiers: [{code: A, threshold: 1, condition: {hasTag: x}}]}\n"
    for more, path in ((twice, "earnRules.0.caps.1"), (leaf, "tierSchemes.0.tiers.0.condition.hasTag")):
        kind = more.split(":", 1)[0]
        text = before + more if f"\n{kind}:" not in before else before.replace(f"\n{kind}:\n", "\n" + more, 1)
        said = await staff.do("importProgramme", ASK, actor=staff.admin, text=text)
        assert [problem["path"] for problem in said["problems"]] == [path], said
    assert await exported(staff) == before


async def test_only_an_admin_brings_a_file_in(staff) -> None:
    said = 'mutation { importProgramme(input: {text: "marque: 1"}) { __typename } }'
    assert (await staff.run(said, actor=staff.operator)).codes == ["FORBIDDEN"]
    assert (await staff.run(EXPORT, actor=await make.member_actor())).codes == ["FORBIDDEN"]


#: What an input says and a file does not: how it is called, versions, and what is no configuration.
NOT_IN_THE_FILE = {"client_mutation_id", "expected_version", "effective_from", "wallet", "stock", "codes"}


@pytest.mark.parametrize(
    ("said", "shape"),
    [
        (DefineProgrammeInput, shapes.Programme), (DefineWalletInput, shapes.Wallet), (SetWalletPolicyInput, shapes.Policy),
        (WalletGiftInput, shapes.Gift), (WalletPayInput, shapes.Pay), (TierSchemeInput, shapes.TierScheme),
        (SchemeTierInput, shapes.Tier), (TierExpiryInput, shapes.TierExpiry), (DefineBenefitInput, shapes.Benefit),
        (EarnRuleInput, shapes.EarnRule), (EffectInput, shapes.Effect), (CapInput, shapes.Cap), (HoursInput, shapes.Hours),
        (FactConditionInput, shapes.Condition), (LineFilterInput, shapes.Lines), (EarnPendingInput, shapes.Pending),
        (DefineRewardInput, shapes.Reward), (MissionInput, shapes.Mission), (MissionStepInput, shapes.Step),
        (MissionStreakInput, shapes.Streak), (DefineReferralProgrammeInput, shapes.ReferralProgramme),
    ],
)  # fmt: skip
def test_a_file_says_all_that_an_input_can_say(said, shape) -> None:
    """Who adds a field to one of these inputs adds it to the file too, or an import would take it away."""
    fields = {each.python_name for each in said.__strawberry_definition__.fields}
    missing = fields - set(shape.__struct_fields__)
    assert missing <= NOT_IN_THE_FILE and (missing & {"wallet"} == set() or shape is shapes.Policy)
