"""Why the garage may refuse. Counted refusal: TooManyClaims (claims up to the limit stay counted)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.errors import Refusal

_VIN = {
    "LENGTH": ("车架号应为 17 位", "a VIN has 17 characters"),
    "CHARACTERS": (
        "车架号只含数字和大写字母，且不含 I、O、Q",
        "a VIN has digits and letters without I, O and Q",
    ),
    "CHECK_DIGIT": ("车架号第 9 位校验不符", "the check digit in position 9 does not match"),
    "POSITION": ("车架号末四位应为数字", "the last four positions must be digits"),
}


@dataclass(eq=False)
class InvalidVin(Refusal):
    """This cannot be a VIN; ``problem`` is LENGTH, CHARACTERS, CHECK_DIGIT or POSITION."""

    problem: str

    def message(self, language: str = "zh-CN") -> str:
        zh, en = _VIN[self.problem]
        return f"This is not a VIN: {en}." if language.startswith("en") else f"{zh}。"


@dataclass(eq=False)
class TooManyClaims(Refusal):
    """Too many vehicles were claimed today by this member, for this VIN or from this device."""

    available_at: datetime
    zh = "今日绑定次数过多，请稍后再试。"
    en = "Too many vehicles were claimed today; try again later."


@dataclass(eq=False)
class AlreadyBound(Refusal):
    """The vehicle has an owner already."""

    zh = "该车辆已有车主。"
    en = "This vehicle has an owner already."


@dataclass(eq=False)
class TransferOpen(Refusal):
    """The vehicle is being handed over; end the transfer first."""

    zh = "车辆正在过户，请先结束过户。"
    en = "The vehicle is being transferred; end the transfer first."
