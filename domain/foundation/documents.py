"""Trusted documents: the operations that the brand's own apps were built with, by their hash."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from domain import clock, db
from domain.errors import InvalidInput, Problem

LONGEST_DOCUMENT = 256 * 1024
_HASH = re.compile(r"^[A-Za-z0-9_:.-]{1,128}$")


async def find(document_id: str) -> str | None:
    """The text of a document, or None. A document never changes under its id."""
    if not _HASH.match(document_id):
        return None
    return await db.value("SELECT text FROM foundation.trusted_document WHERE id = $1", document_id)


async def load_manifest(manifest: Any) -> tuple[int, int]:
    """Keep the documents of a manifest ``{hash: document}``; answers (added, already there).

    All or nothing. Raises InvalidInput for a manifest of another shape and for a known id with another text.
    """
    documents = _checked(manifest)
    async with db.transaction():
        known = {
            row["id"]: row["text"]
            for row in await db.fetch(
                "SELECT id, text FROM foundation.trusted_document WHERE id = ANY($1::text[])", list(documents)
            )
        }
        changed = [name for name, text in known.items() if documents[name] != text]
        if changed:
            raise InvalidInput(
                [Problem(name, "This id stands for another document already.") for name in changed]
            )
        added = [(name, text, clock.now()) for name, text in documents.items() if name not in known]
        await db.run_many(
            "INSERT INTO foundation.trusted_document (id, text, imported_at) VALUES ($1, $2, $3) "
            "ON CONFLICT (id) DO NOTHING",
            added,
        )
    return len(added), len(known)


def _checked(manifest: Any) -> Mapping[str, str]:
    if not isinstance(manifest, dict):
        raise InvalidInput.at("", "The manifest is not an object of {hash: document}.")
    problems = [
        Problem(str(name)[:128], "Expected a hash and the text of a document.")
        for name, text in manifest.items()
        if not (isinstance(text, str) and 0 < len(text) <= LONGEST_DOCUMENT and _HASH.match(name))
    ]
    if problems:
        raise InvalidInput(problems)
    return manifest
