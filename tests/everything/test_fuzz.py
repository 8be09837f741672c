"""Generated operations: whatever is asked, there is no 500 and no INTERNAL."""

from __future__ import annotations

import asyncio

import pytest
from graphql import print_schema
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes, strategies

from tests.everything.operations import SCHEMA

SDL = print_schema(SCHEMA)
EACH = 250
TEXT = st.text(max_size=20)
SCALARS = {
    "Decimal": st.one_of(st.decimals(-(10**6), 10**6, places=2).map(str), TEXT).map(nodes.String),
    "DateTime": st.one_of(st.datetimes().map(lambda at: at.isoformat() + "Z"), TEXT).map(nodes.String),
    "Date": st.one_of(st.dates().map(str), TEXT).map(nodes.String),
    "Duration": st.one_of(st.sampled_from(["P1D", "PT5S", "P7D", "P1M"]), TEXT).map(nodes.String),
    "BilingualText": TEXT.map(nodes.String),
    "JSON": st.one_of(TEXT.map(nodes.String), st.integers(-(2**31), 2**31 - 1).map(nodes.Int)),
}
QUIET = settings(max_examples=EACH, deadline=None, database=None, suppress_health_check=list(HealthCheck))
ROLES = ("admin", "member")


@pytest.mark.parametrize("part", [1, 2])
@pytest.mark.parametrize("root", ["query", "mutation"])
async def test_generated_operations_are_answered(http, root: str, part: int) -> None:
    """Making an operation takes longer than answering it, so each is asked by both roles."""
    operations = await asyncio.get_running_loop().run_in_executor(None, made, root, part)
    asked = 0
    for operation in operations:
        for role in ROLES:
            await http.run(role, operation)
            asked += 1
    assert asked >= EACH * len(ROLES)


def made(root: str, part: int) -> list[str]:
    """The same operations in every run; other ones for each part."""
    make = strategies.queries if root == "query" else strategies.mutations
    operations: list[str] = []

    @seed(part)
    @QUIET
    @given(make(SDL, custom_scalars=SCALARS))
    def generated(operation: str) -> None:
        operations.append(operation)

    generated()
    return operations
