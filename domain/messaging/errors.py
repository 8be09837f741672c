"""Why messaging refuses."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import Refusal


@dataclass(eq=False)
class MandatoryChannel(Refusal):
    """Notices of this type always stand in the inbox."""

    type: str
    channel: str
    zh = "此类通知不能关闭。"
    en = "These notices cannot be turned off."
