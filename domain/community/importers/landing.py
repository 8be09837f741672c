"""Storing imported content in batches: one statement a table, and the facts that are to be recorded.

Every function takes rows whose external ids are not there yet and whose references are resolved; it runs in the
caller's transaction and answers entries for :func:`domain.profile.interactions.record_many`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain import db
from domain.actor import ActorKind
from domain.community import comments, hashtags, kinds, reactions, rules, stats
from domain.community.tables import CommentKind, ReactionKind, TargetKind
from domain.foundation import ids
from domain.profile.interactions import Entry


@dataclass(frozen=True, slots=True)
class Target:
    """What an external id names; ``kind`` is POST, ANSWER or COMMENT, ``post`` the post it is or stands under."""

    kind: str
    id: UUID
    post: UUID
    author: UUID | None
    root: UUID | None = None

    @property
    def target_kind(self) -> TargetKind:
        return TargetKind.POST if self.kind == "POST" else TargetKind.COMMENT


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post to store; ``accepted`` is the external id of its accepted answer."""

    external_id: str
    author: UUID | None
    kind: str
    title: str | None
    body: str
    body_format: str
    at: datetime
    circle: UUID | None = None
    hashtags: tuple[str, ...] = ()
    edited_at: datetime | None = None
    closed_at: datetime | None = None
    accepted: str | None = None
    views: int = 0
    licence: str | None = None
    source_type: str | None = None
    is_listed: bool = True
    id: UUID = field(default_factory=ids.new)


@dataclass(frozen=True, slots=True)
class NewComment:
    """A comment or answer to store under a post, or under another comment."""

    external_id: str
    author: UUID | None
    kind: CommentKind
    body: str
    body_format: str
    at: datetime
    under: Target
    edited_at: datetime | None = None
    licence: str | None = None
    source_type: str | None = None


@dataclass(frozen=True, slots=True)
class NewReaction:
    """A reaction to store; without a member it is anonymous."""

    external_id: str
    target: Target
    member: UUID | None
    kind: ReactionKind
    at: datetime


async def targets(source: str, external_ids: Iterable[str], kinds_: Sequence[str]) -> dict[str, Target]:
    """What external ids of a source name, where they name several in the order of ``kinds_``."""
    wanted = list(set(external_ids))
    found: dict[str, Target] = {}
    rows = await db.fetch(
        """SELECT 'POST' AS kind, external_id, id, id AS post, author, NULL::uuid AS root FROM community.post
        WHERE source = $1 AND external_id = ANY($2) AND 'POST' = ANY($3)
        UNION ALL
        SELECT kind, external_id, id, post, author, root FROM community.comment
        WHERE source = $1 AND external_id = ANY($2) AND kind = ANY($3)""",
        source, wanted, list(kinds_),
    )  # fmt: skip
    for row in sorted(rows, key=lambda row: kinds_.index(row["kind"]), reverse=True):
        found[row["external_id"]] = Target(row["kind"], row["id"], row["post"], row["author"], row["root"])
    return found


async def posts(rows: Sequence[NewPost], source: str) -> list[Entry]:
    """Store posts with their hashtags, views and closings."""
    made = [row.id for row in rows]
    await db.run(
        """INSERT INTO community.post (id, author, circle, kind, title, body, body_format, folded_hash, stage, is_listed,
            published_at, feed_seq, edited_at, version, transition, accepted_external, licence, source, external_id,
            source_type, created_at)
        SELECT i, a, c, k, t, b, f, h, 'PUBLISHED', l, at, community.feed_seq(at), e, 1, 0, x, li, $15, ex, st, at
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
            $9::boolean[], $10::timestamptz[], $11::timestamptz[], $12::text[], $13::text[], $14::text[], $16::text[])
            AS g(i, a, c, k, t, b, f, h, l, at, e, x, li, ex, st)""",
        made, [r.author for r in rows], [r.circle for r in rows], [r.kind for r in rows], [r.title for r in rows],
        [r.body for r in rows], [r.body_format for r in rows], [rules.fingerprint(r.title, r.body) for r in rows],
        [r.is_listed for r in rows], [r.at for r in rows], [r.edited_at for r in rows], [r.accepted for r in rows],
        [r.licence for r in rows], [r.external_id for r in rows], source, [r.source_type for r in rows],
    )  # fmt: skip
    await stats.add((post, "views", row.views) for post, row in zip(made, rows, strict=True))
    await _tag(list(zip(made, rows, strict=True)))
    await _close([(post, row) for post, row in zip(made, rows, strict=True) if row.closed_at], source)
    return [
        Entry(
            kinds.POST_PUBLISHED, ("POST", post), post, row.author, row.at, _actor(row.author), row.author,
            properties={"kind": row.kind, "circle": _text(row.circle)},
        )
        for post, row in zip(made, rows, strict=True)
    ]  # fmt: skip


