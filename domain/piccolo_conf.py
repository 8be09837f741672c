"""Where Piccolo finds the engine and the areas' tables."""

from piccolo.conf.apps import AppRegistry

from domain.db import engine as DB

AREAS = (
    "foundation",
    "access",
    "media",
    "profile",
    "points",
    "messaging",
    "garage",
    "capacity",
    "services",
    "community",
    "events",
    "operations",
)

APP_REGISTRY = AppRegistry(apps=[f"domain.{area}.piccolo_app" for area in AREAS])

__all__ = ["APP_REGISTRY", "AREAS", "DB"]
