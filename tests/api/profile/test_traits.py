"""Members set their own traits, operators a member's: only declared ones, of the declared type."""

from __future__ import annotations

import pytest

from domain import db
from domain.profile import definitions, drain
from domain.profile.definitions import Draft, TraitKind, ValueType
from tests import make

SET = """mutation($input: SetTraitsInput!) { setTraits(input: $input) { __typename
    ... on SetTraitsSuccess { member { id traits { name value origin } } }
    ... on TraitNotDeclared { names message } ... on TraitTypeMismatch { names }
    ... on InvalidInput { problems { path } } } }"""
DEFINE = """mutation($input: DefineTraitInput!) { defineTrait(input: $input) { __typename
    ... on DefineTraitSuccess { backfill
        traitDefinition { name version kind valueType formula isPersonal isSelfSet } }
    ... on VersionConflict { current } ... on InvalidInput { problems { path } } } }"""


async def define(name: str, value_type: ValueType, **options) -> None:
    await definitions.define(
        make.staff("operator"), Draft(name, TraitKind.DECLARED, value_type, **options), None
    )


async def stored() -> tuple[int, int]:
    return (
        await db.value("SELECT count(*) FROM profile.trait_value"),
        await db.value("SELECT count(*) FROM profile.interaction"),
    )


async def test_a_member_sets_what_members_may_set_and_null_takes_it_away(gql):
    actor = await make.member_actor()
    answer = await gql(SET, {"input": {"traits": {"city": "Hefei", "birth_year": 1990}}}, actor=actor)
    assert answer["setTraits"]["member"]["traits"] == [
        {"name": "birth_year", "value": 1990, "origin": "EVENT"},
        {"name": "city", "value": "Hefei", "origin": "EVENT"},
    ]
    gone = await gql(SET, {"input": {"traits": {"city": None}}}, actor=actor)
    assert [each["name"] for each in gone["setTraits"]["member"]["traits"]] == ["birth_year"]


async def test_undeclared_traits_are_refused_by_name_and_nothing_is_stored(gql):
    await define("plan", ValueType.TEXT)
    await define("spent", ValueType.NUMBER)
    actor = await make.member_actor()
    before = await stored()
    given = {"traits": {"city": "Hefei", "tier": "GOLD", "hobby": "go", "plan": "A"}}
    answer = await gql(SET, {"input": given}, actor=actor)
    assert answer["setTraits"] == {
        "__typename": "TraitNotDeclared",
        "names": ["hobby", "plan", "tier"],
        "message": "These traits are not declared, or not yours to set: ['hobby', 'plan', 'tier'].",
    }
    assert await stored() == before


async def test_operators_set_declared_traits_that_members_may_not(gql):
    await define("plan", ValueType.TEXT)
    member, operator = await make.member_id(), make.staff("operator")
    given = {"memberId": str(member), "traits": {"plan": "A"}}
    answer = await gql(SET, {"input": given}, actor=operator)
    assert answer["setTraits"]["member"]["traits"] == [{"name": "plan", "value": "A", "origin": "STAFF"}]
    refused = await gql(SET, {"input": {**given, "traits": {"tier": "GOLD"}}}, actor=operator)
    assert refused["setTraits"]["names"] == ["tier"]


async def test_a_computed_trait_is_set_by_nobody(gql):
    operator, member = make.staff("operator"), await make.member_id()
    formula = {"function": "COUNT", "kind": "app.opened"}
    given = {"name": "opens", "kind": "COMPUTED", "valueType": "NUMBER", "formula": formula}
    made = (await gql(DEFINE, {"input": given}, actor=operator))["defineTrait"]
    assert made["traitDefinition"]["version"] == 1
    await drain.drain_all([])
    before = await stored()
    answer = await gql(SET, {"input": {"memberId": str(member), "traits": {"opens": 5}}}, actor=operator)
    assert answer["setTraits"]["__typename"] == "TraitNotDeclared"
    assert await stored() == before


@pytest.mark.parametrize(
    ("value_type", "fits", "wrong"),
    [
        (ValueType.TEXT, ["", "x"], [1, True, ["x"], {}]),
        (ValueType.NUMBER, [0, -1, 1.5], ["1", True, [1]]),
        (ValueType.BOOLEAN, [True, False], [0, "true"]),
        (ValueType.TIME, ["2026-05-01T10:00:00+08:00", "2026-05-01T10:00:00Z"], ["2026-05-01T10:00:00", "x", 5]),
        (ValueType.LIST, [[], [1, "x"]], ["x", {"a": 1}]),
        (ValueType.JSON, ["x", 1, [1], {"a": 1}], []),
    ],
)  # fmt: skip
async def test_values_of_another_type_are_refused_by_name_and_nothing_is_stored(gql, value_type, fits, wrong):
    await define("it", value_type, is_self_set=True)
    actor = await make.member_actor()
    for value in fits:
        answer = await gql(SET, {"input": {"traits": {"it": value}}}, actor=actor)
        assert answer["setTraits"]["member"]["traits"][0]["value"] == value
    before = await stored()
    for value in wrong:
        answer = await gql(SET, {"input": {"traits": {"city": "Hefei", "it": value}}}, actor=actor)
        assert answer["setTraits"] == {"__typename": "TraitTypeMismatch", "names": ["it"]}
    assert await stored() == before


async def test_a_trait_is_defined_and_revised_by_its_version(gql):
    operator = make.staff("operator")
    given = {"name": "plan", "kind": "DECLARED", "valueType": "TEXT", "isPersonal": True, "isSelfSet": True}
    made = (await gql(DEFINE, {"input": given}, actor=operator))["defineTrait"]
    assert made["traitDefinition"] == {**given, "version": 1, "formula": None}
    stale = await gql(DEFINE, {"input": given}, actor=operator)
    assert stale["defineTrait"] == {"__typename": "VersionConflict", "current": 1}
    revised = {**given, "valueType": "NUMBER", "isSelfSet": False, "expectedVersion": 1}
    assert (await gql(DEFINE, {"input": revised}, actor=operator))["defineTrait"]["traitDefinition"][
        "version"
    ] == 2
    listed = await gql("{ traitDefinitions { name version valueType isSelfSet } }", actor=operator)
    assert {"name": "plan", "version": 2, "valueType": "NUMBER", "isSelfSet": False} in listed[
        "traitDefinitions"
    ]
    assert "city" in {each["name"] for each in listed["traitDefinitions"]}


async def test_what_computes_is_not_set_by_members(gql):
    given = {
        "name": "opens", "kind": "COMPUTED", "valueType": "NUMBER", "isSelfSet": True,
        "formula": {"function": "COUNT", "kind": "app.opened"},
    }  # fmt: skip
    answer = await gql(DEFINE, {"input": given}, actor=make.staff("operator"))
    assert answer["defineTrait"] == {"__typename": "InvalidInput", "problems": [{"path": "isSelfSet"}]}
