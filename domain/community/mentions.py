"""Who is named in a text: ``@memberNo`` or ``@[name](member:ID)``; names that nobody has stay text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.community import configuration, content_rules
from domain.community.authors import Author
from domain.community.tables import TargetKind
from domain.errors import InvalidInput
from domain.foundation import ids
from domain.messaging import notices
from domain.messaging.types import NoticeType


async def find(author: Author, body: str) -> list[UUID]:
    """The roots of those whom a text names, each once; InvalidInput for more than the author may name."""
    found = await resolve(body)
    most = configuration.at_level(await configuration.value("mentions.most"), author.level)
    if len(found) > most and not author.is_staff:
        raise InvalidInput.at("body", f"Name at most {most} people.")
    return found


async def resolve(body: str) -> list[UUID]:
    """The roots of those whom a text names, each once."""
    named = content_rules.named(body)
    if not named.numbers and not named.ids:
        return []
    rows = await db.fetch(
        """SELECT DISTINCT r.id FROM profile.member AS m JOIN profile.member AS r ON r.id = m.root
        WHERE (m.number = ANY($1) OR m.id = ANY($2)) AND r.kind = 'MEMBER' AND r.status = 'ACTIVE' ORDER BY r.id""",
        list(named.numbers), list(named.ids),
    )  # fmt: skip
    return [row["id"] for row in rows]


async def put(kind: TargetKind, target: UUID, people: Sequence[UUID]) -> None:
    """A text names exactly these people."""
    await db.run(
        "DELETE FROM community.mention WHERE target = $1 AND member <> ALL($2)", target, list(people)
    )
    if people:
        await db.run(
            """INSERT INTO community.mention (id, target_kind, target, member, created_at)
            SELECT i, $3, $4, m, $5 FROM unnest($1::uuid[], $2::uuid[]) AS g(i, m)
            ON CONFLICT (target, member) DO NOTHING""",
            [ids.new() for _ in people], list(people), kind, target, clock.now(),
        )  # fmt: skip


async def tell(kind: TargetKind, target: UUID, post: UUID, author: UUID | None) -> list[UUID]:
    """Tell those whom a published text names and who may see it, once each; answers whom."""
    rows = await db.fetch(
        "SELECT member FROM community.mention WHERE target = $1 AND community.can_see(member, $2::uuid) ORDER BY member",
        target, post,
    )  # fmt: skip
    for row in rows:
        await notices.send(
            row["member"], NoticeType.MENTION, (kind.value, target), actor=author, target=("POST", post)
        )
    return [row["member"] for row in rows]


def facts(told: Sequence[UUID]) -> dict[str, Any]:
    """What the interaction says of them, so that nobody is told twice of one text."""
    return {"mentioned": [str(member) for member in told]} if told else {}
