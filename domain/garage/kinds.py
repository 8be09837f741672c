"""Interactions of the garage. Properties: letter, kind, vehicle, binding; a claim names no vehicle."""

from __future__ import annotations

from domain.profile.catalogue import declare

VEHICLE_CLAIMED = declare("garage.vehicle.claimed", zh="申请绑定车辆", en="Claimed a vehicle")
VEHICLE_BOUND = declare("garage.vehicle.bound", zh="绑定车辆", en="Bound a vehicle")
VEHICLE_UNBOUND = declare("garage.vehicle.unbound", zh="解绑车辆", en="Unbound a vehicle")
VEHICLE_REJECTED = declare("garage.vehicle.rejected", zh="车辆绑定未通过", en="A vehicle claim was rejected")
