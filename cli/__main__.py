"""``python -m cli`` is the ``marque`` command."""

import gc

from cli.main import marque

if __name__ == "__main__":
    gc.set_threshold(50_000, 50, 50)  # what is imported stays: collecting meanwhile is a fifth of a start
    marque(prog_name="marque")
