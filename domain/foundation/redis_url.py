"""The address of a Redis that sentinels watch: ``sentinel://[:password@]host:port,host:port/master``."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit


def watched(url: str) -> dict[str, Any] | None:
    """What a client of sentinels needs: their hosts, the master's name and its password; None for another address."""
    parts = urlsplit(url)
    if parts.scheme != "sentinel":
        return None
    hosts = [host.rpartition(":") for host in parts.netloc.rpartition("@")[2].split(",")]
    return {
        "host": [(name, int(port)) for name, _, port in hosts],
        "sentinel": True,
        "sentinel_master": parts.path.strip("/") or "mymaster",
        "password": unquote(parts.password) if parts.password else None,
    }
