"""What sanctions of the whole site do elsewhere: sessions end with SUSPEND and BAN, points freeze with FREEZE_POINTS.

The longest sanction rules. Each area's own switch is set to what the sanctions in force ask for; one that somebody
else had set before stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain import db
from domain.actor import Actor
from domain.community import sanctions
from domain.community.desk_tables import SanctionKind
from domain.community.sanctions import Sanction
from domain.points import balances, ledger
from domain.profile import standing

_ENDING_SESSIONS = frozenset({SanctionKind.SUSPEND, SanctionKind.BAN})


async def follow(actor: Actor, member: UUID, reason: str) -> None:
    """Bring sessions and points to what the sanctions in force say now. The caller holds the member's root."""
    root = await db.value("SELECT root FROM profile.member WHERE id = $1", member)
    if root is None:
        return
    site = [each for each in await sanctions.active(root) if each.circle is None]
    await _sessions(actor, root, [s for s in site if s.kind in _ENDING_SESSIONS], reason)
    await _points(actor, root, [s for s in site if s.kind is SanctionKind.FREEZE_POINTS])


async def _sessions(actor: Actor, root: UUID, asked: Sequence[Sanction], reason: str) -> None:
    status = await db.value("SELECT status FROM profile.member WHERE id = $1", root)
    is_ours = await _is_held(root, "SESSIONS")
    if asked and status == "ACTIVE":
        await standing.suspend(actor, root, reason, longest(asked))
        await _hold(root, "SESSIONS", asked)
    elif asked and is_ours:
        await standing.set_until(root, longest(asked))
        await _hold(root, "SESSIONS", asked)
    elif not asked and is_ours:
        if status == "SUSPENDED":
            await standing.restore(actor, root, reason)
        await _let_go(root, "SESSIONS")


async def _points(actor: Actor, root: UUID, asked: Sequence[Sanction]) -> None:
    is_ours = await _is_held(root, "POINTS")
    is_frozen = any(balance.is_frozen for balance in await balances.of_member(root))
    if asked and (is_ours or not is_frozen):
        await ledger.freeze(actor, root, None, until=longest(asked))
        await _hold(root, "POINTS", asked)
    elif not asked and is_ours:
        await ledger.freeze(actor, root, None, is_frozen=False)
        await _let_go(root, "POINTS")


def longest(found: Sequence[Sanction]) -> datetime | None:
    """Until when the last of them holds; None for good."""
    ends = [each.until for each in found]
    return None if None in ends else max(end for end in ends if end is not None)


async def _is_held(root: UUID, what: str) -> bool:
    """Whether it is the community's sanctions that hold this switch."""
    return await db.value(
        """SELECT EXISTS (SELECT FROM community.sanction AS s JOIN profile.member AS m ON m.id = s.member
        WHERE m.root = $1 AND $2 = ANY(s.holds))""",
        root, what,
    )  # fmt: skip


async def _hold(root: UUID, what: str, asked: Sequence[Sanction]) -> None:
    await _let_go(root, what)
    await db.run(
        "UPDATE community.sanction SET holds = array_append(holds, $2) WHERE id = ANY($1)",
        [each.id for each in asked], what,
    )  # fmt: skip


async def _let_go(root: UUID, what: str) -> None:
    await db.run(
        """UPDATE community.sanction SET holds = array_remove(holds, $2) WHERE $2 = ANY(holds)
        AND member IN (SELECT id FROM profile.member WHERE root = $1)""",
        root, what,
    )  # fmt: skip
