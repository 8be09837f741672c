"""The e-mail port over SMTP: ``MARQUE_EMAIL_PROVIDER=smtp`` and ``MARQUE_SMTP_URL``.

The URL is ``smtp://user:password@host:port?from=Brand <no-reply@brand.example>`` (STARTTLS when the server offers it)
or ``smtps://`` for TLS from the start; ``tls=none`` forbids it. The idempotency key becomes the Message-ID.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from domain import ports
from domain.foundation import ids
from domain.ports import Send
from domain.settings import settings

TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Server:
    """Where e-mail is handed in, and as whom."""

    host: str
    port: int
    username: str | None
    password: str | None
    sender: str
    is_tls: bool
    start_tls: bool | None

    @classmethod
    def of(cls, url: str) -> Server:
        """Read the URL of the settings."""
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        is_tls = parts.scheme == "smtps"
        host = parts.hostname or "localhost"
        return cls(
            host=host,
            port=parts.port or (465 if is_tls else 587),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            sender=query.get("from", [f"Marque <no-reply@{host}>"])[0],
            is_tls=is_tls,
            start_tls=False if is_tls or query.get("tls") == ["none"] else None,
        )


class SmtpSender:
    """Hands e-mail to an SMTP server."""

    def __init__(self) -> None:
        url = settings().smtp_url
        if url is None:
            raise RuntimeError("MARQUE_SMTP_URL is not set.")
        self.server = Server.of(url.get_secret_value())

    async def send(self, send: Send) -> None:
        """Send plain text; a mailbox that does not exist is Unregistered."""
        server = self.server
        try:
            await aiosmtplib.send(
                written(send, server.sender),
                hostname=server.host,
                port=server.port,
                username=server.username,
                password=server.password,
                use_tls=server.is_tls,
                start_tls=server.start_tls,
                timeout=TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            if all(each.code in (550, 551, 553) for each in refused.recipients):
                raise ports.Unregistered(send.recipient) from refused
            raise ports.Unavailable(str(refused)) from refused
        except (aiosmtplib.SMTPException, OSError) as failure:
            raise ports.Unavailable(str(failure)) from failure


def written(send: Send, sender: str) -> EmailMessage:
    """The e-mail of a send; nothing of it can make a header of its own."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = " ".join(send.recipient.split())
    message["Subject"] = " ".join(str(send.body.get("title", "")).split())
    host = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{ids.named('send', send.key) if send.key else ids.new()}@{host}>"
    message.set_content(str(send.body.get("body", "")))
    return message


def register() -> None:
    """Let the settings choose this adapter."""
    ports.providers["smtp"] = SmtpSender
