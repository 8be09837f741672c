"""The embedded Valkey: it only wakes the worker up, yet keeps what it was told (AOF)."""

from __future__ import annotations

import contextlib
import signal
import socket

from cli.stack import binaries, process
from cli.stack.errors import StackUnavailable
from cli.stack.layout import Layout

_CONFIG = """\
port 0
unixsocket "{sockets}/valkey.sock"
unixsocketperm 700
dir .
pidfile ./valkey.pid
daemonize no
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
databases 16
"""


def is_running(layout: Layout) -> bool:
    """Whether it lives and answers."""
    return process.is_alive(pid(layout)) and _answers(layout)


def pid(layout: Layout) -> int | None:
    try:
        return int((layout.valkey / "valkey.pid").read_text())
    except (OSError, ValueError):
        return None


def start(layout: Layout) -> None:
    """Start Valkey on this data folder. Call under the start lock."""
    config = layout.valkey / "valkey.conf"
    config.write_text(_CONFIG.format(sockets=layout.sockets))
    (layout.valkey / "valkey.pid").unlink(missing_ok=True)
    log = layout.logs / "valkey.log"
    child = process.start([binaries.valkey(), "valkey.conf"], folder=layout.valkey, log=log)
    process.wait_until(lambda: child.poll() is not None or is_running(layout), 30)
    if not is_running(layout):
        raise StackUnavailable(f"Valkey does not start; {log} says why.")


def stop(layout: Layout) -> None:
    process.stop(pid(layout), (signal.SIGTERM, 10), (signal.SIGKILL, 2))


def _answers(layout: Layout) -> bool:
    with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
        client.settimeout(2)
        client.connect(f"{layout.sockets}/valkey.sock")
        client.sendall(b"PING\r\n")
        return client.recv(16).startswith(b"+PONG")
    return False
