"""What Piccolo's tables cannot say: partial indexes, append-only tables, counters, and the one way a posting is written."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T01:20:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "writes postings and keeps them"

_APPEND_ONLY = ("entry", "lot_use", "journal")

#: One statement each; a comment says why it is not in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    "CREATE UNIQUE INDEX enrolment_open_once ON points.enrolment (programme, member) WHERE left_on IS NULL",
    # The business key posts once, for ever; absent parts count as equal.
    """CREATE UNIQUE INDEX journal_business_key ON points.journal (kind, source, source_id, rule_version, leg)
    NULLS NOT DISTINCT""",
    "CREATE UNIQUE INDEX journal_reference_once ON points.journal (reference) WHERE reference IS NOT NULL",
    "CREATE UNIQUE INDEX journal_reversed_fully_once ON points.journal (reverses) WHERE is_full",
    "CREATE INDEX journal_reverses ON points.journal (reverses) WHERE reverses IS NOT NULL",
    "CREATE INDEX entry_history ON points.entry (account, occurred_at, seq)",
    # The order of spending; only lots that still have something.
    """CREATE INDEX lot_spending ON points.lot (account, expires_at NULLS LAST, occurred_at, id)
    WHERE remaining > 0""",
    "CREATE INDEX lot_expiring ON points.lot (expires_at) WHERE remaining > 0 AND state = 'ACTIVE'",
    "CREATE INDEX lot_waiting ON points.lot (least(activates_at, cancel_at)) WHERE state = 'PENDING'",
    "CREATE INDEX account_due ON points.account (next_due) WHERE next_due IS NOT NULL",
    "CREATE INDEX hold_expiring ON points.hold (expires_at) WHERE state = 'OPEN'",
    "CREATE INDEX hold_leg_open ON points.hold_leg (account) WHERE captured + released < amount",
    "CREATE INDEX lot_use_hold ON points.lot_use (hold) WHERE hold IS NOT NULL",
    "CREATE INDEX rule_kinds ON points.earn_rule_version USING gin ((definition -> 'kinds'))",
    # Of one rule, one version is in force at any moment.
    """ALTER TABLE points.earn_rule_version ADD CONSTRAINT one_version_in_force EXCLUDE USING gist (
        rule WITH =, tstzrange(effective_from, effective_to) WITH &&)
        WHERE (state IN ('SCHEDULED', 'ACTIVE', 'RETIRED') AND effective_from IS NOT NULL)""",
    # A composite primary key; ``raw_points`` is what facts would have earned, ``points`` what they earned.
    """CREATE TABLE points.counter (
        rule_or_group text NOT NULL,
        scope varchar(14) NOT NULL,
        subject text NOT NULL,
        window_key text NOT NULL,
        times bigint NOT NULL DEFAULT 0 CHECK (times >= 0),
        points bigint NOT NULL DEFAULT 0,
        raw_points bigint NOT NULL DEFAULT 0,
        most_times bigint,
        most_points bigint,
        PRIMARY KEY (rule_or_group, scope, subject, window_key),
        CHECK (times <= most_times),
        CHECK (points <= most_points)
    ) WITH (fillfactor = 70)""",
    """CREATE FUNCTION points.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('marque.erasing', true) = 'on' AND TG_OP = 'UPDATE' THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'points.% is append-only', TG_TABLE_NAME;
    END $$""",
    *(
        f"""CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON points.{table}
        FOR EACH ROW EXECUTE FUNCTION points.refuse_change()"""
        for table in _APPEND_ONLY
    ),
    """CREATE FUNCTION points.wallet_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (OLD.code, OLD.scale, OLD.has_lots) IS DISTINCT FROM (NEW.code, NEW.scale, NEW.has_lots)
           AND EXISTS (SELECT FROM points.entry AS e JOIN points.account AS a ON a.id = e.account
                       WHERE a.wallet_type = OLD.id)
        THEN RAISE EXCEPTION 'wallet % has entries: code, scale and has_lots stay', OLD.code; END IF;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER wallet_type_is_frozen BEFORE UPDATE ON points.wallet_type
    FOR EACH ROW EXECUTE FUNCTION points.wallet_is_frozen()""",
    # Writes what postings changed, all in one call; the caller has locked the accounts and computed the figures.
    # Answers the journal that already has one of the keys (then nothing else is written), or null.
    """CREATE FUNCTION points.write(data jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
    DECLARE
        written integer;
        taken jsonb;
        moment timestamptz := (data ->> 'at')::timestamptz;
    BEGIN
        INSERT INTO points.journal (id, kind, source, source_id, rule_version, leg, reason, actor, approval, reverses,
            is_full, reference, facts, occurred_at, created_at)
        SELECT id, kind, source, source_id, rule_version, leg, reason, actor, approval, reverses, is_full, reference,
            facts, occurred_at, moment
        FROM jsonb_to_recordset(data -> 'journals') AS j(id uuid, kind text, source text, source_id text,
            rule_version uuid, leg text, reason text, actor uuid, approval uuid, reverses uuid, is_full boolean,
            reference text, facts jsonb, occurred_at timestamptz)
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS written = ROW_COUNT;
        IF written < jsonb_array_length(data -> 'journals') THEN
            SELECT jsonb_build_object('journal', k.id, 'by', CASE WHEN k.reference = j.reference THEN 'REFERENCE'
                    WHEN k.reverses = j.reverses AND k.is_full THEN 'REVERSES' ELSE 'KEY' END)
            INTO taken
            FROM jsonb_to_recordset(data -> 'journals') AS j(id uuid, kind text, source text, source_id text,
                rule_version uuid, leg text, reverses uuid, is_full boolean, reference text)
            JOIN points.journal AS k ON k.id <> j.id AND (k.reference = j.reference
                OR (k.is_full AND j.is_full AND k.reverses = j.reverses)
                OR (k.kind = j.kind AND k.source = j.source AND k.source_id = j.source_id
                    AND k.rule_version IS NOT DISTINCT FROM j.rule_version AND k.leg IS NOT DISTINCT FROM j.leg))
            LIMIT 1;
            RETURN coalesce(taken, '{"by": "KEY"}');
        END IF;
        INSERT INTO points.entry (id, journal, account, seq, source_part, target_part, amount, pending_after,
            available_after, held_after, debt_after, occurred_at, created_at)
        SELECT id, journal, account, seq, source_part, target_part, amount, pending_after, available_after, held_after,
            debt_after, occurred_at, moment
        FROM jsonb_to_recordset(data -> 'entries') AS e(id uuid, journal uuid, account uuid, seq bigint,
            source_part text, target_part text, amount bigint, pending_after bigint, available_after bigint,
            held_after bigint, debt_after bigint, occurred_at timestamptz);
        UPDATE points.account AS a SET pending = n.pending, available = n.available, held = n.held, debt = n.debt,
            lifetime_earned = n.lifetime_earned, seq = n.seq, next_due = n.next_due
        FROM jsonb_to_recordset(data -> 'accounts') AS n(id uuid, pending bigint, available bigint, held bigint,
            debt bigint, lifetime_earned bigint, seq bigint, next_due timestamptz)
        WHERE a.id = n.id;
        IF data ? 'lots' THEN
            INSERT INTO points.lot (id, account, journal, state, original, remaining, held, occurred_at, activates_at,
                cancel_at, expires_at, expiry, funding_source, parent, created_at)
            SELECT id, account, journal, state, original, remaining, held, occurred_at, activates_at, cancel_at,
                expires_at, nullif(expiry, 'null'), funding_source, parent, moment
            FROM jsonb_to_recordset(data -> 'lots') AS l(id uuid, account uuid, journal uuid, state text,
                original bigint, remaining bigint, held bigint, occurred_at timestamptz, activates_at timestamptz,
                cancel_at timestamptz, expires_at timestamptz, expiry jsonb, funding_source text, parent uuid)
            ON CONFLICT (id) DO UPDATE SET account = excluded.account, state = excluded.state,
                remaining = excluded.remaining, held = excluded.held, activates_at = excluded.activates_at,
                cancel_at = excluded.cancel_at, expires_at = excluded.expires_at, expiry = excluded.expiry;
        END IF;
        IF data ? 'holds' THEN
            INSERT INTO points.hold (id, source, source_id, member, state, reason, expires_at, created_at, resolved_at)
            SELECT id, source, source_id, member, state, reason, expires_at, moment, resolved_at
            FROM jsonb_to_recordset(data -> 'holds') AS h(id uuid, source text, source_id text, member uuid,
                state text, reason text, expires_at timestamptz, resolved_at timestamptz)
            ON CONFLICT (id) DO UPDATE SET state = excluded.state, member = excluded.member,
                resolved_at = excluded.resolved_at;
        END IF;
        IF data ? 'legs' THEN
            INSERT INTO points.hold_leg (id, hold, account, amount, captured, released)
            SELECT id, hold, account, amount, captured, released
            FROM jsonb_to_recordset(data -> 'legs') AS l(id uuid, hold uuid, account uuid, amount bigint,
                captured bigint, released bigint)
            ON CONFLICT (id) DO UPDATE SET account = excluded.account, captured = excluded.captured,
                released = excluded.released;
        END IF;
        IF data ? 'uses' THEN
            INSERT INTO points.lot_use (id, lot, journal, hold, kind, amount)
            SELECT id, lot, journal, hold, kind, amount
            FROM jsonb_to_recordset(data -> 'uses') AS u(id uuid, lot uuid, journal uuid, hold uuid, kind text,
                amount bigint);
        END IF;
        RETURN NULL;
    END $$""",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="points", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement.replace("{", "{{").replace("}", "}}"))

    manager.add_raw(run)
    return manager
