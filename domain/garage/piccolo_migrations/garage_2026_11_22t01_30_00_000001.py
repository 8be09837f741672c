"""Vehicle numbers, periods of bindings, and at most one owner at any instant."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T01:30:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "one owner of a vehicle at any instant"

#: One statement each; a comment says why it is not in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # A number that ranges can be made of: the exclusion below needs no extension this way.
    "ALTER TABLE garage.vehicle ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY UNIQUE",
    "CREATE UNIQUE INDEX vehicle_vin_once ON garage.vehicle (vin) WHERE vin IS NOT NULL",
    "ALTER TABLE garage.binding ADD COLUMN valid_during tstzrange",
    """CREATE UNIQUE INDEX binding_one_owner ON garage.binding (vehicle)
    WHERE role = 'OWNER' AND state IN ('ACTIVE', 'SUSPENDED', 'TRANSFER_PENDING')""",
    """ALTER TABLE garage.binding ADD CONSTRAINT owner_periods_never_overlap EXCLUDE USING gist (
        int8range(vehicle_number, vehicle_number, '[]') WITH &&, valid_during WITH &&)
    WHERE (role = 'OWNER' AND vehicle_number IS NOT NULL AND valid_during IS NOT NULL)""",
    # First-owner benefits go to one binding of a vehicle, ever.
    "CREATE UNIQUE INDEX binding_first_owner_once ON garage.binding (vehicle) WHERE is_first_owner",
    # A right holds for a time; an unproved claim has none.
    """ALTER TABLE garage.binding ADD CONSTRAINT a_right_has_a_period
    CHECK ((valid_during IS NULL) = (state IN ('CLAIMED', 'VERIFYING', 'REJECTED')))""",
    # The queue of the review, oldest first.
    "CREATE INDEX binding_review ON garage.binding (claimed_at, id) WHERE state IN ('CLAIMED', 'VERIFYING')",
    # The limits count recent attempts by these three.
    "CREATE INDEX claim_attempt_member ON garage.claim_attempt (member, at)",
    "CREATE INDEX claim_attempt_vin ON garage.claim_attempt (vin_hash, at)",
    "CREATE INDEX claim_attempt_device ON garage.claim_attempt (device, at) WHERE device IS NOT NULL",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="garage", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement.replace("{", "{{").replace("}", "}}"))

    manager.add_raw(run)
    return manager
