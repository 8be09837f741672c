"""Leaving for good: every area erases its part, counts and ledgers stay under a tombstone, and a scan proves it.

Three steps, each safe to be killed: the wish (with seven days of grace when it is the member's own), the erasure in
one transaction, and the proof, page by page. Between the last two the identities' values stand encrypted, because
only they tell what to look for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from domain import clock, db
from domain.access import approvals, audit, step_up
from domain.access.approvals import Approval
from domain.actor import SYSTEM, Actor
from domain.errors import IllegalTransition, InvalidInput, NotFound
from domain.foundation import ids, lifecycle, sealing
from domain.foundation.sweeps import Sweep
from domain.profile import identities, interactions, kinds, members, proof, resolution, suppression
from domain.profile.errors import ErasureRunning
from domain.profile.identities import Named

log = structlog.get_logger()

GRACE = timedelta(days=7)
RETRY = timedelta(minutes=5)
SECONDS = 5.0
ERASE_MEMBER = "profile.member.erase"
_PURPOSE = "profile.erasure"

#: Why rows are kept, by the start of their table's name; the brand's counsel may want other words.
KEPT_BECAUSE = {
    "points.": "Accounting records: the ledger's sums must stay; they name no person any more.",
    "services.": "The store's record of work done, kept for warranty and recalls.",
    "events.": "That a place was taken and paid for.",
    "capacity.": "Counters are the sums of these rows; they hold ids only.",
    "": "Counts and statistics; the rows hold ids only.",
}


@dataclass(frozen=True)
class Report:
    """What an erasure did: rows per table, and the proof once it is done."""

    tables: list[tuple[str, int, int, int, str | None]]
    proof: dict[str, Any] | None


async def request(actor: Actor, code: str | None, *, attempt: str | None = None) -> UUID:
    """Ask to be forgotten in seven days; proved by a step-up code, or by a proof that this session has just given.

    Refuses WrongCode (counted), CodeExpired, StepUpRequired and ErasureRunning. Answers the erasure.
    """
    async with db.transaction():
        root = await members.must_be_active(actor)
        if code is None:
            await step_up.require(actor, "ERASURE")
        else:
            await step_up.prove_with_code(actor, code, attempt=attempt)
        return await _open(actor, root, clock.now() + GRACE, None)


async def cancel(actor: Actor) -> UUID:
    """Take one's own wish back while the grace lasts; NOT_FOUND when there is none."""
    async with db.transaction():
        root = await members.must_be_active(actor)
        await members.lock(root)
        found = await db.value(
            """UPDATE profile.erasure SET state = 'CANCELLED', cancelled_at = $2 WHERE state = 'REQUESTED'
            AND actor_kind = 'MEMBER' AND member IN (SELECT id FROM profile.member WHERE root = $1) RETURNING id""",
            root, clock.now(),
        )  # fmt: skip
        if found is None:
            raise NotFound("There is nothing to cancel.")
        await interactions.record(actor, kinds.ERASURE_CANCELLED, ("ERASURE", found), once=found, member=root)
    return found


async def of_member(actor: Actor, member: UUID, reason: str) -> UUID | Approval:
    """Staff erase a member, without grace, once a second person has signed; answers the erasure or the approval."""
    actor.must_have("operator", "admin")
    if not reason.strip():
        raise InvalidInput.at("reason", "Say why.")
    async with db.transaction():
        root = await members.root_of(member)
        asked = await approvals.ask(
            actor, ERASE_MEMBER, {"member": str(member), "reason": reason}, effects={"member": str(root)}
        )
        if asked is not None:
            return asked
        made = await _open(actor, root, clock.now(), reason)
        await audit.append(
            actor,
            "profile.erasure.requested",
            "member",
            root,
            facts={"erasure": made},
            text={"reason": reason},
        )
    return made


