"""Writing word rules: all of a change together, one version for all rules, and a look back where a rule got stricter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.community import viewers
from domain.community.screening import checking, expressions, impact, rescans, ruleset
from domain.community.screening.impact import Impact
from domain.community.screening.rules import Boundary, Decision, RuleMode, WordRule, WordRuleKind
from domain.errors import InvalidInput, Problem, VersionConflict
from domain.foundation import ids
from domain.foundation.pages import Page

#: How far back a change looks to say what it would do.
IMPACT_DAYS = 7

_STORED = """id, pattern, kind, action, category, policy, circles, is_case_sensitive, boundary, min_length, mode,
    version, changed_at"""


@dataclass(frozen=True)
class Written:
    """What a change did or would do: its rules as they stand, the version of all rules, and how many changed."""

    rules: list[WordRule]
    version: int
    changed: int
    impact: Impact
    rescan: UUID | None = None


async def put(
    actor: Actor,
    rules: Sequence[WordRule],
    *,
    expected_version: int | None = None,
    reason: str | None = None,
    is_dry_run: bool = False,
) -> Written:
    """Add rules, or change those of the same kind, pattern, case and circles; others stay. Mode OFF ends a rule.

    Rules that became live or stricter are looked for in what is published, which only opens review items. Locks the
    version of all rules. Raises InvalidInput (also for circles that are not the moderator's), VersionConflict.
    """
    rules = [normal(rule) for rule in rules]
    _must_be_own(actor, rules)
    await checking.check(rules)
    foreseen = await impact.preview(rules, IMPACT_DAYS)
    async with db.transaction():
        version = await lock(expected_version)
        old = await stored(rules)
        changed = [renewed(rule, old.get(rule.key)) for rule in rules if differs(rule, old.get(rule.key))]
        await _must_have_room(changed, old)
        if is_dry_run or not changed:
            kept = {rule.key: rule for rule in (*old.values(), *changed)}
            return Written([kept[rule.key] for rule in rules], version, len(changed), foreseen)
        await store(changed)
        version = await renew()
        stricter = [rule for rule in changed if _is_stricter(rule, old.get(rule.key))]
        rescan = await rescans.ask_for([rule.id for rule in stricter if rule.id is not None])
        kept = {rule.key: rule for rule in (*old.values(), *changed)}
        await audit.append(
            actor, "community.word_rules.written", "word_rule_set",
            facts={"version": version, "rules": [str(rule.id) for rule in changed]}, text={"reason": reason},
        )  # fmt: skip
    return Written([kept[rule.key] for rule in rules], version, len(changed), foreseen, rescan)


@dataclass(frozen=True)
class Filter:
    """Which rules to list; None does not ask."""

    text: str | None = None
    kinds: Sequence[WordRuleKind] | None = None
    actions: Sequence[Decision] | None = None
    modes: Sequence[RuleMode] | None = None
    category: str | None = None
    policy: str | None = None
    circle: UUID | None = None


async def listed(wanted: Filter, page: Page) -> list[tuple[WordRule, datetime]]:
    """Rules with the time of their last change, newest first; one more than the page has."""
    after = page.after or (None, None)
    rows = await db.fetch(
        f"""SELECT {_STORED} FROM community.word_rule AS r
        WHERE ($1::text IS NULL OR strpos(r.pattern, $1) > 0)
        AND ($2::text[] IS NULL OR r.kind = ANY($2)) AND ($3::text[] IS NULL OR r.action = ANY($3))
        AND ($4::text[] IS NULL OR r.mode = ANY($4)) AND ($5::text IS NULL OR r.category = $5)
        AND ($6::text IS NULL OR r.policy = $6) AND ($7::uuid IS NULL OR $7 = ANY(r.circles))
        AND ($8::timestamptz IS NULL OR (r.changed_at, r.id) < ($8, $9::uuid))
        ORDER BY r.changed_at DESC, r.id DESC LIMIT $10""",
        wanted.text, _values(wanted.kinds), _values(wanted.actions), _values(wanted.modes), wanted.category,
        wanted.policy, wanted.circle, *after, page.limit + 1,
    )  # fmt: skip
    return [(ruleset.made(row), row["changed_at"]) for row in rows]


async def version() -> int:
    """The version of all rules together."""
    return await db.value("SELECT version FROM community.word_rule_set")


async def lock(expected_version: int | None = None) -> int:
    """The version of all rules, locked. Raises VersionConflict."""
    found: int = await db.value("SELECT version FROM community.word_rule_set FOR UPDATE")
    if expected_version is not None and expected_version != found:
        raise VersionConflict(found)
    return found


async def renew() -> int:
    """Let every process compile the rules anew; answers their next version. The caller holds the lock."""
    return await db.value(
        "UPDATE community.word_rule_set SET version = version + 1, stamp = $1, changed_at = $2 RETURNING version",
        ids.new(), clock.now(),
    )  # fmt: skip


def normal(rule: WordRule) -> WordRule:
    """The rule as it is kept: circles in order, no blanks around the pattern, a number named by its kind."""
    pattern = rule.pattern.strip()
    if rule.kind is WordRuleKind.NUMBER and not pattern:
        pattern = "NUMBER"
    return replace(
        rule,
        pattern=pattern,
        circles=tuple(sorted(set(rule.circles))),
        category=(rule.category or "").strip() or None,
        action=Decision.ALLOW if rule.kind is WordRuleKind.ALLOW else rule.action,
    )


async def stored(rules: Iterable[WordRule]) -> dict[tuple[object, ...], WordRule]:
    """The stored rules of the same kind and pattern, by their keys."""
    wanted = {(rule.kind.value, rule.pattern) for rule in rules}
    rows = await db.fetch(
        f"""SELECT {_STORED} FROM community.word_rule
        WHERE (kind, pattern) IN (SELECT * FROM unnest($1::text[], $2::text[]))""",
        [kind for kind, _ in wanted], [pattern for _, pattern in wanted],
    )  # fmt: skip
    found = [ruleset.made(row) for row in rows]
    return {rule.key: rule for rule in found}


async def store(
    rules: Sequence[WordRule], *, source: str | None = None, external_ids: Sequence[str | None] = ()
) -> None:
    """Write rules with their ids and versions."""
    now = clock.now()
    names = external_ids or [None] * len(rules)
    await db.run_many(
        """INSERT INTO community.word_rule (id, pattern, kind, action, category, policy, circles, is_case_sensitive,
            boundary, min_length, mode, version, anchor, anchoring, source, external_id, changed_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)
        ON CONFLICT (id) DO UPDATE SET action = excluded.action, category = excluded.category,
            policy = excluded.policy, boundary = excluded.boundary, min_length = excluded.min_length,
            mode = excluded.mode, version = excluded.version, anchor = excluded.anchor,
            anchoring = excluded.anchoring, changed_at = excluded.changed_at""",
        [
            (
                rule.id, rule.pattern, rule.kind, rule.action, rule.category, rule.policy, list(rule.circles),
                rule.is_case_sensitive, rule.boundary, rule.min_length, rule.mode, rule.version,
                ruleset.anchor(rule), ruleset.ANCHORING, source if name else None, name, now,
            )
            for rule, name in zip(rules, names, strict=True)
        ],
    )  # fmt: skip


def _must_be_own(actor: Actor, rules: Sequence[WordRule]) -> None:
    """A moderator of some circles writes rules for those alone."""
    viewer = viewers.of(actor)
    if viewer.sees_all or actor.has("operator") or actor.has("admin"):
        return
    problems = [
        Problem(f"rules.{number}.circleIds", "Name circles that you moderate, and no others.")
        for number, rule in enumerate(rules)
        if not rule.circles or not set(rule.circles) <= set(viewer.circles)
    ]
    if problems:
        raise InvalidInput(problems)


def differs(rule: WordRule, old: WordRule | None) -> bool:
    """Whether a rule says anything else than the stored one."""
    return old is None or replace(rule, id=old.id, version=old.version) != old


def renewed(rule: WordRule, old: WordRule | None) -> WordRule:
    """The rule with the id and the next version of the stored one, or as a new one."""
    if old is None:
        return replace(rule, id=ids.new(), version=1)
    return replace(rule, id=old.id, version=old.version + 1)


def _is_stricter(rule: WordRule, old: WordRule | None) -> bool:
    """Whether texts may be hit now that were not, or harder than before."""
    if old is None or rule.weight > old.weight:
        return rule.weight > 0
    is_wider = old.boundary is Boundary.AUTO and rule.boundary is Boundary.ANY
    is_shorter = (rule.min_length or 0) < (old.min_length or 0)
    return rule.weight == old.weight > 0 and (is_wider or is_shorter)


async def _must_have_room(changed: Sequence[WordRule], old: dict[tuple[object, ...], WordRule]) -> None:
    """Regular expressions are run one by one, so there is a limit to how many hold."""
    more = [rule for rule in changed if rule.kind is WordRuleKind.REGEX and rule.mode is not RuleMode.OFF]
    more = [rule for rule in more if rule.key not in old or old[rule.key].mode is RuleMode.OFF]
    if not more:
        return
    count = await db.value("SELECT count(*) FROM community.word_rule WHERE kind = 'REGEX' AND mode <> 'OFF'")
    if count + len(more) > expressions.MOST:
        raise InvalidInput.at("rules", f"At most {expressions.MOST} rules of kind REGEX hold at a time.")


def _values(
    wanted: Sequence[WordRuleKind] | Sequence[Decision] | Sequence[RuleMode] | None,
) -> list[str] | None:
    return None if wanted is None else [each.value for each in wanted]
