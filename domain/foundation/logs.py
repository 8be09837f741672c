"""Logs: one line a happening; JSON in production, readable elsewhere; never personal data."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

from domain.settings import settings


def configure() -> None:
    """Let structlog and the standard library's loggers write to standard error in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings().is_production
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings().log_level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _without_values,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings().log_level)
    for noisy in ("uvicorn.access", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def quick(logger: str, event: str, **facts: Any) -> None:
    """A line at level info for what happens thousands of times a second; facts that are None are left out."""
    if not logging.getLogger(logger).isEnabledFor(logging.INFO):
        return
    line = {name: fact for name, fact in facts.items() if fact is not None}
    now = datetime.now(UTC).isoformat()
    if settings().is_production:
        whole = {"event": event, "level": "info", "logger": logger, "timestamp": now, **line}
        sys.stderr.write(msgspec.json.encode(whole).decode() + "\n")
    else:
        sys.stderr.write(f"{now} [info] {event} " + " ".join(f"{n}={f}" for n, f in line.items()) + "\n")


def _without_values(_: object, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Postgres names the offending values in its DETAIL lines; they may be personal."""
    if "exception" in line:
        kept = (row for row in line["exception"].splitlines() if not row.startswith("DETAIL:"))
        line["exception"] = "\n".join(kept)
    return line
