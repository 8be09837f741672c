"""What a fact would earn, were it recorded: the same judging on a fact that nobody has stored. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.errors import BadInput
from domain.foundation import ids
from domain.points import (
    award_terms,
    baskets,
    books,
    decisions,
    earning,
    enrolments,
    judging,
    rules,
    standings,
    tiers,
)
from domain.points.baskets import Basket
from domain.points.book import Wallet
from domain.points.decisions import HELD, WAITING
from domain.points.definitions import Version
from domain.points.judging import Group, Judged
from domain.points.matching import Reason
from domain.points.standing_types import Moved
from domain.points.tables import RuleState
from domain.points.tiers import Known
from domain.profile import members
from domain.profile.interactions import Fact

#: The kinds under which purchases are recorded.
PURCHASES = ("points.purchase.recorded", "commerce.order.paid")
_WORLD = judging.Live(writes=False)


@dataclass(frozen=True)
class Tried:
    """The fact to be judged; without a kind it is a purchase."""

    kind: str | None = None
    basket: Basket | None = None
    occurred_at: datetime | None = None
    touchpoint: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[str, ...]:
        return (self.kind,) if self.kind else PURCHASES


@dataclass(frozen=True)
class Award:
    """Points of one wallet by one rule, in minor units; ``is_pending``: not available at once."""

    wallet: Wallet
    points: int
    is_pending: bool
    breakdown: list[dict[str, Any]]


@dataclass(frozen=True)
class Preview:
    """What would be given, what each rule says to it, and the tier right after it in the programme's first scheme."""

    awards: list[Award]
    decisions: list[Judged]
    scheme: Known | None
    tier: str | None


async def preview(member: UUID, tried: Tried, version_ids: Sequence[UUID] | None = None) -> Preview:
    """Judge a fact of a member by the rules in force then, or by these versions alone (drafts as if in force)."""
    root = await members.root_of(member)
    fact = _fact(root, tried)
    given = await (_named(version_ids, fact, tried) if version_ids is not None else _in_force(fact, tried))
    group = Group(fact, root, [version for version, _ in given])
    group.refused = {version.id: [reason] for version, reason in given if reason is not None}
    wallets = {wallet for version in group.matching for wallet in version.wallets}
    barred = wallets and await enrolments.outside([root], wallets, fact.occurred_at)
    await judging.look(group, _WORLD, is_barred=bool(barred))
    keyed = {v.id: decisions.keyed(v, root, fact) for v in group.versions}
    counters = await decisions.read_counters({key for each in keyed.values() for _, key in each})
    found = rules.verdicts(
        group.versions, fact, group.basket, refused=group.refused,
        caps=lambda v: [(cap, counters[key]) for cap, key in keyed[v.id]], is_suspicious=group.suspicious,
    )  # fmt: skip
    awards, judged = [], []
    for version in sorted(group.versions, key=lambda v: (-v.priority, v.rule)):
        verdict = found[version.id]
        gate = await judging.gate_of(version, verdict, fact, _WORLD)
        own = await _awards(version, verdict, fact, gate)
        awards += own
        judged.append(
            Judged(
                version.rule, version.id, version.code, root, verdict.outcome, verdict.desired, verdict.granted,
                verdict.reasons, None, verdict.lines(), award_terms.breakdown(version, verdict), None,
                any(award.is_pending for award in own),
            )
        )  # fmt: skip
    scheme = await tiers.find(None)
    return Preview(awards, judged, scheme, await _tier_after(root, scheme, awards, fact.occurred_at))


async def _tier_after(root: UUID, scheme: Known | None, awards: list[Award], at: datetime) -> str | None:
    """How the member would stand; what is pending counts where earning counts, not where the balance does."""
    if scheme is None:
        return None
    by_balance = scheme.now.basis == "BALANCE"
    moved = [
        Moved(at, at, award.points)
        for award in awards
        if award.wallet.code == scheme.wallet and not (award.is_pending and by_balance)
    ]
    _, after = await standings.with_more(root, scheme, moved, max(at, clock.now()))
    return after.tier


def _fact(root: UUID, tried: Tried) -> Fact:
    now = clock.now()
    bought = baskets.written(tried.basket) if tried.basket else {}
    return Fact(
        id=ids.new(), message_id="", member=root, root=root, kind=tried.kinds[0], class_="CAUSED",
        occurred_at=tried.occurred_at or now, received_at=now, touchpoint=tried.touchpoint, source=None,
        actor_kind="MEMBER", actor_id=root, subject_kind=None, subject_id=None, session_key=None, context={},
        properties={**tried.properties, **bought}, compensates=None, depth=0, flags=frozenset(),
    )  # fmt: skip


async def _in_force(fact: Fact, tried: Tried) -> list[tuple[Version, Reason | None]]:
    found: dict[UUID, tuple[Version, Reason | None]] = {}
    for kind in tried.kinds:
        for version in await earning.in_force(kind, fact.occurred_at, fact.received_at):
            found[version.id] = (version, None)
        for version, reason in await earning.not_in_force(kind, fact.occurred_at, fact.received_at):
            found.setdefault(version.id, (version, reason))
    return [(v, reason) for v, reason in found.values() if v.beneficiary is None]


async def _named(
    version_ids: Sequence[UUID], fact: Fact, tried: Tried
) -> list[tuple[Version, Reason | None]]:
    """These versions; a published one counts in its time only."""
    rows = await db.fetch(
        """SELECT v.id, v.rule, r.code, v.priority, v.definition, v.effective_from, v.effective_to, v.state
        FROM points.earn_rule_version AS v JOIN points.earn_rule AS r ON r.id = v.rule WHERE v.id = ANY($1)""",
        list(version_ids),
    )
    if len({row["rule"] for row in rows}) < len(set(version_ids)):
        raise BadInput("Name versions that there are, one of each rule.")
    found: list[tuple[Version, Reason | None]] = []
    for row in rows:
        version = Version.of(row)
        reason: Reason | None = None
        if not version.kinds & set(tried.kinds):
            reason = {"code": "OTHER_KIND", "required": sorted(version.kinds)}
        elif row["state"] not in (RuleState.DRAFT, RuleState.IN_REVIEW):
            reason = earning.out_of_force(row["effective_from"], row["effective_to"], fact.occurred_at)
        found.append((version, reason))
    return found


async def _awards(version: Version, verdict: rules.Verdict, fact: Fact, gate: str | None) -> list[Award]:
    found = []
    for code, points in verdict.granted.items():
        wallet = await books.wallet(code)
        assert wallet is not None
        at = award_terms.terms(version, wallet, fact.occurred_at, gate).get("activates_at")
        waits = gate in (HELD, WAITING) or (at is not None and at > clock.now())
        parts = [part for part in award_terms.breakdown(version, verdict) if part["wallet"] == code]
        found.append(Award(wallet, points, waits and wallet.has_lots and points > 0, parts))
    return found
