"""Importing a file as the command line does, without a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli import reading
from domain import wiring
from domain.foundation import importing
from domain.foundation.importing import Options, Reject, Report


async def run(
    kind: str, path: Path, *, mapping: Mapping[str, str] | None = None, **options: Any
) -> tuple[Report, list[Reject]]:
    """The report and the rejects of one import."""
    rejects: list[Reject] = []
    report = Report(rejects.append)
    importer = wiring.importers[kind]
    rows = reading.rows(path, report, mapping=mapping or {}, aliases=importer.aliases, encoding="utf-8")
    await importing.run(importer, rows, Options(file=path.name, **options), report)
    return report, rejects
