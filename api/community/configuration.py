"""The community's settings in GraphQL."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import Info

from api.fields import Input, Json, field, mutation, query, result
from api.permissions import can
from api.refusals import VersionConflict
from domain.community import configuration

CONFIGURES = can("operator")
READS = can("operator", "moderator", "analyst")


@strawberry.type(description="A setting of the community.")
class CommunitySetting:
    key: str = field("Its key, such as rates.posts.per_day.")
    value: Json = field("What it says. A list of five stands for the trust levels 0 to 4.")
    version: int = field("Rises with every change; 0 is the product's default.")
    effective_from: datetime | None = field("Since when (or from when) it says so; null for the default.")
    default: Json = field("What it says without any change.")

    @classmethod
    def of(cls, found: configuration.Setting) -> CommunitySetting:
        return cls(**vars(found))


@strawberry.input(description="A setting to change.")
class ConfigureCommunityInput(Input):
    key: str = field("Its key.")
    value: Json = field("The new value, in the default's shape; one number for all trust levels, or five.")
    effective_from: datetime | None = field("From when on; absent: now.", default=None)
    expected_version: int | None = field("The version that was read; absent: whatever it is.", default=None)
    reason: str | None = field("Why, for the audit log.", default=None)
    dry_run: bool = field("Only tell what would stand.", default=False)


@strawberry.type(description="The setting is changed, from now or the named instant on.")
class ConfigureCommunitySuccess:
    setting: CommunitySetting = field("The setting as it was written.")


@strawberry.type
class ConfigurationQuery:
    @query("The settings of the community, by key.", who=READS)
    async def community_settings(self) -> list[CommunitySetting]:
        return [CommunitySetting.of(found) for found in await configuration.listed()]


@strawberry.type
class ConfigurationMutation:
    @mutation("Change a setting of the community.", who=CONFIGURES)
    async def configure_community(self, info: Info, input: ConfigureCommunityInput) -> result(
        "ConfigureCommunity", ConfigureCommunitySuccess, VersionConflict
    ):
        made = await configuration.configure(
            info.context.actor,
            input.key,
            input.value,
            effective_from=input.effective_from,
            expected_version=input.expected_version,
            reason=input.reason,
            is_dry_run=input.dry_run,
        )
        return ConfigureCommunitySuccess(setting=CommunitySetting.of(made))
