"""A Marque that runs as users run it: supervised, with a data folder of its own."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from cli.stack import postgres, process, valkey
from cli.stack.layout import Layout
from tests import database

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 120


def environment(**more: str) -> dict[str, str]:
    """The environment of a user who has set nothing."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MARQUE_")}
    return clean | {"PYTHONPATH": str(ROOT), "MARQUE_LOG_LEVEL": "WARNING"} | more


def run(*words: str, **env: str) -> str:
    """What `marque WORDS` printed; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", *words],
        env=environment(**env),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Running:
    """A supervised Marque."""

    def __init__(self, folder: Path, port: int = 0, **env: str) -> None:
        self.folder = folder
        self.env = env
        self.layout = Layout.of(folder)
        self.log = folder.parent / f"up-{time.monotonic_ns()}.log"
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli", "up", "--no-demo", "--port", str(port), "--data-dir", str(folder)],
                env=environment(**env), cwd=folder.parent, stdout=output, stderr=output,
            )  # fmt: skip

    @property
    def said(self) -> str:
        return self.log.read_text()

    def url(self) -> str:
        """Where it answers, once it has said so."""
        process.wait_until(
            lambda: "answers at" in self.said or self.process.poll() is not None, READY_SECONDS
        )
        found = re.search(r"answers at (http://\S+)/graphql", self.said)
        assert found, self.said
        return found.group(1)

    def children(self) -> dict[str, int]:
        """Role -> pid of the supervised processes."""
        said = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        return {m[2]: int(m[1]) for m in re.finditer(r"(\d+) \S+ -m cli\.child (\w+)", said)}

    @property
    def database(self) -> str:
        """The address of its database."""
        return self.env.get("MARQUE_DATABASE_URL") or self.layout.database_url()

    @property
    def is_embedded(self) -> bool:
        """Whether Postgres and Valkey are its own."""
        return "MARQUE_DATABASE_URL" not in self.env

    def run(self, *words: str) -> str:
        """What `marque WORDS` printed, beside it; it must succeed."""
        return run(*words, "--data-dir", str(self.folder), **self.env)

    def token(self, role: str, *, member: str | None = None) -> str:
        """A development token."""
        return self.run("token", "--role", role, *(["--member", member] if member else []))

    def inside(self, code: str) -> None:
        """Run an async function of the domain against it (`domain.points.community_rule:publish()`)."""
        module, _, call = code.rpartition(":")
        script = (
            "from pathlib import Path; from cli import attached; import importlib; "
            f"attached.run(Path({str(self.folder)!r}), lambda: importlib.import_module({module!r}).{call})"
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=environment(**self.env),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr

    def stop(self) -> float:
        """Seconds until it ended after SIGTERM."""
        began = time.monotonic()
        self.process.terminate()
        self.process.wait(20)
        return time.monotonic() - began


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that other users may pass through; its servers are stopped afterwards, whatever happened."""
    parent = Path(tempfile.mkdtemp(prefix="marque-cli-"))
    parent.chmod(0o755)
    yield parent / "data"
    for pg in parent.rglob("PG_VERSION"):
        if pg.parent.name == "pg":
            layout = Layout(pg.parent.parent)
            valkey.stop(layout)
            postgres.stop(layout)
            shutil.rmtree(layout.sockets, ignore_errors=True)
    shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture
def servers() -> Iterator[dict[str, str]]:
    """The environment of a journey: empty for embedded servers, else a database of its own on the external ones."""
    if not database.IS_EXTERNAL:
        yield {}
        return
    name = f"marque_journey_{os.getpid()}_{time.monotonic_ns()}"
    _administer(
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
    )
    try:
        yield {"MARQUE_DATABASE_URL": database.url(name), "MARQUE_REDIS_URL": os.environ["MARQUE_REDIS_URL"]}
    finally:
        _administer(f"DROP DATABASE {name} WITH (FORCE)")


def _administer(sql: str) -> None:
    """Run one statement on the external server, in a thread: a journey's own loop may be around."""

    async def run() -> None:
        connection = await asyncpg.connect(database.server(), timeout=5)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, run()).result()


@pytest.fixture
def up(folder: Path) -> Iterator[Callable[..., Running]]:
    """Start Marque in the test's data folder; it is stopped afterwards."""
    started: list[Running] = []

    def start(**how: object) -> Running:
        started.append(Running(folder, **how))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.stop()
