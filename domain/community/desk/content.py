"""Changes of posts and comments: removed, hidden, locked, their stage, their text, an acceptance that goes with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM, Actor
from domain.community import answers, comments, hashtags, kinds, locks, rules, stages
from domain.community.desk import kinds as desk_kinds
from domain.community.desk.changes import Change, What
from domain.community.tables import TargetKind
from domain.profile import interactions
from domain.profile.catalogue import Kind
from domain.profile.interactions import Entry

FACTS = {What.REMOVED: "removed_by", What.HIDDEN: "hidden_by", What.LOCKED: "locked_by"}
_P, _C = TargetKind.POST, TargetKind.COMMENT
_PUBLISHED = {_P: kinds.POST_PUBLISHED, _C: kinds.COMMENT_PUBLISHED}
_KINDS: dict[tuple[What, TargetKind], tuple[Kind, Kind]] = {
    (What.REMOVED, _P): (kinds.POST_REMOVED, kinds.POST_RESTORED),
    (What.REMOVED, _C): (kinds.COMMENT_REMOVED, kinds.COMMENT_RESTORED),
    (What.HIDDEN, _P): (desk_kinds.POST_HIDDEN, desk_kinds.POST_UNHIDDEN),
    (What.HIDDEN, _C): (desk_kinds.COMMENT_HIDDEN, desk_kinds.COMMENT_UNHIDDEN),
    (What.LOCKED, _P): (kinds.POST_LOCKED, kinds.POST_UNLOCKED),
    (What.LOCKED, _C): (kinds.COMMENT_LOCKED, kinds.COMMENT_UNLOCKED),
    (What.TEXT, _P): (desk_kinds.POST_MASKED, desk_kinds.POST_UNMASKED),
    (What.TEXT, _C): (desk_kinds.COMMENT_MASKED, desk_kinds.COMMENT_UNMASKED),
}
_UNSTAGED = {
    ("PUBLISHED", _P): desk_kinds.POST_UNPUBLISHED,
    ("PUBLISHED", _C): desk_kinds.COMMENT_UNPUBLISHED,
    ("REJECTED", _P): desk_kinds.POST_UNREJECTED,
    ("REJECTED", _C): desk_kinds.COMMENT_UNREJECTED,
}


async def turn_facts(actor: Actor, changes: Sequence[Change], event: UUID) -> list[Change]:
    """Set or clear one of the facts against posts, or against comments; see :func:`changes.turn`.

    A removal compensates all that the content was worth, and its end compensates that compensation. Locks: each
    content against additions where it is removed, its thread, its row.
    """
    what, kind = changes[0].what, TargetKind(changes[0].kind)
    column, table = FACTS[what], f"community.{kind.lower()}"
    ids_ = sorted(one.id for one in changes)
    if what is What.REMOVED:
        for each in ids_:
            await locks.claim(each)
    rows = await hold(kind, ids_)
    good = [one for one in changes if one.id in rows and _text(rows[one.id][column]) == one.before]
    if good:
        await db.run(
            f"UPDATE {table} AS t SET {column} = v.value, transition = t.transition + 1 "
            "FROM unnest($1::uuid[], $2::uuid[]) AS v(id, value) WHERE t.id = v.id",
            [one.id for one in good], [one.after for one in good],
        )  # fmt: skip
        if kind is _C:
            for root in sorted({rows[one.id]["root"] or one.id for one in good}):
                await comments.judge(root)
        await _record(actor, what, kind, good, {id_: row["author"] for id_, row in rows.items()}, event)
    done = {one.id for one in good}
    return [one for one in changes if one.id not in done]


async def turn_accepted(actor: Actor, change: Change, event: UUID) -> bool:
    """An answer that goes takes its acceptance with it; undone exactly, it comes back if no other was accepted."""
    post = await db.one(
        "SELECT id, author, accepted_comment FROM community.post WHERE id = $1 FOR NO KEY UPDATE", change.id
    )
    if post is None or _text(post["accepted_comment"]) != change.before:
        return False
    if change.after is None:
        await answers.take_back(SYSTEM, post)
    else:
        await answers.give_back(SYSTEM, post, UUID(change.after))
    return True


async def turn_text(actor: Actor, change: Change, event: UUID) -> bool:
    """Replace title and body as a whole; a text that was edited since stays. Each way is a new version."""
    kind = TargetKind(change.kind)
    row = (await hold(kind, [change.id])).get(change.id)
    title = None if row is None or kind is _C else row["title"]
    if row is None or {"title": title, "body": row["body"]} != change.before:
        return False
    text: dict[str, Any] = change.after
    titled = ", title = $4" if kind is _P else ""
    await db.run(
        f"""UPDATE community.{kind.lower()} SET body = $2, folded_hash = $3, version = version + 1{titled}
        WHERE id = $1""",
        change.id, text["body"], rules.fingerprint(text["title"], text["body"]), *([text["title"]] if titled else []),
    )  # fmt: skip
    there, back = _KINDS[What.TEXT, kind]
    is_masking = text != change.facts["original"]
    await interactions.record(
        actor, there if is_masking else back, (kind.value, change.id), once=event, member=row["author"]
    )
    return True


async def turn_stage(actor: Actor, change: Change, event: UUID) -> bool:
    """Publish or reject what waits for approval (:mod:`domain.community.stages`), or take that back exactly.

    Taking an approval back makes the publication void; ``facts`` hold what it had waited for.
    """
    kind = TargetKind(change.kind)
    await locks.claim(change.id)
    row = (await hold(kind, [change.id])).get(change.id)
    if row is None or row["stage"] != change.before:
        return False
    if change.before == "PENDING":
        await (stages.approve if change.after == "PUBLISHED" else stages.reject)(actor, kind, change.id)
        if kind is _C and change.after == "PUBLISHED":
            await _count_again(actor, row, event)
        return True
    await db.run(
        f"""UPDATE community.{kind.lower()} SET stage = $2, published_at = NULL, feed_seq = NULL, held_for = $3,
            transition = transition + 1 WHERE id = $1""",
        change.id, change.after, change.facts["held_for"],
    )  # fmt: skip
    if kind is _C:
        await comments.judge(row["root"] or change.id)
    voided = await received(kind, [change.id]) if change.before == "PUBLISHED" else {}
    name = _UNSTAGED[str(change.before), kind]
    await _entries(actor, name, kind, [(change.id, row["author"], None)], voided, event)
    return True


async def turn_revision(actor: Actor, change: Change, event: UUID) -> bool:
    """An edit that waits is taken or refused, or (undone) waits again beside the text that stood before it."""
    kind = TargetKind(change.kind)
    row = (await hold(kind, [change.id])).get(change.id)
    there: dict[str, Any] = change.before
    title = None if row is None or kind is _C else row["title"]
    if row is None or (title, row["body"]) != (there["title"], there["body"]):
        return False
    table, to = kind.lower(), change.after["state"]
    if there["state"] == "PENDING":
        if not await waiting_edit(kind, change.id):
            return False
        await (stages.approve if to == "APPLIED" else stages.reject)(actor, kind, change.id)
        return True
    if not await db.run(
        f"UPDATE community.{table}_revision SET state = 'PENDING' WHERE {table} = $1 AND revision = $2 AND state = $3",
        change.id, change.facts["revision"], there["state"],
    ):  # fmt: skip
        return False
    text, titled = change.after, ", title = $5" if kind is _P else ""
    await db.run(
        f"""UPDATE community.{table} SET body = $2, folded_hash = $3, edited_at = $4::text::timestamptz,
            version = version + 1{titled} WHERE id = $1""",
        change.id, text["body"], rules.fingerprint(text["title"], text["body"]), text["edited_at"],
        *([text["title"]] if titled else []),
    )  # fmt: skip
    if kind is _P:
        await hashtags.put(change.id, text["hashtags"])
    return True


async def waiting_edit(kind: TargetKind, target: UUID) -> db.Row | None:
    """The edit that waits, if one does."""
    table = kind.lower()
    return await db.one(
        f"SELECT * FROM community.{table}_revision WHERE {table} = $1 AND state = 'PENDING' LIMIT 1", target
    )


async def received(kind: TargetKind, ids_: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Interactions that count only because of contents: publication first, then likes and comments received."""
    rows = await db.fetch(
        """SELECT target, id FROM (
            SELECT i.subject_id::uuid AS target, i.id, i.received_at, i.kind = $3 AS is_own
            FROM profile.interaction AS i
            WHERE i.subject_kind = $1 AND i.subject_id = ANY($2) AND i.kind = ANY(ARRAY[$3, $4])
            UNION ALL
            SELECT c.post, i.id, i.received_at, false FROM community.comment AS c
            JOIN profile.interaction AS i ON i.subject_kind = 'COMMENT' AND i.subject_id = c.id::text AND i.kind = $5
            WHERE $1 = 'POST' AND c.post = ANY($6)
        ) AS r WHERE profile.counts(id) ORDER BY target, is_own DESC, received_at, id""",
        kind.value, [str(id_) for id_ in ids_], _PUBLISHED[kind].name, kinds.REACTION_SET.name,
        kinds.COMMENT_PUBLISHED.name, list(ids_),
    )  # fmt: skip
    return _grouped((row["target"], row["id"]) for row in rows)


