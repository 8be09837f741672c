"""The installation's own secret, which signs cursors and hashes codes."""

from __future__ import annotations

import os
import secrets
from functools import lru_cache
from pathlib import Path

from domain.settings import settings


@lru_cache(maxsize=1)
def key() -> bytes:
    """The secret of the settings, or one made on the first start and kept in the data folder."""
    given = settings().secret_key
    if given is not None:
        return given.get_secret_value().encode()
    return kept("secret.key", lambda: secrets.token_hex(32).encode())


def kept(name: str, make: object) -> bytes:
    """A secret file of the data folder; made once, whoever comes first."""
    path = settings().data_dir / "keys" / name
    if not path.exists():
        write_once(path, make() if callable(make) else b"")
    return path.read_bytes()


def write_once(path: Path, content: bytes) -> None:
    """Make a file that only its owner reads; when another process is first, its file counts."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
