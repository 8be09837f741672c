"""Starting, watching and stopping the servers as processes of their own session, never as root."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from cli.stack.errors import StackUnavailable

_CHILDREN: dict[int, subprocess.Popen] = {}
_LONGEST_LOG = 16 * 1024 * 1024
_SERVER_USERS = ("marque", "postgres", "nobody")


def environment() -> dict[str, str]:
    """The parent's environment without what would change a server's language or behaviour."""
    dropped = ("LC_", "LANG", "PG", "MARQUE_")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)}


@cache
def can_map_user() -> bool:
    """Whether the kernel lets root appear as an ordinary user in a namespace of its own."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    tried = subprocess.run([*_mapped(unshare), "true"], capture_output=True, check=False)
    return tried.returncode == 0


def ordinary(command: Sequence[str | Path], folder: Path) -> tuple[list[str], dict[str, Any]]:
    """The command and the Popen arguments that run it as an ordinary user who owns ``folder``.

    As root: in a user namespace, where files stay root's; where there is none, as an unprivileged user.
    """
    words = [str(word) for word in command]
    if must_drop_user(folder):
        user = server_user(Path(words[0]), folder)
        return words, {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    if os.geteuid() == 0:
        return [*_mapped(shutil.which("unshare") or "unshare"), *words], {}
    return words, {}


def must_drop_user(folder: Path) -> bool:
    """Whether the server runs as another user, who owns its data (``folder``) and sockets."""
    return os.geteuid() == 0 and (_owner(folder) != 0 or not can_map_user())


def hand_over(folder: Path, program: Path, data: Path) -> None:
    """Give a folder to the user who runs the server on ``data``; refuse when the way there is barred."""
    if not must_drop_user(data):
        return
    user = server_user(program, data)
    for inner, _, files in os.walk(folder):
        os.chown(inner, user.pw_uid, user.pw_gid)
        for file in files:
            os.chown(Path(inner) / file, user.pw_uid, user.pw_gid, follow_symlinks=False)
    if not _passes(user, 'test -w "$1" && cd "$1"', folder):
        raise StackUnavailable(
            f"Marque runs as root and Postgres as {user.pw_name}, who cannot enter {folder}. Name a folder that "
            "others may pass through with --data-dir, run Marque as an ordinary user, or give "
            "MARQUE_DATABASE_URL and MARQUE_REDIS_URL."
        )


def _owner(folder: Path) -> int:
    return folder.stat().st_uid if folder.exists() else 0


def run(command: Sequence[str | Path], *, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a tool of the server to its end, as an ordinary user."""
    words, how = ordinary(command, folder)
    return subprocess.run(
        words, capture_output=True, text=True, check=False, env=environment(), cwd=folder, **how
    )


def start(command: Sequence[str | Path], *, folder: Path, log: Path, **how: Any) -> subprocess.Popen:
    """Start a server in its own session, so that Ctrl-C of the terminal does not reach it."""
    words = [str(word) for word in command]
    if log.exists() and log.stat().st_size > _LONGEST_LOG:
        log.replace(log.with_suffix(".old.log"))
    with log.open("ab") as output:
        child = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True, env=environment(), cwd=folder, **how,
        )  # fmt: skip
    _CHILDREN[child.pid] = child
    return child


def is_alive(pid: int | None) -> bool:
    """Whether the process runs; an ended child of ours is reaped first."""
    if not pid:
        return False
    child = _CHILDREN.get(pid)
    if child is not None and child.poll() is not None:
        del _CHILDREN[pid]
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return program_of(pid) is not None


def program_of(pid: int) -> str | None:
    """The name of a running program; None for an ended one, also when nobody has reaped it."""
    status = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            name, rest = status.read_text().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            return None
        return None if rest.split()[0] in "ZX" else name
    said = subprocess.run(
        ["ps", "-o", "stat=,comm=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, name = said.stdout.strip().partition(" ")
    return Path(name.strip()).name if state and state[0] != "Z" else None


def stop(pid: int | None, *signals: tuple[signal.Signals, float]) -> None:
    """Send each signal and wait up to its seconds, until the process is gone."""
    for sign, seconds in signals:
        if not is_alive(pid):
            return
        assert pid is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
        wait_until(lambda: not is_alive(pid), seconds)


def wait_until(holds: Any, seconds: float) -> bool:
    """Poll until ``holds()`` or the time is over; answers whether it holds."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def _mapped(unshare: str) -> list[str]:
    return [unshare, "--user", "--map-user=1000", "--map-group=1000"]


def server_user(program: Path, folder: Path) -> pwd.struct_passwd:
    """The unprivileged user who runs the server for root: who owns its data, else the first who can execute it."""
    owner = _owner(folder)
    names = [pwd.getpwuid(owner).pw_name] if owner else _SERVER_USERS
    for name in names:
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            if _passes(user, 'test -x "$1"', program):
                return user
    raise StackUnavailable(
        "Postgres refuses to run as root, and this system offers neither a user namespace nor an unprivileged "
        f"user who can reach {program}. Run Marque as an ordinary user, or give MARQUE_DATABASE_URL and "
        "MARQUE_REDIS_URL."
    )


def _passes(user: pwd.struct_passwd, test: str, path: Path) -> bool:
    tried = subprocess.run(
        ["/bin/sh", "-c", test, "sh", path], cwd="/", check=False, capture_output=True,
        user=user.pw_uid, group=user.pw_gid, extra_groups=[],
    )  # fmt: skip
    return tried.returncode == 0
