"""Links to renditions, and the files behind them. A link is signed; what is behind it is asked each time it is followed."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from domain import clock, db
from domain.errors import NotFound
from domain.foundation import secrets
from domain.media import rules, store


def link(asset: UUID, name: str) -> str:
    """The path of a rendition on this server; whoever has it may look while the asset may be shown."""
    return f"/media/{asset}/{name}?signature={_signature(asset, name)}"


def inspection_link(asset: UUID, name: str) -> str:
    """The path for staff, good for five minutes, which also shows what is withheld from everybody else."""
    until = int((clock.now() + rules.TICKET_FOR).timestamp())
    return f"/media/{asset}/{name}?until={until}&signature={_signature(asset, name, until)}"


async def opened(asset: UUID, name: str, signature: str, until: int | None = None) -> str | None:
    """Whether a link may be followed now: NOT_FOUND, or an address of the store to go on to (None: read it here).

    Withheld, rejected and purged assets are not found, from the moment on in which they become it.
    """
    if name not in rules.WIDTHS or not hmac.compare_digest(signature, _signature(asset, name, until)):
        raise NotFound()
    if until is not None and until <= clock.now().timestamp():
        raise NotFound()
    is_shown = await db.value(
        """SELECT EXISTS (SELECT FROM media.asset WHERE id = $1 AND state IN ('PROCESSED', 'APPROVED')
        AND ($2 OR withheld_at IS NULL))""",
        asset, until is not None,
    )  # fmt: skip
    if not is_shown:
        raise NotFound()
    return None if store.is_local() else await store.signed("GET", asset, name, rules.LINK_FOR)


def _signature(asset: UUID, name: str, until: int | None = None) -> str:
    said = f"rendition:{asset}:{name}:{until or ''}"
    return hmac.new(secrets.key(), said.encode(), hashlib.sha256).hexdigest()[:32]
