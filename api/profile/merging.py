"""Who is who: merging members, taking a merge back, identities that name the wrong person, shared devices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.access.types import ApprovalRequired, approval_required
from api.context import Context
from api.fields import Input, Json, Node, arg, field, mutation, query, result
from api.loaders import load
from api.paging import After, Connection, First
from api.permissions import can
from api.profile.enums import MergeBarrier, MergeRule, UndoBarrier
from api.profile.interactions import Interaction
from api.profile.parts import Identity
from api.profile.types import Member, record_loaded
from api.refusals import Refusal, refusal
from api.sign_in import LastIdentity
from domain.access.approvals import Approval
from domain.errors import NotFound
from domain.profile import errors, identities, members, merges, merging, timeline


@refusal(errors.MergeForbidden)
class MergeForbidden(Refusal):
    rule: MergeBarrier = field("What forbids it.")


@refusal(errors.MergeNotUndoable)
class MergeNotUndoable(Refusal):
    reason: UndoBarrier = field("What forbids it.")


@strawberry.type(description="Two members that became one, and perhaps two again.")
class Merge(Node):
    row: strawberry.Private[Any]
    rule: MergeRule = field("Why they became one.")
    reason: str | None = field("Why, by whoever merged them.")
    at: datetime = field("When they became one.")
    undone_at: datetime | None = field("When it was taken back.")
    undo_reason: str | None = field("Why it was taken back.")
    moved_count: int = field("How many member ids changed their root.")

    @field("The member that stood for both; it may have been merged again.")
    async def winner(self, info: Info) -> Member:
        return await record_loaded(info, self.row["winner"])

    @field("The member that was merged into it: MERGED while the merge holds.")
    async def loser(self, info: Info) -> Member:
        return await record_loaded(info, self.row["loser"])

    @field(
        "The report that showed them to be one; null for what staff or a sign-in merged, and when it was not kept."
    )
    async def cause(self, info: Info) -> Interaction | None:
        if self.row["cause"] is None:
            return None
        row = await load(info, "interaction", self.row["cause"], timeline.by_ids)
        return Interaction.of(row) if row else None

    @classmethod
    def of(cls, row: Any) -> Merge:
        return cls(
            id=row["id"],
            row=row,
            rule=MergeRule(row["rule"]),
            reason=row["reason"],
            at=row["at"],
            undone_at=row["undone_at"],
            undo_reason=row["undo_reason"],
            moved_count=len(row["moved"]),
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Merge]:
        if not context.actor.has("analyst", "operator", "advisor", "approver"):
            return {}
        return {each: cls.of(row) for each, row in (await merges.by_ids(ids)).items()}


@strawberry.type(description="A trait that both have with different values.")
class TraitConflict:
    name: str = field("The trait.")
    winner_value: Json = field("The winner's value.")
    loser_value: Json = field("The loser's value.")
    kept_value: Json = field("What both would read: the newest.")


@strawberry.type(description="What a merge does.")
class MergeEffects:
    winner: Member = field("Who stands for both.")
    loser: Member = field("Who is merged into the winner.")
    moved_identities: list[Identity] = field("What names the loser and would name both; masked.")
    traits_in_conflict: list[TraitConflict] = field("Traits that both have with different values.")
    areas: Json = field(
        "What other areas keep of either, by area and member id (points with tiers, and so on)."
    )

    @classmethod
    async def of(cls, effects: merging.Effects) -> MergeEffects:
        rows = await members.records([effects.winner, effects.loser])
        return cls(
            winner=Member.of(rows[effects.winner]),
            loser=Member.of(rows[effects.loser]),
            moved_identities=[Identity.of(row, is_own=False) for row in effects.moved],
            traits_in_conflict=[
                TraitConflict(
                    name=each.name, winner_value=each.winner, loser_value=each.loser, kept_value=each.kept
                )
                for each in effects.conflicts
            ],
            areas=effects.areas,
        )


@strawberry.type(
    description="An anonymous value that several identified members used; it names nobody any more."
)
class SharedDevice:
    id: UUID = field("The record's id.")
    type: str = field("anonymous_id or device_id.")
    value: str = field("The value, masked.")
    since_at: datetime = field("Since when it names nobody.")
    reason: str = field("Why.")


@strawberry.input(description="Two members to merge.")
class MergeMembersInput(Input):
    member_ids: list[UUID] = field("The two members.")
    winner_id: UUID | None = field("Who stands for both; absent: the better known one.", default=None)
    reason: str = field("Why they are one person, 3 to 500 characters.")
    dry_run: bool = field("Only show the effects.", default=False)


@strawberry.type(description="The members are one (or would be: dry run).")
class MergeMembersSuccess:
    merge: Merge | None = field("The merge; null in a dry run.")
    effects: MergeEffects = field("What it did, or would do.")


@strawberry.input(description="A merge to take back.")
class UndoMergeInput(Input):
    merge_id: UUID = field("The merge.")
    reason: str = field("Why, 3 to 500 characters.")
    dry_run: bool = field("Only show what it would do.", default=False)


@strawberry.type(description="What could not be given back, because it was used since.")
class WaivedAmount:
    area: str = field("The area that keeps it, such as points.")
    what: str = field("What it is, such as a wallet's code.")
    amount: Decimal = field("How much.")


@strawberry.type(description="The two members are apart again (dry run: nothing changed).")
class UndoMergeSuccess:
    members: list[Member] = field("Winner and loser of the merge.")
    waived: list[WaivedAmount] = field("What the loser does not get back.")


@strawberry.input(description="An identity that names the wrong person.")
class DetachIdentityInput(Input):
    type: str = field("The identity's type.")
    value: str = field("The identity's value, unmasked.")
    reason: str = field("Why, 3 to 500 characters.")
    new_member: bool = field("Whether a new member carries it from now on.", default=False)


@strawberry.type(description="The identity names that member no more.")
class DetachIdentitySuccess:
    members: list[Member] = field("Whom it named, and the new member if there is one.")


MergeMembersResult = result("MergeMembers", MergeMembersSuccess, MergeForbidden, ApprovalRequired)
UndoMergeResult = result("UndoMerge", UndoMergeSuccess, MergeNotUndoable)


DetachIdentityResult = result("DetachIdentity", DetachIdentitySuccess, LastIdentity)


@strawberry.type
class MergingQuery:
    @query("The merges that a person's records took part in, newest first.", who=can("analyst", "operator"))
    async def merges(
        self, member_id: Annotated[UUID, arg("The member's id; a merged one answers its root.")]
    ) -> list[Merge]:
        return [Merge.of(row) for row in await merges.of_root(await members.root_of(member_id))]

    @query("Devices that several members used, newest first.", who=can("analyst", "operator"))
    async def shared_devices(self, first: First = 20, after: After = None) -> Connection[SharedDevice]:
        page = paging.page(first, after)
        rows = await merging.shared_devices(page)
        nodes = [
            SharedDevice(
                id=row["id"],
                type=row["type"],
                value=identities.mask(row["type"], row["value_norm"]),
                since_at=row["since_at"],
                reason=row["reason"],
            )
            for row in rows
        ]
        return paging.connection(rows, page, key=lambda row: (row["since_at"], row["id"]), nodes=nodes)


@strawberry.type
class MergingMutation:
    @mutation(
        "Merge two members; two identified ones need the signature of a second person.", who=can("operator")
    )
    async def merge_members(self, info: Info, input: MergeMembersInput) -> MergeMembersResult:
        done = await merging.merge(
            info.context.actor,
            input.member_ids,
            input.reason,
            winner_id=input.winner_id,
            is_dry_run=input.dry_run,
        )
        if isinstance(done, Approval):
            return approval_required(done, info)
        found = await merges.by_ids([done.merge]) if done.merge else {}
        return MergeMembersSuccess(
            merge=Merge.of(found[done.merge]) if done.merge else None,
            effects=await MergeEffects.of(done.effects),
        )

    @mutation("Take a merge back: exactly what was moved returns.", who=can("operator"))
    async def undo_merge(self, info: Info, input: UndoMergeInput) -> UndoMergeResult:
        parted = await merging.part(
            info.context.actor, input.merge_id, input.reason, is_dry_run=input.dry_run
        )
        return UndoMergeSuccess(
            members=await _members([parted.winner, parted.loser]),
            waived=[WaivedAmount(**vars(each)) for each in parted.waived],
        )

    @mutation("Take an identity from the member that it names.", who=can("operator"))
    async def detach_identity(self, info: Info, input: DetachIdentityInput) -> DetachIdentityResult:
        concerned = await merging.detach(
            info.context.actor, input.type, input.value, input.reason, has_new_member=input.new_member
        )
        return DetachIdentitySuccess(members=await _members(concerned))


async def _members(ids: Sequence[UUID]) -> list[Member]:
    rows = await members.records(ids)
    if any(each not in rows for each in ids):
        raise NotFound()
    return [Member.of(rows[each]) for each in ids]
