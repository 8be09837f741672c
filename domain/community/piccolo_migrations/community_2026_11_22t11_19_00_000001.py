"""Counters of bookmarks and followers, and the brand's time for SQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T11:19:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "counters of bookmarks and followers"

#: One statement each; a comment says why it is not in people_tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # Folded counters are rows beside their subject, updated in place.
    "ALTER TABLE community.post_stat ADD COLUMN bookmarks bigint NOT NULL DEFAULT 0",
    """CREATE TABLE community.member_stat (
        member uuid PRIMARY KEY REFERENCES profile.member (id) ON DELETE RESTRICT,
        followers bigint NOT NULL DEFAULT 0
    ) WITH (fillfactor = 70)""",
    "ALTER TABLE community.stat_delta DROP CONSTRAINT stat_delta_field_check",
    """ALTER TABLE community.stat_delta ADD CONSTRAINT stat_delta_field_check CHECK (field IN (
        'likes', 'dislikes', 'comments', 'root_comments', 'answers', 'views', 'bookmarks',
        'comment_likes', 'comment_dislikes', 'replies', 'followers'))""",
    # A member's folders, newest first.
    "CREATE INDEX bookmark_of_member ON community.bookmark (member, created_at DESC, id DESC)",
    # Whether one of two people blocks the other, whichever of their merged members it was written with.
    """CREATE FUNCTION community.are_apart(one uuid, other uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT EXISTS (
        SELECT FROM profile.member AS a JOIN profile.member AS ao ON ao.root = a.root
        JOIN community.block AS b ON b.member = ao.id JOIN profile.member AS bo ON bo.id = b.blocked
        JOIN profile.member AS c ON c.root = bo.root WHERE a.id = one AND c.id = other AND a.root <> c.root)
    OR EXISTS (
        SELECT FROM profile.member AS a JOIN profile.member AS ao ON ao.root = a.root
        JOIN community.block AS b ON b.blocked = ao.id JOIN profile.member AS bo ON bo.id = b.member
        JOIN profile.member AS c ON c.root = bo.root WHERE a.id = one AND c.id = other AND a.root <> c.root) $$""",
    # The time of the brand's clock, for conditions inside functions: the wall clock and what a test clock adds.
    """CREATE FUNCTION community.clock() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT clock_timestamp() + coalesce((SELECT microseconds FROM foundation.clock_offset WHERE id = 1), 0)
        * interval '1 microsecond' $$""",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="community", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement.replace("{", "{{").replace("}", "}}"))

    manager.add_raw(run)
    return manager
