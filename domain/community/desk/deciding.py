"""Deciding an item: a verdict on the reports, and apart from it any number of actions, in one transaction.

One parent ``mod_event`` holds what the verdict changes, one child each action. So the whole can be undone exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import comments, locks
from domain.community.desk import (
    actions,
    acts,
    claims,
    kinds,
    outcomes,
    plans,
    policies,
    subjects,
    trial,
)
from domain.community.desk import scope as scopes
from domain.community.desk.actions import ActionKind, Asked
from domain.community.desk.changes import Change, What
from domain.community.desk.errors import ActionNotAvailable, ClaimRequired
from domain.community.desk.policies import Policy
from domain.community.desk.scope import Scope
from domain.community.desk.subjects import Subject
from domain.community.desk_tables import ReportOutcome, SubjectKind
from domain.errors import InvalidInput, Problem, VersionConflict
from domain.foundation import ids
from domain.profile import interactions, members

LONGEST_TEXT = 2_000


class Verdict(StrEnum):
    UPHOLD = "UPHOLD"
    REJECT = "REJECT"
    IGNORE = "IGNORE"


_OUTCOMES = {
    Verdict.UPHOLD: ReportOutcome.UPHELD,
    Verdict.REJECT: ReportOutcome.REJECTED,
    Verdict.IGNORE: ReportOutcome.IGNORED,
}
_SETTLING = frozenset(
    {ActionKind.APPROVE, ActionKind.REJECT_PENDING, ActionKind.REMOVE, ActionKind.REMOVE_ALL}
)


@dataclass(frozen=True)
class Decision:
    """What a moderator decides; texts to members name nobody."""

    verdict: Verdict
    policy_code: str | None = None
    actions: Sequence[Asked] = ()
    internal_note: str | None = None
    to_author: str | None = None
    to_reporters: str | None = None


@dataclass(frozen=True)
class Effect:
    """A change with the action that makes it (None: the verdict)."""

    action: ActionKind | None
    change: Change


@dataclass(frozen=True)
class Decided:
    """``event`` is None for a dry run; ``next_item`` waits in the same queue, as ``remaining`` do."""

    item: UUID
    effects: tuple[Effect, ...]
    event: UUID | None
    next_item: UUID | None
    remaining: int


async def decide(
    actor: Actor, item_id: UUID, expected_version: int, decision: Decision, *, is_dry_run: bool = False
) -> Decided:
    """Decide an item, or refuse and change nothing.

    UPHOLD adds strikes under the policy and takes credit; REJECT shows again what this item hid and lifts the sanctions
    that it caused; IGNORE leaves both and the reporters' accuracy alone. Pending reports close with the verdict.

    Locks: the roots of author and reporters, the item, the content. Raises NOT_FOUND, AlreadyHandled, VersionConflict,
    ClaimedByOther, ClaimRequired, RankTooLow, PolicyRequired, ActionNotAvailable, InvalidInput.
    """
    _check(decision)

    async def call() -> tuple[tuple[Effect, ...], UUID]:
        async with db.transaction():
            return await _decide(actor, item_id, expected_version, decision)

    scope = await scopes.of(actor)
    effects, event = await trial.run(call, is_dry_run=is_dry_run)
    next_item, remaining = await after(scope, actor, item_id)
    return Decided(item_id, effects, None if is_dry_run else event, next_item, remaining)


async def after(scope: Scope, actor: Actor, item_id: UUID) -> tuple[UUID | None, int]:
    """What is next in the item's queue, and how much waits there."""
    row = await db.one(
        f"""WITH waiting AS (
            SELECT i.id, i.score, i.opened_at, i.seq, i.claimed_by, i.claimed_until FROM community.review_item AS i
            WHERE i.state = 'PENDING' AND i.id <> $4 AND i.queue IS NOT DISTINCT FROM
                (SELECT queue FROM community.review_item WHERE id = $4) AND {scopes.SEES_ITEM}
        ) SELECT (SELECT count(*) FROM waiting) AS remaining, (SELECT id FROM waiting AS w
            WHERE w.claimed_until IS NULL OR w.claimed_until <= $5 OR w.claimed_by = $6
            ORDER BY w.score DESC, w.opened_at DESC, w.seq DESC LIMIT 1) AS next""",
        *scope.args, item_id, clock.now(), actor.id,
    )  # fmt: skip
    assert row is not None
    return row["next"], row["remaining"]


async def _decide(
    actor: Actor, item_id: UUID, expected_version: int, decision: Decision
) -> tuple[tuple[Effect, ...], UUID]:
    scope = await scopes.of(actor)
    item = await _locked(actor, item_id)
    claims.must_be_pending(item)
    if item["version"] != expected_version:
        raise VersionConflict(item["version"])
    await _must_be_free(actor, item)
    subject = await hold(item["subject_kind"], item["subject"])
    await scopes.must_outrank(actor, subject.author, subject.circle)
    if item["is_appealed"]:
        raise ActionNotAvailable("DECIDE", "APPEAL_OPEN")
    policy = await policies.named(decision.policy_code, is_required=bool(decision.actions))
    reports = await db.fetch(
        "SELECT * FROM community.report WHERE item = $1 AND outcome IS NULL ORDER BY seq FOR NO KEY UPDATE",
        item_id,
    )
    texts = {"messageToAuthor": decision.to_author, "messageToReporters": decision.to_reporters}
    await outcomes.must_name_nobody(texts, actor, [row["reporter"] for row in reports if row["reporter"]])
    await _must_settle(subject, decision)

    event = ids.new()
    effects = await _act(actor, scope, item_id, subject, decision, policy, event)
    verdict = await _judge(actor, item, subject, decision, policy, reports, event)
    await _tell(actor, subject, decision, effects, verdict, reports, event)
    return (*effects, *(Effect(None, one) for one in verdict)), event


