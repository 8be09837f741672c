"""Uploads: nothing is on a timeline before something shows them."""

from __future__ import annotations

from domain.media import processing, uploads
from tests import make, pictures
from tests.everything.scenarios import CONFIGURES, Call, changes_nobody
from tests.everything.scenarios.people import MODERATOR

UPLOADS = "An upload is nothing to others; the area that attaches it records what is published."


@changes_nobody("requestUpload", UPLOADS, touches="media.asset")
async def a_member_asks_for_a_ticket() -> Call:
    given = {"mime": "image/jpeg", "bytes": 10, "sha256": "0" * 64}
    return Call(await make.member_actor(), given)


@changes_nobody("confirmUpload", UPLOADS, touches="media.asset")
async def a_member_says_that_it_is_there() -> Call:
    me = await make.member_actor()
    upload = await pictures.sent(me, pictures.jpeg())
    return Call(me, {"uploadId": str(upload)})


@changes_nobody("markKnownMedia", CONFIGURES)
async def a_moderator_knows_a_picture() -> Call:
    me = await make.member_actor()
    upload = await pictures.sent(me, pictures.jpeg())
    await uploads.confirm(me, upload)
    assert await processing.work_off()
    return Call(MODERATOR, {"mediaId": str(upload), "note": "known from elsewhere"})