async def _of_removals(kind: TargetKind, removals: Mapping[UUID, str]) -> dict[UUID, list[UUID]]:
    """What the removals in force had recorded."""
    rows = await db.fetch(
        """SELECT subject_id::uuid AS target, id FROM profile.interaction
        WHERE subject_kind = $1 AND subject_id = ANY($2) AND kind = $3 AND properties->>'event' = ANY($4)
        AND profile.counts(id) ORDER BY subject_id, received_at, id""",
        kind.value, [str(id_) for id_ in removals], _KINDS[What.REMOVED, kind][0].name, sorted(set(removals.values())),
    )  # fmt: skip
    return _grouped((row["target"], row["id"]) for row in rows)


async def _record(
    actor: Actor,
    what: What,
    kind: TargetKind,
    done: Sequence[Change],
    authors: Mapping[UUID, UUID | None],
    event: UUID,
) -> None:
    is_set = done[0].after is not None
    voided: dict[UUID, list[UUID]] = {}
    if what is What.REMOVED and is_set:
        voided = await received(kind, [one.id for one in done])
    elif what is What.REMOVED:
        voided = await _of_removals(kind, {one.id: str(one.before) for one in done})
    name = _KINDS[what, kind][0 if is_set else 1]
    about = [(one.id, authors[one.id], one.after) for one in done]
    await _entries(actor, name, kind, about, voided, event)


