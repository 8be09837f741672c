"""What waits for approval: posts, comments and edits, approved or not, and all of it taken back exactly."""

from __future__ import annotations

import pytest

from domain import db
from domain.community import comments, review_items
from domain.community.desk import actions, deciding, reverting, subjects
from domain.community.desk import scope as scopes
from domain.community.desk.actions import ActionKind, Asked
from domain.community.desk.deciding import Decision, Verdict
from domain.errors import InvalidInput
from tests import make
from tests.domain.community.desk.conftest import item_of, row

K = ActionKind
MODERATOR = make.staff("moderator")


async def decide(subject, verdict, *kinds):
    item = await item_of(subject)
    return await deciding.decide(
        MODERATOR,
        item["id"],
        item["version"],
        Decision(Verdict(verdict), "SPAM", [Asked(kind) for kind in kinds]),
    )


async def counting(kind: str, subject) -> int:
    return await db.value(
        "SELECT count(*) FROM profile.interaction WHERE kind = $1 AND subject_id = $2 AND profile.counts(id)",
        kind, str(subject),
    )  # fmt: skip


@pytest.fixture
def held(post, trusted):
    """A post and a comment that wait."""

    async def run(kind: str):
        author, post_id = await post("the post")
        if kind == "POST":
            await db.run(
                "UPDATE community.post SET stage = 'PENDING', published_at = NULL, feed_seq = NULL, held_for = '{LINKS}' "
                "WHERE id = $1",
                post_id,
            )
            await db.run("DELETE FROM profile.pending")
            target = post_id
        else:
            target = await comments.publish(author, post_id, body="the comment")
            await db.run(
                "UPDATE community.comment SET stage = 'PENDING', published_at = NULL, feed_seq = NULL, is_visible = false, "
                "held_for = '{LINKS}' WHERE id = $1",
                target,
            )
        await review_items.open(kind, target, "HELD", reasons=["LINKS"])
        return target

    return run


@pytest.mark.parametrize("kind", ["POST", "COMMENT"])
async def test_what_waits_is_approved_or_not_and_waits_again_when_that_is_undone(held, kind):
    target = await held(kind)
    table = kind.lower()
    before = dict(await row(table, target))
    with pytest.raises(InvalidInput):
        async with db.transaction():
            await decide(target, "IGNORE")
    for action, stage in ((K.APPROVE, "PUBLISHED"), (K.REJECT_PENDING, "REJECTED"), (K.APPROVE, "PUBLISHED")):
        decided = await decide(target, "REJECT", action)
        now = await row(table, target)
        assert (now["stage"], now["is_visible"]) == (stage, stage == "PUBLISHED")
        assert (now["feed_seq"] is None) is (stage == "REJECTED")
        counts = await counting(f"community.{table}.published", target)
        assert (counts > 0) is (stage == "PUBLISHED"), stage
        undone = await reverting.revert(MODERATOR, decided.event, "a mistake")
        assert undone.skipped == ()
        again = dict(await row(table, target))
        for name in ("transition", "version"):
            again.pop(name), before.pop(name, None)
        assert again == before
        assert await counting(f"community.{table}.published", target) == 0


async def test_an_edit_that_waits_is_taken_or_refused_and_waits_again(post):
    from domain.community import revisions
    from domain.community.tables import TargetKind

    author, id_ = await post("the first text")
    content = await row("post", id_)
    await revisions.hold(author, TargetKind.POST, content, revisions.Text(None, "the second text", ["news"]))
    await review_items.open("POST", id_, "HELD", reasons=["WORDS"])
    found = await subjects.find(id_)
    shown = await actions.available(MODERATOR, await scopes.of(MODERATOR), (await item_of(id_))["id"], found)
    assert {K.APPROVE, K.REJECT_PENDING} <= {one.kind for one in shown}
    with pytest.raises(InvalidInput):
        async with db.transaction():
            await decide(id_, "UPHOLD")
    for action, body in ((K.REJECT_PENDING, "the first text"), (K.APPROVE, "the second text")):
        decided = await decide(id_, "REJECT", action)
        assert (await row("post", id_))["body"] == body
        await reverting.revert(MODERATOR, decided.event, "a mistake")
        now = await row("post", id_)
        assert (now["body"], now["edited_at"]) == ("the first text", None)
        assert await db.value("SELECT count(*) FROM community.post_hashtag WHERE post = $1", id_) == 0
        waiting = await db.value(
            "SELECT body FROM community.post_revision WHERE post = $1 AND state = 'PENDING'", id_
        )
        assert waiting == "the second text"
