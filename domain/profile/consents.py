"""Consent: what a person answered to each purpose, in an append-only ledger, and the gate that asks it.

The newest answer by its time is in force until it expires. Nothing answered is not granted, for every purpose but those
that are granted by default (``service``). A new policy version takes no answer away.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import SYSTEM, Actor
from domain.errors import InvalidInput, VersionConflict
from domain.foundation import ids
from domain.foundation.sweeps import Sweep
from domain.profile import interactions, kinds, members
from domain.profile.errors import UnknownPurpose

MOST = 50
LONGEST = 100


class ConsentState(StrEnum):
    ASKED = "ASKED"
    GRANTED = "GRANTED"
    DENIED = "DENIED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class ConsentChoice(StrEnum):
    ALLOW_ALL = "ALLOW_ALL"
    ALLOW_SELECTED = "ALLOW_SELECTED"
    DENY_ALL = "DENY_ALL"


_KINDS = {
    ConsentState.ASKED: kinds.CONSENT_ASKED,
    ConsentState.GRANTED: kinds.CONSENT_GRANTED,
    ConsentState.DENIED: kinds.CONSENT_DENIED,
    ConsentState.WITHDRAWN: kinds.CONSENT_WITHDRAWN,
    ConsentState.EXPIRED: kinds.CONSENT_EXPIRED,
}


@dataclass(frozen=True)
class Answer:
    """One purpose that is answered; without a channel for all of them."""

    purpose: str
    channel: str | None = None
    choice: ConsentChoice | None = None
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Told:
    """What goes with answers: the policy that was shown, when, and how they were given."""

    policy_version: str | None = None
    at: datetime | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()


async def answer(
    actor: Actor, state: ConsentState, answers: Sequence[Answer], told: Told, member_id: UUID | None = None
) -> UUID:
    """Record answers of the acting member, or (advisors, operators) of a member who gave them; answers the root.

    Refuses UnknownPurpose for purposes that are not declared or belong to another area.
    """
    if member_id is not None and member_id != actor.member_id:
        actor.must_have("operator", "advisor")
    _check(answers, told)
    async with db.transaction():
        root = (await members.lock_living(member_id or actor.must_be_member()))[0]
        known = {row["name"] for row in await purposes()}
        unknown = sorted({a.purpose for a in answers if a.purpose not in known or is_read_only(a.purpose)})
        if unknown:
            raise UnknownPurpose(unknown)
        await note(actor, root, state, answers, told)
    return root


async def note(
    actor: Actor, root: UUID, state: ConsentState, answers: Sequence[Answer], told: Told
) -> list[UUID]:
    """Append answers with their interactions, in the caller's transaction, without asking whether the purpose is known.

    For imports, and for what time takes away.
    """
    at = told.at or clock.now()
    made = await _append(root, state, answers, told, at)
    for id_, each in made:
        await interactions.record(
            actor, _KINDS[state], ("CONSENT", each.purpose), once=id_, member=root, at=at, flags=told.flags,
            purpose=each.purpose, channel=each.channel, policyVersion=told.policy_version,
        )  # fmt: skip
    return [id_ for id_, _ in made]


async def mirror(
    root: UUID, purpose: str, channel: str, *, is_given: bool, told: Told, expires_at: datetime | None = None
) -> bool:
    """Show what another area keeps (``vehicle.*``), in its transaction; answers whether it is news.

    ``channel`` tells several of one purpose apart: the id of the vehicle. The caller has locked the root, and records
    the fact itself.
    """
    assert is_read_only(purpose)
    state = ConsentState.GRANTED if is_given else ConsentState.WITHDRAWN
    held = next(
        (e for e in (await of_roots([root]))[root] if (e["purpose"], e["channel"]) == (purpose, channel)),
        None,
    )
    if held is None and not is_given:
        return False
    if held is not None and (held["state"], held["expires_at"]) == (state, expires_at if is_given else None):
        return False
    answer_ = Answer(purpose, channel, expires_at=expires_at if is_given else None)
    await _append(root, state, [answer_], told, told.at or clock.now())
    return True


async def _append(
    root: UUID, state: ConsentState, answers: Sequence[Answer], told: Told, at: datetime
) -> list[tuple[UUID, Answer]]:
    made = [(ids.new(), each) for each in answers]
    await db.run_many(
        """INSERT INTO profile.consent_entry
            (id, member, purpose, channel, state, choice, policy_version, scopes, at, expires_at, evidence)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        [
            (id_, root, a.purpose, a.channel, state, a.choice, told.policy_version, list(a.scopes), at, a.expires_at,
             told.evidence)
            for id_, a in made
        ],
    )  # fmt: skip
    return made