async def _entries(
    actor: Actor,
    name: Kind,
    kind: TargetKind,
    about: Iterable[tuple[UUID, UUID | None, Any]],
    voided: Mapping[UUID, list[UUID]],
    event: UUID,
) -> None:
    """One row for each interaction made void; at least one, so that the act itself stands on the author's timeline."""
    await interactions.record_many(
        [
            Entry(
                name, (kind.value, id_), f"{event}:{compensated}", author, clock.now(), actor.kind, actor.id,
                compensated, {"event": str(value or event)},
            )
            for id_, author, value in about
            for compensated in (list[UUID | None](voided.get(id_, ())) or [None])
        ],
        touchpoint=actor.touchpoint,
    )  # fmt: skip


async def _count_again(actor: Actor, comment: db.Row, event: UUID) -> None:
    """A comment that was published, unpublished and published again: its first publication counts again."""
    rows = await db.fetch(
        """SELECT id FROM profile.interaction WHERE subject_kind = 'COMMENT' AND subject_id = $1 AND kind = $2
        AND compensates IS NOT NULL AND profile.counts(id) ORDER BY received_at, id""",
        str(comment["id"]), desk_kinds.COMMENT_UNPUBLISHED.name,
    )  # fmt: skip
    if rows:
        again = {comment["id"]: [row["id"] for row in rows]}
        about = [(comment["id"], comment["author"], None)]
        await _entries(actor, kinds.COMMENT_RESTORED, _C, about, again, event)


async def hold(kind: TargetKind, ids_: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Rows that nobody else changes; of comments also the questions of answers, and the roots of their threads."""
    if kind is _C:
        await db.run(
            """SELECT FROM community.post WHERE id IN
            (SELECT post FROM community.comment WHERE id = ANY($1) AND kind = 'ANSWER') ORDER BY id FOR NO KEY UPDATE""",
            list(ids_),
        )
        await db.run(
            """SELECT FROM community.comment WHERE id IN
            (SELECT coalesce(root, id) FROM community.comment WHERE id = ANY($1)) ORDER BY id FOR NO KEY UPDATE""",
            list(ids_),
        )
    rows = await db.fetch(
        f"SELECT * FROM community.{kind.lower()} WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", list(ids_)
    )
    return {row["id"]: row for row in rows}


def _grouped(pairs: Iterable[tuple[UUID, UUID]]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    for target, id_ in pairs:
        found.setdefault(target, []).append(id_)
    return found


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
