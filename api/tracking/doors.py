"""Which path and method is which door."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Does(Enum):
    """What a door does with a request."""

    TAKE = "stores events"
    SETTINGS = "answers what an SDK asks at its start"
    FLAGS = "answers feature flags"
    PIXEL = "stores one event from a query string and answers an image"


@dataclass(frozen=True, slots=True)
class Door:
    """``shape`` and ``call`` say how to read events; a door without ``call`` takes batches."""

    does: Does
    shape: str = "segment"
    call: str = ""
    methods: tuple[str, ...] = ("POST",)

    @property
    def name(self) -> str:
        return f"{self.shape}/{self.call}"


_CALLS = {
    "t": "track", "i": "identify", "p": "page", "s": "screen", "g": "group", "a": "alias", "m": "merge",
}  # fmt: skip
_BATCH = Door(Does.TAKE)
_POSTHOG = Door(Does.TAKE, "posthog")
_FLAGS = Door(Does.FLAGS, "posthog", methods=("POST", "GET"))

_DOORS: dict[str, Door] = {
    **{f"/v1/{letter}": Door(Does.TAKE, call=call) for letter, call in _CALLS.items()},
    **{f"/v1/{call}": Door(Does.TAKE, call=call) for call in _CALLS.values()},
    **{f"/v1/{name}": _BATCH for name in ("b", "batch", "import")},
    "/beacon/v1/batch": _BATCH,
    **{f"/pixel/v1/{call}": Door(Does.PIXEL, call=call, methods=("GET",)) for call in ("track", "page")},
    **dict.fromkeys(("/batch", "/capture", "/e"), _POSTHOG),
    **dict.fromkeys(("/flags", "/decide"), _FLAGS),
}

_SETTINGS = Door(Does.SETTINGS, methods=("GET",))
_BEFORE, _AFTER = "/v1/projects/", "/settings"


def find(path: str) -> tuple[Door, str | None] | None:
    """The door of a path and the write key in it; None for a path that is none of ours."""
    path = path.rstrip("/")
    if door := _DOORS.get(path):
        return door, None
    if path.startswith(_BEFORE) and path.endswith(_AFTER):
        key = path[len(_BEFORE) : -len(_AFTER)]
        if key and "/" not in key:
            return _SETTINGS, key
    return None


def settings_of(key: str) -> dict[str, Any]:
    """What Segment's browser SDK needs to know of a key: nothing is switched off but its figures of itself."""
    return {
        "integrations": {"Segment.io": {"apiKey": key}},
        "metrics": {"sampleRate": 0},
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
    }
