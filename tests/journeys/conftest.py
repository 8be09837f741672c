"""Journeys go through HTTP and the worker of a Marque that runs as users run it."""

from tests.running import folder, servers, up

__all__ = ["folder", "servers", "up"]
