"""Small reports that come at the same time are stored by one transaction.

A report that finds its reporter idle is stored at once. Those that come meanwhile wait for its commit and are stored
together, in the order in which they came: the busier the database, the more of them share its work. Each is answered
after the commit that stored it, with what became of its own items.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from domain import db
from domain.foundation import runtime
from domain.profile import reporting
from domain.profile.report_rules import Item
from domain.profile.reporting import Outcome, Reporter

#: A larger report is stored alone, beside whatever is going on.
SMALL = 20
#: So many items of small reports share a transaction.
TOGETHER = 200

_Waiting = list[tuple[Sequence[Item], asyncio.Future[list[Outcome]]]]

#: What waits for each reporter that is busy in this process.
_busy: dict[Reporter, _Waiting] = {}
_tasks: set[asyncio.Task[None]] = set()


async def taken(reporter: Reporter, items: Sequence[Item]) -> list[Outcome]:
    """Store the items of one report and answer what became of each, once that is committed."""
    if len(items) > SMALL:
        return await _stored(reporter, items)
    future: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
    if reporter in _busy:
        _busy[reporter].append((items, future))
    else:
        _busy[reporter] = [(items, future)]
        task = asyncio.create_task(_work_off(reporter, _busy[reporter]))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)
    return await future


async def _work_off(reporter: Reporter, waiting: _Waiting) -> None:
    """Transaction after transaction until nobody waits. It is nobody's request: one that is broken off stops no other."""
    try:
        while waiting:
            together = _next(waiting)
            try:
                outcomes = iter(await _stored(reporter, [item for items, _ in together for item in items]))
            except Exception as failure:
                _fail(together, failure)
                continue
            for items, future in together:
                its_own = [next(outcomes) for _ in items]
                if not future.done():
                    future.set_result(its_own)
    finally:
        del _busy[reporter]
        _fail(waiting, RuntimeError("the process stops"))


def _next(waiting: _Waiting) -> _Waiting:
    """Take the reports off that come next: at least one, and no more items than share a transaction."""
    number, size = 1, len(waiting[0][0])
    while number < len(waiting) and size + len(waiting[number][0]) <= TOGETHER:
        size += len(waiting[number][0])
        number += 1
    together = waiting[:number]
    del waiting[:number]
    return together


def _fail(reports: _Waiting, failure: Exception) -> None:
    for _, future in reports:
        if not future.done():
            future.set_exception(failure)


async def _stored(reporter: Reporter, items: Sequence[Item]) -> list[Outcome]:
    """All at once; if something nobody expected stops them, one after the other, and what fails is set aside."""
    try:
        return await db.attempt(lambda: reporting.take(reporter, items))
    except Exception as failure:
        if runtime.may_pass_later(failure):
            raise
        if len(items) == 1:
            refused = replace(items[0], refusal=("failed", type(failure).__name__))
            return await db.attempt(lambda: reporting.take(reporter, [refused]))
    return [outcome for item in items for outcome in await _stored(reporter, [item])]
