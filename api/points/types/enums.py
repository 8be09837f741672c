"""Enums of points."""

from __future__ import annotations

import strawberry

from api.fields import enum
from domain.points import tables

JournalKind = enum(
    tables.JournalKind,
    "What a posting is.",
    EARN="Points were given.",
    ACTIVATE="Pending points became available.",
    CANCEL="Pending points were cancelled.",
    SPEND="Points were spent.",
    HOLD="Points were set aside.",
    CAPTURE="Held points were taken.",
    VOID="Held points returned.",
    EXPIRE="Points expired.",
    REINSTATE="Expired points came back.",
    CLAW_BACK="Points given were taken back.",
    REFUND="Points spent came back.",
    GIFT="Points went from one member to another.",
    ADJUST="A correction by hand.",
    IMPORT="Points of a former system.",
    REVERSE="A posting was reversed by staff.",
    CORRECT="An award was corrected to what the rule says.",
    MERGE="Two members became one, or parted again.",
)
PointsHoldState = strawberry.enum(tables.HoldState, name="PointsHoldState", description="How a hold stands.")
PointsLotState = strawberry.enum(tables.LotState, name="PointsLotState", description="How a lot stands.")
EarnRuleState = strawberry.enum(
    tables.RuleState, name="EarnRuleState", description="Where a rule version is in its life."
)
for _published, _described in (
    (PointsHoldState, {
        "OPEN": "The points are held.", "CAPTURED": "All of it was taken.", "PARTIALLY_CAPTURED": "A part was taken.",
        "VOIDED": "All of it returned.", "EXPIRED": "Its time is over; all of it returned.",
    }),
    (PointsLotState, {
        "PENDING": "Not available yet.", "ACTIVE": "May be spent.", "CANCELLED": "Taken back before it was available.",
        "CLOSED": "Used up or expired.",
    }),
    (EarnRuleState, {
        "DRAFT": "Being written.", "IN_REVIEW": "Waits to be published.", "SCHEDULED": "Published, begins later.",
        "ACTIVE": "In force.", "RETIRED": "Ended; still judges late facts of its time.",
    }),
):  # fmt: skip
    for _value in _published.__strawberry_definition__.values:
        _value.description = _described[_value.name]
