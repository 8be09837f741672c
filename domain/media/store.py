"""The store of objects: a folder by default, or anything S3-compatible by URL (obstore).

An asset's original is at ``<id>/original``, its renditions at ``<id>/<name>.webp``. Nothing is ever overwritten with
something else, so a repeated step writes the same bytes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

import obstore
from obstore.store import LocalStore, from_url

from domain.settings import settings

ORIGINAL = "original"


def path(asset: UUID, name: str) -> str:
    """Where an object lies."""
    return f"{asset}/{name if name == ORIGINAL else name + '.webp'}"


@lru_cache(maxsize=1)
def _store() -> Any:
    url = settings().media_url
    if url is not None:
        return from_url(url.get_secret_value())
    folder = settings().data_dir.resolve() / "media"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return LocalStore(prefix=folder)


def forget() -> None:
    """Read the settings again; the tests change them."""
    _store.cache_clear()


def is_local() -> bool:
    """Whether uploads come through our own address."""
    return isinstance(_store(), LocalStore)


async def put(asset: UUID, name: str, content: bytes) -> None:
    """Write an object whole: readers see all of it or nothing."""
    await obstore.put_async(_store(), path(asset, name), content)


async def read(asset: UUID, name: str) -> bytes | None:
    """An object, or None."""
    try:
        return bytes(await (await obstore.get_async(_store(), path(asset, name))).bytes_async())
    except FileNotFoundError:
        return None


async def size(asset: UUID, name: str) -> int | None:
    """How many bytes an object has; None without one."""
    try:
        return int((await obstore.head_async(_store(), path(asset, name)))["size"])
    except FileNotFoundError:
        return None


async def remove(asset: UUID) -> None:
    """Remove all objects of an asset; what is gone already is no mistake."""
    found = [each["path"] async for page in obstore.list(_store(), f"{asset}/") for each in page]
    if found:
        await obstore.delete_async(_store(), found)


async def signed(method: Literal["GET", "PUT"], asset: UUID, name: str, lasting: timedelta) -> str:
    """An address of the store itself, good for a while; only of stores that can sign."""
    return str(await obstore.sign_async(_store(), method, path(asset, name), lasting))


async def chunks(asset: UUID, name: str) -> AsyncIterator[bytes]:
    """An object, piece by piece."""
    found = await obstore.get_async(_store(), path(asset, name))
    async for chunk in found.stream(min_chunk_size=256 * 1024):
        yield bytes(chunk)
