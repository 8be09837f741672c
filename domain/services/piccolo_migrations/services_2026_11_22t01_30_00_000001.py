"""Numbers of units and orders, occupied times, and no overlap on one unit."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T01:30:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "no two live appointments overlap on one unit"

#: One statement each; a comment says why it is not in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # A number that ranges can be made of: the exclusion below needs no extension this way.
    "ALTER TABLE services.resource ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY UNIQUE",
    "ALTER TABLE services.appointment ADD COLUMN during tstzrange NOT NULL",
    # A null number would make a null range, which overlaps everything: an appointment without a unit is left out.
    """ALTER TABLE services.appointment ADD CONSTRAINT no_overlap_on_one_unit EXCLUDE USING gist (
        int8range(resource_number, resource_number, '[]') WITH &&, during WITH &&)
    WHERE (resource_number IS NOT NULL AND state IN ('HELD', 'BOOKED', 'ARRIVED', 'IN_SERVICE'))""",
    # What holds a place names its unit.
    """ALTER TABLE services.appointment ADD CONSTRAINT a_place_is_a_unit
    CHECK ((resource IS NULL) = (resource_number IS NULL)
        AND (resource IS NOT NULL OR state NOT IN ('HELD', 'BOOKED', 'ARRIVED', 'IN_SERVICE')))""",
    "CREATE INDEX appointment_day ON services.appointment (store, starts_at)",
    "CREATE INDEX appointment_limits ON services.appointment (member, service_type, starts_at)",
    "CREATE INDEX appointment_holds ON services.appointment (held_until) WHERE state = 'HELD'",
    "CREATE INDEX order_of_member ON services.service_order (member, created_at DESC, id DESC)",
    "CREATE INDEX order_of_store ON services.service_order (store, state, step)",
    "CREATE INDEX order_newest ON services.service_order (created_at DESC, id DESC)",
    "CREATE INDEX order_to_close ON services.service_order (completed_at) WHERE state = 'COMPLETED'",
    "CREATE INDEX store_place ON services.store (kind, status, latitude)",
    # The human number of orders counts on from here.
    "CREATE SEQUENCE services.order_number START 10001",
    """CREATE FUNCTION services.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('marque.erasing', true) = 'on' THEN RETURN coalesce(NEW, OLD); END IF;
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
    END $$""",
    """CREATE TRIGGER order_step_is_append_only BEFORE UPDATE OR DELETE ON services.order_step
    FOR EACH ROW EXECUTE FUNCTION services.refuse_change()""",
    """CREATE TRIGGER order_change_is_append_only BEFORE UPDATE OR DELETE ON services.order_change
    FOR EACH ROW EXECUTE FUNCTION services.refuse_change()""",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="services", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement.replace("{", "{{").replace("}", "}}"))

    manager.add_raw(run)
    return manager