async def _locked(actor: Actor, item_id: UUID) -> db.Row:
    """The item, with the people whom the decision concerns locked before it."""
    people = await db.fetch(
        """SELECT community.author_of(i.subject_kind, i.subject) AS id FROM community.review_item AS i WHERE i.id = $1
        UNION SELECT r.reporter FROM community.report AS r WHERE r.item = $1 AND r.outcome IS NULL""",
        item_id,
    )
    known = [row["id"] for row in people if row["id"] is not None]
    if known:
        await members.lock(*known)
    return await claims.locked(actor, item_id)


async def hold(kind: str, subject_id: UUID) -> Subject:
    """The subject; a content with nobody adding to it."""
    if kind == SubjectKind.POST:
        await locks.claim(subject_id)
        await db.run("SELECT FROM community.post WHERE id = $1 FOR NO KEY UPDATE", subject_id)
    elif kind == SubjectKind.COMMENT:
        await locks.claim(subject_id)
        await comments.locked(subject_id)
    return await subjects.find(subject_id, kind)


async def _must_be_free(actor: Actor, item: db.Row) -> None:
    claims.must_not_be_others(actor, item)
    mode = await db.value("SELECT claim FROM community.mod_queue WHERE id = $1", item["queue"])
    is_mine = item["claimed_by"] == actor.id and item["claimed_until"] > clock.now()
    if mode == "REQUIRED" and not is_mine:
        raise ClaimRequired()


async def _must_settle(subject: Subject, decision: Decision) -> None:
    """What waits for approval does not wait for ever: one of the actions decides it."""
    if not any(one.kind in _SETTLING for one in decision.actions) and await plans.waits(subject):
        raise InvalidInput.at("actions", "This waits for approval: approve, reject or remove it.")


async def _act(
    actor: Actor,
    scope: Scope,
    item: UUID,
    subject: Subject,
    decision: Decision,
    policy: Policy | None,
    parent: UUID,
) -> list[Effect]:
    """The actions in their order, each on what the earlier ones left."""
    effects: list[Effect] = []
    for asked in decision.actions:
        event = ids.new()
        now = await subjects.find(subject.id, subject.kind)
        planned = await actions.plan(
            actor, scope, item, now, asked, event, policy=policy, reason=decision.internal_note
        )
        await acts.perform(
            actor, asked.kind.value, subject.ref, planned, id=event, item=item, parent=parent,
            policy=decision.policy_code, reason=decision.internal_note,
        )  # fmt: skip
        if asked.kind is ActionKind.HAND_TO_SERVICE:
            await interactions.record(
                actor, kinds.POST_HANDED_OVER, subject.ref, once=event, member=subject.author, event=str(event),
                summary=(subject.row["title"] or subject.row["body"])[:200],
            )  # fmt: skip
        effects += [Effect(asked.kind, one) for one in planned]
    return effects


async def _judge(
    actor: Actor,
    item: db.Row,
    subject: Subject,
    decision: Decision,
    policy: Policy | None,
    reports: Sequence[db.Row],
    event: UUID,
) -> list[Change]:
    """What the verdict changes, noted as the parent event."""
    planned: list[Change] = []
    if decision.verdict is Verdict.REJECT:
        planned += plans.unhiding(await subjects.find(subject.id, subject.kind), item["id"])
        planned += await plans.lifting(item=item["id"])
    if decision.verdict is Verdict.UPHOLD and policy is not None and subject.author is not None:
        planned += await plans.strike(subject.author, policy)
    outcome = _OUTCOMES[decision.verdict]
    planned += plans.closing(reports, outcome.value)
    planned.append(plans.decided(item["id"], outcome.value, event))
    await acts.perform(
        actor, decision.verdict.value, subject.ref, planned, id=event, item=item["id"], policy=decision.policy_code,
        reason=decision.internal_note,
    )  # fmt: skip
    return planned


async def _tell(
    actor: Actor,
    subject: Subject,
    decision: Decision,
    effects: Sequence[Effect],
    verdict: Sequence[Change],
    reports: Sequence[db.Row],
    event: UUID,
) -> None:
    done = [one.kind.value for one in decision.actions]
    if any(one.what is What.HIDDEN for one in verdict) and "RESTORE" not in done:
        done.append("UNHIDE")
    struck = any(one.what is What.STRIKE and one.facts["n"] for one in verdict)
    await outcomes.tell_author(
        subject, done, event, policy_code=decision.policy_code, message=decision.to_author, strike=struck,
        sanctions=[one.change.facts for one in effects if one.change.what is What.SANCTION],
    )  # fmt: skip
    closed = [row["id"] for row in reports]
    outcome = _OUTCOMES[decision.verdict]
    await outcomes.record_closed(actor, closed, outcome)
    await outcomes.tell_reporters(actor, closed, outcome, message=decision.to_reporters)


def _check(decision: Decision) -> None:
    texts = {
        "internalNote": decision.internal_note,
        "messageToAuthor": decision.to_author,
        "messageToReporters": decision.to_reporters,
    }
    problems = [
        Problem(path, f"Use at most {LONGEST_TEXT} characters.")
        for path, text in texts.items()
        if text is not None and len(text) > LONGEST_TEXT
    ]
    if problems:
        raise InvalidInput(problems)
    actions.check(decision.actions)
