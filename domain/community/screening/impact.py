"""What rules would have done to what was published lately, and how that compares with what people decided."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.community.screening import views
from domain.community.screening.borders import Borders
from domain.community.screening.characters import is_han
from domain.community.screening.matcher import Hit, Matcher
from domain.community.screening.rules import Boundary, Decision, RuleMode, WordRule, WordRuleKind
from domain.errors import InvalidInput

MOST_DAYS = 365
#: The newest texts are looked at, so that an answer does not take long; ``Impact`` says when that was not all.
MOST_TEXTS = 4_000
SAMPLE = 20
#: From this share of the texts on, and from so many texts, a rule is called too broad.
BROAD_SHARE = Decimal("0.01")
BROAD_FROM = 50
_AT_ONCE = 100


class WarningCode(StrEnum):
    SINGLE_CHARACTER = "SINGLE_CHARACTER"
    SHORT_WORD = "SHORT_WORD"
    SHORT_NUMBER = "SHORT_NUMBER"
    INSIDE_WORDS = "INSIDE_WORDS"
    HITS_MUCH = "HITS_MUCH"


@dataclass(frozen=True)
class Warned:
    """A rule that may hit more than is meant; ``hits`` of the texts that were looked at."""

    pattern: str
    code: WarningCode
    hits: int
    example: str | None = None


@dataclass(frozen=True)
class Impact:
    """``hits`` are posts and comments; ``sample`` are posts (of a comment, its post), newest first.

    ``overturned_share``: of the hits that were removed, those restored later. ``agreement``: of the hits that people
    decided, those that they found at fault. ``wrong_removals``: hits that would have been held or refused though
    people found nothing wrong.
    """

    scanned: int = 0
    is_complete: bool = True
    hits: int = 0
    sample: tuple[UUID, ...] = ()
    overturned_share: Decimal | None = None
    agreement: Decimal | None = None
    wrong_removals: int = 0
    warnings: tuple[Warned, ...] = ()


@dataclass(frozen=True)
class _Text:
    row: db.Row
    hits: tuple[Hit, ...]


async def preview(rules: Sequence[WordRule], days: int) -> Impact:
    """Judge what was published within the last days by these rules alone, as if they were live. Changes nothing."""
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput.at("days", f"Use 1 to {MOST_DAYS} days.")
    live = [replace(rule, mode=RuleMode.LIVE) for rule in rules if rule.mode is not RuleMode.OFF]
    matcher = Matcher.of(live)
    rows = await _published(days) if live else []
    is_complete, rows = len(rows) <= MOST_TEXTS, rows[:MOST_TEXTS]
    texts: list[_Text] = []
    for first in range(0, len(rows), _AT_ONCE):
        texts += [_judged(matcher, row) for row in rows[first : first + _AT_ONCE]]
        await asyncio.sleep(0)  # others are answered meanwhile
    hit = [text for text in texts if text.hits]
    return Impact(
        scanned=len(texts),
        is_complete=is_complete,
        hits=len(hit),
        sample=tuple(dict.fromkeys(text.row["post"] for text in hit))[:SAMPLE],
        warnings=tuple(warnings(live, texts_of(texts), len(texts))),
        **_decided(hit),
    )


def texts_of(texts: Iterable[_Text]) -> dict[str, list[tuple[str, Hit]]]:
    """The hits of each pattern with the text they are in, the first of each text."""
    found: dict[str, list[tuple[str, Hit]]] = {}
    for text in texts:
        for hit in {hit.rule.pattern: hit for hit in reversed(text.hits)}.values():
            found.setdefault(hit.rule.pattern, []).append((text.row["body"], hit))
    return found


def warnings(
    rules: Sequence[WordRule], hits: dict[str, list[tuple[str, Hit]]], scanned: int
) -> Iterator[Warned]:
    """Rules that are too broad by what they are, or by what they hit."""
    for rule in rules:
        if rule.kind is WordRuleKind.ALLOW:
            continue
        here = hits.get(rule.pattern, [])
        if (code := _by_itself(rule)) is not None:
            yield Warned(rule.pattern, code, len(here))
        inside = [
            (text, hit) for text, hit in here if rule.boundary is Boundary.ANY and _is_inside(text, hit)
        ]
        if inside:
            yield Warned(rule.pattern, WarningCode.INSIDE_WORDS, len(inside), _around(*inside[0]))
        if scanned >= BROAD_FROM and len(here) > scanned * BROAD_SHARE:
            yield Warned(rule.pattern, WarningCode.HITS_MUCH, len(here), _around(*here[0]))


async def _published(days: int) -> list[db.Row]:
    """Posts and comments published since then, newest first, with what was decided about them."""
    return await db.fetch(
        """WITH c AS (
            (SELECT 'POST' AS kind, id, id AS post, circle, title, body, body_format, removed_by, feed_seq
            FROM community.post WHERE stage = 'PUBLISHED' AND published_at >= $1
            ORDER BY feed_seq DESC LIMIT $2)
            UNION ALL
            (SELECT 'COMMENT', c.id, c.post, p.circle, NULL, c.body, c.body_format, c.removed_by, c.feed_seq
            FROM community.comment AS c JOIN community.post AS p ON p.id = c.post
            WHERE c.stage = 'PUBLISHED' AND c.published_at >= $1 ORDER BY c.feed_seq DESC LIMIT $2)
            ORDER BY feed_seq DESC LIMIT $2
        ) SELECT c.*, i.state AS item_state,
            EXISTS (SELECT FROM community.mod_event AS e WHERE e.subject = c.id AND e.kind = 'REMOVE') AS was_removed
        FROM c LEFT JOIN community.review_item AS i ON i.subject_kind = c.kind AND i.subject = c.id
        ORDER BY c.feed_seq DESC""",
        clock.now() - timedelta(days=days), MOST_TEXTS + 1,
    )  # fmt: skip


def _judged(matcher: Matcher, row: db.Row) -> _Text:
    has_tags = row["body_format"] != "PLAIN"
    title = matcher.hits(row["title"], row["circle"], has_tags=has_tags).live if row["title"] else ()
    return _Text(row, (*matcher.hits(row["body"], row["circle"], has_tags=has_tags).live, *title))


def _decided(hit: Sequence[_Text]) -> dict[str, Any]:
    removed = [text for text in hit if text.row["was_removed"]]
    overturned = [text for text in removed if text.row["removed_by"] is None]
    bad = [t for t in hit if t.row["removed_by"] is not None or t.row["item_state"] == "UPHELD"]
    fine = [t for t in hit if t not in bad and (t.row["item_state"] == "REJECTED" or t.row["was_removed"])]
    harsh = (Decision.HOLD, Decision.REJECT)
    return {
        "overturned_share": _share(len(overturned), len(removed)),
        "agreement": _share(len(bad), len(bad) + len(fine)),
        "wrong_removals": sum(any(each.rule.action in harsh for each in text.hits) for text in fine),
    }


def _share(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(Decimal("0.0001")) if whole else None


def _by_itself(rule: WordRule) -> WarningCode | None:
    if rule.kind is WordRuleKind.NUMBER:
        return WarningCode.SHORT_NUMBER if (rule.min_length or 8) < 6 else None
    if rule.kind not in (WordRuleKind.WORD, WordRuleKind.WILDCARD):
        return None
    core = views.view(rule.pattern).beads.text
    if len(core) == 1:
        return WarningCode.SINGLE_CHARACTER
    is_short = (core.isascii() and len(core) == 2) or (
        is_han(core) and len(core) == 2 and rule.boundary is Boundary.ANY
    )
    return WarningCode.SHORT_WORD if is_short else None


def _is_inside(text: str, hit: Hit) -> bool:
    return (
        text[hit.start : hit.end] == hit.text
        and is_han(hit.text)
        and not Borders(text).fits(hit.start, hit.end)
    )


def _around(text: str, hit: Hit) -> str:
    if text[hit.start : hit.end] != hit.text:  # a hit of the title
        return hit.text
    return text[max(hit.start - 10, 0) : hit.end + 10]
