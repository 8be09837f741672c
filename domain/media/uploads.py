"""From a ticket to a confirmed upload: the client says what it will send, sends exactly that, and says that it did."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import InvalidInput, NotFound, RateLimited
from domain.foundation import ids, secrets
from domain.media import rules, store
from domain.media.errors import UploadMismatch
from domain.media.tables import AssetState

#: Out of INIT: to be processed now, or rejected, which is purged like an orphan.
_LEAVE_INIT = "UPDATE media.asset SET state = $2, reason = $3, due_at = $4 WHERE id = $1 AND state = 'INIT'"


@dataclass(frozen=True)
class Ticket:
    """Where to PUT the file, with which headers, until when."""

    upload: UUID
    url: str
    headers: dict[str, str]
    expires_at: datetime


async def request(actor: Actor, mime: str, bytes_: int, sha256: str, *, is_geo_kept: bool = False) -> Ticket:
    """A ticket for one upload. Refuses InvalidInput, and RateLimited for more than 50 that are not confirmed."""
    member = actor.must_be_member()
    rules.must_be_uploadable(mime, bytes_, sha256)
    now = clock.now()
    async with db.transaction():
        open_ = await db.value(
            "SELECT count(*) FROM media.asset WHERE root = $1 AND state = 'INIT' AND created_at > $2",
            member, now - rules.TICKET_FOR,
        )  # fmt: skip
        if open_ >= rules.MOST_OPEN:
            wait = rules.TICKET_FOR
            raise RateLimited(int(wait.total_seconds()), rules.MOST_OPEN, 0, now + wait)
        asset = ids.new()
        await db.run(
            """INSERT INTO media.asset (id, member, root, state, mime, bytes, sha256, is_geo_kept, renditions, due_at, created_at)
            VALUES ($1, $2, $2, 'INIT', $3, $4, $5, $6, '[]', $7, $8)""",
            asset, member, mime, bytes_, sha256, is_geo_kept, now + rules.ORPHAN_AFTER, now,
        )  # fmt: skip
    return await ticket(asset)


async def ticket(asset: UUID) -> Ticket:
    """The ticket of an upload, as it was asked for; signed, so that it need not be kept."""
    row = await _one(asset)
    until = row["created_at"] + rules.TICKET_FOR
    headers = {"content-type": row["mime"], "content-length": str(row["bytes"])}
    if not store.is_local():
        return Ticket(
            asset, await store.signed("PUT", asset, store.ORIGINAL, rules.TICKET_FOR), headers, until
        )
    end = int(until.timestamp())
    return Ticket(
        asset, f"/media/uploads/{asset}?until={end}&signature={_signature(asset, end)}", headers, until
    )


async def receive(asset: UUID, until: int, signature: str, body: AsyncIterator[bytes]) -> None:
    """Take the file of a ticket. NOT_FOUND for a wrong or ended ticket; UploadMismatch unless it is exactly the file.

    Nothing is stored before the last byte is known to be right, and at most the promised size is read.
    """
    if not hmac.compare_digest(signature, _signature(asset, until)) or not 0 <= until < 2**40:
        raise NotFound()
    if datetime.fromtimestamp(until, UTC) <= clock.now():
        raise NotFound("The ticket has ended; ask for another.")
    row = await _one(asset)
    if row["state"] != AssetState.INIT:
        raise NotFound("This was uploaded already.")
    content = bytearray()
    async for chunk in body:
        content += chunk
        if len(content) > row["bytes"]:
            raise UploadMismatch("bytes")
    _must_match(row, bytes(content))
    await store.put(asset, store.ORIGINAL, bytes(content))


async def confirm(actor: Actor, upload: UUID) -> UUID:
    """Say that the file is there; repeating it changes nothing. NOT_FOUND for another's.

    Refuses InvalidInput while nothing is there, and UploadMismatch when it is another file: the asset is then REJECTED,
    whatever becomes of the call.
    """
    row = await _one(upload)
    if row["root"] != actor.must_be_member():
        raise NotFound()
    if row["state"] == AssetState.REJECTED and row["reason"]:
        raise UploadMismatch(row["reason"])
    if row["state"] != AssetState.INIT:
        return upload
    content = await store.read(upload, store.ORIGINAL)
    if content is None:
        raise InvalidInput.at(
            "uploadId", "Nothing was uploaded yet: PUT the file to the ticket's address first."
        )
    try:
        _must_match(row, content)
    except UploadMismatch as mismatch:
        async with db.independent() as connection:  # the refusal rolls everything else back
            await connection.execute(
                _LEAVE_INIT, upload, "REJECTED", mismatch.problem, clock.now() + rules.ORPHAN_AFTER
            )
        raise
    await db.run(_LEAVE_INIT, upload, "UPLOADED", None, clock.now())
    return upload


def _must_match(row: db.Row, content: bytes) -> None:
    if len(content) != row["bytes"]:
        raise UploadMismatch("bytes")
    if hashlib.sha256(content).hexdigest() != row["sha256"]:
        raise UploadMismatch("sha256")


async def _one(asset: UUID) -> db.Row:
    row = await db.one("SELECT * FROM media.asset WHERE id = $1", asset)
    if row is None:
        raise NotFound()
    return row


def _signature(asset: UUID, until: int) -> str:
    return hmac.new(secrets.key(), f"upload:{asset}:{until}".encode(), hashlib.sha256).hexdigest()[:43]
