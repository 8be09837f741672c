"""What the garage stores. [raw]: a constraint or column that the migration adds, because Piccolo has no word for it.

``binding.member`` is the member that a row was written with; reads go over the root, so a merge moves nothing.
"""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    UUID,
    Array,
    BigInt,
    Boolean,
    Bytea,
    Char,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.foundation import ids


class CheckDigitPolicy(StrEnum):
    REQUIRED = "REQUIRED"
    NOT_USED = "NOT_USED"


class VehicleClass(StrEnum):
    CAR = "CAR"
    LIGHT_TRUCK = "LIGHT_TRUCK"
    MOTORCYCLE = "MOTORCYCLE"
    TRAILER = "TRAILER"
    HEAVY = "HEAVY"


class BindingRole(StrEnum):
    OWNER = "OWNER"
    CO_USER = "CO_USER"


class BindingState(StrEnum):
    CLAIMED = "CLAIMED"
    VERIFYING = "VERIFYING"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    TRANSFER_PENDING = "TRANSFER_PENDING"
    ENDED = "ENDED"
    REJECTED = "REJECTED"


class Proof(StrEnum):
    DELIVERY = "DELIVERY"
    DOCUMENT = "DOCUMENT"
    IN_CAR_CODE = "IN_CAR_CODE"
    STAFF = "STAFF"
    IMPORT = "IMPORT"


class EndedReason(StrEnum):
    SOLD = "SOLD"
    REVOKED = "REVOKED"
    ERROR = "ERROR"
    LEASE_END = "LEASE_END"


class Vehicle(Table, schema="garage"):
    """A car. ``number`` (bigint identity) [raw] stands for it in range exclusions; a VIN names one car [raw]."""

    id = UUID(primary_key=True, default=ids.new)
    vin = Char(length=17, null=True, default=None)
    legacy_vin = Text(null=True, default=None)
    wmi = Varchar(length=6, null=True, default=None)
    make = Text(null=True, default=None)
    model_code = Text(null=True, default=None)
    trim = Text(null=True, default=None)
    color = Text(null=True, default=None)
    model_year = SmallInt(null=True, default=None)
    model_year_candidates = Array(base_column=SmallInt(default=None), null=False, default=None)
    is_vin_check_ok = Boolean(null=True, default=None)
    produced_on = Date(null=True, default=None)
    first_registered_on = Date(null=True, default=None)
    delivered_on = Date(null=True, default=None)
    odometer_km = Integer(null=True, default=None)
    odometer_at = Timestamptz(null=True, default=None)
    source = Text(null=False, default=None)
    external_id = Text(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)
    version = Integer(null=False, default=1)

    each_source_names_it_once = Unique(["source", "external_id"])
    it_has_a_number = Check("vin IS NOT NULL OR legacy_vin IS NOT NULL")
    odometers_count_up_from_zero = Check("odometer_km >= 0")


class Wmi(Table, schema="garage"):
    """A world manufacturer identifier (3 characters, or 6 for makers of few vehicles) and the rules of its VINs."""

    id = UUID(primary_key=True, default=ids.new)
    code = Varchar(length=6, null=False, default=None, unique=True)
    maker = Text(null=False, default=None)
    country = Varchar(length=2, null=False, default=None)
    vehicle_class = Varchar(length=11, null=False, default=None)
    check_digit = Varchar(length=8, null=False, default=None)
    has_numeric_end = Boolean(null=False, default=False)
    valid_from = Date(null=True, default=None)


class Binding(Table, schema="garage"):
    """A member's claim to a vehicle and, while ``valid_during`` (tstzrange) [raw] holds, the right to it.

    ``vehicle`` is null until the claim is proved, whether or not such a car exists: a claim tells nothing. At most one
    owner at any instant [raw].
    """

    id = UUID(primary_key=True, default=ids.new)
    vehicle = ForeignKey(Vehicle, null=True, on_delete=OnDelete.restrict, index=True)
    vehicle_number = BigInt(null=True, default=None)
    vin_claimed = Char(length=17, null=True, default=None)
    member = UUID(null=False, default=None, index=True)
    role = Varchar(length=7, null=False, default=None)
    state = Varchar(length=16, null=False, default=None)
    proof = Varchar(length=11, null=False, default=None)
    origin = UUID(null=True, default=None)
    ended_reason = Varchar(length=9, null=True, default=None)
    decision_reason = Text(null=True, default=None)
    decided_by = UUID(null=True, default=None)
    is_first_owner = Boolean(null=False, default=False)
    plate = Bytea(null=True, default=None)
    evidence = Bytea(null=True, default=None)
    claimed_at = Timestamptz(null=False, default=None)
    version = Integer(null=False, default=1)

    a_right_names_its_vehicle = Check(
        "(vehicle IS NULL) = (state IN ('CLAIMED', 'VERIFYING', 'REJECTED')) AND (vehicle IS NULL) = (vehicle_number IS NULL)"
    )


class ClaimAttempt(Table, schema="garage"):
    """A counted try to bind a vehicle; VIN and address are kept as keyed hashes only."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None)
    vin_hash = Varchar(length=64, null=False, default=None)
    device = Text(null=True, default=None)
    ip_hash = Varchar(length=64, null=True, default=None)
    at = Timestamptz(null=False, default=None)
