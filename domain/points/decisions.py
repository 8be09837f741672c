"""The rows of judging: decisions, the counters of caps, devices. Counters are locked after the accounts, by key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.foundation import ids
from domain.points import periods
from domain.points.book import FOREVER
from domain.points.capping import Counter
from domain.points.definitions import Cap, Version
from domain.points.rules import Verdict
from domain.profile.interactions import Fact

Key = tuple[str, str, str, str]
Keyed = list[tuple[Cap, Key]]

#: How an award waits: for an operator, for the fact that its rule names, or no more.
HELD, WAITING, OPENED, RELEASED, CANCELLED = "HELD", "WAITING", "OPENED", "RELEASED", "CANCELLED"
_REMOVED, _RESTORED = (".removed", ".referral.rejected"), ".restored"


COLUMNS = """d.id, d.interaction, d.rule, d.desired, d.granted, d.lines, d.reasons, d.windows, d.is_reversed, d.turns,
    d.gate, d.occurred_at, d.created_at, d.member, m.root, v.id AS version, r.code, v.priority, v.definition"""
FROM = """FROM points.earn_decision AS d JOIN profile.member AS m ON m.id = d.member
    JOIN points.earn_rule_version AS v ON v.id = d.rule_version JOIN points.earn_rule AS r ON r.id = v.rule"""


@dataclass
class Decision:
    """A row of earn_decision; ``version`` decided it. ``journals`` gave points for it, ``cancelled`` is what of that
    was cancelled before it was available, by wallet. ``lines`` says what of it each line of an order earned, by wallet."""

    id: UUID
    interaction: UUID
    version: Version
    member: UUID
    verdict: Verdict
    keyed: Keyed
    journals: list[UUID]
    fact: Fact | None = None
    is_reversed: bool = False
    turns: int = 0
    gate: str | None = None
    cancelled: dict[str, int] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)
    occurred_at: datetime | None = None
    judged_at: datetime | None = None


@dataclass(frozen=True)
class Compensation:
    """A fact that undoes another one, and whether it counts itself."""

    kind: str
    counts: bool


async def known(interactions: Collection[UUID]) -> dict[tuple[UUID, UUID], Decision]:
    """The decisions on these facts, by (interaction, rule)."""
    rows = await db.fetch(
        f"""SELECT {COLUMNS}, g.journals, g.cancelled {FROM} LEFT JOIN LATERAL (
            SELECT array_agg(DISTINCT j.id) AS journals, (SELECT jsonb_object_agg(code, amount) FROM (
                SELECT t.code, sum(u.amount)::bigint AS amount FROM points.journal AS e
                JOIN points.lot AS l ON l.journal = e.id JOIN points.lot_use AS u ON u.lot = l.id AND u.kind = 'CANCEL'
                JOIN points.journal AS c ON c.id = u.journal AND c.kind = 'CANCEL'
                JOIN points.account AS a ON a.id = l.account JOIN points.wallet_type AS t ON t.id = a.wallet_type
                WHERE e.id = ANY(array_agg(j.id)) GROUP BY t.code) AS s) AS cancelled
            FROM points.journal AS j WHERE j.source = 'INTERACTION' AND j.source_id = d.interaction::text
                AND j.rule_version IN (SELECT id FROM points.earn_rule_version WHERE rule = d.rule)
                AND j.kind IN ('EARN', 'CORRECT')) AS g ON d.journal IS NOT NULL
        WHERE d.interaction = ANY($1) ORDER BY d.granted <> '{{}}'""",
        list(interactions),
    )
    return {(row["interaction"], row["rule"]): of_row(row) for row in rows}


async def compensations(interactions: Collection[UUID]) -> dict[UUID, list[Compensation]]:
    """What undoes each of these facts."""
    found: dict[UUID, list[Compensation]] = {each: [] for each in interactions}
    if not found:
        return found
    for row in await db.fetch(
        """SELECT compensates, kind, profile.counts(id) AS counts FROM profile.interaction
        WHERE compensates = ANY($1)""",
        list(interactions),
    ):
        found[row["compensates"]].append(Compensation(row["kind"], row["counts"]))
    return found


def is_taken_back(version: Version, compensations: Iterable[Compensation]) -> bool:
    """Whether one of these undoes an award of the rule: by default a removal by a moderator, or a rejection."""
    return any(each.counts and reverses(version, each.kind) for each in compensations)


def reverses(version: Version, kind: str) -> bool:
    named = version.reverses_on
    return kind.endswith(_REMOVED) if named is None else kind in named


def regrants(version: Version, kind: str) -> bool:
    named = version.regrants_on
    return kind.endswith(_RESTORED) if named is None else kind in named


def keyed(version: Version, member: UUID, fact: Fact) -> Keyed:
    """The caps that count the fact, with their counters' keys."""
    found = [(cap, cap.key(version.rule, member, fact, version.zone)) for cap in version.caps]
    return [(cap, key) for cap, key in found if key is not None]


