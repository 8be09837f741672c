"""What would have left Marque: the recording adapters' memory, for development and tests."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import strawberry

from api import paging
from api.fields import Json, arg, enum, field, query
from api.paging import After, Connection, First
from api.permissions import can
from domain import ports


class _Channel(Enum):
    INBOX = "INBOX"
    PUSH = "PUSH"
    SMS = "SMS"
    WECHAT = "WECHAT"
    EMAIL = "EMAIL"
    WEBHOOK = "WEBHOOK"


_Channel.__name__ = "Channel"
Channel = enum(
    _Channel,
    "How something reaches a member.",
    INBOX="The inbox inside the app.",
    PUSH="A push notification.",
    SMS="A text message.",
    WECHAT="A WeChat subscription message.",
    EMAIL="An e-mail.",
    WEBHOOK="A call to a system of the brand.",
)


@strawberry.type(description="A message that a recording adapter kept instead of sending it.")
class RecordedSend:
    id: UUID = field("Its id.")
    channel: Channel = field("How it would have left.")
    to: str = field("The recipient: a phone number, an address, a device token.")
    template: str = field("Which message it is.")
    body: Json = field("Its variables; a sign-in code stands here as `code`.")
    at: datetime = field("When it would have left.")

    @classmethod
    def of(cls, row: Any) -> RecordedSend:
        return cls(
            id=row["id"],
            channel=_Channel(row["channel"]),
            to=row["recipient"],
            template=row["template"],
            body=row["body"],
            at=row["at"],
        )


@strawberry.type
class SendsQuery:
    @query("Messages that recording adapters kept, newest first.", who=can("admin"))
    async def recorded_sends(
        self,
        channel: Annotated[Channel | None, arg("Only this channel.")] = None,
        to: Annotated[str | None, arg("Only to this recipient, as it was sent.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[RecordedSend]:
        page = paging.page(first, after)
        rows = await ports.recorded(page, channel.value if channel else None, to)
        return paging.connection(
            rows,
            page,
            key=lambda row: (row["at"], row["id"]),
            nodes=[RecordedSend.of(row) for row in rows],
        )
