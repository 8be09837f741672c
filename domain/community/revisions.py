"""Former and waiting texts of posts and comments.

A text that waits leaves the last approved one public. Small corrections right after a text was shown are kept, too,
but replace what is shown of it: :func:`shown` tells the texts as readers could have seen them for long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import hashtags, kinds, mentions, rules
from domain.community import publishing_kinds as own_kinds
from domain.community.tables import RevisionState, TargetKind
from domain.community.viewers import Viewer
from domain.foundation import ids
from domain.profile import interactions
from domain.profile.catalogue import Kind

_TABLE = {TargetKind.POST: "post", TargetKind.COMMENT: "comment"}
_EDITED = {TargetKind.POST: kinds.POST_EDITED, TargetKind.COMMENT: own_kinds.COMMENT_EDITED}
_REFUSED = {
    TargetKind.POST: own_kinds.POST_EDIT_REJECTED,
    TargetKind.COMMENT: own_kinds.COMMENT_EDIT_REJECTED,
}


@dataclass(frozen=True)
class Text:
    """What an edit makes of a content; ``hashtags`` None leaves them, comments have neither them nor a title."""

    title: str | None
    body: str
    hashtags: Sequence[str] | None = None
    mentioned: Sequence[UUID] = ()


@dataclass(frozen=True)
class Revision:
    """A text that was shown, or that waits."""

    number: int
    title: str | None
    body: str
    state: RevisionState
    at: datetime


async def apply(
    actor: Actor, kind: TargetKind, content: db.Row, text: Text, *, is_shown: bool, is_public: bool = True
) -> None:
    """Make a text the content's own (its row is locked): the next version, and a revision where it was seen before."""
    version, now = content["version"] + 1, clock.now()
    await _supersede(kind, content["id"])
    await _write(kind, content["id"], version, text, now if is_shown else None)
    if is_public:
        await _keep_first(kind, content)
        await _keep(kind, content["id"], version, text, RevisionState.APPLIED, is_shown=is_shown)
    await _record(actor, _EDITED[kind], kind, content, version)


async def hold(actor: Actor, kind: TargetKind, content: db.Row, text: Text) -> None:
    """Let a text wait while the approved one stays public; one that waited before waits no longer."""
    version = content["version"] + 1
    await _supersede(kind, content["id"])
    await _keep_first(kind, content)
    await _keep(kind, content["id"], version, text, RevisionState.PENDING, is_shown=True)
    await db.run(f"UPDATE community.{_TABLE[kind]} SET version = $2 WHERE id = $1", content["id"], version)
    held = own_kinds.POST_EDIT_HELD if kind is TargetKind.POST else own_kinds.COMMENT_EDIT_HELD
    await _record(actor, held, kind, content, version)


async def approve(actor: Actor, kind: TargetKind, target: UUID) -> bool:
    """The text that waits becomes the public one; False where none waits."""
    table = _TABLE[kind]
    row = await db.one(
        f"""UPDATE community.{table}_revision SET state = 'APPLIED' WHERE {table} = $1 AND state = 'PENDING'
        RETURNING *""",
        target,
    )
    if row is None:
        return False
    content = await db.one(f"SELECT * FROM community.{table} WHERE id = $1 FOR NO KEY UPDATE", target)
    assert content is not None
    text = Text(
        row["title"] if kind is TargetKind.POST else None,
        row["body"],
        row["hashtags"] if kind is TargetKind.POST else None,
        await mentions.resolve(row["body"]),
    )
    version = content["version"] + 1
    await _write(kind, target, version, text, clock.now())
    post = target if kind is TargetKind.POST else content["post"]
    await mentions.tell(kind, target, post, content["author"])
    await _record(actor, _EDITED[kind], kind, content, version)
    return True


async def reject(actor: Actor, kind: TargetKind, target: UUID) -> bool:
    """The text that waits is refused; False where none waits."""
    if not await _supersede(kind, target):
        return False
    table = _TABLE[kind]
    content = await db.one(
        f"UPDATE community.{table} SET version = version + 1 WHERE id = $1 RETURNING *", target
    )
    assert content is not None
    await _record(actor, _REFUSED[kind], kind, content, content["version"])
    return True


async def last_shown(kind: TargetKind, content: db.Row) -> tuple[str | None, str, datetime]:
    """The text that was shown last as one of its own, and since when: (title, body, at)."""
    table = _TABLE[kind]
    title = "title" if kind is TargetKind.POST else "NULL::text AS title"
    row = await db.one(
        f"""SELECT {title}, body, created_at FROM community.{table}_revision
        WHERE {table} = $1 AND state = 'APPLIED' AND is_shown ORDER BY revision DESC LIMIT 1""",
        content["id"],
    )
    if row is None:
        return content["title"] if kind is TargetKind.POST else None, content["body"], content["published_at"]
    return row["title"], row["body"], row["created_at"]


