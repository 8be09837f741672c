"""What changed in the earn rules, for everybody to read, and what it means for one member. Published versions only.

A version that begins is PUBLISHED, or REVISED when another one of its rule ends there; one that ends with no other in its
place is RETIRED. Scheduled changes are told ahead of their time; drafts and versions in review never.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.points import baskets, earn_rules, enrolments, matching, rules, seeing
from domain.points.baskets import Basket, Line
from domain.points.definitions import FromProperty, PerAmount, Version
from domain.points.earn_rules import RuleVersion
from domain.points.matching import Reason, Seen
from domain.profile.interactions import Fact

PUBLISHED, REVISED, RETIRED = "PUBLISHED", "REVISED", "RETIRED"
#: The typical fact: an order of so much (minor units), or a fact whose property says so much.
TYPICAL = 100
_OF_THE_FACT = ("property", "touchpoint", "basketAtLeast")
#: Reasons whose facts are staff's own names (tags, segments, traits): told without them.
_UNTOLD = ("TAG_MISSING", "NOT_IN_SEGMENT", "TRAIT_NOT_MET")

_CHANGES = f"""WITH published AS (
        SELECT v.id, v.effective_from, v.effective_to, lag(v.id) OVER w AS previous, lag(v.effective_to) OVER w AS ended,
            lead(v.effective_from) OVER w AS next
        FROM points.earn_rule_version AS v
        WHERE v.state IN ('SCHEDULED', 'ACTIVE', 'RETIRED') AND v.effective_from IS NOT NULL
            AND v.effective_to IS DISTINCT FROM v.effective_from
        WINDOW w AS (PARTITION BY v.rule ORDER BY v.effective_from)),
    change AS (
        SELECT effective_from AS at, id, CASE WHEN ended = effective_from THEN '{REVISED}' ELSE '{PUBLISHED}' END AS kind,
            CASE WHEN ended = effective_from THEN previous END AS before, id AS after FROM published
        UNION ALL
        SELECT effective_to, id, '{RETIRED}', id, NULL FROM published
        WHERE effective_to IS NOT NULL AND (next IS NULL OR next > effective_to))
    SELECT * FROM change WHERE ($1::timestamptz IS NULL OR (at, id, kind) < ($1, $2::uuid, $3))
    ORDER BY at DESC, id DESC, kind DESC LIMIT $4"""


@dataclass(frozen=True)
class Change:
    """One change: ``before`` is None for a new rule, ``after`` for one that ended."""

    at: datetime
    kind: str
    before: RuleVersion | None
    after: RuleVersion | None

    @property
    def told(self) -> RuleVersion:
        """The version that the change is called after."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def key(self) -> tuple[datetime, UUID, str]:
        """Where it stands: the latest change first."""
        return (self.at, self.told.id, self.kind)


@dataclass(frozen=True)
class Meaning:
    """What a change is to one member, as they are now. ``was_eligible`` is None for a new rule.

    ``before`` and ``after`` are what the same typical fact earns them, in minor units by wallet; ``is_order`` says that
    it is an order of :data:`TYPICAL` in the currency's own unit.
    """

    is_eligible: bool
    was_eligible: bool | None
    reasons: list[Reason]
    before: dict[str, int]
    after: dict[str, int]
    is_order: bool


async def listed(page: Page) -> list[Change]:
    """Changes, the latest (also those to come) first; key of a page: Change.key."""
    at, last, kind = page.after or (None, None, None)
    rows = await db.fetch(_CHANGES, at, last, kind, page.limit + 1)
    found = await earn_rules.by_ids([each for row in rows for each in (row["before"], row["after"]) if each])
    return [Change(row["at"], row["kind"], found.get(row["before"]), found.get(row["after"])) for row in rows]


async def meanings(root: UUID, changes: Sequence[Change]) -> list[Meaning]:
    """What each change means for a person, by what is known about them now; a fixed number of statements."""
    now = clock.now()
    versions = {
        version.id: Version.of(vars(version))
        for change in changes
        for version in (change.before, change.after)
        if version is not None
    }
    if not versions:
        return []
    seen = await seeing.look(root, versions.values(), now)
    codes = sorted({code for version in versions.values() for code in version.wallets})
    barred = {code for code in codes if await enrolments.outside([root], [code], now)}
    return [_meaning(root, change, versions, seen, barred, now) for change in changes]


