"""Votes, badges and the history of a dump: what people did with the content."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import cast
from uuid import UUID

from domain import clock, db
from domain.actor import ActorKind
from domain.community import comments, kinds
from domain.community.desk import content
from domain.community.importers import cells, landing
from domain.community.importers import reactions as native
from domain.community.importers.landing import NewReaction, Target
from domain.community.importers.stackexchange import dump
from domain.community.importers.stackexchange.unit import Unit, owner, target
from domain.community.tables import ReactionKind, TargetKind
from domain.foundation import ids
from domain.foundation.importing import Row
from domain.profile import interactions
from domain.profile import kinds as profile_kinds
from domain.profile.interactions import Entry

ACCEPTED = "1"
CLOSED, REOPENED, DELETED, UNDELETED = "10", "11", "12", "13"
_REACTIONS = {"2": ReactionKind.LIKE, "3": ReactionKind.DISLIKE}
_OTHER_VOTES = {
    "4": "a flag as offensive", "5": "a bookmark without its owner", "6": "a vote to close; the closing is in PostHistory",
    "7": "a vote to reopen; the reopening is in PostHistory", "8": "a bounty", "9": "a bounty",
    "10": "a vote to delete; the deletion is in PostHistory", "11": "a vote to undelete; it is in PostHistory",
    "12": "a flag as spam", "15": "a moderator's review", "16": "an approved suggestion of an edit",
}  # fmt: skip


async def votes(unit: Unit) -> AsyncIterator[int]:
    """Up and down votes are anonymous likes and dislikes; acceptances date the accepted answers; others are explained."""
    for batch in unit.batches("Votes"):
        posts = await unit.posts(batch, "PostId")
        there = await native.known(unit.source, cells.values(batch, "Id"))
        accepted = await _accepted([t.id for t in posts.values() if t.kind == "ANSWER"])
        acceptances = [row for row in batch if row.data.get("VoteTypeId") == ACCEPTED]
        await _accept(unit, acceptances, posts, accepted)

        def read(row: Row, posts: dict[str, Target] = posts, there: set[str] = there) -> NewReaction | None:
            kind = _REACTIONS.get(dump.needed(row, "VoteTypeId"))
            if kind is None:
                why = _OTHER_VOTES.get(row.data["VoteTypeId"], "of no kind that the community keeps")
                raise cells.bad("NOT_APPLICABLE", "VoteTypeId", why)
            if dump.needed(row, "Id") in there:
                return None
            made = NewReaction(row.data["Id"], target(row, posts), None, kind, dump.at(row))
            there.add(made.external_id)
            return made

        rest = [row for row in batch if row.data.get("VoteTypeId") != ACCEPTED]
        if fresh := unit.read(rest, read):
            unit.entries += await landing.reactions_of(fresh, unit.source)
        yield len(batch)


async def badges(unit: Unit) -> AsyncIterator[int]:
    """A badge is an interaction on its member's timeline, and nothing else."""
    for batch in unit.batches("Badges"):
        members = await unit.members(batch, "UserId")

        def read(row: Row, members: dict[str, UUID] = members) -> Entry:
            member = owner(row, "UserId", members)
            if member is None:
                raise cells.bad("missing", "UserId", "is empty")
            return Entry(
                profile_kinds.BADGE_EARNED, ("MEMBER", member), f"{unit.source}:{dump.needed(row, 'Id')}", member,
                dump.at(row, "Date"), ActorKind.SYSTEM,
                properties={"name": dump.needed(row, "Name"), "class": row.data.get("Class")},
            )  # fmt: skip

        await unit.facts(batch, read)
        yield len(batch)


async def history(unit: Unit) -> AsyncIterator[int]:
    """Closings, reopenings, deletions and undeletions, in the order of their time: the last one holds.

    Other rows of the history are the texts themselves, which the dump does not carry; they are not looked at.
    """
    await unit.record()  # what these acts are about is looked up among the recorded facts
    wanted = (CLOSED, REOPENED, DELETED, UNDELETED)
    batches = unit.batches("PostHistory", lambda row: row.data.get("PostHistoryTypeId") in wanted)
    rows = [row for batch in batches for row in batch]
    rows.sort(key=lambda row: (str(row.data.get("CreationDate")), row.line))
    posts = await unit.posts(rows, "PostId")
    members = await unit.members(rows, "UserId")
    published = await _published(list(posts.values()))
    removals: dict[UUID, Entry] = {}

    def read(row: Row) -> Entry:
        about = target(row, posts)
        return _act(
            row, unit, about, members.get(row.data.get("UserId", "")), published.get(about.id), removals
        )

    for made in await unit.facts(rows, read):
        await _apply(unit, made)
    await unit.record()
    await _void_received(unit, list(removals.values()))
    yield len(rows)


