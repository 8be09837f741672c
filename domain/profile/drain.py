"""The drain: takes pending interactions in received order and lets every area react, exactly once.

Rows are worked off per root, one transaction a root, under the advisory lock of the root's shard. A row's reactions
and the removal of its pending row commit together. A failing row blocks only its own root; after five tries it is set
aside as a dead letter. Roots whose rows concern no reaction are only counted, many in one transaction.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog

from domain import clock, db
from domain.foundation import ids
from domain.profile import aggregates
from domain.profile.interactions import Fact

log = structlog.get_logger()

FETCHED = 500
#: So many roots that are only counted share a transaction.
COUNTED_TOGETHER = 100
PER_TRANSACTION = 50
TRIES = 5
BACKOFF = timedelta(seconds=2)
#: A row that waits for longer is an alarm.
OVERDUE = timedelta(seconds=60)
LOCK_CLASS = 7_201


@dataclass(frozen=True)
class Reaction:
    """An area's ear: ``wants`` tells cheaply whether a kind concerns it, ``react`` runs in the drain's transaction.

    ``prepare`` is awaited once per pass, before any transaction (to read which kinds rules name). ``skips`` tells,
    also without a statement, that ``react`` would do nothing for a fact that compensates none.
    """

    name: str
    react: Callable[[Fact], Awaitable[None]]
    wants: Callable[[str], bool]
    prepare: Callable[[], Awaitable[None]] | None = None
    skips: Callable[[Fact], bool] | None = None

    def concerns(self, fact: Fact) -> bool:
        """Whether ``react`` may do something for a fact."""
        return self.wants(fact.kind) and (self.skips is None or not self.skips(fact))


_COLUMNS = """i.id, i.message_id, i.member, m.root, i.kind, i.class, i.occurred_at, i.received_at, i.touchpoint,
    i.source, i.actor_kind, i.actor_id, i.subject_kind, i.subject_id, i.session_key, i.context, i.properties,
    i.compensates, i.depth, p.flags, p.shard, p.tries"""
_FROM = """{pending} AS p JOIN profile.interaction AS i ON i.id = p.interaction AND i.received_at = p.received_at
    LEFT JOIN profile.member AS m ON m.id = i.member"""


_HOLD = """
WITH lock AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock($1, profile.shard($2)::int) AS is_held,
        set_config('synchronous_commit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)
), held AS (
    SELECT m.id FROM lock JOIN profile.member AS m ON lock.is_held AND m.id = $2 FOR NO KEY UPDATE OF m
)
SELECT is_held FROM lock LEFT JOIN held ON true
"""

_HOLD_MANY = """
WITH shards AS MATERIALIZED (
    SELECT s FROM (SELECT DISTINCT profile.shard(r)::int AS s FROM unnest($2::uuid[]) AS r ORDER BY 1 OFFSET 0) AS wanted
    WHERE pg_try_advisory_xact_lock($1, s)
)
SELECT m.id FROM profile.member AS m JOIN shards ON shards.s = profile.shard(m.id)
WHERE m.id = ANY($2) AND m.root = m.id ORDER BY m.id FOR NO KEY UPDATE OF m SKIP LOCKED
"""

_WAITING = """
SELECT DISTINCT m.root FROM profile.member AS m JOIN profile.pending AS p ON p.member = m.id
WHERE m.root = ANY($1) AND p.next_try_at > $2
"""


async def drain(reactions: Sequence[Reaction], *, limit: int = FETCHED, at_once: int = 1) -> int:
    """One pass over the oldest pending rows; answers how many were worked off.

    ``at_once`` roots of different shards are worked off at the same time, each on a connection of its own. Several
    workers may run it at once. 0 means: nothing is due, or others hold the shards.
    """
    for reaction in reactions:
        if reaction.prepare is not None:
            await reaction.prepare()
    rows = await db.fetch(
        f"""SELECT {_COLUMNS}, profile.shard(m.root) AS root_shard
        FROM {_FROM.format(pending="profile.oldest_pending($1, $2)")} ORDER BY p.received_at, p.interaction""",
        clock.now(), limit,
    )  # fmt: skip
    counted: list[_Root] = []
    by_shard: dict[int, list[_Root]] = {}
    for root in _by_root(rows):
        if root.id is not None and not any(_concerns(fact, reactions) for fact in root.facts):
            counted.append(root)
        else:
            by_shard.setdefault(root.shard, []).append(root)
    done = 0
    for start in range(0, len(counted), COUNTED_TOGETHER):
        done += await _count(counted[start : start + COUNTED_TOGETHER])
    return done + await _each_shard(list(by_shard.values()), reactions, at_once)


@dataclass
class _Root:
    """The rows of a root that a pass found; a row without a member belongs to nobody's order and stands alone."""

    id: UUID | None
    shard: int
    facts: list[Fact] = field(default_factory=list)


