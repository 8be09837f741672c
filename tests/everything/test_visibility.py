"""No list, node lookup or nested field shows what may not be seen, and no count depends on who looks (invariant 3).

The fields are found in the schema. What each of them shows to each reader is compared with an oracle over the rows; so a
new field that forgets a block, a private circle or a shadow fails here. A new list that needs content of its own to show
anything deserves a line in tests/everything/visibility/world.py.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from uuid import UUID

from api.context import Context
from api.schema import build
from domain import db
from domain.actor import Actor
from domain.community import viewers
from domain.foundation import ids
from tests import make
from tests.everything.visibility import asking, oracle, world

SCHEMA = build(has_test_clock=False)
#: Fields that must have shown something to somebody, or this test proves nothing about them.
MUST_SHOW = {
    "circleFeed", "comment", "contents", "homeFeed", "memberFeed", "myBookmarks", "post",
}  # fmt: skip

#: Readers who ask each field; of the others the predicates alone are compared.
ASKING = ("a visitor", "me", "stranger", "shadow", "a moderator of one circle", "an analyst")


async def test_no_field_shows_what_may_not_be_seen(rollback, caplog):
    caplog.set_level(logging.CRITICAL, logger="strawberry.execution")  # most answers are NOT_FOUND
    made = await world.build()
    truth = await oracle.read()
    assert truth.posts.keys() == set(made.posts) and truth.comments.keys() == set(made.comments)
    readers = _readers(made)
    counts, shows = truth.counts(), defaultdict(int)
    for name, actor in readers.items():
        await _compare_predicates(name, actor, truth)
        if name not in ASKING:
            continue  # the predicates were compared
        for field, operation in asking.questions(_pools(made)):
            answer = await _ask(operation, actor)
            for found in asking.shown(answer):
                where, id_ = f"{field} shows {name} {found['__typename']} {found['id']}", UUID(found["id"])
                shows[field] += 1
                if found["__typename"] == "Post":
                    assert truth.sees_post(actor, id_), where
                else:
                    assert truth.sees_comment(actor, id_), where
                    assert found["isBlockedContent"] == truth.is_gap(actor, id_), where
                    assert not found["isBlockedContent"] or (found["body"], found["author"]) == ("", None), (
                        where
                    )
                assert _as_counted(found) == _as_counted(counts[id_] | {}, found), where
        if name in ("a visitor", "me", "shadow", "a moderator of one circle"):
            await _look_up_each(name, actor, truth)
    assert MUST_SHOW - shows.keys() == set()


def _readers(made: world.World) -> dict[str, Actor]:
    scope = f"circle:{made.circles['theirs']}"
    return {
        "a visitor": make.visitor(),
        **made.people,
        "a moderator": make.staff("moderator"),
        "a moderator of one circle": make.staff("moderator", scopes=(scope,)),
        "an analyst": make.staff("analyst"),
    }


def _pools(made: world.World) -> dict[str, list[object]]:
    """Values of required arguments; one lookup of a post and a comment, each is looked up further down."""
    return {
        "circleId": list(made.circles.values()),
        "memberId": [made.id(name) for name in world.NAMES],
        "post.id": made.posts[:1],
        "comment.id": made.comments[-1:],
        "query": ["says", "in"],
    }


async def _ask(operation: str, actor: Actor) -> object:
    context = Context(actor=actor, language="en", request_id="test")
    answer = await SCHEMA.execute(operation, context_value=context)
    codes = {getattr(error.original_error, "code", str(error)) for error in answer.errors or ()}
    assert codes <= {"NOT_FOUND", "FORBIDDEN", "UNAUTHENTICATED"}, (operation, answer.errors)
    return answer.data


async def _compare_predicates(name: str, actor: Actor, truth: oracle.Oracle) -> None:
    """The predicates themselves, over every pair."""
    args = viewers.of(actor).args
    rows = await db.fetch(f"SELECT p.id, {viewers.SEES_POST} AS sees FROM community.post AS p", *args)
    assert {row["id"]: bool(row["sees"]) for row in rows} == {
        id_: truth.sees_post(actor, id_) for id_ in truth.posts
    }, name
    rows = await db.fetch(
        f"""SELECT c.id, {viewers.SEES_COMMENT} AS sees FROM community.comment AS c
        JOIN community.post AS p ON p.id = c.post""",
        *args,
    )
    assert {row["id"]: bool(row["sees"]) for row in rows} == {
        id_: truth.sees_comment(actor, id_) for id_ in truth.comments
    }, name


async def _look_up_each(name: str, actor: Actor, truth: oracle.Oracle) -> None:
    """Each id by ``node``, and some by ``post`` and ``comment``: what may not be seen is as what is absent."""
    absent = ids.new()
    for field, kept, sees in (
        ("post", truth.posts, truth.sees_post),
        ("comment", truth.comments, truth.sees_comment),
    ):
        asked = [*kept, absent]
        fields = [field if n % 7 == 0 else "node" for n in range(len(asked))]
        operation = " ".join(
            f'a{n}: {each}(id: "{id_}") {{ id }}'
            for n, (each, id_) in enumerate(zip(fields, asked, strict=True))
        )
        answer = await _ask(f"{{ {operation} }}", actor)
        for n, id_ in enumerate(asked):
            expected = {"id": str(id_)} if id_ in kept and sees(actor, id_) else None
            assert answer[f"a{n}"] == expected, (name, fields[n], id_)


_COUNTED = ("commentCount", "rootCommentCount", "answerCount", "replyCount")


def _as_counted(found: dict[str, object], like: dict[str, object] | None = None) -> dict[str, object]:
    return {name: found.get(name, 0) for name in _COUNTED if name in (like or found)}
