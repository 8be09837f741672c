"""Interactions that somebody reports: apps, sources and staff, through ``recordInteractions`` and the tracking doors.

One bad item never loses the others: it becomes a dead letter with its body and a reason. All items of a batch are
stored in one transaction by a fixed number of statements.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import sources
from domain.access.sources import Trust
from domain.actor import Actor, ActorKind, member
from domain.errors import InvalidInput
from domain.foundation import ids
from domain.profile import consents, crowd, deadletters, glance, plans, report_rules, reports, traits
from domain.profile.deadletters import Letter
from domain.profile.glance import Claim, Glance
from domain.profile.identities import Rules
from domain.profile.report_rules import Item, Refused, storable
from domain.profile.reports import Report
from domain.profile.resolution import NoIdentity, Suppressed
from domain.profile.traits import Put

MOST_ITEMS = 500
#: For so many items planning costs the server more than a plan made for their number spares.
FEW = 50
NO_CONSENT = "no_consent"
#: What a source on somebody's device may say of a person without the person's token.
CLIENT_TYPES = frozenset({"user_id", "anonymous_id", "device_id", glance.EITHER})


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports. ``is_trusted``: their word verifies a user id. ``proof`` is an identity of ``member``, whose token came.

    What is reported of people who do not consent to ``purpose`` is stored bare, or refused if ``refuses``. One who
    ``may_sell`` reports orders.
    """

    actor: Actor
    is_trusted: bool = False
    proof: tuple[str, str] | None = None
    purpose: str | None = None
    refuses: bool = False
    member: UUID | None = None
    may_sell: bool = False

    @property
    def person(self) -> UUID | None:
        """The member whose token came with the report."""
        return self.actor.member_id or self.member

    @property
    def source(self) -> UUID | None:
        return self.actor.id if self.actor.kind is ActorKind.SOURCE else None


