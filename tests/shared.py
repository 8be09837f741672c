"""Real data that is not part of the project; tests that need it say so and are skipped elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("MARQUE_SHARED") or Path(__file__).resolve().parents[2] / "shared")


def path(name: str) -> Path:
    """A file or folder of the shared data, or a skip."""
    found = ROOT / name
    if not found.exists():
        pytest.skip(f"{name} is not here (set MARQUE_SHARED to the folder that holds it)")
    return found
