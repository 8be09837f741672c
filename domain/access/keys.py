"""The EdDSA keys that sign our tokens: a folder of PEM files, the file's name is the key's id (``kid``).

The last file by name that holds a private key signs; all verify. So a key is rotated by adding a file, and retired
by replacing the private key with its public one, then removing it when its last token has ended.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.foundation import secrets
from domain.settings import settings

READ_AGAIN_SECONDS = 30.0


@dataclass(frozen=True)
class Key:
    """A key by its id; ``private`` is None for one that only verifies."""

    kid: str
    private: Ed25519PrivateKey | None
    public: Ed25519PublicKey


_keys: dict[str, Key] = {}
_read_from: Path | None = None
_read_at = 0.0


def signing() -> Key:
    """The key that signs now; the first one is made when the folder has none."""
    keys = _current()
    able = [kid for kid in sorted(keys) if keys[kid].private]
    if not able:
        secrets.write_once(_folder() / "0001.pem", _made())
        return _read()[_newest()]
    return keys[able[-1]]


def verifying(kid: str) -> Key | None:
    """The key of this id; a key that another process has just added is found too."""
    return _current().get(kid) or _read().get(kid)


def rotate() -> str:
    """Add a key that signs from now on (other processes follow within 30 s); answers its id."""
    number = max((int(kid) for kid in _read() if kid.isdigit()), default=0) + 1
    kid = f"{number:04}"
    secrets.write_once(_folder() / f"{kid}.pem", _made())
    _read()
    return kid


def _folder() -> Path:
    return settings().signing_keys or settings().data_dir / "keys" / "signing"


def _current() -> dict[str, Key]:
    if _read_from != _folder() or time.monotonic() - _read_at > READ_AGAIN_SECONDS:
        return _read()
    return _keys


def _read() -> dict[str, Key]:
    global _keys, _read_from, _read_at
    _read_from, _read_at = _folder(), time.monotonic()
    _keys = {path.stem: _key(path) for path in sorted(_read_from.glob("[!.]*.pem"))}
    return _keys


def _newest() -> str:
    return max(kid for kid, key in _keys.items() if key.private)


def _key(path: Path) -> Key:
    pem = path.read_bytes()
    if b"PRIVATE KEY" in pem:
        private = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError(f"{path} is no Ed25519 key.")
        return Key(path.stem, private, private.public_key())
    public = serialization.load_pem_public_key(pem)
    if not isinstance(public, Ed25519PublicKey):
        raise ValueError(f"{path} is no Ed25519 key.")
    return Key(path.stem, None, public)


def _made() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
