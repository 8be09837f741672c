"""An app's build: types from our schema, a manifest of its documents, and the documents run by their hash."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import httpx

from tests.clients.conftest import ROOT, served

DOCUMENTS = """
query SomeRecord($id: ID!) {
  node(id: $id) {
    ...RecordParts
  }
}

query Kind {
  __typename
}

fragment RecordParts on Node {
  __typename
  id
}
"""


def test_the_documents_of_an_app_are_generated_imported_and_run(node, stack, tmp_path):
    (tmp_path / "schema.graphql").write_text(_python("-m", "api.schema"))
    (tmp_path / "documents.graphql").write_text(DOCUMENTS)
    made = node(
        "codegen.mjs",
        str(tmp_path / "schema.graphql"),
        str(tmp_path / "documents.graphql"),
        f"{tmp_path}/gql/",
    )
    assert "export type SomeRecordQuery" in made["types"]
    assert len(made["manifest"]) == 2

    file = tmp_path / "gql/persisted-documents.json"
    assert json.loads(_python("-m", "cli", "documents", "import", str(file), "--json")) == {
        "added": 2,
        "known": 0,
    }
    assert json.loads(_python("-m", "cli", "documents", "import", str(file), "--json")) == {
        "added": 0,
        "known": 2,
    }

    ids = {
        name: id
        for id, text in made["manifest"].items()
        for name in ("Kind", "SomeRecord")
        if f"query {name}" in text
    }
    with served("api.app:app", MARQUE_DOCUMENTS="trusted-only") as url, httpx.Client(trust_env=False) as app:
        answer = app.post(f"{url}/graphql", json={"documentId": ids["Kind"]})
        assert answer.json()["data"] == {"__typename": "Query"}
        answer = app.post(
            f"{url}/graphql", json={"documentId": ids["SomeRecord"], "variables": {"id": "nothing"}}
        )
        assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        answer = app.post(f"{url}/graphql", json={"query": "{ __typename }"})
        assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def _python(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
