"""People of a trust level, posts, reports, and rows as the desk keeps them."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain import db, wiring  # noqa: F401 - wiring fills the registries that merges read
from domain.actor import Actor
from domain.community import posts, standings
from domain.community.desk import reports
from domain.community.desk_tables import ReportCategory
from domain.community.tables import PostKind
from tests import make


@pytest.fixture
def trusted():
    """A member of a trust level."""

    async def run(level: int = 0) -> Actor:
        actor = await make.member_actor()
        if level:
            await standings.set_level(make.staff("admin"), actor.member_id, level, reason="for the test")
        return actor

    return run


@pytest.fixture
def post():
    """An author and a post."""

    async def run(body: str = "Hello", author: Actor | None = None, **options: object) -> tuple[Actor, UUID]:
        author = author or await make.member_actor()
        return author, await posts.publish(author, kind=PostKind.MOMENT, body=body, **options)

    return run


@pytest.fixture
def report(trusted):
    """A report by somebody new of a level: ``await report(post_id, level=3)``; answers its row."""

    async def run(subject: UUID, level: int = 0, category: str = "ABUSE", by: Actor | None = None, **options):
        by = by or await trusted(level)
        id_ = await reports.file(by, subject, ReportCategory(category), **options)
        return await row("report", id_)

    return run


async def row(table: str, id_: UUID) -> db.Row:
    return await db.one(f"SELECT * FROM community.{table} WHERE id = $1", id_)


async def item_of(subject: UUID) -> db.Row:
    return await db.one("SELECT * FROM community.review_item WHERE subject = $1", subject)