def _by_root(rows: Sequence[db.Row]) -> list[_Root]:
    found: dict[UUID, _Root] = {}
    for row in rows:
        root = found.setdefault(row["root"] or row["id"], _Root(row["root"], row["root_shard"]))
        root.facts.append(_fact(row))
    return list(found.values())


def _concerns(fact: Fact, reactions: Sequence[Reaction]) -> bool:
    return fact.compensates is not None or any(reaction.concerns(fact) for reaction in reactions)


async def _each_shard(shards: list[list[_Root]], reactions: Sequence[Reaction], at_once: int) -> int:
    """Root after root of each shard; what waits longest first."""

    async def work() -> int:
        done = 0
        while shards:
            for root in shards.pop(0):
                done += await _work_off(root.id, [fact.id for fact in root.facts], reactions)
        return done

    if at_once == 1:
        return await work()
    found = await asyncio.gather(*(work() for _ in range(at_once)), return_exceptions=True)
    if failed := [each for each in found if isinstance(each, BaseException)]:
        raise failed[0]
    return sum(each for each in found if isinstance(each, int))


async def drain_all(reactions: Sequence[Reaction]) -> int:
    """Pass after pass until nothing due is left; for one process alone (tests, imports, the test clock)."""
    total = 0
    while done := await drain(reactions):
        total += done
    return total


async def _work_off(root: UUID | None, due: list[UUID], reactions: Sequence[Reaction]) -> int:
    """Optimistically all rows of a root at once; if one fails, again with a savepoint a row."""
    try:
        return await _pass(root, due, reactions, is_careful=False)
    except Exception as failure:
        if isinstance(failure, db.Unreachable):
            raise
        return await _pass(root, due, reactions, is_careful=True)


async def _count(roots: Sequence[_Root]) -> int:
    """Count the rows of roots that nothing reacts to; if one stops the others, root by root.

    A root that somebody holds, or whose rows must wait, is left to a later pass.
    """
    try:
        async with db.transaction():
            await db.run("SET LOCAL synchronous_commit = off")
            rows = await db.fetch(_HOLD_MANY, LOCK_CLASS, [root.id for root in roots])
            held = [row["id"] for row in rows]
            waiting = await db.fetch(_WAITING, held, clock.now())
            mine = set(held).difference(row["root"] for row in waiting)
            facts = [fact for root in roots if root.id in mine for fact in root.facts]
            return await aggregates.take(facts) if facts else 0
    except Exception as failure:
        if isinstance(failure, db.Unreachable):
            raise
    return sum([await _work_off(root.id, [fact.id for fact in root.facts], ()) for root in roots])


async def _pass(
    root: UUID | None, due: list[UUID], reactions: Sequence[Reaction], *, is_careful: bool
) -> int:
    async with db.transaction():
        # A lost commit is simply drained again; planning would cost more than the statements. A merge of this root waits, and we wait for one that runs.
        if not await db.value(_HOLD, LOCK_CLASS, root):
            return 0
        facts = await _facts(root, due[:PER_TRANSACTION])
        return await (_one_by_one if is_careful else _together)(facts, reactions)


