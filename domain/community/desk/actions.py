"""Actions of a decision: which are available on a subject as it stands, and what each would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain import clock
from domain.actor import Actor
from domain.community.desk import plans
from domain.community.desk.changes import Change
from domain.community.desk.errors import ActionNotAvailable, SanctionExists
from domain.community.desk.policies import Policy
from domain.community.desk.scope import Scope
from domain.community.desk.subjects import Subject
from domain.community.desk_tables import SanctionKind, SubjectKind
from domain.errors import InvalidInput, Problem
from domain.foundation import ids


class ActionKind(StrEnum):
    REMOVE = "REMOVE"
    REMOVE_REPLIES = "REMOVE_REPLIES"
    RESTORE = "RESTORE"
    HIDE = "HIDE"
    LOCK = "LOCK"
    APPROVE = "APPROVE"
    REJECT_PENDING = "REJECT_PENDING"
    MASK = "MASK"
    WARN = "WARN"
    SANCTION = "SANCTION"
    REMOVE_ALL = "REMOVE_ALL"
    HAND_TO_SERVICE = "HAND_TO_SERVICE"
    MARK_AI = "MARK_AI"


_K = ActionKind
#: Actions that need no content, only somebody behind it.
_ON_MEMBERS = frozenset({_K.WARN, _K.SANCTION, _K.REMOVE_ALL})
_ON_POSTS = frozenset({_K.HAND_TO_SERVICE, _K.MARK_AI})
#: Actions that say more in their input than there is to plan without it.
_OPEN = frozenset({_K.SANCTION, _K.MASK})
#: Kinds that concern the whole site only.
SITE_WIDE = frozenset({SanctionKind.FREEZE_POINTS, SanctionKind.SHADOW})
LONGEST_SHADOW = timedelta(days=14)
MOST_ACTIONS = 13
MOST_SPANS = 200


@dataclass(frozen=True)
class Asked:
    """An action as a moderator asks for it. ``spans`` are pairs of code points of the body."""

    kind: ActionKind
    with_replies: bool = False
    sanction: SanctionKind | None = None
    circle: UUID | None = None
    until: datetime | None = None
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Available:
    """An action that can be done now, with what it would change (nothing yet for SANCTION and MASK)."""

    kind: ActionKind
    changes: tuple[Change, ...]


def check(asked: Sequence[Asked]) -> None:
    """Raise InvalidInput for actions that say too little or too much."""
    problems = []
    if len(asked) > MOST_ACTIONS or len({one.kind for one in asked}) < len(asked):
        problems.append(Problem("actions", "Name each action once."))
    for number, one in enumerate(asked):
        path = f"actions.{number}"
        if one.kind is _K.SANCTION and one.sanction is None:
            problems.append(Problem(f"{path}.sanction", "Say which sanction."))
        if one.until is not None and one.until <= clock.now():
            problems.append(Problem(f"{path}.sanction.until", "This is in the past."))
        if one.kind is _K.MASK and not 1 <= len(one.spans) <= MOST_SPANS:
            problems.append(Problem(f"{path}.spans", f"Name 1 to {MOST_SPANS} spans."))
        if any(not 0 <= start < end for start, end in one.spans):
            problems.append(Problem(f"{path}.spans", "A span begins before it ends."))
    if problems:
        raise InvalidInput(problems)


async def plan(
    actor: Actor,
    scope: Scope,
    item: UUID,
    subject: Subject,
    asked: Asked,
    event: UUID,
    *,
    policy: Policy | None = None,
    reason: str | None = None,
) -> list[Change]:
    """What an action changes, or ActionNotAvailable with the reason in one word."""
    if why := _hindrance(scope, subject, asked.kind):
        raise ActionNotAvailable(asked.kind, why)
    if asked.kind in _ON_MEMBERS:
        assert subject.author is not None
        return await _on_member(actor, scope, item, subject, subject.author, asked, event, policy, reason)
    match asked.kind:
        case _K.REMOVE:
            found = await plans.removal(subject, event, with_replies=asked.with_replies)
            return _must(found, asked.kind, "REMOVED_ALREADY")
        case _K.REMOVE_REPLIES:
            both = await plans.removal(subject, event, with_replies=True)
            return _must([one for one in both if one.id != subject.id], asked.kind, "NO_REPLIES")
        case _K.RESTORE:
            return _must(plans.restoration(subject), asked.kind, "NOTHING_TO_RESTORE")
        case _K.HIDE:
            return _must(plans.hiding(subject, item), asked.kind, "HIDDEN_ALREADY")
        case _K.LOCK:
            return _must(plans.locking(subject, event), asked.kind, "LOCKED_ALREADY")
        case _K.APPROVE:
            return _must(await plans.staging(subject, "PUBLISHED"), asked.kind, "NOT_PENDING")
        case _K.REJECT_PENDING:
            return _must(await plans.staging(subject, "REJECTED"), asked.kind, "NOT_PENDING")
        case _K.MASK:
            return _must(plans.masking(subject, asked.spans), asked.kind, "NOTHING_TO_MASK")
        case _K.MARK_AI:
            return _must(plans.marking_ai(subject), asked.kind, "MARKED_ALREADY")
    return []  # HAND_TO_SERVICE changes nothing here


async def available(actor: Actor, scope: Scope, item: UUID, subject: Subject) -> list[Available]:
    """All that can be done on the subject now, with exact effects."""
    found = []
    for kind in ActionKind:
        if kind in _OPEN:
            if _hindrance(scope, subject, kind) is None:
                found.append(Available(kind, ()))
            continue
        try:
            planned = await plan(actor, scope, item, subject, Asked(kind), ids.new())
        except ActionNotAvailable:  # a reading: nothing was begun
            continue
        found.append(Available(kind, tuple(planned)))
    return found


def _hindrance(scope: Scope, subject: Subject, kind: ActionKind) -> str | None:
    """Why an action is out of the question, whatever it says."""
    if kind in _ON_MEMBERS:
        if subject.author is None:
            return "NO_AUTHOR"
        return None if scope.sees_all or subject.circle is not None else "OUTSIDE_OF_SCOPE"
    if not subject.is_content:
        return "NO_CONTENT"
    if kind in _ON_POSTS and subject.kind is not SubjectKind.POST:
        return "NOT_A_POST"
    return None


async def _on_member(
    actor: Actor,
    scope: Scope,
    item: UUID,
    subject: Subject,
    author: UUID,
    asked: Asked,
    event: UUID,
    policy: Policy | None,
    reason: str | None,
) -> list[Change]:
    circles = None if scope.sees_all else list(scope.circles)
    if asked.kind is _K.REMOVE_ALL:
        found = await plans.removal_of_all(author, circles, event)
        return _must(found, asked.kind, "NOTHING_PUBLISHED")
    kind, circle, until = asked.sanction or SanctionKind.WARN, asked.circle, asked.until
    if asked.kind is _K.WARN:
        kind, circle = SanctionKind.WARN, None if scope.sees_all else subject.circle
        days = policy.expires_days if policy else None
        until = None if days is None else clock.now() + timedelta(days=days)
    if kind is SanctionKind.SHADOW:
        raise ActionNotAvailable(asked.kind, "NEEDS_APPROVERS")
    if circle is not None and kind in SITE_WIDE:
        raise ActionNotAvailable(asked.kind, "SITE_WIDE_ONLY")
    if not scope.sees_all and (circle is None or not scope.holds(circle)):
        raise ActionNotAvailable(asked.kind, "OUTSIDE_OF_SCOPE")
    try:
        return await plans.sanction(
            author, kind, circle=circle, until=until, cause=policy.code if policy else "REVIEW", reason=reason, item=item
        )  # fmt: skip
    except SanctionExists as there:
        raise ActionNotAvailable(asked.kind, "SANCTION_IN_FORCE") from there


def _must(found: list[Change], kind: ActionKind, why: str) -> list[Change]:
    if not found:
        raise ActionNotAvailable(kind, why)
    return found
