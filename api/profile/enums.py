"""Enums of the profile."""

from __future__ import annotations

from api.fields import enum
from domain.profile import consents, definitions, directory, errors, relations, tables, tags

MemberKind = enum(
    tables.MemberKind,
    "Whether a person has joined.",
    VISITOR="Seen, and not joined.",
    MEMBER="Joined.",
)
MemberStatus = enum(
    tables.MemberStatus,
    "Where a member stands.",
    ACTIVE="All is well.",
    SUSPENDED="Shut out by staff for a while.",
    MERGED="Another member, its root, stands for the person.",
    ERASED="Forgotten; only a tombstone is left.",
)
InteractionClass = enum(
    tables.InteractionClass,
    "How an interaction came about.",
    CAUSED="Something was done here, and the fact was recorded with it.",
    REPORTED="A source or an app told it.",
    SYSTEM="Nobody did it: time or a rule did.",
)
TraitOrigin = enum(
    tables.TraitOrigin,
    "Where a trait's value comes from.",
    EVENT="The person or a source said it.",
    STAFF="Staff set it.",
    COMPUTED="An area or a formula keeps it.",
    IMPORT="It was imported.",
)
TraitKind = enum(
    definitions.TraitKind,
    "Where a trait's values come from.",
    DECLARED="People, sources and staff set it.",
    COMPUTED="It is computed from interactions.",
)
TraitValueType = enum(
    definitions.ValueType,
    "What a trait's values are.",
    name="TraitValueType",
    TEXT="A text.",
    NUMBER="A number.",
    BOOLEAN="True or false.",
    TIME="An instant, as ISO 8601 with its offset.",
    LIST="A list.",
    JSON="Anything.",
)
TagSubject = enum(
    tags.TagSubject,
    "What a tag is on.",
    MEMBER="A person.",
    VEHICLE="A vehicle.",
    STORE="A store.",
)
TagOrigin = enum(
    tables.TagOrigin,
    "Who assigned a tag.",
    RULE="A rule, which also takes it away.",
    MANUAL="Staff.",
    MODEL="A model outside; its verdict was imported.",
)
RelationTarget = enum(
    relations.RelationTarget,
    "What a tie is to.",
    VEHICLE="A vehicle; such ties follow the garage's bindings.",
    STORE="A store.",
    MEMBER="Another person.",
)
RelationRole = enum(
    relations.RelationRole,
    "What a person is to a vehicle, or a store or another person to them.",
    OWNER="Owns the vehicle.",
    CO_USER="Shares the vehicle.",
    DRIVER="Drives the vehicle.",
    GUEST="Uses the vehicle for a while.",
    HOME_STORE="The store that looks after the person.",
    SALES_STORE="The store that sold to the person.",
    SERVICE_STORE="The store that serves the person's vehicle.",
    ADVISOR="Advises the person: somebody, or a store.",
    REFERRER="Brought the person here.",
    FAMILY="Belongs to the person's family.",
)
ConsentStatus = enum(
    consents.ConsentState,
    "What was answered to a purpose.",
    name="ConsentStatus",
    ASKED="Asked and not answered yet.",
    GRANTED="Given.",
    DENIED="Refused.",
    WITHDRAWN="Taken back.",
    EXPIRED="Given once; its time is over.",
)
ConsentChoice = enum(
    consents.ConsentChoice,
    "What was chosen in the dialogue.",
    ALLOW_ALL="Everything.",
    ALLOW_SELECTED="Only the scopes named.",
    DENY_ALL="Nothing.",
)
MergeRule = enum(
    tables.MergeRule,
    "Why two members became one.",
    AUTO="An identity of one turned up with an identity of the other.",
    SIGN_IN="The person proved identities of both.",
    STAFF="Staff merged them.",
)
MergeBarrier = enum(
    errors.MergeBarrier,
    "Why two members cannot be merged.",
    SAME_MEMBER="They are one already.",
    SUSPENDED="One of them is suspended.",
    ERASED="One of them is erased.",
)
UndoBarrier = enum(
    errors.UndoBarrier,
    "Why a merge cannot be taken back.",
    ALREADY_UNDONE="It was taken back before.",
    ERASED="One of its members is erased.",
    LATER_MERGE_FIRST="A later merge of its members is in force: take that one back first.",
)
MemberOrder = enum(
    directory.MemberOrder,
    "How a list of members is ordered.",
    NEWEST="First seen last, first.",
    LAST_SEEN="Seen last, first.",
    LAST_JOINED="Joined last, first; who has not joined comes last.",
    NAME="By display name, without regard to case; who has none comes first.",
)
