import time

import pytest

from domain import clock, db
from domain.community import circle_lists, demo, demo_people, feed, polls, publishing_demo, viewers
from domain.community import people as cards
from domain.errors import NotFound
from domain.foundation.pages import Page
from domain.profile import demo as people


async def test_the_demonstration_has_a_year_of_community():
    await people.load()
    started = time.perf_counter()
    await demo.load()
    assert time.perf_counter() - started < 10
    figures = await db.one(
        """SELECT (SELECT count(*) FROM community.post) AS posts, (SELECT count(*) FROM community.comment) AS comments,
        (SELECT count(*) FROM community.reaction) AS likes, (SELECT count(*) FROM community.circle) AS circles,
        (SELECT max(published_at) FROM community.post) AS newest"""
    )
    assert (figures["posts"], figures["circles"]) == (333, 12)
    assert figures["comments"] > 600
    assert figures["likes"] > 1_000
    assert figures["newest"] < clock.now()
    me, outsider = (await people.members())[:13:12]
    founders = await feed.circle_feed(viewers.Viewer(me), demo_people.FOUNDERS, Page())
    assert [row["circle_slug"] for row in founders] == ["founders"] * 3
    with pytest.raises(NotFound):
        await feed.circle_feed(viewers.Viewer(outsider), demo_people.FOUNDERS, Page())
    followed = await db.one(
        "SELECT followed, count(*) AS n FROM community.follow GROUP BY followed ORDER BY n DESC LIMIT 1"
    )
    assert (
        (await cards.figures([followed["followed"]]))[followed["followed"]].follower_count
        == followed["n"]
        > 20
    )
    assert await feed.home_feed(viewers.Viewer(me), Page())
    page = await feed.circle_feed(viewers.Viewer(), demo.circle_id("shanghai"), Page(limit=20))
    assert len(page) == 21
    assert sum(row["likes"] for row in page) > 0
    assert [
        row["circle_name"]
        for row in await circle_lists.circles(viewers.Viewer(), Page(limit=3), circle_lists.Wanted())
    ]


async def test_loading_it_again_changes_nothing():
    await people.load()
    await demo.load()
    before = await db.value("SELECT count(*) FROM profile.interaction")
    await demo.load()
    assert await db.value("SELECT count(*) FROM profile.interaction") == before


async def test_the_demonstration_has_a_poll_a_delivery_report_and_what_is_not_published():
    await people.load()
    await demo.load()
    for _ in range(2):
        await publishing_demo.load()
    poll = (await polls.of_posts(viewers.Viewer(), [publishing_demo.POLL]))[publishing_demo.POLL]
    assert (poll.voters, sum(option.votes for option in poll.options), poll.is_closed) == (24, 24, False)
    rows = await db.fetch(
        "SELECT stage FROM community.post WHERE external_id LIKE 'publishing-%' ORDER BY stage"
    )
    assert [row["stage"] for row in rows] == ["DRAFT", "PUBLISHED", "PUBLISHED", "SCHEDULED"]
