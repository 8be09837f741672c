"""The community's tables and migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from domain.community import (
    configuration_tables,
    desk_tables,
    people_tables,
    publishing_tables,
    screening_tables,
    search_tables,
    tables,
)

APP_CONFIG = AppConfig(
    app_name="community",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[
        tables.Circle,
        tables.CircleMember,
        tables.ModEvent,
        tables.Post,
        tables.PostRevision,
        tables.Comment,
        tables.Reaction,
        tables.Hashtag,
        tables.PostHashtag,
        configuration_tables.CommunitySetting,
        *desk_tables.ALL,
        people_tables.MemberStanding,
        people_tables.Follow,
        people_tables.Block,
        people_tables.Mute,
        people_tables.Bookmark,
        screening_tables.WordRule,
        screening_tables.WordRuleSet,
        screening_tables.Screening,
        screening_tables.WordRescan,
        *publishing_tables.ALL,
        *search_tables.TABLES,
    ],
    migration_dependencies=[],
)
