"""Sanctions by hand: laying one on a member, ending one, and letting those run out whose time is over.

SHADOW (what the member publishes is seen by nobody else, undisclosed) is for rings only: 14 days at most, and two
people besides who asks sign it, one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import approvals
from domain.access.approvals import Approval, Command
from domain.access.errors import MakerIsChecker
from domain.actor import SYSTEM, Actor
from domain.community.desk import acts, kinds, limits, outcomes, plans, policies, subjects, trial
from domain.community.desk import scope as scopes
from domain.community.desk.actions import LONGEST_SHADOW, SITE_WIDE
from domain.community.desk.changes import Change, What
from domain.community.desk_tables import SanctionKind, SubjectKind
from domain.community.errors import AlreadyInState
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids
from domain.foundation.sweeps import Sweep
from domain.profile import interactions, members

SHADOW = "community.sanction.shadow"
SECOND = "community.sanction.shadow.second"


@dataclass(frozen=True)
class Ask:
    """A sanction to lay; ``remove_content`` takes down everything of the member at that place."""

    member: UUID
    kind: SanctionKind
    circle: UUID | None = None
    until: datetime | None = None
    policy_code: str | None = None
    reason: str | None = None
    remove_content: bool = False


@dataclass(frozen=True)
class Done:
    """``event`` and ``sanction`` are None for a dry run."""

    member: UUID
    sanction: UUID | None
    event: UUID | None
    changes: tuple[Change, ...]


async def lay(actor: Actor, ask: Ask, *, is_dry_run: bool = False) -> Done | Approval:
    """Sanction a member, or answer the approval that a SHADOW needs first.

    Locks the member's root. Raises NOT_FOUND, FORBIDDEN (a site-wide one by a circle's moderator), InvalidInput,
    RankTooLow, SanctionExists.
    """
    await _check(actor, ask)

    async def call() -> Done:
        async with db.transaction():
            return await _lay(actor, ask)

    if ask.kind is SanctionKind.SHADOW and not is_dry_run and (approval := await _signed(actor, ask)):
        return approval
    done = await trial.run(call, is_dry_run=is_dry_run)
    return Done(done.member, None, None, done.changes) if is_dry_run else done


async def end(actor: Actor, sanction_id: UUID, reason: str, *, is_dry_run: bool = False) -> Done:
    """End a sanction before its time; what the others ask for goes on. Raises NOT_FOUND, AlreadyInState, RankTooLow."""
    await policies.check_act(reason, None)

    async def call() -> Done:
        async with db.transaction():
            return await _end(actor, sanction_id, reason)

    done = await trial.run(call, is_dry_run=is_dry_run)
    return Done(done.member, sanction_id, None, done.changes) if is_dry_run else done


async def expire_due(limit: int = 100) -> int:
    """Note the end of sanctions whose time is over (reads did not count them any more); answers how many."""
    due = await db.fetch(
        """SELECT id, member FROM community.sanction WHERE ended_at IS NULL AND until <= $1
        ORDER BY until LIMIT $2""",
        clock.now(), limit,
    )  # fmt: skip
    done = 0
    for row in due:
        async with db.transaction():
            if row["member"] is not None:
                await members.lock(row["member"])
            ended = await db.one(
                """UPDATE community.sanction SET ended_at = until WHERE id = $1 AND ended_at IS NULL AND until <= $2
                RETURNING member, kind, cause, circle""",
                row["id"], clock.now(),
            )  # fmt: skip
            if ended is not None and ended["member"] is not None:
                await limits.follow(SYSTEM, ended["member"], "The time is over.")
                await interactions.record(
                    SYSTEM, kinds.MEMBER_UNSANCTIONED, ("MEMBER", ended["member"]), once=f"{row['id']}:over",
                    member=ended["member"], sanction=ended["kind"], policy=ended["cause"],
                )  # fmt: skip
            done += ended is not None
    return done


async def next_due() -> datetime | None:
    """When the next sanction ends by itself."""
    return await db.value("SELECT min(until) FROM community.sanction WHERE ended_at IS NULL")


SWEEP = Sweep("community.sanctions", expire_due, next_due, every_seconds=10)


async def by_ids(wanted: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Sanctions of these ids, ended ones too."""
    rows = await db.fetch("SELECT * FROM community.sanction WHERE id = ANY($1)", list(wanted))
    return {row["id"]: row for row in rows}


async def in_force_of(subject_kind: str, subject: UUID) -> list[db.Row]:
    """Sanctions in force of whoever is behind a subject, wherever they hold, the longest first."""
    return await db.fetch(
        """SELECT s.* FROM community.sanction AS s JOIN profile.member AS m ON m.id = s.member
        WHERE m.root = community.author_of($1, $2) AND s.ended_at IS NULL AND (s.until IS NULL OR s.until > $3)
        ORDER BY s.until DESC NULLS FIRST, s.starts_at""",
        subject_kind, subject, clock.now(),
    )  # fmt: skip


