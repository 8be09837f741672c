"""`marque import word-rules FILE`: a table of rules, or one word a line.

A rule that stands just so is left; one of the same kind, pattern and case is changed. Everything comes in one
transaction, so that processes compile the rules once. What is published is looked through only with ``--rescan``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from domain import db
from domain.community.importers import cells
from domain.community.screening import checking, expressions, rescans, writing
from domain.community.screening.rules import (
    LONGEST_PATTERN,
    Boundary,
    Decision,
    RuleMode,
    WordRule,
    WordRuleKind,
)
from domain.foundation import importing
from domain.foundation.importing import BadValue, Extra, Importer, Options, Report, Row

E = TypeVar("E", bound=StrEnum)

_YES = frozenset({"1", "true", "yes", "y", "是"})
_NO = frozenset({"", "0", "false", "no", "n", "否"})


@dataclass
class _Facts:
    """What is there before the import, and what a row may name."""

    policies: frozenset[str]
    external_ids: dict[str, str]
    room: int


async def run(rows: Iterator[Row], options: Options, report: Report) -> None:
    """Store rules, and words that they allow as rules of kind ALLOW. They concern nobody: no interaction."""
    async with db.transaction():
        await writing.lock()
        facts = await _facts(options)
        stored: list[WordRule] = []
        for batch in cells.batches(rows):
            stored += await _batch(batch, facts, options, report)
        if not stored:
            return
        await writing.renew()
        if options.extra.get("rescan"):
            live = [rule.id for rule in stored if rule.weight and rule.id is not None]
            await rescans.ask_for(live)


async def _facts(options: Options) -> _Facts:
    policies = await db.fetch("SELECT DISTINCT code FROM community.policy")
    known = await db.fetch(
        "SELECT external_id, pattern FROM community.word_rule WHERE source = $1 AND external_id IS NOT NULL",
        options.source,
    )
    regexes = await db.value(
        "SELECT count(*) FROM community.word_rule WHERE kind = 'REGEX' AND mode <> 'OFF'"
    )
    return _Facts(
        frozenset(row["code"] for row in policies),
        {row["external_id"]: row["pattern"] for row in known},
        expressions.MOST - regexes,
    )


async def _batch(batch: list[Row], facts: _Facts, options: Options, report: Report) -> list[WordRule]:
    """Store what is new or other in a thousand rows; answers it."""
    read: list[tuple[str | None, list[WordRule]]] = []
    for row in batch:
        external_id = str(row.data.get("external_id") or "").strip() or None
        try:
            rules = _read(row, facts, options)
            _must_be_its_own(external_id, rules[0], facts)
        except BadValue as bad:
            report.reject(row, bad.reason, bad.problem.path, external_id)
            continue
        read.append((external_id, rules))
    old = await writing.stored(rule for _, rules in read for rule in rules)
    fresh: dict[tuple[object, ...], tuple[WordRule, str | None]] = {}
    for external_id, rules in read:
        before = len(fresh)
        for number, rule in enumerate(rules):
            there = fresh[rule.key][0] if rule.key in fresh else old.get(rule.key)
            if writing.differs(rule, there):
                fresh[rule.key] = writing.renewed(rule, old.get(rule.key)), None if number else external_id
        if len(fresh) > before:
            report.accept()
        else:
            report.keep()
    changed = [rule for rule, _ in fresh.values()]
    await writing.store(changed, source=options.source, external_ids=[name for _, name in fresh.values()])
    report.add("rules", len(changed))
    return changed


def _read(row: Row, facts: _Facts, options: Options) -> list[WordRule]:
    """The row's rule, and one of kind ALLOW for each word that it allows."""
    pattern = cells.needed(row, "pattern", longest=LONGEST_PATTERN)
    allow = str(row.data.get("allow") or "").strip()
    kind = cells.one_of(row, "kind", WordRuleKind, _given(options, "kind", WordRuleKind, WordRuleKind.WORD))
    if allow.lower() in _YES:
        kind = WordRuleKind.ALLOW
    action = cells.one_of(row, "action", Decision, _given(options, "action", Decision, Decision.FLAG))
    rule = WordRule(
        pattern=pattern,
        kind=kind,
        action=Decision.ALLOW if kind is WordRuleKind.ALLOW else action,
        category=importing.text(row, "category") or options.extra.get("category"),
        policy=importing.text(row, "policy") or options.extra.get("policy"),
        boundary=_given(options, "boundary", Boundary, Boundary.AUTO),
        mode=_given(options, "mode", RuleMode, RuleMode.LIVE),
    )
    found = [rule]
    if allow.lower() not in _YES | _NO:
        found += [
            WordRule(word, WordRuleKind.ALLOW, Decision.ALLOW, rule.category)
            for word in cells.names(row, "allow")
        ]
    found = [writing.normal(each) for each in found]
    for each in found:
        for field, message in checking.of_one(each):
            raise cells.bad(f"bad_{field}", field, message)
    if rule.policy is not None and rule.policy not in facts.policies:
        raise cells.bad("unknown_policy", "policy", "no policy has this code")
    if rule.kind is WordRuleKind.REGEX:
        facts.room -= 1
        if facts.room < 0:
            raise cells.bad("too_many", "kind", f"at most {expressions.MOST} rules of kind REGEX hold")
    return found


def _must_be_its_own(external_id: str | None, rule: WordRule, facts: _Facts) -> None:
    if external_id is not None and facts.external_ids.setdefault(external_id, rule.pattern) != rule.pattern:
        raise cells.bad("external_id_taken", "external_id", "another rule of this source has it")


def _given(options: Options, name: str, kind: type[E], default: E) -> E:
    value = options.extra.get(name)
    try:
        return default if not value else kind(str(value).upper())
    except ValueError:
        raise cells.bad("bad_option", name, f"--{name} is one of {', '.join(kind)}") from None


WORD_RULES = Importer(
    kind="word-rules",
    help="Word rules of screening: a table, or one word a line (.txt).",
    run=run,
    columns=("external_id", "pattern", "kind", "action", "category", "policy", "allow"),
    aliases={"value": "pattern"},
    extras=(
        Extra(
            "kind", "Kind of rows that name none: WORD, WILDCARD, REGEX, NUMBER, DOMAIN, URL, ALLOW.", "WORD"
        ),
        Extra("action", "Action of rows that name none: FLAG, MASK, HOLD or REJECT.", "FLAG"),
        Extra("category", "Category of rows that name none."),
        Extra("policy", "Policy of rows that name none."),
        Extra("boundary", "AUTO or ANY: where short Chinese words count.", "AUTO"),
        Extra("mode", "LIVE, DRY (on trial) or OFF.", "LIVE"),
        Extra("rescan", "Look for the rules in what is published, too.", False, is_flag=True),
    ),
    example="marque import word-rules words.txt --category advertising --action HOLD --mode DRY",
)
