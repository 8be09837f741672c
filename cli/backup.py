"""`marque backup DIR` and `marque restore DIR`."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import click

from cli import attached
from cli.stack import binaries, launcher
from cli.stack.layout import Layout

_DUMP = "database.dump"
_MANIFEST = "manifest.json"
_FOLDERS = ("media", "keys")
#: The first is unknown before Postgres 17, the second names a column's options.
_UNPORTABLE = re.compile(rb"SET transaction_timeout = 0;$|ALTER TABLE ONLY .+ ALTER COLUMN .+ SET \(.*\);$")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@attached.data_dir
@click.option(
    "--verify/--no-verify", default=True, help="Restore it into a database of its own and count all rows."
)
@click.option("--json", "as_json", is_flag=True, help="The manifest as one JSON object.")
def backup(folder: Path, data_dir: Path, verify: bool, as_json: bool) -> None:
    """Write the database, the media and the keys to DIR; other processes may go on working.

    \b
    Example: marque backup /var/backups/marque-2026-11-22
    """
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty. Name a new folder.")
    draft = folder.with_name(f".{folder.name}.writing")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    with launcher.environment(data_dir, with_valkey=False):
        manifest = attached.in_domain(lambda: _write(draft, Layout.of(data_dir).root), prepared=False)
        if verify:
            _verify(draft, manifest)
    if folder.exists():
        folder.rmdir()
    draft.rename(folder)
    rows = sum(manifest["rows"].values())
    verified = " and restored to a database of its own, all counts equal" if verify else ""
    click.echo(json.dumps(manifest) if as_json else f"{rows:,} rows written to {folder}{verified}.")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@attached.data_dir
@click.option(
    "--replace", is_flag=True, help="Replace what the database holds; without it, it must be empty."
)
def restore(folder: Path, data_dir: Path, replace: bool) -> None:
    """Bring back what `marque backup DIR` wrote: all of it, or nothing. Stop `marque up` first.

    \b
    Example: marque restore /var/backups/marque-2026-11-22 --data-dir ~/marque
    """
    manifest = _checked(folder)
    with launcher.environment(data_dir, with_valkey=False):
        present = attached.in_domain(_present, prepared=False)
        if present and not replace:
            raise click.ClickException(
                "The database is not empty. Name another --data-dir, or replace it: marque restore DIR --replace"
            )
        _restore(folder / _DUMP, os.environ["MARQUE_DATABASE_URL"], drop=present)
        counted = attached.in_domain(_count, prepared=False)
        _compare(manifest, counted)
        attached.in_domain(attached.nothing)
    for name in _FOLDERS:
        if (folder / name).is_dir():
            shutil.copytree(folder / name, Layout.of(data_dir).root / name, dirs_exist_ok=True)
    click.echo(f"{sum(counted.values()):,} rows restored from {folder}, written at {manifest['at']}.")


async def _write(folder: Path, root: Path) -> dict[str, Any]:
    from domain.foundation import census

    async with census.taken() as taken:
        dump = folder / _DUMP
        _tool(
            "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={taken.snapshot}",
            f"--file={dump}", url=os.environ["MARQUE_DATABASE_URL"],
        )  # fmt: skip
        for name in _FOLDERS:
            if (root / name).is_dir():
                shutil.copytree(root / name, folder / name)
        manifest = {
            "marque": 1,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "sha256": _digest(dump),
            "rows": taken.rows,
        }
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1))
    return manifest


def _verify(folder: Path, manifest: dict[str, Any]) -> None:
    """Restore into a scratch database, count, and drop it."""
    url = os.environ["MARQUE_DATABASE_URL"]
    scratch = f"marque_verify_{os.getpid()}"
    _psql(url, f"CREATE DATABASE {scratch} TEMPLATE template0")
    try:
        other = urlunsplit(urlsplit(url)._replace(path=f"/{scratch}"))
        _restore(folder / _DUMP, other, drop=[])
        os.environ["MARQUE_DATABASE_URL"] = other
        _compare(manifest, attached.in_domain(_count, prepared=False))
    finally:
        os.environ["MARQUE_DATABASE_URL"] = url
        _psql(url, f"DROP DATABASE IF EXISTS {scratch} WITH (FORCE)")


async def _present() -> list[str]:
    from domain.foundation import census

    return await census.schemas()


async def _count() -> dict[str, int]:
    from domain.foundation import census

    async with census.taken() as taken:
        return taken.rows


def _checked(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / _MANIFEST).read_bytes())
    except (OSError, ValueError):
        raise click.ClickException(f"{folder} is no backup: it has no readable {_MANIFEST}.") from None
    if _digest(folder / _DUMP) != manifest["sha256"]:
        raise click.ClickException(
            f"{folder / _DUMP} is damaged: its checksum is not the one in {_MANIFEST}."
        )
    return manifest


def _compare(manifest: dict[str, Any], counted: dict[str, int]) -> None:
    wrong = [name for name, rows in manifest["rows"].items() if counted.get(name) != rows]
    if wrong:
        raise click.ClickException(f"The restored tables hold other numbers of rows: {', '.join(wrong)}.")


def _restore(dump: Path, url: str, *, drop: list[str]) -> None:
    """Run the dump as one transaction, dropping what is in its place first."""
    script = subprocess.Popen(
        [
            binaries.postgres_folder() / "pg_restore",
            "--no-owner",
            "--no-privileges",
            "--no-comments",
            "-f",
            "-",
            dump,
        ],
        stdout=subprocess.PIPE,
    )
    words, environment = _connection("psql", url)
    psql = subprocess.Popen(
        [*words, "-X", "-q", "--single-transaction", "-v", "ON_ERROR_STOP=1", "-f", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env=environment | {"PGOPTIONS": "-c lock_timeout=10s"},
    )  # fmt: skip
    assert script.stdout is not None and psql.stdin is not None and psql.stderr is not None
    try:
        for schema in drop:
            psql.stdin.write(f'DROP SCHEMA "{schema}" CASCADE;\n'.encode())
        if drop:
            psql.stdin.write(b"DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n")
        for line in _portable(script.stdout):
            psql.stdin.write(line)
        psql.stdin.close()
    except BrokenPipeError:
        script.kill()
    said = psql.stderr.read().decode(errors="replace").strip()
    if script.wait() | psql.wait():
        raise click.ClickException(f"The backup was not restored, and nothing is changed:\n{said}")


def _portable(script: Iterable[bytes]) -> Iterator[bytes]:
    """The script without what only some servers know: Marque sets no column options, but a vendor's build may."""
    is_data = False
    for line in script:
        if is_data:
            is_data = line != b"\\.\n"
        elif _UNPORTABLE.match(line):
            continue
        else:
            is_data = line.startswith(b"COPY ") and line.endswith(b" FROM stdin;\n")
        yield line


def _psql(url: str, sql: str) -> None:
    _tool("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, url=url)


def _tool(name: str, *arguments: str, url: str) -> None:
    words, environment = _connection(name, url)
    done = subprocess.run([*words, *arguments], capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise click.ClickException(f"{name}: {done.stderr.strip()}")


def _connection(name: str, url: str) -> tuple[list[str], dict[str, str]]:
    """The tool's first words and its environment; the password travels there, where no process list shows it."""
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    person, _, password = user.partition(":")
    bare = urlunsplit(parts._replace(netloc=f"{person}@{host}" if person else host))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MARQUE_")}
    if password:
        environment["PGPASSWORD"] = unquote(password)
    return [str(binaries.postgres_folder() / name), f"--dbname={bare}"], environment


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as problem:
        raise click.ClickException(f"{path} cannot be read: {problem.strerror}.") from None
    return digest.hexdigest()
