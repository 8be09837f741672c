"""A backend that uses one of the Python SDKs as published: `say.py SDK URL KEY PERSON [MORE]`."""

from __future__ import annotations

import json
import sys
from typing import Any


def main(sdk: str, url: str, key: str, person: str, more: str = "0") -> None:
    """Tell the story of one person, then send some events more."""
    problems: list[str] = []
    {"segment": _segment, "rudder": _rudder, "posthog": _posthog}[sdk](url, key, person, int(more), problems)
    print(json.dumps({"problems": problems}))


def _segment(url: str, key: str, person: str, more: int, problems: list[str]) -> None:
    from segment.analytics.client import Client

    client = Client(key, host=url, on_error=lambda error, _: problems.append(repr(error)))
    _story(client, person, more)
    client.shutdown()


def _rudder(url: str, key: str, person: str, more: int, problems: list[str]) -> None:
    from rudderstack.analytics.client import Client

    client = Client(key, host=url, gzip=True, on_error=lambda error, _: problems.append(repr(error)))
    _story(client, person, more)
    client.shutdown()


def _story(client: Any, person: str, more: int) -> None:
    user = f"{person}-user"
    client.identify(user, {"plan": "gold"})
    client.track(user, "Opened", {"model": "M1"})
    client.page(user, "Docs", "Home", {"path": "/"})
    client.screen(user, "App", "Garage", {})
    client.group(user, f"{person}-club", {"size": 3})
    client.alias(f"{person}-previous", user)
    for number in range(more):
        client.track(user, "Driven", {"number": number})


def _posthog(url: str, key: str, person: str, more: int, problems: list[str]) -> None:
    from posthog import Posthog

    client = Posthog(
        key,
        host=url,
        on_error=lambda error, _: problems.append(repr(error)),
        disable_geoip=False,
        max_retries=10,  # three by default, which is seven seconds; the other two SDKs try ten times by themselves
    )
    user = f"{person}-user"
    client.alias(f"{person}-previous", user)
    client.capture("Opened", distinct_id=user, properties={"model": "M1"})
    client.set(distinct_id=user, properties={"plan": "gold"})
    client.set_once(distinct_id=user, properties={"plan": "silver"})
    client.group_identify("club", f"{person}-club", {"size": 3})
    for number in range(more):
        client.capture("Driven", distinct_id=user, properties={"number": number})
    client.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
