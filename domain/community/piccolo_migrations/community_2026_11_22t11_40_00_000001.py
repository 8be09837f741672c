"""Visibility with blocks, shadows and mutes."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T11:40:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "visibility with blocks, shadows and mutes"

#: One statement each. Functions in plpgsql, because their plans are kept from call to call.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # Few stand in shadow, and most readers look only here.
    """CREATE INDEX sanction_shadow ON community.sanction (member) WHERE kind = 'SHADOW' AND ended_at IS NULL""",
    # Whether one of two people blocks the other, whichever of their merged members it was written with.
    """CREATE OR REPLACE FUNCTION community.are_apart(one uuid, other uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    BEGIN
        RETURN EXISTS (
            SELECT FROM profile.member AS a JOIN profile.member AS mine ON mine.root = a.root
            JOIN community.block AS b ON b.member = mine.id JOIN profile.member AS o ON o.id = b.blocked
            JOIN profile.member AS c ON c.root = o.root WHERE a.id = one AND c.id = other AND a.root <> c.root)
        OR EXISTS (
            SELECT FROM profile.member AS a JOIN profile.member AS mine ON mine.root = a.root
            JOIN community.block AS b ON b.blocked = mine.id JOIN profile.member AS o ON o.id = b.member
            JOIN profile.member AS c ON c.root = o.root WHERE a.id = one AND c.id = other AND a.root <> c.root);
    END $$""",
    # Whether somebody blocks anybody or is blocked: what spares most readers the walk up a thread.
    """CREATE FUNCTION community.has_blocks(person uuid) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    BEGIN
        RETURN EXISTS (
            SELECT FROM profile.member AS a JOIN profile.member AS mine ON mine.root = a.root
            JOIN community.block AS b ON b.member = mine.id WHERE a.id = person)
        OR EXISTS (
            SELECT FROM profile.member AS a JOIN profile.member AS mine ON mine.root = a.root
            JOIN community.block AS b ON b.blocked = mine.id WHERE a.id = person);
    END $$""",
    # A shadowed author is seen by nobody but himself and those who moderate; on the site, or in one circle.
    """CREATE FUNCTION community.is_shadowed(author uuid, circle uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    BEGIN
        RETURN EXISTS (SELECT FROM community.sanction WHERE kind = 'SHADOW' AND ended_at IS NULL) AND EXISTS (
            SELECT FROM profile.member AS a JOIN profile.member AS o ON o.root = a.root
            JOIN community.sanction AS s ON s.member = o.id
            WHERE a.id = author AND s.kind = 'SHADOW' AND s.ended_at IS NULL
            AND (s.circle IS NULL OR s.circle = is_shadowed.circle)
            AND s.starts_at <= community.clock() AND (s.until IS NULL OR s.until > community.clock()));
    END $$""",
    # THE visibility predicate, on a row at hand: what is published is visible to all who may enter its circle, but for
    # those whom its author blocks or who block him; a shadowed author's to nobody. The author sees it in every state,
    # the circle's moderators see everything in it.
    """CREATE OR REPLACE FUNCTION community.can_see(viewer uuid, p community.post) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    BEGIN
        IF p.is_visible AND community.can_enter(viewer, p.circle) AND (p.author IS NULL OR NOT (
            community.is_shadowed(p.author, p.circle)
            OR (viewer IS NOT NULL AND community.are_apart(viewer, p.author)))) THEN RETURN true; END IF;
        RETURN viewer IS NOT NULL AND (
            (p.author IS NOT NULL AND community.is_same_person(viewer, p.author)
                AND community.can_enter(viewer, p.circle))
            OR coalesce(community.role_in(viewer, p.circle) IN ('MODERATOR', 'LEAD'), false));
    END $$""",
    # A comment is seen with its post, when it and all above it stand and may be seen; its author and the moderators
    # see it anyway.
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
            SELECT FROM above AS a WHERE a.author IS NOT NULL AND (community.is_shadowed(a.author, place)
                OR (viewer IS NOT NULL AND community.are_apart(viewer, a.author))));
    END $$""",
    # What one of a blocked pair wrote directly under the other is a gap to third parties.
    """CREATE FUNCTION community.is_gap(viewer uuid, c community.comment) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    DECLARE
        over record;
    BEGIN
        IF c.author IS NULL OR NOT community.has_blocks(c.author) THEN RETURN false; END IF;
        SELECT coalesce(up.author, CASE WHEN c.parent IS NULL THEN p.author END) AS author, p.circle INTO over
        FROM community.post AS p LEFT JOIN community.comment AS up ON up.id = c.parent WHERE p.id = c.post;
        IF over.author IS NULL OR NOT community.are_apart(c.author, over.author) THEN RETURN false; END IF;
        RETURN viewer IS NULL OR NOT (community.is_same_person(viewer, c.author)
            OR coalesce(community.role_in(viewer, over.circle) IN ('MODERATOR', 'LEAD'), false));
    END $$""",
    # The lowest place in feeds that a time can have.
    """CREATE FUNCTION community.feed_floor(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT (extract(epoch FROM at) * 1000000)::bigint * 1000 $$""",
    # Whether a reader has muted something: its author, circle or thread, or a word in it; never what is his own.
    """CREATE FUNCTION community.mutes(viewer uuid, author uuid, circle uuid, thread uuid, words text, kinds text[])
    RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    BEGIN
        RETURN viewer IS NOT NULL AND EXISTS (
            SELECT FROM profile.member AS v JOIN profile.member AS mine ON mine.root = v.root
            JOIN community.mute AS m ON m.member = mine.id
            WHERE v.id = viewer AND m.kind = ANY(kinds) AND (m.until IS NULL OR m.until > community.clock())
            AND CASE m.kind
                WHEN 'CIRCLE' THEN m.value = mutes.circle::text
                WHEN 'THREAD' THEN m.value = thread::text
                WHEN 'MEMBER' THEN EXISTS (SELECT FROM profile.member AS a JOIN profile.member AS o ON o.root = a.root
                    WHERE a.id = mutes.author AND o.id::text = m.value AND a.root <> v.root)
                ELSE position(m.value IN lower(normalize(words, NFKC))) > 0
                    AND NOT coalesce(community.is_same_person(viewer, mutes.author), false) END);
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
