"""The programme as code: export, diff and import are one another's opposites, and a bad file changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import clock, db, wiring
from domain.access import approvals, staff
from domain.access.approvals import Decision
from domain.actor import SYSTEM, Actor
from domain.errors import InvalidInput
from domain.points import earn_rules, rewards, wallets
from domain.points.as_code import comparing, importing, shapes, text
from tests import make
from tests.everything.scenarios.people import without_a_second_person

#: Everything that a file may say at least once; POINTS and GROWTH are there before.
RICH = """
marque: 1
programmes:
- {code: marque, zone: Asia/Shanghai, requiresEnrolment: true}
- {code: owners-club, zone: Europe/Berlin, dayStartsAt: 240}
wallets:
- code: CREDITS
  programme: owners-club
  names: {zh: 车币, en: Credits}
  scale: 2
  policy:
    pending: {after: {value: 14, unit: DAY}}
    expiry: {rolling: {value: 2, unit: YEAR, roundTo: MONTH}}
    refundPolicy: WITHIN_BALANCE
    debtLimit: 100.50
    refundGraceDays: 7
    reinstateWindow: {value: 1, unit: MONTH}
    holdSeconds: 0
    gift: {minimum: 1.00, dailyLimit: 50.00, acceptHours: 24}
    pay: {conversionPoints: 1.00, conversionAmount: {minorUnits: 10}, minimum: 5.00, maxSharePercent: 30}
    pointValue: 0.1
- {code: GROWTH, programme: marque, names: {zh: 成长值, en: Growth}, isSpendable: false, hasLots: false}
- code: POINTS
  programme: marque
  names: {zh: "积分", en: 'Points "yes"'}
  policy: {expiry: {calendar: ["12-31"]}, pending: {dates: ["01-01", "07-01"]}}
tierSchemes:
- code: club
  wallet: GROWTH
  basis: EARNED_IN_PERIOD
  period: {value: 1, unit: YEAR}
  expiry: {endOfPeriod: {next: true, plusDays: 31}}
  downgrade: ONE_STEP
  grace: {value: 10, unit: DAY}
  tiers:
  - {code: MEMBER, threshold: 0}
  - {code: GOLD, threshold: 5000, keeps: true, condition: {any: [{isOwner: true}, {not: {isOwner: true}}]}}
benefits:
- {scheme: club, tier: GOLD, code: lounge, names: {zh: 贵宾厅, en: Lounge}}
- {scheme: club, tier: GOLD, code: wash, names: {zh: 洗车, en: A wash}, quantity: 2, period: {value: 1, unit: MONTH}}
earnRules:
- code: everything
  title: "订单: #1"
  kinds: [points.purchase.recorded]
  condition:
    all:
    - any: [{hasTag: "vip:yes"}, {tierAtLeast: GOLD}, {ownsModel: ET5}, {enrolledForDays: 30}]
    - not: {touchpoint: kiosk}
    - trait: {key: home.city, op: IN, value: [上海, 杭州]}
    - property: {path: properties.km, op: GTE, value: 1.5}
    - basketAtLeast: {minorUnits: 10000}
    - inSegment: 0198c0de-0000-7000-8000-000000000001
  effects:
  - perAmount: {wallet: CREDITS, points: 0.25, per: {minorUnits: 100}, stepping: PROPORTIONAL, lines: {notLabels: ["color:red"]}}
  - fixed: {wallet: CREDITS, points: 1.00, perUnit: true, lines: {skus: ["007"], isDeliveryExcluded: true}}
  - fromProperty: {wallet: CREDITS, path: km, factor: 0.5}
  - multiply: {factor: 1.5, includesFixed: true, isStackable: false, priority: 3}
  caps:
  - {per: MEMBER, window: DAY, measure: POINTS, limit: 100.00, group: all-of-it}
  - {per: DEVICE, window: EVER, measure: TIMES, limit: 5, onExcess: REFUSE}
  perEventMax: 50.00
  holdAbove: 40.00
  deviceMembersMax: 3
  isStackable: false
  priority: 7
  rounding: HALF_UP
  zone: Europe/Berlin
  hours: [{from: "08:00", to: "20:00", days: [6, 7]}]
  cooldownSeconds: 60
  pending: {onActivation: true}
  expiry: {sliding: {value: 90, unit: DAY}}
  activatesOn: [community.post.accepted]
  cancelAfter: {value: 30, unit: DAY}
  reversesOn: []
  regrantsOn: [community.post.restored]
  effectiveTo: 2099-01-01T00:00:00Z
  fundingSource: "dealer:1"
  followsVehicle: true
- code: like
  title: A like
  kinds: [community.reaction.set]
  beneficiary: {property: properties.author}
  effects: [{deduct: {wallet: POINTS, points: 1}}]
