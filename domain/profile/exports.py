"""Everything that is kept of one person, as a file for that person (JSON lines in a zip, good for seven days).

Every area yields its own rows through its registered ``export``. A sweep does the work; the file is written beside
its name and renamed, so that a killed worker leaves no half of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import structlog

from domain import clock, db
from domain.actor import Actor
from domain.errors import NotFound
from domain.foundation import ids, lifecycle, secrets
from domain.foundation.sweeps import Sweep
from domain.profile import interactions, kinds, members
from domain.settings import settings

log = structlog.get_logger()

GOOD_FOR = timedelta(days=7)
LEASE = timedelta(minutes=10)
TRIES = 5


async def request(actor: Actor) -> UUID:
    """Ask for one's own data; answers the job. A job that is not finished yet is the same job."""
    async with db.transaction():
        root = await members.must_be_active(actor)
        await members.lock(root)
        waiting = await db.value(
            """SELECT id FROM profile.export_job WHERE state IN ('QUEUED', 'RUNNING')
            AND member IN (SELECT id FROM profile.member WHERE root = $1)""",
            root,
        )
        if waiting is not None:
            return waiting
        job, now = ids.new(), clock.now()
        await db.run(
            """INSERT INTO profile.export_job (id, member, state, requested_at, due_at, tries, report)
            VALUES ($1, $2, 'QUEUED', $3, $3, 0, '{}')""",
            job, root, now,
        )  # fmt: skip
        await interactions.record(actor, kinds.EXPORT_REQUESTED, ("EXPORT_JOB", job), once=job, member=root)
    return job


