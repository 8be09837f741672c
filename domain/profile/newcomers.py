"""Members made many at a time: imports and demonstrations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain import db
from domain.actor import ActorKind
from domain.foundation import ids
from domain.profile import kinds, suppression
from domain.profile.identities import Named
from domain.profile.interactions import Entry


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A person whose external id nobody has yet."""

    external_id: str
    joined_at: datetime
    last_seen_at: datetime
    display_name: str | None = None


async def add(people: Sequence[Newcomer], identity_type: str, source: str) -> list[Entry]:
    """Make the members with their external ids, set by set; answers what is to be recorded about them.

    People who left are not made again.
    """
    gone = await suppression.among(Named(1, identity_type, person.external_id) for person in people)
    made = [(ids.new(), person) for person in people if (identity_type, person.external_id) not in gone]
    await db.run(
        """INSERT INTO profile.member (id, root, kind, status, display_name, zone, locale, joined_at, first_seen_at,
            last_seen_at, version)
        SELECT i, i, 'MEMBER', 'ACTIVE', n, 'Asia/Shanghai', 'zh-CN', j, j, s, 1
        FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS g(i, n, j, s)""",
        [id_ for id_, _ in made], [p.display_name for _, p in made], [p.joined_at for _, p in made],
        [p.last_seen_at for _, p in made],
    )  # fmt: skip
    await db.run(
        """INSERT INTO profile.identity (id, type, value_norm, member, is_verified, first_seen_at, last_seen_at, source)
        SELECT i, $3, v, m, false, j, s, $4
        FROM unnest($1::uuid[], $2::text[], $5::uuid[], $6::timestamptz[], $7::timestamptz[]) AS g(i, v, m, j, s)""",
        [ids.new() for _ in made], [p.external_id for _, p in made], identity_type, source,
        [id_ for id_, _ in made], [p.joined_at for _, p in made], [p.last_seen_at for _, p in made],
    )  # fmt: skip
    return [
        Entry(kinds.MEMBER_JOINED, ("MEMBER", id_), id_, id_, person.joined_at, ActorKind.SYSTEM)
        for id_, person in made
    ]
