"""Journeys go through HTTP and the worker of a Marque that runs as users run it, in a folder that was used before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import database, prepared
from tests.running import folder as empty_folder
from tests.running import servers, up

__all__ = ["empty_folder", "servers", "up"]


@pytest.fixture
def folder(empty_folder: Path) -> Path:
    """A data folder with a migrated database; on external servers it holds none."""
    if not database.IS_EXTERNAL:
        prepared.fill(empty_folder)
    return empty_folder
