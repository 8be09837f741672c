"""`marque up`: what answers, what heals, what stops."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from cli.stack import postgres, process, valkey

pytestmark = pytest.mark.journey

HEAL_SECONDS = 15


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health/ready", timeout=5) as answer:
            return json.load(answer)["status"] == "ready"
    except (OSError, urllib.error.URLError):
        return False


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_everything_heals_and_stops_in_time(up) -> None:
    running = up()
    url = running.url()
    assert _is_ready(url)
    assert "operator" in running.said
    before = running.children()
    for role in ("api", "worker"):
        os.kill(before[role], signal.SIGKILL)
        assert process.wait_until(
            lambda role=role: running.children().get(role, before[role]) != before[role], 5
        )
        assert process.wait_until(lambda: _is_ready(url), HEAL_SECONDS), running.said
    postgres.query(running.layout, "CREATE TABLE kept AS SELECT 1 AS n")
    for server in (postgres, valkey):
        os.kill(server.pid(running.layout), signal.SIGKILL)
        assert process.wait_until(lambda server=server: server.is_running(running.layout), HEAL_SECONDS)
        assert process.wait_until(lambda: _is_ready(url), HEAL_SECONDS), running.said
    assert postgres.query(running.layout, "SELECT n FROM kept") == "1"
    assert running.stop() < 10
    assert running.process.returncode == 0
    assert not postgres.is_running(running.layout)
    assert not valkey.is_running(running.layout)


def test_a_killed_supervisor_leaves_nothing_in_the_way(up, folder: Path) -> None:
    port = _free_port()
    first = up(port=port)
    first.url()
    orphans = first.children()
    first.process.kill()
    first.process.wait()
    second = up(port=port)
    assert _is_ready(second.url())
    assert process.wait_until(lambda: not any(map(process.is_alive, orphans.values())), HEAL_SECONDS)
    second.stop()
    assert not postgres.is_running(second.layout)


def test_a_busy_port_is_one_sentence_with_the_way_out(marque) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = marque("up", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"Error: Port {port} on 127.0.0.1 is taken by another program. "
        f"Stop that one, or choose another port: marque up --port {port + 1}"
    )


def test_a_host_that_is_not_ours_is_one_sentence(marque) -> None:
    done = marque("up", "--host", "192.0.2.1")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Cannot listen on 192.0.2.1:8000")
    assert len(done.stderr.strip().splitlines()) == 1


def test_production_refuses_development_settings_one_sentence_each(marque) -> None:
    done = marque("up", MARQUE_ENV="production", MARQUE_ALLOWED_ORIGINS="*", MARQUE_TEST_CLOCK="1")
    assert done.returncode == 1
    named = re.findall(r"^MARQUE_\w+", done.stderr, re.MULTILINE)
    assert named == [
        "MARQUE_SECRET_KEY",
        "MARQUE_SIGNING_KEYS",
        "MARQUE_DOCUMENTS",
        "MARQUE_ALLOWED_ORIGINS",
        "MARQUE_TEST_CLOCK",
    ]
