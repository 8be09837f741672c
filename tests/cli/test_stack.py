"""The embedded Postgres and Valkey: start, share, survive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.stack import binaries, postgres, process, valkey
from cli.stack.errors import StackUnavailable
from tests.running import ROOT, environment

pytestmark = pytest.mark.journey

_CLAIM = """
import sys, time
from pathlib import Path
from cli.stack import launcher, postgres
stack = launcher.attach(Path(sys.argv[1]), durable=sys.argv[3] == "durable")
postgres.query(stack.layout, "CREATE TABLE IF NOT EXISTS seen (who text)") if sys.argv[2] == "0" else None
print("ready", flush=True)
sys.stdin.readline()
stack.leave()
"""


def _claim(folder: Path, number: int = 0) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", _CLAIM, str(folder), str(number), "durable"], cwd=ROOT, env=environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def _ready(claimer: subprocess.Popen) -> None:
    assert claimer.stdout is not None
    assert claimer.stdout.readline() == "ready\n"


def _leave(claimer: subprocess.Popen) -> None:
    claimer.communicate("\n", timeout=30)
    assert claimer.returncode == 0


def test_two_processes_starting_cold_at_once_share_one_stack(folder: Path, attach) -> None:
    both = [_claim(folder, number) for number in range(2)]
    for one in both:
        _ready(one)
    third = attach()
    first_pid = postgres.pid(third.layout)
    _leave(both[0])
    assert postgres.is_running(third.layout)
    assert valkey.is_running(third.layout)
    _leave(both[1])
    assert postgres.pid(third.layout) == first_pid
    third.leave()
    assert not postgres.is_running(third.layout)
    assert not valkey.is_running(third.layout)


def test_committed_rows_survive_a_killed_postgres_and_a_killed_valkey(attach) -> None:
    stack = attach()
    postgres.query(stack.layout, "CREATE TABLE kept (n int)")
    for turn in range(2):
        postgres.query(stack.layout, f"INSERT INTO kept VALUES ({turn})")
        for server in (postgres, valkey):
            pid = server.pid(stack.layout)
            os.kill(pid, signal.SIGKILL)
            assert process.wait_until(lambda pid=pid: not process.is_alive(pid), 5)
        assert stack.heal() == ["Postgres", "Valkey"]
        assert postgres.query(stack.layout, "SELECT count(*) FROM kept") == str(turn + 1)
    assert stack.heal() == []


def test_a_killed_user_of_the_stack_holds_nothing(folder: Path, attach) -> None:
    killed = _claim(folder)
    _ready(killed)
    killed.kill()
    killed.wait()
    stack = attach()
    assert postgres.query(stack.layout, "SELECT count(*) FROM seen") == "0"
    stack.leave()
    assert not postgres.is_running(stack.layout)


def test_postgres_is_started_again_when_its_starter_never_reaped_it(folder: Path, attach) -> None:
    starter = _claim(folder)
    _ready(starter)
    stack = attach()
    os.kill(postgres.pid(stack.layout), signal.SIGKILL)
    time.sleep(0.2)
    assert stack.heal() == ["Postgres"]
    assert postgres.query(stack.layout, "SELECT count(*) FROM seen") == "0"
    _leave(starter)


@pytest.mark.parametrize(
    "below", ["with spaces, commas and 'quotes'", "/".join(["a-long-name-" + "x" * 50] * 4), "中文目录"]
)
def test_any_path_will_do(folder: Path, attach, below: str) -> None:
    stack = attach(folder / below)
    assert postgres.query(stack.layout, "SELECT 1") == "1"
    assert valkey.is_running(stack.layout)
    assert len(str(stack.layout.sockets)) < 90
    assert stack.layout.sockets.stat().st_mode & 0o777 == 0o700
    assert os.sep + "valkey.sock" in stack.layout.redis_url


def test_chinese_trigrams_are_found(attach) -> None:
    stack = attach()
    postgres.query(stack.layout, "CREATE EXTENSION pg_trgm")
    assert postgres.query(stack.layout, "SELECT array_length(show_trgm('蔚来'), 1)") == "3"
    assert postgres.query(stack.layout, "SELECT 'B' < 'a', lower('Ä')") == "t|ä"


def test_a_pid_file_that_now_names_another_program_is_no_obstacle(folder: Path, attach) -> None:
    stack = attach()
    stack.leave()
    foreign = f"{os.getpid()}\n{stack.layout.postgres}\n1\n5432\n{stack.layout.sockets}\n\n\nready\n"
    (stack.layout.postgres / "postmaster.pid").write_text(foreign)
    assert postgres.query(attach().layout, "SELECT 1") == "1"


def test_a_folder_of_another_major_version_is_refused_with_the_way_out(folder: Path, attach) -> None:
    stack = attach()
    stack.leave()
    (stack.layout.postgres / "PG_VERSION").write_text("14\n")
    with pytest.raises(
        StackUnavailable, match=r"made by Postgres 14 .*marque backup .*marque restore"
    ) as refused:
        attach()
    assert str(binaries.postgres_version()) in refused.value.message
    (stack.layout.postgres / "PG_VERSION").write_text(f"{binaries.postgres_version()}\n")
    assert postgres.query(attach().layout, "SELECT 1") == "1"


def test_a_start_that_was_killed_half_way_leaves_nothing_in_the_way(folder: Path, attach) -> None:
    half = folder / "pg.init"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert postgres.query(attach().layout, "SELECT 1") == "1"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has users to drop to")
def test_root_drops_to_an_unprivileged_user_where_namespaces_are_forbidden(
    folder: Path, attach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "can_map_user", lambda: False)
    try:
        stack = attach()
    except StackUnavailable as refused:
        assert "ordinary user" in refused.message
        pytest.skip("no unprivileged user can reach the binaries of this checkout; the refusal says so")
    assert postgres.query(stack.layout, "SELECT 1") == "1"
    owner = stack.layout.postgres.stat().st_uid
    assert owner != 0
    stack.leave()
    monkeypatch.undo()
    again = attach()
    assert postgres.query(again.layout, "SELECT 1") == "1"
    assert again.layout.postgres.stat().st_uid == owner


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has users to drop to")
def test_root_is_told_what_to_do_when_no_other_user_can_enter(
    folder: Path, attach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "can_map_user", lambda: False)
    folder.parent.chmod(0o700)
    with pytest.raises(StackUnavailable, match="ordinary user"):
        attach()


def test_an_ordinary_user_needs_no_namespace(folder: Path, marque) -> None:
    if os.geteuid() != 0:
        pytest.skip("every other test here runs as an ordinary user already")
    if not process.can_map_user():
        pytest.skip("this kernel gives root no way to appear as an ordinary user")
    done = marque("migrate", prefix=("unshare", "--user", "--map-user=1000", "--map-group=1000"))
    assert done.returncode == 0, done.stderr
    assert "migrations applied" in done.stdout


def test_a_folder_that_cannot_be_written_is_named(folder: Path, attach) -> None:
    folder.write_text("a file is in the way")
    with pytest.raises(StackUnavailable, match="--data-dir"):
        attach()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can enter another's folder")
def test_root_leaves_the_folder_of_another_user_alone(folder: Path, attach) -> None:
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    with pytest.raises(StackUnavailable, match="sudo -u '#65534'"):
        attach()
