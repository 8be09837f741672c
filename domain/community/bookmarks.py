"""Bookmarks (收藏): posts that a member keeps, in folders."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import authors, feed, locks, rates, stats, viewers
from domain.community import people_kinds as kinds
from domain.community.rates import Act
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.profile import interactions
from domain.profile.catalogue import Kind

LONGEST_FOLDER = 40


@dataclass(frozen=True)
class Outcome:
    """Whether anything changed, and whether the post can still be seen."""

    changed: bool
    is_seen: bool


async def set_bookmark(actor: Actor, post_id: UUID, is_on: bool, folder: str | None = None) -> Outcome:
    """Keep a post or no longer; another folder moves it. What is so already stays so.

    Locks the member's root, so that one person keeps a post once. What was kept can be let go even when it is not
    visible any more. Raises InvalidInput, PostingNotAllowed, RATE_LIMITED, NOT_FOUND.
    """
    name = _folder(folder)
    async with db.transaction():
        author = await authors.locked(actor)
        root = author.root
        await locks.share(post_id)
        held = await db.fetch(
            f"SELECT id, folder, voided_by FROM community.bookmark WHERE {_MINE} AND post = $2", root, post_id
        )
        is_seen = await _sees(actor, post_id)
        if not held and not is_seen:
            raise NotFound()
        standing = [row for row in held if row["voided_by"] is None]
        if not is_on:
            await _let_go(actor, root, post_id, held)
            return Outcome(bool(standing), is_seen)
        if standing and (standing[0]["folder"] == name):
            return Outcome(False, is_seen)
        if standing:
            await db.run("UPDATE community.bookmark SET folder = $2 WHERE id = $1", standing[0]["id"], name)
        else:
            await rates.must_allow(author, Act.BOOKMARKS)
            await _keep(actor, root, post_id, name)
    return Outcome(True, is_seen)


async def mine(
    actor: Actor, page: Page, folder: str | None = None, parts: Collection[str] = feed.ALL
) -> list[db.Row]:
    """One page of the posts that the member keeps and may still see, latest kept first."""
    at, after = page.after or (None, None)
    return await db.fetch(
        f"""{feed.select(parts, "b.created_at AS kept_at, b.id AS bookmark")}
        JOIN community.bookmark AS b ON b.post = p.id
        WHERE b.member = ANY(ARRAY(SELECT id FROM profile.member
            WHERE root = (SELECT root FROM profile.member WHERE id = $1)))
        AND b.voided_by IS NULL AND ($4::text IS NULL OR b.folder = $4) AND {viewers.SEES_POST}
        AND ($5::timestamptz IS NULL OR (b.created_at, b.id) < ($5, $6::uuid))
        ORDER BY b.created_at DESC, b.id DESC LIMIT $7""",
        *viewers.of(actor).args, _folder(folder), at, after, page.limit + 1,
    )  # fmt: skip


async def folders(actor: Actor) -> list[db.Row]:
    """The member's folders by name, with how many posts are in each that he may still see; null: in none."""
    return await db.fetch(
        f"""SELECT b.folder AS name, count(*)::int AS post_count
        FROM community.bookmark AS b JOIN community.post AS p ON p.id = b.post
        WHERE b.member = ANY(ARRAY(SELECT id FROM profile.member
            WHERE root = (SELECT root FROM profile.member WHERE id = $1)))
        AND b.voided_by IS NULL AND {viewers.SEES_POST} GROUP BY b.folder ORDER BY b.folder NULLS FIRST""",
        *viewers.of(actor).args,
    )


_MINE = "member = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1))"


def _folder(name: str | None) -> str | None:
    """The folder's name without outer spaces; an empty one is none."""
    name = (name or "").strip() or None
    if name is not None and len(name) > LONGEST_FOLDER:
        raise InvalidInput.at("folder", f"Use at most {LONGEST_FOLDER} characters.")
    return name


async def _sees(actor: Actor, post_id: UUID) -> bool:
    return bool(
        await db.value(
            f"SELECT {viewers.SEES_POST} FROM community.post AS p WHERE p.id = $4",
            *viewers.of(actor).args, post_id,
        )
    )  # fmt: skip


async def _keep(actor: Actor, root: UUID, post_id: UUID, folder: str | None) -> None:
    bookmark = ids.new()
    await db.run(
        "INSERT INTO community.bookmark (id, member, post, folder, created_at) VALUES ($1, $2, $3, $4, $5)",
        bookmark, root, post_id, folder, clock.now(),
    )  # fmt: skip
    await stats.add([(post_id, "bookmarks", 1)])
    await _record(actor, kinds.POST_BOOKMARKED, root, post_id, bookmark)


async def _let_go(actor: Actor, root: UUID, post_id: UUID, held: list[db.Row]) -> None:
    await db.run("DELETE FROM community.bookmark WHERE id = ANY($1)", [row["id"] for row in held])
    for row in held:
        if row["voided_by"] is None:
            await stats.add([(post_id, "bookmarks", -1)])
            await _record(actor, kinds.POST_UNBOOKMARKED, root, post_id, row["id"])


async def _record(actor: Actor, what: Kind, root: UUID, post_id: UUID, bookmark: UUID) -> None:
    """The post's author is a property, so that rules may reward him."""
    author = await db.value("SELECT author FROM community.post WHERE id = $1", post_id)
    await interactions.record(
        actor,
        what,
        ("POST", post_id),
        once=bookmark,
        member=root,
        author=None if author is None else str(author),
    )
