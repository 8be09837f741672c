"""Importing interactions: any log of events, one row an event; columns that are none of ours become properties.

A row is known by its message id, or (without one) by file and line: exact duplicate rows without ids are separate
facts, the same id twice is one. Each row's person is found by the algorithm of every door, a batch at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec

from domain import clock, db
from domain.actor import SYSTEM
from domain.errors import Problem
from domain.foundation import ids, importing
from domain.foundation.importing import BadValue, Importer, Options, Report, Row
from domain.profile import crowd, deadletters, identities, report_rules, reports
from domain.profile.deadletters import Letter
from domain.profile.glance import Claim
from domain.profile.identities import Rules
from domain.profile.report_rules import Item, Refused
from domain.profile.resolution import Given, NoIdentity

BATCH = 1_000
COLUMNS = (
    "message_id",
    "user_id",
    "anonymous_id",
    "event",
    "occurred_at",
    "sent_at",
    "session_id",
    "platform",
    "properties",
)
ALIASES = {
    "messageId": "message_id",
    "event_id": "message_id",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "domain_userid": "anonymous_id",
    "kind": "event",
    "event_name": "event",
    "timestamp": "occurred_at",
    "derived_tstamp": "occurred_at",
    "sentAt": "sent_at",
    "dvce_sent_tstamp": "sent_at",
    "sessionId": "session_id",
    "touchpoint": "platform",
}
#: How and when a row was sent is no part of the fact: kept as context, and not compared between two rows of one id.
_TRANSPORT = (
    "collector_tstamp", "etl_tstamp", "dvce_sent_tstamp", "name_tracker", "v_tracker", "v_collector", "v_etl",
    "received_at", "retry_count", "library",
)  # fmt: skip
_AHEAD = timedelta(minutes=5)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class _Fact:
    """A readable row on its way through the batch."""

    row: Row
    item: Item
    message_id: str
    digest: str
    occurred_at: datetime
    claim: Claim
    member: UUID | None = None
    interaction: UUID = field(default_factory=ids.new)


async def run(rows: Iterator[Row], options: Options, report: Report) -> None:
    """Store the rows in batches, each in one transaction."""
    while batch := list(islice(rows, BATCH)):
        async with db.transaction():
            await _batch(batch, options, report)


async def _batch(batch: list[Row], options: Options, report: Report) -> None:
    facts, known = [], await identities.rules()
    for row in batch:
        try:
            facts.append(_read(row, options, known))
        except BadValue as bad:
            report.reject(row, bad.reason, bad.problem.path, _external_id(row))
    facts = await _unknown(facts, report)
    facts = await _with_members(facts, options, report)
    await _store(facts, options, report)


def _read(row: Row, options: Options, known: Rules) -> _Fact:
    event = importing.text(row, "event")
    if event is None:
        raise _bad("missing", "event", "is empty")
    try:
        kind = report_rules.kind_of(event)
    except Refused as refused:
        raise _bad(refused.reason, "event", "cannot be recorded") from None
    at = importing.time(row, "occurred_at", options)
    if at is None:
        raise _bad("missing", "occurred_at", "is empty")
    if at < _EARLIEST:
        raise _bad("impossible_time", "occurred_at", "is before the year 2000")
    named = _identities(row, options, known)
    item = Item(
        kind=kind,
        occurred_at=at,
        sent_at=importing.time(row, "sent_at", options),
        touchpoint=importing.text(row, "platform", longest=100),
        session_key=importing.text(row, "session_id", longest=200),
        identities=tuple((type_, value) for type_, value, _ in named),
        properties=_properties(row),
        context={name: row.data[name] for name in _TRANSPORT if row.data.get(name) not in (None, "")},
    )
    digest = item.digest()
    now = clock.now()
    return _Fact(row, item, _message_id(row, options), digest, now if at > now + _AHEAD else at, named)


def _message_id(row: Row, options: Options) -> str:
    given = importing.text(row, "message_id", longest=100)
    if given is not None:
        return given
    return hashlib.sha256(f"{options.source}\x1f{options.file}\x1f{row.line}".encode()).hexdigest()


def _identities(row: Row, options: Options, known: Rules) -> Claim:
    """External ids may be any text; what a device made up is nobody when it is a placeholder."""
    named: list[Given] = []
    if user := importing.text(row, "user_id", longest=identities.LONGEST):
        named.append((options.identity_type, user, False))
    for column in ("anonymous_id", *(name for name in row.data if name.startswith("identity."))):
        value = importing.text(row, column, longest=identities.LONGEST)
        if value and not known.is_blocked(value):
            named.append((column.removeprefix("identity."), value, False))
    if not named:
        raise _bad("no_identity", "user_id", "names nobody")
    return tuple(named)


def _properties(row: Row) -> dict[str, Any]:
    given: Any = row.data.get("properties") or {}
    if isinstance(given, str):
        try:
            given = msgspec.json.decode(given)
        except ValueError:
            raise _bad("bad_json", "properties", "is no JSON") from None
    if not isinstance(given, dict):
        raise _bad("bad_json", "properties", "is no object")
    others = importing.properties(row, *COLUMNS, *_TRANSPORT)
    return {name: value for name, value in others.items() if not name.startswith("identity.")} | given


async def _unknown(facts: list[_Fact], report: Report) -> list[_Fact]:
    """The facts whose ids are new; the same id with another body is kept as a dead letter."""
    kept = await reports.hashes([fact.message_id for fact in facts])
    fresh, letters = [], []
    for fact in facts:
        if fact.message_id not in kept:
            kept[fact.message_id] = fact.digest
            fresh.append(fact)
        elif kept[fact.message_id] == fact.digest:
            report.keep()
        else:
            letters.append(
                Letter(fact.message_id, fact.digest, fact.item.body(), "duplicate_conflict", "message_id")
            )
            report.reject(fact.row, "duplicate_conflict", "message_id", _external_id(fact.row))
    await deadletters.add(None, letters, clock.now())
    return fresh


async def _with_members(facts: list[_Fact], options: Options, report: Report) -> list[_Fact]:
    first: dict[Claim, datetime] = {}
    causes: dict[Claim, UUID] = {}
    for fact in facts:
        first[fact.claim] = min(first.get(fact.claim, fact.occurred_at), fact.occurred_at)
        causes.setdefault(fact.claim, fact.interaction)
    found = {}
    if first:
        found = await crowd.settle(first, source=options.source, is_import=True, causes=causes)
    named = []
    for fact in facts:
        member = found[fact.claim]
        if isinstance(member, NoIdentity):
            report.reject(fact.row, member.reason, member.path or "user_id", _external_id(fact.row))
            continue
        fact.member = member
        named.append(fact)
    return named


async def _store(facts: list[_Fact], options: Options, report: Report) -> None:
    ready = [
        reports.Report(
            message_id=fact.message_id,
            body_hash=fact.digest,
            kind=fact.item.kind,
            member=fact.member,
            occurred_at=fact.occurred_at,
            original_at=fact.item.occurred_at,
            sent_at=fact.item.sent_at,
            touchpoint=fact.item.touchpoint,
            session_key=fact.item.session_key,
            context={"import": options.source, **fact.item.context},
            properties=fact.item.properties,
            id=fact.interaction,
        )
        for fact in facts
    ]
    new = await reports.store(SYSTEM, ready, received_at=clock.now(), flags=options.flags)
    report.accept(sum(new))
    late = [fact for fact, is_new in zip(facts, new, strict=True) if not is_new]
    kept = await reports.hashes([fact.message_id for fact in late]) if late else {}
    for fact in late:  # somebody else stored the same id meanwhile, or the person was erased
        if kept.get(fact.message_id) == fact.digest:
            report.keep()
        else:
            reason = "duplicate_conflict" if fact.message_id in kept else "suppressed"
            report.reject(fact.row, reason, "message_id", _external_id(fact.row))


def _external_id(row: Row) -> str | None:
    return str(row.data.get("user_id") or row.data.get("anonymous_id") or "") or None


def _bad(reason: str, path: str, message: str) -> BadValue:
    return BadValue(reason, Problem(path, message))


INTERACTIONS = Importer(
    kind="interactions",
    help="Events of any log; identity.<type> columns name people, unknown columns become properties.",
    run=run,
    columns=COLUMNS,
    aliases=ALIASES,
    example="marque import interactions events.csv.gz --source shop --map event=action,occurred_at=ts",
)
