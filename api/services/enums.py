"""Enums of owner services."""

from __future__ import annotations

from api.fields import enum
from domain.services import overview, slots
from domain.services import tables as t

StoreKind = enum(
    t.StoreKind,
    "What a place of the brand is.",
    STORE="A showroom.",
    SERVICE_CENTRE="A workshop.",
    DELIVERY_CENTRE="Where new cars are handed over.",
    CHARGING_SITE="A charging site.",
    BATTERY_SWAP="A battery swap station.",
    PARTNER="A partner's place.",
)
StoreStatus = enum(
    t.StoreStatus,
    "Whether a place is in use.",
    PLANNED="Planned.",
    CONSTRUCTION="Being built.",
    OPEN="Open.",
    CLOSED_TEMPORARILY="Closed for a time.",
    CLOSED="Closed for good.",
)
Datum = enum(
    t.Datum,
    "What coordinates refer to.",
    WGS84="GPS coordinates.",
    GCJ02="Coordinates of Chinese maps (Amap, Tencent).",
    BD09="Coordinates of Baidu maps.",
)
ServiceKind = enum(t.ServiceKind, "What a service is.", TEST_DRIVE="A test drive (试驾).")
Letter = enum(
    t.Letter,
    "The part of a car's life that an order belongs to (买卖用修服营改拓).",
    BUY="Buying (买).",
    SELL="Selling (卖).",
    USE="Using (用).",
    REPAIR="Repairing (修).",
    SERVICE="Servicing (服).",
    OPERATE="Taking part (营).",
    MODIFY="Modifying (改).",
    EXTEND="Bringing others in (拓).",
)
ResourceKind = enum(
    t.ResourceKind,
    "What a unit of a store is.",
    BAY="A bay of the workshop.",
    ADVISOR="An advisor.",
    TECHNICIAN="A technician.",
    DEMO_CAR="A car for test drives.",
    LOANER="A car to lend.",
    DRIVER="A driver.",
    ROOM="A room.",
)
AppointmentState = enum(
    t.AppointmentState,
    "How far an appointment is.",
    HELD="Kept for five minutes.",
    REQUESTED="Asked for; takes no place until the store confirms it.",
    BOOKED="Agreed.",
    ARRIVED="The member is there.",
    IN_SERVICE="Under way.",
    DONE="Done.",
    CANCELLED="Cancelled.",
    NO_SHOW="The member did not come.",
)
ServiceOrderState = enum(
    t.ServiceOrderState,
    "How far an order is, whatever its kind.",
    DRAFT="Being written.",
    REQUESTED="Asked for.",
    QUOTED="A price was named.",
    CONFIRMED="Accepted.",
    SCHEDULED="A time is agreed.",
    IN_PROGRESS="Under way.",
    COMPLETED="Done.",
    REVIEWED="Rated by the member.",
    CLOSED="Closed.",
    CANCELLED="Cancelled before it began.",
    ABORTED="Given up while under way.",
    NO_SHOW="The member did not come.",
)
EvidenceKind = enum(
    t.EvidenceKind,
    "What was shown.",
    PHOTO="A photo.",
    ODOMETER='The odometer: `{"km": 1200}`.',
    SOC="The battery's state of charge.",
    SIGNATURE="A signature.",
    LICENCE="The driving licence.",
    AGREEMENT="The signed agreement.",
    DOCUMENT="Another document.",
)
SlotState = enum(
    slots.SlotState,
    "Whether a slot has places.",
    AVAILABLE="It has.",
    FEW="At most a fifth of the units are free.",
    FULL="It has none.",
)
ServiceOrderOrder = enum(
    overview.ServiceOrderOrder, "How orders are sorted.", NEWEST="The newest first.", OLDEST="The oldest first."
)  # fmt: skip
