"""A small proxy in front of Marque that fails in the ways networks do."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

#: What happens to the first request with events: turned away, answered to nobody, or sent twice.
FAULTS = ("none", "busy", "lost answer", "sent twice")
_EVENTS = ("/v1/", "/batch", "/capture", "/e/")


class Proxy:
    """Where it listens, and the statuses that requests with events were answered.

    With ``kill``, the second request with events is sent on and Marque killed before anybody reads its answer: the
    first is stored, the second half done, the rest meets a Marque that is down.
    """

    def __init__(self, upstream: str, fault: str, kill: Callable[[], None] | None = None) -> None:
        self.upstream = urlsplit(upstream).netloc
        self.fault = fault
        self.kill = kill
        self.is_killed = False
        self.statuses: list[int] = []
        self.preflights = 0
        self._requests = 0
        self._lock = threading.Lock()

    def next_fault(self, method: str, path: str) -> str:
        """The fault of this request; each happens once."""
        with self._lock:
            self.preflights += method == "OPTIONS"
            if method != "POST" or not path.startswith(_EVENTS):
                return "none"
            self._requests += 1
            if self.kill and self._requests == 2:
                return "killed"
            fault, self.fault = self.fault, "none"
            return fault


@contextmanager
def standing(
    upstream: str, fault: str = "none", kill: Callable[[], None] | None = None
) -> Iterator[tuple[str, Proxy]]:
    """A proxy on a free port, with its address."""
    proxy = Proxy(upstream, fault, kill)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": proxy}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", proxy
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"

    def _pass(self) -> None:
        body = self._body()
        fault = self.proxy.next_fault(self.command, self.path)
        if fault == "busy":
            self._answer(
                503, [("Access-Control-Allow-Origin", "*")], b'{"code":"X","message":"busy","detail":""}'
            )
            return
        if fault == "sent twice":
            self._forward(body)
        answered = self._forward(body, is_killed=fault == "killed")
        if answered and self.command == "POST":
            self.proxy.statuses.append(answered[0])
        if answered is None or fault in ("lost answer", "killed"):
            self.close_connection = True
            self.connection.close()
            return
        self._answer(*answered)

    do_GET = do_POST = do_OPTIONS = _pass

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _forward(
        self, body: bytes, *, is_killed: bool = False
    ) -> tuple[int, list[tuple[str, str]], bytes] | None:
        """What Marque answered, or None when it went away meanwhile."""
        upstream = http.client.HTTPConnection(self.proxy.upstream, timeout=60)
        own = {"connection", "transfer-encoding", "content-length", "host"}
        headers = {name: value for name, value in self.headers.items() if name.lower() not in own}
        try:
            upstream.request(self.command, self.path, body, headers)
            if is_killed and self.proxy.kill:
                self.proxy.kill()
                self.proxy.is_killed = True
            answer = upstream.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            upstream.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent."""
