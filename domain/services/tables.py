"""What owner services store. [raw]: a column or constraint that the migration adds, because Piccolo has no word for it.

``member`` columns keep the member that a row was written with; reads go over the root, so a merge moves nothing.
"""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Numeric,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.foundation import ids


class StoreKind(StrEnum):
    STORE = "STORE"
    SERVICE_CENTRE = "SERVICE_CENTRE"
    DELIVERY_CENTRE = "DELIVERY_CENTRE"
    CHARGING_SITE = "CHARGING_SITE"
    BATTERY_SWAP = "BATTERY_SWAP"
    PARTNER = "PARTNER"


class StoreStatus(StrEnum):
    PLANNED = "PLANNED"
    CONSTRUCTION = "CONSTRUCTION"
    OPEN = "OPEN"
    CLOSED_TEMPORARILY = "CLOSED_TEMPORARILY"
    CLOSED = "CLOSED"


class Datum(StrEnum):
    WGS84 = "WGS84"
    GCJ02 = "GCJ02"
    BD09 = "BD09"


class ServiceKind(StrEnum):
    TEST_DRIVE = "TEST_DRIVE"


class Letter(StrEnum):
    """The part of owning a car's life that an order belongs to (买卖用修服营改拓)."""

    BUY = "BUY"
    SELL = "SELL"
    USE = "USE"
    REPAIR = "REPAIR"
    SERVICE = "SERVICE"
    OPERATE = "OPERATE"
    MODIFY = "MODIFY"
    EXTEND = "EXTEND"


class ResourceKind(StrEnum):
    BAY = "BAY"
    ADVISOR = "ADVISOR"
    TECHNICIAN = "TECHNICIAN"
    DEMO_CAR = "DEMO_CAR"
    LOANER = "LOANER"
    DRIVER = "DRIVER"
    ROOM = "ROOM"


class AppointmentState(StrEnum):
    HELD = "HELD"
    REQUESTED = "REQUESTED"
    BOOKED = "BOOKED"
    ARRIVED = "ARRIVED"
    IN_SERVICE = "IN_SERVICE"
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"


class ServiceOrderState(StrEnum):
    """The spine of all kinds."""

    DRAFT = "DRAFT"
    REQUESTED = "REQUESTED"
    QUOTED = "QUOTED"
    CONFIRMED = "CONFIRMED"
    SCHEDULED = "SCHEDULED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    REVIEWED = "REVIEWED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"
    ABORTED = "ABORTED"
    NO_SHOW = "NO_SHOW"


class EvidenceKind(StrEnum):
    PHOTO = "PHOTO"
    ODOMETER = "ODOMETER"
    SOC = "SOC"
    SIGNATURE = "SIGNATURE"
    LICENCE = "LICENCE"
    AGREEMENT = "AGREEMENT"
    DOCUMENT = "DOCUMENT"


class Store(Table, schema="services"):
    """A place of the brand; coordinates are WGS-84 whatever datum they were given in."""

    id = UUID(primary_key=True, default=ids.new)
    kind = Varchar(length=15, null=False, default=None)
    name = Text(null=False, default=None)
    status = Varchar(length=18, null=False, default=None)
    latitude = Numeric(digits=(9, 6), null=False, default=None)
    longitude = Numeric(digits=(9, 6), null=False, default=None)
    input_datum = Varchar(length=5, null=False, default="WGS84")
    adcode = Varchar(length=12, null=True, default=None)
    city = Text(null=True, default=None)
    address = Text(null=True, default=None)
    postcode = Text(null=True, default=None)
    country = Varchar(length=2, null=False, default="CN")
    timezone = Text(null=False, default=None)
    phone = Text(null=True, default=None)
    stall_count = Integer(null=True, default=None)
    power_kw = Integer(null=True, default=None)
    opened_on = Date(null=True, default=None)
    source = Text(null=False, default=None)
    external_id = Text(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)
    version = Integer(null=False, default=1)

    each_source_names_it_once = Unique(["source", "external_id"])
    it_lies_on_the_globe = Check("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180")


