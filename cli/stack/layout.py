"""Which files the embedded stack keeps, and where its sockets are."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from cli.stack import process
from cli.stack.errors import StackUnavailable

DATABASE = "marque"
_LONGEST_SOCKET_FOLDER = 80
_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")


@dataclass(frozen=True)
class Layout:
    """The folders of one data folder."""

    root: Path

    @classmethod
    def of(cls, data_dir: Path | str) -> Layout:
        return cls(Path(data_dir).expanduser().resolve())

    @property
    def postgres(self) -> Path:
        return self.root / "pg"

    @property
    def valkey(self) -> Path:
        return self.root / "valkey"

    @property
    def media(self) -> Path:
        return self.root / "media"

    @property
    def run(self) -> Path:
        """Start lock and reference files."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def sockets(self) -> Path:
        """The sockets' folder; a hashed one in the temp folder when the path is too long, needs quoting, or is barred.

        The kernel allows 107 bytes for a socket, Postgres splits the setting at commas, and arq does not unquote.
        """
        near = self.run / "sockets"
        fits = len(os.fsencode(near)) <= _LONGEST_SOCKET_FOLDER and _PLAIN.fullmatch(str(near))
        if fits and not process.must_drop_user(self.postgres):
            return near
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"marque-{os.geteuid()}-{name}"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.sockets}/valkey.sock"

    def database_url(self, database: str = DATABASE) -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self.sockets))}"

    def make(self) -> None:
        """Make the folders, readable by their owner alone."""
        self._refuse_root_in_anothers_folder()
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o711)
            for folder in (self.run, self.logs, self.valkey, self.media, self.sockets):
                folder.mkdir(mode=0o700, exist_ok=True)
            if not os.access(self.run, os.W_OK):
                raise PermissionError(errno.EACCES, "it belongs to somebody else")
        except OSError as problem:
            raise StackUnavailable(
                f"The data folder {self.root} cannot be used ({problem.strerror}). Name another with --data-dir."
            ) from None
        is_ours = os.geteuid() in (0, self.sockets.lstat().st_uid)
        if self.sockets.is_symlink() or not is_ours:
            raise StackUnavailable(
                f"{self.sockets} belongs to somebody else. Remove it, or use a shorter --data-dir."
            )

    def forget_sockets(self) -> None:
        """Remove the sockets' folder from the temp folder, when it is there."""
        if self.root not in self.sockets.parents:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def _refuse_root_in_anothers_folder(self) -> None:
        """Root's locks and logs would shut the owner out."""
        owner = self.root.stat().st_uid if self.root.exists() else 0
        if os.geteuid() == 0 and owner:
            raise StackUnavailable(
                f"The data folder {self.root} belongs to another user. Run Marque as that user (sudo -u '#{owner}' ...), "
                "or name another folder with --data-dir."
            )