class Outcome(StrEnum):
    """What became of an item."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicates"
    DEAD_LETTERED = "dead_lettered"
    SUPPRESSED = "suppressed"


@dataclass
class Counts:
    """What became of the items; the parts sum to the items sent."""

    accepted: int = 0
    duplicates: int = 0
    dead_lettered: int = 0
    suppressed: int = 0

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Counts:
        return cls(**Counter(outcome.value for outcome in outcomes))


@dataclass(slots=True)
class _Entry:
    """An item on its way through the batch."""

    item: Item
    message_id: str
    digest: str
    kind: str = ""
    occurred_at: datetime = report_rules.EARLIEST
    claim: Claim = ()
    member: UUID | None = None
    outcome: Outcome = Outcome.ACCEPTED
    interaction: UUID = field(default_factory=ids.new)


@dataclass
class _Batch:
    reporter: Reporter
    received_at: datetime
    letters: list[Letter] = field(default_factory=list)

    def refuse(self, entry: _Entry, reason: str, path: str | None) -> None:
        """Keep the item as a dead letter; of people who do not consent only what happened, not its content."""
        item, raw = entry.item, entry.item.raw
        body = raw.body if raw else item.body()
        if reason == NO_CONSENT:
            body = {"kind": entry.kind, "redacted": True}
        entry.outcome = Outcome.DEAD_LETTERED
        self.letters.append(
            Letter(
                entry.message_id[: report_rules.LONGEST_ID], entry.digest, storable(body), reason, path,
                raw.door if raw else None, raw.sent_at if raw else None,
            )
        )  # fmt: skip


async def report(actor: Actor, items: Sequence[Item]) -> Counts:
    """Take up to 500 items; each is stored once for ever by its message id."""
    if len(items) > MOST_ITEMS:
        raise InvalidInput.at("items", f"At most {MOST_ITEMS} items at once.")
    reporter = Reporter(actor, may_sell=await may_sell(actor))
    return Counts.of(await take(reporter, [_said(item) for item in items]))


async def may_sell(actor: Actor) -> bool:
    """Whether an actor is a source that reports orders: trust SERVER and the scope ``commerce``."""
    if actor.kind is not ActorKind.SOURCE or actor.id is None or "commerce" not in actor.scopes:
        return False
    source = (await sources.by_ids([actor.id])).get(actor.id)
    return source is not None and source.trust is Trust.SERVER


async def again(row: db.Row) -> bool:
    """Take a dead letter of ``recordInteractions`` once more; answers whether it was stored."""
    body = row["body"]
    item = Item(
        kind=body["kind"],
        occurred_at=datetime.fromisoformat(body["occurredAt"]) if body["occurredAt"] else None,
        identities=tuple((pair[0], pair[1]) for pair in body["identities"]),
        subject_kind=body["subjectKind"],
        subject_id=body["subjectId"],
        properties=body["properties"],
    )
    actor = Actor(kind=ActorKind.SOURCE if row["source"] else ActorKind.SYSTEM, id=row["source"])
    if row["source"] is None and row["member"] is not None:
        actor = member(row["member"])
    source = (await sources.by_ids([actor.id])).get(actor.id) if actor.id else None
    sells = source is not None and source.trust is Trust.SERVER and "commerce" in source.scopes
    return await taken_again(Reporter(actor, may_sell=sells), _said(item), row)


def _said(item: Item) -> Item:
    """The item of a reporter who names types; the word that only the tracking doors say is none."""
    if any(type_ == glance.EITHER for type_, _ in item.identities):
        return replace(item, refusal=("unknown_identity_type", glance.EITHER))
    return item


async def taken_again(reporter: Reporter, item: Item, row: db.Row) -> bool:
    """Store an item that came before, with its first message id and time of arrival; answers whether it is stored."""
    [outcome] = await take(reporter, [item], received_at=row["received_at"], message_ids=[row["message_id"]])
    return outcome in (Outcome.ACCEPTED, Outcome.DUPLICATE)


async def take(
    reporter: Reporter,
    items: Sequence[Item],
    *,
    received_at: datetime | None = None,
    message_ids: Sequence[str] = (),
) -> list[Outcome]:
    """Take the items in one transaction and answer what became of each; what is refused becomes a dead letter.

    ``received_at`` and ``message_ids`` are given for dead letters that are tried again: they keep both.
    """
    batch = _Batch(reporter, received_at or clock.now())
    async with db.transaction():
        if len(items) <= FEW:
            await db.plan_once()
        given = [
            _entry(reporter, item, message_ids[number] if message_ids else None)
            for number, item in enumerate(items)
        ]
        entries = [entry for entry in given if _is_sound(batch, entry)]
        if entries:
            seen = await _glanced(reporter, entries)
            entries = [entry for entry in entries if _is_allowed(batch, entry, seen.rules)]
            entries = _unknown(batch, entries, seen)
            entries = await _planned(batch, entries, seen)
            entries = await _with_members(batch, entries, seen)
        entries = await _consented(batch, entries)
        await _store(batch, entries)
        if not message_ids:
            await deadletters.add(reporter.source, batch.letters, batch.received_at, reporter.person)
    return [entry.outcome for entry in given]


def _entry(reporter: Reporter, item: Item, message_id: str | None) -> _Entry:
    digest = item.digest()
    if item.raw is None and item.kind in ("identify", "app.identify"):
        given = item.properties.get("traits")
        item = replace(item, traits=given if isinstance(given, dict) else {})
    message_id = message_id or item.message_id
    if not message_id:
        message_id = hashlib.sha256(f"{reporter.actor.key}{digest}".encode()).hexdigest()
    return _Entry(item, message_id, digest)


def _is_sound(batch: _Batch, entry: _Entry) -> bool:
    """Read what needs no database; an item that is not sound is refused."""
    item = entry.item
    try:
        if item.refusal is not None:
            raise Refused(*item.refusal)
        entry.kind = report_rules.kind_of(item.kind, may_sell=batch.reporter.may_sell)
        report_rules.check(item, entry.message_id)
        entry.occurred_at = report_rules.time_of(item, batch.received_at)
        report_rules.check_order(entry.kind, item, entry.occurred_at)
        entry.claim = _claim(batch.reporter, item)
    except Refused as refused:
        batch.refuse(entry, refused.reason, refused.path)
        return False
    return True


def _is_allowed(batch: _Batch, entry: _Entry, rules: Rules) -> bool:
    """Whether every identity has a declared type, also one that names nobody here, and the traits are not too many."""
    item = entry.item
    undeclared = next(
        (type_ for type_, _ in item.identities if type_ != glance.EITHER and rules.type_of(type_) is None),
        None,
    )
    if undeclared is not None:
        batch.refuse(entry, "unknown_identity_type", undeclared[:100])
    elif len(item.traits) + len(item.traits_once) > rules.most_traits:
        batch.refuse(entry, "limit_reached", "traits")
    else:
        return True
    return False


def _claim(reporter: Reporter, item: Item) -> Claim:
    """Who it is, by the reporter: a member reports of themselves; a token's proof outweighs what the item says."""
    if reporter.actor.member_id is not None or item.is_about_nobody:
        return ()
    claimed = [
        (type_, value, False)
        for type_, value in item.identities
        if reporter.is_trusted or item.raw is None or type_ in CLIENT_TYPES
    ]
    if reporter.proof is not None:
        anonymous = [each for each in claimed if each[0] in ("anonymous_id", "device_id")]
        return ((*reporter.proof, True), *anonymous)
    if not claimed:
        raise Refused("no_identity", "identities")
    return tuple(claimed)


async def _glanced(reporter: Reporter, entries: list[_Entry]) -> Glance:
    """All that is read before something is written, in one statement."""
    return await glance.at(
        {entry.claim for entry in entries if entry.claim},
        message_ids=[entry.message_id for entry in entries],
        source=reporter.source,
    )


def _unknown(batch: _Batch, entries: list[_Entry], seen: Glance) -> list[_Entry]:
    """The entries whose message ids are new, in the batch and in the log."""
    kept = dict(seen.hashes)
    fresh = []
    for entry in entries:
        if _is_known(batch, entry, kept):
            continue
        kept[entry.message_id] = entry.digest
        fresh.append(entry)
    return fresh


