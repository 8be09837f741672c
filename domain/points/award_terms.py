"""What is told about an award, and when it becomes available and ends. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.points import arithmetic, periods
from domain.points.book import Wallet
from domain.points.decisions import HELD, WAITING
from domain.points.definitions import Version
from domain.points.rules import Verdict


def shown(version: Version, verdict: Verdict) -> dict[str, Any]:
    """What is told about an award beside its amounts: the facts of its journal, in minor units."""
    return {"desired": verdict.desired, "breakdown": breakdown(version, verdict)}


def breakdown(version: Version, verdict: Verdict) -> list[dict[str, Any]]:
    """What each effect gave, what multipliers added, and what cut the whole of it."""
    is_cut = verdict.granted != verdict.desired
    cut_by = next((reason["code"] for reason in verdict.reasons), None) if is_cut else None
    return [
        {
            "rule": version.code,
            "wallet": part.wallet,
            "points": arithmetic.text(part.points),
            "bonus": arithmetic.text(part.bonus),
            "multiplier": arithmetic.text((part.points + part.bonus) / part.points) if part.bonus else None,
            "cut_by": cut_by,
        }
        for part in (verdict.claim.parts if verdict.claim else ())
        if part.points
    ]


def terms(version: Version, wallet: Wallet, at: datetime, gate: str | None) -> dict[str, Any]:
    """When an award becomes available and expires: by the rule, else by the wallet's policy."""
    found: dict[str, Any] = {"funding_source": version.funding_source, "expiry": version.expiry}
    if gate in (HELD, WAITING):
        found["waits"] = True
        if gate == WAITING and version.cancel_after:
            found["cancel_at"] = periods.end(at, version.zone, version.cancel_after)
    elif gate is None and version.pending:
        found["activates_at"] = periods.pending_of(version.pending, at, version.zone)
    elif gate is None:
        found["activates_at"] = periods.pending_of(wallet.pending, at, wallet.zone)
    return found
