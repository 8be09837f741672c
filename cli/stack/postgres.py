"""The embedded Postgres: make its data folder once, start it, know whether it runs, stop it."""

from __future__ import annotations

import locale
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from cli.stack import binaries, process
from cli.stack.errors import StackUnavailable
from cli.stack.layout import DATABASE, Layout

_STALE_PID_SECONDS = 6.0
_RECOVERY_SECONDS = 120.0
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
    # Tests roll back: a table full of their uncommitted rows would be noted as empty, and the plans go wrong.
    "autovacuum": "off",
}


def is_running(layout: Layout) -> bool:
    """Whether the postmaster of this data folder lives and its socket answers."""
    return process.is_alive(pid(layout)) and _answers(layout)


def pid(layout: Layout) -> int | None:
    """The postmaster's process id as it wrote it."""
    return _first_number(layout.postgres / "postmaster.pid")


def start(layout: Layout, *, durable: bool = True) -> None:
    """Start Postgres on this data folder, making it first if it is new. Call under the start lock."""
    if not (layout.postgres / "PG_VERSION").exists():
        _make(layout)
    _refuse_other_version(layout)
    program = binaries.postgres_folder() / "postgres"
    for folder in (layout.postgres, layout.sockets):
        process.hand_over(folder, program, layout.postgres)
    _start(layout, program, _SETTINGS | (_DURABLE if durable else _NOT_DURABLE))
    _make_database(layout)


def stop(layout: Layout) -> None:
    """Stop it: at once for its clients, with a checkpoint for its data."""
    process.stop(pid(layout), (signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 2))


def _make(layout: Layout) -> None:
    """initdb into ``pg.init``, renamed when it is whole, so that a killed start leaves nothing half made."""
    unfinished = layout.root / "pg.init"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    program = binaries.postgres_folder() / "initdb"
    process.hand_over(unfinished, program, unfinished)
    done = process.run(
        [program, "-D", unfinished, "-U", "postgres", "--auth=trust", *_locale_flags()],
        folder=unfinished,
    )
    if done.returncode:
        raise StackUnavailable(f"The database could not be made in {unfinished}:\n{done.stderr.strip()}")
    unfinished.rename(layout.postgres)


def _locale_flags() -> list[str]:
    """UTF-8 with code-point order; LC_CTYPE must know Chinese letters, or trigram indexes stay empty."""
    flags = ["-E", "UTF8", "--locale=C", f"--lc-ctype={_utf8_ctype()}"]
    if binaries.postgres_version() >= 17:
        flags += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return flags


def _utf8_ctype() -> str:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_US.UTF-8", "UTF-8"):
            try:
                locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
            return name
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    raise StackUnavailable(
        "This system has no UTF-8 locale. Install C.UTF-8 (Debian: package libc-bin, locales)."
    )


def _refuse_other_version(layout: Layout) -> None:
    made_by = int((layout.postgres / "PG_VERSION").read_text())
    ours = binaries.postgres_version()
    if made_by != ours:
        raise StackUnavailable(
            f"The data folder {layout.root} was made by Postgres {made_by} and this is Postgres {ours}. Run "
            f"`marque backup DIR` with the Marque that made it (or with MARQUE_PG_BIN at a Postgres {made_by}), "
            "move the data folder away, and run `marque restore DIR` here."
        )


def _start(layout: Layout, program: Path, settings: dict[str, str]) -> None:
    command = [program, "-D", layout.postgres, "-k", layout.sockets]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    log = layout.logs / "postgres.log"
    words, how = process.ordinary(command, layout.postgres)
    tries: list[subprocess.Popen] = []

    def has_started() -> bool:
        if not tries or tries[-1].poll() is not None:
            tries.append(process.start(words, folder=layout.postgres, log=log, **how))
        return process.wait_until(lambda: tries[-1].poll() is not None or _accepts(layout), 0.3) and (
            tries[-1].poll() is None
        )

    # The first start after a kill may meet the dead server's postmaster.pid or its last children.
    _forget_foreign_pid(layout)
    if not process.wait_until(has_started, _STALE_PID_SECONDS) and tries[-1].poll() is None:
        # Crash recovery takes its time.
        process.wait_until(lambda: tries[-1].poll() is not None or _accepts(layout), _RECOVERY_SECONDS)
    if not is_running(layout):
        raise StackUnavailable(f"Postgres does not start. The end of {log}:\n{_tail(log)}")


def _forget_foreign_pid(layout: Layout) -> None:
    """Remove stale lock files whose number is a zombie's, or another program's after the machine restarted.

    Postgres itself would take such a number for a living postmaster. We hold the start lock, and the shared memory
    check that remains still refuses while children of a killed server live.
    """
    for lock in (layout.postgres / "postmaster.pid", layout.sockets / ".s.PGSQL.5432.lock"):
        number = _first_number(lock)
        if number is not None and process.program_of(number) != "postgres":
            lock.unlink(missing_ok=True)


def _make_database(layout: Layout) -> None:
    present = query(layout, "SELECT datname FROM pg_database", database="postgres").split("\n")
    if DATABASE not in present:
        query(layout, f"CREATE DATABASE {DATABASE}", database="postgres")


def query(layout: Layout, sql: str, *, database: str = DATABASE) -> str:
    """Run one statement with psql; answers its rows as text."""
    done = subprocess.run(
        [binaries.postgres_folder() / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", layout.sockets,
         "-U", "postgres", "-d", database, "-c", sql],
        capture_output=True, text=True, check=False, env=process.environment(),
    )  # fmt: skip
    if done.returncode:
        raise StackUnavailable(f"The embedded Postgres answers: {done.stderr.strip()}")
    return done.stdout.strip()


def _answers(layout: Layout) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(f"{layout.sockets}/.s.PGSQL.5432")
        except OSError:
            return False
    return True


def _accepts(layout: Layout) -> bool:
    """Whether it lets clients in (the socket answers earlier, while it still recovers)."""
    try:
        lines = (layout.postgres / "postmaster.pid").read_text().split("\n")
    except OSError:
        return False
    is_ready = len(lines) > 7 and lines[7].strip() == "ready"
    return is_ready and process.is_alive(pid(layout)) and _answers(layout)


def _first_number(lock: Path) -> int | None:
    try:
        return int(lock.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
