"""What is added to a post or a comment (likes, comments) against its removal, which voids all that was received.

Advisory locks, because many may add at once to one popular post without writing its row: adding shares, removing
claims. They come after the member roots in the house's order, and before the records.
"""

from __future__ import annotations

from uuid import UUID

from domain import db


async def share(target: UUID) -> None:
    """Hold off a removal until the transaction ends."""
    await db.run("SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))", f"community/{target}")


async def claim(target: UUID) -> None:
    """Wait until nobody adds, and let nobody add until the transaction ends."""
    await db.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"community/{target}")