async def of_roots(roots: Sequence[UUID]) -> dict[UUID, list[db.Row]]:
    """What is in force of each root: one row per purpose and channel, with its present state."""
    rows = await db.fetch(
        """SELECT DISTINCT ON (m.root, e.purpose, e.channel) m.root, e.purpose, e.channel, e.choice, e.policy_version,
            e.scopes, e.at, e.expires_at,
            CASE WHEN e.state = 'GRANTED' AND e.expires_at <= $2 THEN 'EXPIRED' ELSE e.state END AS state
        FROM profile.consent_entry AS e JOIN profile.member AS m ON m.id = e.member WHERE m.root = ANY($1)
        ORDER BY m.root, e.purpose, e.channel, e.at DESC, e.id DESC""",
        list(roots), clock.now(),
    )  # fmt: skip
    found: dict[UUID, list[db.Row]] = {root: [] for root in roots}
    for row in rows:
        found[row["root"]].append(row)
    return found


async def allows(member: UUID, purpose: str, channel: str | None = None) -> bool:
    """Whether the person consents to the purpose (on the channel) now; ``member`` is any member id of theirs."""
    return member in await allowing([member], purpose, channel)


async def allowing(member_ids: Collection[UUID], purpose: str, channel: str | None = None) -> set[UUID]:
    """Those of the members that consent now, in one statement.

    An answer for the channel stands before one for all channels; but whoever refuses all of them later refuses it too.
    """
    rows = await db.fetch(
        """WITH newest AS (
            SELECT DISTINCT ON (w.id, e.channel) w.id, e.channel, e.at,
                e.state = 'GRANTED' AND coalesce(e.expires_at > $4, true) AS is_granted
            FROM profile.member AS w JOIN profile.member AS o ON o.root = w.root
            JOIN profile.consent_entry AS e ON e.member = o.id
            WHERE w.id = ANY($1) AND e.purpose = $2 AND (e.channel IS NULL OR e.channel = $3)
            AND e.state <> 'ASKED' AND e.at <= $4
            ORDER BY w.id, e.channel, e.at DESC, e.id DESC)
        SELECT w.id FROM unnest($1::uuid[]) AS w(id)
        LEFT JOIN newest AS own ON own.id = w.id AND own.channel IS NOT NULL
        LEFT JOIN newest AS general ON general.id = w.id AND general.channel IS NULL
        WHERE coalesce(own.is_granted, general.is_granted,
            (SELECT is_granted_by_default FROM profile.consent_purpose WHERE name = $2), false)
        AND NOT (general.is_granted IS FALSE AND (own.at IS NULL OR general.at > own.at))""",
        list(member_ids), purpose, channel, clock.now(),
    )  # fmt: skip
    return {row["id"] for row in rows}


async def summary(purpose: str) -> list[db.Row]:
    """How roots answered, each counted once under the policy version of its newest entry; the newest version first."""
    return await db.fetch(
        """WITH newest AS (
            SELECT DISTINCT ON (m.root) m.root, e.policy_version, e.state, e.choice, e.scopes, e.at, e.expires_at
            FROM profile.consent_entry AS e JOIN profile.member AS m ON m.id = e.member
            WHERE e.purpose = $1 ORDER BY m.root, e.at DESC, e.id DESC
        ), judged AS (
            SELECT policy_version, at, CASE WHEN state <> 'GRANTED' THEN state
                WHEN expires_at <= $2 THEN 'EXPIRED'
                WHEN choice = 'ALLOW_SELECTED' OR (choice IS NULL AND scopes <> '{}') THEN 'SELECTED' ELSE 'ALL' END AS is
            FROM newest)
        SELECT policy_version, count(*)::int AS visitors,
            count(*) FILTER (WHERE judged.is = 'ALL')::int AS allow_all,
            count(*) FILTER (WHERE judged.is = 'SELECTED')::int AS allow_selected,
            count(*) FILTER (WHERE judged.is = 'DENIED')::int AS denied,
            count(*) FILTER (WHERE judged.is = 'WITHDRAWN')::int AS withdrawn,
            count(*) FILTER (WHERE judged.is = 'EXPIRED')::int AS expired,
            count(*) FILTER (WHERE judged.is = 'ASKED')::int AS pending
        FROM judged GROUP BY policy_version ORDER BY max(at) DESC""",
        purpose, clock.now(),
    )  # fmt: skip


