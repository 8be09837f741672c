"""The database of the tests: a migrated template, cloned once per test process, rolled back after each test.

The embedded stack runs from a folder in the temp folder, shared by all test processes of this checkout and without
durability. With ``MARQUE_TEST_EXTERNAL=1`` the servers named by ``MARQUE_DATABASE_URL`` and ``MARQUE_REDIS_URL`` serve.
"""

from __future__ import annotations

import gc
import inspect
import os

import pytest
from hypothesis import Phase, settings

from tests import database

database.point_environment_at_it()

# A busy machine is no finding: no example has a deadline.
settings.register_profile("marque", deadline=None)
settings.load_profile("marque")
# Mutation testing asks whether a test fails, not with which smallest example.
settings.register_profile(
    "mutants", deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)

# What is imported stays: looking at it again and again is a fifth of the time. Rarer still costs more than it saves.
gc.set_threshold(10_000, 10, 10)

#: What takes longest starts first, so that no worker is left alone with it at the end.
LONGEST = (
    "journeys/test_kills.py",
    "everything/test_fuzz.py",
    "journeys/test_dump.py",
    "domain/points/test_cdnow.py",
    "domain/profile/test_merging_law.py",
    "journeys/test_tracking_kills.py",
    "domain/points/test_ledger_model.py",
    "journeys/",
    "api/test_demo.py",
    "cli/",
    "domain/points/test_dump.py",
    "domain/profile/test_import_interactions.py",
    "domain/profile/test_rebuild_law.py",
    "clients/",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="Also run the longer searches (marker long).")


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=_place)
    if settings.get_current_profile_name() == "mutants":
        items.sort(
            key=lambda item: inspect.iscoroutinefunction(getattr(item, "function", None))
        )  # pure ones first
    if config.getoption("--long"):
        return
    skip = pytest.mark.skip(reason="a longer search: make test-long")
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(skip)


def _place(item: pytest.Item) -> int:
    """Its place in LONGEST; everything else follows in the order of the files."""
    path = item.path.relative_to(database.ROOT / "tests").as_posix()
    return next((place for place, name in enumerate(LONGEST) if path.startswith(name)), len(LONGEST))


@pytest.fixture(scope="session")
def stack():
    """Servers that run; the database of this process is cloned and the environment names it."""
    with database.served():
        yield


@pytest.fixture(scope="session")
async def pool(stack):
    """The domain's pool on the database of this process."""
    from domain import db

    await db.open()
    yield
    await db.close()


@pytest.fixture
async def untouched(pool):
    """The database as the template is: cloned anew when somebody has committed to it, and now and then.

    The process's clock goes right again too: what a test moved it by was rolled back in the database alone.
    """
    from datetime import timedelta

    from domain import clock, db

    clock.shift(timedelta(0))
    if database.is_stale():
        await db.close()
        await database.clone()
        await db.open()


@pytest.fixture
async def rollback(untouched):
    """The test's own transaction; everything it stores is gone afterwards."""
    from domain import db

    async with db.rolled_back():
        yield


@pytest.fixture
async def fresh(untouched):
    """A database that the test may really commit to."""
    database.touch()


@pytest.fixture(autouse=True)
def db_(request: pytest.FixtureRequest) -> None:
    """Every asynchronous test of domain and api gets ``rollback``, or ``fresh`` when it is marked ``commits``."""
    folder = request.path.relative_to(database.ROOT / "tests").parts[0]
    test = getattr(getattr(request.function, "hypothesis", None), "inner_test", request.function)
    is_async = inspect.iscoroutinefunction(test) or request.node.get_closest_marker("asyncio") is not None
    if folder not in {"domain", "api", "workers"} or not is_async:
        return
    request.getfixturevalue("fresh" if request.node.get_closest_marker("commits") else "rollback")


@pytest.fixture
async def redis_url(stack) -> str:
    """A Redis that holds nothing of other test processes, and of which no earlier test is still asking something."""
    from api import nudge

    await nudge.settled()
    return os.environ["MARQUE_REDIS_URL"]
