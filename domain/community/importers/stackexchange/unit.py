"""What the phases of one import share: options, report, and the facts that wait to be recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from domain.community.importers import cells, landing
from domain.community.importers.landing import Target
from domain.community.importers.stackexchange import dump
from domain.foundation.importing import BadValue, Options, Report, Row
from domain.profile import identities, interactions
from domain.profile.interactions import Entry

T = TypeVar("T")


@dataclass
class Unit:
    """``entries`` are recorded when the transaction ends, one person's after another and oldest first: the drain works
    off a person's facts at once."""

    folder: Path
    options: Options
    report: Report
    entries: list[Entry] = field(default_factory=list)

    @property
    def source(self) -> str:
        return self.options.source

    def batches(self, table: str, keep: Callable[[Row], bool] = lambda _: True) -> Iterator[list[Row]]:
        """A table's rows that are wanted, a thousand at a time."""
        wanted = (row for row in dump.rows(self.folder, table) if keep(row))
        while batch := list(islice(wanted, cells.BATCH)):
            yield batch

    def read(self, batch: Iterable[Row], read: Callable[[Row], T | None]) -> list[T]:
        """The rows as ``read`` makes them; None is one that is there already, BadValue a reject."""
        found: list[T] = []
        for row in batch:
            try:
                made = read(row)
            except BadValue as bad:
                self.report.reject(row, bad.reason, bad.problem.path, str(row.data.get("Id") or "") or None)
                continue
            if made is None:
                self.report.keep()
                continue
            self.report.accept()
            self.report.add(row.data["file"].lower())
            found.append(made)
        return found

    async def facts(self, batch: Iterable[Row], read: Callable[[Row], Entry]) -> list[Entry]:
        """Rows that are facts and nothing else: those that are recorded already are left, the others wait."""
        found: list[tuple[Row, Entry]] = []
        for row in batch:
            try:
                found.append((row, read(row)))
            except BadValue as bad:
                self.report.reject(row, bad.reason, bad.problem.path, str(row.data.get("Id") or "") or None)
        there = await interactions.recorded([entry for _, entry in found])
        fresh = [(row, entry) for row, entry in found if entry.message_id not in there]
        self.report.keep(len(found) - len(fresh))
        self.report.accept(len(fresh))
        for row, _ in fresh:
            self.report.add(row.data["file"].lower())
        self.entries += [entry for _, entry in fresh]
        return [entry for _, entry in fresh]

    async def members(self, batch: Iterable[Row], *names: str) -> dict[str, UUID]:
        """The members that these attributes name."""
        return await identities.owners(self.options.identity_type, cells.values(batch, *names))

    async def posts(self, batch: Iterable[Row], name: str) -> dict[str, Target]:
        """The questions, answers and wikis that an attribute names (comments have ids of their own)."""
        return await landing.targets(self.source, cells.values(batch, name), ("POST", "ANSWER"))

    async def record(self) -> None:
        """Record what waits, in the running transaction."""
        waiting, self.entries = self.entries, []
        waiting.sort(key=lambda entry: (str(entry.member), entry.at))
        await interactions.record_many(waiting, flags=self.options.flags, source=self.source)


def owner(row: Row, name: str, known: dict[str, UUID]) -> UUID | None:
    """The member of an attribute; without it the account is closed."""
    external_id = dump.text(row, name)
    if external_id is None:
        return None
    if external_id not in known:
        raise cells.bad("TARGET_NOT_FOUND", name, f"user {external_id} is not in the dump")
    return known[external_id]


def target(row: Row, known: dict[str, Target], name: str = "PostId") -> Target:
    """The post of an attribute, or a reject."""
    found = known.get(dump.needed(row, name))
    if found is None:
        raise cells.bad("TARGET_NOT_FOUND", name, f"post {row.data[name]} is not in the dump")
    return found
