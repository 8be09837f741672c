"""Heat, hot feeds and the hot list: the formulas, who weighs what, pages that neither repeat nor lose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from domain import clock, db
from domain.community import bookmarks, comments, heat, heat_rules, hot, hot_list, posts, reactions, standings
from domain.community.errors import AlreadyInState
from domain.community.tables import PostKind, ReactionKind
from domain.community.viewers import Viewer
from domain.errors import NotFound
from domain.foundation.pages import Page
from domain.profile import merges
from tests import make

ANYBODY = Viewer()


@pytest.fixture(autouse=True)
def unhurried():
    yield
    clock.shift(timedelta(0))


async def post(body: str = "A post", by=None) -> UUID:
    return await posts.publish(by or await make.member_actor(), kind=PostKind.MOMENT, body=body)


async def trusted(level: int = 1):
    me = await make.member_actor()
    if level:
        await standings.set_level(make.staff("moderator"), me.member_id, level, reason="for the test")
    return me


async def like(actor, target: UUID, is_on: bool = True) -> None:
    await reactions.set_reaction(actor, target, ReactionKind.LIKE, is_on)


async def rank(target: UUID) -> tuple | None:
    while await heat.work_off():
        pass
    row = await db.one("SELECT heat, engagers, hot FROM community.post_rank WHERE post = $1", target)
    return None if row is None else tuple(row)


@pytest.mark.parametrize(("points", "hot_"), [(1, 13370.2577111), (10, 13371.2577111), (-10, 13369.2577111)])
async def test_the_formula_of_hot_is_the_published_one(points, hot_):
    at = datetime(2025, 1, 1, tzinfo=UTC)
    assert heat_rules.hot(points * 10, at) == hot_
    assert await db.value("SELECT community.hot($1, $2)", points * 10, at) == hot_


@pytest.mark.parametrize(("engagers", "hours", "score"), [(5, 0, "16"), (11, 4, "25"), (5, 12, "0.25")])
def test_the_formula_of_trends_is_the_published_one(engagers, hours, score):
    assert heat_rules.trend(engagers, Decimal(hours)) == Decimal(score)


async def test_each_person_weighs_once_by_the_largest_of_what_was_done():
    author, fan, owner, newcomer = await trusted(), await trusted(), await trusted(), await trusted(0)
    target = await post(by=author)
    await like(fan, target)
    assert (await rank(target))[:2] == (10, 1)
    await comments.publish(fan, target, body="Well said")
    assert (await rank(target))[:2] == (20, 1)
    await bookmarks.set_bookmark(fan, target, True)
    assert (await rank(target))[:2] == (30, 1)
    await comments.publish(author, target, body="Thank you")
    await like(newcomer, target)
    assert (await rank(target))[:2] == (
        30,
        2,
    )  # nothing of the author; a newcomer engages, and weighs nothing
    await like(owner, target)
    assert (await rank(target))[:2] == (40, 3)
    await standings.set_level(make.staff("moderator"), newcomer.member_id, 1, reason="now known")
    assert (await rank(target))[:2] == (50, 3)
    await bookmarks.set_bookmark(fan, target, False)
    await like(owner, target, False)
    heat_, engagers, hot_ = await rank(target)
    published = await db.value("SELECT published_at FROM community.post WHERE id = $1", target)
    assert (heat_, engagers, hot_) == (30, 2, heat_rules.hot(30, published))


async def test_a_rank_stands_exactly_while_its_post_is_visible():
    author, fan = await trusted(), await trusted()
    target = await post(by=author)
    assert await rank(target) is not None
    await like(fan, target)
    await rank(target)
    await posts.delete(author, target)
    assert await rank(target) is None
    await posts.undelete(author, target)
    assert (await rank(target))[0] == 10


async def test_who_becomes_one_person_weighs_once_and_twice_again_after_the_parting():
    one, two, target = await trusted(), await trusted(), await post()
    await like(one, target)
    await comments.publish(two, target, body="Me too")
    assert (await rank(target))[:2] == (30, 2)
    merge = await merges.merge_two(make.staff("operator"), one.member_id, two.member_id, "one person")
    assert (await rank(target))[:2] == (20, 1)
    await merges.undo(make.staff("operator"), merge, "two after all")
    assert (await rank(target))[:2] == (30, 2)


async def pages(size: int, between=None) -> list[UUID]:
    seen, after = [], None
    while True:
        rows = await hot.everywhere(ANYBODY, Page(size, after))
        seen += [row["id"] for row in rows[:size]]
        if len(rows) <= size:
            return seen
        after = hot.key(rows[size - 1])
        after = (*after[:3], after[3], after[4])
        if between is not None:
            await between()


async def test_hot_pages_neither_repeat_nor_lose_a_post_while_ranks_move():
    made = [await post(f"Post {n}") for n in range(9)]
    for target in (made[3], made[5]):
        await like(await trusted(), target)
    before = await pages(20)
    assert set(before) == set(made)

    async def stir() -> None:
        for target in (made[0], made[1], made[2]):
            for _ in range(4):
                await like(await trusted(), target)
        await rank(made[0])

    assert await pages(2, stir) == before
    assert await pages(2) == before  # the same generation for half a minute
    clock.shift(timedelta(seconds=31))
    after = await pages(2)
    assert (sorted(after), after == before) == (sorted(before), False)


async def test_a_generation_that_is_gone_goes_on_by_the_last_place():
    made = [await post(f"Post {n}") for n in range(5)]
    for minutes, target in enumerate(reversed(made)):  # a rank tells times 5 ms apart from one another
        await db.run(
            "UPDATE community.post SET published_at = published_at - make_interval(mins => $2) WHERE id = $1",
            target, minutes,
        )  # fmt: skip
    first = await hot.everywhere(ANYBODY, Page(2))
    clock.shift(timedelta(minutes=16))
    rest = await hot.everywhere(ANYBODY, Page(10, hot.key(first[1])))
    assert [row["id"] for row in first[:2]] + [row["id"] for row in rest] == list(reversed(made))


async def test_the_hot_list_shows_what_a_moderator_approved_while_it_is_listed():
    target, other = await post("Hot"), await post("Lukewarm")
    fans = [await make.member_actor() for _ in range(5)]
    for fan in fans:
        await like(fan, target)
    for fan in fans[:4]:
        await like(fan, other)
    assert await hot_list.work_off() == 1
    moderator = make.staff("moderator")
    (entry,) = await hot_list.listed(Viewer(sees_all=True), is_moderator=True)
    assert (entry["post"], entry["engagers"], entry["score"]) == (target, 5, Decimal(16))
    assert await hot_list.listed(ANYBODY, is_moderator=False) == []
    with pytest.raises(NotFound):
        await hot_list.approve(moderator, other)
    await hot_list.approve(moderator, target)
    with pytest.raises(AlreadyInState):
        await hot_list.approve(moderator, target)
    assert [row["post"] for row in await hot_list.listed(ANYBODY, is_moderator=False)] == [target]
    clock.shift(timedelta(hours=12))
    assert await hot_list.work_off() == 0
    assert await hot_list.listed(Viewer(sees_all=True), is_moderator=True) == []
