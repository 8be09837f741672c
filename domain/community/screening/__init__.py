"""Screening: what becomes of a text by the word rules, before anybody else sees it.

``judge`` answers a verdict and changes nothing; publishing adds what concerns the author, and ``record`` keeps what was
found. Rules hold everywhere with the next judgement after their change is committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain import clock, db
from domain.community import rules as community_rules
from domain.community.screening import loading
from domain.community.screening.matcher import Hit, Hits, Matcher
from domain.community.screening.rules import Decision, greatest
from domain.foundation import ids

#: The reason for which word rules hold, mask or refuse a text.
WORDS = "WORDS"


@dataclass(frozen=True)
class Match:
    """A hit and in which text it is: the title or the body."""

    is_title: bool
    hit: Hit


@dataclass(frozen=True)
class Verdict:
    """What becomes of a text. ``dry`` are hits of rules on trial, ``allowed`` what ALLOW rules let pass."""

    decision: Decision
    reasons: tuple[str, ...]
    matches: tuple[Match, ...]
    masked_title: str | None
    masked_body: str
    rules_version: int
    dry: tuple[Match, ...] = ()
    allowed: tuple[Match, ...] = ()

    @property
    def policies(self) -> tuple[str, ...]:
        """The policies of the rules that decided, each once."""
        deciding = [match.hit.rule for match in self.matches if match.hit.rule.action is self.decision]
        return tuple(dict.fromkeys(rule.policy for rule in deciding if rule.policy))


async def judge(*, title: str | None, body: str, circle: UUID | None, has_tags: bool = True) -> Verdict:
    """Judge a text by the rules of its circle and those for everywhere.

    ``has_tags=False`` where tags are shown as they are written (a plain text); else they are no part of the text.
    """
    return verdict(await loading.current(), title=title, body=body, circle=circle, has_tags=has_tags)


def verdict(
    matcher: Matcher, *, title: str | None, body: str, circle: UUID | None, has_tags: bool = True
) -> Verdict:
    """The same by any rules."""
    in_title = matcher.hits(title, circle, has_tags=has_tags) if title else Hits()
    in_body = matcher.hits(body, circle, has_tags=has_tags)
    matches = _matches(in_title.live, in_body.live)
    decision = greatest(match.hit.rule.action for match in matches)
    return Verdict(
        decision=decision,
        reasons=(WORDS,) if matches else (),
        matches=matches,
        masked_title=None if title is None else masked(title, in_title.live),
        masked_body=masked(body, in_body.live),
        rules_version=matcher.version,
        dry=_matches(in_title.dry, in_body.dry),
        allowed=_matches(in_title.allowed, in_body.allowed),
    )


async def record(
    found: Verdict,
    *,
    target_kind: str,
    target: UUID | None,
    title: str | None,
    body: str,
    rev: int = 1,
    decision: Decision | None = None,
    reasons: Sequence[str] = (),
) -> None:
    """Keep a verdict in the caller's transaction; ``decision`` and ``reasons`` where others were added to it.

    For a text that was refused, ``target`` is null and the transaction is one of its own. Texts are not kept, only
    their hash and the places of hits.
    """
    await db.run(
        """INSERT INTO community.screening (id, target_kind, target, rev, text_hash, decision, reasons, spans,
            rules_version, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        ids.new(), target_kind, target, rev, community_rules.fingerprint(title, body), decision or found.decision,
        list(dict.fromkeys((*found.reasons, *reasons))), db.json(spans(found)), found.rules_version, clock.now(),
    )  # fmt: skip


def spans(found: Verdict) -> list[dict[str, object]]:
    """The places of hits, those of rules on trial too, without the text."""
    return [
        {
            "field": "TITLE" if match.is_title else "BODY",
            "start": match.hit.start,
            "end": match.hit.end,
            "rule": None if match.hit.rule.id is None else str(match.hit.rule.id),
            "mode": match.hit.rule.mode.value,
        }
        for match in (*found.matches, *found.dry)
    ]


def masked(text: str, hits: Sequence[Hit]) -> str:
    """The text with a ``*`` for each character of hits of MASK rules."""
    chars = list(text)
    for hit in hits:
        if hit.rule.action is Decision.MASK:
            chars[hit.start : hit.end] = "*" * (hit.end - hit.start)
    return "".join(chars)


def _matches(in_title: Sequence[Hit], in_body: Sequence[Hit]) -> tuple[Match, ...]:
    return (*(Match(True, hit) for hit in in_title), *(Match(False, hit) for hit in in_body))
