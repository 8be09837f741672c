"""Earning: the drain hands each interaction over, and the rule versions in force when it occurred judge it.

What concerns the fact's own member is posted in the drain's transaction. What concerns somebody else, and facts of
imports (in bulk), become due rows that :func:`judge_due` works off in transactions of its own: a reaction never locks
another member's account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from domain import clock, db
from domain.conditions import MISSING
from domain.errors import NotFound
from domain.foundation import ids
from domain.points import arithmetic, engagement_kinds, judging, rules
from domain.points.definitions import Version
from domain.points.judging import Case, Judged
from domain.points.matching import Reason
from domain.profile import identities
from domain.profile.drain import Reaction
from domain.profile.interactions import Fact

_TOGETHER = 200

_PUBLISHED = """SELECT id, effective_from, effective_to FROM points.earn_rule_version
    WHERE state IN ('SCHEDULED', 'ACTIVE', 'RETIRED') AND effective_from IS NOT NULL
    ORDER BY priority DESC, rule, effective_from"""
_VERSIONS = """SELECT v.id, v.rule, r.code, v.priority, v.definition
    FROM points.earn_rule_version AS v JOIN points.earn_rule AS r ON r.id = v.rule WHERE v.id = ANY($1)"""
#: A rule that ended longer ago than this is not named any more as the reason for earning nothing.
_REMEMBERED = timedelta(days=90)

_FACT = """SELECT i.id, i.message_id, i.member, m.root, i.kind, i.class, i.occurred_at, i.received_at, i.touchpoint,
    i.source, i.actor_kind, i.actor_id, i.subject_kind, i.subject_id, i.session_key, i.context, i.properties,
    i.compensates, i.depth, coalesce(p.flags, '{}') AS flags
    FROM profile.interaction AS i LEFT JOIN profile.member AS m ON m.id = i.member
    LEFT JOIN profile.pending AS p ON p.interaction = i.id WHERE i.id = $1"""


@dataclass(frozen=True)
class Span:
    """A published version and when it counts."""

    version: Version
    since: datetime
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


class _Published:
    """The published versions with their spans, as read at a moment."""

    at: datetime | None = None
    versions: dict[UUID, Version] = {}  # by id; a published one is never edited
    spans: list[Span] = []
    kinds: frozenset[str] = frozenset()
    picks: frozenset[str] = frozenset()  # the kinds for which awards wait


async def prepare() -> None:
    """Read anew which versions are published, and what those say that are new here; once a pass of the drain."""
    at = clock.now()
    rows = await db.fetch(_PUBLISHED)
    known = {row["id"]: _Published.versions.get(row["id"]) for row in rows}
    if new := [id_ for id_, version in known.items() if version is None]:
        known |= {row["id"]: Version.of(row) for row in await db.fetch(_VERSIONS, new)}
    _Published.versions = {id_: version for id_, version in known.items() if version is not None}
    _Published.spans = [
        Span(_Published.versions[row["id"]], row["effective_from"], row["effective_to"]) for row in rows
    ]
    _Published.kinds = frozenset(kind for span in _Published.spans for kind in span.version.kinds)
    _Published.picks = frozenset(kind for span in _Published.spans for kind in span.version.activates_on)
    _Published.at = at


async def spans_of(rule: UUID) -> list[Span]:
    """The published versions of a rule with the times in which they count."""
    rows = await db.fetch(
        """SELECT v.id, v.rule, r.code, v.priority, v.definition, v.effective_from, v.effective_to
        FROM points.earn_rule_version AS v JOIN points.earn_rule AS r ON r.id = v.rule
        WHERE v.rule = $1 AND v.state IN ('SCHEDULED', 'ACTIVE', 'RETIRED') AND v.effective_from IS NOT NULL
        ORDER BY v.effective_from""",
        rule,
    )
    return [Span(Version.of(row), row["effective_from"], row["effective_to"]) for row in rows]


def wants(kind: str) -> bool:
    """Any fact may compensate one that was awarded; those of points itself only a rejected referral, or when named."""
    is_ours = kind.startswith("points.") and kind != engagement_kinds.REFERRAL_REJECTED.name
    return not is_ours or kind in _Published.kinds or kind in _Published.picks


def skips(fact: Fact) -> bool:
    """No version that was published when this arrived names its kind."""
    if _Published.at is None or fact.received_at > _Published.at or _Published.at > clock.now():
        return False
    return fact.kind not in _Published.kinds and fact.kind not in _Published.picks


async def react(fact: Fact) -> list[Judged]:
    """Judge one interaction, in the drain's transaction and under its root's lock; answers what was decided by now."""
    if "no_rules" in fact.flags:
        return []
    own: list[Case] = []
    due: list[Case] = []
    for case in [*await _awards(fact), *await _compensations(fact), *await _picks(fact)]:
        (own if case.member == fact.root and "historical" not in fact.flags else due).append(case)
    if due:
        await _keep(due)
    return await judging.judge(own) if own else []


async def judge_now(interaction: UUID) -> list[Judged]:
    """Judge a fact that the caller's transaction has just recorded, at once (purchases, check-ins, referrals).

    What it earns for its own member is posted here, under that member's root and accounts; what it earns for somebody
    else becomes a due row. The drain, which sees the fact later, finds it decided.
    """
    fact = await fact_of(interaction)
    if fact.root is not None:
        await db.run("SELECT FROM profile.member WHERE id = $1 FOR NO KEY UPDATE", fact.root)
    return await react(fact)


async def fact_of(interaction: UUID) -> Fact:
    """An interaction as the drain hands it over, with its present root, or NOT_FOUND."""
    row = await db.one(_FACT, interaction)
    if row is None:
        raise NotFound()
    return Fact(
        **{name: row[name] for name in Fact.__dataclass_fields__ if name not in ("class_", "flags")},
        class_=row["class"], flags=frozenset(row["flags"]),
    )  # fmt: skip


async def judge_due() -> int:
    """Work off due rows in received order, many at a time; a failing row is tried again later, alone."""
    await prepare()
    done = 0
    while rows := await _due():
        try:
            worked = await db.attempt(lambda rows=rows: _work_off([row["id"] for row in rows]))  # type: ignore[misc]
        except Exception as failure:
            if isinstance(failure, db.Unreachable):
                raise
            worked = await _one_by_one(rows)
        if not worked:
            break  # others are at it
        done += worked
    return done


async def next_due() -> datetime | None:
    """When the next due row waits for its turn."""
    return await db.value("SELECT min(coalesce(next_try_at, received_at)) FROM points.award_due")


async def in_force(kind: str, at: datetime, received_at: datetime) -> list[Version]:
    """The versions that listen to a kind and were in force at a moment; rules published since are read first."""
    return [span.version for span in await _listening(kind, received_at) if span.holds(at)]


async def not_in_force(kind: str, at: datetime, received_at: datetime) -> list[tuple[Version, Reason]]:
    """The rules that listen to a kind but do not count at a moment: not yet, or no more (for so long it is remembered)."""
    spans = await _listening(kind, received_at)
    found: dict[UUID, tuple[Version, Reason]] = {}
    counting = {span.version.rule for span in spans if span.holds(at)}
    for span in spans:
        if span.version.rule in counting:
            continue
        reason = out_of_force(span.since, span.until, at)
        assert reason is not None
        if at < span.since:
            found.setdefault(span.version.rule, (span.version, reason))
        elif span.until is not None and at < span.until + _REMEMBERED:
            found[span.version.rule] = (span.version, reason)
    return list(found.values())


def out_of_force(since: datetime, until: datetime | None, at: datetime) -> Reason | None:
    """Why a published version does not count at a moment."""
    if at < since:
        return {"code": "NOT_YET_IN_FORCE", "available_at": since.isoformat()}
    if until is not None and until <= at:
        return {"code": "RULE_RETIRED", "until": until.isoformat()}
    return None


async def _listening(kind: str, received_at: datetime) -> list[Span]:
    if _Published.at is None or received_at > _Published.at or _Published.at > clock.now():
        await prepare()  # (a clock that was set back is one of a test)
    return [span for span in _Published.spans if kind in span.version.kinds]


async def _awards(fact: Fact) -> list[Case]:
    versions: list[tuple[Version, Reason | None]] = [
        (version, None) for version in await in_force(fact.kind, fact.occurred_at, fact.received_at)
    ]
    if "historical" not in fact.flags:
        versions += await not_in_force(fact.kind, fact.occurred_at, fact.received_at)
    versions = [(version, reason) for version, reason in versions if rules.means(version, fact)]
    found = await beneficiaries([(version, fact) for version, _ in versions])
    return [
        Case(fact, version, member, reason=reason)
        for (version, reason), member in zip(versions, found, strict=True)
        if member is not None and (reason is None or member == fact.root)
    ]


async def _picks(fact: Fact) -> list[Case]:
    """The awards about the same subject that wait for such a fact, or are about to be judged."""
    if fact.kind not in _Published.picks or fact.subject_id is None:
        return []
    rows = await db.fetch(
        """SELECT d.interaction, d.rule, m.root FROM points.earn_decision AS d
        JOIN profile.member AS m ON m.id = d.member JOIN points.earn_rule_version AS v ON v.id = d.rule_version
        WHERE d.subject_kind = $1 AND d.subject_id = $2 AND d.gate = 'WAITING'
        AND v.definition -> 'activates_on' ? $3""",
        fact.subject_kind, fact.subject_id, fact.kind,
    )  # fmt: skip
    return [
        Case(fact, None, row["root"], rule=row["rule"], original=row["interaction"], is_pick=True)
        for row in rows
    ]


async def beneficiaries(asked: Sequence[tuple[Version, Fact]]) -> list[UUID | None]:
    """The roots that rules mean: the fact's own, or who a property names (member id, or external id)."""
    named = [_named(version, fact) for version, fact in asked]
    strangers = [
        name
        for name, (_, fact) in zip(named, asked, strict=True)
        if name is not None and name not in (fact.member, fact.root)
    ]
    roots: dict[UUID | str, UUID] = {}
    if by_id := [name for name in strangers if isinstance(name, UUID)]:
        rows = await db.fetch("SELECT id, root FROM profile.member WHERE id = ANY($1)", by_id)
        roots |= {row["id"]: row["root"] for row in rows}
    if by_name := [name for name in strangers if isinstance(name, str)]:
        roots.update(await identities.owning_roots("user_id", by_name))
    return [
        fact.root if name is not None and name in (fact.member, fact.root) else roots.get(name)  # type: ignore[arg-type]
        for name, (_, fact) in zip(named, asked, strict=True)
    ]


