"""Searching: exactly what a naive scan finds, in a stable order, for whom it may be."""

from __future__ import annotations

import os
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import clock, db
from domain.community import posts, search, search_index, search_rules, ties
from domain.community.folding import fold
from domain.community.tables import PostKind
from domain.community.viewers import Viewer
from domain.errors import InvalidInput, VersionConflict
from domain.foundation.pages import Page
from tests import make

ANYBODY = Viewer()
LETTERS = st.text(st.sampled_from("试驾試車提汉DM-i es6C+'\\%<>.𠮷é１Ａ："), min_size=0, max_size=9)


@pytest.fixture(autouse=True)
def unhurried():
    yield
    clock.shift(timedelta(0))


async def published(body: str, title: str | None = None, **more) -> UUID:
    me = more.pop("by", None) or await make.member_actor()
    return await posts.publish(
        me, kind=PostKind.ARTICLE if title else PostKind.MOMENT, title=title, body=body, **more
    )


async def found(query: str, viewer: Viewer = ANYBODY, **more) -> list[UUID]:
    return [row["id"] for row in await search.posts(viewer, query, Page(50), **more)]


def naive(query: str, texts: list[str]) -> bool:
    """Every term stands somewhere; one that begins with a letter or digit of ASCII at the start of such a run."""

    def stands(term: str, text: str) -> bool:
        at = text.find(term)
        while at >= 0:
            if not _is_plain(term[0]) or at == 0 or not _is_plain(text[at - 1]):
                return True
            at = text.find(term, at + 1)
        return False

    return all(any(stands(term, fold(text)) for text in texts) for term in fold(query).split(" "))


def _is_plain(char: str) -> bool:
    return char.isascii() and char.isalnum()


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    titles=st.lists(LETTERS, min_size=1, max_size=4),
    bodies=st.lists(LETTERS, min_size=4, max_size=4),
    query=LETTERS,
)
async def test_a_search_finds_what_a_naive_scan_finds(titles, bodies, query):
    async with db.savepoint():
        await db.run("DELETE FROM community.search_due")
        await db.run("DELETE FROM community.search_doc")
        author = await make.member_id()
        stored = {}
        for title, body in zip(titles, bodies, strict=False):
            made = await db.value(
                """INSERT INTO community.post (id, author, kind, title, body, body_format, stage, is_listed, published_at,
                    feed_seq, version, transition, created_at)
                VALUES (gen_random_uuid(), $1, 'ARTICLE', $2, $3, 'PLAIN', 'PUBLISHED', true, $4, community.feed_seq($4), 1, 0, $4)
                RETURNING id""",
                author, title, body, clock.now(),
            )  # fmt: skip
            stored[made] = (title, body)
        try:
            got = set(await found(query))
        except InvalidInput:
            assert not fold(query) or len(fold(query).split(" ")) > search_rules.MOST_TERMS
            return
        assert got == {post for post, texts in stored.items() if naive(query, list(texts))}


async def test_chinese_is_found_by_any_part_in_both_writings_and_english_by_the_start_of_words():
    car = await published("昨天試駕了比亞迪漢，DM-i 真省油。Model Y too", "提車作業")
    for query in (
        "试驾",
        "驾",
        "比亚迪汉",
        "提车",
        "提车作业",
        "dm",
        "DM-i",
        "model",
        "mod y",
        "Ｍｏｄｅｌ",
        "作业 省油",
    ):
        assert await found(query) == [car], query
    for query in ("odel", "驾试", "m-i", "试驾 奔驰"):
        assert await found(query) == [], query


def test_tags_are_no_words():
    assert search_rules.text_of("<p>long <b>dri</b>ve</p>home &amp; back <img alt='x'>", "HTML").split() == [
        "long", "drive", "home", "&", "back",
    ]  # fmt: skip


@pytest.mark.parametrize("query", ["", "  ", "a" * 65, "a b c d e f g h i"])
async def test_a_query_asks_for_something_and_not_for_too_much(query):
    with pytest.raises(InvalidInput):
        await found(query)


