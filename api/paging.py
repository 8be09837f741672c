"""Keyset connections: edges, nodes and page info; cursors are signed, and a bad one is BAD_INPUT."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeAlias, TypeVar
from uuid import UUID

import msgspec
import strawberry

from domain.errors import BadInput
from domain.foundation import secrets
from domain.foundation.pages import Page

T = TypeVar("T")
R = TypeVar("R")

MOST = 100

First: TypeAlias = Annotated[int, strawberry.argument(description=f"How many, 1 to {MOST}.")]
After: TypeAlias = Annotated[str | None, strawberry.argument(description="The cursor after which to go on.")]

_READ: dict[str, Callable[[Any], Any]] = {
    "t": datetime.fromisoformat,
    "u": UUID,
    "n": Decimal,
    "i": int,
    "s": str,
    "z": lambda _: None,
}


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more rows follow.")
    has_previous_page: bool = strawberry.field(description="Whether this page began after a cursor.")
    start_cursor: str | None = strawberry.field(description="The first row's cursor.")
    end_cursor: str | None = strawberry.field(description="The last row's cursor: the next page's `after`.")


@strawberry.type(description="A row of a list and its cursor.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Opaque; hand it back as `after`.")
    node: T = strawberry.field(description="The row.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The rows with their cursors.")
    nodes: list[T] = strawberry.field(description="The rows alone.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")


def page(first: int, after: str | None) -> Page:
    """The page that the arguments ask for, or BAD_INPUT."""
    if not 1 <= first <= MOST:
        raise BadInput(f"first must be between 1 and {MOST}.")
    return Page(limit=first, after=None if after is None else _open(after))


def connection(
    rows: Sequence[R],
    asked: Page,
    *,
    key: Callable[[R], tuple[Any, ...]],
    nodes: Sequence[T],
) -> Connection[T]:
    """A connection of ``nodes``, made from ``rows`` (up to ``limit + 1`` of them, the last only tells of more)."""
    shown = rows[: asked.limit]
    edges = [Edge(cursor=_seal(key(row)), node=node) for row, node in zip(shown, nodes, strict=False)]
    return Connection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=PageInfo(
            has_next_page=len(rows) > asked.limit,
            has_previous_page=asked.after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
    )


def _seal(key: tuple[Any, ...]) -> str:
    body = msgspec.json.encode([_mark(part) for part in key])
    return base64.urlsafe_b64encode(_sign(body) + body).decode().rstrip("=")


def _open(cursor: str) -> tuple[Any, ...]:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        if not hmac.compare_digest(raw[:8], _sign(raw[8:])):
            raise ValueError("signature")
        return tuple(_READ[mark](text) for mark, text in msgspec.json.decode(raw[8:]))
    except (ValueError, KeyError, TypeError, msgspec.DecodeError):
        raise BadInput("This cursor is not one of ours; start again without `after`.") from None


def _sign(body: bytes) -> bytes:
    return hmac.new(secrets.key(), body, hashlib.sha256).digest()[:8]


def _mark(part: Any) -> tuple[str, str]:
    if part is None:
        return "z", ""
    if isinstance(part, datetime):
        return "t", part.isoformat()
    if isinstance(part, UUID):
        return "u", str(part)
    if isinstance(part, Decimal):
        return "n", str(part)
    return ("i", str(part)) if isinstance(part, int) else ("s", str(part))
