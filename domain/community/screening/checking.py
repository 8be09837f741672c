"""What may be written as a word rule, and which rules hit too much."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

from domain import db
from domain.community.screening import addresses, expressions, patterns, ruleset
from domain.community.screening.rules import (
    LEAST_NUMBER,
    LONGEST_PATTERN,
    MOST_NUMBER,
    Decision,
    WordRule,
    WordRuleKind,
)
from domain.errors import InvalidInput, Problem

LONGEST_CATEGORY = 60
MOST_AT_ONCE = 1_000


async def check(rules: Sequence[WordRule], path: str = "rules") -> None:
    """Raise InvalidInput with every problem of the rules, at ``rules.<number>.<field>``."""
    policies = {row["code"] for row in await db.fetch("SELECT DISTINCT code FROM community.policy")}
    wanted = list({circle for rule in rules for circle in rule.circles})
    rows = await db.fetch("SELECT id FROM community.circle WHERE id = ANY($1)", wanted) if wanted else []
    found = list(problems(rules, policies, {row["id"] for row in rows}, path))
    if len(rules) > MOST_AT_ONCE:
        found.append(
            Problem(path, f"Write at most {MOST_AT_ONCE} at once; import more (marque import word-rules).")
        )
    if found:
        raise InvalidInput(found)


def problems(
    rules: Sequence[WordRule], policies: Collection[str], circles: Collection[UUID], path: str
) -> Iterator[Problem]:
    """Every problem of some rules together."""
    seen: set[object] = set()
    for number, rule in enumerate(rules):
        at = f"{path}.{number}"
        for field, message in of_one(rule):
            yield Problem(f"{at}.{field}", message)
        if rule.policy is not None and rule.policy not in policies:
            yield Problem(f"{at}.policyCode", "There is no policy of this code.")
        if any(circle not in circles for circle in rule.circles):
            yield Problem(f"{at}.circleIds", "There is no such circle.")
        if rule.key in seen:
            yield Problem(f"{at}.pattern", "This rule is written twice.")
        seen.add(rule.key)


def of_one(rule: WordRule) -> Iterator[tuple[str, str]]:
    """What is wrong with a rule by itself: the input's field and a sentence."""
    if len(rule.pattern) > LONGEST_PATTERN:
        yield "pattern", f"Use at most {LONGEST_PATTERN} characters."
    elif message := _pattern_problem(rule):
        yield "pattern", message
    if (rule.kind is WordRuleKind.ALLOW) is not (rule.action is Decision.ALLOW):
        yield "action", "Rules of kind ALLOW let pass, others flag, mask, hold or reject."
    if rule.category is not None and not 1 <= len(rule.category.strip()) <= LONGEST_CATEGORY:
        yield "category", f"Use 1 to {LONGEST_CATEGORY} characters."
    if rule.min_length is not None:
        if rule.kind is not WordRuleKind.NUMBER:
            yield "minLength", "Only rules of kind NUMBER have a length."
        elif not LEAST_NUMBER <= rule.min_length <= MOST_NUMBER:
            yield "minLength", f"Use {LEAST_NUMBER} to {MOST_NUMBER} digits."


def _pattern_problem(rule: WordRule) -> str | None:
    if rule.kind is WordRuleKind.NUMBER:
        return None
    if not rule.pattern.strip():
        return "Write what to look for."
    if rule.kind is WordRuleKind.REGEX:
        return expressions.problem(rule.pattern, rule.is_case_sensitive)
    if rule.kind in (WordRuleKind.DOMAIN, WordRuleKind.URL):
        address = addresses.written(rule.pattern)
        if address is None:
            return "Write a domain such as example.com, or an address such as example.com/path."
        if rule.kind is WordRuleKind.DOMAIN and address[1]:
            return "A domain has no path; use kind URL."
        return None
    if rule.kind is WordRuleKind.WILDCARD:
        return _wildcard_problem(rule)
    return None if ruleset.anchor(rule) else "Nothing of this can be seen in a text."


def _wildcard_problem(rule: WordRule) -> str | None:
    inside = rule.pattern.strip().strip("*＊")
    stars, marks = sum(map(inside.count, "*＊")), sum(map(inside.count, "?？"))
    if stars > patterns.MOST_STARS or stars + marks > patterns.MOST_WILD:
        return f"Use at most {patterns.MOST_STARS} * and {patterns.MOST_WILD} wildcards."
    anchor = ruleset.anchor(rule)
    return None if anchor and anchor.strip("?*") else "Write at least one letter or digit besides wildcards."