class ServiceType(Table, schema="services"):
    """What can be booked: how long it takes, how early and how far ahead, how often by one member."""

    id = UUID(primary_key=True, default=ids.new)
    kind = Varchar(length=15, null=False, default=None)
    code = Text(null=False, default=None, unique=True)
    name = JSONB(null=False, default=None)
    duration_minutes = SmallInt(null=False, default=None)
    step_minutes = SmallInt(null=False, default=None)
    notice_minutes = Integer(null=False, default=0)
    buffer_minutes = SmallInt(null=False, default=0)
    horizon = JSONB(null=True, default=None)
    limits = JSONB(null=False, default=None)
    transport = Array(base_column=Text(), null=False, default=None)
    cancel_minutes = Integer(null=False, default=0)
    needs_confirmation = Boolean(null=False, default=False)
    needs_skills = Array(base_column=Text(), null=False, default=None)
    price_points = BigInt(null=True, default=None)
    price_cash = BigInt(null=True, default=None)
    currency = Varchar(length=3, null=True, default=None)
    is_active = Boolean(null=False, default=True)
    created_at = Timestamptz(null=False, default=None)
    version = Integer(null=False, default=1)

    lengths_are_sensible = Check(
        "duration_minutes BETWEEN 1 AND 1440 AND step_minutes BETWEEN 1 AND 1440 AND buffer_minutes BETWEEN 0 AND 1440"
    )


class StoreServiceType(Table, schema="services"):
    """Which stores offer a service."""

    id = UUID(primary_key=True, default=ids.new)
    store = ForeignKey(Store, null=False, on_delete=OnDelete.restrict)
    service_type = ForeignKey(ServiceType, null=False, on_delete=OnDelete.restrict, index=True)

    each_pair_once = Unique(["store", "service_type"])


class CalendarRule(Table, schema="services"):
    """Opening hours of weekdays (1 is Monday), in minutes of the store's local day; 1440 closes at midnight.

    Rules of a service type replace the store's general ones for that type.
    """

    id = UUID(primary_key=True, default=ids.new)
    store = ForeignKey(Store, null=False, on_delete=OnDelete.restrict, index=True)
    service_type = ForeignKey(ServiceType, null=True, on_delete=OnDelete.restrict)
    weekdays = Array(base_column=SmallInt(default=None), null=False, default=None)
    opens = SmallInt(null=False, default=None)
    closes = SmallInt(null=False, default=None)
    valid_from = Date(null=True, default=None)
    valid_until = Date(null=True, default=None)

    it_closes_after_it_opens = Check("opens >= 0 AND opens < closes AND closes <= 1440")


class CalendarException(Table, schema="services"):
    """A dated exception replaces the day; no ranges: closed."""

    id = UUID(primary_key=True, default=ids.new)
    store = ForeignKey(Store, null=False, on_delete=OnDelete.restrict)
    on_date = Date(null=False, default=None)
    ranges = JSONB(null=False, default=None)
    reason = Text(null=True, default=None)

    one_a_day = Unique(["store", "on_date"])


class Resource(Table, schema="services"):
    """A bookable unit; ``number`` (bigint identity) [raw] stands for it in the exclusion of overlaps."""

    id = UUID(primary_key=True, default=ids.new)
    store = ForeignKey(Store, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=10, null=False, default=None)
    name = Text(null=False, default=None)
    skills = Array(base_column=Text(), null=False, default=None)
    vehicle = UUID(null=True, default=None)
    model_code = Text(null=True, default=None)
    is_active = Boolean(null=False, default=True)
    created_at = Timestamptz(null=False, default=None)
    version = Integer(null=False, default=1)

    each_name_once_a_store = Unique(["store", "kind", "name"])


