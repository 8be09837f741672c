"""The interaction log with its outbox, the aggregates, and what Piccolo's tables cannot say."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T00:52:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "the interaction log and its outbox"

#: One statement each; a comment says why it is not in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # 32 shards; the drain works a shard under one advisory lock. Rows without a member are shard 0.
    """CREATE FUNCTION profile.shard(root uuid) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT CASE WHEN root IS NULL THEN 0 ELSE (hashtextextended(root::text, 0) & 31)::smallint END $$""",
    # Partitioned by month of arrival; a DEFAULT partition takes what no partition was made for (test clock).
    """CREATE TABLE profile.interaction (
        id uuid NOT NULL,
        origin varchar(8) NOT NULL CHECK (origin IN ('CAUSED', 'REPORTED')),
        message_id varchar(100) NOT NULL,
        member uuid REFERENCES profile.member (id) ON DELETE RESTRICT,
        kind text NOT NULL,
        class varchar(8) NOT NULL CHECK (class IN ('CAUSED', 'REPORTED', 'SYSTEM')),
        occurred_at timestamptz NOT NULL,
        original_at timestamptz,
        sent_at timestamptz,
        received_at timestamptz NOT NULL,
        touchpoint text,
        source text,
        actor_kind varchar(10) NOT NULL,
        actor_id uuid,
        subject_kind text,
        subject_id text,
        session_key text,
        context jsonb NOT NULL DEFAULT '{}',
        properties jsonb NOT NULL DEFAULT '{}',
        compensates uuid,
        cause_id uuid,
        depth smallint NOT NULL DEFAULT 0 CHECK (depth BETWEEN 0 AND 8),
        PRIMARY KEY (id, received_at)
    ) PARTITION BY RANGE (received_at)""",
    "CREATE TABLE profile.interaction_default PARTITION OF profile.interaction DEFAULT",
    "CREATE INDEX interaction_timeline ON profile.interaction (member, occurred_at DESC, id DESC)",
    "CREATE INDEX interaction_member_kind ON profile.interaction (member, kind, occurred_at DESC)",
    "CREATE INDEX interaction_kind ON profile.interaction (kind, occurred_at)",
    "CREATE INDEX interaction_subject ON profile.interaction (subject_kind, subject_id, occurred_at)",
    "CREATE INDEX interaction_compensates ON profile.interaction (compensates) WHERE compensates IS NOT NULL",
    """CREATE FUNCTION profile.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('marque.erasing', true) = 'on' THEN RETURN NEW; END IF;
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
    END $$""",
    """CREATE TRIGGER interaction_is_append_only BEFORE UPDATE OR DELETE ON profile.interaction
    FOR EACH ROW EXECUTE FUNCTION profile.refuse_change()""",
    # An interaction counts iff no interaction that itself counts compensates it (a removal's restoration).
    """CREATE FUNCTION profile.counts(interaction uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
    BEGIN
        RETURN NOT EXISTS (
            SELECT FROM profile.interaction AS c WHERE c.compensates = counts.interaction AND profile.counts(c.id));
    END $$""",
    # The only de-duplication there is; it outlives detached partitions.
    """CREATE TABLE profile.message (
        origin varchar(8) NOT NULL,
        message_id varchar(100) NOT NULL,
        source text,
        body_hash varchar(64),
        interaction uuid NOT NULL,
        received_at timestamptz NOT NULL,
        PRIMARY KEY (origin, message_id)
    )""",
    # The outbox: short-lived rows, so vacuum often and leave room for HOT updates of tries.
    """CREATE TABLE profile.pending (
        interaction uuid PRIMARY KEY,
        shard smallint NOT NULL,
        member uuid,
        received_at timestamptz NOT NULL,
        tries smallint NOT NULL DEFAULT 0,
        next_try_at timestamptz,
        last_error text,
        flags text[] NOT NULL DEFAULT '{}'
    ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000)""",
    "CREATE INDEX pending_order ON profile.pending (shard, received_at, interaction)",
    "CREATE INDEX pending_member ON profile.pending (member)",
    # Commutative aggregates by the member that the row was written with; compensated rows are taken off again.
    """CREATE TABLE profile.total (
        member uuid NOT NULL REFERENCES profile.member (id) ON DELETE RESTRICT,
        kind text NOT NULL,
        count bigint NOT NULL,
        first_at timestamptz,
        last_at timestamptz,
        PRIMARY KEY (member, kind)
    ) WITH (fillfactor = 70)""",
    """CREATE TABLE profile.bucket (
        member uuid NOT NULL REFERENCES profile.member (id) ON DELETE RESTRICT,
        kind text NOT NULL,
        hour timestamptz NOT NULL,
        count bigint NOT NULL,
        PRIMARY KEY (member, kind, hour)
    ) WITH (fillfactor = 70)""",
    "CREATE UNIQUE INDEX member_number_once ON profile.member (number) WHERE number IS NOT NULL",
    "CREATE UNIQUE INDEX tag_open_once ON profile.tag_assignment (subject_kind, subject_id, key, value) WHERE valid_to IS NULL",
    "CREATE INDEX tag_open ON profile.tag_assignment (key, value) WHERE valid_to IS NULL",
    "CREATE UNIQUE INDEX membership_open_once ON profile.segment_membership (segment, member) WHERE until_at IS NULL",
    "CREATE UNIQUE INDEX dead_letter_once ON profile.dead_letter (source, message_id, body_hash, reason) NULLS NOT DISTINCT",
    "CREATE INDEX dead_letter_reason ON profile.dead_letter (reason, received_at)",
    # Text keys in a range exclusion need no extension this way: the tie as a range over its hash.
    """CREATE FUNCTION profile.tie(member uuid, target uuid, role text) RETURNS int8range LANGUAGE sql IMMUTABLE AS
    $$ SELECT int8range(h, h, '[]') FROM hashtextextended(member::text || target::text || role, 0) AS h $$""",
    """ALTER TABLE profile.relation ADD CONSTRAINT relation_no_overlap EXCLUDE USING gist (
        profile.tie(member, target_id, role) WITH &&, tstzrange(valid_from, valid_to) WITH &&)""",
    """CREATE FUNCTION profile.merge_is_undone_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.undone_at IS NULL
           AND (to_jsonb(OLD) - 'undone_at' - 'undo_reason') = (to_jsonb(NEW) - 'undone_at' - 'undo_reason')
        THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'a merge is only ever undone, once';
    END $$""",
    """CREATE TRIGGER merge_is_append_only BEFORE UPDATE OR DELETE ON profile.merge
    FOR EACH ROW EXECUTE FUNCTION profile.merge_is_undone_once()""",
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
