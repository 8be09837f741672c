"""Why access refuses, as members of result unions."""

from __future__ import annotations

from datetime import datetime

from api.fields import field
from api.refusals import Refusal, refusal
from domain.access import errors


@refusal(errors.TooManyCodes)
class TooManyCodes(Refusal):
    retry_after_seconds: int = field("Seconds until another code may be asked for.")


@refusal(errors.WrongCode)
class WrongCode(Refusal):
    tries_left: int = field("How many tries this code has left.")


@refusal(errors.CodeExpired)
class CodeExpired(Refusal):
    pass


@refusal(errors.SessionEnded)
class SessionEnded(Refusal):
    pass


@refusal(errors.ProviderRefused)
class ProviderRefused(Refusal):
    reason: str = field("What went wrong, for the app's developers.")


@refusal(errors.WrongPassword)
class WrongPassword(Refusal):
    pass


@refusal(errors.AccountLocked)
class AccountLocked(Refusal):
    available_at: datetime = field("When it opens again by itself.")


@refusal(errors.WrongPin)
class WrongPin(Refusal):
    tries_left: int = field("How many tries are left before the PIN is locked for a while.")


@refusal(errors.PinNotSet)
class PinNotSet(Refusal):
    pass


@refusal(errors.StepUpRequired)
class StepUpRequired(Refusal):
    purpose: str = field("What the proof is for.")
    methods: list[str] = field("How to prove it: CODE, PIN.")


@refusal(errors.MakerIsChecker)
class MakerIsChecker(Refusal):
    pass


@refusal(errors.MakerNotAllowed)
class MakerNotAllowed(Refusal):
    pass


@refusal(errors.CommandRefused)
class CommandRefused(Refusal):
    code: str = field("The type of the command's own refusal.")
    reason: str = field("The command's own sentence.")


@refusal(errors.EmailTaken)
class EmailTaken(Refusal):
    pass


@refusal(errors.LastAdmin)
class LastAdmin(Refusal):
    pass


@refusal(errors.NameTaken)
class NameTaken(Refusal):
    pass
