"""What tests of the community's API build on."""

from __future__ import annotations

import pytest

from domain.community import circles
from domain.community.tables import CircleKind
from tests import make


@pytest.fixture
def circle_of():
    """A circle with these people in it: ``await circle_of(one, other, slug=..., visibility=...)``."""

    async def run(*people, slug="et5", **options):
        options.setdefault("kind", CircleKind.MODEL)
        circle = await circles.create(make.staff("admin"), slug=slug, name=slug.upper(), **options)
        for person in people:
            await circles.join(person, circle)
        return circle

    return run
