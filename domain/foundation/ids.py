"""Ids are UUIDs of version 7, made in Python so that no statement needs Postgres 18."""

from __future__ import annotations

from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

NAMESPACE = UUID("6f9619ff-8b86-5d01-b42d-00cf4fc964ff")


#: A new id; ids of one process rise with time. (The library's own function, so that migrations name no domain code.)
new = uuid7


def named(*parts: object) -> UUID:
    """The id that these parts always give."""
    return uuid5(NAMESPACE, ":".join(str(part) for part in parts))
