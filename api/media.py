"""GraphQL of media: tickets for uploads, what was uploaded, and what is known to be bad."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.context import Context
from api.fields import Input, Json, Node, arg, enum, field, mutation, query, result
from api.paging import After, Connection, First
from api.permissions import MEMBER, can
from api.refusals import Refusal, refusal
from domain.errors import NotFound
from domain.media import attaching, errors, known, serving, tables, uploads

MODERATES = can("moderator", "admin")
MediaState = enum(
    tables.AssetState,
    "How far an upload is.",
    INIT="A ticket was given; nothing is confirmed.",
    UPLOADED="It is there and will be processed.",
    PROCESSED="It looks like something known to be bad and waits for a moderator.",
    APPROVED="It can be shown.",
    REJECTED="It was not what was announced, or cannot be read.",
    PURGED="It is gone.",
)


@strawberry.type(description="A picture in one size, without metadata.")
class Rendition:
    name: str = field("small, medium or large.")
    width: int = field("In pixels.")
    height: int = field("In pixels.")
    bytes: int = field("Its size.")
    url: str = field("The signed path on this server; it ends when the picture may no longer be shown.")


@strawberry.type(description="A picture that a member uploaded.")
class Media(Node):
    state: MediaState = field("How far it is.")
    mime: str = field("The kind of the original.")
    bytes: int = field("The size of the original.")
    width: int | None = field("In pixels; null until it is processed.")
    height: int | None = field("In pixels; null until it is processed.")
    duration_ms: int | None = field("The length of a film; null for pictures.")
    renditions: list[Rendition] = field("Its sizes, smallest first; empty until it is processed.")

    @classmethod
    def of(cls, row: Any, *, for_staff: bool = False) -> Media:
        link = serving.inspection_link if for_staff else serving.link
        return cls(
            id=row["id"],
            state=tables.AssetState(row["state"]),
            mime=row["mime"],
            bytes=row["bytes"],
            width=row["width"],
            height=row["height"],
            duration_ms=row["duration_ms"],
            renditions=[Rendition(**each, url=link(row["id"], each["name"])) for each in row["renditions"]],
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Media]:
        """One's own uploads; moderators see all."""
        actor = context.actor
        is_staff = actor.is_staff and actor.has("moderator", "admin")
        rows = await attaching.by_ids(ids)
        return {
            id_: cls.of(row, for_staff=is_staff)
            for id_, row in rows.items()
            if is_staff or (actor.member_id is not None and row["root"] == actor.member_id)
        }


@strawberry.type(description="Where to send a file.")
class UploadTicket:
    id: strawberry.Private[UUID]
    upload_id: UUID = field("The upload, for confirmUpload; it is also the id of the media.")
    url: str = field("PUT the file there: a path on this server, or an address of the store.")
    headers: Json = field("Headers to send along, by name.")
    expires_at: datetime = field("Until when.")

    @classmethod
    def of(cls, ticket: uploads.Ticket) -> UploadTicket:
        return cls(
            id=ticket.upload, upload_id=ticket.upload, url=ticket.url, headers=ticket.headers,
            expires_at=ticket.expires_at,
        )  # fmt: skip

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, UploadTicket]:
        """The same tickets again: they are signed anew and not kept."""
        return {id_: cls.of(await uploads.ticket(id_)) for id_ in ids}


@strawberry.type(description="A picture that moderators do not want to see again.")
class KnownMedia:
    id: UUID = field("The mark.")
    phash: str = field("The perceptual hash, 16 hexadecimal digits.")
    note: str = field("Why.")
    is_active: bool = field("Whether what looks like it is held.")
    version: int = field("Rises with every change.")

    @classmethod
    def of(cls, row: Any) -> KnownMedia:
        return cls(
            id=row["id"],
            phash=f"{row['phash'] & (2**64 - 1):016x}",
            note=row["note"],
            is_active=row["is_active"],
            version=row["version"],
        )


