"""Files over HTTP: a ticket's PUT, and the renditions behind signed links. Neither asks for a token: the link is it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Request, Response, get, put
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, Parameter
from litestar.response import Redirect, Stream

from domain.errors import NotFound
from domain.media import rules, serving, store, uploads
from domain.media.errors import UploadMismatch

_SIGNATURE = Parameter(max_length=64)


@put(
    "/media/uploads/{upload:str}",
    include_in_schema=False,
    request_max_body_size=rules.MOST_BYTES + 1,
    status_code=204,
)
async def receive(
    request: Request,
    upload: FromPath[str],
    until: Annotated[int, Parameter(ge=0)],
    signature: Annotated[str, _SIGNATURE],
) -> None:
    """Take the file of a ticket: exactly the announced one."""
    try:
        await uploads.receive(UUID(upload), until, signature, request.stream())
    except (ValueError, NotFound):
        raise NotFoundException("This ticket is not good (any more).") from None
    except UploadMismatch as mismatch:
        raise ClientException(str(mismatch)) from None


@get("/media/{asset:str}/{name:str}", include_in_schema=False)
async def rendition(
    asset: FromPath[str],
    name: FromPath[str],
    signature: Annotated[str, _SIGNATURE],
    until: Annotated[int | None, Parameter(ge=0, le=2**40)] = None,
) -> Response:
    """A picture in one size; 60 s in caches, so that a withheld one is gone everywhere after them."""
    try:
        elsewhere = await serving.opened(UUID(asset), name, signature, until)
    except (ValueError, NotFound):
        raise NotFoundException("Nothing is here (any more).") from None
    keep = {"Cache-Control": f"private, max-age={int(rules.LINK_FOR.total_seconds())}"}
    if elsewhere is not None:
        return Redirect(elsewhere, headers=keep)
    return Stream(store.chunks(UUID(asset), name), media_type="image/webp", headers=keep)


ROUTES = [receive, rendition]
