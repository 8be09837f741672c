"""The playground in a real browser that may talk to nobody but us."""

from __future__ import annotations

import asyncio

import httpx

from api.playground import operations
from domain import development


def test_the_playground_runs_an_operation_offline_and_breaks_no_policy(node, browser, marque, tmp_path):
    seen = node("playground.mjs", f"{marque}/graphql", browser, str(tmp_path / "shot.png"))
    assert seen["elsewhere"] == []
    assert seen["problems"] == []
    assert seen["title"] == "Marque playground"
    assert '"data"' in seen["response"]
    assert seen["workers"] > 0


async def test_a_saved_operation_of_a_role_runs_with_its_token(node, browser, marque, pool, tmp_path):
    token = await development.token("analyst")
    seen = await asyncio.to_thread(
        node, "playground.mjs", f"{marque}/graphql", browser, str(tmp_path / "shot.png"), token, "analyst"
    )
    assert seen["problems"] == []
    assert seen["saved"] == [each["title"] for each in operations.saved()]
    assert '"errors"' not in seen["response"]
    assert seen["last"].startswith("OK")


def test_the_files_are_packed_and_kept_by_browsers(marque):
    with httpx.Client(trust_env=False, base_url=marque) as client:
        page = client.get("/graphql", headers={"accept": "text/html"})
        assert "unsafe-eval" not in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        script = client.get("/playground/playground.js?1", headers={"accept-encoding": "gzip"})
        assert (script.status_code, script.headers["content-encoding"]) == (200, "gzip")
        assert client.get("/playground/editor.worker.js").headers["cache-control"] == "no-cache"
        for name in ("nothing.js", "../page.py", "..%2fpage.py", "playground.js.gz", "%00"):
            assert client.get(f"/playground/{name}").status_code == 404