async def _run_command(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    made = await of_member(actor, UUID(given["member"]), given["reason"])
    return {"erasure": str(made)}


COMMAND = approvals.Command(ERASE_MEMBER, _run_command, frozenset({"operator", "admin"}))


async def by_ids(erasure_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Erasures with the root they concern."""
    rows = await db.fetch(
        """SELECT e.*, m.root FROM profile.erasure AS e JOIN profile.member AS m ON m.id = e.member
        WHERE e.id = ANY($1)""",
        list(erasure_ids),
    )
    return {row["id"]: row for row in rows}


def report_of(row: db.Row) -> Report:
    """What an erasure did, table by table."""
    tables = [
        (name, *counts, _because(name) if counts[2] else None)
        for name, counts in sorted(row["report"].get("tables", {}).items())
    ]
    return Report([(n, d, a, k, why) for n, d, a, k, why in tables], row["report"].get("proof"))


async def work_off() -> int:
    """Erase who is due, and go on with the proofs; answers how many steps were taken."""
    done = 0
    for row in await db.fetch(
        "SELECT id FROM profile.erasure WHERE state = 'REQUESTED' AND due_at <= $1 ORDER BY due_at LIMIT 10",
        clock.now(),
    ):
        done += await _try(row["id"])
    for row in await db.fetch(
        "SELECT id FROM profile.erasure WHERE state = 'ERASED' ORDER BY erased_at LIMIT 1"
    ):
        done += await _prove(row["id"])
    return done


async def next_due() -> datetime | None:
    """When the next erasure or step of a proof is due."""
    return await db.value(
        "SELECT min(CASE state WHEN 'ERASED' THEN erased_at ELSE due_at END) FROM profile.erasure "
        "WHERE state IN ('REQUESTED', 'ERASED')"
    )


SWEEP = Sweep("profile.erasures", work_off, next_due)


async def _open(actor: Actor, root: UUID, due_at: datetime, reason: str | None) -> UUID:
    await members.lock(root)
    status = await db.value("SELECT status FROM profile.member WHERE id = $1", root)
    if status == "ERASED":
        raise IllegalTransition("ERASED", "ERASED", [])
    running = await db.one(
        """SELECT id, due_at FROM profile.erasure WHERE state IN ('REQUESTED', 'ERASED')
        AND member IN (SELECT id FROM profile.member WHERE root = $1)""",
        root,
    )
    if running is not None:
        raise ErasureRunning(running["id"], running["due_at"])
    made = ids.new()
    await db.run(
        """INSERT INTO profile.erasure (id, member, state, actor_kind, actor, reason, requested_at, due_at, report)
        VALUES ($1, $2, 'REQUESTED', $3, $4, $5, $6, $7, '{}')""",
        made, root, actor.kind.value, actor.id, reason, clock.now(), due_at,
    )  # fmt: skip
    await interactions.record(
        actor, kinds.ERASURE_REQUESTED, ("ERASURE", made), once=made, member=root, due_at=due_at
    )
    return made


async def _try(erasure: UUID) -> int:
    """Erase one person; whom an area cannot erase now waits a while and keeps nobody else waiting."""
    try:
        return await db.attempt(partial(_erase, erasure))
    except Exception as failure:
        if isinstance(failure, db.Unreachable):
            raise
        log.exception("an erasure failed", erasure=str(erasure))
        await db.run(
            "UPDATE profile.erasure SET due_at = $2 WHERE id = $1 AND state = 'REQUESTED'",
            erasure, clock.now() + RETRY,
        )  # fmt: skip
        return 0


async def _erase(erasure: UUID) -> int:
    """One transaction: identities' locks, the root, then every area from top to bottom."""
    async with db.transaction():
        member = await db.value("SELECT member FROM profile.erasure WHERE id = $1", erasure)
        root = await members.root_of(member)
        await resolution.lock(await _named(root))
        await _lock(root)
        if not await db.value(
            "SELECT state = 'REQUESTED' AND due_at <= $2 FROM profile.erasure WHERE id = $1 FOR UPDATE",
            erasure, clock.now(),
        ):  # fmt: skip
            return 0
        of_root = await members.ids_of(root)
        keys = [(n.type, n.value) for n in await _named(root)]
        tables: dict[str, tuple[int, int, int]] = {}
        for area in lifecycle.areas:
            for name, counts in (await area.erase(of_root)).items():
                tables[name] = counts
        for name, gone in (await _strays(of_root, keys)).items():
            tables[name] = (gone, 0, 0)
        tables["profile.suppression"] = (0, 0, await suppression.add(keys, "ERASED"))
        await db.run(
            """UPDATE profile.erasure SET state = 'ERASED', erased_at = $2, sealed = $3, progress = $4, report = $5
            WHERE id = $1""",
            erasure, clock.now(), sealing.seal(_PURPOSE, keys), {"pass": 1}, {"tables": tables},
        )  # fmt: skip
        await interactions.record(SYSTEM, kinds.MEMBER_LEFT, ("MEMBER", root), once=erasure, member=root)
        await audit.append(SYSTEM, "profile.member.erased", "member", root, facts={"erasure": erasure})
        return 1


async def _lock(root: UUID) -> None:
    """Lock a root out for whoever writes about it: rows that refer to it are waited for, so that none is missed.

    The one place that locks a member FOR UPDATE: foreign keys, and reports, take KEY SHARE.
    """
    await members.lock(root)
    await db.run("SELECT FROM profile.member WHERE root = $1 ORDER BY id FOR UPDATE", root)


async def _prove(erasure: UUID) -> int:
    """Some seconds of the two passes; the first cleans, the second only looks and is the proof."""
    async with db.transaction():
        row = await db.one(
            "SELECT * FROM profile.erasure WHERE id = $1 AND state = 'ERASED' FOR UPDATE SKIP LOCKED", erasure
        )
        if row is None:
            return 0
        keys = [(type_, value) for type_, value in sealing.unseal(_PURPOSE, row["sealed"])]
        wanted = proof.patterns(keys, await _others(keys))
        progress = row["progress"]
        is_cleaning = progress["pass"] == 1
        if wanted.plain is not None:
            left = await proof.scan(wanted, progress, seconds=SECONDS, is_cleaning=is_cleaning)
            if left is None and is_cleaning:
                await _erase_what_came_late(row["member"])
            if left is not None or is_cleaning:
                await _note(erasure, left or {"pass": 2})
                return 1
        await _finish(row, keys, wanted, progress)
        return 1


async def _erase_what_came_late(member: UUID) -> None:
    """A report that was on its way while the person was erased may have been stored since."""
    (root,) = await members.lock(member)
    of_root = await members.ids_of(root)
    for area in lifecycle.areas:
        await area.erase(of_root)


async def _note(erasure: UUID, progress: dict[str, Any]) -> None:
    await db.run("UPDATE profile.erasure SET progress = $2 WHERE id = $1", erasure, progress)


async def _finish(
    row: db.Row, keys: Sequence[tuple[str, str]], wanted: proof.Patterns, seen: dict[str, Any]
) -> None:
    findings = [{"column": name, "rows": rows} for name, rows in sorted(seen.get("hits", {}).items())]
    left = await db.value(
        """SELECT count(*) FROM profile.identity AS i JOIN unnest($1::text[], $2::text[]) AS n(type, value)
        ON i.type = n.type AND i.value_norm = n.value JOIN profile.member AS m ON m.id = i.member WHERE m.root = $3""",
        [type_ for type_, _ in keys], [value for _, value in keys], await members.root_of(row["member"]),
    )  # fmt: skip
    if left:
        findings.append({"column": "profile.identity.value_norm", "rows": left})
    done = {
        "values": len(keys),
        "vague": wanted.vague,
        "columns": seen.get("columns", 0),
        "rows": seen.get("rows", 0),
        "findings": findings,
    }
    await db.run(
        """UPDATE profile.erasure SET state = 'DONE', finished_at = $2, sealed = NULL, progress = NULL, report = $3
        WHERE id = $1""",
        row["id"], clock.now(), {**row["report"], "proof": done},
    )  # fmt: skip


async def _named(root: UUID) -> list[Named]:
    known = await identities.rules()
    found = []
    for row in await identities.of_root(root):
        kind = known.type_of(row["type"])
        found.append(Named(kind.priority if kind else 99, row["type"], row["value_norm"]))
    return found


async def _others(keys: Sequence[tuple[str, str]]) -> frozenset[str]:
    """Values that somebody else is known by as well: they cannot be taken out of that person's data."""
    rows = await db.fetch(
        "SELECT DISTINCT value_norm FROM profile.identity WHERE value_norm = ANY($1)",
        [value for _, value in keys],
    )
    return frozenset(row["value_norm"] for row in rows)


async def _strays(of_root: list[UUID], keys: Sequence[tuple[str, str]]) -> dict[str, int]:
    """What no area owns: recorded sends to the person, and kept outcomes of the person's calls."""
    return {
        "foundation.recorded_send": await db.run(
            "DELETE FROM foundation.recorded_send WHERE recipient = ANY($1)", [value for _, value in keys]
        ),
        "foundation.idempotency_key": await db.run(
            "DELETE FROM foundation.idempotency_key WHERE actor = ANY($1)",
            [f"MEMBER:{member}" for member in of_root],
        ),
    }


def _because(table: str) -> str:
    return next(why for start, why in KEPT_BECAUSE.items() if table.startswith(start))