def _named(version: Version, fact: Fact) -> UUID | str | None:
    if version.beneficiary is None:
        return fact.root
    named = arithmetic.property_of(fact, version.beneficiary)
    if named is MISSING or not isinstance(named, str):
        return None
    try:
        return UUID(named)
    except ValueError:
        return named


async def _compensations(fact: Fact) -> list[Case]:
    """What the fact at the start of the chain of compensations was awarded, or is about to be judged for."""
    if fact.compensates is None:
        return []
    rows = await db.fetch(
        """WITH RECURSIVE chain AS (
            SELECT id, compensates FROM profile.interaction WHERE id = $1
            UNION ALL SELECT i.id, i.compensates FROM chain JOIN profile.interaction AS i ON i.id = chain.compensates)
        SELECT f.interaction, f.rule, m.root FROM (
            SELECT interaction, rule, member FROM points.earn_decision
            UNION SELECT interaction, rule, member FROM points.award_due) AS f
        JOIN chain AS c ON c.id = f.interaction AND c.compensates IS NULL
        JOIN profile.member AS m ON m.id = f.member""",
        fact.compensates,
    )
    return [Case(fact, None, row["root"], rule=row["rule"], original=row["interaction"]) for row in rows]


async def _keep(cases: list[Case]) -> None:
    await db.run_many(
        """INSERT INTO points.award_due (id, interaction, rule, member, received_at, fact, tries)
        VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT DO NOTHING""",
        [
            (ids.new(), case.fact.id, case.rule, case.member, case.fact.received_at,
             {"fact": asdict(case.fact), "original": case.original, "is_pick": case.is_pick})
            for case in cases
        ],
    )  # fmt: skip