def _meaning(
    root: UUID,
    change: Change,
    versions: dict[UUID, Version],
    seen: Seen,
    barred: set[str],
    now: datetime,
) -> Meaning:
    before = versions[change.before.id] if change.before else None
    after = versions[change.after.id] if change.after else None
    typical = _typical(root, [version for version in (after, before) if version is not None], now)
    unmet = {
        version.id: _unmet(version, typical, seen, barred) for version in (before, after) if version is not None
    }  # fmt: skip
    reasons = unmet[after.id] if after else [{"code": "RULE_RETIRED", "until": change.at.isoformat()}]
    return Meaning(
        is_eligible=not reasons,
        was_eligible=None if before is None else not unmet[before.id],
        reasons=reasons,
        before={} if before is None or unmet[before.id] else _gives(before, typical),
        after={} if after is None or unmet[after.id] else _gives(after, typical),
        is_order=baskets.read(typical.properties) is not None,
    )


def _unmet(version: Version, fact: Fact, seen: Seen, barred: set[str]) -> list[Reason]:
    found = matching.unmet(personal(version.condition), fact, None, seen)
    reasons = [{"code": each["code"]} if each["code"] in _UNTOLD else each for each in found]
    return [*reasons, {"code": "NOT_ENROLLED"}] if barred & set(version.wallets) else reasons


def personal(condition: dict[str, Any] | None) -> dict[str, Any] | None:
    """What a condition asks of the person alone; what it asks of the fact may be met (None: nothing is left)."""
    if not condition:
        return None
    ((name, said),) = condition.items()
    if name == "all":
        kept = [each for each in map(personal, said) if each is not None]
        return {"all": kept} if kept else None
    if name == "any":
        found = [personal(each) for each in said]
        return None if any(each is None for each in found) else {"any": found}
    if name == "not":
        inner = personal(said)
        is_whole = all(leaf not in _OF_THE_FACT for leaf, _ in matching.leaves(said))
        return {"not": said} if inner is not None and is_whole else None
    return None if name in _OF_THE_FACT else condition


def _gives(version: Version, fact: Fact) -> dict[str, int]:
    """What a version gives a fact that meets its condition, its caps not used yet."""
    found = rules.verdicts([version], fact, baskets.read(fact.properties), refused={}, caps=lambda _: [])
    return found[version.id].granted


def _typical(root: UUID, versions: Sequence[Version], now: datetime) -> Fact:
    """One fact for all of these versions: of a kind of theirs, of goods that they name, with the properties they read."""
    properties: dict[str, Any] = {}
    for version in versions:
        for effect in version.effects:
            if isinstance(effect, FromProperty):
                _put(properties, effect.path.removeprefix("properties."))
    kinds = versions[0].kinds
    kind = min(kinds & baskets.TOLD_BY or kinds)
    if kind in baskets.TOLD_BY:
        properties |= baskets.written(_order(versions))
    return Fact(
        id=ids.new(), message_id="", member=root, root=root, kind=kind, class_="CAUSED", occurred_at=now,
        received_at=now, touchpoint=None, source=None, actor_kind="MEMBER", actor_id=root, subject_kind=None,
        subject_id=None, session_key=None, context={}, properties=properties, compensates=None, depth=0,
        flags=frozenset(),
    )  # fmt: skip


def _order(versions: Sequence[Version]) -> Basket:
    filters = [
        lines
        for version in versions
        for effect in version.effects
        if (lines := getattr(effect, "lines", None)) is not None
    ]
    skus = [sku for each in filters for sku in sorted(each.skus)]  # the version after the change comes first
    labels = frozenset(label for each in filters for label in each.labels)
    currency = next(
        (effect.currency for effect in versions[0].effects if isinstance(effect, PerAmount)),
        baskets.CURRENCY,
    )
    amount = TYPICAL * 10 ** baskets.digits(currency)
    line = Line(skus[0] if skus else "-", amount, labels, currency=currency)
    return Basket((line,), amount, currency)


def _put(properties: dict[str, Any], path: str) -> None:
    *outer, last = path.split(".")
    for name in outer:
        properties = properties.setdefault(name, {})
        if not isinstance(properties, dict):
            return
    properties[last] = TYPICAL
