"""Pure decisions of the community: limits, folded texts, and who may post where."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from domain.community.errors import PostingBarrier
from domain.community.folding import fold
from domain.community.tables import CirclePosting, JoinPolicy, Stage
from domain.errors import InvalidInput, Problem

LONGEST_TITLE = 200
LONGEST_BODY = 20_000
LONGEST_COMMENT = 5_000
MOST_HASHTAGS = 10
LONGEST_HASHTAG = 50

#: How the stage of a post may change; comments know PENDING, PUBLISHED and REJECTED alone.
STAGE_EDGES: dict[Stage, frozenset[Stage]] = {
    Stage.DRAFT: frozenset({Stage.SCHEDULED, Stage.PENDING, Stage.PUBLISHED, Stage.REJECTED}),
    Stage.SCHEDULED: frozenset({Stage.DRAFT, Stage.PENDING, Stage.PUBLISHED, Stage.REJECTED}),
    Stage.PENDING: frozenset({Stage.PUBLISHED, Stage.REJECTED}),
    Stage.PUBLISHED: frozenset(),
    Stage.REJECTED: frozenset({Stage.DRAFT}),
}


def fingerprint(title: str | None, body: str) -> int:
    """64 bits of the folded text, signed, to find a repeated text of one member."""
    digest = hashlib.sha256(f"{fold(title or '')}\x1f{fold(body)}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def hashtag(name: str) -> str:
    """The name under which a hashtag is kept: folded, without # and inner spaces."""
    return fold(name.strip().strip("#")).replace(" ", "-")


def post_problems(
    title: str | None, body: str, hashtags: Sequence[str], *, needs_title: bool, needs_body: bool = True
) -> list[Problem]:
    """Every problem of a post's texts."""
    problems = []
    if needs_title and not (title or "").strip():
        problems.append(Problem("title", "This kind of post needs a title."))
    if title is not None and len(title) > LONGEST_TITLE:
        problems.append(Problem("title", f"Use at most {LONGEST_TITLE} characters."))
    problems += [
        problem
        for problem in _text_problems("body", body, LONGEST_BODY)
        if needs_body or len(body) > LONGEST_BODY
    ]
    if len(hashtags) > MOST_HASHTAGS:
        problems.append(Problem("hashtags", f"Use at most {MOST_HASHTAGS} hashtags."))
    for number, name in enumerate(hashtags):
        if not 1 <= len(hashtag(name)) <= LONGEST_HASHTAG:
            problems.append(Problem(f"hashtags.{number}", f"Use 1 to {LONGEST_HASHTAG} characters."))
    return problems


def check_comment(body: str) -> None:
    """Raise InvalidInput for an empty or over-long comment."""
    if problems := _text_problems("body", body, LONGEST_COMMENT):
        raise InvalidInput(problems)


def barrier(posting: str, join_policy: str, role: str | None) -> PostingBarrier | None:
    """What keeps somebody with this role (None: an outsider) from publishing in a circle."""
    if posting == CirclePosting.MODERATORS and role not in ("MODERATOR", "LEAD"):
        return PostingBarrier.CIRCLE_READ_ONLY
    if posting == CirclePosting.MEMBERS and role is None:
        if join_policy in (JoinPolicy.OPEN, JoinPolicy.APPROVAL):
            return PostingBarrier.CIRCLE_NOT_JOINED
        return PostingBarrier.CIRCLE_MEMBERS_ONLY
    return None


def _text_problems(path: str, text: str, longest: int) -> list[Problem]:
    if not text.strip():
        return [Problem(path, "Write something.")]
    if len(text) > longest:
        return [Problem(path, f"Use at most {longest} characters.")]
    return []
