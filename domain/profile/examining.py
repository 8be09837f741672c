"""The invariants of the profile as checks, each with what to do: for `marque doctor profile` and every night."""

from __future__ import annotations

import structlog

from domain.access import audit
from domain.foundation.doctor import Check
from domain.profile import aggregates, drain, health, rebuilding

log = structlog.get_logger()

#: So many people are rebuilt and compared every night.
NIGHTLY = 200
_SHOWN = 3


async def checks(sample: int = 0) -> list[Check]:
    """Every invariant over all rows; with a sample, so many people are rebuilt from their history and compared."""
    drift, named, chain = await aggregates.drift(), await health.still_named(), await audit.verify()
    return [
        *await _cheap(sample),
        Check(
            "P3 counts", drift == 0, f"{drift} totals differ from the log",
            "Facts were changed past the drain: compare with a backup.",
        ),
        Check(
            "P8 identities", named == 0, f"{named} identities of people who left",
            "Detach them (detachIdentity): the hash of each is in profile.suppression.",
        ),
        Check(
            "audit log", chain.is_ok, "the chain is whole" if chain.is_ok else "the chain is broken",
            "Compare the audit log with a backup: a line was changed, added or taken away.",
        ),
    ]  # fmt: skip


async def nightly() -> bool:
    """What can be checked without reading the whole log, with a sample of people; answers whether all is well.

    What does not hold is logged as an error.
    """
    wrong = [check for check in await _cheap(NIGHTLY) if not check.is_ok]
    for check in wrong:
        log.error("an invariant of the profile does not hold", check=check.name, found=check.found)
    return not wrong


async def _cheap(sample: int) -> list[Check]:
    lag, broken = await drain.lag(), await health.broken_roots()
    left, proofs = await health.erased_left(), await health.erasure_findings()
    listed = [
        Check(
            "P1 roots", broken == 0, f"{broken} members whose root is no root",
            "Look at their merges: one was changed past mergeMembers and undoMerge.",
        ),
        Check(
            "P8 erased", left + proofs == 0,
            f"{left} rows say something of people who left, {proofs} proofs have findings",
            "Read the erasureReport of these people, and take out what is named there.",
        ),
        Check(
            "P10 outbox", lag.overdue == 0, f"{lag.pending} wait, {lag.overdue} for more than a minute",
            "Start a worker (marque up runs one), or look into its log.",
        ),
    ]  # fmt: skip
    return [*listed, await _rebuilt(sample)] if sample else listed


async def _rebuilt(sample: int) -> Check:
    people, drift = await rebuilding.sample(sample)
    shown = "; ".join(f"{each.what}: {each.kept} is kept, {each.rebuilt} is right" for each in drift[:_SHOWN])
    return Check(
        "P3 rebuild", not drift, f"{people} people rebuilt, {len(drift)} rows differ{': ' if drift else ''}{shown}",
        "Facts were changed past the drain; compare these people with a backup.",
    )  # fmt: skip
