"""Taking places, moving them on, and giving them back.

Locks: the touched pools in order of their ids, then the hold. A pool changes by one conditional UPDATE; a hold changes
by a compare-and-set on its state. A refusal leaves the whole transaction to roll back: never go on after one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from domain import clock, db
from domain.capacity import pools, rules
from domain.capacity.errors import PoolFull
from domain.capacity.rules import FREED_BY_ANYBODY, Purpose, State, View
from domain.errors import IllegalTransition, NotFound
from domain.foundation import ids

_TAKE = """
UPDATE capacity.pool SET {counter} = {counter} + $2, closed_at = CASE
    WHEN {is_kept} AND closes_when_full AND taken + pending + $2 >= size THEN $4::timestamptz END
WHERE id = $1 AND closed_at IS NULL
    AND (size IS NULL OR taken + pending + held + CASE WHEN $3 THEN waiting ELSE 0 END + $2 <= size)
RETURNING closed_at IS NOT NULL AS is_closed_now
"""


async def take(
    places: Mapping[UUID, int],
    *,
    purpose: Purpose,
    subject: tuple[str, UUID],
    member: UUID | None = None,
    state: State = State.HELD,
    expires_at: datetime | None = None,
    view: View = View.PUBLIC,
    instead_of: Sequence[UUID] = (),
) -> UUID:
    """Take ``places`` (pool -> how many) in the caller's transaction, all or none; answers the hold.

    Holds that are over on these pools, and the caller's own holds ``instead_of``, are given back first. Raises
    PoolFull when one pool has not enough, or is closed.
    """
    await _free_first(places, instead_of)
    for pool_id in sorted(places):
        await _take_from(pool_id, places[pool_id], state, view)
    hold_id = ids.new()
    await db.run(
        """INSERT INTO capacity.hold (id, member, purpose, subject_kind, subject_id, state, held_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        hold_id, member, purpose, subject[0], subject[1], state, clock.now(), expires_at,
    )  # fmt: skip
    await db.run_many(
        "INSERT INTO capacity.hold_line (id, hold, pool, quantity) VALUES ($1, $2, $3, $4)",
        [(ids.new(), hold_id, pool_id, places[pool_id]) for pool_id in sorted(places)],
    )
    return hold_id


