"""``python -m cli`` is the ``marque`` command."""

from cli.main import marque

if __name__ == "__main__":
    marque(prog_name="marque")
