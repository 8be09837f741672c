"""Tables of media (schema ``media``). What is in the files stands in the store; see ``store.py`` for the paths."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Boolean,
    Integer,
    OnDelete,
    Real,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.column_types import ForeignKey
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.foundation import ids


class AssetState(StrEnum):
    INIT = "INIT"
    UPLOADED = "UPLOADED"
    PROCESSED = "PROCESSED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    PURGED = "PURGED"


class Asset(Table, schema="media"):
    """A file that a member uploads. ``member`` is who did it, ``root`` the person that this member is now.

    ``mime``, ``bytes`` and ``sha256`` are what the ticket promised, and the upload must be exactly that. ``phash`` is
    the perceptual hash (64 bits, signed). ``renditions`` lists {name, width, height, bytes}. ``holder`` is what shows
    it; while ``withheld_at`` is set nobody is served. ``due_at`` is when the next work on it falls due: processing,
    purging an orphan, removing the objects of what was purged.
    """

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None, index=True)
    root = UUID(null=False, default=None, index=True)
    state = Varchar(length=10, null=False, default="INIT", choices=AssetState)
    mime = Varchar(length=40, null=False, default=None)
    bytes = BigInt(null=False, default=None)
    sha256 = Varchar(length=64, null=False, default=None, index=True)
    is_geo_kept = Boolean(null=False, default=False)
    phash = BigInt(null=True, default=None)
    width = Integer(null=True, default=None)
    height = Integer(null=True, default=None)
    duration_ms = Integer(null=True, default=None)
    renditions = JSONB(null=False, default="[]")
    is_known_bad = Boolean(null=False, default=False)
    reason = Text(null=True, default=None)
    holder_kind = Varchar(length=10, null=True, default=None)
    holder = UUID(null=True, default=None, index=True)
    position = SmallInt(null=True, default=None)
    withheld_at = Timestamptz(null=True, default=None)
    tries = SmallInt(null=False, default=0)
    due_at = Timestamptz(null=True, default=None)
    purged_at = Timestamptz(null=True, default=None)
    are_objects_gone = Boolean(null=False, default=False)
    created_at = Timestamptz(null=False, default=None)

    bytes_are_positive = Check("bytes > 0")
    a_hash_is_hexadecimal = Check("sha256 ~ '^[0-9a-f]{64}$'")
    a_holder_has_a_kind = Check("(holder IS NULL) = (holder_kind IS NULL)")


class AssetPlace(Table, schema="media"):
    """Where a picture was taken, kept apart from it and only for who opted in; degrees."""

    id = UUID(primary_key=True, default=ids.new)
    asset = ForeignKey(Asset, null=False, on_delete=OnDelete.restrict, unique=True)
    latitude = Real(null=False, default=None)
    longitude = Real(null=False, default=None)


class KnownMedia(Table, schema="media"):
    """A picture that staff do not want to see again: what looks like it (6 bits apart or fewer) is held."""

    id = UUID(primary_key=True, default=ids.new)
    phash = BigInt(null=False, default=None)
    note = Text(null=False, default=None)
    is_active = Boolean(null=False, default=True)
    version = Integer(null=False, default=1)
    created_at = Timestamptz(null=False, default=None)

    each_picture_once = Unique(["phash"])


TABLES = [Asset, AssetPlace, KnownMedia]
