"""What falls due by time alone in owner services."""

from __future__ import annotations

from domain.foundation.sweeps import Sweep
from domain.services import booking, orders

SWEEPS = (
    Sweep("services.holds", booking.expire_holds, booking.next_hold_expiry, every_seconds=5),
    Sweep("services.closing", orders.close_due, orders.next_closing, every_seconds=300),
)
