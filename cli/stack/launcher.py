"""Attach to the stack of a data folder, or start it; the last one out stops it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.stack import locks, postgres, valkey
from cli.stack.layout import Layout


@dataclass
class Stack:
    """A claim on running servers, until :meth:`leave`."""

    layout: Layout
    reference: locks.Reference
    with_postgres: bool
    with_valkey: bool
    durable: bool

    def heal(self) -> list[str]:
        """Start again what has died; answers the names of what was started."""
        if self._is_whole():
            return []
        with locks.exclusive(self.layout.run / "start.lock"):
            return _start_missing(self)

    def leave(self) -> None:
        """Give the claim up; stops the servers when nobody else holds one."""
        if not self.layout.run.exists():  # somebody removed the data folder; the servers notice by themselves
            return
        with locks.exclusive(self.layout.run / "start.lock"):
            if self.reference.is_last():
                valkey.stop(self.layout)
                postgres.stop(self.layout)
                self.layout.forget_sockets()
            self.reference.drop()

    def _is_whole(self) -> bool:
        return (not self.with_postgres or postgres.is_running(self.layout)) and (
            not self.with_valkey or valkey.is_running(self.layout)
        )


def attach(
    data_dir: Path, *, with_postgres: bool = True, with_valkey: bool = True, durable: bool = True
) -> Stack:
    """Claim the servers of a data folder, starting those that do not run. Safe for many processes at once."""
    layout = Layout.of(data_dir)
    layout.make()
    with locks.exclusive(layout.run / "start.lock"):
        layout.make()  # the last one out may just have removed the sockets' folder
        reference = locks.Reference(layout.run / "users")
        stack = Stack(layout, reference, with_postgres, with_valkey, durable)
        try:
            _start_missing(stack)
        except BaseException:
            reference.drop()
            raise
    return stack


@contextmanager
def environment(data_dir: Path, *, with_valkey: bool = True) -> Iterator[Stack | None]:
    """Set ``MARQUE_DATABASE_URL`` and ``MARQUE_REDIS_URL``, from the embedded stack where they are not given.

    Import the domain only inside: its engine reads the settings once. Yields None when both are external.
    """
    os.environ["MARQUE_DATA_DIR"] = str(Layout.of(data_dir).root)
    needs_postgres = not os.environ.get("MARQUE_DATABASE_URL")
    needs_valkey = with_valkey and not os.environ.get("MARQUE_REDIS_URL")
    if not (needs_postgres or needs_valkey):
        yield None
        return
    stack = attach(data_dir, with_postgres=needs_postgres, with_valkey=needs_valkey)
    given = {}
    if needs_postgres:
        given["MARQUE_DATABASE_URL"] = stack.layout.database_url()
    if needs_valkey:
        given["MARQUE_REDIS_URL"] = stack.layout.redis_url
    os.environ.update(given)
    try:
        yield stack
    finally:
        for name in given:
            os.environ.pop(name, None)
        stack.leave()


def _start_missing(stack: Stack) -> list[str]:
    started = []
    if stack.with_postgres and not postgres.is_running(stack.layout):
        postgres.start(stack.layout, durable=stack.durable)
        started.append("Postgres")
    if stack.with_valkey and not valkey.is_running(stack.layout):
        valkey.start(stack.layout)
        started.append("Valkey")
    return started
