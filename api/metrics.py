"""What operations cost: histograms by operation name for Prometheus, and one log line each. Never personal data."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from time import perf_counter
from typing import Any

from graphql import GraphQLError
from prometheus_client import REGISTRY as OWN
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from api import errors
from domain.foundation import logs

DURATION = Histogram(
    "marque_operation_seconds",
    "Duration of GraphQL operations.",
    ("operation", "type"),
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20),
)
COST = Histogram(
    "marque_operation_cost",
    "Cost of GraphQL operations.",
    ("operation", "type"),
    buckets=(5, 10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000),
)
ERRORS = Counter(
    "marque_operation_errors_total", "Errors of GraphQL operations.", ("operation", "type", "code")
)
EVENTS = Counter(
    "marque_tracking_events_total", "Events at the tracking doors by what became of them.", ("outcome",)
)
SUBSCRIPTIONS = Gauge("marque_subscriptions", "Open subscriptions.", multiprocess_mode="livesum")

#: Callers choose operation names, so only so many are told apart.
MOST_NAMES = 500
_NAME = re.compile(r"^\w{1,80}$", re.ASCII)
_names: set[str] = set()


class Observed(SchemaExtension):
    """Times each operation and writes its line."""

    def on_operation(self) -> Iterator[None]:
        began = perf_counter()
        failure: list[Exception] = []
        try:
            yield
        except Exception as exc:
            failure.append(exc)
            raise
        finally:
            _note(self.execution_context, failure, perf_counter() - began)


def exposition() -> bytes:
    """All metrics as text; of all API processes when they share a folder (PROMETHEUS_MULTIPROC_DIR)."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(OWN)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return generate_latest(registry)


def _code(exc: Exception) -> str:
    return errors.code_of(exc) if isinstance(exc, GraphQLError) else getattr(exc, "code", "INTERNAL")


def _note(context: Any, failure: list[Exception], seconds: float) -> None:
    name, kind = _label(context), _kind(context)
    raw = context.pre_execution_errors or getattr(context.result, "errors", None) or []
    codes = [errors.code_of(error) for error in raw] or [_code(exc) for exc in failure]
    cost = context.extensions_results.get("cost")
    if kind != "subscription":  # a stream lasts as long as its reader wants
        _child(DURATION, name, kind).observe(seconds)
    if cost is not None:
        _child(COST, name, kind).observe(cost)
    for code in codes:
        ERRORS.labels(name, kind, code).inc()
    actor = context.context.actor
    logs.quick(
        "marque.graphql",
        "operation",
        operation=name,
        type=kind,
        ms=round(seconds * 1000, 1),
        cost=cost,
        errors=codes or None,
        actor=f"{actor.kind}:{actor.id}" if actor.id else str(actor.kind),
        request_id=context.context.request_id,
    )


@cache
def _child(histogram: Histogram, name: str, kind: str) -> Histogram:
    return histogram.labels(name, kind)


def _kind(context: Any) -> str:
    try:
        return {OperationType.QUERY: "query", OperationType.MUTATION: "mutation"}.get(
            context.operation_type, "subscription"
        )
    except RuntimeError:
        return "unknown"


def _label(context: Any) -> str:
    name = context.operation_name or "anonymous"
    if not _NAME.match(name):
        return "invalid"
    if name in _names or len(_names) < MOST_NAMES:
        _names.add(name)
        return name
    return "other"
