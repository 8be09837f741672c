"""Uploads over GraphQL and HTTP: ticket, PUT, confirmation, processing, links, and what may not be."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import httpx
import pytest
from PIL import Image

from api.app import create_app
from domain import clock, db
from domain.actor import Actor
from domain.errors import InvalidInput
from domain.foundation import ids
from domain.media import attaching, known, processing, purging, rules, serving, store, uploads
from domain.media.errors import MediaNotReady, UploadMismatch
from tests import make, pictures
from tests.api.http import small

REQUEST = """mutation($input: RequestUploadInput!) { requestUpload(input: $input) {
    ... on RequestUploadSuccess { ticket { uploadId url headers expiresAt } }
    ... on InvalidInput { problems { path } } } }"""
CONFIRM = """mutation($input: ConfirmUploadInput!) { confirmUpload(input: $input) {
    ... on ConfirmUploadSuccess { media { id state renditions { name width height url } } }
    ... on UploadMismatch { problem } ... on InvalidInput { problems { path } } } }"""
MEDIA = "query($id: ID!) { media(id: $id) { state mime width height renditions { name width height url } } }"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    from domain.settings import settings

    monkeypatch.setattr(settings(), "data_dir", tmp_path)
    store.forget()
    yield tmp_path
    store.forget()
    clock.shift(timedelta(0))


@pytest.fixture
async def http():
    app = create_app(small.schema, is_standing_alone=False)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 4))
    async with httpx.AsyncClient(transport=transport, base_url="http://marque.test") as client:
        yield client


def asked(content: bytes, **more) -> dict:
    return {
        "input": {
            "mime": "image/jpeg",
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            **more,
        }
    }


async def test_a_picture_travels_from_ticket_to_link_and_loses_its_metadata(gql, http):
    me, content = await make.member_actor(), pictures.jpeg(place=True, size=(2400, 1600))
    ticket = (await gql(REQUEST, asked(content), actor=me))["requestUpload"]["ticket"]
    assert ticket["headers"] == {"content-type": "image/jpeg", "content-length": str(len(content))}
    early = await gql(CONFIRM, {"input": {"uploadId": ticket["uploadId"]}}, actor=me)
    assert early["confirmUpload"] == {"problems": [{"path": "uploadId"}]}
    assert (await http.put(ticket["url"], content=content, headers=ticket["headers"])).status_code == 204
    for _ in range(2):
        media = (await gql(CONFIRM, {"input": {"uploadId": ticket["uploadId"]}}, actor=me))["confirmUpload"][
            "media"
        ]
        assert (media["state"], media["renditions"]) == ("UPLOADED", [])
    assert await processing.work_off() == 1
    assert await processing.work_off() == 0

    seen = (await gql(MEDIA, {"id": media["id"]}, actor=me))["media"]
    assert (seen["state"], seen["width"], seen["height"]) == ("APPROVED", 2400, 1600)
    sizes = [(each["name"], each["width"], each["height"]) for each in seen["renditions"]]
    assert sizes == [("small", 320, 213), ("medium", 960, 640), ("large", 1920, 1280)]
    for each in seen["renditions"]:
        answer = await http.get(each["url"])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
        assert answer.headers["cache-control"] == "private, max-age=60"
        shown = Image.open(io.BytesIO(answer.content))
        assert (shown.width, shown.height) == (each["width"], each["height"])
        assert not shown.getexif() and "exif" not in shown.info
        assert b"camera that tells" not in answer.content
    assert await db.value("SELECT count(*) FROM media.asset_place") == 0  # nobody opted in
    stranger = await gql(MEDIA, {"id": media["id"]}, actor=await make.member_actor())
    assert stranger.codes == ["NOT_FOUND"]


async def test_the_place_is_kept_apart_for_who_opts_in():
    me = await make.member_actor()
    upload = await pictures.sent(me, pictures.jpeg(place=True), is_geo_kept=True)
    await uploads.confirm(me, upload)
    await processing.work_off()
    row = await db.one("SELECT latitude, longitude FROM media.asset_place WHERE asset = $1", upload)
    assert (round(row["latitude"], 4), round(row["longitude"], 4)) == (31.2304, 121.4737)


async def test_what_cannot_be_uploaded_is_told_at_once(gql):
    me = await make.member_actor()
    given = {"mime": "video/mp4", "bytes": 0, "sha256": "ABC"}
    answer = (await gql(REQUEST, {"input": given}, actor=me))["requestUpload"]
    assert [each["path"] for each in answer["problems"]] == ["mime", "bytes", "sha256"]
    for _ in range(rules.MOST_OPEN):
        await uploads.request(me, "image/png", 1, "0" * 64)
    assert (await gql(REQUEST, asked(b"x"), actor=me)).codes == ["RATE_LIMITED"]


async def test_the_file_must_be_the_announced_one(gql, http):
    me, content = await make.member_actor(), pictures.jpeg()
    ticket = (await gql(REQUEST, asked(content), actor=me))["requestUpload"]["ticket"]
    for wrong in (content[:-1], content + b"!", content[:-1] + b"!"):
        assert (await http.put(ticket["url"], content=wrong)).status_code == 400
    forged = ticket["url"].replace("signature=", "signature=0")
    assert (await http.put(forged, content=content)).status_code == 404
    clock.shift(rules.TICKET_FOR)
    assert (await http.put(ticket["url"], content=content)).status_code == 404


@pytest.mark.commits
async def test_a_file_that_the_store_took_and_is_another_is_rejected_for_good(gql):
    me = await make.member_actor()
    upload = (await uploads.request(me, "image/jpeg", 5, hashlib.sha256(b"right").hexdigest())).upload
    await store.put(upload, store.ORIGINAL, b"wrong")  # as a client of another store could do
    for _ in range(2):
        answer = (await gql(CONFIRM, {"input": {"uploadId": str(upload)}}, actor=me))["confirmUpload"]
        assert answer == {"problem": "sha256"}
    assert await state(upload) == "REJECTED"
    other = await gql(CONFIRM, {"input": {"uploadId": str(upload)}}, actor=await make.member_actor())
    assert other.codes == ["NOT_FOUND"]


@pytest.mark.parametrize(
    "content", [b"no picture at all", pictures.jpeg()[:300], b"GIF89a\xff\xff\xff\xff\x00\x00\x00"]
)
async def test_what_is_no_picture_is_rejected(content):
    me = await make.member_actor()
    upload = await pictures.sent(me, content)
    await uploads.confirm(me, upload)
    assert await processing.work_off() == 1
    assert await state(upload) == "REJECTED"
    with pytest.raises(InvalidInput):
        await attach(me, [upload])


async def test_a_worker_that_was_killed_is_followed_by_another():
    me = await make.member_actor()
    upload = await pictures.sent(me, pictures.jpeg())
    await uploads.confirm(me, upload)
    await db.run(
        "UPDATE media.asset SET due_at = $2, tries = 1 WHERE id = $1", upload, clock.now() + rules.LEASE
    )
    assert await processing.work_off() == 0  # the lease holds
    clock.shift(rules.LEASE)
    assert await processing.work_off() == 1
    assert await state(upload) == "APPROVED"


async def test_one_holder_shows_an_upload_in_order_and_lets_go():
    me, other = await make.member_actor(), await make.member_actor()
    one, two = [await done(me, seed) for seed in (1, 2)]
    post = await attach(me, [two, one])
    assert [row["id"] for row in (await attaching.of_holders([post]))[post]] == [two, one]
    for root, media in ((me, [one]), (other, [one]), (me, [ids.new()]), (me, [two, two])):
        with pytest.raises(InvalidInput) as refused:
            await attach(root, media)
        assert refused.value.problems[-1].path == f"mediaIds.{len(media) - 1}"
    ticket = await uploads.request(me, "image/png", 5, "0" * 64)
    with pytest.raises(MediaNotReady):
        await attach(me, [ticket.upload])
    await attaching.attach(me.member_id, [one], "POST", post)
    assert [row["id"] for row in (await attaching.of_holders([post]))[post]] == [one]
    clock.shift(rules.ORPHAN_AFTER)
    assert await purging.work_off()
    assert (await state(two), await state(one)) == ("PURGED", "APPROVED")
    assert await store.read(two, "small") is None


async def test_what_is_withheld_is_served_to_staff_alone_and_comes_back(http):
    me = await make.member_actor()
    upload = await done(me)
    post, link = await attach(me, [upload]), serving.link(upload, "small")
    assert (await http.get(link)).status_code == 200
    await attaching.withhold([post])
    assert (await http.get(link)).status_code == 404
    inspection = serving.inspection_link(upload, "small")
    assert (await http.get(inspection)).status_code == 200
    clock.shift(rules.TICKET_FOR)
    assert (await http.get(inspection)).status_code == 404
    await attaching.expose([post])
    assert (await http.get(link)).status_code == 200
    for forged in (
        link.replace("small", "large"),
        link[:-1],
        f"/media/{upload}/original?signature=x",
        "/media/x/small?signature=x",
    ):
        assert (await http.get(forged)).status_code == 404


async def test_what_is_purged_is_gone_at_once_and_its_objects_after_thirty_days(http):
    me = await make.member_actor()
    upload = await done(me)
    post = await attach(me, [upload])
    await purging.purge([post])
    assert (await http.get(serving.link(upload, "small"))).status_code == 404
    await purging.work_off()
    assert await store.size(upload, "small")
    clock.shift(rules.OBJECTS_KEPT)
    await purging.work_off()
    assert [await store.size(upload, name) for name in ("small", store.ORIGINAL)] == [None, None]


async def test_what_looks_like_a_known_picture_waits_for_a_moderator(gql):
    me, moderator = await make.member_actor(), make.staff("moderator")
    first = await done(me, 3)
    await known.mark(moderator, first, "known from elsewhere")
    again, another = await done(me, 3, quality=40), await done(me, 4)
    assert (await state(again), await state(another)) == ("PROCESSED", "APPROVED")
    listed = await gql("{ knownMedia { nodes { phash note isActive version } } }", actor=moderator)
    assert [(each["note"], each["version"]) for each in listed["knownMedia"]["nodes"]] == [
        ("known from elsewhere", 1)
    ]
    phash = await db.value("SELECT phash FROM media.asset WHERE id = $1", first)
    post = await attach(me, [again])
    assert await known.holders_like(phash=phash) == [post]


async def test_leavers_leave_no_picture():
    me = await make.member_actor()
    upload = await done(me)
    assert await purging.purge_of([me.member_id]) == 1
    await purging.work_off()
    assert await store.size(upload, store.ORIGINAL) is None
    row = await db.one("SELECT state, phash, sha256 FROM media.asset WHERE id = $1", upload)
    assert tuple(row) == ("PURGED", None, "0" * 64)


async def test_what_a_leaver_was_just_uploading_goes_too():
    me = await make.member_actor()
    upload = await pictures.sent(me, pictures.jpeg())
    await uploads.confirm(me, upload)
    await purging.purge_of([me.member_id])
    await purging.work_off()
    await store.put(upload, "small", b"by a worker that was at it")
    clock.shift(rules.TICKET_FOR)
    await purging.work_off()
    assert [await store.size(upload, name) for name in ("small", store.ORIGINAL)] == [None, None]


async def attach(me: Actor, media: list) -> object:
    post = ids.new()
    async with db.savepoint():
        await attaching.attach(me.member_id, media, "POST", post)
    return post


async def done(me: Actor, seed: int = 1, quality: int = 90) -> object:
    upload = await pictures.sent(me, pictures.jpeg(seed, quality=quality))
    await uploads.confirm(me, upload)
    await processing.work_off()
    return upload


async def state(upload: object) -> str:
    return await db.value("SELECT state FROM media.asset WHERE id = $1", upload)


async def test_too_large_a_body_is_cut_off():
    me = await make.member_actor()
    ticket = await uploads.request(me, "image/jpeg", 5, "0" * 64)
    with pytest.raises(UploadMismatch):
        await uploads.receive(ticket.upload, *signed(ticket.url), pictures.once(b"x" * 10_000))


def signed(url: str) -> tuple[int, str]:
    until, signature = url.partition("?")[2].split("&")
    return int(until.removeprefix("until=")), signature.removeprefix("signature=")
