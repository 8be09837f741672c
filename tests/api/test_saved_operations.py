"""Every saved operation of the playground follows its README, fits the schema, and runs as its role."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import parse

from api import limits
from api.context import Context
from api.http import run
from api.playground import operations
from api.schema import schema
from tests import make

FILES = sorted(operations.FOLDER.glob("*/*.graphql"))


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", FILES, ids=named)
async def test_a_saved_operation_runs_as_its_role(path):
    saved = operations.load(path)
    assert saved.role in operations.ROLES
    assert saved.title and len(saved.title) <= 80
    plan = limits._made(schema._schema, saved.query, may_introspect=False)
    assert plan.errors == []
    actor = await make.member_actor() if saved.role == "member" else make.staff(saved.role)
    context = Context(actor=actor, language="zh-CN", request_id="test")
    answer = await run.run(schema, saved.query, saved.variables, saved.name, context)
    # The sample ids are of the demonstration brand, which this database does not have.
    assert {(error.extensions or {})["code"] for error in answer.errors} <= {"NOT_FOUND"}


def test_the_names_of_saved_operations_are_unique():
    names = [operations.load(path).name for path in FILES]
    assert len(names) == len(set(names))


def test_a_file_is_read_as_the_readme_says(tmp_path):
    path = tmp_path / "member" / "00-home.graphql"
    path.parent.mkdir()
    path.write_text(
        "# My wallet\n# Balances,\n# and movements.\n# variables: {\n#   \"first\": 20\n# }\n"
        "query MyWallet($first: Int!) {\n  # inside\n  me { id }\n}\n"
    )  # fmt: skip
    saved = operations.load(path)
    assert (saved.role, saved.file, saved.name) == ("member", "00-home", "MyWallet")
    assert (saved.title, saved.explanation) == ("My wallet", "Balances, and movements.")
    assert saved.variables == {"first": 20}
    parse(saved.query)


@pytest.mark.parametrize("text", ["query A { me { id } }", "# Title\n{ me { id } }"])
def test_a_file_without_a_title_or_a_name_is_refused(tmp_path, text):
    path = tmp_path / "bad.graphql"
    path.write_text(text)
    with pytest.raises(ValueError, match="needs a comment"):
        operations.load(path)