def still_gone(gate: str | None, cancelled: dict[str, int] | None) -> dict[str, int]:
    """What of an award was cancelled before it was available: nothing once what it waited for is known to be in time."""
    return {} if gate == OPENED else cancelled or {}


async def lock_counters(used: Iterable[tuple[Cap, Key]]) -> dict[Key, Counter]:
    """Lock these counters, in order of their keys; missing ones are made."""
    limits: dict[Key, tuple[int | None, int | None]] = {}
    for cap, key in used:  # rules that share a cap may name different limits
        times, points = limits.get(key, (None, None))
        if cap.measure == "TIMES":
            times = max(times or 0, cap.limit)
        else:
            points = max(points or 0, cap.limit)
        limits[key] = (times, points)
    if not limits:
        return {}
    ordered = sorted(limits)
    columns: list[list[Any]] = [list(column) for column in zip(*ordered, strict=True)]
    rows = await db.fetch(
        """INSERT INTO points.counter AS c (rule_or_group, scope, subject, window_key, most_times, most_points)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
        ON CONFLICT (rule_or_group, scope, subject, window_key) DO UPDATE
            SET most_times = CASE WHEN excluded.most_times IS NOT NULL THEN greatest(c.times, excluded.most_times) END,
                most_points = CASE WHEN excluded.most_points IS NOT NULL
                    THEN greatest(c.points, excluded.most_points) END
        RETURNING rule_or_group, scope, subject, window_key, times, points, raw_points""",
        *columns, [limits[key][0] for key in ordered], [limits[key][1] for key in ordered],
    )  # fmt: skip
    return dict(_counter(row) for row in rows)


async def read_counters(keys: Collection[Key]) -> dict[Key, Counter]:
    """The same counters without locks; those that are not there are empty."""
    found = {key: Counter() for key in keys}
    if keys:
        columns: list[list[Any]] = [list(column) for column in zip(*sorted(keys), strict=True)]
        rows = await db.fetch(
            """SELECT c.* FROM points.counter AS c
            JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS n(a, b, c, d)
            ON (c.rule_or_group, c.scope, c.subject, c.window_key) = (n.a, n.b, n.c, n.d)""",
            *columns,
        )
        found |= dict(_counter(row) for row in rows)
    return found


async def awards_near(rule: UUID, root: UUID, at: datetime, seconds: int) -> list[datetime]:
    """When the rule gave something to the person within so many seconds of a moment, before or after."""
    rows = await db.fetch(
        """SELECT d.occurred_at FROM points.earn_decision AS d JOIN profile.member AS m ON m.id = d.member
        WHERE d.rule = $1 AND m.root = $2 AND d.outcome <> 'REFUSED' AND d.occurred_at > $3 AND d.occurred_at < $4""",
        rule, root, at - timedelta(seconds=seconds), at + timedelta(seconds=seconds),
    )  # fmt: skip
    return [row["occurred_at"] for row in rows]