async def shown(posts: Sequence[UUID]) -> dict[UUID, list[Revision]]:
    """The texts of edited posts, newest first, small corrections folded into what they corrected."""
    rows = await db.fetch(
        """SELECT * FROM community.post_revision WHERE post = ANY($1) AND state = 'APPLIED'
        ORDER BY post, revision""",
        list(posts),
    )
    found: dict[UUID, list[Revision]] = {post: [] for post in posts}
    for row in rows:
        texts = found[row["post"]]
        if not row["is_shown"] and texts:
            last = texts.pop()
            texts.append(Revision(last.number, row["title"], row["body"], last.state, last.at))
        else:
            texts.append(_revision(row))
    return {post: texts[::-1] if len(texts) > 1 else [] for post, texts in found.items()}


async def pending(viewer: Viewer, kind: TargetKind, targets: Sequence[UUID]) -> dict[UUID, Revision]:
    """The texts that wait, for their authors and the moderators of their circles."""
    table = _TABLE[kind]
    post = "t.id" if kind is TargetKind.POST else "t.post"
    title = "r.title" if kind is TargetKind.POST else "NULL::text AS title"
    rows = await db.fetch(
        f"""SELECT r.{table} AS target, r.revision, {title}, r.body, r.state, r.created_at
        FROM community.{table}_revision AS r JOIN community.{table} AS t ON t.id = r.{table}
        JOIN community.post AS p ON p.id = {post}
        WHERE r.{table} = ANY($4) AND r.state = 'PENDING' AND ($2 OR p.circle = ANY($3)
            OR community.is_same_person($1, t.author)
            OR community.role_in($1, p.circle) IN ('MODERATOR', 'LEAD'))""",
        *viewer.args, list(targets),
    )  # fmt: skip
    return {row["target"]: _revision(row) for row in rows}


async def _write(
    kind: TargetKind, target: UUID, version: int, text: Text, edited_at: datetime | None
) -> None:
    if kind is TargetKind.POST:
        await db.run(
            """UPDATE community.post SET title = $2, body = $3, folded_hash = $4, version = $5,
                edited_at = coalesce($6, edited_at) WHERE id = $1""",
            target, text.title, text.body, rules.fingerprint(text.title, text.body), version, edited_at,
        )  # fmt: skip
        if text.hashtags is not None:
            await hashtags.put(target, text.hashtags)
    else:
        await db.run(
            """UPDATE community.comment SET body = $2, folded_hash = $3, version = $4,
                edited_at = coalesce($5, edited_at) WHERE id = $1""",
            target, text.body, rules.fingerprint(None, text.body), version, edited_at,
        )  # fmt: skip
    await mentions.put(kind, target, text.mentioned)


async def _keep_first(kind: TargetKind, content: db.Row) -> None:
    """The text that was published first is a revision, too, once there is a second one."""
    table = _TABLE[kind]
    if not await db.value(
        f"SELECT EXISTS (SELECT FROM community.{table}_revision WHERE {table} = $1 AND state = 'APPLIED')",
        content["id"],
    ):
        first = Text(content["title"] if kind is TargetKind.POST else None, content["body"])
        await _keep(
            kind, content["id"], content["version"], first, RevisionState.APPLIED, is_shown=True,
            at=content["published_at"],
        )  # fmt: skip


async def _keep(
    kind: TargetKind,
    target: UUID,
    number: int,
    text: Text,
    state: RevisionState,
    *,
    is_shown: bool,
    at: datetime | None = None,
) -> None:
    at = at or clock.now()
    if kind is TargetKind.POST:
        names = None if text.hashtags is None else list(text.hashtags)
        await db.run(
            """INSERT INTO community.post_revision
                (id, post, revision, title, body, hashtags, state, is_shown, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
            ids.new(), target, number, text.title, text.body, names, state, is_shown, at,
        )  # fmt: skip
    else:
        await db.run(
            """INSERT INTO community.comment_revision (id, comment, revision, body, state, is_shown, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)""",
            ids.new(), target, number, text.body, state, is_shown, at,
        )  # fmt: skip


async def _supersede(kind: TargetKind, target: UUID) -> bool:
    table = _TABLE[kind]
    return bool(
        await db.run(
            f"UPDATE community.{table}_revision SET state = 'REJECTED' WHERE {table} = $1 AND state = 'PENDING'",
            target,
        )
    )


async def _record(actor: Actor, what: Kind, kind: TargetKind, content: db.Row, version: int) -> None:
    await interactions.record(
        actor, what, (kind.value, content["id"]), once=f"{content['id']}:{version}", member=content["author"]
    )


def _revision(row: db.Row) -> Revision:
    return Revision(
        row["revision"], row["title"], row["body"], RevisionState(row["state"]), row["created_at"]
    )
