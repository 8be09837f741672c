"""E-mail over SMTP, against a server that the test starts."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import default

import pytest
from pydantic import SecretStr

from domain import db, ports
from domain.errors import BadInput
from domain.messaging import delivery, notices, smtp, trial
from domain.messaging.tables import Channel
from domain.messaging.types import NoticeType
from domain.profile import identities
from domain.profile.identities import Named
from domain.settings import settings
from tests import make


class Sink:
    """The least of an SMTP server: it keeps what it takes, refuses ``gone@`` and can be out of order."""

    def __init__(self) -> None:
        self.mails = []
        self.is_broken = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipient = ""
        writer.write(b"421 away\r\n" if self.is_broken else b"220 sink\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line.split()[0].upper()
            if verb == "DATA":
                writer.write(b"354 go on\r\n")
                body = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append((recipient, message_from_bytes(body[:-3], policy=default)))
                writer.write(b"250 kept\r\n")
            elif verb == "RCPT":
                recipient = line.partition("<")[2].rstrip(">")
                writer.write(b"550 nobody\r\n" if recipient.startswith("gone@") else b"250 ok\r\n")
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 sink\r\n")
        writer.close()


@asynccontextmanager
async def sink(monkeypatch):
    kept = Sink()
    server = await asyncio.start_server(kept.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = f"smtp://127.0.0.1:{port}?from=Marque <news@brand.example>&tls=none"
    monkeypatch.setattr(settings(), "smtp_url", SecretStr(url))
    monkeypatch.setattr(settings(), "email_provider", "smtp")
    smtp.register()
    try:
        yield kept
    finally:
        server.close()


async def written_to(address: str, text: str = "你好\r\nBcc: all@example.com") -> None:
    member = await make.member_id()
    await identities.attach(member, [Named(5, "email", address, True)])
    await notices.send(member, NoticeType.SYSTEM, ("X", "1"), {"text": text}, channels=[Channel.EMAIL])


async def state() -> tuple:
    return tuple(await db.one("SELECT state, skip_reason, tries FROM messaging.message"))


async def test_an_email_arrives_once_with_the_key_as_its_id(monkeypatch):
    async with sink(monkeypatch) as kept:
        await written_to("anna@example.com")
        await delivery.deliver_due()
        await delivery.deliver_due()
        ((recipient, mail),) = kept.mails
    assert recipient == "anna@example.com" == mail["To"]
    assert mail["From"] == "Marque <news@brand.example>" and mail["Bcc"] is None
    assert mail["Subject"] == "系统通知" and mail["Message-ID"].endswith("@brand.example>")
    assert mail.get_content().strip() == "你好  Bcc: all@example.com"
    assert await state() == ("SENT", None, 1)


async def test_a_mailbox_that_is_gone_is_not_tried_again(monkeypatch):
    async with sink(monkeypatch) as kept:
        await written_to("gone@example.com")
        await delivery.deliver_due()
        assert kept.mails == []
    assert await state() == ("SKIPPED", "NOT_REACHABLE", 1)


async def test_a_server_that_is_away_is_tried_again_later(monkeypatch):
    async with sink(monkeypatch) as kept:
        kept.is_broken = True
        await written_to("anna@example.com")
        await delivery.deliver_due()
        assert await state() == ("QUEUED", None, 1)
        kept.is_broken = False
        await db.run("UPDATE messaging.message SET due_at = now() - interval '1 minute'")
        await delivery.deliver_due()
        assert len(kept.mails) == 1
    assert await state() == ("SENT", None, 2)


async def test_without_a_server_nothing_is_lost(monkeypatch):
    monkeypatch.setattr(settings(), "smtp_url", SecretStr("smtp://127.0.0.1:1"))
    monkeypatch.setattr(settings(), "email_provider", "smtp")
    await written_to("anna@example.com")
    await delivery.deliver_due()
    assert (await state())[0] == "QUEUED"


@pytest.mark.parametrize(
    ("url", "host", "port", "is_tls", "start_tls"),
    [
        ("smtp://u:p%40w@mail.example:2525?from=A <a@b.example>", "mail.example", 2525, False, None),
        ("smtps://mail.example", "mail.example", 465, True, False),
        ("smtp://mail.example?tls=none", "mail.example", 587, False, False),
    ],
)
def test_the_url_says_how_to_reach_the_server(url, host, port, is_tls, start_tls):
    server = smtp.Server.of(url)
    assert (server.host, server.port, server.is_tls, server.start_tls) == (host, port, is_tls, start_tls)
    if "u:" in url:
        assert (server.username, server.password, server.sender) == ("u", "p@w", "A <a@b.example>")


def test_the_port_is_chosen_by_the_settings(monkeypatch):
    smtp.register()
    assert ports.is_recording("EMAIL")
    monkeypatch.setattr(settings(), "email_provider", "smtp")
    monkeypatch.setattr(settings(), "smtp_url", SecretStr("smtp://127.0.0.1:1"))
    assert isinstance(ports.sender("EMAIL"), smtp.SmtpSender)


async def test_a_test_message_is_sent_on_request(monkeypatch):
    async with sink(monkeypatch) as kept:
        assert await trial.send("EMAIL", "anna@example.com") == "EMAIL was handed to smtp"
        assert [recipient for recipient, _ in kept.mails] == ["anna@example.com"]
    assert await trial.send("SMS", "+8613800138000") == "SMS was handed to recording"
    for channel, provider in (("FAX", "recording"), ("PUSH", "nobody")):
        monkeypatch.setattr(settings(), "push_provider", provider)
        with pytest.raises(BadInput):
            await trial.send(channel, "x")
