"""Polls: a vote among options, once a person, counted exactly from the votes themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import authors, barriers, locks, viewers
from domain.community import publishing_kinds as kinds
from domain.community.content_rules import PollText
from domain.community.errors import AlreadyVoted, PollClosed
from domain.community.viewers import Viewer
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids
from domain.profile import interactions


@dataclass(frozen=True)
class Option:
    """An option with its votes; ``is_mine``: the reader chose it."""

    id: UUID
    text: str
    votes: int
    is_mine: bool


@dataclass(frozen=True)
class Poll:
    """A poll as somebody sees it; ``voters`` are people, who may have chosen several options."""

    id: UUID
    post: UUID
    max_choices: int
    closes_at: datetime | None
    voters: int
    options: tuple[Option, ...]

    @property
    def is_closed(self) -> bool:
        return self.closes_at is not None and self.closes_at <= clock.now()

    @property
    def has_voted(self) -> bool:
        return any(option.is_mine for option in self.options)


async def vote(actor: Actor, poll_id: UUID, options: Sequence[UUID]) -> UUID:
    """Vote once and for good; answers the poll's post.

    Locks the member's root, so that one person's merged members vote once. Raises PostingNotAllowed, PollClosed,
    AlreadyVoted, InvalidInput (no option of this poll, too many), NOT_FOUND (a poll that cannot be seen).
    """
    async with db.transaction():
        author = await authors.locked(actor)
        poll = await _open(actor, poll_id)
        await locks.share(poll["post"])
        await barriers.must_speak(author, poll["circle"], None)
        if poll["closes_at"] is not None and poll["closes_at"] <= clock.now():
            raise PollClosed(poll["closes_at"])
        chosen = list(dict.fromkeys(options))
        await _check(poll, chosen)
        if await _has_voted(author.root, poll_id):
            raise AlreadyVoted()
        ballot = ids.new()
        await db.run(
            """INSERT INTO community.poll_vote (id, poll, option, ballot, member, created_at)
            SELECT i, $3, o, $4, $5, $6 FROM unnest($1::uuid[], $2::uuid[]) AS g(i, o)""",
            [ids.new() for _ in chosen], chosen, poll_id, ballot, author.root, clock.now(),
        )  # fmt: skip
        await interactions.record(
            actor, kinds.POST_VOTED, ("POST", poll["post"]), once=ballot, member=author.root,
            poll=str(poll_id), author=None if poll["author"] is None else str(poll["author"]),
        )  # fmt: skip
    return poll["post"]


async def put(post_id: UUID, text: PollText | None) -> None:
    """Give a draft this poll, or none; nobody has voted in it yet."""
    await db.run("DELETE FROM community.poll_option WHERE poll IN (SELECT id FROM community.poll WHERE post = $1)", post_id)  # fmt: skip
    await db.run("DELETE FROM community.poll WHERE post = $1", post_id)
    if text is None:
        return
    poll = ids.new()
    await db.run(
        "INSERT INTO community.poll (id, post, max_choices, closes_at, created_at) VALUES ($1, $2, $3, $4, $5)",
        poll, post_id, text.max_choices, text.closes_at, clock.now(),
    )  # fmt: skip
    await db.run(
        """INSERT INTO community.poll_option (id, poll, position, text)
        SELECT i, $3, n, t FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS g(i, t, n)""",
        [ids.new() for _ in text.options], [option.strip() for option in text.options], poll,
    )  # fmt: skip


async def text_of(post_id: UUID) -> PollText | None:
    """A post's poll as it was written."""
    row = await db.one(
        """SELECT p.max_choices, p.closes_at,
            ARRAY(SELECT o.text FROM community.poll_option AS o WHERE o.poll = p.id ORDER BY o.position) AS options
        FROM community.poll AS p WHERE p.post = $1""",
        post_id,
    )
    return None if row is None else PollText(row["options"], row["max_choices"], row["closes_at"])


async def of_posts(viewer: Viewer, posts: Sequence[UUID]) -> dict[UUID, Poll]:
    """The polls of posts (which the viewer may see), in two statements."""
    polls = await db.fetch(
        """SELECT p.id, p.post, p.max_choices, p.closes_at, (SELECT count(DISTINCT v.ballot)
            FROM community.poll_vote AS v WHERE v.poll = p.id AND v.voided_by IS NULL) AS voters
        FROM community.poll AS p WHERE p.post = ANY($1)""",
        list(posts),
    )
    options = await db.fetch(
        """SELECT o.poll, o.id, o.text, count(v.id) FILTER (WHERE v.voided_by IS NULL) AS votes,
            coalesce(bool_or(v.member = ANY(me.ids)), false) AS is_mine
        FROM community.poll_option AS o
        CROSS JOIN (SELECT ARRAY(SELECT id FROM profile.member
            WHERE root = (SELECT root FROM profile.member WHERE id = $2)) AS ids) AS me
        LEFT JOIN community.poll_vote AS v ON v.option = o.id
        WHERE o.poll = ANY($1) GROUP BY o.id ORDER BY o.poll, o.position""",
        [poll["id"] for poll in polls], viewer.member,
    )  # fmt: skip
    by_poll: dict[UUID, list[Option]] = {}
    for row in options:
        by_poll.setdefault(row["poll"], []).append(
            Option(row["id"], row["text"], row["votes"], row["is_mine"])
        )
    return {
        row["post"]: Poll(
            row["id"],
            row["post"],
            row["max_choices"],
            row["closes_at"],
            row["voters"],
            tuple(by_poll.get(row["id"], ())),
        )
        for row in polls
    }


async def _open(actor: Actor, poll_id: UUID) -> db.Row:
    """The poll of a post that everybody may see, or NOT_FOUND."""
    row = await db.one(
        f"""SELECT q.id, q.post, q.max_choices, q.closes_at, p.circle, p.author FROM community.poll AS q
        JOIN community.post AS p ON p.id = q.post WHERE q.id = $4 AND p.is_visible AND {viewers.SEES_POST}""",
        *viewers.of(actor).args, poll_id,
    )  # fmt: skip
    if row is None:
        raise NotFound()
    return row


async def _check(poll: db.Row, chosen: list[UUID]) -> None:
    if not 1 <= len(chosen) <= poll["max_choices"]:
        raise InvalidInput.at("optionIds", f"Choose 1 to {poll['max_choices']} options.")
    known = await db.value(
        "SELECT count(*) FROM community.poll_option WHERE poll = $1 AND id = ANY($2)", poll["id"], chosen
    )
    if known != len(chosen):
        raise InvalidInput.at("optionIds", "Choose options of this poll.")


async def _has_voted(root: UUID, poll_id: UUID) -> bool:
    return await db.value(
        """SELECT EXISTS (SELECT FROM community.poll_vote WHERE poll = $2
        AND member = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1)))""",
        root, poll_id,
    )  # fmt: skip
