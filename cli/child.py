"""The processes that `marque up` supervises: `python -m cli.child api|worker PARENT_FD [LISTEN_FD]`."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
import time

_GRACE_SECONDS = 6


def main(role: str, parent: str, listen: str = "") -> None:
    _follow(int(parent))
    gc.disable()  # until everything is imported: collecting meanwhile takes a third of the start and finds nothing
    if role == "api":
        _serve(socket.socket(fileno=int(listen)))
    else:
        _work()


def _follow(parent: int) -> None:
    """End with the supervisor, even when it is killed: then the kernel closes the other end of this pipe."""

    def watch() -> None:
        os.read(parent, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_GRACE_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _serve(listener: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(
        "api.app:app",
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ws_ping_interval=30,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _work() -> None:
    import uvloop
    from arq.utils import import_string
    from arq.worker import run_worker

    uvloop.install()
    settings = import_string("workers.main.WorkerSettings")
    gc.enable()
    run_worker(settings)


if __name__ == "__main__":
    main(*sys.argv[1:])
