"""Following and blocking: set and unset, as often as one likes.

Both lock the roots of the two people, so that a follow and a block of one moment follow one another.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM, Actor
from domain.community import authors, rates, stats
from domain.community import people_kinds as kinds
from domain.community.rates import Act
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.messaging import notices
from domain.profile import interactions, members


@dataclass(frozen=True)
class Outcome:
    """Whether anything changed, and with whom (the root)."""

    changed: bool
    member: UUID


async def set_follow(actor: Actor, member_id: UUID, is_on: bool) -> Outcome:
    """Follow a member or no longer; what is so already stays so.

    Raises InvalidInput (oneself, somebody whom one blocks), PostingNotAllowed, RATE_LIMITED, and NOT_FOUND for who
    cannot be seen.
    """
    async with db.transaction():
        root, other = await _both(actor, member_id, "One does not follow oneself.")
        author = await authors.locked(actor)
        if not is_on:
            return Outcome(bool(await _unfollow(actor, root, other)), other)
        if await _held("block", "blocked", root, other):
            raise InvalidInput.at("memberId", "Take the block back first.")
        if await _held("block", "blocked", other, root):
            raise NotFound()
        if await _held("follow", "followed", root, other):
            return Outcome(False, other)
        await rates.must_allow(author, Act.FOLLOWS)
        follow = ids.new()
        await db.run(
            "INSERT INTO community.follow (id, member, followed, created_at) VALUES ($1, $2, $3, $4)",
            follow, root, other, clock.now(),
        )  # fmt: skip
        await stats.add([(other, "followers", 1)])
        await interactions.record(
            actor, kinds.MEMBER_FOLLOWED, ("MEMBER", other), once=follow, member=root, followed=str(other)
        )
    return Outcome(True, other)


async def set_block(actor: Actor, member_id: UUID, is_on: bool) -> Outcome:
    """Block a member or no longer: from now on both are as absent to each other.

    Ends the follows of both, and takes back what each was told of the other. A block that is taken back brings nothing
    of it back. Raises InvalidInput (oneself), NOT_FOUND.
    """
    async with db.transaction():
        root, other = await _both(actor, member_id, "One does not block oneself.")
        if not is_on:
            return Outcome(await _unblock(actor, root, other), other)
        if await _held("block", "blocked", root, other):
            return Outcome(False, other)
        block = ids.new()
        await db.run(
            "INSERT INTO community.block (id, member, blocked, created_at) VALUES ($1, $2, $3, $4)",
            block, root, other, clock.now(),
        )  # fmt: skip
        await interactions.record(
            actor, kinds.MEMBER_BLOCKED, ("MEMBER", other), once=block, member=root, blocked=str(other)
        )
        await _unfollow(actor, root, other)
        await _unfollow(SYSTEM, other, root)
        await notices.withdraw_between(root, other)
    return Outcome(True, other)


async def follows_of(actor: Actor, page: Page) -> list[db.Row]:
    """Whom the member follows, latest first."""
    return await _listed("follow", "followed", actor, page, "t.voided_by IS NULL")


async def blocks_of(actor: Actor, page: Page) -> list[db.Row]:
    """Whom the member blocks, latest first."""
    return await _listed("block", "blocked", actor, page, "true")


async def _both(actor: Actor, member_id: UUID, oneself: str) -> tuple[UUID, UUID]:
    """The roots of the actor and of the other, locked; NOT_FOUND for nobody and for who is gone."""
    await members.lock_living(actor.must_be_member(), member_id)
    root, other = await members.root_of(actor.must_be_member()), await members.root_of(member_id)
    if root == other:
        raise InvalidInput.at("memberId", oneself)
    return root, other


async def _held(table: str, column: str, one: UUID, other: UUID) -> bool:
    return await db.value(
        f"SELECT EXISTS (SELECT FROM community.{table} WHERE {_PAIR.format(column=column)})", one, other
    )


async def _unfollow(actor: Actor, one: UUID, other: UUID) -> int:
    """One person follows another no more; on the timeline of who followed."""
    gone = await db.fetch(
        f"DELETE FROM community.follow WHERE {_PAIR.format(column='followed')} RETURNING id, followed, voided_by",
        one, other,
    )  # fmt: skip
    counted = [row for row in gone if row["voided_by"] is None]
    await stats.add((row["followed"], "followers", -1) for row in counted)
    for row in counted:
        await interactions.record(
            actor, kinds.MEMBER_UNFOLLOWED, ("MEMBER", other), once=row["id"], member=one, followed=str(other)
        )
    return len(counted)


async def _unblock(actor: Actor, root: UUID, other: UUID) -> bool:
    gone = await db.fetch(
        f"DELETE FROM community.block WHERE {_PAIR.format(column='blocked')} RETURNING id", root, other
    )
    if gone:
        await interactions.record(
            actor,
            kinds.MEMBER_UNBLOCKED,
            ("MEMBER", other),
            once=gone[0]["id"],
            member=root,
            blocked=str(other),
        )
    return bool(gone)


async def _listed(table: str, column: str, actor: Actor, page: Page, condition: str) -> list[db.Row]:
    at, after = page.after or (None, None)
    return await db.fetch(
        f"""SELECT * FROM (
            SELECT DISTINCT ON (o.root) t.id, t.created_at, a.id AS author_id, a.number AS author_number,
                a.display_name AS author_name, a.avatar AS author_avatar
            FROM profile.member AS v JOIN profile.member AS mine ON mine.root = v.root
            JOIN community.{table} AS t ON t.member = mine.id JOIN profile.member AS o ON o.id = t.{column}
            JOIN profile.member AS a ON a.id = o.root
            WHERE v.id = $1 AND o.root <> v.root AND {condition} ORDER BY o.root, t.created_at DESC, t.id) AS t
        WHERE $2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid)
        ORDER BY created_at DESC, id DESC LIMIT $4""",
        actor.must_be_member(), at, after, page.limit + 1,
    )  # fmt: skip


_PAIR = """member = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1))
    AND {column} = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $2))"""
