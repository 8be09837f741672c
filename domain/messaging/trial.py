"""A test message through a port, on request of whoever runs the installation."""

from __future__ import annotations

from domain import ports
from domain.errors import BadInput
from domain.foundation import ids
from domain.settings import settings


async def send(channel: str, recipient: str) -> str:
    """Hand a test message to the channel's adapter; answers what happened, and raises what the adapter raises."""
    if channel not in ports.CHANNELS or not recipient:
        raise BadInput(f"Write CHANNEL=RECIPIENT, with one of {', '.join(ports.CHANNELS)}.")
    name = getattr(settings(), f"{channel.lower()}_provider")
    if name not in ports.providers:
        raise BadInput(f"No adapter is called {name}; there are {', '.join(sorted(ports.providers))}.")
    body = {"title": "Marque", "body": "测试消息 / A test message."}
    await ports.sender(channel).send(ports.Send(channel, recipient, "messaging.test", body, str(ids.new())))
    return f"{channel} was handed to {name}"
