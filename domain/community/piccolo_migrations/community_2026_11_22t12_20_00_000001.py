"""A shadow is not disclosed to its author: he sees what others wrote below his own words."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T12:20:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "a shadow is not disclosed below"

#: One statement each. Functions in plpgsql, because their plans are kept from call to call.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # A comment is seen with its post, when it and all above it stand and may be seen (one's own may); its author and
    # the moderators see it anyway.
    """CREATE OR REPLACE FUNCTION community.can_see_comment(viewer uuid, c community.comment) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    DECLARE
        place uuid;
    BEGIN
        IF NOT community.can_see(viewer, c.post) THEN RETURN false; END IF;
        IF c.is_visible
            AND NOT EXISTS (SELECT FROM community.sanction WHERE kind = 'SHADOW' AND ended_at IS NULL)
            AND (viewer IS NULL OR NOT community.has_blocks(viewer)) THEN RETURN true; END IF;
        place := (SELECT p.circle FROM community.post AS p WHERE p.id = c.post);
        IF viewer IS NOT NULL AND (
            (c.author IS NOT NULL AND community.is_same_person(viewer, c.author))
            OR coalesce(community.role_in(viewer, place) IN ('MODERATOR', 'LEAD'), false)) THEN RETURN true; END IF;
        RETURN c.is_visible AND NOT EXISTS (
            WITH RECURSIVE above AS (
                SELECT c.author, c.parent
                UNION ALL
                SELECT up.author, up.parent FROM above AS a JOIN community.comment AS up ON up.id = a.parent)
            SELECT FROM above AS a WHERE a.author IS NOT NULL
            AND (viewer IS NULL OR NOT community.is_same_person(viewer, a.author))
            AND (community.is_shadowed(a.author, place)
                OR (viewer IS NOT NULL AND community.are_apart(viewer, a.author))));
    END $$""",
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
