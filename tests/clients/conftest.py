"""Real clients from pinned npm packages against a real server; without them the tests skip with one line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import database
from tests.clients import walking

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("clients")


@pytest.fixture(scope="session")
def node_program() -> str:
    """Node, where the npm packages of this folder are installed."""
    shim = ROOT / ".venv/node/shim/node"
    program = str(shim) if shim.exists() else shutil.which("node")
    if program is None or not (HERE / "node_modules/.installed").exists():
        pytest.skip("the npm packages of the clients are not installed: make test-clients")
    return program


@pytest.fixture(scope="session")
def browser() -> str:
    """The system's Chromium."""
    found = walking.system_browser()
    if found is None:
        pytest.skip("no Chromium here: install chromium or google-chrome")
    return found


@pytest.fixture(scope="session")
def node(node_program: str) -> Callable[..., Any]:
    """Run a script of this folder and answer the JSON that it prints."""

    def run(script: str, *args: str, within: float = 90) -> Any:
        done = subprocess.run(
            [node_program, str(HERE / script), *args],
            cwd=HERE,
            capture_output=True,
            text=True,
            timeout=within,
        )
        assert done.returncode == 0, done.stderr or done.stdout
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="package")
def small(stack: None) -> Iterator[str]:
    """The address of a server of the small schema."""
    with served("tests.clients.small:app") as url:
        yield url


@pytest.fixture(scope="package")
def marque(stack: None) -> Iterator[str]:
    """The address of a server of Marque's own schema."""
    with served("api.app:app") as url:
        yield url


@contextmanager
def served(app: str, **settings: str) -> Iterator[str]:
    """A uvicorn of its own on a free port, with this process's database, which it commits to."""
    database.touch()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [
        sys.executable, "-m", "uvicorn", app, "--port", str(port), "--log-level", "warning",
        "--loop", "uvloop", "--http", "httptools", "--no-server-header",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings)
    try:
        _wait_for(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: subprocess.Popen) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        assert process.poll() is None, "the server ended"
        try:
            if httpx.get(f"{url}/health/live", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")