rewards:
- {code: mug, kind: GOODS, names: {zh: 杯子, en: Mug}, prices: [{wallet: CREDITS, amount: 2.50}, {wallet: POINTS, amount: 100}],
   cash: {minorUnits: 900}, isLimited: true, perMemberLimit: 1, condition: {tierAtLeast: GOLD}, opensAt: 2026-01-01T00:00:00Z}
missions:
- code: week
  programme: marque
  title: {zh: 七天, en: Seven days}
  kinds: [points.member.checked_in]
  target: 7
  period: {value: 30, unit: DAY}
  opensOn: 2026-01-01
  closesOn: 2099-01-01
  countsPer: INTERACTION
  steps: [{from: 2026-02-01, wallet: POINTS, points: 2}]
  streak: {days: 3, rewards: [{wallet: GROWTH, points: 5}]}
  recurrence: ON_EXPIRY
  paysNextDay: true
  rewards: [{wallet: CREDITS, points: 1.25}]
  badge: "week"
  needsJoining: true
referralProgrammes:
- {programme: marque, kinds: [points.purchase.recorded], holdDays: 21}
"""
ACTIONS = ("points.SET_POLICY", "points.PUBLISH_RULE", "points.REWARD_PRICE")


@pytest.fixture(autouse=True)
async def as_seeded():
    wiring.start()
    await wiring.seed_brand()
    yield
    clock.shift(timedelta(0))


async def nobody_signs() -> Actor:
    for action in ACTIONS:
        await without_a_second_person(action)
    return make.staff("admin")


async def rows() -> dict[str, int]:
    """How many rows every table has that an import may touch."""
    tables = (
        "points.programme", "points.wallet_type", "points.wallet_policy", "points.tier_scheme_version", "points.benefit",
        "points.earn_rule_version", "points.reward", "points.mission_version", "points.referral_programme",
        "access.audit_entry", "access.approval", "profile.interaction",
    )  # fmt: skip
    return {table: await db.value(f"SELECT count(*) FROM {table}") for table in tables}


async def test_a_file_is_what_the_configuration_says_after_it_was_brought_in() -> None:
    admin = await nobody_signs()
    found, left = await importing.compare(RICH)
    assert {each.name for each in found if each.before is not None} == {"programmes.marque", "wallets.POINTS"}
    assert left == []
    await importing.bring_in(admin, RICH)
    exported = await importing.export()
    assert exported == text.write(text.read(RICH)[0])
    before = await rows()
    again = await importing.bring_in(admin, exported)
    assert (again.brought, again.left_alone, await rows()) == ([], [], before)
    edited = exported.replace("holdDays: 21", "holdDays: 7").replace("priority: 7", "priority: 8")
    edited = edited.replace("keeps: true\n", "keeps: true\n  - code: BLACK\n    threshold: 9000\n", 1)
    edited = edited.replace("amount: 100\n", "amount: 120\n").replace("pointValue: 0.1", "pointValue: 0.2")
    report = await importing.bring_in(admin, edited)
    assert [(each.difference.name, each.difference.lines) for each in report.brought] == [
        ("wallets.CREDITS", ["policy.pointValue: 0.1 -> 0.2"]),
        ("tierSchemes.club", ['tiers.2: (default) -> {"code":"BLACK","threshold":9000}']),
        ("earnRules.everything", ["priority: 7 -> 8"]),
        ("rewards.mug", ["prices.1.amount: 100 -> 120"]),
        ("referralProgrammes.marque", ["holdDays: 21 -> 7"]),
    ]
    assert await importing.export() == edited


async def test_a_dry_run_does_it_all_and_takes_it_back() -> None:
    admin, before, exported = await nobody_signs(), await rows(), await importing.export()
    report = await importing.bring_in(admin, RICH, is_dry=True)
    assert len(report.brought) == 12
    assert (await rows(), await importing.export()) == (before, exported)


async def test_what_needs_a_second_person_waits_and_is_asked_for_once() -> None:
    maker = await _admin("maker@brand.example")
    report = await importing.bring_in(maker, RICH)
    waiting = {each.difference.name: each.asked for each in report.brought if each.asked}
    assert waiting.keys() == {"wallets.CREDITS", "wallets.POINTS", "earnRules.everything", "earnRules.like", "rewards.mug"}  # fmt: skip
    assert all(len(asked) == 1 for asked in waiting.values())
    before = await rows()
    again = await importing.bring_in(maker, RICH)
    assert {each.difference.name: each.asked for each in again.brought} == waiting
    assert await rows() == before
    checker = make.staff("approver")
    for (asked,) in waiting.values():
        await approvals.decide(checker, asked.id, Decision.APPROVE)
    assert await importing.export() == text.write(text.read(RICH)[0])
    assert (await importing.bring_in(maker, RICH)).brought == []


async def test_what_the_file_does_not_name_stays() -> None:
    admin = await nobody_signs()
    await importing.bring_in(admin, RICH)
    before = await importing.export()
    report = await importing.bring_in(admin, "marque: 1\nreferralProgrammes: []\n")
    assert report.brought == [] and "earnRules.like" in report.left_alone
    alone = "marque: 1\nwallets:\n- {code: POINTS, programme: marque, names: {zh: 积分, en: Points}}\n"
    (changed,) = (await importing.bring_in(admin, alone)).brought
    assert changed.difference.lines == ['names.en: "Points \\"yes\\"" -> "Points"']  # its policy stays
    assert (await importing.export()) == before.replace('Points "yes"', "Points")


async def test_a_stock_is_no_configuration() -> None:
    admin = await nobody_signs()
    await importing.bring_in(admin, RICH)
    mug = await rewards.by_code("mug")
    assert mug.stock == 0
    await db.run("UPDATE points.reward SET stock = 5, given = 5 WHERE id = $1", mug.id)
    assert (await importing.bring_in(admin, RICH)).brought == []
    await importing.bring_in(admin, RICH.replace("en: Mug", "en: Big mug"))
    assert (await rewards.by_code("mug")).stock == 5


async def test_drafts_and_what_is_scheduled_are_not_in_the_file() -> None:
    await without_a_second_person("points.SET_POLICY")
    definition = {"code": "soon", "kinds": ["points.purchase.recorded"], "effects": [{"fixed": {"wallet": "POINTS", "points": 1}}]}  # fmt: skip
    made = await earn_rules.draft(SYSTEM, definition, title="Soon")
    before = await importing.export()
    await earn_rules.submit(SYSTEM, made.id)
    await earn_rules.put_in_force(made.id, clock.now() + timedelta(days=1))
    policy = wallets.Policy(pending={"immediate": True}, expiry={"never": True})
    await wallets.set_policy(make.staff("admin"), "POINTS", policy)
    await wallets.set_policy(
        make.staff("admin"), "POINTS", replace(policy, refund_grace_days=9), clock.now() + timedelta(days=1)
    )
    exported = await importing.export()
    assert "soon" not in exported and "refundGraceDays" not in exported
    assert exported == before.replace("    en: Points\n", "    en: Points\n  policy: {}\n")
    clock.shift(timedelta(days=2))
    assert "code: soon" in await importing.export()


BAD = [
    ("", "text", 1), ("- a", "text", 1), ("marque: 2", "marque", 1), ("programmes: []", "text", 1),
    ("marque: 1\nprogrammes:\n- code: [\n", "text", 4), ("marque: 1\nmarque: 1", "marque", 2),
    ("marque: 1\nx: &a [1]\ny: *a", "x", 2), ("marque: 1\nwhat: 1", "what", 2), ("marque: 1\n? [a]\n: 1", "text", 2),
    ("marque: 1\nprogrammes:\n- code: x\n  zone: Nowhere", "programmes.0.zone", 4),
    ("marque: 1\nprogrammes:\n- code: x\n  zone: 5", "programmes.0.zone", 4),
    ("marque: 1\nprogrammes:\n- {code: x, zone: UTC, dayStartsAt: 99999999999}", "programmes.0.dayStartsAt", 3),
    ("marque: 1\nprogrammes:\n- {code: x, zone: UTC}\n- {code: x, zone: UTC}", "programmes.1", 4),
    ("marque: 1\nprogrammes:\n- {code: ' x', zone: UTC}", "programmes.0.code", 3),
    ("marque: 1\nprogrammes:\n- {code: \"\\0\", zone: UTC}", "programmes.0.code", 3),
    ("marque: 1\nwallets:\n- {code: W, programme: marque, names: {zh: a, en: b}, scale: 9}", "wallets.0.scale", 3),
    ("marque: 1\nwallets:\n- code: W\n  programme: marque\n  names: {zh: a, en: b}\n  policy:\n    debtLimit: 0.5", "wallets.0.policy.debtLimit", 7),
    ("marque: 1\nwallets:\n- code: W\n  programme: marque\n  names: {zh: a, en: b}\n  policy:\n    pointValue: 'NaN'", "wallets.0.policy.pointValue", 7),
    ("marque: 1\nwallets:\n- code: W\n  programme: marque\n  names: {zh: a, en: b}\n  policy: {expiry: {never: true, rolling: {value: 1, unit: DAY}}}", "wallets.0.policy.expiry", 6),
    ("marque: 1\nearnRules:\n- code: r\n  title: R\n  kinds: [nothing.like.it]\n  effects: []", "earnRules.0.kinds.0", 5),
    ("marque: 1\nearnRules:\n- code: r\n  title: R\n  kinds: [app.x]\n  effects:\n  - fixed: {wallet: NONE, points: 1}", "earnRules.0.effects.0.fixed.wallet", 7),
    ("marque: 1\nearnRules:\n- code: r\n  title: R\n  kinds: [app.x]\n  effects:\n  - {}", "earnRules.0.effects.0", 7),
    ("marque: 1\nearnRules:\n- code: r\n  title: R\n  kinds: [app.x]\n  condition:\n    all: []\n  effects:\n  - fixed: {wallet: POINTS, points: 1}", "earnRules.0.condition.all", 7),
    ("marque: 1\ntierSchemes:\n- code: s\n  wallet: GROWTH\n  tiers:\n  - {code: A, threshold: 9}\n  - {code: B, threshold: 1}", "tierSchemes.0.tiers.1.threshold", 7),
    ("marque: 1\ntierSchemes:\n- code: s\n  wallet: GROWTH\n  tiers:\n  - {code: A, threshold: 9, condition: {ownsModel: x}}", "tierSchemes.0.tiers.0.condition.ownsModel", 6),
    ("marque: 1\nbenefits:\n- {scheme: none, tier: A, code: b, names: {zh: a, en: b}}", "benefits.0.scheme", 3),
    ("marque: 1\nrewards:\n- {code: r, kind: MAGIC, names: {zh: a, en: b}, prices: [{wallet: POINTS, amount: 1}]}", "rewards.0.kind", 3),
    ("marque: 1\nmissions:\n- {programme: none, code: m, title: {zh: a, en: b}, kinds: [app.x], target: 1}", "missions.0.programme", 3),
    ("marque: 1\nreferralProgrammes:\n- {programme: marque, kinds: []}", "referralProgrammes.0.kinds", 3),
    ("marque: 1\nprogrammes: " + "[" * 60 + "]" * 60, "programmes.0", 2), ("marque: 1\n\ta: 1", "text", 2),
    ("marque: 1\nprogrammes: !!python/object:os.system {}", "programmes", 2), ("[" * 20_000, "0.0", 1), ("\x07", "text", 1),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "path", "line"), BAD, ids=range(len(BAD)))
async def test_a_bad_file_is_one_clear_error_and_changes_nothing(bad: str, path: str, line: int) -> None:
    admin = await nobody_signs()
    before = await rows()
    with pytest.raises(InvalidInput) as refused:
        async with db.savepoint():
            await importing.bring_in(admin, bad)
    problem = refused.value.problems[0]
    assert problem.message.startswith(f"line {line}: "), problem
    assert problem.path == path, problem
    assert await rows() == before


async def test_what_one_record_refuses_undoes_the_others() -> None:
    admin, before = await nobody_signs(), await rows()
    bad = RICH.replace("holdDays: 21", "holdDays: -1")
    with pytest.raises(InvalidInput) as refused:
        async with db.savepoint():
            await importing.bring_in(admin, bad)
    assert refused.value.problems[0].path == "referralProgrammes.0.holdDays"
    assert await rows() == before


@settings(max_examples=60, deadline=None, database=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=40), st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-10**9, max_value=10**9))  # fmt: skip
def test_every_text_and_number_comes_back_as_it_was_written(said: str, number: Decimal) -> None:
    file = shapes.File(
        marque=1,
        programmes=[shapes.Programme(code=said, zone="UTC")],
        earn_rules=[
            shapes.EarnRule(
                code="r",
                title=said,
                kinds=[said],
                condition=shapes.Condition(
                    property=shapes.Test(path="p", op="EQ", value=[said, number, 3, True])
                ),
                effects=[shapes.Effect(multiply=shapes.Multiply(factor=number))],
            )
        ],
    )
    assert text.read(text.write(file))[0] == file


def test_json_is_read_too() -> None:
    file, _ = text.read(RICH)
    said = msgspec.json.Encoder(decimal_format="number").encode(file).decode()
    assert text.read(said)[0] == file


def test_a_difference_is_told_in_lines() -> None:
    file, _ = text.read(RICH)
    other = msgspec.structs.replace(
        file, programmes=[msgspec.structs.replace(file.programmes[0], zone="UTC")]
    )
    (found,) = comparing.differences(file, other)
    assert list(comparing.told(found)) == ["~ programmes.marque", '    zone: "Asia/Shanghai" -> "UTC"']
    assert comparing.left_alone(file, other) == ["programmes.owners-club"]


async def _admin(email: str) -> Actor:
    account = await staff.appoint(SYSTEM, name=email, email=email, role="admin")
    found = await staff.actor_of(account.id)
    assert found is not None and found == await staff.actor_by_email(email.upper())
    return found
