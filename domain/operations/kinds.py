"""Interactions that operations cause."""

from __future__ import annotations

from domain.profile.catalogue import declare

SEGMENT_ENTERED = declare(
    "operations.segment.entered", zh="进入人群", en="Entered a segment", is_staff_only=True
)
SEGMENT_EXITED = declare("operations.segment.exited", zh="离开人群", en="Left a segment", is_staff_only=True)
