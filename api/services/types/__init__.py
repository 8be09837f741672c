"""Types of owner services: stores with their slots, and what members order there."""

from api.services.types.orders import AdvisorHome, Appointment, ServiceOrder, ServicesHealth, StoreDay
from api.services.types.stores import Resource, ServiceType, SlotDay, Store, StoreNear, StoresNear

__all__ = [
    "AdvisorHome",
    "Appointment",
    "Resource",
    "ServiceOrder",
    "ServiceType",
    "ServicesHealth",
    "SlotDay",
    "Store",
    "StoreDay",
    "StoreNear",
    "StoresNear",
]
