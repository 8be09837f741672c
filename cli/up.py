"""`marque up`: everything in the foreground, under one supervisor."""

from __future__ import annotations

import errno
import os
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

import click
from rich.console import Console

from cli import attached
from cli.stack import launcher
from cli.supervisor import Child, Supervisor

_ROLES = ("member", "moderator", "operator", "approver", "analyst", "host", "advisor", "admin")
#: Whom the demonstration's member token is of: somebody with points, posts and a car.
_SHOWN = "demo:demo-026"
_READY_SECONDS = 60
_PORT_SECONDS = 3


@click.command()
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one."
)
@click.option("--host", default="127.0.0.1", show_default=True)
@attached.data_dir
@click.option("--demo/--no-demo", default=True, help="Load the demo brand into an empty data folder.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="API processes.")
def up(port: int, host: str, data_dir: Path, demo: bool, workers: int) -> None:
    """Run Marque: Postgres, Valkey, migrations, API and worker. Ctrl-C stops it.

    \b
    Example: marque up --port 8080 --data-dir ~/marque
    """
    console = Console(stderr=True, highlight=False)
    _refuse_unfit_production()
    listener = _listen(host, port)
    with launcher.environment(data_dir) as stack, listener:
        with console.status("Starting ..."):
            tokens, doubts = attached.in_domain(lambda: _ready_brand(demo))
        for doubt in doubts:
            console.print(doubt)
        children = [Child("api", listener.fileno()) for _ in range(workers)] + [Child("worker")]
        supervisor = Supervisor(children, stack.heal if stack else list, console.print)
        supervisor.start()
        try:
            url = _url(listener)
            until = time.monotonic() + _READY_SECONDS
            supervisor.watch(lambda: not _is_ready(url) and time.monotonic() < until)
            if not supervisor.is_stopping:
                _welcome(console, url, tokens)
            supervisor.watch()
        finally:
            console.print("Stopping ...")
            supervisor.stop()


async def _ready_brand(demo: bool) -> tuple[dict[str, str], list[str]]:
    """The demo brand where it is wanted, one token per role (development only), and what the database lacks."""
    from domain import development, wiring
    from domain.foundation import doctor
    from domain.settings import settings

    doubts = [f"{one.name}: {one.found}. {one.remedy}" async for one in doctor.database() if not one.is_ok]
    if settings().is_production:
        return {}, doubts
    if demo:
        await wiring.load_demo()
    return {
        role: await development.token(role, member=_SHOWN if demo and role == "member" else None)
        for role in _ROLES
    }, doubts


def _refuse_unfit_production() -> None:
    from domain.foundation import production

    try:
        production.must_be_fit()
    except production.UnfitForProduction as answer:
        raise click.ClickException(str(answer)) from None


def _listen(host: str, port: int) -> socket.socket:
    """Bind before anything else starts; a supervisor that was just killed may need a moment to let go."""
    until = time.monotonic() + _PORT_SECONDS
    while True:
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            return socket.create_server((host, port), family=family, backlog=2048)
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise click.ClickException(
                    f"Cannot listen on {host}:{port}: {os.strerror(problem.errno or 0)}."
                ) from None
        if time.monotonic() > until:
            raise click.ClickException(
                f"Port {port} on {host} is taken by another program. "
                f"Stop that one, or choose another port: marque up --port {port + 1 if port < 65535 else 8001}"
            )
        time.sleep(0.2)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health/ready", timeout=2) as answer:  # noqa: S310
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


def _welcome(console: Console, url: str, tokens: dict[str, str]) -> None:
    console.print(f"\nMarque answers at [bold]{url}/graphql[/bold] (playground)\n")
    if tokens:
        console.print("One token per role, for development:")
        for role, token in tokens.items():
            console.print(f"  {role:<10} {token}", soft_wrap=True)
        console.print("\nMore tokens: marque token --role operator --name NAME")
    console.print("Ctrl-C stops it.\n")
