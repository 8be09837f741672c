"""Whose a subject is: the parameters are named with their function, because members have a kind of their own."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T11:57:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "whose a subject is"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    """CREATE OR REPLACE FUNCTION community.author_of(kind text, subject uuid) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT m.root FROM profile.member AS m WHERE m.id = CASE author_of.kind
        WHEN 'POST' THEN (SELECT p.author FROM community.post AS p WHERE p.id = author_of.subject)
        WHEN 'COMMENT' THEN (SELECT c.author FROM community.comment AS c WHERE c.id = author_of.subject)
        WHEN 'MEMBER' THEN author_of.subject END $$""",
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
