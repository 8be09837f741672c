"""Going through the facts of a time page by page: how backtests and corrections are worked off.

A page is a transaction that also moves ``page`` on, by one compare-and-set at its end: a killed worker, or two of them,
do no page twice. What is small is done at once, in the caller's transaction; the rest is the sweep's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from domain import clock, db
from domain.actor import Actor
from domain.errors import Conflict, InvalidInput, NotFound
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.points import stood
from domain.points.definitions import Version

log = structlog.get_logger()

#: At most so many, where what one person gets depends on what others do.
MOST_TOGETHER = 50_000
_PAGES_A_TURN = 5
_LEASE = timedelta(minutes=2)
_SOON = timedelta(seconds=2)
_TRIES = 5
_LONGEST = timedelta(days=36_600)

#: The people of a page: after the first root (None: from the start), up to the second. None: everybody at once.
Of = tuple[UUID | None, UUID] | None


@dataclass(frozen=True)
class Scope:
    """The rule, and the kinds of facts that are looked at. ``is_wide``: a cap or a beneficiary reaches across people."""

    kinds: frozenset[str]
    is_wide: bool
    rule: UUID | None

    @classmethod
    def of(cls, versions: Sequence[Version]) -> Scope:
        return cls(
            frozenset(kind for version in versions for kind in version.kinds),
            any(
                v.beneficiary is not None or any(c.per in ("RULE", "DEVICE") for c in v.caps)
                for v in versions
            ),
            next((version.rule for version in versions), None),
        )


@dataclass(frozen=True)
class Work:
    """``step`` works off the people of a page of a row of ``table`` and answers the row's result with it.

    A page holds about so many facts, and so many in all are looked at while the caller waits.
    """

    table: str
    scope: Callable[[db.Row], Awaitable[Scope]]
    step: Callable[[db.Row, Of], Awaitable[dict[str, Any]]]
    page: int


def must_be_past(since: datetime, until: datetime) -> None:
    """A time that is over, of at most a hundred years."""
    if until > clock.now():
        raise InvalidInput.at("to", "Look at what has happened: use a time that is not in the future.")
    if not timedelta(0) < until - since <= _LONGEST:
        raise InvalidInput.at("from", "It lies before `to`, by at most a hundred years.")


async def must_fit(
    work: Work,
    scope: Scope,
    since: datetime,
    until: datetime,
    most: int | None = None,
    *,
    judged_by: UUID | None = None,
) -> int:
    """How many facts there are, as far as it matters; too many that must be looked at together are InvalidInput."""
    limit = most or (MOST_TOGETHER if scope.is_wide else work.page)
    found = await stood.count(scope.kinds, since, until, limit, judged_by)
    if found > limit and (scope.is_wide or most is not None):
        raise InvalidInput.at(
            "from", f"There are more than {limit} facts to look at together: name a shorter time."
        )
    return found


async def begin(
    work: Work,
    column: str,
    subject: UUID,
    actor: Actor,
    since: datetime,
    until: datetime,
    facts: int,
    *,
    includes_imported: bool,
    is_now: bool = False,
) -> db.Row:
    """Queue it; what is small is done at once, and whatever ``is_now``."""
    now, made = clock.now(), ids.new()
    await db.run(
        f"""INSERT INTO points.{work.table} (id, {column}, since, until, state, maker, page, facts, result, tries,
            created_at, due_at, includes_imported) VALUES ($1, $2, $3, $4, 'QUEUED', $5, 0, $6, '{{}}', 0, $7, $7, $8)""",
        made, subject, since, until, actor.id, facts, now, includes_imported,
    )  # fmt: skip
    if is_now or facts <= work.page:
        while await _step(work, made):
            pass
    return await one(work, made)


async def one(work: Work, id: UUID) -> db.Row:
    """A row, or NOT_FOUND."""
    row = await db.one(f"SELECT * FROM points.{work.table} WHERE id = $1", id)
    if row is None:
        raise NotFound()
    return row


async def by_ids(work: Work, wanted: Sequence[UUID]) -> dict[UUID, db.Row]:
    rows = await db.fetch(f"SELECT * FROM points.{work.table} WHERE id = ANY($1)", list(wanted))
    return {row["id"]: row for row in rows}


async def listed(work: Work, page: Page) -> list[db.Row]:
    """The newest first; key of a page: (created_at, id)."""
    at, last = page.after or (None, None)
    return await db.fetch(
        f"""SELECT * FROM points.{work.table} WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid))
        ORDER BY created_at DESC, id DESC LIMIT $3""",
        at, last, page.limit + 1,
    )  # fmt: skip


async def work_off(work: Work) -> int:
    """A turn of what is due: a few pages each, so that other sweeps have theirs; answers how many were done."""
    done = 0
    for row in await db.fetch(
        f"SELECT id FROM points.{work.table} WHERE due_at <= $1 ORDER BY due_at, id LIMIT 3", clock.now()
    ):
        done += await _turn(work, row["id"])
    return done


async def next_due(work: Work) -> datetime | None:
    """When the next one has its turn."""
    return await db.value(f"SELECT min(due_at) FROM points.{work.table} WHERE due_at IS NOT NULL")


async def _turn(work: Work, id: UUID) -> int:
    now = clock.now()
    claimed = await db.run(
        f"UPDATE points.{work.table} SET due_at = $2::timestamptz + $3::interval WHERE id = $1 AND due_at <= $2",
        id, now, _LEASE,
    )  # fmt: skip
    done = 0
    try:
        while claimed and done < _PAGES_A_TURN and await db.attempt(lambda: _step(work, id)):
            done += 1
    except Conflict:  # somebody else works on it, or on the same people
        await db.run(
            f"UPDATE points.{work.table} SET due_at = $2 WHERE id = $1 AND due_at IS NOT NULL",
            id,
            now + _SOON,
        )
        return done
    except Exception as failure:
        if isinstance(failure, db.Unreachable):
            raise
        log.exception("a page failed", table=work.table, id=str(id))
        await db.run(
            f"""UPDATE points.{work.table} SET tries = tries + 1, last_error = $2,
                state = CASE WHEN tries + 1 >= $4 THEN 'FAILED' ELSE state END,
                due_at = CASE WHEN tries + 1 < $4 THEN $3::timestamptz + interval '1 minute' END
            WHERE id = $1 AND due_at IS NOT NULL""",
            id, f"{type(failure).__name__}: {failure}"[:500], now, _TRIES,
        )  # fmt: skip
        return done
    await db.run(
        f"UPDATE points.{work.table} SET due_at = $2 WHERE id = $1 AND due_at IS NOT NULL", id, clock.now()
    )
    return done


async def _step(work: Work, id: UUID) -> bool:
    """Plan the pages, or work off the next one; whether there was anything to do."""
    row = await one(work, id)
    if row["state"] == "QUEUED":
        await _plan(work, row)
        return True
    if row["state"] != "RUNNING":
        return False
    ends = None if row["ends"] is None else [UUID(each) for each in row["ends"]]
    page, count = row["page"], 1 if ends is None else len(ends)
    result = dict(row["result"])
    if page < count:
        of = None if ends is None else (ends[page - 1] if page else None, ends[page])
        result = await work.step(row, of)
    is_done = page + 1 >= count
    moved = await db.run(
        f"""UPDATE points.{work.table} SET page = page + 1, result = $3, state = CASE WHEN $4 THEN 'DONE' ELSE state END,
            due_at = CASE WHEN $4 THEN NULL ELSE due_at END, finished_at = CASE WHEN $4 THEN $5::timestamptz END, tries = 0
        WHERE id = $1 AND page = $2 AND state = 'RUNNING'""",
        id, page, db.json(result), is_done, clock.now(),
    )  # fmt: skip
    if not moved:
        raise Conflict("Another worker did this page.")
    return True


async def _plan(work: Work, row: db.Row) -> None:
    scope = await work.scope(row)
    ends = None
    facts = row["facts"]
    if not scope.is_wide:
        judged_by = None if row["includes_imported"] else scope.rule
        pages = await stood.pages(scope.kinds, row["since"], row["until"], work.page, judged_by)
        ends, facts = [str(each) for each in pages.ends], pages.facts
    await db.run(
        f"""UPDATE points.{work.table} SET state = 'RUNNING', ends = $2, facts = $3 WHERE id = $1 AND state = 'QUEUED'""",
        row["id"], None if ends is None else db.json(ends), facts,
    )  # fmt: skip
