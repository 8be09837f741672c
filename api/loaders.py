"""Batched reads for fields that nest irregularly: one statement for all that are asked for in the same tick.

Lists prefetch with look-ahead instead; this is for the rest.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from strawberry import Info
from strawberry.dataloader import DataLoader

K = TypeVar("K")
V = TypeVar("V")


async def load(
    info: Info, name: str, key: K, fetch: Callable[[Sequence[K]], Awaitable[dict[K, V]]], default: Any = None
) -> V:
    """The value of ``key``; ``fetch`` is called once a tick with all keys of this name."""

    async def batch(keys: list[K]) -> list[Any]:
        found = await fetch(keys)
        return [found.get(each, default) for each in keys]

    loaders = info.context.notes.setdefault("loaders", {})
    if name not in loaders:
        loaders[name] = DataLoader(load_fn=batch)
    return await loaders[name].load(key)
