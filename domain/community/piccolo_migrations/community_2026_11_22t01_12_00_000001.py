"""Visibility, the order of feeds, exact counters, and what Piccolo's tables cannot say."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T01:12:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "visibility, feeds and counters"

#: One statement each; a comment says why it is not in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # Generated: what every viewer may see, before circles and blocks have their say.
    """ALTER TABLE community.post ADD COLUMN is_visible boolean NOT NULL GENERATED ALWAYS AS (
        stage = 'PUBLISHED' AND deleted_at IS NULL AND removed_by IS NULL AND hidden_by IS NULL) STORED""",
    # A comment stands by itself; whether it is visible depends on what is above it, too.
    """ALTER TABLE community.comment ADD COLUMN stands boolean NOT NULL GENERATED ALWAYS AS (
        stage = 'PUBLISHED' AND deleted_at IS NULL AND removed_by IS NULL AND hidden_by IS NULL) STORED""",
    # Partial indexes: the feeds read nothing that nobody may see.
    """CREATE INDEX post_of_author ON community.post (author, feed_seq DESC) WHERE is_visible""",
    """CREATE INDEX post_of_circle ON community.post (circle, feed_seq DESC) WHERE is_visible AND is_listed""",
    """CREATE INDEX post_newest ON community.post (feed_seq DESC) WHERE is_visible AND is_listed""",
    # All posts of an author, also those only the author may see (own profile, erasure, merges).
    "CREATE INDEX post_by_author ON community.post (author, created_at)",
    "CREATE INDEX comment_by_author ON community.comment (author, created_at)",
    "CREATE INDEX comment_tree ON community.comment (post, root, created_at)",
    "CREATE INDEX comment_thread ON community.comment (root, feed_seq) WHERE root IS NOT NULL",
    # One reaction a member and target; anonymous imported ones are many.
    "CREATE UNIQUE INDEX reaction_once ON community.reaction (target, member) WHERE member IS NOT NULL",
    "CREATE INDEX reaction_of_target ON community.reaction (target, kind)",
    "CREATE INDEX reaction_of_member ON community.reaction (member) WHERE member IS NOT NULL",
    # The circle of references that Piccolo's order of tables does not allow.
    """ALTER TABLE community.post ADD CONSTRAINT accepted_comment_fk
    FOREIGN KEY (accepted_comment) REFERENCES community.comment (id) ON DELETE RESTRICT""",
    "CREATE UNIQUE INDEX accepted_once ON community.post (accepted_comment) WHERE accepted_comment IS NOT NULL",
    # What moderation did is never changed; erasing an account blanks its reason only.
    """CREATE TRIGGER mod_event_is_append_only BEFORE UPDATE OR DELETE ON community.mod_event
    FOR EACH ROW EXECUTE FUNCTION profile.refuse_change()""",
    """CREATE TRIGGER mod_event_is_never_emptied BEFORE TRUNCATE ON community.mod_event
    FOR EACH STATEMENT EXECUTE FUNCTION profile.refuse_change()""",
    # Follows the time (nanoseconds of 1970), so that imported history takes its own place; the last digits keep
    # rows of one instant apart. A million rows of one microsecond are kept apart within one millisecond.
    "CREATE SEQUENCE community.feed_tick",
    """CREATE FUNCTION community.feed_seq(at timestamptz) RETURNS bigint LANGUAGE sql VOLATILE AS
    $$ SELECT (extract(epoch FROM at) * 1000000)::bigint * 1000 + nextval('community.feed_tick') % 1000000 $$""",
    # Counters: the row holds what was folded, the deltas what was not; a reading adds both in one statement.
    """CREATE TABLE community.post_stat (
        post uuid PRIMARY KEY REFERENCES community.post (id) ON DELETE RESTRICT,
        likes bigint NOT NULL DEFAULT 0,
        dislikes bigint NOT NULL DEFAULT 0,
        comments bigint NOT NULL DEFAULT 0,
        root_comments bigint NOT NULL DEFAULT 0,
        answers bigint NOT NULL DEFAULT 0,
        views bigint NOT NULL DEFAULT 0
    ) WITH (fillfactor = 70)""",
    """CREATE TABLE community.comment_stat (
        comment uuid PRIMARY KEY REFERENCES community.comment (id) ON DELETE RESTRICT,
        likes bigint NOT NULL DEFAULT 0,
        dislikes bigint NOT NULL DEFAULT 0,
        replies bigint NOT NULL DEFAULT 0
    ) WITH (fillfactor = 70)""",
    """CREATE TABLE community.stat_delta (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        target uuid NOT NULL,
        field varchar(20) NOT NULL CHECK (field IN (
            'likes', 'dislikes', 'comments', 'root_comments', 'answers', 'views',
            'comment_likes', 'comment_dislikes', 'replies')),
        d bigint NOT NULL
    ) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000)""",
    "CREATE INDEX stat_delta_target ON community.stat_delta (target)",
    # One person, whichever of the merged members a row was written with.
    """CREATE FUNCTION community.is_same_person(a uuid, b uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT a = b OR EXISTS (SELECT FROM profile.member AS m JOIN profile.member AS n ON n.root = m.root
        WHERE m.id = a AND n.id = b) $$""",
    # The role of a person in a circle, null for an outsider; the highest one of merged members.
    """CREATE FUNCTION community.role_in(viewer uuid, circle uuid) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT c.role FROM community.circle_member AS c JOIN profile.member AS m ON m.id = c.member
        WHERE c.circle = role_in.circle AND c.state = 'ACTIVE'
        AND m.root = (SELECT root FROM profile.member WHERE id = viewer)
        ORDER BY array_position(ARRAY['LEAD', 'MODERATOR', 'MEMBER'], c.role::text) LIMIT 1 $$""",
    # What is in a circle is for all, or (PRIVATE) for those in it.
    """CREATE FUNCTION community.can_enter(viewer uuid, circle uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    BEGIN
        RETURN circle IS NULL
            OR (SELECT c.visibility <> 'PRIVATE' FROM community.circle AS c WHERE c.id = can_enter.circle)
            OR (viewer IS NOT NULL AND community.role_in(viewer, circle) IS NOT NULL);
    END $$""",
    # THE visibility predicate, on a row at hand: visible to all who may enter its circle; its author sees it in every
    # state; the circle's moderators see everything in it.
    """CREATE FUNCTION community.can_see(viewer uuid, p community.post) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    BEGIN
        IF p.is_visible AND community.can_enter(viewer, p.circle) THEN RETURN true; END IF;
        RETURN viewer IS NOT NULL AND (
            (p.author IS NOT NULL AND community.is_same_person(viewer, p.author)
                AND community.can_enter(viewer, p.circle))
            OR coalesce(community.role_in(viewer, p.circle) IN ('MODERATOR', 'LEAD'), false));
    END $$""",
    # The same by id, for lists of other areas; an absent post is as one that may not be seen.
    """CREATE FUNCTION community.can_see(viewer uuid, post uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    BEGIN
        RETURN coalesce((SELECT community.can_see(viewer, p) FROM community.post AS p WHERE p.id = can_see.post), false);
    END $$""",
    # A comment is seen with its post, when it and all above it stand; its author and the moderators see it anyway.
    """CREATE FUNCTION community.can_see_comment(viewer uuid, c community.comment) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    BEGIN
        IF NOT community.can_see(viewer, c.post) THEN RETURN false; END IF;
        IF c.is_visible THEN RETURN true; END IF;
        RETURN viewer IS NOT NULL AND (
            (c.author IS NOT NULL AND community.is_same_person(viewer, c.author))
            OR coalesce(community.role_in(viewer, (SELECT p.circle FROM community.post AS p WHERE p.id = c.post))
                IN ('MODERATOR', 'LEAD'), false));
    END $$""",
    # Lower bound of the Wilson interval (z = 1.281551565545, 80 %), for the order of comments.
    """CREATE FUNCTION community.wilson(up bigint, down bigint) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT CASE WHEN up + down <= 0 THEN 0 ELSE round((
        (u / n + z * z / (2 * n) - z * sqrt((u / n * (1 - u / n) + z * z / (4 * n)) / n)) / (1 + z * z / n))::numeric, 9) END
    FROM (SELECT up::float8 AS u, (up + down)::float8 AS n, 1.281551565545::float8 AS z) AS v $$""",
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