async def purposes() -> list[db.Row]:
    """The declared purposes, by name."""
    return await db.fetch("SELECT * FROM profile.consent_purpose ORDER BY name")


async def save_purpose(
    actor: Actor, name: str, zh: str, en: str, *, is_granted_by_default: bool, expected_version: int | None
) -> db.Row:
    """Declare a purpose (no expected version) or revise it."""
    if not 1 <= len(name.strip()) <= LONGEST or is_read_only(name):
        raise InvalidInput.at("name", "Use 1 to 100 characters; vehicle.* belongs to the garage.")
    if not (1 <= len(zh.strip()) <= 200 and 1 <= len(en.strip()) <= 200):
        raise InvalidInput.at("zh", "Name the purpose in both languages, in up to 200 characters.")
    async with db.transaction():
        row = await db.one(
            """INSERT INTO profile.consent_purpose AS p (id, name, zh, en, is_granted_by_default)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO UPDATE SET zh = excluded.zh, en = excluded.en,
                is_granted_by_default = excluded.is_granted_by_default, version = p.version + 1
            WHERE p.version = $6 RETURNING *""",
            ids.new(), name.strip(), zh.strip(), en.strip(), is_granted_by_default, expected_version,
        )  # fmt: skip
        if row is None:
            raise VersionConflict(
                await db.value("SELECT version FROM profile.consent_purpose WHERE name = $1", name.strip())
            )
        await audit.append(
            actor, "profile.consent_purpose.saved", "CONSENT_PURPOSE", row["id"],
            facts={"name": row["name"], "isGrantedByDefault": is_granted_by_default},
        )  # fmt: skip
    return row


def is_read_only(purpose: str) -> bool:
    """Whether another area keeps this purpose."""
    return purpose.startswith("vehicle.")


_DUE = """FROM profile.consent_entry AS e WHERE e.state = 'GRANTED' AND e.expires_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM profile.member AS m JOIN profile.member AS o ON o.root = m.root
        JOIN profile.consent_entry AS n ON n.member = o.id WHERE m.id = e.member AND n.purpose = e.purpose
        AND n.channel IS NOT DISTINCT FROM e.channel AND n.state <> 'ASKED' AND (n.at, n.id) > (e.at, e.id))"""


async def expire_due(limit: int = 200) -> int:
    """Append what time took away, as of the instant of its expiry; answers how much."""
    due = await db.fetch(
        f"SELECT e.id, e.member {_DUE} AND e.expires_at <= $1 ORDER BY e.expires_at LIMIT $2",
        clock.now(),
        limit,
    )
    done = 0
    for row in due:
        async with db.transaction():
            await members.lock(row["member"])
            entry = await db.one(f"SELECT e.* {_DUE} AND e.id = $1", row["id"])
            if entry is None:
                continue
            told = Told(entry["policy_version"], entry["expires_at"], {"entry": str(entry["id"])})
            expired = Answer(entry["purpose"], entry["channel"])
            await note(SYSTEM, entry["member"], ConsentState.EXPIRED, [expired], told)
            done += 1
    return done


async def next_due() -> datetime | None:
    """When the next consent expires."""
    return await db.value(f"SELECT min(e.expires_at) {_DUE}")


SWEEP = Sweep("profile.consents", expire_due, next_due, every_seconds=10)


def _check(answers: Sequence[Answer], told: Told) -> None:
    if not 1 <= len(answers) <= MOST:
        raise InvalidInput.at("purposes", f"Answer 1 to {MOST} purposes at once.")
    now = clock.now()
    for number, each in enumerate(answers):
        if each.expires_at is not None and each.expires_at <= now:
            raise InvalidInput.at(f"purposes.{number}.expiresAt", "This is in the past.")
        if len(each.channel or "") > LONGEST or len(each.scopes) > MOST:
            raise InvalidInput.at(
                f"purposes.{number}", "A channel has up to 100 characters, scopes up to 50."
            )
    if len(told.policy_version or "") > LONGEST:
        raise InvalidInput.at("policyVersion", f"At most {LONGEST} characters.")
