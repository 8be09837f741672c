"""Muting: one-sided and silent. What is muted is not in feeds, search and notices, and is only flagged in threads."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import people_kinds as kinds
from domain.community import viewers
from domain.community.people_tables import MuteKind
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.profile import interactions, members
from domain.profile.catalogue import Kind

MOST = 1_000
LONGEST_KEYWORD = 50

#: Whether the reader ($1) has muted a post ``p``: in lists of everything, in the lists of one circle, and at all.
MUTED_IN_FEEDS, MUTED_IN_CIRCLE, MUTED = (
    f"community.mutes($1::uuid, p.author, p.circle, p.id, coalesce(p.title, '') || ' ' || p.body, '{{{kinds_}}}')"
    for kinds_ in ("MEMBER,CIRCLE,KEYWORD", "MEMBER,KEYWORD", "MEMBER,CIRCLE,KEYWORD,THREAD")
)
#: Whether the reader has muted a comment ``c``: it is shown, with a flag.
MUTED_COMMENT = "community.mutes($1::uuid, c.author, NULL, NULL, c.body, '{MEMBER,KEYWORD}')"


async def set_mute(
    actor: Actor, kind: MuteKind, value: str, is_on: bool, until: datetime | None = None
) -> bool:
    """Mute a member, a circle, a thread (a post's id) or a word, or no longer; answers whether anything changed.

    Locks the member's root. Raises InvalidInput (oneself, an empty word, a time that is over), NOT_FOUND.
    """
    if until is not None and until <= clock.now():
        raise InvalidInput.at("until", "This is in the past.")
    async with db.transaction():
        (root,) = await members.lock(actor.must_be_member())
        named = await _named(actor, root, kind, value, is_on)
        held = await db.fetch(
            f"SELECT id, until FROM community.mute WHERE {_MINE} AND kind = $2 AND value = ANY($3)",
            root, kind, named,
        )  # fmt: skip
        standing = [row for row in held if row["until"] is None or row["until"] > clock.now()]
        if is_on and any(row["until"] == until for row in standing):
            return False
        await db.run("DELETE FROM community.mute WHERE id = ANY($1)", [row["id"] for row in held])
        if is_on:
            await _add(actor, root, kind, named[0], until)
        elif standing:
            await _record(actor, root, kinds.MUTE_UNSET, kind, named[0], standing[0]["id"], None)
    return is_on or bool(standing)


async def listed(actor: Actor, page: Page, kind: MuteKind | None = None) -> list[db.Row]:
    """What the member has muted and is still muted, latest first."""
    at, after = page.after or (None, None)
    return await db.fetch(
        f"""SELECT id, kind, value, until, created_at FROM community.mute
        WHERE {_MINE.replace("$1", "(SELECT root FROM profile.member WHERE id = $1)")}
        AND (until IS NULL OR until > $2) AND ($3::text IS NULL OR kind = $3)
        AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid))
        ORDER BY created_at DESC, id DESC LIMIT $6""",
        actor.must_be_member(), clock.now(), kind, at, after, page.limit + 1,
    )  # fmt: skip


_MINE = "member = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1))"


async def _named(actor: Actor, root: UUID, kind: MuteKind, value: str, is_on: bool) -> list[str]:
    """The values under which a mute is kept (those of merged members, too), the one to write first."""
    if kind is MuteKind.KEYWORD:
        # As the database folds a text to look for it: a word stands in either writing of Chinese as it is given.
        word = " ".join(unicodedata.normalize("NFKC", value).lower().split())
        if not 1 <= len(word) <= LONGEST_KEYWORD:
            raise InvalidInput.at("value", f"Use 1 to {LONGEST_KEYWORD} characters.")
        return [word]
    try:
        target = UUID(value)
    except ValueError:
        raise InvalidInput.at("value", "This is not an id.") from None
    if kind is not MuteKind.MEMBER:
        if is_on and not await _sees(actor, kind, target):
            raise NotFound()
        return [str(target)]
    other = await members.root_of(target)
    if other == root:
        raise InvalidInput.at("value", "One does not mute oneself.")
    return [str(other), *(str(each) for each in await members.ids_of(other) if each != other)]


async def _sees(actor: Actor, kind: MuteKind, target: UUID) -> bool:
    viewer = viewers.of(actor)
    if kind is MuteKind.CIRCLE:
        return bool(
            await db.value(
                "SELECT community.can_enter($1, id) FROM community.circle WHERE id = $2",
                viewer.member,
                target,
            )
        )
    return bool(await db.value("SELECT community.can_see($1::uuid, $2::uuid)", viewer.member, target))


async def _add(actor: Actor, root: UUID, kind: MuteKind, value: str, until: datetime | None) -> None:
    if await db.value(f"SELECT count(*) FROM community.mute WHERE {_MINE}", root) >= MOST:
        raise InvalidInput.at("value", f"At most {MOST} mutes; take some back first.")
    mute = ids.new()
    await db.run(
        "INSERT INTO community.mute (id, member, kind, value, until, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        mute, root, kind, value, until, clock.now(),
    )  # fmt: skip
    await _record(actor, root, kinds.MUTE_SET, kind, value, mute, until)


async def _record(
    actor: Actor, root: UUID, what: Kind, kind: MuteKind, value: str, mute: UUID, until: datetime | None
) -> None:
    """A muted word stays private: the timeline says that one was muted, not which."""
    subject = None if kind is MuteKind.KEYWORD else ("POST" if kind is MuteKind.THREAD else kind.value, value)
    await interactions.record(
        actor, what, subject, once=mute, member=root, kind=kind.value, until=until and until.isoformat()
    )