async def test_what_changes_and_goes_is_searched_as_it_is():
    me = await make.member_actor()
    post = await published("蓝色的车", by=me)
    assert await found("蓝色") == [post]
    await db.run("UPDATE community.post SET body = '红色的车' WHERE id = $1", post)
    assert (await found("蓝色"), await found("红色")) == ([], [post])
    await posts.delete(me, post)
    assert await found("红色") == []
    await posts.undelete(me, post)
    assert await found("红色") == [post]


async def test_titles_weigh_more_and_age_less_and_pages_go_on_where_they_ended():
    old = await published("试驾 试驾 试驾", "别的")
    titled = await published("内容", "试驾")
    once = [await published(f"试驾 {n}", "别的") for n in range(3)]
    await db.run(
        "UPDATE community.post SET published_at = published_at - interval '360 days' WHERE id = $1", old
    )
    # 3 in a title; 1 in a text; 3 in a text that is two half-lives old is 0.75.
    assert await found("试驾") == [titled, *reversed(once), old]
    assert await found("试驾", is_newest=True) == [*reversed(once), titled, old]
    for is_newest in (False, True):
        seen, after = [], None
        while rows := (await search.posts(ANYBODY, "试驾", Page(2, after), is_newest=is_newest))[:2]:
            seen += [row["id"] for row in rows]
            last = rows[-1]
            after = (None if last["relevance"] is None else str(last["relevance"]), last["feed_seq"])
            clock.shift(timedelta(days=len(seen)))  # the order does not depend on the moment
        assert seen == await found("试驾", is_newest=is_newest)


async def test_blocked_muted_and_limited_people_are_not_found():
    me, other = await make.member_actor(), await make.member_actor()
    post = await published("保养贴士", by=other)
    mine = Viewer(member=me.member_id)
    assert await found("保养", mine) == [post]
    await ties.set_block(me, other.member_id, True)
    assert (await found("保养", mine), await found("保养")) == ([], [post])


async def test_words_that_mean_the_same_find_each_other():
    staff = make.staff("moderator")
    post = await published("我的毛豆到了")
    assert await found("modely") == []
    row = await search.put_synonyms(staff, ["ModelY", "毛豆"])
    assert await found("modely 到了") == [post]
    with pytest.raises(VersionConflict):
        await search.put_synonyms(staff, ["a", "b"], set_id=row["id"], expected_version=7)
    with pytest.raises(InvalidInput):
        await search.put_synonyms(staff, ["一", "一"])
    await search.put_synonyms(
        staff, ["ModelY", "毛豆"], set_id=row["id"], expected_version=1, is_active=False
    )
    assert await found("modely") == []


async def test_an_import_is_the_workers_to_index():
    post = await published("等待索引")
    assert await search_index.next_due() is not None
    assert await search_index.work_off() == 1
    assert (await search_index.next_due(), await found("索引")) == (None, [post])
    await db.run("DELETE FROM community.search_doc")
    assert (await search_index.note_all(), await found("索引")) == (1, [post])


@pytest.mark.commits
@pytest.mark.parametrize("is_careless", [False, True])
async def test_a_worker_between_an_edit_and_its_commit_leaves_the_note(is_careless):
    """Control: without the lock on the note the worker takes it, and what was edited is never found."""
    post = await published("旧的文字")
    if is_careless:
        await db.run(
            """CREATE OR REPLACE FUNCTION community.note_for_search() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO community.search_due (post, at) VALUES (NEW.id, now()) ON CONFLICT DO NOTHING; RETURN NULL;
            END $$"""
        )
    other = await asyncpg.connect(os.environ["MARQUE_DATABASE_URL"])
    try:
        async with other.transaction():
            await other.execute("UPDATE community.post SET body = '新的文字' WHERE id = $1", post)
            await search_index.work_off()
    finally:
        await other.close()
    assert await found("新的") == ([] if is_careless else [post])
