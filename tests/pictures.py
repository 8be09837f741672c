"""Pictures for tests, drawn here."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from PIL import ExifTags, Image, ImageDraw

from domain.actor import Actor
from domain.media import uploads


def drawn(seed: int = 1, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Coloured boxes; another seed is another picture."""
    dice = random.Random(seed)
    picture = Image.new("RGB", size, tuple(dice.randbytes(3)))
    pen = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y = dice.randrange(size[0]), dice.randrange(size[1])
        pen.rectangle((x, y, x + size[0] // 4, y + size[1] // 4), fill=tuple(dice.randbytes(3)))
    return picture


def jpeg(
    seed: int = 1, *, place: bool = False, size: tuple[int, int] = (640, 480), quality: int = 90
) -> bytes:
    """A JPEG with metadata: a camera, and where it was taken (31.2304 N, 121.4737 E) if wanted."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "A camera that tells"
    if place:
        exif[ExifTags.IFD.GPSInfo] = {
            ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: (31.0, 13.0, 49.44),
            ExifTags.GPS.GPSLongitudeRef: "E", ExifTags.GPS.GPSLongitude: (121.0, 28.0, 25.32),
        }  # fmt: skip
    written = io.BytesIO()
    drawn(seed, size).save(written, "JPEG", exif=exif, quality=quality)
    return written.getvalue()


async def sent(actor: Actor, content: bytes, mime: str = "image/jpeg", *, is_geo_kept: bool = False) -> UUID:
    """An upload whose file is there and waits to be confirmed."""
    ticket = await uploads.request(
        actor, mime, len(content), hashlib.sha256(content).hexdigest(), is_geo_kept=is_geo_kept
    )
    query = parse_qs(urlsplit(ticket.url).query)
    await uploads.receive(ticket.upload, int(query["until"][0]), query["signature"][0], once(content))
    return ticket.upload


async def once(content: bytes) -> AsyncIterator[bytes]:
    """The content as a stream."""
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]
