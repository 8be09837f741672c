"""What is decided about earning without looking anywhere: what the rules in force give for one fact, and why not more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.points import arithmetic, baskets, capping, matching
from domain.points.amounts import MOST
from domain.points.arithmetic import Claim
from domain.points.baskets import Basket
from domain.points.capping import Counted
from domain.points.definitions import Version
from domain.points.matching import Reason, Seen
from domain.points.tables import RuleState
from domain.profile.interactions import Fact

DEEPEST = 3  # how many rules may feed one another through points.* interactions

#: The life of a rule version; a published one is never edited.
EDGES: dict[str, frozenset[str]] = {
    RuleState.DRAFT: frozenset({RuleState.IN_REVIEW}),
    RuleState.IN_REVIEW: frozenset({RuleState.DRAFT, RuleState.SCHEDULED}),
    RuleState.SCHEDULED: frozenset({RuleState.DRAFT, RuleState.ACTIVE}),
    RuleState.ACTIVE: frozenset({RuleState.RETIRED}),
    RuleState.RETIRED: frozenset(),
}


@dataclass
class Verdict:
    """What a rule grants a fact (signed minor units by wallet), and why not what it gives.

    ``lines`` weighs what each line of the basket earned, by wallet. ``is_counted``: the counters of its caps know it.
    ``is_multiplying``: it grants nothing of its own, its multipliers raised what others grant.
    """

    desired: dict[str, int] = field(default_factory=dict)
    granted: dict[str, int] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=list)
    claim: Claim | None = None
    is_counted: bool = False
    is_held: bool = False
    is_multiplying: bool = False

    @property
    def outcome(self) -> str:
        if self.is_multiplying or (self.granted and self.granted == self.desired):
            return "AWARDED"
        return "CUT" if self.granted else "REFUSED"

    @property
    def multipliers(self) -> list[dict[str, Any]]:
        return self.claim.multipliers if self.claim else []

    def lines(self) -> dict[str, list[int]]:
        """What of the granted amounts each line of the basket earned; it adds up."""
        if self.claim is None:
            return {}
        weights = {wallet: self.claim.lines(wallet) for wallet in self.granted}
        sign = {wallet: 1 if points >= 0 else -1 for wallet, points in self.granted.items()}
        return {
            wallet: baskets.shared(
                self.granted[wallet], [max(Fraction(0), each * sign[wallet]) for each in of_lines]
            )
            for wallet, of_lines in weights.items()
            if of_lines
        }


def means(version: Version, fact: Fact) -> bool:
    """Whether the rule listens to the fact; ``points.*`` facts only up to a depth."""
    return fact.kind in version.kinds and not (fact.kind.startswith("points.") and fact.depth > DEEPEST)


def matched(version: Version, fact: Fact, basket: Basket | None, seen: Seen) -> list[Reason]:
    """Why the rule is not about this fact, by its condition and hours; empty when it is."""
    reasons = matching.unmet(version.condition, fact, basket, seen)
    if not is_open(version, fact.occurred_at):
        reasons.append({"code": "OUTSIDE_HOURS", "hours": list(version.hours)})
    return reasons


def is_open(version: Version, at: datetime) -> bool:
    """Whether a moment is within the rule's hours, in its zone; hours over midnight belong to the day they begin."""
    if not version.hours:
        return True
    local = at.astimezone(ZoneInfo(version.zone))
    return any(_is_within(span, local) for span in version.hours)


def verdicts(
    versions: Sequence[Version],
    fact: Fact,
    basket: Basket | None,
    *,
    refused: Mapping[UUID, list[Reason]],
    caps: Callable[[Version], Counted],
    is_suspicious: Callable[[Version], Reason | None] = lambda version: None,
) -> dict[UUID, Verdict]:
    """What each version grants the fact, all of them together; ``refused`` says which do not match it, and why.

    ``caps`` answers the counters of a version, which are moved on; ``is_suspicious`` tells why an award has to wait for
    an operator. Versions are looked at by priority, then by the rule's id.
    """
    ordered = sorted(versions, key=lambda v: (-v.priority, v.rule))
    found = {v.id: Verdict(reasons=list(refused.get(v.id, ()))) for v in ordered}
    there = [v for v in ordered if not found[v.id].reasons]
    multiplying = [v for v in there if v.multipliers and _has_room(v, caps(v), found[v.id])]
    standing = _standing([v for v in there if v.wallets], found)
    multiplying = [v for v in multiplying if not v.wallets or v in standing]
    claims = arithmetic.claims(standing, multiplying, fact, basket)
    for version in standing:
        _grant(version, found[version.id], claims[version.id], caps(version), is_suspicious)
    used = {each["rule"] for v in standing if found[v.id].granted for each in found[v.id].multipliers}
    for version in multiplying:
        if not version.wallets:
            _multiplied(found[version.id], version.code in used, caps(version))
    return found


def _standing(there: list[Version], found: dict[UUID, Verdict]) -> list[Version]:
    """All that match, or the first non-stackable one alone."""
    alone = next((v for v in there if not v.is_stackable), None)
    if alone is None:
        return there
    for version in there:
        if version is not alone:
            found[version.id].reasons.append({"code": "NOT_STACKABLE", "rule": alone.code})
    return [alone]


def _has_room(version: Version, caps: Counted, verdict: Verdict) -> bool:
    """A rule that only multiplies obeys its caps on times."""
    full = None if version.wallets else capping.is_full(caps)
    if full is not None:
        verdict.reasons.append(capping.reached(full))
    return full is None


def _grant(
    version: Version,
    verdict: Verdict,
    claim: Claim,
    caps: Counted,
    is_suspicious: Callable[[Version], Reason | None],
) -> None:
    verdict.claim, verdict.desired = claim, claim.desired
    given = sum(claim.desired.values())
    if not claim.desired:
        verdict.reasons.append({"code": "NOTHING_TO_EARN"})
    elif any(abs(points) > MOST for points in claim.desired.values()):
        verdict.reasons.append({"code": "TOO_LARGE"})
        verdict.desired = {}
    elif version.per_event_max is not None and given > version.per_event_max:
        verdict.reasons.append({"code": "PER_EVENT_MAX", "limit": version.per_event_max, "actual": given})
    else:
        verdict.granted = capping.under(caps, claim.desired, verdict.reasons)
        verdict.is_counted = bool(verdict.granted) or any(cap.mode == "NET" for cap, _ in caps)
        _hold(version, verdict, is_suspicious)


def _hold(version: Version, verdict: Verdict, is_suspicious: Callable[[Version], Reason | None]) -> None:
    """What looks too good waits for an operator."""
    given = sum(verdict.granted.values())
    if given <= 0:
        return
    reason = is_suspicious(version)
    if version.hold_above is not None and given > version.hold_above:
        reason = {"code": "HELD_FOR_REVIEW", "limit": version.hold_above, "actual": given}
    if reason is not None:
        verdict.is_held = True
        verdict.reasons.append(reason)


def _multiplied(verdict: Verdict, is_used: bool, caps: Counted) -> None:
    if not is_used:
        verdict.reasons.append({"code": "NOTHING_TO_EARN"})
        return
    verdict.is_multiplying = True
    verdict.is_counted = bool(caps)
    capping.count_once(caps)


def _is_within(span: dict[str, Any], local: datetime) -> bool:
    since, until = time.fromisoformat(span["from"]), time.fromisoformat(span["to"])
    days = span.get("days") or range(1, 8)
    clock, day = local.time(), local.isoweekday()
    if since < until:
        return since <= clock < until and day in days
    return (clock >= since and day in days) or (clock < until and (day - 2) % 7 + 1 in days)