@refusal(errors.UploadMismatch)
class UploadMismatch(Refusal):
    problem: str = field("What differs: bytes or sha256; or picture, when it cannot be read.")


@refusal(errors.MediaNotReady)
class MediaNotReady(Refusal):
    media_ids: list[UUID] = field("The uploads that are not confirmed.")

    @classmethod
    def of(cls, exc: errors.MediaNotReady, message: str) -> MediaNotReady:
        return cls(message=message, media_ids=exc.media)


@strawberry.input(description="A file to upload.")
class RequestUploadInput(Input):
    mime: str = field("image/jpeg, image/png, image/webp, image/gif or image/avif.")
    bytes: int = field("Its exact size, at most 20 MiB.")
    sha256: str = field("Its SHA-256 in lower-case hexadecimal.")
    geo_opt_in: bool = field(
        "Keep where it was taken, apart from it; otherwise that is dropped.", default=False
    )


@strawberry.type(description="The ticket, good for five minutes.")
class RequestUploadSuccess:
    ticket: UploadTicket = field("Where to send the file.")


@strawberry.input(description="An upload that is finished.")
class ConfirmUploadInput(Input):
    upload_id: UUID = field("The ticket's upload.")


@strawberry.type(description="The file is there and will be processed.")
class ConfirmUploadSuccess:
    media: Media = field("The picture.")


@strawberry.input(description="A picture to know again, or no longer.")
class MarkKnownMediaInput(Input):
    media_id: UUID = field("The picture.")
    note: str = field("Why.")
    is_active: bool = field("False: no longer.", default=True)


@strawberry.type(description="What looks like it is held from now on, or no longer.")
class MarkKnownMediaSuccess:
    id: UUID = field("The mark.")


RequestUploadResult = result("RequestUpload", RequestUploadSuccess)
ConfirmUploadResult = result("ConfirmUpload", ConfirmUploadSuccess, UploadMismatch)
MarkKnownMediaResult = result("MarkKnownMedia", MarkKnownMediaSuccess)


@strawberry.type
class MediaQuery:
    @query("A picture: one's own, for moderators any.", who=can("member", "moderator", "admin"))
    async def media(self, info: Info, id: Annotated[UUID, arg("Its id.")]) -> Media | None:
        found = await Media.load([id], info.context)
        if id not in found:
            raise NotFound()
        return found[id]

    @query("Pictures known to be bad, newest first.", who=MODERATES)
    async def known_media(self, info: Info, first: First = 20, after: After = None) -> Connection[KnownMedia]:
        page = paging.page(first, after)
        rows = await known.listed(page)
        return paging.connection(
            rows,
            page,
            key=lambda row: (row["created_at"], row["id"]),
            nodes=[KnownMedia.of(row) for row in rows],
        )


@strawberry.type
class MediaMutation:
    @mutation("Ask for a ticket to upload a picture.", who=MEMBER)
    async def request_upload(self, info: Info, input: RequestUploadInput) -> RequestUploadResult:
        ticket = await uploads.request(
            info.context.actor, input.mime, input.bytes, input.sha256, is_geo_kept=input.geo_opt_in
        )
        return RequestUploadSuccess(ticket=UploadTicket.of(ticket))

    @mutation("Say that the file of a ticket is uploaded.", who=MEMBER)
    async def confirm_upload(self, info: Info, input: ConfirmUploadInput) -> ConfirmUploadResult:
        upload = await uploads.confirm(info.context.actor, input.upload_id)
        return ConfirmUploadSuccess(media=(await Media.load([upload], info.context))[upload])

    @mutation("Hold what looks like this picture from now on, or no longer.", who=MODERATES)
    async def mark_known_media(self, info: Info, input: MarkKnownMediaInput) -> MarkKnownMediaResult:
        return MarkKnownMediaSuccess(
            id=await known.mark(info.context.actor, input.media_id, input.note, is_active=input.is_active)
        )
