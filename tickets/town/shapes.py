"""The outlines of the mahalle, from a GeoJSON file: which mahalle is a point in, and which is the nearest.

A `FeatureCollection` (RFC 7946) of polygons or multi-polygons in WGS 84; the property `id` of each feature is the id of
a mahalle. A property `schematic` of the collection says that the outlines are no survey."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from acd.lib.file_checks import Checker

Point = tuple[float, float]
"""Longitude, latitude, in degrees: the order of GeoJSON."""
Ring = tuple[Point, ...]
Polygon = tuple[Ring, ...]
"""The outer ring, then the holes."""

EARTH_M = 6_371_008.8
"""Mean radius of the earth."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """The outline of a mahalle. `box` is west, south, east, north."""

    mahalle: str
    polygons: tuple[Polygon, ...]
    box: tuple[float, float, float, float]


class Shapes(msgspec.Struct, frozen=True, kw_only=True):
    """The outlines there are; none if the town has no such file."""

    all: tuple[Shape, ...] = ()
    schematic: bool = False

    @property
    def middle(self) -> tuple[float, float] | None:
        """Latitude and longitude of the middle of the box around all outlines; None if there are none."""
        if not self.all:
            return None
        west, south, east, north = zip(*(shape.box for shape in self.all), strict=True)
        return (min(south) + max(north)) / 2, (min(west) + max(east)) / 2

    def at(self, lat: float, lon: float) -> str | None:
        """The mahalle that a point lies in."""
        for shape in self.all:
            west, south, east, north = shape.box
            if west <= lon <= east and south <= lat <= north and _inside(shape, lon, lat):
                return shape.mahalle
        return None

    def nearest(self, lat: float, lon: float, within_m: float = 250.0) -> tuple[str, float] | None:
        """The mahalle of a point or, outside of all, the nearest one within `within_m` metres; with the distance."""
        inside = self.at(lat, lon)
        if inside is not None:
            return inside, 0.0
        found = [(_distance_m(shape, lon, lat), shape.mahalle) for shape in self.all]
        if not found:
            return None
        metres, mahalle = min(found)
        return (mahalle, metres) if metres <= within_m else None


def metres_between(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """The distance of two points of one town, on a flat map around them (exact to a thousandth over 50 km)."""
    east = math.radians(lon2 - lon1) * math.cos(math.radians((lat1 + lat2) / 2))
    return EARTH_M * math.hypot(east, math.radians(lat2 - lat1))


def square_around(lat: float, metres: float) -> tuple[float, float]:
    """The degrees of latitude and of longitude by which a square with this half side reaches north and east. Everything
    within so many metres lies in it."""
    north = math.degrees(metres / EARTH_M)
    return north, min(180.0, north / max(math.cos(math.radians(min(90.0, abs(lat) + north))), 1e-9))


def _inside(shape: Shape, lon: float, lat: float) -> bool:
    """Whether a ray from the point crosses the outline an odd number of times; holes count like outlines."""
    crossings = 0
    for polygon in shape.polygons:
        for ring in polygon:
            for (x1, y1), (x2, y2) in pairwise(ring):
                if (y1 > lat) != (y2 > lat) and lon < x1 + (lat - y1) * (x2 - x1) / (y2 - y1):
                    crossings += 1
    return crossings % 2 == 1


def _distance_m(shape: Shape, lon: float, lat: float) -> float:
    """From a point to the outline, in metres."""
    scale_y = EARTH_M * math.pi / 180
    scale_x = scale_y * math.cos(math.radians(lat))

    def flat(point: Point) -> Point:
        return (point[0] - lon) * scale_x, (point[1] - lat) * scale_y

    return min(
        _to_segment(flat(one), flat(two))
        for polygon in shape.polygons
        for ring in polygon
        for one, two in pairwise(ring)
    )


def _to_segment(one: Point, two: Point) -> float:
    """From the origin to a segment."""
    dx, dy = two[0] - one[0], two[1] - one[1]
    length = dx * dx + dy * dy
    along = 0.0 if length == 0 else max(0.0, min(1.0, -(one[0] * dx + one[1] * dy) / length))
    return math.hypot(one[0] + along * dx, one[1] + along * dy)


# --- the file


def parse_shapes(check: Checker, text: str, mahalle: Collection[str]) -> Shapes:
    """The outlines of a GeoJSON text; what is wrong is noted in `check`."""
    try:
        table = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        check.add("", None, f"not valid JSON: {error}")
        return Shapes()
    if not isinstance(table, Mapping) or table.get("type") != "FeatureCollection":
        check.add("type", table.get("type") if isinstance(table, Mapping) else None, 'must be "FeatureCollection"')
        return Shapes()
    features = table.get("features")
    if not isinstance(features, list):
        check.add("features", features, "must be a list of features")
        return Shapes()
    shapes: dict[str, Shape] = {}
    for place, feature in enumerate(features):
        shape = _shape(check, f"features.{place}", feature, mahalle)
        if shape is None:
            continue
        if shape.mahalle in shapes:
            check.add(f"features.{place}.properties.id", shape.mahalle, "must be unique, but an earlier feature has it")
        shapes[shape.mahalle] = shape
    return Shapes(all=tuple(shapes.values()), schematic=bool(table.get("schematic", False)))


def _shape(check: Checker, key: str, feature: Any, mahalle: Collection[str]) -> Shape | None:
    feature = feature if isinstance(feature, Mapping) else {}
    properties, geometry = feature.get("properties"), feature.get("geometry")
    name = properties.get("id") if isinstance(properties, Mapping) else None
    if name not in mahalle:
        check.unknown(f"{key}.properties.id", name, "mahalle", mahalle)
        return None
    kind = geometry.get("type") if isinstance(geometry, Mapping) else None
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(geometry, Mapping):
        check.add(f"{key}.geometry.type", kind, 'must be "Polygon" or "MultiPolygon"')
        return None
    raw = geometry.get("coordinates")
    try:
        polygons = msgspec.convert([raw] if kind == "Polygon" else raw, tuple[Polygon, ...])
    except msgspec.ValidationError as error:
        check.add(f"{key}.geometry.coordinates", None, f"must be rings of [longitude, latitude]: {error}")
        return None
    rings = [ring for polygon in polygons for ring in polygon]
    fault = _fault(rings)
    if fault:
        check.add(f"{key}.geometry.coordinates", None, fault)
        return None
    return Shape(mahalle=str(name), polygons=polygons, box=_box(point for ring in rings for point in ring))


def _fault(rings: Sequence[Ring]) -> str:
    if not rings:
        return "must have at least one ring"
    for ring in rings:
        if len(ring) < 4 or ring[0] != ring[-1]:
            return "each ring must have at least 4 points, the last equal to the first"
        if any(not (-180 <= lon <= 180 and -90 <= lat <= 90) for lon, lat in ring):
            return "longitudes lie between -180 and 180, latitudes between -90 and 90"
    return ""


def _box(points: Iterable[Point]) -> tuple[float, float, float, float]:
    found = list(points)
    lons, lats = [lon for lon, _ in found], [lat for _, lat in found]
    return min(lons), min(lats), max(lons), max(lats)
