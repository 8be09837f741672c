"""Every field, called as every role."""

from __future__ import annotations

import pytest

from api.permission_table import guarded
from api.permissions import ROLES
from api.schema import schema
from tests.everything.operations import fields, operation, variables

WHO = dict(guarded(schema))
PATHS = [("query", name) for name, _ in fields("query")] + [
    ("mutation", name) for name, _ in fields("mutation")
]


@pytest.mark.parametrize(("root", "name"), PATHS, ids=[f"{root}.{name}" for root, name in PATHS])
async def test_a_field_lets_in_whom_it_names_and_nobody_else(http, root: str, name: str) -> None:
    field = dict(fields(root))[name]
    who = WHO[f"{root.title()}.{name}"]
    for role in ROLES:
        answer = await http.run(role, operation(root, name, field), variables(field))
        guard = [
            error["extensions"]["code"]
            for error in answer.get("errors", [])
            if error["message"].startswith(("Sign in first.", "This needs one of the roles"))
        ]
        if who.admits(role):
            assert guard == [], f"{role} should be let in"
        else:
            assert guard == ["UNAUTHENTICATED" if role == "visitor" else "FORBIDDEN"], f"{role}: {answer}"
