"""What an open query may ask for."""

from __future__ import annotations

import pytest

from domain.settings import settings


async def run(client, query, variables=None, **more):
    return (await client.post("/graphql", json={"query": query, "variables": variables, **more})).json()


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        ("{ hello }", None, 1),
        ("{ __typename }", None, 1),
        ("{ items { nodes { name } } }", None, 2 + 20 * (2 + 1)),
        ("{ items(first: 5) { nodes { name } } }", None, 2 + 5 * (2 + 1)),
        ("query($n: Int) { items(first: $n) { nodes { name } } }", {"n": 3}, 2 + 3 * (2 + 1)),
        ("query($n: Int = 4) { items(first: $n) { nodes { name } } }", None, 2 + 4 * (2 + 1)),
        ("{ items(first: 1000000) { nodes { name } } }", None, 2 + 100 * (2 + 1)),
        ("{ nested(first: 2) { nested(first: 3) { hello } } }", None, 2 * (2 + 3 * (2 + 1))),
        (
            "{ ...A ...A } fragment A on Query { one { ...B } } fragment B on Query { hello }",
            None,
            2 * (2 + 1),
        ),
        ("{ one { ... on Query { hello } ... { hello } } }", None, 2 + 2),
        ("query A { hello } query B { one { hello } }", None, 3),
    ],
)
async def test_the_cost_counts_objects_twice_and_lists_by_their_page(client, query, variables, expected):
    answer = await run(client, query, variables, operationName="B" if "query B" in query else None)
    assert answer["extensions"] == {"cost": expected}
    assert "errors" not in answer


@pytest.mark.parametrize(
    "query",
    [
        "{ nested(first: 100) { nested(first: 100) { hello } } }",
        "{ " + "one { " * 20 + "hello" + " }" * 21,
        "{ " + " ".join(f"a{n}: hello" for n in range(100)) + " }",
        "{ hello " + "@include(if: true) " * 60 + "}",
        "{ " + " ".join(f"...F{n}" for n in range(2)) + " } " + " ".join(
            f"fragment F{n} on Query {{ a{n}: one {{ ...F{n + 1} }} b{n}: one {{ ...F{n + 1} }} }}" for n in range(20)
        ) + " fragment F20 on Query { hello }",
    ],
    ids=["cost", "depth", "aliases", "directives", "fragments"],
)  # fmt: skip
async def test_too_much_is_refused_before_anything_runs(client, query):
    answer = await run(client, query)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"COST_LIMIT"}
    assert "data" not in answer


async def test_too_many_tokens_are_refused(client):
    answer = await run(client, "{ " + "hello " * 5000 + "}")
    assert "token" in answer["errors"][0]["message"]


async def test_a_cycle_of_fragments_is_bad_input(client):
    answer = await run(
        client, "{ ...A } fragment A on Query { one { ...B } } fragment B on Query { one { ...A } }"
    )
    assert answer["errors"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_several_operations_need_a_name(client):
    answer = await run(client, "query A { hello } query B { hello }")
    assert answer["errors"][0]["message"] == "Name the operation to run."


async def test_only_staff_look_at_the_schema_in_production(client, monkeypatch):
    query = "{ __schema { queryType { name } } }"
    assert (await run(client, query))["data"]["__schema"]["queryType"] == {"name": "Query"}
    monkeypatch.setattr(settings(), "env", "production")
    assert "introspection" in (await run(client, query))["errors"][0]["message"].lower()


async def test_a_document_is_parsed_and_validated_once(client):
    from api import limits

    await run(client, "{ hello }")
    before = limits._kept.cache_info()
    await run(client, "{ hello }")
    after = limits._kept.cache_info()
    assert (after.hits, after.misses) == (before.hits + 1, before.misses)


@pytest.mark.parametrize("depth", [60, 200, 600, 1500])
async def test_nesting_of_any_depth_is_a_clear_error(client, depth):
    literal = "[" * depth + "1" + "]" * depth
    for query in ("{ " + "one { " * depth + "hello" + " }" * (depth + 1), f"{{ hello(name: {literal}) }}"):
        answer = await run(client, query)
        assert {error["extensions"]["code"] for error in answer["errors"]} <= {"BAD_INPUT", "COST_LIMIT"}
    body = '{"query": "query($n: String!) { hello(name: $n) }", "variables": {"n": ' + literal + "}}"
    answer = await client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_INPUT"
