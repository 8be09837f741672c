"""What is configured about identities: their types, the brand's blocked values, and the caps."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import Info

from api.fields import Input, arg, enum, field, mutation, query, result
from api.permissions import can
from api.refusals import VersionConflict
from domain.profile import identities, identity_types
from domain.profile.identity_types import Draft

READS = can("analyst", "operator", "admin")
ADMIN = can("admin")

IdentityWindow = enum(
    identity_types.IdentityWindow,
    "Which identities of a type count against its limit.",
    EVER="All of them.",
    WEEK="Those first seen in the last 7 days.",
    MONTH="Those first seen in the last 30 days.",
    YEAR="Those first seen in the last 365 days.",
)
IdentityNormaliser = enum(
    identity_types.IdentityNormaliser,
    "The form in which values of a type are kept and compared.",
    TRIM="Without spaces around it; the case stays.",
    PHONE="A phone number in E.164; China unless another country is named.",
    EMAIL="An e-mail address in lower case.",
)


@strawberry.type(
    description="A kind of value that names people; `wechat_openid:APPID` belongs to `wechat_openid`."
)
class IdentityType:
    name: str = field("Its name, or the family's before a colon.")
    version: int = field("Rises with every revision.")
    priority: int = field("1 is the strongest; the weakest gives way where two people would become one.")
    limit_count: int = field("How many of it one person may carry.")
    limit_window: IdentityWindow = field("Which of them count.")
    is_anonymous: bool = field("Whether it names a device and no person.")
    normaliser: IdentityNormaliser = field("The form in which values are kept.")
    pattern: str | None = field("A regular expression that a value must match as a whole; null: any.")
    valid_from: datetime = field("Since when this version is in force.")
    valid_to: datetime | None = field("Until when it was; null: it is in force.")

    @classmethod
    def of(cls, row: Any) -> IdentityType:
        return cls(
            name=row["name"],
            version=row["version"],
            priority=row["priority"],
            limit_count=row["limit_count"],
            limit_window=IdentityWindow(row["limit_window"]),
            is_anonymous=row["is_anonymous"],
            normaliser=IdentityNormaliser(row["normaliser"]),
            pattern=row["pattern"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
        )


@strawberry.type(description="Which values name nobody, and how much one person may carry.")
class IdentityPolicy:
    version: int = field("Rises with every revision.")
    blocked_values: list[str] = field(
        "The brand's own blocked values; placeholders such as null are always blocked."
    )
    most_merges: int = field("Merges that may lead to one person; beyond it events are dead letters.")
    most_identities: int = field("Identities that one person may carry.")
    most_traits: int = field("Traits that one event may set.")

    @classmethod
    def of(cls, rules: identities.Rules) -> IdentityPolicy:
        return cls(
            version=rules.version,
            blocked_values=list(rules.blocked),
            most_merges=rules.most_merges,
            most_identities=rules.most_identities,
            most_traits=rules.most_traits,
        )


@strawberry.input(description="A type to define or revise; it holds from now on.")
class DefineIdentityTypeInput(Input):
    name: str = field(
        "2 to 50 characters a-z, 0-9 and _. VIN, plate, store and address are never identities."
    )
    priority: int = field("1 (the strongest) to 99.")
    limit_count: int = field("How many of it one person may carry, 1 to 1,000.")
    limit_window: IdentityWindow = field("Which of them count.", default=identity_types.IdentityWindow.EVER)
    is_anonymous: bool = field(
        "Whether it names a device and no person; stays once there are values.", default=False
    )
    normaliser: IdentityNormaliser = field(
        "The form in which values are kept; stays once there are values.",
        default=identity_types.IdentityNormaliser.TRIM,
    )
    pattern: str | None = field(
        "A regular expression that a value must match as a whole, up to 200 characters; absent: any.",
        default=None,
    )
    expected_version: int | None = field("The version you have seen; absent for a new one.", default=None)


@strawberry.type(description="The type is defined.")
class DefineIdentityTypeSuccess:
    identity_type: IdentityType = field("Its version in force.")


@strawberry.input(description="The policy to revise; what is absent stays.")
class SaveIdentityPolicyInput(Input):
    expected_version: int = field("The version that was read.")
    blocked_values: list[str] | None = field("All blocked values, up to 1,000.", default=None)
    most_merges: int | None = field("1 to 1,000.", default=None)
    most_identities: int | None = field("1 to 10,000.", default=None)
    most_traits: int | None = field("1 to 1,000.", default=None)


@strawberry.type(description="The policy holds from now on.")
class SaveIdentityPolicySuccess:
    policy: IdentityPolicy = field("The policy.")


DefineIdentityTypeResult = result("DefineIdentityType", DefineIdentityTypeSuccess, VersionConflict)
SaveIdentityPolicyResult = result("SaveIdentityPolicy", SaveIdentityPolicySuccess, VersionConflict)


@strawberry.type
class IdentityTypeQuery:
    @query("The types of identities, the strongest first.", who=READS)
    async def identity_types(
        self,
        name: Annotated[
            str | None, arg("Every version of this type, newest first; absent: those in force.")
        ] = None,
    ) -> list[IdentityType]:
        rows = await (identity_types.history(name) if name else identity_types.listed())
        return [IdentityType.of(row) for row in rows]

    @query("Which values name nobody, and how much one person may carry.", who=READS)
    async def identity_policy(self) -> IdentityPolicy:
        return IdentityPolicy.of(await identities.rules())


@strawberry.type
class IdentityTypeMutation:
    @mutation("Define or revise a type of identities.", who=ADMIN)
    async def define_identity_type(
        self, info: Info, input: DefineIdentityTypeInput
    ) -> DefineIdentityTypeResult:
        draft = Draft(
            input.name,
            input.priority,
            input.limit_count,
            input.limit_window,
            input.is_anonymous,
            input.normaliser,
            input.pattern,
        )
        row = await identity_types.define(info.context.actor, draft, input.expected_version)
        return DefineIdentityTypeSuccess(identity_type=IdentityType.of(row))

    @mutation("Revise which values name nobody, and how much one person may carry.", who=ADMIN)
    async def save_identity_policy(
        self, info: Info, input: SaveIdentityPolicyInput
    ) -> SaveIdentityPolicyResult:
        saved = await identity_types.save_policy(
            info.context.actor,
            input.expected_version,
            blocked_values=input.blocked_values,
            most_merges=input.most_merges,
            most_identities=input.most_identities,
            most_traits=input.most_traits,
        )
        return SaveIdentityPolicySuccess(policy=IdentityPolicy.of(saved))