async def members_of_device(device: str, root: UUID, *, writes: bool) -> int:
    """With how many members a device was seen earning, this one included."""
    if writes:
        await db.run(
            """INSERT INTO points.device_use (id, device, member, first_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (device, member) DO NOTHING""",
            ids.new(), device, root, clock.now(),
        )  # fmt: skip
    rows = await db.fetch(
        """SELECT DISTINCT m.root FROM points.device_use AS u JOIN profile.member AS m ON m.id = u.member
        WHERE u.device = $1""",
        device,
    )
    return len({row["root"] for row in rows} | {root})


async def picked(asked: Sequence[tuple[Version, Fact]]) -> set[tuple[UUID, UUID]]:
    """Of awards (version, fact) those (fact, version) whose fact to wait for is known already, and was in time."""
    given = [(version, fact) for version, fact in asked if fact.subject_id is not None]
    if not given:
        return set()
    rows = await db.fetch(
        """SELECT DISTINCT i.subject_kind, i.subject_id, i.kind, i.occurred_at FROM profile.interaction AS i
        JOIN unnest($1::text[], $2::text[]) AS n(kind, id) ON (i.subject_kind, i.subject_id) = (n.kind, n.id)
        WHERE i.kind = ANY($3) AND i.occurred_at >= $4 AND profile.counts(i.id)""",
        [fact.subject_kind for _, fact in given], [fact.subject_id for _, fact in given],
        sorted({kind for version, _ in given for kind in version.activates_on}),
        min(fact.occurred_at for _, fact in given),
    )  # fmt: skip
    known: dict[tuple[str, str], list[db.Row]] = {}
    for row in rows:
        known.setdefault((row["subject_kind"], row["subject_id"]), []).append(row)
    return {
        (fact.id, version.id)
        for version, fact in given
        if any(
            row["kind"] in version.activates_on
            and fact.occurred_at <= row["occurred_at"] < waits_until(version, fact.occurred_at)
            for row in known.get((fact.subject_kind or "", fact.subject_id or ""), ())
        )
    }


def waits_until(version: Version, since: datetime) -> datetime:
    """Until when what an award waits for must happen, by when its fact happened."""
    if version.cancel_after is None:
        return FOREVER
    return periods.end(since, version.zone, version.cancel_after)


async def store(
    counters: Mapping[Key, Counter],
    fresh: Sequence[Decision],
    changed: Collection[Decision],
    now: datetime,
) -> None:
    """Write what judging changed: counters and new decisions in one statement, for other facts wait for the counters."""
    if counters or fresh:
        columns: list[list[Any]] = [list(column) for column in zip(*counters, strict=True)] or [[]] * 4
        used = list(counters.values())
        await db.run(
            _STORE, db.json([_row(decision) for decision in fresh]), now,
            *columns, [c.times for c in used], [c.points for c in used], [c.raw for c in used],
        )  # fmt: skip
    if changed:
        await db.run(
            """UPDATE points.earn_decision AS d SET is_reversed = n.is_reversed, turns = n.turns, gate = n.gate
            FROM unnest($1::uuid[], $2::bool[], $3::int[], $4::text[]) AS n(id, is_reversed, turns, gate)
            WHERE d.id = n.id""",
            [d.id for d in changed], [d.is_reversed for d in changed], [d.turns for d in changed],
            [d.gate for d in changed],
        )  # fmt: skip


async def revise(changed: Sequence[Decision]) -> None:
    """Let decisions say something else: a correction judged their facts again."""
    if changed:
        await db.run(_REVISE, db.json([_row(decision) for decision in changed]))


_REVISE = """UPDATE points.earn_decision AS d SET rule_version = n.rule_version, outcome = n.outcome, reasons = n.reasons,
        desired = n.desired, granted = n.granted, lines = n.lines, multipliers = n.multipliers, windows = n.windows,
        journal = coalesce(d.journal, n.journal), is_reversed = n.is_reversed, turns = n.turns, gate = n.gate
    FROM jsonb_to_recordset($1::jsonb) AS n(id uuid, rule_version uuid, outcome text, reasons jsonb, desired jsonb,
        granted jsonb, lines jsonb, multipliers jsonb, windows jsonb, journal uuid, is_reversed boolean, turns smallint,
        gate text)
    WHERE d.id = n.id"""

