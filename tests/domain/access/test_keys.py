"""Signing keys: several processes agree, whoever comes first."""

from __future__ import annotations

import os
import subprocess
import sys

_ASK = "import sys; sys.stdin.read(1); from domain.access import keys; k = keys.signing(); " \
    "print(k.kid, k.public.public_bytes_raw().hex())"  # fmt: skip


def test_processes_that_start_at_once_sign_with_one_key(tmp_path):
    environment = os.environ | {"MARQUE_SIGNING_KEYS": str(tmp_path / "keys")}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _ASK],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        for _ in range(4)
    ]
    answers = {process.communicate("x")[0] for process in started}
    assert len(answers) == 1 and answers.pop().startswith("0001 ")
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["0001.pem"]
