"""What Piccolo cannot say: partial unique indexes, checks across columns, the append-only audit log."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T00:55:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Access: constraints, append-only audit log"

STATEMENTS = [
    "SET LOCAL lock_timeout = '5s'",
    # One account per e-mail, however it is written, and per OIDC identity.
    "CREATE UNIQUE INDEX staff_email_key ON access.staff (lower(email)) WHERE email IS NOT NULL",
    "CREATE UNIQUE INDEX staff_oidc_identity_key ON access.staff (oidc_identity) WHERE oidc_identity IS NOT NULL",
    # A subject is a member or a staff account.
    "ALTER TABLE access.subject ADD CONSTRAINT subject_is_one CHECK (num_nonnulls(member, staff) = 1)",
    "ALTER TABLE access.policy ADD CONSTRAINT policy_is_one_row CHECK (id = 1)",
    # The limits of phone codes count recent requests by these three.
    "CREATE INDEX challenge_phone ON access.challenge (phone_hash, purpose, requested_at DESC)",
    "CREATE INDEX challenge_device ON access.challenge (device_hash, requested_at) WHERE device_hash IS NOT NULL",
    "CREATE INDEX challenge_ip ON access.challenge (ip_hash, requested_at) WHERE ip_hash IS NOT NULL",
    # Sessions still open, for suspension and "sign out everywhere".
    "CREATE INDEX session_open ON access.session (subject) WHERE ended_at IS NULL",
    # The same request twice is one request; the sweep looks for open ones by time.
    "CREATE UNIQUE INDEX approval_open_request ON access.approval (maker, action, input_hash) WHERE state = 'REQUESTED'",
    "CREATE INDEX approval_due ON access.approval (expires_at) WHERE state IN ('REQUESTED', 'CHANGES_REQUESTED')",
    """ALTER TABLE access.approval ADD CONSTRAINT approval_maker_is_not_checker
       CHECK (checker IS NULL OR checker <> maker)""",
    "CREATE INDEX audit_entry_action_newest ON access.audit_entry (action, number DESC)",
    "CREATE INDEX audit_entry_subject_newest ON access.audit_entry (subject, number DESC)",
    # The audit log is only ever added to; its free text (another table) may be erased.
    """CREATE FUNCTION access.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
           RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
       END $$""",
    """CREATE TRIGGER audit_entry_is_append_only BEFORE UPDATE OR DELETE ON access.audit_entry
       FOR EACH ROW EXECUTE FUNCTION access.refuse_change()""",
]


class Access(Table, tablename="policy", schema="access"):
    """Only carries the statements."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="access", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Access.raw(statement)

    manager.add_raw(run)
    return manager
