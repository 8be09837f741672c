"""What a member wants to hear of, and when nothing may ring. Of merged members the newest wish counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.errors import InvalidInput, VersionConflict
from domain.foundation import ids
from domain.messaging import kinds, rules
from domain.messaging.errors import MandatoryChannel
from domain.messaging.tables import Channel
from domain.messaging.types import ASKED, NOTICES, NoticeType
from domain.profile import interactions, members

#: The channels that a member may choose among.
CHOSEN = (Channel.INBOX, Channel.PUSH, Channel.SMS, Channel.WECHAT, Channel.EMAIL)


@dataclass(frozen=True)
class Preference:
    """Whether a type of notice comes on a channel; a mandatory one always does."""

    type: NoticeType
    channel: Channel
    is_on: bool
    is_mandatory: bool


@dataclass(frozen=True)
class Quiet:
    """Quiet hours in the member's zone; ``is_own`` tells them from the brand's."""

    starts: time
    ends: time
    is_own: bool
    version: int = 1


async def of(root: UUID) -> list[Preference]:
    """Every type on every channel that it goes to."""
    wishes = await _wishes(root)
    return [
        Preference(type_, channel, wishes.get((type_, channel), True), _is_mandatory(type_, channel))
        for type_ in ASKED
        for channel in CHOSEN
        if channel in NOTICES[type_].channels
    ]


async def is_on(root: UUID, type_: NoticeType, channel: Channel) -> bool:
    """Whether the person wants this."""
    return _is_mandatory(type_, channel) or (await _wishes(root)).get((type_, channel), True)


async def choose(actor: Actor, wishes: Sequence[tuple[NoticeType, Channel, bool]]) -> UUID:
    """Set the member's own wishes; MandatoryChannel for what cannot be turned off. Answers the root."""
    async with db.transaction():
        root = await members.must_be_active(actor)
        for type_, channel, is_on in wishes:
            if _is_mandatory(type_, channel) and not is_on:
                raise MandatoryChannel(type_, channel)
            await db.run(
                """INSERT INTO messaging.preference (id, member, type, channel, is_on, set_at)
                VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (member, type, channel)
                DO UPDATE SET is_on = excluded.is_on, set_at = excluded.set_at""",
                ids.new(), root, type_, channel, is_on, clock.now(),
            )  # fmt: skip
        await interactions.record(
            actor, kinds.PREFERENCES_SET, ("MEMBER", root), once=ids.new(), member=root,
            wishes=[[type_, channel, is_on] for type_, channel, is_on in wishes],
        )  # fmt: skip
    return root


async def quiet(root: UUID) -> Quiet:
    """The person's own quiet hours, else the brand's."""
    row = await db.one(
        """SELECT q.starts, q.ends, q.member IS NOT NULL AS is_own, q.version FROM messaging.quiet_hours AS q
        WHERE q.member IS NULL OR q.member IN (SELECT id FROM profile.member WHERE root = $1)
        ORDER BY q.member IS NULL, q.set_at DESC LIMIT 1""",
        root,
    )
    return Quiet(**row) if row else Quiet(*rules.BRAND_QUIET, is_own=False, version=0)


async def set_quiet(actor: Actor, starts: time, ends: time) -> UUID:
    """Set the member's own quiet hours (start = end: none); they override the brand's. Answers the root."""
    async with db.transaction():
        root = await members.must_be_active(actor)
        await db.run(
            """INSERT INTO messaging.quiet_hours (id, member, starts, ends, set_at, version)
            VALUES ($1, $2, $3, $4, $5, 1) ON CONFLICT (member) DO UPDATE
            SET starts = excluded.starts, ends = excluded.ends, set_at = excluded.set_at,
                version = quiet_hours.version + 1""",
            ids.new(), root, starts, ends, clock.now(),
        )  # fmt: skip
        await interactions.record(
            actor, kinds.QUIET_HOURS_SET, ("MEMBER", root), once=ids.new(), member=root,
            starts=starts.isoformat("minutes"), ends=ends.isoformat("minutes"),
        )  # fmt: skip
    return root


async def brand_quiet() -> Quiet:
    """The brand's quiet hours; version 0 are the shipped ones."""
    row = await db.one("SELECT starts, ends, version FROM messaging.quiet_hours WHERE member IS NULL")
    return (
        Quiet(row["starts"], row["ends"], False, row["version"])
        if row
        else Quiet(*rules.BRAND_QUIET, False, 0)
    )


async def set_brand_quiet(actor: Actor, starts: time, ends: time, expected_version: int) -> Quiet:
    """Set when the brand keeps quiet; VersionConflict when somebody else changed it."""
    async with db.transaction():
        await db.run("SELECT pg_advisory_xact_lock(hashtextextended('messaging.quiet_hours', 0))")
        current = (await brand_quiet()).version
        if current != expected_version:
            raise VersionConflict(current)
        await db.run("DELETE FROM messaging.quiet_hours WHERE member IS NULL")
        await db.run(
            "INSERT INTO messaging.quiet_hours (id, member, starts, ends, set_at, version) "
            "VALUES ($1, NULL, $2, $3, $4, $5)",
            ids.new(), starts, ends, clock.now(), current + 1,
        )  # fmt: skip
        await audit.append(
            actor, "messaging.quiet_hours.set", "brand",
            facts={"starts": starts.isoformat("minutes"), "ends": ends.isoformat("minutes")},
        )  # fmt: skip
    return Quiet(starts, ends, False, current + 1)


def read_time(value: str, path: str) -> time:
    """A wall clock time as HH:MM, or InvalidInput."""
    try:
        return datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - a wall clock time has no zone
    except ValueError:
        raise InvalidInput.at(path, "Write the time as HH:MM.") from None


def _is_mandatory(type_: NoticeType, channel: Channel) -> bool:
    return channel is Channel.INBOX and NOTICES[type_].is_mandatory


async def _wishes(root: UUID) -> dict[tuple[NoticeType, Channel], bool]:
    rows = await db.fetch(
        """SELECT DISTINCT ON (p.type, p.channel) p.type, p.channel, p.is_on FROM messaging.preference AS p
        JOIN profile.member AS m ON m.id = p.member WHERE m.root = $1 ORDER BY p.type, p.channel, p.set_at DESC""",
        root,
    )
    known = {str(type_) for type_ in NoticeType}
    return {
        (NoticeType(row["type"]), Channel(row["channel"])): row["is_on"]
        for row in rows
        if row["type"] in known
    }