async def comments_of(rows: Sequence[NewComment], source: str) -> list[Entry]:
    """Store comments and answers, count them, and accept the answers that were waited for."""
    made = [ids.new() for _ in rows]
    parents = [None if r.under.kind == "POST" else r.under.id for r in rows]
    await db.run(
        """INSERT INTO community.comment (id, post, root, parent, author, kind, body, body_format, folded_hash, stage,
            is_visible, published_at, feed_seq, edited_at, version, transition, licence, source, external_id, source_type,
            created_at)
        SELECT i, p, r, pa, a, k, b, f, h, 'PUBLISHED', true, at, community.feed_seq(at), e, 1, 0, li, $13, ex, st, at
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[],
            $9::bigint[], $10::timestamptz[], $11::timestamptz[], $12::text[], $14::text[], $15::text[])
            AS g(i, p, r, pa, a, k, b, f, h, at, e, li, ex, st)""",
        made, [r.under.post for r in rows],
        [None if parent is None else r.under.root or parent for r, parent in zip(rows, parents, strict=True)],
        parents, [r.author for r in rows], [r.kind for r in rows], [r.body for r in rows],
        [r.body_format for r in rows], [rules.fingerprint(None, r.body) for r in rows], [r.at for r in rows],
        [r.edited_at for r in rows], [r.licence for r in rows], source, [r.external_id for r in rows],
        [r.source_type for r in rows],
    )  # fmt: skip
    await comments.judge_imported(made)
    await _accept(made)
    return [
        Entry(
            kinds.COMMENT_PUBLISHED, ("COMMENT", comment), comment, row.author or row.under.author, row.at,
            _actor(row.author), row.author,
            properties={"kind": row.kind.value, "post": str(row.under.post), "author": _text(row.under.author),
                        "parent": _text(parent)},
        )
        for comment, row, parent in zip(made, rows, parents, strict=True)
    ]  # fmt: skip


async def reactions_of(rows: Sequence[NewReaction], source: str) -> list[Entry]:
    """Store reactions and count them; an anonymous one is recorded with the author of its target."""
    made = [ids.new() for _ in rows]
    await db.run(
        """INSERT INTO community.reaction (id, target_kind, target, member, kind, source, external_id, created_at)
        SELECT i, tk, t, m, k, $7, e, at FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[],
            $6::text[], $8::timestamptz[]) AS g(i, tk, t, m, k, e, at)""",
        made, [r.target.target_kind for r in rows], [r.target.id for r in rows], [r.member for r in rows],
        [r.kind for r in rows], [r.external_id for r in rows], source, [r.at for r in rows],
    )  # fmt: skip
    await stats.add((r.target.id, reactions.FIELDS[r.target.target_kind, r.kind], 1) for r in rows)
    return [
        Entry(
            kinds.REACTION_SET, (row.target.target_kind.value, row.target.id), reaction,
            row.member or row.target.author, row.at, _actor(row.member), row.member,
            properties={"kind": row.kind.value, "targetKind": row.target.target_kind.value,
                        "targetId": str(row.target.id), "author": _text(row.target.author)},
        )
        for reaction, row in zip(made, rows, strict=True)
    ]  # fmt: skip


async def _tag(made: Sequence[tuple[UUID, NewPost]]) -> None:
    folded = {post: list(dict.fromkeys(rules.hashtag(name) for name in row.hashtags)) for post, row in made}
    names = sorted({name for each in folded.values() for name in each if name})
    if not names:
        return
    known = await hashtags.make(names)
    links = [
        (ids.new(), post, known[name], n)
        for post, each in folded.items()
        for n, name in enumerate(each, 1)
        if name
    ]
    await db.run(
        "INSERT INTO community.post_hashtag (id, post, hashtag, position) "
        "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::smallint[])",
        *(list(column) for column in zip(*links, strict=True)),
    )  # fmt: skip


async def _close(closed: Sequence[tuple[UUID, NewPost]], source: str) -> None:
    """Posts that were closed where they come from are locked here, by an act of moderation of its own."""
    for post, row in closed:
        event = ids.new()
        await db.run(
            """INSERT INTO community.mod_event
                (id, actor_kind, kind, subject_kind, subject, payload, source, external_id, at)
            VALUES ($1, 'IMPORT', 'CLOSE', 'POST', $2, '{}', $3, $4, $5)""",
            event, post, source, f"post:{row.external_id}:closed", row.closed_at,
        )  # fmt: skip
        await db.run("UPDATE community.post SET locked_by = $2 WHERE id = $1", post, event)


async def _accept(answers: Sequence[UUID]) -> None:
    await db.run(
        """UPDATE community.post AS p SET accepted_comment = c.id, accepted_external = NULL FROM community.comment AS c
        WHERE c.id = ANY($1) AND c.kind = 'ANSWER' AND p.id = c.post AND p.accepted_external = c.external_id""",
        list(answers),
    )


def _actor(member: UUID | None) -> ActorKind:
    return ActorKind.UNKNOWN if member is None else ActorKind.MEMBER


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)
