"""What is decided about media without looking anywhere."""

from __future__ import annotations

from datetime import timedelta

from domain.errors import InvalidInput, Problem
from domain.media.tables import AssetState as S

#: The edges of an asset.
EDGES: dict[S, tuple[S, ...]] = {
    S.INIT: (S.UPLOADED, S.REJECTED, S.PURGED),
    S.UPLOADED: (S.PROCESSED, S.APPROVED, S.REJECTED, S.PURGED),
    S.PROCESSED: (S.APPROVED, S.REJECTED, S.PURGED),
    S.APPROVED: (S.REJECTED, S.PURGED),
    S.REJECTED: (S.PURGED,),
    S.PURGED: (),
}
#: Pictures only: nothing here can strip a film of its metadata.
MIMES = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/avif": "AVIF",
}
MOST_BYTES = 20 * 1024 * 1024
#: A picture of more points is a trap for the decoder.
MOST_PIXELS = 60_000_000
#: Widths of the renditions in pixels; a smaller picture is not enlarged.
WIDTHS = {"small": 320, "medium": 960, "large": 1920}

TICKET_FOR = timedelta(minutes=5)
#: A link says so long who may cache it, and is looked at again after it.
LINK_FOR = timedelta(seconds=60)
ORPHAN_AFTER = timedelta(hours=48)
OBJECTS_KEPT = timedelta(days=30)
LEASE = timedelta(minutes=2)
MOST_TRIES = 5
#: Tickets that one person may have open at once.
MOST_OPEN = 50
#: Perceptual hashes that differ in so many of 64 bits or fewer are of the same picture.
SAME_PICTURE = 6


def may_become(state: str, target: str) -> bool:
    """Whether the edge exists."""
    return S(target) in EDGES[S(state)]


def must_be_uploadable(mime: str, bytes_: int, sha256: str) -> None:
    """Refuses InvalidInput with everything that is wrong about what a ticket is asked for."""
    problems = []
    if mime not in MIMES:
        problems.append(Problem("mime", f"One of {', '.join(MIMES)}."))
    if not 0 < bytes_ <= MOST_BYTES:
        problems.append(Problem("bytes", f"1 to {MOST_BYTES}."))
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        problems.append(Problem("sha256", "64 lower-case hexadecimal digits."))
    if problems:
        raise InvalidInput(problems)


def distance(one: int, other: int) -> int:
    """In how many bits two perceptual hashes differ."""
    return ((one ^ other) & (2**64 - 1)).bit_count()