def _act(
    row: Row,
    unit: Unit,
    about: Target,
    who: UUID | None,
    published: UUID | None,
    removals: dict[UUID, Entry],
) -> Entry:
    """One row of the history as a fact on the author's timeline; ``removals`` holds those in force."""
    is_post, type_ = about.kind == "POST", row.data["PostHistoryTypeId"]
    compensates: UUID | Entry | None = None
    if type_ in (CLOSED, REOPENED):
        if not is_post:
            raise cells.bad("NOT_APPLICABLE", "PostHistoryTypeId", "an answer is not closed")
        kind = kinds.POST_LOCKED if type_ == CLOSED else kinds.POST_UNLOCKED
    elif type_ == DELETED and who is not None and who == about.author:
        kind = kinds.POST_DELETED if is_post else kinds.COMMENT_DELETED
    elif type_ == DELETED:
        kind, compensates = (kinds.POST_REMOVED if is_post else kinds.COMMENT_REMOVED), published
    elif about.id in removals:
        kind, compensates = (
            (kinds.POST_RESTORED if is_post else kinds.COMMENT_RESTORED),
            removals.pop(about.id),
        )
    else:
        kind = kinds.POST_UNDELETED if is_post else kinds.COMMENT_UNDELETED
    made = Entry(
        kind, (about.target_kind.value, about.id), f"{unit.source}:history:{dump.needed(row, 'Id')}",
        about.author, dump.at(row), ActorKind.UNKNOWN if who is None else ActorKind.MEMBER, who, compensates,
        {"event": str(ids.named("history", unit.source, row.data["Id"]))},
    )  # fmt: skip
    if kind in (kinds.POST_REMOVED, kinds.COMMENT_REMOVED):
        removals[about.id] = made
    return made


async def _apply(unit: Unit, made: Entry) -> None:
    """Let the fact hold: an act of moderation for others' doings, the author's own deletion otherwise."""
    assert made.subject is not None
    kind, id_ = TargetKind(made.subject[0]), cast("UUID", made.subject[1])
    event = UUID(made.properties["event"])
    act = _ACTS.get(made.kind.name.rsplit(".", 1)[1])
    if act is not None:
        await db.run(
            """INSERT INTO community.mod_event
                (id, actor, actor_kind, kind, subject_kind, subject, payload, source, external_id, at)
            VALUES ($1, $2, 'IMPORT', $3, $4, $5, '{}', $6, $7, $8)""",
            event, made.actor_id, act, kind, id_, unit.source, str(made.once), made.at,
        )  # fmt: skip
    fact, value = {
        "locked": ("locked_by", event),
        "unlocked": ("locked_by", None),
        "removed": ("removed_by", event),
        "restored": ("removed_by", None),
        "deleted": ("deleted_at", made.at),
        "undeleted": ("deleted_at", None),
    }[made.kind.name.rsplit(".", 1)[1]]
    if kind is TargetKind.POST:
        await db.run(
            f"UPDATE community.post SET {fact} = $2, transition = transition + 1 WHERE id = $1", id_, value
        )
    else:
        await comments.turn(await comments.locked(id_), fact, value)


async def _void_received(unit: Unit, removals: list[Entry]) -> None:
    """What a removal that still holds leaves void beside the publication: likes and comments received."""
    for made in removals:
        assert made.subject is not None
        kind, id_ = TargetKind(made.subject[0]), cast("UUID", made.subject[1])
        unit.entries += [
            replace(made, once=f"{made.once}:{received}", compensates=received)
            for received in (await content.received(kind, [id_])).get(id_, ())
        ]


async def _published(targets: list[Target]) -> dict[UUID, UUID]:
    """The interactions by which posts and answers were published."""
    entries = {
        t.id: Entry(
            kinds.POST_PUBLISHED if t.kind == "POST" else kinds.COMMENT_PUBLISHED,
            (t.target_kind.value, t.id), t.id, None, clock.now(),
        )
        for t in targets
    }  # fmt: skip
    found = await interactions.recorded(list(entries.values()))
    return {id_: found[entry.message_id] for id_, entry in entries.items() if entry.message_id in found}


async def _accepted(answers: list[UUID]) -> dict[UUID, db.Row]:
    """The questions whose accepted answer is among these, by answer."""
    rows = await db.fetch(
        "SELECT id, author, accepted_comment FROM community.post WHERE accepted_comment = ANY($1)", answers
    )
    return {row["accepted_comment"]: row for row in rows}


async def _accept(
    unit: Unit, batch: list[Row], posts: dict[str, Target], accepted: dict[UUID, db.Row]
) -> None:
    """The votes by which askers accepted: on the asker's timeline, as an acceptance here is."""

    def read(row: Row) -> Entry:
        answer = target(row, posts)
        question = accepted.get(answer.id)
        if question is None:
            raise cells.bad("SUPERSEDED", "PostId", "another answer, or none, is the accepted one")
        asker = question["author"]
        return Entry(
            kinds.POST_ACCEPTED, ("POST", question["id"]), f"{unit.source}:vote:{dump.needed(row, 'Id')}",
            asker or answer.author, dump.at(row), ActorKind.MEMBER if asker else ActorKind.UNKNOWN, asker,
            properties={"comment": str(answer.id), "author": None if answer.author is None else str(answer.author)},
        )  # fmt: skip

    await unit.facts(batch, read)


_ACTS = {"locked": "CLOSE", "unlocked": "REOPEN", "removed": "REMOVE", "restored": "RESTORE"}