async def by_ids(job_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Jobs with the root they belong to."""
    rows = await db.fetch(
        """SELECT j.*, m.root FROM profile.export_job AS j JOIN profile.member AS m ON m.id = j.member
        WHERE j.id = ANY($1)""",
        list(job_ids),
    )
    return {row["id"]: row for row in rows}


def link(job: db.Row) -> str | None:
    """The signed path of a file that is ready; whoever has it may read the file until it expires."""
    if job["state"] != "READY" or job["expires_at"] <= clock.now():
        return None
    until = int(job["expires_at"].timestamp())
    return f"/exports/{job['id']}.zip?until={until}&signature={_signature(job['id'], until)}"


async def opened(job_id: UUID, until: int, signature: str) -> Path:
    """The file behind a signed path; NOT_FOUND for a wrong signature, a past end, or no file."""
    if not hmac.compare_digest(signature, _signature(job_id, until)):
        raise NotFound()
    if not 0 <= until < 2**40 or datetime.fromtimestamp(until, UTC) <= clock.now():
        raise NotFound()
    name = await db.value("SELECT file FROM profile.export_job WHERE id = $1 AND state = 'READY'", job_id)
    path = folder() / name if name else None
    if path is None or not path.is_file():
        raise NotFound()
    return path


def folder() -> Path:
    """Where the files lie; every process of the installation must see it."""
    return settings().exports_dir or settings().data_dir / "exports"


async def work_off() -> int:
    """Write the files that were asked for, and forget those that are past their end; answers how many."""
    done = await _forget()
    for row in await db.fetch(
        "SELECT id FROM profile.export_job WHERE state IN ('QUEUED', 'RUNNING') AND due_at <= $1 ORDER BY due_at LIMIT 5",
        clock.now(),
    ):
        done += await _work(row["id"])
    return done


async def next_due() -> datetime | None:
    """When the next job is due, or the next file expires."""
    return await db.value(
        """SELECT least((SELECT min(due_at) FROM profile.export_job WHERE state IN ('QUEUED', 'RUNNING')),
            (SELECT min(expires_at) FROM profile.export_job WHERE state = 'READY'))"""
    )


SWEEP = Sweep("profile.exports", work_off, next_due, every_seconds=2)


async def end_all_of(of_root: list[UUID]) -> int:
    """These members leave: no file may be read any more; the sweep removes them. Answers how many jobs ended."""
    return await db.run(
        "UPDATE profile.export_job SET state = 'EXPIRED', report = '{}' WHERE member = ANY($1) AND state <> 'EXPIRED'",
        of_root,
    )


async def _work(job_id: UUID) -> int:
    row = await db.one(
        """UPDATE profile.export_job SET state = 'RUNNING', due_at = $2::timestamptz + $3::interval, tries = tries + 1
        WHERE id = $1 AND state IN ('QUEUED', 'RUNNING') AND due_at <= $2 RETURNING *""",
        job_id, clock.now(), LEASE,
    )  # fmt: skip
    if row is None:
        return 0
    try:
        counts, path = await _write(row)
    except Exception as failure:
        if isinstance(failure, db.Unreachable) and not isinstance(failure, OSError):
            raise
        log.exception("an export failed", job=str(job_id))
        await db.run(
            """UPDATE profile.export_job SET state = CASE WHEN tries >= $3 THEN 'FAILED' ELSE 'QUEUED' END,
                due_at = $2::timestamptz + interval '1 minute' WHERE id = $1 AND state = 'RUNNING'""",
            job_id, clock.now(), TRIES,
        )  # fmt: skip
        return 0
    now = clock.now()
    kept = await db.run(
        """UPDATE profile.export_job SET state = 'READY', finished_at = $2, expires_at = $3, file = $4, bytes = $5,
            report = $6 WHERE id = $1 AND state = 'RUNNING'""",
        job_id, now, now + GOOD_FOR, path.name, path.stat().st_size, counts,
    )  # fmt: skip
    if not kept:  # the person left meanwhile
        _remove(path.name)
    return kept


async def _write(job: db.Row) -> tuple[dict[str, int], Path]:
    """The rows of every area, a file a table; answers how many of each."""
    root = await members.root_of(job["member"])
    of_root = await members.ids_of(root)
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder()) as draft, contextlib.ExitStack() as stack:
        files: dict[str, IO[str]] = {}
        counts: dict[str, int] = {}
        for area in lifecycle.areas:
            async for table, row in area.export(of_root):
                name = table if "." in table else f"{area.area}.{table}"
                if name not in files:
                    files[name] = stack.enter_context((Path(draft) / name).open("w", encoding="utf-8"))
                files[name].write(db.json(_plain(row)) + "\n")
                counts[name] = counts.get(name, 0) + 1
        for file in files.values():
            file.flush()
        return counts, _packed(job["id"], Path(draft), counts)


def _packed(job_id: UUID, draft: Path, counts: dict[str, int]) -> Path:
    path = folder() / f"{job_id}.zip"
    unfinished = draft / "packed"
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("manifest.json", db.json({"at": clock.now(), "rows": counts}))
        for name in sorted(counts):
            packed.write(draft / name, f"{name}.jsonl")
    unfinished.chmod(0o600)
    shutil.move(unfinished, path)
    return path


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Values that JSON has no word for, as text."""
    return {
        key: value if value is None or isinstance(value, str | int | float | bool | dict | list | UUID | datetime)
        else str(value)
        for key, value in row.items()
        if not isinstance(value, bytes)
    }  # fmt: skip


async def _forget() -> int:
    await db.run(
        "UPDATE profile.export_job SET state = 'EXPIRED' WHERE state = 'READY' AND expires_at <= $1",
        clock.now(),
    )
    rows = await db.fetch(
        "SELECT id, file FROM profile.export_job WHERE state = 'EXPIRED' AND file IS NOT NULL LIMIT 100"
    )
    for row in rows:
        _remove(row["file"])
        await db.run("UPDATE profile.export_job SET file = NULL WHERE id = $1", row["id"])
    return len(rows)


def _remove(name: str | None) -> None:
    if name:
        (folder() / name).unlink(missing_ok=True)


def _signature(job_id: UUID, until: int) -> str:
    return hmac.new(secrets.key(), f"export:{job_id}:{until}".encode(), hashlib.sha256).hexdigest()
