"""`marque import stackexchange DIR`: a Stack Exchange data dump, with its people, content, votes and history.

The whole dump (or 20,000 rows of it at a time) is one transaction, whose facts are recorded person by person: so the
drain works off all that one person did at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from domain import db
from domain.community.importers.stackexchange import acts, content, dump
from domain.community.importers.stackexchange.unit import Unit
from domain.errors import InvalidInput
from domain.foundation.importing import Importer, Options, Report

SOURCE = "stackexchange"
ROWS_PER_TRANSACTION = 20_000

_PHASES = (
    content.users,
    content.tags,
    content.posts,
    content.answers,
    content.comments,
    acts.votes,
    acts.badges,
    acts.history,
)


async def run(folder: Path, options: Options, report: Report) -> None:
    """Import the dump; what is there already is unchanged. Raises InvalidInput for a folder that is no dump."""
    if dump.find(folder, "Posts") is None:
        raise InvalidInput.at("folder", f"{folder} holds neither Posts.xml nor Posts.xml.gz.")
    if options.source == "default":
        options = replace(options, source=SOURCE)
    unit = Unit(folder, options, report)
    work = _work(unit)
    is_done = False
    while not is_done:
        async with db.transaction():
            is_done = await _some(work)
            await unit.record()


async def _work(unit: Unit) -> AsyncIterator[int]:
    for phase in _PHASES:
        async for rows in phase(unit):
            yield rows


async def _some(work: AsyncIterator[int]) -> bool:
    """Go on until enough rows are stored for one transaction; answers whether that was all."""
    stored = 0
    async for rows in work:
        stored += rows
        if stored >= ROWS_PER_TRANSACTION:
            return False
    return True


STACKEXCHANGE = Importer(
    kind="stackexchange",
    help="A Stack Exchange data dump: Users, Tags, Posts, Comments, Votes, Badges and PostHistory as XML, plain or .gz. "
    "The source is `stackexchange` unless it is named.",
    run_folder=run,
    rules="apply",
    example="marque import stackexchange ./dump --source bicycles",
)
