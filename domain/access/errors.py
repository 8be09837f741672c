"""Why access may refuse.

Counted refusals (the attempt stays although the call changes nothing else): WrongCode, WrongPin, WrongPassword, and
SessionEnded for a refresh token that was used before (its family ends).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.errors import Refusal


@dataclass(eq=False)
class TooManyCodes(Refusal):
    """Too many codes were asked for, for this phone, from this device or from this address."""

    retry_after_seconds: int
    zh = "验证码获取过于频繁，请 {retry_after_seconds} 秒后再试。"
    en = "Too many codes were asked for; try again in {retry_after_seconds} s."


@dataclass(eq=False)
class WrongCode(Refusal):
    """The code is not the one that was sent; the try was counted."""

    tries_left: int
    zh = "验证码错误，还可尝试 {tries_left} 次。"
    en = "This is not the code; {tries_left} tries are left."


@dataclass(eq=False)
class CodeExpired(Refusal):
    """No code is valid any more: it is too old, was used, or was guessed too often."""

    zh = "验证码已失效，请重新获取。"
    en = "The code is no longer valid; ask for a new one."


@dataclass(eq=False)
class MemberSuspended(Refusal):
    """The membership is suspended."""

    until: datetime | None = None
    zh = "会员已被停用。"
    en = "This membership is suspended."


@dataclass(eq=False)
class SessionEnded(Refusal):
    """The refresh token is not good any more; sign in again."""

    zh = "登录已失效，请重新登录。"
    en = "The session has ended; sign in again."


@dataclass(eq=False)
class ProviderRefused(Refusal):
    """The sign-in provider did not confirm the person; ``reason`` is for the app's developers."""

    reason: str
    zh = "第三方登录未成功。"
    en = "The provider did not confirm the sign-in: {reason}."


@dataclass(eq=False)
class WrongPassword(Refusal):
    """E-mail and password do not belong together; the try was counted."""

    zh = "邮箱或密码错误。"
    en = "E-mail and password do not belong together."


@dataclass(eq=False)
class AccountLocked(Refusal):
    """Too many wrong tries in a row; the account opens again by itself."""

    available_at: datetime
    zh = "尝试次数过多，请稍后再试。"
    en = "Too many wrong tries; try again later."


@dataclass(eq=False)
class WrongPin(Refusal):
    """The PIN is wrong; the try was counted."""

    tries_left: int
    zh = "PIN 错误，还可尝试 {tries_left} 次。"
    en = "This is not the PIN; {tries_left} tries are left."


@dataclass(eq=False)
class PinNotSet(Refusal):
    """The member has set no PIN yet."""

    zh = "尚未设置 PIN。"
    en = "No PIN is set."


@dataclass(eq=False)
class StepUpRequired(Refusal):
    """This needs a fresh proof of the person: a phone code or the PIN."""

    purpose: str
    methods: list[str]
    zh = "请先验证身份。"
    en = "Prove that it is you first."


@dataclass(eq=False)
class MakerIsChecker(Refusal):
    """Whoever asked for something cannot approve it."""

    zh = "发起人不能审批自己的申请。"
    en = "Whoever asked cannot decide; another person must."


@dataclass(eq=False)
class MakerNotAllowed(Refusal):
    """Whoever asked may no longer do this: the account is closed or has lost the role."""

    zh = "发起人已无此权限。"
    en = "Whoever asked may no longer do this."


@dataclass(eq=False)
class CommandRefused(Refusal):
    """The approved command was run and refused; nothing was changed and the request stays open."""

    code: str
    reason: str
    zh = "执行未成功：{reason}"
    en = "The command was refused: {reason}"


@dataclass(eq=False)
class EmailTaken(Refusal):
    """Another staff account has this e-mail."""

    zh = "该邮箱已被其他员工使用。"
    en = "Another staff account has this e-mail."


@dataclass(eq=False)
class LastAdmin(Refusal):
    """Without this account nobody could manage staff."""

    zh = "至少需要保留一名管理员。"
    en = "At least one admin must stay."


@dataclass(eq=False)
class NameTaken(Refusal):
    """Another record has this name."""

    zh = "该名称已被使用。"
    en = "This name is taken."
