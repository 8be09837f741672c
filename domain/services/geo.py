"""Distances on the globe, and Chinese map datums. Pure functions over degrees.

Great circle by haversine with R = 6371.0088 km (IUGG mean radius). GCJ-02 and BD-09 by the published approximations; the
way back to WGS-84 is iterated until it is exact to well under a metre.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from domain.services.tables import Datum

RADIUS_KM = 6371.0088
HALF_WAY_KM = math.pi * RADIUS_KM
_KRASOVSKY_A = 6378245.0
_KRASOVSKY_EE = 0.00669342162296594323
_BD_PI = math.pi * 3000.0 / 180.0


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Kilometres along the great circle."""
    one, other = math.radians(latitude), math.radians(other_latitude)
    half = math.radians(other_longitude - longitude) / 2
    a = math.sin((other - one) / 2) ** 2 + math.cos(one) * math.cos(other) * math.sin(half) ** 2
    return 2 * RADIUS_KM * math.asin(min(1.0, math.sqrt(a)))


@dataclass(frozen=True)
class Box:
    """Latitudes, and one or two ranges of longitudes (two across the antimeridian)."""

    south: float
    north: float
    west: float
    east: float
    west_again: float
    east_again: float


def box(latitude: float, longitude: float, radius_km: float) -> Box:
    """A box that holds every point within ``radius_km``; around a pole it is all longitudes."""
    angle = math.degrees(radius_km / RADIUS_KM) * 1.000001
    south, north = latitude - angle, latitude + angle
    if south <= -90 or north >= 90 or angle >= 90:
        return Box(max(south, -90), min(north, 90), -180, 180, -180, 180)
    ratio = min(1.0, math.sin(math.radians(angle)) / math.cos(math.radians(latitude)))
    width = math.degrees(math.asin(ratio)) * 1.000001
    west, east = longitude - width, longitude + width
    if west < -180:
        return Box(south, north, -180, east, west + 360, 180)
    if east > 180:
        return Box(south, north, west, 180, -180, east - 360)
    return Box(south, north, west, east, west, east)


def to_wgs84(latitude: float, longitude: float, datum: Datum) -> tuple[float, float]:
    """The same place in WGS-84."""
    if datum is Datum.BD09:
        latitude, longitude = _bd09_to_gcj02(latitude, longitude)
    if datum is Datum.WGS84 or _is_outside_china(latitude, longitude):
        return latitude, longitude
    found_latitude, found_longitude = latitude, longitude
    for _ in range(8):
        shown_latitude, shown_longitude = _wgs84_to_gcj02(found_latitude, found_longitude)
        found_latitude += latitude - shown_latitude
        found_longitude += longitude - shown_longitude
    return found_latitude, found_longitude


def from_wgs84(latitude: float, longitude: float, datum: Datum) -> tuple[float, float]:
    """A WGS-84 place as another datum shows it."""
    if datum is Datum.WGS84:
        return latitude, longitude
    if not _is_outside_china(latitude, longitude):
        latitude, longitude = _wgs84_to_gcj02(latitude, longitude)
    return (latitude, longitude) if datum is Datum.GCJ02 else _gcj02_to_bd09(latitude, longitude)


def _is_outside_china(latitude: float, longitude: float) -> bool:
    return not (72.004 <= longitude <= 137.8347 and 0.8293 <= latitude <= 55.8271)


def _wgs84_to_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    x, y = longitude - 105.0, latitude - 35.0
    wave = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + wave
    north += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + wave
    east += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    radians = math.radians(latitude)
    magic = 1 - _KRASOVSKY_EE * math.sin(radians) ** 2
    root = math.sqrt(magic)
    north_degrees = (north * 180.0) / ((_KRASOVSKY_A * (1 - _KRASOVSKY_EE)) / (magic * root) * math.pi)
    east_degrees = (east * 180.0) / (_KRASOVSKY_A / root * math.cos(radians) * math.pi)
    return latitude + north_degrees, longitude + east_degrees


def _gcj02_to_bd09(latitude: float, longitude: float) -> tuple[float, float]:
    length = math.hypot(longitude, latitude) + 0.00002 * math.sin(latitude * _BD_PI)
    angle = math.atan2(latitude, longitude) + 0.000003 * math.cos(longitude * _BD_PI)
    return length * math.sin(angle) + 0.006, length * math.cos(angle) + 0.0065


def _bd09_to_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    y, x = latitude - 0.006, longitude - 0.0065
    length = math.hypot(x, y) - 0.00002 * math.sin(y * _BD_PI)
    angle = math.atan2(y, x) - 0.000003 * math.cos(x * _BD_PI)
    return length * math.sin(angle), length * math.cos(angle)