async def move(
    hold_id: UUID,
    to: State,
    *,
    purpose: Purpose | None = None,
    subject: tuple[str, UUID] | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Move a live hold on (HELD to PENDING or TAKEN, PENDING to TAKEN), perhaps into other hands.

    IllegalTransition for a hold that is not live any more.
    """
    assert to in rules.COUNTERS
    lines = await lock_pools_of([hold_id])
    sources = [state for state, targets in rules.EDGES.items() if to in targets]
    before = await db.value(
        """UPDATE capacity.hold AS h SET state = $2, expires_at = $3, purpose = coalesce($4, h.purpose),
            subject_kind = coalesce($5, h.subject_kind), subject_id = coalesce($6, h.subject_id)
        FROM (SELECT id, state FROM capacity.hold WHERE id = $1 FOR UPDATE) AS b
        WHERE h.id = b.id AND b.state = ANY($7) RETURNING b.state""",
        hold_id, to, expires_at, purpose, subject[0] if subject else None, subject[1] if subject else None, sources,
    )  # fmt: skip
    if before is None:
        await _refuse_move(hold_id, to)
    for pool_id, quantity in lines:
        await _shift(pool_id, quantity, State(before), to)


async def release(hold_id: UUID, to: State = State.RELEASED) -> bool:
    """Give all places of a hold back (``to`` EXPIRED when its time ran out); answers whether it still had any."""
    return bool(await release_all([hold_id], to))


async def release_all(hold_ids: Iterable[UUID], to: State = State.RELEASED) -> int:
    """Give back several holds at once, so that their pools are locked in order; answers how many had places."""
    hold_ids = list(hold_ids)
    await lock_pools_of(hold_ids)
    return await _free(hold_ids, to)


async def give_back(hold_id: UUID, quantity: int) -> None:
    """Give back ``quantity`` places of each of a hold's pools and keep the rest (a party becomes smaller)."""
    lines = await lock_pools_of([hold_id])
    state = await db.value("SELECT state FROM capacity.hold WHERE id = $1 FOR UPDATE", hold_id)
    if state is None or State(state) not in rules.COUNTERS:
        await _refuse_move(hold_id, State.RELEASED)
    for pool_id, held in lines:
        assert 0 < quantity < held, "the whole hold is released instead"
        await _shift(pool_id, quantity, State(state), None)
    await db.run("UPDATE capacity.hold_line SET quantity = quantity - $2 WHERE hold = $1", hold_id, quantity)


async def limit(hold_id: UUID, expires_at: datetime) -> None:
    """Give a live hold an end (its owner waits for a payment); whoever reads counts it as free from then on."""
    await db.run(
        "UPDATE capacity.hold SET expires_at = $2 WHERE id = $1 AND state IN ('HELD', 'PENDING')",
        hold_id, expires_at,
    )  # fmt: skip


async def lock_pools_of(hold_ids: Sequence[UUID], also: Iterable[UUID] = ()) -> list[tuple[UUID, int]]:
    """Lock the pools of these holds and ``also`` in order of ids; answers the holds' lines in that order."""
    rows = await db.fetch(
        "SELECT pool, quantity FROM capacity.hold_line WHERE hold = ANY($1) ORDER BY pool", list(hold_ids)
    )
    touched = {row["pool"] for row in rows}.union(also)
    await db.run(
        "SELECT FROM capacity.pool WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", sorted(touched)
    )
    return [(row["pool"], row["quantity"]) for row in rows]


async def lines_of(hold_id: UUID) -> dict[UUID, int]:
    """Pool -> how many places the hold has of it."""
    rows = await db.fetch("SELECT pool, quantity FROM capacity.hold_line WHERE hold = $1", hold_id)
    return {row["pool"]: row["quantity"] for row in rows}


async def by_id(hold_id: UUID) -> db.Row:
    """A hold's row, or NOT_FOUND."""
    row = await db.one("SELECT * FROM capacity.hold WHERE id = $1", hold_id)
    if row is None:
        raise NotFound()
    return row


async def over(pool_ids: Iterable[UUID] | None = None, *, limit: int = 500) -> list[UUID]:
    """Holds that are over and that anybody may end, of these pools or of all; read without locks."""
    rows = await db.fetch(
        """SELECT h.id FROM capacity.hold AS h
        WHERE h.state IN ('HELD', 'PENDING') AND h.expires_at <= $1 AND h.purpose = ANY($2)
        AND ($3::uuid[] IS NULL OR EXISTS (
            SELECT FROM capacity.hold_line AS l WHERE l.hold = h.id AND l.pool = ANY($3)))
        ORDER BY h.expires_at LIMIT $4""",
        clock.now(), list(FREED_BY_ANYBODY), None if pool_ids is None else list(pool_ids), limit,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def _free_first(places: Mapping[UUID, int], own: Sequence[UUID]) -> None:
    """End what is over on these pools, and the caller's own holds, after all touched pools are locked in order."""
    ended = await over(places)
    if not ended and not own:
        return
    await lock_pools_of([*ended, *own], also=places)
    await _free(ended, State.EXPIRED)
    await _free(own, State.RELEASED)


async def _free(hold_ids: Sequence[UUID], to: State) -> int:
    """The holds that are still live end, and their places go back; the pools are locked already."""
    sources = [state for state, targets in rules.EDGES.items() if to in targets]
    rows = await db.fetch(
        """WITH ended AS (
            UPDATE capacity.hold AS h SET state = $2 FROM (
                SELECT id, state FROM capacity.hold WHERE id = ANY($1) AND state = ANY($3) ORDER BY id FOR UPDATE
            ) AS b WHERE h.id = b.id RETURNING h.id, b.state
        ) SELECT e.id, e.state, l.pool, l.quantity FROM ended AS e JOIN capacity.hold_line AS l ON l.hold = e.id""",
        list(hold_ids), to, sources,
    )  # fmt: skip
    for row in sorted(rows, key=lambda row: row["pool"]):
        await _shift(row["pool"], row["quantity"], State(row["state"]), None)
    return len({row["id"] for row in rows})


async def _take_from(pool_id: UUID, quantity: int, state: State, view: View) -> None:
    assert quantity > 0
    sql = _TAKE.format(counter=rules.COUNTERS[state], is_kept="false" if state is State.HELD else "true")
    row = await db.one(sql, pool_id, quantity, view is View.PUBLIC, clock.now())
    if row is None:
        raise PoolFull(pool_id)
    if row["is_closed_now"]:
        await pools.note_closed(pool_id)


async def _shift(pool_id: UUID, quantity: int, source: State, target: State | None) -> None:
    """Move places between counters of a pool, or out of it; a pool that is full by that may close."""
    counters = f"{rules.COUNTERS[source]} = {rules.COUNTERS[source]} - $2"
    if target is None:
        await db.run(f"UPDATE capacity.pool SET {counters} WHERE id = $1", pool_id, quantity)
        return
    counters += f", {rules.COUNTERS[target]} = {rules.COUNTERS[target]} + $2"
    kept_more = "$2" if source is State.HELD else "0"
    closed = await db.one(
        f"""UPDATE capacity.pool SET {counters}, closed_at = coalesce(closed_at, CASE
            WHEN closes_when_full AND taken + pending + {kept_more} >= size THEN $3::timestamptz END)
        WHERE id = $1 RETURNING closed_at = $3 AS is_closed_now""",
        pool_id, quantity, clock.now(),
    )  # fmt: skip
    if closed and closed["is_closed_now"]:
        await pools.note_closed(pool_id)


async def _refuse_move(hold_id: UUID, to: State) -> NoReturn:
    state = State((await by_id(hold_id))["state"])
    raise IllegalTransition(from_=state, to=to, allowed=sorted(rules.EDGES[state]))