class ServiceOrder(Table, schema="services"):
    """One request of a member, whatever its kind; ``state`` is the spine's, ``step`` the kind's own."""

    id = UUID(primary_key=True, default=ids.new)
    number = Text(null=False, default=None, unique=True)
    kind = Varchar(length=15, null=False, default=None)
    letter = Varchar(length=7, null=False, default=None)
    state = Varchar(length=11, null=False, default=None)
    step = Varchar(length=30, null=False, default=None)
    member = UUID(null=False, default=None)
    vehicle = UUID(null=True, default=None)
    store = ForeignKey(Store, null=True, on_delete=OnDelete.restrict)
    advisor = UUID(null=True, default=None)
    subject_kind = Text(null=True, default=None)
    subject_id = Text(null=True, default=None)
    details = JSONB(null=False, default=None)
    price_points = BigInt(null=True, default=None)
    price_cash = BigInt(null=True, default=None)
    currency = Varchar(length=3, null=True, default=None)
    points_hold = UUID(null=True, default=None)
    payment_reference = Text(null=True, default=None, unique=True)
    due_at = Timestamptz(null=True, default=None)
    touchpoint = Text(null=True, default=None)
    campaign = Text(null=True, default=None)
    experiment_arm = Text(null=True, default=None)
    proposal = UUID(null=True, default=None)
    source = Text(null=True, default=None)
    external_id = Text(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)
    completed_at = Timestamptz(null=True, default=None)
    version = Integer(null=False, default=1)

    each_source_names_an_order_once = Unique(["source", "external_id"])


class Appointment(Table, schema="services"):
    """An agreed time at a store. ``during`` (tstzrange) [raw] is what its unit is taken for, buffer included.

    Two live appointments never overlap on one unit [raw]. A hold (HELD) has no order yet and ends at ``held_until``.
    """

    id = UUID(primary_key=True, default=ids.new)
    service_order = ForeignKey(ServiceOrder, null=True, on_delete=OnDelete.restrict, index=True)
    store = ForeignKey(Store, null=False, on_delete=OnDelete.restrict)
    service_type = ForeignKey(ServiceType, null=False, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None)
    starts_at = Timestamptz(null=False, default=None)
    ends_at = Timestamptz(null=False, default=None)
    resource = ForeignKey(Resource, null=True, on_delete=OnDelete.restrict)
    resource_number = BigInt(null=True, default=None)
    state = Varchar(length=10, null=False, default=None)
    hold = UUID(null=True, default=None)
    held_until = Timestamptz(null=True, default=None)
    transport = Varchar(length=10, null=True, default=None)
    cancel_reason = Text(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)
    version = Integer(null=False, default=1)

    a_hold_has_an_end = Check("state <> 'HELD' OR held_until IS NOT NULL")
    it_ends_after_it_starts = Check("starts_at < ends_at")


class OrderStep(Table, schema="services"):
    """One step of an order; only ever added, and numbered without gaps."""

    id = UUID(primary_key=True, default=ids.new)
    service_order = ForeignKey(ServiceOrder, null=False, on_delete=OnDelete.restrict)
    sequence = Integer(null=False, default=None)
    from_step = Varchar(length=30, null=True, default=None)
    to_step = Varchar(length=30, null=False, default=None)
    actor_kind = Varchar(length=10, null=False, default=None)
    actor = UUID(null=True, default=None)
    reason = Text(null=True, default=None)
    at = Timestamptz(null=False, default=None)

    numbered_by_order = Unique(["service_order", "sequence"])


class OrderChange(Table, schema="services"):
    """A fact of an order that changed, with its old and new value: nothing is overwritten unseen."""

    id = UUID(primary_key=True, default=ids.new)
    service_order = ForeignKey(ServiceOrder, null=False, on_delete=OnDelete.restrict, index=True)
    field = Text(null=False, default=None)
    before = Text(null=True, default=None)
    after = Text(null=True, default=None)
    actor_kind = Varchar(length=10, null=False, default=None)
    actor = UUID(null=True, default=None)
    at = Timestamptz(null=False, default=None)


class Evidence(Table, schema="services"):
    """What proves that a step was done as it must be."""

    id = UUID(primary_key=True, default=ids.new)
    service_order = ForeignKey(ServiceOrder, null=False, on_delete=OnDelete.restrict, index=True)
    step = Varchar(length=30, null=False, default=None)
    kind = Varchar(length=10, null=False, default=None)
    media = UUID(null=True, default=None)
    value = JSONB(null=False, default=None)
    at = Timestamptz(null=False, default=None)
    actor_kind = Varchar(length=10, null=False, default=None)
    by = UUID(null=True, default=None)
