"""Keeps the servers of the mutated tests running while a command runs: ``python -m tests.mutating mutmut run``.

mutmut runs the tests of a copy of the checkout, in ``mutants/``, in a process of its own for each change; each would
start the servers and stop them again.
"""

from __future__ import annotations

import subprocess
import sys

from cli.stack import launcher
from tests import database


def main(command: list[str]) -> int:
    """Run the command; answers its exit code."""
    stack = launcher.attach(database.layout(database.ROOT / "mutants").root, durable=False)
    try:
        return subprocess.run(command).returncode
    finally:
        stack.leave()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
