"""Why the embedded stack cannot run; each sentence says what to do."""

from __future__ import annotations

import click


class StackUnavailable(click.ClickException):
    """The stack cannot be started; the message names the way out."""

    exit_code = 1