async def _due() -> list[db.Row]:
    return await db.fetch(
        """SELECT id FROM points.award_due WHERE next_try_at IS NULL OR next_try_at <= $1
        ORDER BY received_at, id LIMIT $2""",
        clock.now(), _TOGETHER,
    )  # fmt: skip


async def _work_off(due: list[UUID]) -> int:
    """Judge these rows, and those that belong to the same facts and persons, in one transaction.

    Rows that another process works on are left to it.
    """
    rows = await db.fetch(
        """SELECT d.id, d.rule, d.fact, m.root FROM points.award_due AS d JOIN profile.member AS m ON m.id = d.member
        WHERE (d.interaction, d.member) IN (SELECT interaction, member FROM points.award_due WHERE id = ANY($1))
        ORDER BY d.received_at, d.id FOR UPDATE OF d SKIP LOCKED""",
        due,
    )
    cases = []
    for row in rows:
        said = row["fact"]
        fact = msgspec.convert(said["fact"], Fact)
        if said["original"]:
            cases.append(
                Case(fact, None, row["root"], rule=row["rule"], original=UUID(said["original"]),
                     is_pick=said.get("is_pick", False))
            )  # fmt: skip
        else:
            versions = await in_force(fact.kind, fact.occurred_at, fact.received_at)
            cases += [Case(fact, v, row["root"]) for v in versions if v.rule == row["rule"]]
    await judging.judge(cases)
    await db.run("DELETE FROM points.award_due WHERE id = ANY($1)", [row["id"] for row in rows])
    return len(rows)


async def _one_by_one(rows: list[db.Row]) -> int:
    done = 0
    for row in rows:
        try:
            done += await db.attempt(lambda row=row: _work_off([row["id"]]))  # type: ignore[misc]
        except Exception as failure:
            if isinstance(failure, db.Unreachable):
                raise
            await db.run(
                """UPDATE points.award_due SET tries = tries + 1, last_error = $2,
                    next_try_at = $3::timestamptz + interval '2 seconds' * power(4, least(tries, 8)) WHERE id = $1""",
                row["id"], f"{type(failure).__name__}: {failure}"[:500], clock.now(),
            )  # fmt: skip
    return done


async def _react(fact: Fact) -> None:
    await react(fact)


REACTION = Reaction("points", _react, wants, prepare, skips)
