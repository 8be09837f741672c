"""Drafts are seen by their authors alone, moderators included in the others."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T11:54:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "drafts are their authors' alone"

STATEMENTS = (
    """CREATE OR REPLACE FUNCTION community.can_see(viewer uuid, p community.post) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    BEGIN
        IF p.is_visible AND community.can_enter(viewer, p.circle) AND (p.author IS NULL OR NOT (
            community.is_shadowed(p.author, p.circle)
            OR (viewer IS NOT NULL AND community.are_apart(viewer, p.author)))) THEN RETURN true; END IF;
        RETURN viewer IS NOT NULL AND (
            (p.author IS NOT NULL AND community.is_same_person(viewer, p.author)
                AND (community.can_enter(viewer, p.circle) OR p.stage IN ('DRAFT', 'SCHEDULED')))
            OR (p.stage NOT IN ('DRAFT', 'SCHEDULED')
                AND coalesce(community.role_in(viewer, p.circle) IN ('MODERATOR', 'LEAD'), false)));
    END $$""",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="community", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement)

    manager.add_raw(run)
    return manager
