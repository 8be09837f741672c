"""What word rules make of a text that somebody sends off: shown, masked, waiting, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain import db
from domain.community import review_items, screening
from domain.community.desk_tables import ReviewCause
from domain.community.errors import ContentRejected
from domain.community.screening import Match, Verdict
from domain.community.screening.rules import Decision
from domain.community.tables import BodyFormat, TargetKind

_MOST = (Decision.HOLD, Decision.REJECT)


@dataclass(frozen=True)
class Screened:
    """A text that was not refused: as it is shown, and what was found in it and in its small texts."""

    title: str | None
    body: str
    verdict: Verdict
    small: Verdict | None = None

    @property
    def decision(self) -> Decision:
        """The greater one of both; a hidden word in a small text cannot be masked there, so it waits."""
        found = self.verdict.decision
        if self.small is not None and self.small.decision in (*_MOST, Decision.MASK):
            return Decision.HOLD
        if self.small is not None and self.small.decision is Decision.FLAG and found is Decision.ALLOW:
            return Decision.FLAG
        return found

    @property
    def held_for(self) -> list[str]:
        return [screening.WORDS] if self.decision is Decision.HOLD else []


async def judge(
    kind: TargetKind,
    title: str | None,
    body: str,
    *,
    circle: UUID | None,
    body_format: BodyFormat = BodyFormat.PLAIN,
    small: Sequence[str] = (),
) -> Screened:
    """Judge a text with its ``small`` ones (hashtags, options of a poll); raises ContentRejected.

    What was refused is kept in a transaction of its own.
    """
    has_tags = body_format is BodyFormat.HTML
    found = await screening.judge(title=title, body=body, circle=circle, has_tags=has_tags)
    others = (
        await screening.judge(title=None, body="\n".join(small), circle=circle, has_tags=False)
        if small
        else None
    )
    for each in (found, others):
        if each is not None and each.decision is Decision.REJECT:
            await _refuse(kind, each, title, body)
    return Screened(found.masked_title, found.masked_body, found, others)


async def keep(kind: TargetKind, target: UUID, rev: int, found: Screened, held_for: Sequence[str]) -> None:
    """Keep a verdict with its text, and let a moderator look at what was flagged."""
    if found.decision is Decision.ALLOW and not found.verdict.dry:
        return
    decision = Decision.HOLD if held_for else found.decision
    await screening.record(
        found.verdict, target_kind=kind.value, target=target, title=found.title, body=found.body, rev=rev,
        decision=decision, reasons=held_for,
    )  # fmt: skip
    if decision is Decision.FLAG:
        await review_items.open(kind, target, ReviewCause.RULE, reasons=[screening.WORDS])


async def _refuse(kind: TargetKind, found: Verdict, title: str | None, body: str) -> None:
    async with db.independent():
        await screening.record(found, target_kind=kind.value, target=None, title=title, body=body)
    raise ContentRejected(_deciding(found), next(iter(found.policies), None))


def _deciding(found: Verdict) -> list[Match]:
    return [match for match in found.matches if match.hit.rule.action is Decision.REJECT]
