"""Trying rules before they are written: on one text, or on what was published lately. Nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.community import screening
from domain.community.rules import LONGEST_BODY, LONGEST_TITLE
from domain.community.screening import Verdict, checking, impact, writing
from domain.community.screening.impact import Impact
from domain.community.screening.matcher import Matcher
from domain.community.screening.rules import WordRule
from domain.errors import InvalidInput


async def judge(
    text: str, title: str | None, circle: UUID | None, rules: Sequence[WordRule] | None
) -> Verdict:
    """Judge a text by these rules alone; None: by the stored ones. Raises InvalidInput."""
    if len(text) > LONGEST_BODY:
        raise InvalidInput.at("text", f"Use at most {LONGEST_BODY} characters.")
    if title is not None and len(title) > LONGEST_TITLE:
        raise InvalidInput.at("title", f"Use at most {LONGEST_TITLE} characters.")
    if rules is None:
        return await screening.judge(title=title, body=text, circle=circle)
    return screening.verdict(Matcher.of(await _checked(rules)), title=title, body=text, circle=circle)


async def preview(rules: Sequence[WordRule], days: int) -> Impact:
    """What the rules would have done within the last days. Raises InvalidInput."""
    return await impact.preview(await _checked(rules), days)


async def _checked(rules: Sequence[WordRule]) -> list[WordRule]:
    found = [writing.normal(rule) for rule in rules]
    await checking.check(found)
    return found