async def _facts(root: UUID | None, due: list[UUID]) -> list[Fact]:
    """The rows that are still pending and still this root's, in received order, up to the first that must wait."""
    rows = await db.fetch(
        f"""SELECT {_COLUMNS}, p.next_try_at > $2 AS is_waiting, (
            SELECT min(w.received_at) FROM profile.member AS o JOIN profile.pending AS w ON w.member = o.id
            WHERE o.root = $3 AND w.next_try_at > $2) AS blocked_from
        FROM {_FROM.format(pending="profile.pending")} WHERE p.interaction = ANY($1) ORDER BY p.received_at, p.interaction""",
        due, clock.now(), root,
    )  # fmt: skip
    facts: list[Fact] = []
    for row in rows:
        is_blocked = row["blocked_from"] is not None and row["received_at"] >= row["blocked_from"]
        if row["root"] != root or row["is_waiting"] or is_blocked:
            break  # merged meanwhile, or a row before it has to be tried again first
        facts.append(_fact(row))
    return facts


def _fact(row: db.Row) -> Fact:
    return Fact(
        **{name: row[name] for name in Fact.__dataclass_fields__ if name not in ("class_", "flags")},
        class_=row["class"],
        flags=frozenset(row["flags"]),
    )


async def _together(facts: list[Fact], reactions: Sequence[Reaction]) -> int:
    # Off the outbox first: a recount of what a compensation touches counts what is no longer pending.
    await aggregates.take(facts)
    await _apply(facts, reactions)
    return len(facts)


async def _one_by_one(facts: list[Fact], reactions: Sequence[Reaction]) -> int:
    done = 0
    for fact in facts:
        try:
            async with db.savepoint():
                await _together([fact], reactions)
            done += 1
        except Exception as failure:
            if isinstance(failure, db.Unreachable):
                raise
            if not await _note_failure(fact, failure):
                break
            done += 1
    return done


async def _apply(facts: list[Fact], reactions: Sequence[Reaction]) -> None:
    for fact in facts:
        for reaction in reactions:
            if reaction.wants(fact.kind):
                await reaction.react(fact)


async def _note_failure(fact: Fact, failure: Exception) -> bool:
    """Count the try; answers True when the row was set aside and its root may go on."""
    error = f"{type(failure).__name__}: {failure}"[:500]
    tries = await db.value(
        "UPDATE profile.pending SET tries = tries + 1, last_error = $2, next_try_at = $3::timestamptz + $4::interval * power(4, tries) "
        "WHERE interaction = $1 RETURNING tries",
        fact.id, error, clock.now(), BACKOFF,
    )  # fmt: skip
    log.warning("interaction failed", interaction=str(fact.id), kind=fact.kind, tries=tries, error=error)
    if tries < TRIES:
        return False
    await db.run(
        """INSERT INTO profile.dead_letter (id, source, message_id, body_hash, body, reason, path, received_at)
        VALUES ($1, NULL, $2, $3, $4, 'processing_failed', $5, $6) ON CONFLICT DO NOTHING""",
        ids.new(), str(fact.id), hashlib.sha256(str(fact.id).encode()).hexdigest(),
        {"interaction": str(fact.id), "kind": fact.kind}, error, clock.now(),
    )  # fmt: skip
    await db.run("DELETE FROM profile.pending WHERE interaction = $1", fact.id)
    return True


@dataclass(frozen=True)
class Lag:
    """How far the drain is behind."""

    pending: int
    oldest_seconds: int
    overdue: int
    set_aside: int


async def lag() -> Lag:
    """Pending rows, the age of the oldest, how many wait for more than a minute, and how many were set aside."""
    row = await db.one(
        """SELECT (SELECT count(*) FROM profile.pending) AS pending,
        coalesce((SELECT extract(epoch FROM $1 - min(received_at)) FROM profile.pending), 0)::int AS oldest_seconds,
        (SELECT count(*) FROM profile.pending WHERE received_at < $1 - $2::interval) AS overdue,
        (SELECT count(*) FROM profile.dead_letter WHERE replayed_at IS NULL AND discarded_at IS NULL) AS set_aside""",
        clock.now(), OVERDUE,
    )  # fmt: skip
    assert row is not None
    return Lag(**row)
