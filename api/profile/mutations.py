"""Mutations of the profile."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import Info

from api.fields import Input, Json, field, mutation, result
from api.permissions import can
from api.profile.enums import TagSubject
from api.profile.health import DeadLetterFilter
from api.profile.types import Member
from api.refusals import Refusal, refusal
from domain.errors import InvalidInput, NotFound
from domain.profile import deadletters, errors, members, report_rules, reporting, setting, tags
from domain.profile.tracking import taking


@refusal(errors.TagManagedByRule)
class TagManagedByRule(Refusal):
    rule_id: UUID = field("The version of the rule that manages it.")


@refusal(errors.TraitNotDeclared)
class TraitNotDeclared(Refusal):
    names: list[str] = field("Which.")


@refusal(errors.TraitTypeMismatch)
class TraitTypeMismatch(Refusal):
    names: list[str] = field("Which.")


@strawberry.input(description="A value that names the person.")
class IdentityInput:
    type: str = field("The identity's type, such as user_id or anonymous_id.")
    value: str = field("The identity's value.")


@strawberry.input(description="One interaction to report.")
class InteractionInput:
    kind: str = field("What happened; kept as app.<kind> unless it begins so.")
    message_id: str | None = field("Yours, up to 100 characters: the same id is stored once.", default=None)
    occurred_at: datetime | None = field("When it happened; absent: now.", default=None)
    touchpoint: str | None = field("What it was done on.", default=None)
    session_key: str | None = field("The client's session.", default=None)
    identities: list[IdentityInput] | None = field(
        "Who did it; a member's own token says so already.", default=None
    )
    subject_kind: str | None = field("What it is about.", default=None)
    subject_id: str | None = field("The subject's id.", default=None)
    properties: Json | None = field("Its facts, an object.", default=None)


@strawberry.input(description="Interactions to report.")
class RecordInteractionsInput(Input):
    items: list[InteractionInput] = field("Up to 500.")


@strawberry.type(description="What became of the items; the numbers sum to the items sent.")
class RecordInteractionsSuccess:
    accepted: int = field("Stored now.")
    duplicates: int = field("There already, just so.")
    dead_lettered: int = field("Refused and kept with their reasons.")
    suppressed: int = field("About people who left, and not kept.")


@strawberry.input(description="Traits to set.")
class SetTraitsInput(Input):
    member_id: UUID | None = field("Whose; absent: the signed-in member's own.", default=None)
    traits: Json = field("Values by name, an object.")
    occurred_at: datetime | None = field(
        "When it was so, never in the future; absent: now. A newer value stays.", default=None
    )


@strawberry.type(description="The traits are set.")
class SetTraitsSuccess:
    member: Member = field("The member.")


@strawberry.input(description="Subjects to tag.")
class AssignTagInput(Input):
    subject_kind: TagSubject = field("What the subjects are.")
    subject_ids: list[UUID] = field("1 to 1,000 of them.")
    key: str = field("The tag's key, up to 100 characters.")
    value: str = field("Its value; empty for a plain tag.", default="")
    valid_to: datetime | None = field("Until when; absent: until it is removed.", default=None)
    reason: str | None = field("Why.", default=None)
    dry_run: bool = field("Only count them.", default=False)


@strawberry.type(description="The subjects are tagged.")
class AssignTagSuccess:
    assigned: int = field("How many were not tagged so before (dry run: would be).")


@strawberry.input(description="Subjects to untag.")
class RemoveTagInput(Input):
    subject_kind: TagSubject = field("What the subjects are.")
    subject_ids: list[UUID] = field("1 to 1,000 of them.")
    key: str = field("The tag's key.")
    value: str | None = field("Only this value; absent: all of the key.", default=None)
    reason: str | None = field("Why.", default=None)
    dry_run: bool = field("Only count them.", default=False)


@strawberry.type(description="The tags are removed.")
class RemoveTagSuccess:
    removed: int = field("How many tags ended (dry run: would end).")


@strawberry.input(description="Dead letters to try again.")
class ReplayDeadLettersInput(Input):
    filter: DeadLetterFilter | None = field("Which of the open ones; absent: all.", default=None)
    limit: int = field("How many, 1 to 1,000; oldest first.", default=100)
    dry_run: bool = field("Only count them.", default=False)


@strawberry.type(description="Dead letters were tried again.")
class ReplayDeadLettersSuccess:
    replayed: int = field("Taken now (dry run: that would be tried).")
    still_failing: int = field("Still refused.")


@strawberry.input(description="Dead letters to give up.")
class DiscardDeadLettersInput(Input):
    filter: DeadLetterFilter = field("Which of the open ones; empty: all.")
    reason: str = field("Why they are given up.")
    dry_run: bool = field("Only count them.", default=False)


@strawberry.type(description="Dead letters were given up.")
class DiscardDeadLettersSuccess:
    discarded: int = field("How many (dry run: would be).")


RecordInteractionsResult = result("RecordInteractions", RecordInteractionsSuccess)
SetTraitsResult = result("SetTraits", SetTraitsSuccess, TraitNotDeclared, TraitTypeMismatch)
AssignTagResult = result("AssignTag", AssignTagSuccess, TagManagedByRule)
RemoveTagResult = result("RemoveTag", RemoveTagSuccess, TagManagedByRule)
ReplayDeadLettersResult = result("ReplayDeadLetters", ReplayDeadLettersSuccess)
DiscardDeadLettersResult = result("DiscardDeadLetters", DiscardDeadLettersSuccess)


@strawberry.type
class ProfileMutation:
    @mutation(
        "Report interactions; each is stored once by its messageId.", who=can("member", "source", "operator")
    )
    async def record_interactions(
        self, info: Info, input: RecordInteractionsInput
    ) -> RecordInteractionsResult:
        items = [_item(given, number) for number, given in enumerate(input.items)]
        counts = await reporting.report(info.context.actor, items)
        return RecordInteractionsSuccess(
            accepted=counts.accepted,
            duplicates=counts.duplicates,
            dead_lettered=counts.dead_lettered,
            suppressed=counts.suppressed,
        )

    @mutation("Set traits of oneself, or (operators) of a member.", who=can("member", "operator"))
    async def set_traits(self, info: Info, input: SetTraitsInput) -> SetTraitsResult:
        values = _object(input.traits, "traits")
        root = await setting.set_by(info.context.actor, input.member_id, values, input.occurred_at)
        return SetTraitsSuccess(member=await _member(root))

    @mutation("Tag members, vehicles or stores by hand.", who=can("operator", "advisor"))
    async def assign_tag(self, info: Info, input: AssignTagInput) -> AssignTagResult:
        assigned = await tags.assign(
            info.context.actor,
            input.subject_kind,
            input.subject_ids,
            input.key,
            input.value,
            valid_to=input.valid_to,
            reason=input.reason,
            is_dry_run=input.dry_run,
        )
        return AssignTagSuccess(assigned=assigned)

    @mutation("Remove tags that were assigned by hand.", who=can("operator", "advisor"))
    async def remove_tag(self, info: Info, input: RemoveTagInput) -> RemoveTagResult:
        removed = await tags.remove(
            info.context.actor,
            input.subject_kind,
            input.subject_ids,
            input.key,
            input.value,
            reason=input.reason,
            is_dry_run=input.dry_run,
        )
        return RemoveTagSuccess(removed=removed)

    @mutation("Try dead letters again.", who=can("operator"))
    async def replay_dead_letters(self, info: Info, input: ReplayDeadLettersInput) -> ReplayDeadLettersResult:
        replayed, failing = await deadletters.replay(
            _open(input.filter), input.limit, is_dry_run=input.dry_run, again=taking.again
        )
        return ReplayDeadLettersSuccess(replayed=replayed, still_failing=failing)

    @mutation("Give dead letters up, with a reason.", who=can("operator"))
    async def discard_dead_letters(
        self, info: Info, input: DiscardDeadLettersInput
    ) -> DiscardDeadLettersResult:
        discarded = await deadletters.discard(
            info.context.actor, _open(input.filter), input.reason, is_dry_run=input.dry_run
        )
        return DiscardDeadLettersSuccess(discarded=discarded)


def _open(given: DeadLetterFilter | None) -> deadletters.Filter:
    wanted = deadletters.Filter(**vars(given or DeadLetterFilter()))
    if not wanted.is_open:
        raise InvalidInput.at("filter.isOpen", "What was replayed or discarded is done with.")
    return wanted


async def _member(root: UUID) -> Member:
    row = await members.by_id(root)
    if row is None:
        raise NotFound()
    return Member.of(row)


def _item(given: InteractionInput, number: int) -> report_rules.Item:
    return report_rules.Item(
        kind=given.kind,
        message_id=given.message_id,
        occurred_at=given.occurred_at,
        touchpoint=given.touchpoint,
        session_key=given.session_key,
        identities=tuple((each.type, each.value) for each in given.identities or []),
        subject_kind=given.subject_kind,
        subject_id=given.subject_id,
        properties=_object(given.properties, f"items.{number}.properties"),
    )


def _object(value: object, path: str) -> dict:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInput.at(path, "This must be an object.")
    return value
