"""`marque import KIND FILE`: one command per kind that an area registers in `domain.wiring.importers`."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from cli import attached

if TYPE_CHECKING:
    from domain.foundation.importing import Importer, Options, Reject, Report


class Kinds(click.Group):
    """The kinds as subcommands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from domain import wiring

        return sorted(wiring.importers)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        from domain import wiring

        found = wiring.importers.get(name)
        return None if found is None else _command(found)


@click.command("import", cls=Kinds)
def import_() -> None:
    """Import a file: CSV, TSV, JSONL, a JSON array, or one value a line (.txt), plain or .gz.

    Importing the same file again changes nothing. `marque import KIND --help` shows a kind's columns and options.

    \b
    Example: marque import members members.csv --map external_id=ID,joined_at=since --zone Asia/Shanghai
    """


def _command(importer: Importer) -> click.Command:
    what = "folder" if importer.run_folder else "file"
    parameters: list[click.Parameter] = [
        click.Argument(
            [what],
            type=click.Path(exists=True, path_type=Path, file_okay=what == "file", dir_okay=what == "folder"),
        ),
        *_common_options(),
        *(
            click.Option(
                [f"--{extra.name.replace('_', '-')}"],
                help=extra.help,
                default=extra.default,
                is_flag=extra.is_flag,
            )
            for extra in importer.extras
        ),
    ]
    example = importer.example or f"marque import {importer.kind} {what.upper()}"

    @click.pass_context
    def call(ctx: click.Context, **given: Any) -> None:
        _run(importer, given.pop(what), given)

    command = click.Command(
        importer.kind, params=parameters, callback=call, help=f"{importer.help}\n\n\b\nExample: {example}"
    )
    attached.data_dir(command)
    return command


def _common_options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--source"], default="default", show_default=True, help="Where the external ids come from."
        ),
        click.Option(
            ["--zone"],
            default="UTC",
            show_default=True,
            callback=_zone,
            help="Zone of times without an offset.",
        ),
        click.Option(
            ["--map", "mapping"],
            multiple=True,
            metavar="OURS=THEIRS",
            help="Our column's name in the file; dots reach in.",
        ),
        click.Option(
            ["--encoding"],
            default="utf-8",
            show_default=True,
            callback=_encoding,
            help="gb18030 for Excel's.",
        ),
        click.Option(["--short-years"], type=int, metavar="2000", help="Add this to years below 100."),
        click.Option(
            ["--rules"],
            type=click.Choice(["apply", "skip"]),
            help="Judge the facts by the earn rules, or not.",
        ),
        click.Option(["--dry-run"], is_flag=True, help="Decide every row and store nothing."),
        click.Option(
            ["--rejects"],
            type=click.Path(path_type=Path, dir_okay=False),
            help="[default: FILE.rejects.jsonl, here]",
        ),
        click.Option(["--json", "as_json"], is_flag=True, help="The summary as one JSON object."),
    ]


def _zone(_ctx: click.Context, _parameter: click.Parameter, name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise click.BadParameter(f"{name!r} is no zone; for example Asia/Shanghai") from None
    return name


def _encoding(_ctx: click.Context, _parameter: click.Parameter, name: str) -> str:
    try:
        b"".decode(name)
    except LookupError:
        raise click.BadParameter(f"{name!r} is no encoding; for example utf-8 or gb18030") from None
    return name


def _run(importer: Importer, path: Path, given: dict[str, Any]) -> None:
    from cli import reading
    from domain.foundation import importing

    mapping = reading.parse_mapping(given.pop("mapping"))
    encoding, as_json, folder = given.pop("encoding"), given.pop("as_json"), given.pop("data_dir")
    rejects = Rejects(given.pop("rejects") or Path(f"{path.resolve().name}.rejects.jsonl"))
    options = _options(importer, path, given)
    with rejects, _progress(path, as_json) as progress:
        report = importing.Report(rejects.write, progress)
        found: Any = path
        if importer.run is not None:
            found = reading.rows(path, report, mapping=mapping, aliases=importer.aliases, encoding=encoding)
        attached.run(folder, lambda: importing.run(importer, found, options, report))
    _show(report, options, rejects, as_json)


def _options(importer: Importer, path: Path, given: dict[str, Any]) -> Options:
    from domain.foundation.importing import Options

    own = {extra.name.replace("-", "_"): given[extra.name.replace("-", "_")] for extra in importer.extras}
    rules = given["rules"] or importer.rules
    return Options(
        file=path.resolve().name,
        source=given["source"],
        zone=given["zone"],
        short_years=given["short_years"],
        dry_run=given["dry_run"],
        apply_rules=rules == "apply",
        extra=own,
    )


class Rejects:
    """The rejects' file, made with the first one; an older one of the same name goes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def __enter__(self) -> Rejects:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, reject: Reject) -> None:
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8")
        row = {
            "line": reject.line,
            "externalId": reject.external_id,
            "reason": reject.reason,
            "path": reject.path,
            "row": reject.row,
        }
        self._file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def _progress(path: Path, as_json: bool) -> AbstractContextManager[Any]:
    """A callable that shows how many rows are decided."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if as_json or not console.is_terminal:
        return nullcontext(lambda _: None)

    class Shown:
        def __enter__(self) -> Any:
            self.progress = Progress(
                SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,} rows"),
                TimeElapsedColumn(), console=console, transient=True,
            )  # fmt: skip
            self.progress.start()
            task = self.progress.add_task(path.name)
            return lambda rows: self.progress.update(task, completed=rows)

        def __exit__(self, *_: object) -> None:
            self.progress.stop()

    return Shown()


def _show(report: Report, options: Options, rejects: Rejects, as_json: bool) -> None:
    summary = report.summary()
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False, default=str))
        return
    for name, value in summary.items():
        click.echo(f"{name:<12} {value:,}" if isinstance(value, int) else f"{name:<12} {value}")
    if report.rejected:
        click.echo(f"The rejected rows and their reasons: {rejects.path}")
    if options.dry_run:
        click.echo("A dry run: nothing was stored.")
