"""What traits are: declared, or computed from interactions by a formula."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import Info

from api.fields import Input, Json, field, mutation, query, result
from api.permissions import can
from api.profile.enums import TraitKind, TraitValueType
from api.refusals import VersionConflict
from domain.profile import definitions
from domain.profile.definitions import Draft


@strawberry.type(description="What a trait is, in its version in force.")
class TraitDefinition:
    name: str = field("The trait's name.")
    version: int = field("Rises with every revision.")
    kind: TraitKind = field("Declared or computed.")
    value_type: TraitValueType = field("What its values are.")
    formula: Json | None = field("By what it is computed; null for a declared one.")
    is_personal: bool = field("Whether its values name a person; an erasure takes them away.")
    is_self_set: bool = field("Whether members may set it themselves with `setTraits`.")

    @classmethod
    def of(cls, row: Any) -> TraitDefinition:
        return cls(
            name=row["name"],
            version=row["version"],
            kind=TraitKind(row["kind"]),
            value_type=TraitValueType(row["value_type"]),
            formula=row["formula"],
            is_personal=row["is_personal"],
            is_self_set=row["is_self_set"],
        )


@strawberry.input(description="A trait to define or revise.")
class DefineTraitInput(Input):
    name: str = field("Its name, up to 100 characters.")
    kind: TraitKind = field("Declared or computed.")
    value_type: TraitValueType = field("What its values are.")
    formula: Json | None = field(
        "For a computed one: {function, kind, property, where: [{path, op, value}], windowSeconds}; function is COUNT, "
        "SUM, AVG, MIN, MAX, MOST_FREQUENT, FIRST, LAST, UNIQUE_LIST, UNIQUE_COUNT or DAYS_SINCE.",
        default=None,
    )
    is_personal: bool = field("Whether its values name a person.", default=False)
    is_self_set: bool = field("Whether members may set it themselves with `setTraits`.", default=False)
    expected_version: int | None = field("The version you have seen; absent for a new one.", default=None)


@strawberry.type(description="The trait is defined.")
class DefineTraitSuccess:
    trait_definition: TraitDefinition = field("Its definition.")
    backfill: int = field("Of how many people it is being computed anew.")


DefineTraitResult = result("DefineTrait", DefineTraitSuccess, VersionConflict)


@strawberry.type
class DefinitionQuery:
    @query("The traits that are defined, by name.", who=can("analyst", "operator"))
    async def trait_definitions(self) -> list[TraitDefinition]:
        return [TraitDefinition.of(row) for row in await definitions.listed()]


@strawberry.type
class DefinitionMutation:
    @mutation(
        "Define or revise a trait; a computed one is computed for everybody at once.", who=can("operator")
    )
    async def define_trait(self, info: Info, input: DefineTraitInput) -> DefineTraitResult:
        draft = Draft(
            input.name, input.kind, input.value_type, input.formula, input.is_personal, input.is_self_set
        )
        row, queued = await definitions.define(info.context.actor, draft, input.expected_version)
        return DefineTraitSuccess(trait_definition=TraitDefinition.of(row), backfill=queued)
