"""Trusted documents: an app sends the id of an operation that it was built with instead of its text."""

from __future__ import annotations

from domain.errors import NotFound
from domain.foundation import documents

MOST_KEPT = 10_000
_texts: dict[str, Trusted] = {}


class Trusted(str):
    """The text of an operation that came from the manifest and not from the caller."""

    __slots__ = ()


async def text_of(document_id: str) -> Trusted:
    """The document's text; NOT_FOUND for an unknown id. Documents never change, so they are kept for good."""
    if document_id not in _texts:
        text = await documents.find(document_id)
        if text is None:
            raise NotFound("No document of the manifest has this id.")
        if len(_texts) >= MOST_KEPT:
            _texts.clear()
        _texts[document_id] = Trusted(text)
    return _texts[document_id]
