"""What lists of members, tags of a subject and stages are read by."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T04:37:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "reads lists of members by index"

#: One statement each; a comment says why it is not in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    "CREATE UNIQUE INDEX stage_open_once ON profile.stage_membership (dimension, member) WHERE until_at IS NULL",
    # The orders of the list of members; each is a keyset with the id.
    "CREATE INDEX member_first_seen ON profile.member (first_seen_at DESC, id DESC)",
    "CREATE INDEX member_last_seen ON profile.member (last_seen_at DESC, id DESC)",
    """CREATE INDEX member_joined ON profile.member
    ((coalesce(joined_at, '0001-01-01 00:00:00+00'::timestamptz)) DESC, id DESC) WHERE id = root""",
    """CREATE INDEX member_name ON profile.member ((coalesce(lower(display_name), '')) COLLATE "C", id)
    WHERE id = root""",
    # Who has this value: by its hash, because a value may be longer than an index row.
    "CREATE INDEX trait_of_value ON profile.trait_value (name, jsonb_hash_extended(value, 0))",
    # The tags of a subject, past ones too (time travel).
    "CREATE INDEX tag_of_subject ON profile.tag_assignment (subject_kind, subject_id)",
    # The merges that moved a member (time travel).
    "CREATE INDEX merge_moved ON profile.merge USING gin (moved)",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="profile", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement.replace("{", "{{").replace("}", "}}"))

    manager.add_raw(run)
    return manager
