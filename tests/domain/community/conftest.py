"""What the community's tests build on: circles, posts and the rows that a statement left."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain import db, wiring  # noqa: F401 - wiring fills the registries that merges read
from domain.actor import Actor
from domain.community import circles, feed, posts, viewers
from domain.community.tables import CircleKind, PostKind
from tests import make


@pytest.fixture
def publish():
    """Publish a post with a text of its own: ``await publish(actor, "text", circle_id=...)``."""

    async def run(actor: Actor, body: str = "Hello", **options: object) -> UUID:
        return await posts.publish(actor, kind=options.pop("kind", PostKind.MOMENT), body=body, **options)

    return run


@pytest.fixture
def circle():
    """A circle: ``await circle("slug", visibility=...)``."""

    async def run(slug: str = "et5", **options: object) -> UUID:
        options.setdefault("kind", CircleKind.MODEL)
        return await circles.create(make.staff("admin"), slug=slug, name=slug.upper(), **options)

    return run


@pytest.fixture
def recorded():
    """Interactions of a kind: member and properties, oldest first."""

    async def run(kind: str) -> list[db.Row]:
        return await db.fetch(
            "SELECT id, member, properties, compensates, profile.counts(id) AS counts FROM profile.interaction "
            "WHERE kind = $1 ORDER BY received_at, id",
            kind,
        )

    return run


@pytest.fixture
def counts():
    """A post's counters as a reader sees them."""

    async def run(post_id: UUID) -> dict[str, int]:
        row = (await feed.by_ids(viewers.Viewer(sees_all=True), [post_id]))[post_id]
        return {
            name: row[name]
            for name in ("likes", "dislikes", "comments", "root_comments", "answers")
            if row[name]
        }

    return run
