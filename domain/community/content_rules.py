"""Pure decisions about what a post may hold, by its kind; links, mentions and how much a text was changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import TYPE_CHECKING
from uuid import UUID

from domain.community import rules
from domain.community.folding import fold
from domain.community.tables import PostKind
from domain.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from domain.community.content import Content

MOST_OPTIONS = 10
LEAST_OPTIONS = 2
LONGEST_OPTION = 80
LONGEST_COMPOSING = 30 * 24 * 3_600_000
FARTHEST = timedelta(days=365)
#: Texts longer than this are compared as one changed block, so that an edit of a book does not take minutes.
_COMPARED = 2_000

TITLED = frozenset({PostKind.ARTICLE, PostKind.QUESTION})
#: Kinds whose title may stand alone.
SPEAKS_BY_TITLE = frozenset({PostKind.POLL})

_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"']+", re.IGNORECASE)
_BY_ID = re.compile(r"@\[[^\]\n]{1,80}\]\(member:([0-9a-fA-F-]{36})\)")
_BY_NUMBER = re.compile(r"(?<![\w@/.])@([0-9A-Za-z][0-9A-Za-z_-]{0,39})(?![\w-])")


@dataclass(frozen=True)
class PollText:
    """A poll as its author wrote it."""

    options: Sequence[str]
    max_choices: int = 1
    closes_at: datetime | None = None


@dataclass(frozen=True)
class Named:
    """Who a text names by ``@``: by member number, or by id."""

    numbers: tuple[str, ...]
    ids: tuple[UUID, ...]


def check(content: Content, now: datetime, *, is_draft: bool = False) -> None:
    """Raise InvalidInput with every problem of a whole content; a draft may be unfinished."""
    kind, title, body = content.kind or PostKind.MOMENT, content.title, content.body or ""
    needs_body = not (kind in SPEAKS_BY_TITLE and title)
    problems = rules.post_problems(
        title,
        body,
        content.hashtags or (),
        needs_title=kind in TITLED and not is_draft,
        needs_body=needs_body and not is_draft,
    )
    if content.poll is not None and kind is not PostKind.POLL:
        problems.append(Problem("poll", "Only a post of kind POLL has one."))
    elif content.poll is not None:
        problems += poll_problems(content.poll, now)
    elif kind is PostKind.POLL and not is_draft:
        problems.append(Problem("poll", "A post of kind POLL needs one."))
    if content.compose_ms is not None and not 0 <= content.compose_ms <= LONGEST_COMPOSING:
        problems.append(Problem("composeMs", f"Use 0 to {LONGEST_COMPOSING}."))
    if problems:
        raise InvalidInput(problems)


def poll_problems(poll: PollText, now: datetime) -> list[Problem]:
    """What is wrong with a poll."""
    found = []
    texts = [fold(option) for option in poll.options]
    if not LEAST_OPTIONS <= len(texts) <= MOST_OPTIONS:
        found.append(Problem("poll.options", f"Use {LEAST_OPTIONS} to {MOST_OPTIONS} options."))
    for number, text in enumerate(texts):
        if not 1 <= len(text) <= LONGEST_OPTION:
            found.append(Problem(f"poll.options.{number}", f"Use 1 to {LONGEST_OPTION} characters."))
        elif text in texts[:number]:
            found.append(Problem(f"poll.options.{number}", "This option is there already."))
    if not 1 <= poll.max_choices <= max(len(texts), 1):
        found.append(Problem("poll.maxChoices", "Use 1 to the number of options."))
    if poll.closes_at is not None and not now < poll.closes_at <= now + FARTHEST:
        found.append(Problem("poll.closesAt", "Use a time within the next 365 days."))
    return found


def check_due(at: datetime, now: datetime) -> None:
    """Raise InvalidInput for a time at which nothing can be published."""
    if not now < at <= now + FARTHEST:
        raise InvalidInput.at("scheduledAt", "Use a time within the next 365 days.")


def not_your_vehicle() -> InvalidInput:
    return InvalidInput.at("vehicleId", "This is no vehicle of yours.")


def links(*texts: str | None) -> int:
    """How many links the texts hold."""
    return sum(len(_LINK.findall(text)) for text in texts if text)


def named(text: str) -> Named:
    """Who a text names, each once, in order."""
    by_id = tuple(dict.fromkeys(UUID(found) for found in _BY_ID.findall(text) if _is_id(found)))
    rest = _BY_ID.sub(" ", text)
    return Named(tuple(dict.fromkeys(_BY_NUMBER.findall(rest))), by_id)


def changed_characters(before: str, after: str) -> int:
    """How many characters differ: the longer side of each changed block, summed."""
    start = 0
    shorter = min(len(before), len(after))
    while start < shorter and before[start] == after[start]:
        start += 1
    end = 0
    while end < shorter - start and before[-1 - end] == after[-1 - end]:
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if max(len(old), len(new)) > _COMPARED:
        return max(len(old), len(new))
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in blocks if tag != "equal")


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
