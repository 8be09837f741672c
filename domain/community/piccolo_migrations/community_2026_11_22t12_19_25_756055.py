"""The ranks of posts, the parts of their heat, and what notes that these are to be judged."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T12:19:25:756055"
VERSION = "1.38.0"
DESCRIPTION = "ranks posts"

NOBODY = "'00000000-0000-0000-0000-000000000000'"


def _noted(post: str, person: str) -> str:
    """Notes are locked until their cause is committed: a worker that came between would judge what was before."""
    return f"""INSERT INTO community.heat_due (post, person, at) VALUES ({post},
        coalesce((SELECT root FROM profile.member WHERE id = {person}), {NOBODY}), community.clock())
        ON CONFLICT (post, person) DO UPDATE SET at = excluded.at;"""


#: One statement each; these tables are written by SQL alone.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # The formula of hot, as in heat_rules.py.
    """CREATE FUNCTION community.hot(heat int, at timestamptz) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT round((sign(heat) * log(greatest(abs(heat::numeric / 10), 1))
            + (extract(epoch FROM at) - 1134028003) / 45000)::numeric, 7)::double precision $$""",
    # What one person did to a post, weighed; NOBODY stands for all anonymous acts.
    """CREATE TABLE community.heat_part (
        post uuid NOT NULL REFERENCES community.post (id),
        person uuid NOT NULL,
        act text NOT NULL,
        heat int NOT NULL,
        engagers int NOT NULL,
        PRIMARY KEY (post, person)
    )""",
    "CREATE INDEX heat_part_person ON community.heat_part (person)",
    # A row stands exactly while the post is visible.
    """CREATE TABLE community.post_rank (
        post uuid PRIMARY KEY REFERENCES community.post (id),
        circle uuid,
        heat int NOT NULL,
        engagers int NOT NULL,
        hot double precision NOT NULL,
        published_at timestamptz NOT NULL
    )""",
    "CREATE INDEX post_rank_hot ON community.post_rank (hot DESC, post)",
    "CREATE INDEX post_rank_circle ON community.post_rank (circle, hot DESC, post)",
    "CREATE INDEX post_rank_engaged ON community.post_rank (published_at DESC) WHERE engagers > 1",
    """CREATE TABLE community.heat_due (
        post uuid NOT NULL REFERENCES community.post (id),
        person uuid NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (post, person)
    )""",
    "CREATE INDEX heat_due_at ON community.heat_due (at, post, person)",
    # Pages of what was hot at a moment; losing them costs nothing.
    """CREATE UNLOGGED TABLE community.feed_snapshot (
        scope text NOT NULL,
        generation bigint NOT NULL,
        ids uuid[] NOT NULL,
        last_hot double precision,
        made_at timestamptz NOT NULL,
        PRIMARY KEY (scope, generation)
    )""",
    """CREATE TABLE community.hot_entry (
        post uuid PRIMARY KEY REFERENCES community.post (id),
        score numeric(12, 4) NOT NULL,
        engagers int NOT NULL,
        listed_at timestamptz NOT NULL,
        approved_at timestamptz,
        approved_by uuid
    )""",
    "CREATE TABLE community.hot_scoring (scored_at timestamptz NOT NULL)",
    f"""CREATE FUNCTION community.rank_post() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        heat int; engagers int;
    BEGIN
        IF NOT NEW.is_visible THEN
            DELETE FROM community.post_rank WHERE post = NEW.id;
            RETURN NULL;
        END IF;
        SELECT coalesce(sum(x.heat), 0), coalesce(sum(x.engagers), 0) INTO heat, engagers
        FROM community.heat_part AS x WHERE x.post = NEW.id;
        INSERT INTO community.post_rank (post, circle, heat, engagers, hot, published_at)
        VALUES (NEW.id, NEW.circle, heat, engagers, community.hot(heat, NEW.published_at), NEW.published_at)
        ON CONFLICT (post) DO UPDATE SET circle = excluded.circle, hot = excluded.hot, published_at = excluded.published_at;
        {_noted("NEW.id", "NULL")}
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER post_is_ranked AFTER INSERT ON community.post FOR EACH ROW
    WHEN (NEW.is_visible) EXECUTE FUNCTION community.rank_post()""",
    """CREATE TRIGGER post_rank_follows AFTER UPDATE ON community.post FOR EACH ROW
    WHEN ((OLD.is_visible, OLD.circle, OLD.published_at) IS DISTINCT FROM (NEW.is_visible, NEW.circle, NEW.published_at))
    EXECUTE FUNCTION community.rank_post()""",
    f"""CREATE FUNCTION community.note_reaction() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' AND OLD.target_kind = 'POST' THEN {_noted("OLD.target", "OLD.member")} END IF;
        IF TG_OP <> 'DELETE' AND NEW.target_kind = 'POST' THEN {_noted("NEW.target", "NEW.member")} END IF;
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER reaction_heats AFTER INSERT OR UPDATE OR DELETE ON community.reaction
    FOR EACH ROW EXECUTE FUNCTION community.note_reaction()""",
    f"""CREATE FUNCTION community.note_comment() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.author IS NOT NULL AND OLD.author IS DISTINCT FROM NEW.author THEN
            {_noted("OLD.post", "OLD.author")} END IF;
        IF NEW.author IS NOT NULL AND (TG_OP = 'INSERT' OR (OLD.is_visible, OLD.author) IS DISTINCT FROM
            (NEW.is_visible, NEW.author)) THEN {_noted("NEW.post", "NEW.author")} END IF;
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER comment_heats AFTER INSERT OR UPDATE ON community.comment
    FOR EACH ROW EXECUTE FUNCTION community.note_comment()""",
    f"""CREATE FUNCTION community.note_keeping() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' THEN {_noted("OLD.post", "OLD.member")} END IF;
        IF TG_OP <> 'DELETE' THEN {_noted("NEW.post", "NEW.member")} END IF;
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER bookmark_heats AFTER INSERT OR UPDATE OR DELETE ON community.bookmark
    FOR EACH ROW EXECUTE FUNCTION community.note_keeping()""",
    """CREATE TRIGGER tip_heats AFTER INSERT OR UPDATE OR DELETE ON community.tip
    FOR EACH ROW EXECUTE FUNCTION community.note_keeping()""",
    # A trust level or a limit changes the weight of all that its member did.
    """CREATE FUNCTION community.note_voice() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO community.heat_due (post, person, at) SELECT x.post, x.person, community.clock()
        FROM community.heat_part AS x WHERE x.person = (SELECT root FROM profile.member WHERE id = NEW.member)
        ON CONFLICT (post, person) DO UPDATE SET at = excluded.at;
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER standing_weighs AFTER INSERT OR UPDATE ON community.member_standing
    FOR EACH ROW EXECUTE FUNCTION community.note_voice()""",
    """CREATE TRIGGER sanction_weighs AFTER INSERT OR UPDATE ON community.sanction FOR EACH ROW
    WHEN (NEW.kind IN ('LIMIT', 'SHADOW')) EXECUTE FUNCTION community.note_voice()""",
    # What was there before.
    """INSERT INTO community.post_rank (post, circle, heat, engagers, hot, published_at)
    SELECT id, circle, 0, 0, community.hot(0, published_at), published_at FROM community.post WHERE is_visible""",
    f"""INSERT INTO community.heat_due (post, person, at)
    SELECT DISTINCT r.target, coalesce(m.root, {NOBODY}), community.clock() FROM community.reaction AS r
    LEFT JOIN profile.member AS m ON m.id = r.member WHERE r.target_kind = 'POST'
    UNION SELECT c.post, m.root, community.clock() FROM community.comment AS c JOIN profile.member AS m ON m.id = c.author
    ON CONFLICT DO NOTHING""",
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
