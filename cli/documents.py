"""`marque documents`: the operations that apps may send by their hash."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cli import attached


@click.group()
def documents() -> None:
    """Trusted documents of the brand's own apps."""


@documents.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@attached.data_dir
@click.option("--json", "as_json", is_flag=True, help="The counts as one JSON object.")
def import_(file: Path, data_dir: Path, as_json: bool) -> None:
    """Import a manifest {hash: document}, as @graphql-codegen/client-preset writes it.

    \b
    Example: marque documents import src/gql/persisted-documents.json
    """
    try:
        manifest = json.loads(file.read_bytes())
    except ValueError as problem:
        raise click.ClickException(f"{file} is no JSON: {problem}") from None

    async def keep() -> tuple[int, int]:
        from domain.foundation import documents

        return await documents.load_manifest(manifest)

    added, known = attached.run(data_dir, keep)
    click.echo(
        json.dumps({"added": added, "known": known})
        if as_json
        else f"{added} documents added, {known} were there already."
    )
