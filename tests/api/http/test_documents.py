"""Trusted documents: by id, from the manifest, and nothing else where the settings say so."""

from __future__ import annotations

import pytest

from domain.errors import InvalidInput
from domain.foundation import documents
from domain.settings import settings

MANIFEST = {
    "a1": "query Hello($name: String!) { hello(name: $name) }",
    "b2": "{ " + "one { " * 20 + "hello" + " }" * 21,
}


@pytest.fixture(autouse=True)
def forget():
    from api import documents as api_documents

    api_documents._texts.clear()


async def send(client, **body):
    return await client.post("/graphql", json=body)


async def test_a_document_runs_by_its_id(client):
    assert await documents.load_manifest(MANIFEST) == (2, 0)
    answer = await send(client, documentId="a1", variables={"name": "Li"})
    assert answer.json()["data"] == {"hello": "你好,Li"}


async def test_a_trusted_document_is_held_to_no_limit(client):
    await documents.load_manifest(MANIFEST)
    assert "errors" not in (await send(client, documentId="b2")).json()
    assert "errors" in (await send(client, query=MANIFEST["b2"])).json()


@pytest.mark.parametrize("document_id", ["nothing", "\x00", "a b", "x" * 10_000])
async def test_an_unknown_id_is_not_found(client, document_id):
    answer = await send(client, documentId=document_id)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_trusted_only_refuses_open_queries_of_apps(client, monkeypatch):
    await documents.load_manifest(MANIFEST)
    monkeypatch.setattr(settings(), "documents", "trusted-only")
    refused = (await send(client, query="{ hello }")).json()
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert "errors" not in (await send(client, documentId="a1", variables={"name": "Li"})).json()


async def test_a_manifest_imported_twice_changes_nothing():
    assert await documents.load_manifest(MANIFEST) == (2, 0)
    assert await documents.load_manifest(MANIFEST) == (0, 2)


async def test_an_id_never_stands_for_another_document():
    await documents.load_manifest(MANIFEST)
    with pytest.raises(InvalidInput):
        await documents.load_manifest({"c3": "{ hello }", "a1": "{ hello }"})
    assert await documents.find("a1") == MANIFEST["a1"]
    assert await documents.find("c3") is None


@pytest.mark.parametrize(
    "manifest", [[], 5, None, {"a": 5}, {"": "{ hello }"}, {"a b": "{ hello }"}, {"a": ""}]
)
async def test_a_manifest_of_another_shape_is_refused(manifest):
    with pytest.raises(InvalidInput):
        await documents.load_manifest(manifest)
