"""Points in outlines."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.lib.file_checks import Checker
from tests.tickets.towns import TOWN
from tickets.town.shapes import Shapes, metres_between, parse_shapes

SQUARE = [[28.0, 41.0], [28.01, 41.0], [28.01, 41.01], [28.0, 41.01], [28.0, 41.0]]
HOLE = [[28.004, 41.004], [28.006, 41.004], [28.006, 41.006], [28.004, 41.006], [28.004, 41.004]]
ISLAND = [[28.02, 41.0], [28.03, 41.0], [28.03, 41.01], [28.02, 41.0]]


def feature(name: str, kind: str, coordinates: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"id": name},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def read(*features: dict[str, Any]) -> tuple[Shapes, list[str]]:
    check = Checker("m.geojson")
    text = json.dumps({"type": "FeatureCollection", "features": list(features)})
    shapes = parse_shapes(check, text, ("a", "b"))
    return shapes, [str(problem) for problem in check.problems]


SHAPES, _ = read(feature("a", "Polygon", [SQUARE, HOLE]), feature("b", "MultiPolygon", [[ISLAND]]))


def test_a_point_is_in_an_outline_and_not_in_its_hole() -> None:
    assert SHAPES.at(41.002, 28.002) == "a"
    assert SHAPES.at(41.005, 28.005) is None
    assert SHAPES.at(41.001, 28.025) == "b"
    assert SHAPES.at(41.02, 28.002) is None


def test_the_nearest_outline_within_a_distance() -> None:
    assert SHAPES.nearest(41.002, 28.002) == ("a", 0.0)
    found = SHAPES.nearest(41.005, 28.0112)
    assert found is not None
    assert (found[0], round(found[1])) == ("a", 101)
    assert SHAPES.nearest(41.005, 28.0112, within_m=100) is None
    assert Shapes().nearest(41.0, 28.0) is None


def test_metres() -> None:
    assert metres_between(41.0, 28.0, 41.01, 28.0) == pytest.approx(1112, abs=1)
    assert metres_between(41.0, 28.0, 41.0, 28.01) == pytest.approx(839, abs=1)


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (feature("c", "Polygon", [SQUARE]), 'features.0.properties.id = "c": no such mahalle'),
        (feature("a", "Point", [28, 41]), 'features.0.geometry.type = "Point": must be "Polygon" or "MultiPolygon"'),
        (feature("a", "Polygon", SQUARE), "features.0.geometry.coordinates: must be rings of [longitude, latitude]"),
        (feature("a", "Polygon", [SQUARE[:3]]), "each ring must have at least 4 points"),
        (feature("a", "Polygon", []), "must have at least one ring"),
        (feature("a", "Polygon", [[[41, 280], [42, 280], [42, 281], [41, 280]]]), "longitudes lie between"),
        ({}, "features.0.properties.id: no such mahalle"),
    ],
)
def test_what_is_no_outline(broken: dict[str, Any], expected: str) -> None:
    _, problems = read(broken)
    assert expected in problems[0]


def test_a_mahalle_has_one_feature() -> None:
    _, problems = read(feature("a", "Polygon", [SQUARE]), feature("a", "Polygon", [SQUARE]))
    assert "must be unique" in problems[0]


@pytest.mark.parametrize(
    "text", ["", "3", "{}", '{"type": "FeatureCollection"}', '{"type": "FeatureCollection", "features": [3]}']
)
def test_what_is_no_geojson(text: str) -> None:
    check = Checker("m.geojson")
    parse_shapes(check, text, ("a",))
    assert check.problems


@settings(derandomize=True, max_examples=300)
@given(lat=st.floats(40.99, 41.08), lon=st.floats(28.6, 28.75))
def test_the_cells_of_the_town_do_not_overlap(lat: float, lon: float) -> None:
    found = [shape.mahalle for shape in TOWN.shapes.all if Shapes(all=(shape,)).at(lat, lon)]
    assert len(found) <= 1
    assert (found[0] if found else None) == TOWN.shapes.at(lat, lon)
