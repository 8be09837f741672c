"""A post office that can be watched: the least of an SMTP server, and the letters that a journey writes."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default


class PostOffice:
    """What arrived, as (recipient, Message-ID). ``at_door`` hears of the n-th visit before it is greeted, ``at_counter``
    of the n-th letter after it was kept and before its receipt is handed out.
    """

    def __init__(self) -> None:
        self.letters: list[tuple[str, str]] = []
        self.visits = 0
        self.at_door: Callable[[int], None] = lambda _: None
        self.at_counter: Callable[[int], None] = lambda _: None

    def copies(self) -> dict[tuple[str, str], int]:
        """How often each letter came."""
        return {letter: self.letters.count(letter) for letter in self.letters}


@contextmanager
def opened() -> Iterator[tuple[PostOffice, str]]:
    """A post office on a free port, with the value of ``MARQUE_SMTP_URL`` that leads there."""
    office = PostOffice()
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), type("Clerk", (_Clerk,), {"office": office}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        port = server.server_address[1]
        yield office, f"smtp://127.0.0.1:{port}?from=Marque <news@brand.example>&tls=none"
    finally:
        server.shutdown()
        server.server_close()


class _Clerk(socketserver.StreamRequestHandler):
    office: PostOffice

    def handle(self) -> None:
        self.office.visits += 1
        self.office.at_door(self.office.visits)
        try:
            self._serve()
        except OSError:
            return  # whoever came is gone

    def _serve(self) -> None:
        recipient = ""
        self._say("220 post office")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0]
            if verb == "DATA":
                self._say("354 go on")
                mail = message_from_bytes(self._body(), policy=default)
                self.office.letters.append((recipient, mail["Message-ID"]))
                self.office.at_counter(len(self.office.letters))
            self._say("221 bye" if verb == "QUIT" else "250 well")
            if verb == "QUIT":
                return

    def _body(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return b"".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


async def write(count: int) -> None:
    """Notices for the inbox and by e-mail, one for each of so many new members."""
    from domain import db
    from domain.messaging import notices
    from domain.messaging.tables import Channel
    from domain.messaging.types import NoticeType
    from domain.profile import identities, members
    from domain.profile.identities import Named

    async with db.transaction():
        for number in range(count):
            member = await members.add(display_name=f"Member {number}")
            await identities.attach(member, [Named(5, "email", f"member-{number}@example.com", True)])
            await notices.send(
                member, NoticeType.SYSTEM, ("X", str(number)), {"text": f"Letter {number}"},
                channels=[Channel.INBOX, Channel.EMAIL],
            )  # fmt: skip
