"""Pictures (Pillow): renditions without metadata, the perceptual hash, the place. Plain functions that take CPU."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageOps

from domain.media import rules

#: Takes a decoded picture and answers it with number plates and faces made unreadable.
Blur = Callable[[Image.Image], Image.Image]

Image.MAX_IMAGE_PIXELS = rules.MOST_PIXELS


class Unreadable(Exception):
    """Not a picture of the announced kind, or too large a one; says why."""


@dataclass(frozen=True)
class Rendition:
    """One size of a picture, as WebP."""

    name: str
    width: int
    height: int
    content: bytes


@dataclass(frozen=True)
class Picture:
    """What is made of an original; ``place`` is (latitude, longitude) in degrees where its metadata say so."""

    width: int
    height: int
    phash: int
    place: tuple[float, float] | None
    renditions: list[Rendition]


def made_of(content: bytes, mime: str, blur: Blur | None = None) -> Picture:
    """Decode an original and make all of it; raises Unreadable. Animations become their first picture."""
    try:
        with Image.open(io.BytesIO(content), formats=[rules.MIMES[mime]]) as opened:
            if opened.width * opened.height > rules.MOST_PIXELS:
                raise Unreadable("pixels")
            place = _place(opened.getexif())
            upright = ImageOps.exif_transpose(opened)
            picture = upright.convert(
                "RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB"
            )
    except Unreadable:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, KeyError) as failure:
        raise Unreadable("picture") from failure
    if blur is not None:
        picture = blur(picture)
    return Picture(
        picture.width,
        picture.height,
        _phash(picture),
        place,
        [_sized(picture, *each) for each in _sizes(picture)],
    )


def _sizes(picture: Image.Image) -> list[tuple[str, int]]:
    return [(name, min(width, picture.width)) for name, width in rules.WIDTHS.items()]


def _sized(picture: Image.Image, name: str, width: int) -> Rendition:
    height = max(1, round(picture.height * width / picture.width))
    # A new picture has none of the original's metadata: nothing is copied but the points.
    small = picture.resize((width, height), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    small.save(written, "WEBP", quality=82, method=2)
    return Rendition(name, width, height, written.getvalue())


def _phash(picture: Image.Image) -> int:
    """The DCT hash of 64 bits (imagehash.phash), as a signed number."""
    import imagehash  # with it comes numpy: not for every process that knows of pictures

    found = int(str(imagehash.phash(picture.convert("RGB"))), 16)
    return found - 2**64 if found >= 2**63 else found


def _place(exif: Image.Exif) -> tuple[float, float] | None:
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    try:
        latitude = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef], "S")
        longitude = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef], "W")
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _degrees(parts: tuple[float, float, float], side: str, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    found = degrees + minutes / 60 + seconds / 3600
    return -found if side == negative else found
