"""What holds for the whole schema."""

from __future__ import annotations

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)

from api.schema import Mutation, build, sdl

SCHEMA = build_schema(sdl(build(has_test_clock=True)))
TYPES = [
    t for t in SCHEMA.type_map.values() if not is_introspection_type(t) and not is_specified_scalar_type(t)
]


def undescribed() -> list[str]:
    """Every type, field, argument, input field and enum value without a description."""
    found = []
    for kind in TYPES:
        if not kind.description:
            found.append(kind.name)
        if isinstance(kind, GraphQLEnumType):
            found += [f"{kind.name}.{name}" for name, value in kind.values.items() if not value.description]
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in kind.fields.items():
                if not field.description:
                    found.append(f"{kind.name}.{name}")
                for argument, declared in getattr(field, "args", {}).items():
                    if not declared.description:
                        found.append(f"{kind.name}.{name}({argument}:)")
    return found


def test_everything_is_described():
    assert undescribed() == []


def test_every_mutation_takes_one_input_and_answers_a_union_with_its_success():
    for name, field in SCHEMA.mutation_type.fields.items():
        title = name[0].upper() + name[1:]
        assert list(field.args) == ["input"], name
        assert str(field.args["input"].type) == f"{title}Input!", name
        assert "clientMutationId" in field.args["input"].type.of_type.fields, name
        union = field.type.of_type
        assert isinstance(union, GraphQLUnionType) and union.name == f"{title}Result", name
        members = {member.name for member in union.types}
        assert {f"{title}Success", "InvalidInput"} <= members, name


def test_every_refusal_tells_a_person_why():
    refusals = SCHEMA.get_implementations(SCHEMA.type_map["Refusal"]).objects
    assert len(refusals) >= 3
    for kind in refusals:
        assert str(kind.fields["message"].type) == "String!"


def test_the_test_clock_is_not_in_the_public_schema():
    public = sdl(build(has_test_clock=False))
    assert "advanceClock" not in public
    assert not hasattr(Mutation, "advance_clock")


def test_every_field_of_the_roots_says_who_may_call_it():
    from api.permissions import Who
    from api.schema import MutationWithTestClock, Query, Subscription

    for root in (Query, MutationWithTestClock, Subscription):
        for field in root.__strawberry_definition__.fields:
            guards = [e for e in field.extensions if isinstance(getattr(e, "who", None), Who)]
            assert guards, f"{root.__name__}.{field.python_name} lets anybody in without saying so"


def test_lists_are_connections_with_bounded_pages():
    for name, field in SCHEMA.query_type.fields.items():
        kind = getattr(field.type, "of_type", field.type)
        if getattr(kind, "name", "").endswith("Connection"):
            assert {"first", "after"} <= set(field.args), name


def test_a_client_may_ask_all_members_of_a_result_for_a_field_of_the_same_name():
    told_apart = {  # the spec gives them the same names: use an alias
        ("RegisterForEventResult", "price"),  # of both refusals
        ("ReviewSubject", "kind"), ("ReviewSubject", "viewer"),  # of posts, comments and people
        ("AssignReportResult", "to"),  # a state, and a moderator
    }  # fmt: skip
    clashes = set()
    for kind in TYPES:
        if isinstance(kind, GraphQLUnionType):
            seen: dict[str, set[str]] = {}
            for member in kind.types:
                for name, field in member.fields.items():
                    seen.setdefault(name, set()).add(str(field.type))
            clashes |= {(kind.name, name) for name, types in seen.items() if len(types) > 1}
    assert clashes <= told_apart