async def _check(actor: Actor, ask: Ask) -> None:
    scope = await scopes.of(actor)
    if ask.circle is None:
        scope.must_be_everywhere()
    elif not scope.holds(ask.circle) or not await db.value(
        "SELECT EXISTS (SELECT FROM community.circle WHERE id = $1)", ask.circle
    ):
        raise NotFound()
    await policies.check_act(ask.reason, ask.policy_code)
    now = clock.now()
    if ask.until is not None and ask.until <= now:
        raise InvalidInput.at("until", "This is in the past.")
    if ask.circle is not None and ask.kind in SITE_WIDE:
        raise InvalidInput.at("circleId", f"{ask.kind} is for the whole site.")
    if ask.kind is SanctionKind.SHADOW and (ask.until is None or ask.until > now + LONGEST_SHADOW):
        raise InvalidInput.at("until", f"SHADOW ends within {LONGEST_SHADOW.days} days.")


async def _lay(actor: Actor, ask: Ask) -> Done:
    (root,) = await members.lock_living(ask.member)
    if actor.member_id is not None and await members.root_of(actor.member_id) == root:
        raise InvalidInput.at("memberId", "Nobody sanctions himself.")
    await scopes.must_outrank(actor, root, ask.circle)
    cause = ask.policy_code or "MODERATION"
    planned = await plans.sanction(
        root, ask.kind, circle=ask.circle, until=ask.until, cause=cause, reason=ask.reason
    )
    event = ids.new()
    named: dict[str, Any] = {"policy": ask.policy_code, "reason": ask.reason}
    await acts.perform(actor, "SANCTION", ("MEMBER", root), planned, id=event, **named)
    if ask.remove_content:
        child, circles = ids.new(), None if ask.circle is None else [ask.circle]
        removed = await plans.removal_of_all(root, circles, child)
        await acts.perform(actor, "REMOVE_ALL", ("MEMBER", root), removed, id=child, parent=event, **named)
        planned += removed
    subject = await subjects.find(root, SubjectKind.MEMBER)
    acted = ["REMOVE_ALL"] if ask.remove_content else []
    laid = [one.facts for one in planned if one.what is What.SANCTION]
    await outcomes.tell_author(subject, acted, event, policy_code=ask.policy_code, sanctions=laid)
    return Done(root, planned[0].id, event, tuple(planned))


async def _end(actor: Actor, sanction_id: UUID, reason: str) -> Done:
    row = (await by_ids([sanction_id])).get(sanction_id)
    scope = await scopes.of(actor)
    if row is None or row["member"] is None or not (scope.sees_all or scope.holds(row["circle"])):
        raise NotFound()
    (root,) = await members.lock(row["member"])
    await scopes.must_outrank(actor, root, row["circle"])
    planned = await plans.lifting(sanction_id=sanction_id)
    if not planned:
        raise AlreadyInState("ENDED")
    event = ids.new()
    await acts.perform(
        actor, "END_SANCTION", ("MEMBER", root), planned, id=event, item=row["item"], reason=reason
    )
    return Done(root, sanction_id, event, tuple(planned))


async def _signed(actor: Actor, ask: Ask) -> Approval | None:
    """None where the brand needs nobody to sign; otherwise the request that waits for the first of two."""
    input_ = _plain(ask)
    effects = {"member": str(ask.member), "until": input_["until"]}
    return await approvals.ask(actor, SHADOW, input_, effects=effects, note=ask.reason)


async def _run_first(actor: Actor, input_: dict[str, Any]) -> Any:
    """Signed once: now somebody else has to sign, too."""
    await _check(actor, _asked(input_))
    first = approvals.checker()
    second = await approvals.ask(
        actor, SECOND, input_ | {"first": str(first)}, effects={"member": input_["member"]}
    )
    if second is None:  # the brand switched the second signature off
        async with db.transaction():
            return {"sanction": str((await _lay(actor, _asked(input_))).sanction)}
    return {"approval": str(second.id)}


async def _run_second(actor: Actor, input_: dict[str, Any]) -> Any:
    """Signed twice, by two people: it is laid."""
    if str(approvals.checker()) == input_["first"]:
        raise MakerIsChecker()
    ask = _asked(input_)
    await _check(actor, ask)
    async with db.transaction():
        return {"sanction": str((await _lay(actor, ask)).sanction)}


def _plain(ask: Ask) -> dict[str, Any]:
    return {
        "member": str(ask.member), "until": ask.until and ask.until.isoformat(), "policy": ask.policy_code,
        "reason": ask.reason, "remove": ask.remove_content,
    }  # fmt: skip


def _asked(input_: dict[str, Any]) -> Ask:
    return Ask(
        UUID(input_["member"]), SanctionKind.SHADOW, None, datetime.fromisoformat(input_["until"]), input_["policy"],
        input_["reason"], input_["remove"],
    )  # fmt: skip


COMMANDS = [
    Command(SHADOW, _run_first, frozenset({"moderator"})),
    Command(SECOND, _run_second, frozenset({"moderator"})),
]
