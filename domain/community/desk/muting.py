"""Muting a reporter: the reports are taken and count nothing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community.desk import acts, policies, scope
from domain.community.desk.changes import Change, What, change
from domain.community.errors import AlreadyInState
from domain.errors import InvalidInput
from domain.foundation import ids
from domain.profile import members


async def mute(
    actor: Actor,
    member_id: UUID,
    *,
    reason: str,
    until: datetime | None = None,
    is_on: bool = True,
    is_dry_run: bool = False,
) -> tuple[UUID, list[Change]]:
    """Let reports of a member count nothing, until an instant or for good, or (``is_on`` False) count again.

    What was reported before keeps its score. Answers the member's root and what it changes. Locks the root. Raises
    NOT_FOUND, InvalidInput, AlreadyInState, FORBIDDEN to moderators of certain circles.
    """
    (await scope.of(actor)).must_be_everywhere()
    await policies.check_act(reason, None)
    if until is not None and until <= clock.now():
        raise InvalidInput.at("until", "This is in the past.")
    async with db.transaction():
        (root,) = await members.lock_living(member_id)
        now = await _in_force(root)
        if bool(now) is is_on:
            raise AlreadyInState("MUTED" if is_on else "HEARD")
        planned = [_new(root, until)] if is_on else [_end(row) for row in now]
        if not is_dry_run:
            name = "MUTE_REPORTER" if is_on else "UNMUTE_REPORTER"
            await acts.perform(actor, name, ("MEMBER", root), planned, id=ids.new(), reason=reason)
    return root, planned


async def _in_force(root: UUID) -> list[db.Row]:
    return await db.fetch(
        """SELECT u.* FROM community.reporter_mute AS u JOIN profile.member AS m ON m.id = u.member
        WHERE m.root = $1 AND u.ended_by IS NULL AND (u.until IS NULL OR u.until > $2) ORDER BY u.created_at""",
        root, clock.now(),
    )  # fmt: skip


def _new(root: UUID, until: datetime | None) -> Change:
    return change(What.MUTED_REPORTER, "MEMBER", ids.new(), None, "ACTIVE", member=root, until=until)


def _end(row: db.Row) -> Change:
    return change(
        What.MUTED_REPORTER, "MEMBER", row["id"], "ACTIVE", None, member=row["member"], until=row["until"]
    )
