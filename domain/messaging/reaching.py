"""What the portrait shows of messaging: on which channels a person can be reached."""

from __future__ import annotations

from uuid import UUID

from domain.messaging import leaving
from domain.messaging.tables import Channel

_ASKED = (Channel.INBOX, Channel.PUSH, Channel.SMS, Channel.WECHAT, Channel.EMAIL)


async def part(root: UUID) -> dict[str, bool]:
    """By channel, whether there is a device, a number or an address; the inbox is always there."""
    known = await leaving.channels_with_address(root)
    return {channel.value: channel is Channel.INBOX or channel in known for channel in _ASKED}
