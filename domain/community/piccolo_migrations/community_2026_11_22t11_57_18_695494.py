"""The documents of search, and the notes of what is to be indexed."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T11:57:18:695494"
VERSION = "1.38.0"
DESCRIPTION = "indexes words"

#: One statement each; these tables are written by SQL alone.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    """CREATE TABLE community.search_doc (
        post uuid PRIMARY KEY REFERENCES community.post (id),
        title text NOT NULL,
        body text NOT NULL,
        tokens tsvector NOT NULL
    )""",
    # Searches come at any moment: no list of pending entries that one of them would have to read.
    "CREATE INDEX search_doc_tokens ON community.search_doc USING gin (tokens) WITH (fastupdate = off)",
    """CREATE TABLE community.search_due (
        post uuid PRIMARY KEY REFERENCES community.post (id),
        at timestamptz NOT NULL
    )""",
    "CREATE INDEX search_due_at ON community.search_due (at, post)",
    # The note is locked until its cause is committed: a worker that came between would index what was before.
    """CREATE FUNCTION community.note_for_search() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO community.search_due (post, at) VALUES (NEW.id, community.clock())
        ON CONFLICT (post) DO UPDATE SET at = excluded.at;
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER post_is_searched AFTER INSERT ON community.post FOR EACH ROW
    WHEN (NEW.published_at IS NOT NULL) EXECUTE FUNCTION community.note_for_search()""",
    """CREATE TRIGGER post_words_are_searched AFTER UPDATE ON community.post FOR EACH ROW
    WHEN (NEW.published_at IS NOT NULL AND (OLD.published_at, OLD.title, OLD.body, OLD.body_format)
        IS DISTINCT FROM (NEW.published_at, NEW.title, NEW.body, NEW.body_format))
    EXECUTE FUNCTION community.note_for_search()""",
    """INSERT INTO community.search_due (post, at)
    SELECT id, community.clock() FROM community.post WHERE published_at IS NOT NULL""",
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
