"""What staff do about who is who: merge two members (with a second person), take an identity away, see shared devices."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import db
from domain.access import approvals, audit
from domain.access.approvals import Approval
from domain.actor import Actor
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.profile import identities, interactions, kinds, members, merges, portrait, resolution, traits
from domain.profile.errors import LastIdentity
from domain.profile.identities import Named
from domain.profile.merges import Parted

MERGE = "profile.members.merge"


@dataclass(frozen=True)
class Conflict:
    """A trait that both have with different values, and the one that both will read."""

    name: str
    winner: Any
    loser: Any
    kept: Any


@dataclass(frozen=True)
class Effects:
    """What a merge of two roots would do. ``areas`` are the portrait's parts of both, by area and then by root."""

    winner: UUID
    loser: UUID
    moved: list[db.Row]
    conflicts: list[Conflict]
    areas: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """``merge`` is None in a dry run."""

    merge: UUID | None
    effects: Effects


async def merge(
    actor: Actor,
    member_ids: Sequence[UUID],
    reason: str,
    *,
    winner_id: UUID | None = None,
    is_dry_run: bool = False,
) -> Outcome | Approval:
    """Merge two members. Two identified ones need a second person: then nothing is done and the approval is answered.

    Refuses MergeForbidden{SAME_MEMBER, ERASED, SUSPENDED}.
    """
    _check(member_ids, reason)
    async with db.transaction():
        roots = await members.lock(*member_ids)
        await merges.must_be_mergeable(roots)
        winner = await members.root_of(winner_id) if winner_id else (await merges.ranked(*roots))[0]
        if winner not in roots:
            raise InvalidInput.at("winnerId", "The winner is one of the two members.")
        effects = await _effects(winner, next(root for root in roots if root != winner))
        if is_dry_run:
            return Outcome(None, effects)
        waiting = await _ask(actor, effects, reason, has_chosen=winner_id is not None)
        if waiting is not None:
            return waiting
        merge_id = await merges.merge_two(actor, effects.winner, effects.loser, reason, winner)
        await audit.append(
            actor, "profile.members.merged", "MERGE", merge_id,
            facts={"winner": effects.winner, "loser": effects.loser}, text={"reason": reason},
        )  # fmt: skip
    return Outcome(merge_id, effects)


class _Rehearsed(Exception):
    """Takes back what a dry run did."""


async def part(actor: Actor, merge_id: UUID, reason: str, *, is_dry_run: bool = False) -> Parted:
    """Take a merge back (see :func:`merges.undo`), with an entry in the audit log; a dry run does it and undoes that."""
    _check_reason(reason)
    async with db.transaction():
        with contextlib.suppress(_Rehearsed):
            async with db.savepoint():
                parted = await merges.undo(actor, merge_id, reason)
                if is_dry_run:
                    raise _Rehearsed
                await audit.append(actor, "profile.merge.undone", "MERGE", merge_id, text={"reason": reason})
    return parted


async def detach(
    actor: Actor, type_: str, value: str, reason: str, *, has_new_member: bool = False
) -> list[UUID]:
    """Take an identity from the member that it names; with ``has_new_member`` a new member carries it from now on.

    Answers the roots concerned. Refuses LastIdentity for a member that nothing else names.
    """
    _check_reason(reason)
    named = await _named(type_, value)
    async with db.transaction():
        await resolution.lock([named])
        owner = await identities.owner(named.type, named.value)
        if owner is None:
            raise NotFound("This identity names nobody.")
        (root,) = await members.lock(owner)
        if len(await identities.of_root(root)) < 2:
            raise LastIdentity()
        concerned = [root]
        await _record(actor, kinds.IDENTITY_UNLINKED, root, named, reason)
        await db.run(
            "DELETE FROM profile.identity WHERE type = $1 AND value_norm = $2", named.type, named.value
        )
        if has_new_member:
            made = await members.add(kind="VISITOR" if named.is_anonymous else "MEMBER")
            await identities.attach(made, [named])
            await _record(actor, kinds.IDENTITY_LINKED, made, named, reason)
            concerned.append(made)
        await audit.append(
            actor, "profile.identity.detached", "MEMBER", root,
            facts={"type": named.type, "newMember": concerned[1] if has_new_member else None}, text={"reason": reason},
        )  # fmt: skip
    return concerned


async def shared_devices(page: Page) -> list[db.Row]:
    """Anonymous values that several identified members used, newest first."""
    since_at, after = page.after or (None, None)
    return await db.fetch(
        """SELECT id, type, value_norm, since_at, reason FROM profile.shared_device
        WHERE ($1::timestamptz IS NULL OR (since_at, id) < ($1, $2::uuid))
        ORDER BY since_at DESC, id DESC LIMIT $3""",
        since_at, after, page.limit + 1,
    )  # fmt: skip


async def _ask(actor: Actor, effects: Effects, reason: str, *, has_chosen: bool) -> Approval | None:
    if not (await merges.is_identified(effects.winner) and await merges.is_identified(effects.loser)):
        return None
    return await approvals.ask(
        actor,
        MERGE,
        {
            "memberIds": sorted([str(effects.winner), str(effects.loser)]),
            "winnerId": str(effects.winner) if has_chosen else None,
            "reason": reason,
        },
        effects={
            "winner": str(effects.winner),
            "loser": str(effects.loser),
            "movedIdentities": len(effects.moved),
            "traitsInConflict": [conflict.name for conflict in effects.conflicts],
            "areas": effects.areas,
        },
        note=reason,
    )


async def _run(maker: Actor, given: dict[str, Any]) -> Any:
    done = await merge(
        maker,
        [UUID(each) for each in given["memberIds"]],
        given["reason"],
        winner_id=UUID(given["winnerId"]) if given["winnerId"] else None,
    )
    assert isinstance(done, Outcome)
    return {"mergeId": str(done.merge)}


#: Two identified members become one only when a second person signs.
COMMAND = approvals.Command(MERGE, _run, frozenset({"operator"}))


async def _effects(winner: UUID, loser: UUID) -> Effects:
    held = await traits.of_roots([winner, loser])
    ours, theirs = ({t.name: t for t in held[root]} for root in (winner, loser))
    joined = await traits.joined(winner, loser)
    conflicts = [
        Conflict(name, ours[name].value, theirs[name].value, joined[name])
        for name in sorted(ours.keys() & theirs.keys())
        if ours[name].value != theirs[name].value
    ]
    areas = {
        name: {str(root): await provide(root) for root in (winner, loser)}
        for name, provide in portrait.providers.items()
    }
    return Effects(winner, loser, await identities.of_root(loser), conflicts, areas)


async def _named(type_: str, value: str) -> Named:
    """The identity as it is stored: staff may write it as it came, or as an importer keeps it."""
    try:
        return (await resolution.read([(type_, value, False)], are_ids_checked=False))[0]
    except resolution.NoIdentity:
        raise NotFound("This identity names nobody.") from None


async def _record(actor: Actor, kind: Any, root: UUID, named: Named, reason: str) -> None:
    await interactions.record(
        actor, kind, ("MEMBER", root), once=ids.new(), member=root,
        type=named.type, value=identities.mask(named.type, named.value), reason=reason,
    )  # fmt: skip


def _check(member_ids: Sequence[UUID], reason: str) -> None:
    if len(member_ids) != 2:
        raise InvalidInput.at("memberIds", "Name two members.")
    _check_reason(reason)


def _check_reason(reason: str) -> None:
    if not 3 <= len(reason.strip()) <= 500:
        raise InvalidInput.at("reason", "Say why, in 3 to 500 characters.")