_STORE = """WITH counted AS (
        UPDATE points.counter AS c SET times = n.times, points = n.points, raw_points = n.raw_points
        FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[])
            AS n(rule_or_group, scope, subject, window_key, times, points, raw_points)
        WHERE (c.rule_or_group, c.scope, c.subject, c.window_key)
            = (n.rule_or_group, n.scope, n.subject, n.window_key))
    INSERT INTO points.earn_decision (id, interaction, rule, rule_version, member, outcome, reasons, desired,
        granted, lines, multipliers, windows, journal, is_reversed, turns, gate, subject_kind, subject_id, occurred_at,
        created_at)
    SELECT id, interaction, rule, rule_version, member, outcome, reasons, desired, granted, lines, multipliers,
        windows, journal, is_reversed, turns, gate, subject_kind, subject_id, occurred_at, $2
    FROM jsonb_to_recordset($1::jsonb) AS n(id uuid, interaction uuid, rule uuid, rule_version uuid, member uuid,
        outcome text, reasons jsonb, desired jsonb, granted jsonb, lines jsonb, multipliers jsonb, windows jsonb, journal uuid,
        is_reversed boolean, turns smallint, gate text, subject_kind text, subject_id text, occurred_at timestamptz)"""


def _row(decision: Decision) -> dict[str, Any]:
    fact, verdict, caps = decision.fact, decision.verdict, decision.version.caps
    assert fact is not None
    return {
        "id": decision.id, "interaction": decision.interaction, "rule": decision.version.rule,
        "rule_version": decision.version.id, "member": decision.member, "outcome": verdict.outcome,
        "reasons": verdict.reasons, "desired": verdict.desired, "granted": verdict.granted,
        "multipliers": verdict.multipliers, "lines": _lines(decision),
        "windows": [[*key, caps.index(cap)] for cap, key in decision.keyed] if verdict.is_counted else [],
        "journal": decision.journals[0] if decision.journals else None, "is_reversed": decision.is_reversed,
        "turns": decision.turns, "gate": decision.gate, "subject_kind": fact.subject_kind,
        "subject_id": fact.subject_id, "occurred_at": fact.occurred_at,
    }  # fmt: skip


def _lines(decision: Decision) -> dict[str, list[int]] | None:
    """What each line earned, where the amount does not say it: there are several, or some of a deduction was waived."""
    lines, granted = decision.lines or decision.verdict.lines(), decision.verdict.granted
    return {w: of for w, of in lines.items() if len(of) > 1 or sum(of) != granted.get(w)} or None


def of_row(row: db.Row, versions: dict[UUID, Version] | None = None) -> Decision:
    """A decision from a row of :func:`known`'s columns; ``versions`` keeps those that were read before."""
    version = (versions or {}).get(row["version"]) or Version.of(
        {"id": row["version"], "rule": row["rule"], "code": row["code"], "priority": row["priority"],
         "definition": row["definition"]}
    )  # fmt: skip
    if versions is not None:
        versions[version.id] = version
    # A merge has joined the counters of both under the root.
    own, root = str(row["member"]), str(row["root"])
    keyed = [
        (version.caps[rest[0] if rest else n], (a, b, c.replace(own, root), d))
        for n, (a, b, c, d, *rest) in enumerate(row["windows"])
    ]
    verdict = Verdict(row["desired"], row["granted"], row["reasons"], is_counted=bool(keyed))
    return Decision(
        row["id"], row["interaction"], version, row["root"], verdict, keyed, row["journals"] or [],
        is_reversed=row["is_reversed"], turns=row["turns"], gate=row["gate"], cancelled=still_gone(row["gate"], row["cancelled"]),
        lines=row["lines"] or {}, occurred_at=row["occurred_at"], judged_at=row["created_at"],
    )  # fmt: skip


def _counter(row: db.Row) -> tuple[Key, Counter]:
    key = (row["rule_or_group"], row["scope"], row["subject"], row["window_key"])
    return key, Counter(row["times"], row["points"], row["raw_points"])