def _is_known(batch: _Batch, entry: _Entry, kept: dict[str, str]) -> bool:
    """Whether this message id is there: a duplicate, or a dead letter when the body is another one."""
    if entry.message_id not in kept:
        return False
    if kept[entry.message_id] == entry.digest:
        entry.outcome = Outcome.DUPLICATE
    else:
        batch.refuse(entry, "duplicate_conflict", "messageId")
    return True


async def _planned(batch: _Batch, entries: list[_Entry], seen: Glance) -> list[_Entry]:
    """The entries as the source's tracking plan lets them be stored; what it blocks is refused."""
    source = batch.reporter.source
    if seen.plan is None or source is None or not entries:
        return entries
    judge = await plans.judge_of(seen.plan)
    found: list[tuple[str, str, Any]] = []
    left = []
    for entry in entries:
        verdict = judge.of(entry.kind, entry.item.properties)
        found += [(entry.kind, each.path, each.value) for each in verdict.violations]
        if verdict.properties is None:
            batch.refuse(entry, "plan_violation", verdict.violations[0].path)
            continue
        if verdict.properties is not entry.item.properties:
            entry.item = _trimmed(entry.item, verdict.properties)
        left.append(entry)
    await plans.note(source, found, batch.received_at)
    return left


def _trimmed(item: Item, properties: dict[str, Any]) -> Item:
    """The item with fewer properties; a trait that stood among them goes with them."""
    before, after = item.properties.get("traits"), properties.get("traits")
    gone = set(before if isinstance(before, dict) else ()) - set(after if isinstance(after, dict) else ())
    kept = {name: value for name, value in item.traits.items() if name not in gone}
    return replace(item, properties=properties, traits=kept)


async def _with_members(batch: _Batch, entries: list[_Entry], seen: Glance) -> list[_Entry]:
    """The entries with their members; who names nobody is refused."""
    claims: dict[Claim, datetime] = {}
    causes: dict[Claim, UUID] = {}
    for entry in entries:
        if entry.claim:
            at = min(entry.occurred_at, batch.received_at)
            claims[entry.claim] = min(at, claims.get(entry.claim, at))
            causes.setdefault(entry.claim, entry.interaction)
    reporter = batch.reporter
    settled = {}
    if claims:
        settled = await crowd.settle(
            claims, is_trusted=reporter.is_trusted, source=reports.source_of(reporter.actor), seen=seen, causes=causes,
        )  # fmt: skip
    found = []
    for entry in entries:
        member = settled[entry.claim] if entry.claim else reporter.actor.member_id
        if isinstance(member, Suppressed):
            entry.outcome = Outcome.SUPPRESSED
            continue
        if isinstance(member, NoIdentity):
            batch.refuse(entry, member.reason, member.path or "identities")
            continue
        entry.member = None if entry.item.is_about_nobody else member
        found.append(entry)
    return found


async def _consented(batch: _Batch, entries: list[_Entry]) -> list[_Entry]:
    """The entries as far as their people consent to the purpose that the source requires."""
    reporter = batch.reporter
    people = {entry.member for entry in entries if entry.member is not None}
    if reporter.purpose is None or not people:
        return entries
    consenting = await consents.allowing(people, reporter.purpose)
    left = []
    for entry in entries:
        if entry.member is not None and entry.member not in consenting:
            if reporter.refuses:
                batch.refuse(entry, NO_CONSENT, None)
                continue
            entry.item = replace(
                entry.item, properties={}, context={}, traits={}, traits_once={}, session_key=None
            )
        left.append(entry)
    return left


async def _store(batch: _Batch, entries: list[_Entry]) -> None:
    actor = batch.reporter.actor
    new = await reports.store(
        actor, [_report(actor, entry) for entry in entries], received_at=batch.received_at
    )
    late = [entry for entry, is_new in zip(entries, new, strict=True) if not is_new]
    kept = await reports.hashes([entry.message_id for entry in late]) if late else {}
    for (
        entry
    ) in late:  # another request was faster with the same message id, or an erasure with the same person
        if not _is_known(batch, entry, kept):
            entry.outcome = Outcome.SUPPRESSED
    stored = [entry for entry, is_new in zip(entries, new, strict=True) if is_new]
    puts = [_traits(entry) for entry in stored if entry.member is not None]
    await traits.put_many([put for put in puts if put.values or put.once])


def _report(actor: Actor, entry: _Entry) -> Report:
    item = entry.item
    return Report(
        entry.message_id, entry.digest, entry.kind, entry.member, entry.occurred_at, item.occurred_at, item.sent_at,
        item.touchpoint or actor.touchpoint, item.subject_kind, item.subject_id, item.session_key, item.context,
        item.properties, entry.interaction,
    )  # fmt: skip


def _traits(entry: _Entry) -> Put:
    assert entry.member is not None
    item = entry.item
    return Put(
        entry.member, item.traits, entry.occurred_at, entry.message_id, item.traits_once,
        is_timed=item.occurred_at is not None,
    )  # fmt: skip
